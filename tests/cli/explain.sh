#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$SOURCE/tests/tap.sh"

record()
{
	printf 'auid=4294967295 uid=0 gid=0 ses=4294967295 pid=%s comm="nginx" ' "$1"
	printf 'exe="/usr/sbin/nginx" sig=0 arch=%s syscall=%s compat=0 ip=0x7f01 code=%s\n' \
		"$2" "$3" "$4"
}
audit_line() { printf 'type=SECCOMP msg=audit(1795574851.%03d:%d): ' "$1" "$1"; record "${@:2}"; }
kernel_line() { printf '[    1.5] audit: type=1326 audit(1795574851.%03d:%d): ' "$1" "$1"; record "${@:2}"; }

tells_call_outcome_and_remedy()
{
	audit_line 1 4190001 c000003e 12 0x80000000 >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 0
	expect_no_error
	expect_output 'nginx \(/usr/sbin/nginx, pid 4190001\) was killed for calling brk'
	expect_output 'SystemCallFilter=brk'
	expect_output 'whittle decide --allow=brk'
}

folds_repeats()
{
	for i in {1..40}; do audit_line "$i" 4190001 c000003e 12 0x50000; done >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	expect_output 'denied brk.*, 40 times'
	expect_equal 1 "$(grep -c denied "$tap_directory/out")"
}

