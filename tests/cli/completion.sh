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
case_ 'an unknown shell is refused by name' refuses_an_unknown_shell
finish
