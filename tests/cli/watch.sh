#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What needs no rights; tests/system/watch.sh has the rest.
. "$SOURCE/tests/tap.sh"

refuses_two_targets()
{
	run "$WHITTLE" watch nginx.service --pid 1
	expect_status 64
	expect_error 'one of a unit, --cgroup and --pid'
}

refuses_what_is_no_process()
{
	run "$WHITTLE" watch --pid init
	expect_status 65
	expect_error '"init" is not a process id'
}

names_a_process_that_is_not_there()
{
	run "$WHITTLE" watch --pid 2147483647
	expect_status 66
	expect_error 'no process 2147483647'
}

names_a_control_group_that_is_not_there()
{
	run "$WHITTLE" watch --cgroup /no/such/group
	expect_status 66
	expect_error '/no/such/group: no such control group'
}

says_what_is_missing_without_rights()
{
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$WHITTLE" watch --for 1ms
	# Whether the kernel log is open to all is the machine's choice.
	[[ $status == 77 || $status == 0 ]] || fail "exit code $status"
	expect_error 'root, or CAP_BPF and CAP_PERFMON'
}

case_ 'two targets are refused' refuses_two_targets
case_ 'a word is no process' refuses_what_is_no_process
case_ 'a missing process is named' names_a_process_that_is_not_there
case_ 'a missing control group is named' names_a_control_group_that_is_not_there
if ((EUID == 0)) && setpriv --reuid=65534 --regid=65534 --clear-groups "$WHITTLE" --version >/dev/null 2>&1; then
	case_ 'without rights it says which are missing' says_what_is_missing_without_rights
else
	cannot 'without rights it says which are missing' 'only root can drop rights'
fi
finish
