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
	run "$WHITTLE" apply nginx.service
	expect_status 64
	expect_error 'name a unit and a policy'
	run "$WHITTLE" apply nginx.service "$policy" more
	expect_status 64
	run "$WHITTLE" revert
	expect_status 64
	expect_error 'name a unit'
	run "$WHITTLE" verify
	expect_status 64
}

refuses_bad_values()
{
	run "$WHITTLE" apply --settle soon nginx.service "$policy"
	expect_status 64
	expect_error 'is not a time such as 10s'
	run "$WHITTLE" apply --no-such nginx.service "$policy"
	expect_status 64
}

names_the_policy_that_is_wrong()
{
	run "$WHITTLE" apply nginx.service "$tap_directory/absent"
	expect_status 66
	expect_error 'absent'
	echo '{"format":"whittle-policy"}' >"$tap_directory/short"
	run "$WHITTLE" apply nginx.service "$tap_directory/short"
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
	run "${user[@]}" "$tap_directory/whittle" apply nginx.service "$policy"
	expect_status 77
	expect_error 'as root'
	run "${user[@]}" "$tap_directory/whittle" revert nginx.service
	expect_status 77
	run "${user[@]}" "$tap_directory/whittle" verify nginx.service
	expect_status 77
}

case_ 'operands that are missing are told' needs_its_operands
case_ 'bad values of options are told' refuses_bad_values
case_ 'a bad policy is told by name' names_the_policy_that_is_wrong
case_ 'an ordinary user is told to be root' refuses_an_ordinary_user
finish
