#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Denials taken up into a recording, from every kind of log; tests/system/loop.sh has the rest of the way.
. "$SOURCE/tests/tap.sh"

recording=$tap_directory/web.rec
state=$tap_directory/state

given_a_recording()
{
	printf 'read\nwrite\n' >"$tap_directory/names"
	"$WHITTLE" import --from list -o "$recording" "$tap_directory/names" 2>/dev/null
}

# A record of the kernel's: NAME's number, of a program.
record()
{
	echo "audit: type=1326 audit(1795574851.425:$1): auid=0 uid=0 gid=0 ses=1 subj=unconfined pid=77 comm=\"web\" exe=\"/usr/bin/web\" sig=0 arch=c000003e syscall=$2 compat=0 ip=0x7f code=0x50000"
}

# A line of watch: NAME NUMBER ARGUMENT UNIT COUNT
told()
{
	echo "{ \"name\": \"$1\", \"nr\": $2, \"abi\": \"x86_64\", \"arch\": \"0xc000003e\", \"pid\": 77, \"comm\": \"web\", \"exe\": \"/usr/bin/web\", \"unit\": \"$4\", \"action\": \"errno:EPERM\", \"count\": $5, \"call\": \"$1()\", \"arguments\": [\"$3\", \"0x2\", \"0x0\", \"0x0\", \"0x0\", \"0x0\"], \"stack\": \"$1 <- connect_to <- main\", \"ip\": \"0x7f\", \"source\": \"bpf\" }"
}

learn()
{
	run "$WHITTLE" learn --state "$state" -r "$recording" "$@" </dev/null
}

# The policy's reason for a call.
why()
{
	"$WHITTLE" decide -q --level observed "$recording" -o "$tap_directory/policy" &&
		run "$WHITTLE" explain "$tap_directory/policy" --why "$1"
}

a_look_changes_nothing()
{
	local before

	given_a_recording
	before=$(sha256sum "$recording")
	told brk 12 0x0 web.service 3 >"$tap_directory/log"
	learn web.service "$tap_directory/log"
	expect_status 0
	expect_output 'brk'
	expect_output 'nothing added; --yes'
	expect_equal "$before" "$(sha256sum "$recording")"
}

yes_takes_what_is_mild()
{
	given_a_recording
	{
		told brk 12 0x0 web.service 3
		told ptrace 101 0x10 web.service 1
	} >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_status 0
	expect_output '1 call added to'
	why brk
	expect_output 'denied'
	expect_output '3 times, web, first from brk'
	run "$WHITTLE" emit list "$tap_directory/policy"
	grep -qx ptrace <<<"$output" && fail 'ptrace was taken up unasked'
}

a_name_takes_any()
{
	given_a_recording
	told ptrace 101 0x10 web.service 1 >"$tap_directory/log"
	learn --allow ptrace web.service "$tap_directory/log"
	expect_status 0
	why ptrace
	expect_output 'denied'
}

arguments_are_taken_up()
{
	given_a_recording
	told socket 41 0xa web.service 2 >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	why socket
	run "$WHITTLE" emit systemd --systemd 252 "$tap_directory/policy"
	expect_output '^RestrictAddressFamilies=AF_INET6$'
	# A level that goes beyond what was seen does so in the directives too.
	"$WHITTLE" decide -q --level closed "$recording" -o "$tap_directory/policy" 2>/dev/null
	run "$WHITTLE" emit systemd --systemd 252 "$tap_directory/policy"
	expect_output '^RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK$'
}

others_are_left_out()
{
	given_a_recording
	{
		told brk 12 0x0 other.service 5
		record 1 25
	} >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_status 0
	expect_error '6 denials can.t be attributed to web.service'
	expect_output 'no denials'
	learn --yes --all web.service "$tap_directory/log"
	expect_output '2 calls added'
}

records_of_the_recorded_program_count()
{
	"$WHITTLE" import -o "$recording" - 2>/dev/null <<-'END'
		77 execve("/usr/bin/web", ["web"], 0x7ffd) = 0
		77 read(3, "", 10) = 0
	END
	record 1 25 >"$tap_directory/log"
	record 2 41 | sed 's/web/(web)/' >>"$tap_directory/log"
	run "$WHITTLE" learn --state "$state" -r "$recording" --yes web.service - <"$tap_directory/log"
	expect_status 0
	expect_output '1 call added'
	expect_output 'left out 1 denial of systemd itself'
	why mremap
	expect_output 'denied'
}

another_file_can_be_written()
{
	local before

	given_a_recording
	before=$(sha256sum "$recording")
	told brk 12 0x0 web.service 1 >"$tap_directory/log"
	learn --yes -o "$tap_directory/more.rec" web.service "$tap_directory/log"
	expect_status 0
	expect_equal "$before" "$(sha256sum "$recording")"
	run "$WHITTLE" show "$tap_directory/more.rec"
	expect_output 'brk'
}

json_is_json()
{
	given_a_recording
	told brk 12 0x0 web.service 3 >"$tap_directory/log"
	learn --json --yes web.service "$tap_directory/log"
	python3 -c 'import json, sys
found = json.load(open(sys.argv[1]))["found"]
assert [(f["name"], f["count"], f["taken"]) for f in found] == [("brk", 3, True)], found' \
		"$tap_directory/out" || fail "not the JSON that was expected: $output"
}

a_unit_without_a_recording_is_told()
{
	run "$WHITTLE" learn --state "$state" web.service
	expect_status 65
	expect_error 'not managed by whittle: name its recording'
}

garbled_lines_are_told()
{
	given_a_recording
	{
		told brk 12 0x0 web.service 1 | cut -c1-70
		echo '{ "name": 7, "nr": "x", "arch": "0xc000003e" }'
		told brk -3 0x0 web.service 1
	} >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_status 0
	expect_error 'skipped 3 denial records: cut short or garbled'
}

case_ 'without a word nothing is taken up' a_look_changes_nothing
case_ '--yes takes what is mild, and no more' yes_takes_what_is_mild
case_ 'a call that is named is taken whatever its class' a_name_takes_any
case_ 'arguments are taken up, and open the directive' arguments_are_taken_up
case_ 'denials of others are left out and counted' others_are_left_out
case_ 'records without a unit count by the executable' records_of_the_recorded_program_count
case_ 'the union can go into another file' another_file_can_be_written
case_ '--json is JSON' json_is_json
case_ 'a unit that is not under care needs a recording' a_unit_without_a_recording_is_told
case_ 'lines that are garbled are counted' garbled_lines_are_told
finish
