#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `whittle exec` on the real kernel: what env(1) would keep is kept, what the policy refuses is
# refused.
. "$SOURCE/tests/tap.sh"

cd "$tap_directory" || exit 1

# A policy that allows all but some calls: policy NAME ACTION...
policy()
{
	local rules= abi
	abi=$(uname -m)
	while (($#)); do
		rules+="${rules:+,}{\"abi\":\"$abi\",\"name\":\"$1\",\"action\":\"$2\","
		rules+='"reasons":[{"kind":"asked","text":"by the test"}]}'
		shift 2
	done
	printf '{"format":"whittle-policy","version":1,"abis":["%s"],"default":"allow",' "$abi"
	printf '"foreign":"kill_process","rules":[%s]}' "$rules"
}

policy mkdir errno:EPERM mkdirat errno:EPERM >no-mkdir.policy
policy execve errno:EPERM >no-execve.policy
policy mkdir kill_process mkdirat kill_process >kill-mkdir.policy

a_refused_call_fails_and_others_do_not()
{
	run "$WHITTLE" exec --policy no-mkdir.policy -- mkdir there
	expect_status 1
	expect_error 'Operation not permitted'
	[[ ! -e there ]] || fail 'the directory was made'
	run "$WHITTLE" exec --policy no-mkdir.policy -- touch here
	expect_status 0
	[[ -e here ]] || fail 'the file was not made'
}

a_killed_command_ends_by_its_signal()
{
	run "$WHITTLE" exec -P kill-mkdir.policy -- mkdir there
	expect_status $((128 + 31))
}

children_are_confined_too()
{
	run "$WHITTLE" exec --policy no-mkdir.policy -- bash -c 'bash -c "mkdir there"; echo $?'
	expect_output '^1$'
}

the_exit_status_is_the_commands()
{
	run "$WHITTLE" exec --policy no-mkdir.policy -- bash -c 'exit 42'
	expect_status 42
	run "$WHITTLE" exec --policy no-mkdir.policy -- nosuchcommand
	expect_status 127
	expect_error nosuchcommand
	run "$WHITTLE" exec --policy no-mkdir.policy -- ./no-mkdir.policy
	expect_status 126
	run "$WHITTLE" exec --policy nosuch.policy -- true
	expect_status 125
	run "$WHITTLE" exec --policy no-mkdir.policy
	expect_status 125
	run "$WHITTLE" exec true
	expect_status 125
}

descriptors_environment_and_process_are_kept()
{
	exec 7< <(echo through)
	GREETING=hello run "$WHITTLE" exec --policy no-mkdir.policy -- \
		bash -c 'read -r line <&7; echo "$GREETING $line $0 $1"' zero '--one'
	exec 7<&-
	expect_equal 'hello through zero --one' "$output"
	# The very process becomes the command, and none of our descriptors stays open in it.
	run bash -c "echo \$\$; exec '$WHITTLE' exec --policy no-mkdir.policy -- bash -c 'echo \$\$'"
	mapfile -t lines <<<"$output"
	expect_equal "${lines[0]}" "${lines[1]}"
	expect_equal "$(env ls /proc/self/fd)" \
		"$("$WHITTLE" exec --policy no-mkdir.policy -- ls /proc/self/fd)"
}

signals_are_left_as_they_were()
{
	local with without
	with=$(trap '' USR1; "$WHITTLE" exec --policy no-mkdir.policy -- grep 'Sig[^Q]' /proc/self/status)
	without=$(trap '' USR1; env grep 'Sig[^Q]' /proc/self/status)
	expect_equal "$without" "$with"
}

a_script_without_an_interpreter_line_runs()
{
	echo 'echo from a script' >script
	chmod +x script
	run "$WHITTLE" exec --policy no-mkdir.policy -- ./script
	expect_equal 'from a script' "$output"
}

a_policy_without_execve_is_refused_beforehand()
{
	run "$WHITTLE" exec --policy no-execve.policy -- true
	expect_status 125
	expect_error 'denies execve with errno:EPERM'
}

a_trial_refuses_nothing()
{
	run "$WHITTLE" exec --trial --policy no-mkdir.policy -- mkdir tried
	expect_status 0
	[[ -d tried ]] || fail 'the directory was not made'
}

privileges_are_kept_by_the_privileged()
{
	run "$WHITTLE" exec --policy no-mkdir.policy -- grep -E 'NoNewPrivs|^Seccomp:' /proc/self/status
	expect_output 'NoNewPrivs:\s0'
	expect_output 'Seccomp:\s2'
	run "$WHITTLE" exec --no-new-privs --policy no-mkdir.policy -- grep NoNewPrivs /proc/self/status
	expect_output 'NoNewPrivs:\s1'
}

without_root_no_new_privs_is_set()
{
	chmod 755 .
	run setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$WHITTLE" exec --policy no-mkdir.policy -- grep NoNewPrivs /proc/self/status
	expect_output 'NoNewPrivs:\s1'
}

case_ 'a refused call fails and others do not' a_refused_call_fails_and_others_do_not
case_ 'a killed command ends by its signal' a_killed_command_ends_by_its_signal
case_ 'children are confined too' children_are_confined_too
case_ 'the exit status is the command'\''s, or as env'\''s' the_exit_status_is_the_commands
case_ 'descriptors, environment and the process are kept' descriptors_environment_and_process_are_kept
case_ 'signals are left as they were' signals_are_left_as_they_were
case_ 'a script without an interpreter line runs' a_script_without_an_interpreter_line_runs
case_ 'a policy without execve is refused beforehand' a_policy_without_execve_is_refused_beforehand
case_ 'a trial refuses nothing' a_trial_refuses_nothing
if ((EUID == 0)); then
	case_ 'privileges are kept by the privileged' privileges_are_kept_by_the_privileged
	case_ 'without root no_new_privs is set' without_root_no_new_privs_is_set
else
	cannot 'privileges are kept by the privileged' 'this needs root'
	cannot 'without root no_new_privs is set' 'this needs root'
fi
finish
