#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$SOURCE/tests/tap.sh"

parses_in()
{
	command -v "$1" >/dev/null || { fail "$1 is not installed"; return; }
	run "$WHITTLE" completion "$1"
	expect_status 0
	expect_no_error
	"$1" -n "$tap_directory/out" || fail "$1 does not parse its completion script"
}

bash_completes_commands_and_options()
{
	eval "$("$WHITTLE" completion bash)"
	COMP_WORDS=(whittle compl) COMP_CWORD=1 COMPREPLY=()
	_whittle
	expect_equal completion "${COMPREPLY[*]}"
	COMP_WORDS=(whittle completion --h) COMP_CWORD=2 COMPREPLY=()
	_whittle
	expect_equal --help "${COMPREPLY[*]}"
}

# The completions of the last word, sorted.
bash_offers()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_whittle
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

fish_offers()
{
	fish --no-config -c '$argv[1] completion fish | source; complete -C $argv[2]' "$WHITTLE" "$*" |
		cut -f1 | sort | xargs
}

offers_operands_in()
{
	local shell=$1 formats

	formats=$("$WHITTLE" emit --list | cut -d' ' -f1 | sort | xargs)
	eval "$("$WHITTLE" completion bash)"
	mkdir -p "$tap_directory/place/below"
	cd "$tap_directory/place" || return
	touch nginx.policy nginx.rec notes.txt
	expect_equal "$formats" "$("${shell}_offers" whittle emit '')"
	expect_equal "$formats" "$("${shell}_offers" whittle emit -o file '')"
	expect_equal systemd "$("${shell}_offers" whittle emit --compact syst)"
	expect_equal nginx.policy "$("${shell}_offers" whittle emit systemd ng)"
	expect_equal nginx.policy "$("${shell}_offers" whittle apply nginx.service ng)"
	expect_equal nginx.policy "$("${shell}_offers" whittle apply --settle 5s --trial nginx.service n)"
	cd "$OLDPWD" || return
}

# zsh completes in an interactive shell only: this reads the script.
zsh_is_given_formats_and_policies()
{
	local formats

	formats=$("$WHITTLE" emit --list | cut -d' ' -f1 | xargs)
	run "$WHITTLE" completion zsh
	output=$(sed -n '/^\temit)/,/;;$/p' "$tap_directory/out")
	[[ $output == *"'1:operand:($formats)'"*"'*:operand:_files -g \"*.policy\"'"* ]] ||
		fail "emit: $output"
	output=$(sed -n '/^\tapply)/,/;;$/p' "$tap_directory/out")
	[[ $output == *"'1:operand:_whittle_units'"*"'*:operand:_files -g \"*.policy\"'"* ]] ||
		fail "apply: $output"
}

bash_completes_the_commands_of_help()
{
	eval "$("$WHITTLE" completion bash)"
	expect_equal "$({ "$WHITTLE" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'
		printf '%s\n' --help --version; } | sort)" "$(bash_offers whittle '' | tr ' ' '\n')"
}

refuses_an_unknown_shell()
{
	run "$WHITTLE" completion csh
	expect_status 64
	expect_error 'csh'
}

case_ 'the bash completion parses' parses_in bash
case_ 'the zsh completion parses' parses_in zsh
case_ 'the fish completion parses' parses_in fish
case_ 'bash completes commands and options' bash_completes_commands_and_options
case_ 'bash offers formats and policies' offers_operands_in bash
case_ 'fish offers formats and policies' offers_operands_in fish
case_ 'each command has a group in --help' bash_completes_the_commands_of_help
case_ 'zsh offers formats and policies' zsh_is_given_formats_and_policies
case_ 'an unknown shell is refused by name' refuses_an_unknown_shell
finish
