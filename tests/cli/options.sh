#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The options of all commands beside each other: one meaning for a letter, one form for a name.
. "$SOURCE/tests/tap.sh"

# COMMAND LETTER NAME ARGUMENT for each option; "-" where there is none.
list_options()
{
	local command

	for command in "${commands[@]}"; do
		"$WHITTLE" "$command" --help | sed -nE \
			-e "s/^  (-([A-Za-z]),|   ) --([a-z0-9-]+)(=([A-Z]+))?( .*|)\$/$command -\2 \3 -\5/p"
	done
}

# Fails for each word of column $1 that stands beside two words of column $2.
has_one()
{
	local doubtful

	doubtful=$(awk -v a="$1" -v b="$2" '$a != "-" && !(($a, $b) in seen) { seen[$a, $b]; words[$a] = words[$a] " " $b; n[$a]++ }
		END { for (w in n) if (n[w] > 1) print w ":" words[w] }' "$tap_directory/options")
	[[ -z $doubtful ]] || fail "$3: $doubtful"
}

letters_mean_one_option()
{
	has_one 2 3 'a letter stands for several options'
	has_one 3 2 'an option has a letter in some commands only, or several'
}

options_take_one_argument()
{
	has_one 3 4 'an option takes several kinds of arguments'
}

facts_come_as_json()
{
	local command

	for command in harden status watch revert show apply verify decode compare test attach reach drift \
		explain learn lookup; do
		grep -qx "$command -j json -" "$tap_directory/options" ||
			fail "$command has no -j, --json"
	done
}

refuses_unknown_options()
{
	local command expected

	for command in "${commands[@]}"; do
		expected=64
		case $command in compare | test) expected=2 ;; exec) expected=125 ;; esac
		run "$WHITTLE" "$command" --no-such-option=3
		expect_status "$expected"
		expect_error "^whittle $command: unknown option --no-such-option\$"
		run "$WHITTLE" "$command" -Z
		expect_status "$expected"
		expect_error "^whittle $command: unknown option -Z\$"
	done
	run "$WHITTLE" --no-such-option
	expect_status 64
	expect_error '^whittle: unknown option --no-such-option$'
}

refuses_missing_and_needless_values()
{
	run "$WHITTLE" decide -o
	expect_status 64
	expect_error '^whittle decide: --output needs a value: --output=FILE$'
	run "$WHITTLE" decide --output
	expect_error '^whittle decide: --output needs a value: --output=FILE$'
	run "$WHITTLE" show --json=yes
	expect_status 64
	expect_error '^whittle show: --json takes no value$'
}

old_spellings_name_the_new_ones()
{
	local command old now

	while read -r command old now; do
		run "$WHITTLE" "$command" "$old"
		expect_error "^whittle $command: $old is an old spelling: write $now\$"
		grep -q "^$command -.* ${now#--} " "$tap_directory/options" ||
			fail "$command has no $now"
	done <<-'END'
		attach -l --log
		decide -f --foreign
		decide -p --portable
		drift -p --policy
		emit -c --compact
		emit -l --list
		emit --arch --abi
		emit --systemd-version --systemd
		exec -l --log
		exec -n --no-new-privs
		guard -d --on-denial
		guard -p --port
		guard -s --socket
		harden --trial --trial-for
		import -p --to-policy
		import --policy --to-policy
		lookup -a --abi
		lookup --arch --abi
		oci-hook -d --directory
		reach -a --arguments
		reach -d --diff
		reach -n --names
		reach -p --paths
		show -n --names
	END
	run "$WHITTLE" harden --trial=5m nginx
	expect_status 64
	expect_error 'harden: --trial is an old spelling: write --trial-for$'
}

# The output of a command on a terminal.
on_terminal()
{
	TERM=xterm script -qec "'$WHITTLE' $*" /dev/null </dev/null
}

colour_is_for_terminals_and_can_be_switched_off()
{
	local escape=$'\033[' command

	printf 'type=SECCOMP msg=audit(1.000:1): auid=0 uid=0 gid=0 ses=1 pid=4190001 comm="a" exe="/a" sig=0 arch=c000003e syscall=12 compat=0 ip=0x1 code=0x50000\n' >"$tap_directory/log"
	for command in 'lookup brk' "show '$SOURCE/tests/data/nginx.rec'" "explain '$tap_directory/log'"; do
		[[ $(on_terminal "$command") == *"$escape"* ]] || fail "$command: no colour on a terminal"
		[[ $(NO_COLOR=1 on_terminal "$command") == *"$escape"* ]] &&
			fail "$command: colour in spite of NO_COLOR"
		[[ $(eval "'$WHITTLE' $command") == *"$escape"* ]] && fail "$command: colour in a pipe"
	done
}

mapfile -t commands < <("$WHITTLE" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
list_options >"$tap_directory/options"
[[ $(wc -l <"$tap_directory/options") -gt 100 ]] || { echo 'Bail out! few options in --help'; exit 1; }
case_ 'a letter has one meaning in all commands' letters_mean_one_option
case_ 'an option takes one kind of argument in all commands' options_take_one_argument
case_ 'commands that print facts print them as JSON too' facts_come_as_json
case_ 'an unknown option is refused in one sentence' refuses_unknown_options
case_ 'a missing or needless value is refused' refuses_missing_and_needless_values
case_ 'an old spelling is refused and the new one is named' old_spellings_name_the_new_ones
case_ 'colour is for terminals, and NO_COLOR switches it off' colour_is_for_terminals_and_can_be_switched_off
finish