writes_json()
{
	{
		audit_line 1 4190001 c000003e 12 0x80000000
		audit_line 2 4190001 40000003 45 0x7ffc0000
		audit_line 3 4190001 c000003e 99999 0x50000
	} >"$tap_directory/log"
	run "$WHITTLE" explain --json "$tap_directory/log"
	expect_status 0
	expect_equal "brk 12 x86_64 4190001 nginx None kill_process 1
brk 45 i386 4190001 nginx None log 1
None 99999 x86_64 4190001 nginx None errno 1" "$(python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    print(*(o[k] for k in ("name", "nr", "abi", "pid", "comm", "unit", "action", "count")))
' <"$tap_directory/out")"
}

counts_a_denial_of_two_logs_once()
{
	{
		audit_line 1 4190001 c000003e 12 0x80000000
		kernel_line 1 4190001 c000003e 12 0x80000000
		kernel_line 2 4190002 c000003e 12 0x80000000
	} >"$tap_directory/log"
	run "$WHITTLE" explain --json "$tap_directory/log"
	expect_output '"count": 2'
}

follows_a_pipe()
{
	local line
	coproc EXPLAIN { exec "$WHITTLE" explain --json; }
	local pid=$EXPLAIN_PID
	audit_line 1 4190001 c000003e 12 0x80000000 >&"${EXPLAIN[1]}"
	# The pipe stays open: what comes, comes at once.
	read -r -t 5 -u "${EXPLAIN[0]}" line || fail 'nothing came within 5 seconds'
	[[ $line == *'"name": "brk"'* ]] || fail "expected brk, got $line"
	audit_line 2 4190001 c000003e 12 0x80000000 >&"${EXPLAIN[1]}"
	audit_line 3 4190001 c000003e 12 0x80000000 >&"${EXPLAIN[1]}"
	read -r -t 5 -u "${EXPLAIN[0]}" line || fail 'the repeats did not come'
	[[ $line == *'"count": 2'* || $line == *'"count": 1'* ]] || fail "got $line"
	kill -INT "$pid"
	wait "$pid" || fail "an interrupt is the usual end of a stream, not a failure: $?"
}

passes_other_lines()
{
	{
		echo before
		audit_line 1 4190001 c000003e 12 0x80000000
		echo after
	} >"$tap_directory/log"
	run "$WHITTLE" explain --pass "$tap_directory/log"
	expect_output '^before$'
	expect_output '^after$'
	expect_output 'killed'
	grep -q type=SECCOMP "$tap_directory/out" && fail 'the record itself was printed'
}

warns_of_broken_records()
{
	audit_line 1 4190001 c000003e 12 0x80000000 | head -c 120 >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 1
	expect_error 'skipped 1 denial record'
}

is_safe_for_a_terminal()
{
	printf 'type=1326 audit(1.000:1): auid=0 pid=4190001 comm=1B5B324A exe="/a" sig=0 arch=c000003e syscall=12 compat=0 ip=0x1 code=0x50000\n' >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	grep -q $'\033' "$tap_directory/out" && fail 'an escape byte came through'
	expect_output 'x1b\[2J'
}

names_a_file_that_is_not_there()
{
	run "$WHITTLE" explain "$tap_directory/nosuch"
	expect_status 66
	expect_error 'nosuch'
}

refuses_an_empty_log()
{
	run "$WHITTLE" explain /dev/null
	expect_status 65
	expect_error '/dev/null: it is empty: this is no log'
	: >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 65
	run "$WHITTLE" explain --pass "$tap_directory/log"
	expect_status 65
	run "$WHITTLE" explain </dev/null
	expect_status 65
	expect_error 'standard input: it is empty'
}

refuses_what_is_no_log()
{
	local file

	audit_line 1 4190001 c000003e 12 0x80000000 >"$tap_directory/log"
	for file in "$WHITTLE" /etc/passwd "$SOURCE/tests/data/nginx.rec" "$SOURCE/src/main.c"; do
		run "$WHITTLE" explain "$file" "$tap_directory/log"
		expect_status 65
		expect_error "$file: this is no log"
		expect_output 'killed for calling brk'
	done
	run "$WHITTLE" explain - <"$SOURCE/src/main.c"
	expect_status 65
	expect_error 'standard input: this is no log'
}

takes_a_log_without_denials()
{
	local line

	while read -r line; do
		echo "$line" >"$tap_directory/log"
		run "$WHITTLE" explain "$tap_directory/log"
		[[ $status == 1 && -z $output && $error == *'no denial of a seccomp filter was found'* ]] || fail "$line: exit code $status"
	done <<-'END'
		Nov 26 01:02:03 host kernel: usb 1-1: new device
		2026-11-26T01:02:03+0100 host kernel: usb 1-1: new device
		Thu 2026-11-26 01:02:03.123456 CET [s=1;i=2;b=3;m=4;t=5;x=6]
		1795574851.425123 host kernel: usb 1-1: new device
		[    1.500000] usb 1-1: new device
		<6>usb 1-1: new device
		type=CONFIG_CHANGE msg=audit(1795574851.425:1): op=set
		node=host type=CONFIG_CHANGE msg=audit(1795574851.425:1): op=set
		{ "__REALTIME_TIMESTAMP" : "1", "MESSAGE" : "x" }
		__CURSOR=s=1
		-- No entries --
	END
}

given_a_policy()
{
	"$WHITTLE" decide -q --level observed -o "$tap_directory/nginx.policy" "$SOURCE/tests/data/nginx.rec" ||
		fail 'no policy was made'
}

tells_why_a_call_is_in_a_policy()
{
	given_a_policy
	run "$WHITTLE" explain "$tap_directory/nginx.policy" --why accept4
	expect_status 0
	expect_output '^accept4 \(x86_64\): allowed$'
	expect_output 'seen: 400 times, serving'
}

tells_what_becomes_of_a_call_without_a_rule()
{
	given_a_policy
	run "$WHITTLE" explain "$tap_directory/nginx.policy" --why mount
	expect_status 0
	expect_output 'mount: no rule, so the default action applies: errno:EPERM'
}

refuses_why_of_an_unknown_call()
{
	given_a_policy
	run "$WHITTLE" explain "$tap_directory/nginx.policy" --why nosuch
	expect_status 65
	expect_error 'nosuch'
}

wrapped_records()
{
	cat >"$tap_directory/log" <<-'END'
	Mar 03 10:00:00 host kernel: audit: type=1326 audit(1772532000.100:7):
	  auid=4294967295 uid=33 gid=33 ses=4294967295 pid=812 comm="nginx"
	  exe="/usr/sbin/nginx" sig=31 arch=c000003e syscall=12 compat=0
	  ip=0x7f0000000000 code=0x80000000
	Mar 03 10:00:01 host kernel: something else
	END
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 0
	expect_output 'nginx .*was killed for calling brk'
}

colours_of_a_terminal()
{
	printf '%s\033[0m\n' 'Mar 03 10:00:00 host kernel: audit: type=1326 audit(1772532000.100:7): auid=1000 uid=1000 gid=1000 ses=3 pid=812 comm="app" exe="/usr/bin/app" sig=0 arch=c000003e syscall=330 compat=0 ip=0x7f0000000000 code=0x50000' >"$tap_directory/log"
	run "$WHITTLE" explain --json "$tap_directory/log"
	expect_status 0
	expect_output '"action": *"errno"'
}

record_without_an_architecture()
{
	echo 'type=SECCOMP msg=audit(1772532000.100:7): auid=1000 uid=1000 gid=1000 ses=3 pid=812 comm="app" exe="/usr/bin/app" sig=31 syscall=330 compat=0 ip=0x7f0000000000 code=0x80000000' >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 0
	expect_output 'it has no arch='
	expect_output 'on x86_64 it is pkey_alloc'
}

lines_of_programs()
{
	cat >"$tap_directory/log" <<-'END'
	Mar 03 10:00:00 host sshd[90]: ssh_sandbox_violation: unexpected system call (arch:0xc000003e,syscall:20 @ 0x7f0000000000)
	Mar 03 10:00:01 host systemd[1]: app.service: Main process exited, code=dumped, status=31/SYS
	[90:90:0303/100000.0:ERROR:x.cc(1)] ../../sandbox/linux/seccomp-bpf-helpers/sigsys_handlers.cc:**CRASHING**:seccomp-bpf failure in syscall 0012
	03-03 10:00:00.000 F DEBUG : Cause: seccomp prevented call to disallowed arm64 system call 220
	Mar 03 10:00:02 host app[91]: Sandbox: seccomp sandbox violation: pid 91, tid 91, syscall 314, args 0 0 0 0 0 0.
	END
	run "$WHITTLE" explain "$tap_directory/log"
	expect_status 0
	expect_output "OpenSSH's sandbox denied system call 20, which is writev on x86_64"
	expect_output 'app.service: a denied system call killed the process'
	expect_output "Chromium's sandbox denied system call 12, which is"
	expect_output "Android's filter denied system call 220, which is clone on aarch64"
	expect_output "Firefox's sandbox denied system call 314, which is"
}

nothing_in_it()
{
	echo 'Mar 03 10:00:00 host kernel: usb 1-1: new device' >"$tap_directory/log"
	run "$WHITTLE" explain "$tap_directory/log"
	[[ $status != 0 ]] || fail 'exit code 0'
	expect_error 'no denial of a seccomp filter was found'
	run "$WHITTLE" explain --pass "$tap_directory/log"
	expect_status 0
}

case_ 'why a call is in a policy is told' tells_why_a_call_is_in_a_policy
case_ 'what becomes of a call without a rule is told' tells_what_becomes_of_a_call_without_a_rule
case_ 'an unknown call has no why' refuses_why_of_an_unknown_call
case_ 'a record becomes a sentence with the outcome and the remedy' tells_call_outcome_and_remedy
case_ 'repeats are folded with their count' folds_repeats
case_ '--json gives an object a line' writes_json
case_ 'a denial that two logs have counts once' counts_a_denial_of_two_logs_once
case_ 'what comes through a pipe is told at once' follows_a_pipe
case_ '--pass keeps the other lines' passes_other_lines
case_ 'records that are cut short are warned of' warns_of_broken_records
case_ 'a hostile name cannot steer the terminal' is_safe_for_a_terminal
case_ 'a missing log is named' names_a_file_that_is_not_there
case_ 'an empty log is refused' refuses_an_empty_log
case_ 'a file that is no log is refused, and the others are read' refuses_what_is_no_log
case_ 'a log of any kind without a denial gives no output' takes_a_log_without_denials
case_ 'a record that was wrapped is joined' wrapped_records
case_ "a terminal's colours hide no field" colours_of_a_terminal
case_ 'a record without an architecture says what it lacks' record_without_an_architecture
case_ 'lines of sandboxes are explained as far as they go' lines_of_programs
case_ 'a log without a denial is no success' nothing_in_it
finish
