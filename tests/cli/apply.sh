#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What apply, verify and revert say before a service manager is needed; tests/system/apply.sh has the
# rest.
. "$SOURCE/tests/tap.sh"

policy=$tap_directory/policy
echo '{"format":"whittle-policy","version":1,"abis":["x86_64"],"default":"errno:EPERM",
	"foreign":"kill_process","rules":[{"abi":"x86_64","name":"read","action":"allow"}]}' >"$policy"

needs_its_operands()
{
	run "$WHITTLE" apply whittle-nosuch.service
	expect_status 64
	expect_error 'name a unit and a policy'
	run "$WHITTLE" apply whittle-nosuch.service "$policy" more
	expect_status 64
	run "$WHITTLE" revert
	expect_status 64
	expect_error 'name a unit'
	run "$WHITTLE" verify
	expect_status 64
}

refuses_bad_values()
{
	run "$WHITTLE" apply --settle soon whittle-nosuch.service "$policy"
	expect_status 64
	expect_error 'is not a time such as 10s'
	run "$WHITTLE" apply --deadline 1m --two-phase whittle-nosuch.service "$policy"
	expect_status 64
	expect_error '--deadline and --two-phase exclude each other'
	run "$WHITTLE" apply --keep whittle-nosuch.service "$policy"
	expect_status 64
	expect_error '--keep takes a unit and no policy'
	run "$WHITTLE" apply --no-such whittle-nosuch.service "$policy"
	expect_status 64
}

names_the_policy_that_is_wrong()
{
	run "$WHITTLE" apply whittle-nosuch.service "$tap_directory/absent"
	expect_status 66
	expect_error 'absent'
	echo '{"format":"whittle-policy"}' >"$tap_directory/short"
	run "$WHITTLE" apply whittle-nosuch.service "$tap_directory/short"
	expect_status 65
	expect_error 'short'
}

refuses_an_ordinary_user()
{
	local -a user=()

	((EUID == 0)) && user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod 755 "$tap_directory"
	# The build may lie where that user can't look.
	cp "$WHITTLE" "$tap_directory/whittle"
	run "${user[@]}" "$tap_directory/whittle" apply whittle-nosuch.service "$policy"
	expect_status 77
	expect_error 'as root'
	run "${user[@]}" "$tap_directory/whittle" revert whittle-nosuch.service
	expect_status 77
	run "${user[@]}" "$tap_directory/whittle" verify whittle-nosuch.service
	expect_status 77
}

needs_root_before_it_looks_for_a_unit()
{
	local -a user=()
	local command

	((EUID == 0)) && user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod 755 "$tap_directory"
	cp "$WHITTLE" "$tap_directory/whittle"
	mkdir -m 0700 "$tap_directory/state"
	while read -r -a command; do
		run "${user[@]}" "$tap_directory/whittle" "${command[@]}"
		[[ $status == 77 || ${command[0]} == test && $status == 2 ]] ||
			fail "${command[*]}: exit code $status"
		expect_error 'root'
	done <<-'END'
		harden nosuch
		record --unit nosuch --observer bpf
		record --cgroup /
		record --container nosuch
		record -p 1
		record --unit nosuch
		revert nosuch
		verify nosuch
		attach --unit nosuch
		decode --unit nosuch
		test nosuch read
		test nosuch.service read
	END
	((EUID == 0)) || return 0
	for command in status 'status nosuch' 'drift nosuch' 'guard --on-denial report nosuch' 'guard'; do
		run "${user[@]}" "$tap_directory/whittle" $command --state "$tap_directory/state"
		expect_status 77
		expect_error "whittle's state needs root"
	done
	run "${user[@]}" "$tap_directory/whittle" attach --policy "$policy" -p 1
	expect_status 77
	expect_error 'run whittle as root'
	run "${user[@]}" "$tap_directory/whittle" learn --state "$tap_directory/state" nosuch
	expect_status 77
	expect_error 'root'
	run "${user[@]}" "$tap_directory/whittle" test nosuch.policy read
	expect_status 2
	expect_error 'nosuch.policy: No such file'
}

case_ 'operands that are missing are told' needs_its_operands
case_ 'bad values of options are told' refuses_bad_values
case_ 'a bad policy is told by name' names_the_policy_that_is_wrong
case_ 'an ordinary user is told to be root' refuses_an_ordinary_user
case_ 'an ordinary user is told to be root before a unit is looked for' needs_root_before_it_looks_for_a_unit
finish
