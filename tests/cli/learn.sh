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

# An entry of the guard's in the journal: NAME NUMBER ARGUMENT UNIT COUNT [USER [COMM]]
told()
{
	echo "{\"_TRANSPORT\":\"journal\",\"_SYSTEMD_UNIT\":\"whittle-guard.service\",\"_UID\":\"0\",\"MESSAGE_ID\":\"5b6d2e1f8c3a4f0e9d7141c2a6b0f3e8\",\"MESSAGE\":\"$4: web[77] was denied $1\",\"UNIT\":\"$4\",\"SYSCALL\":\"$1\",\"SYSCALL_NUMBER\":\"$2\",\"ABI\":\"x86_64\",\"ACTION\":\"errno:EPERM\",\"COUNT\":\"$5\",\"TARGET_PID\":\"77\",\"TARGET_UID\":\"${6:-0}\",\"TARGET_COMM\":\"${7:-web}\",\"TARGET_EXE\":\"/usr/bin/web\",\"STACK\":\"$1 <- connect_to <- main\",\"ARGUMENTS\":\"${3#0x} 2 0 0 0 0\"}"
}

# A line of watch, which anybody could have written: NAME NUMBER
watched()
{
	echo "{ \"name\": \"$1\", \"nr\": $2, \"abi\": \"x86_64\", \"arch\": \"0xc000003e\", \"pid\": 77, \"comm\": \"web\", \"exe\": \"/usr/bin/web\", \"unit\": \"web.service\", \"action\": \"errno:EPERM\", \"count\": 1 }"
}

# journald's reading of the audit socket: NUMBER, and fields that replace others
audited()
{
	python3 - "$@" <<'PYTHON'
import json, sys
entry = {"_TRANSPORT": "audit", "_AUDIT_TYPE": "1326", "_SYSTEMD_UNIT": "web.service", "_UID": "0",
         "__REALTIME_TIMESTAMP": "1795574851425000",
         "MESSAGE": "SECCOMP auid=0 uid=0 gid=0 ses=1 pid=77 comm=\"web\" exe=\"/usr/bin/web\" sig=0 arch=c000003e"
                    f" syscall={sys.argv[1]} compat=0 ip=0x7f code=0x50000"}
for field in sys.argv[2:]:
    key, value = field.split("=", 1)
    entry[key] = value
print(json.dumps(entry))
PYTHON
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
	# What nothing attributes is never a part of --yes.
	learn --yes --all web.service "$tap_directory/log"
	expect_output 'unverified: nothing says that it is of the unit'
	expect_output 'nothing added'
	learn --allow brk --allow mremap --all web.service "$tap_directory/log"
	expect_output '2 calls added'
}

records_of_the_recorded_program_are_shown()
{
	"$WHITTLE" import -o "$recording" - 2>/dev/null <<-'END'
		77 execve("/usr/bin/web", ["web"], 0x7ffd) = 0
		77 read(3, "", 10) = 0
	END
	record 1 25 | sed 's/^audit: type=1326 /type=SECCOMP msg=/' >"$tap_directory/log"
	# Anybody may run the executable under a filter of their own.
	learn --yes web.service "$tap_directory/log"
	expect_status 0
	expect_output 'mremap'
	expect_output "unverified: only the executable's name"
	expect_output 'nothing added'
	run "$WHITTLE" learn --state "$state" -r "$recording" --allow mremap web.service - <"$tap_directory/log"
	expect_output '1 call added'
	why mremap
	expect_output 'denied'
}

# Expects that no call is added from the log, and that the reason is printed.
only_shown()
{
	learn --yes web.service "$tap_directory/log"
	expect_status 0
	expect_output "unverified: $1"
	expect_output 'nothing added'
}

forged_evidence_is_only_shown()
{
	given_a_recording
	audited 12 >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_output '1 call added'
	# The same text, from others.
	audited 25 _TRANSPORT=syslog >"$tap_directory/log"
	learn --yes --all web.service "$tap_directory/log"
	expect_output 'unverified: no proof that the kernel'
	expect_output 'nothing added'
	audited 25 _AUDIT_TYPE=1107 >"$tap_directory/log"
	only_shown 'no proof that the kernel'
	watched mremap 25 >"$tap_directory/log"
	only_shown 'no proof that the kernel'
	told mremap 25 0x0 web.service 1 | sed 's/"_UID":"0"/"_UID":"1000"/; s/"ACTION"/"_TRANSPORT":"audit","ACTION"/' >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_output 'no denials'
	# Of the kernel's own, but in a line that a program wrote.
	echo "Nov 30 11:50:00 host mallory[42]: $(record 1 25)" >"$tap_directory/log"
	learn --yes --all web.service "$tap_directory/log"
	expect_output 'unverified: no proof that the kernel'
	expect_output 'nothing added'
	# What others can write proves nothing.
	audited 25 >"$tap_directory/log"
	chmod 666 "$tap_directory/log"
	only_shown 'others than root can write the log'
	chmod 644 "$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_output '1 call added'
}

another_unit_of_that_name_is_another()
{
	given_a_recording
	audited 25 _SYSTEMD_UNIT=user@1000.service _SYSTEMD_USER_UNIT=web.service >"$tap_directory/log"
	learn --yes web.service "$tap_directory/log"
	expect_error '1 denials can.t be attributed'
	expect_output 'no denials'
}

another_user_is_shown()
{
	given_a_recording
	told mremap 25 0x0 web.service 1 1000 >"$tap_directory/log"
	only_shown 'from a user who is not the unit'
	expect_output 'user +1000'
	learn --json --yes web.service "$tap_directory/log"
	python3 -c 'import json, sys
found = json.load(open(sys.argv[1]))["found"]
assert [(f["uid"], f["taken"], "unverified" in f) for f in found] == [(1000, False, True)], found' \
		"$tap_directory/out" || fail "got $output"
}

a_name_in_parentheses_hides_nothing()
{
	given_a_recording
	told mremap 25 0x0 web.service 7 0 '(x)' >"$tap_directory/log"
	only_shown "named like systemd's own child"
	expect_output 'mremap'
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
		watched brk 12 | cut -c1-70
		echo '{ "name": 7, "nr": "x", "arch": "0xc000003e" }'
		watched brk -3
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
case_ 'records without a unit are shown by the executable, and not taken unasked' records_of_the_recorded_program_are_shown
case_ 'what neither the kernel nor the guard wrote is shown, and not taken unasked' forged_evidence_is_only_shown
case_ "a user's unit of the same name is another one" another_unit_of_that_name_is_another
case_ 'what another user did in the unit is shown with the user, and not taken unasked' another_user_is_shown
case_ 'a process named (x) does not hide its denials' a_name_in_parentheses_hides_nothing
case_ 'the union can go into another file' another_file_can_be_written
case_ '--json is JSON' json_is_json
case_ 'a unit that is not under care needs a recording' a_unit_without_a_recording_is_told
case_ 'lines that are garbled are counted' garbled_lines_are_told
finish
