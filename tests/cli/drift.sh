#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A library that is replaced under a recording: told, with the calls that it brings.
. "$SOURCE/tests/tap.sh"

place=$tap_directory
state=$tap_directory/state

# given_library BODY: libweb.so, whose answer() does it.
given_library()
{
	printf '#include <sched.h>\n#include <unistd.h>\nint answer(void);\nint answer(void)\n{\n\t%s\n}\n' "$1" \
		>"$place/web.c"
	# As a package manager does it: a new file in the place of the old.
	gcc -shared -fPIC -Wl,--build-id -o "$place/new.so" "$place/web.c" &&
		mv "$place/new.so" "$place/libweb.so"
}

given_a_recording_and_its_policy()
{
	given_library 'return getppid();'
	printf 'int answer(void);\nint main(void) { return answer() < 0; }\n' >"$place/main.c"
	gcc -Wl,--build-id -o "$place/web" "$place/main.c" -L"$place" -lweb -Wl,-rpath,"$place"
	# What is mapped is looked up while the program runs, and this one is gone at once.
	for _ in {1..20}; do
		"$WHITTLE" record -q -o "$place/web.rec" -- "$place/web" 2>/dev/null
		grep -q libweb.so "$place/web.rec" && break
	done
	grep -q libweb.so "$place/web.rec" &&
		"$WHITTLE" decide -q --level observed "$place/web.rec" -o "$place/web.policy" 2>/dev/null
}

drift()
{
	run "$WHITTLE" drift --state "$state" "$@"
}

nothing_changed_is_told()
{
	drift -r "$place/web.rec" -P "$place/web.policy"
	expect_status 0
	expect_output 'nothing has changed'
	drift -q -r "$place/web.rec"
	expect_status 0
	expect_equal '' "$output"
}

a_new_call_is_told_with_its_way()
{
	given_library 'return sched_yield() + getppid();'
	drift -r "$place/web.rec" -P "$place/web.policy" web.service
	expect_status 1
	expect_output '^web.service: changed since the recording:'
	expect_output "^    $place/libweb.so\$"
	expect_output 'which the policy denies:'
	expect_output 'sched_yield: .*libweb.so!answer'
	drift --json -r "$place/web.rec" -P "$place/web.policy"
	python3 -c 'import json, sys
unit, = json.load(open(sys.argv[1]))
assert [c["path"].split("/")[-1] for c in unit["changed"]] == ["libweb.so"], unit
assert "sched_yield" in [c["name"] for c in unit["calls"]], unit
assert all("getppid" != c["name"] for c in unit["calls"]), unit' "$tap_directory/out" ||
		fail "not the JSON that was expected: $output"
}

a_change_that_leads_nowhere_new_is_told()
{
	given_library 'return getppid() + 1 - 1 + (getppid() > 0);'
	drift -r "$place/web.rec" -P "$place/web.policy"
	expect_status 1
	expect_output 'They can make no call that the policy denies'
}

what_is_gone_is_told()
{
	mv "$place/libweb.so" "$place/away"
	drift -r "$place/web.rec" -P "$place/web.policy"
	mv "$place/away" "$place/libweb.so"
	expect_status 1
	expect_output 'libweb.so .missing, or without a build-id.'
}

without_a_state_all_is_well()
{
	drift
	expect_status 0
	run "$WHITTLE" status --state "$state"
	expect_status 0
	expect_output 'There are no managed units'
	run "$WHITTLE" status --state "$state" --json
	expect_equal '[]' "$(tr -d ' \n' <<<"$output")"
}

a_unit_that_is_not_under_care_is_named()
{
	mkdir -p "$state"
	run "$WHITTLE" status --state "$state" web.service
	expect_status 66
}

given_a_recording_and_its_policy || { echo 'Bail out! no recording'; exit 1; }
another_kernel_is_told()
{
	sed "s/\"kernel\": \"[^\"]*\"/\"kernel\": \"1.2.3-old\"/" "$place/web.rec" >"$place/old.rec"
	drift -r "$place/old.rec" -P "$place/web.policy"
	expect_status 1
	expect_output "^    the kernel: was 1.2.3-old, is now $(uname -r)\$"
	drift --json -r "$place/old.rec"
	python3 -c 'import json, sys
unit, = json.load(open(sys.argv[1]))
assert [(v["what"], v["was"]) for v in unit["versions"]] == [("the kernel", "1.2.3-old")], unit
assert unit["changed"] == [], unit' "$tap_directory/out" || fail "not the JSON that was expected: $output"
}

case_ 'nothing has changed' nothing_changed_is_told
case_ 'another kernel is told' another_kernel_is_told
case_ 'a new call is told with the way to it' a_new_call_is_told_with_its_way
case_ 'a change that leads nowhere new is told' a_change_that_leads_nowhere_new_is_told
case_ 'what is gone is told' what_is_gone_is_told
case_ 'without a state all is well' without_a_state_all_is_well
case_ 'a unit that is not under care is named' a_unit_that_is_not_under_care_is_named
finish
