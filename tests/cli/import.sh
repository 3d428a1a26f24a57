#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$SOURCE/tests/tap.sh"

log=$tap_directory/trace.log
rec=$tap_directory/out.rec

counts_and_names_what_it_read()
{
	printf '%s\n' 'brk(NULL) = 0x1000' 'brk(NULL) = 0x1000' 'noise' 'getpid() = 7' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 0
	expect_error 'line 3: not a line of strace'
	expect_error '3 calls, read as strace'
	expect_equal 'brk getpid' "$("$WHITTLE" show --names "$rec" | sort | paste -sd' ')"
}

strict_ends_at_the_first_malformed_line()
{
	printf '%s\n' 'brk(NULL) = 0x1000' 'noise' >"$log"
	rm -f "$rec"
	run "$WHITTLE" import --strict "$log" -o "$rec"
	expect_status 65
	expect_error 'line 2: not a line of strace'
	[[ ! -e $rec ]] || fail 'a recording was written'
}

keeps_terminal_escapes_out()
{
	printf 'brk(NULL) = 0x1000\n\033[31mred\n' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 0
	[[ $error != *$'\033'* ]] || fail 'an escape went to the terminal'
}

refuses_what_it_does_not_know()
{
	echo 'hello world, no trace' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 65
	expect_error 'say so with --from'
	run "$WHITTLE" import --from nosuch "$log" -o "$rec"
	expect_status 64
	run "$WHITTLE" import -o "$rec"
	expect_status 64
	run "$WHITTLE" import /nonexistent -o "$rec"
	expect_status 66
}

files_of_one_trace_are_one_run()
{
	printf '%s\n' 'execve("/bin/sh", ["sh"], 0x7f) = 0' 'fork() = 8' >"$tap_directory/ff.7"
	printf '%s\n' 'getuid() = 0' >"$tap_directory/ff.8"
	run "$WHITTLE" import "$tap_directory"/ff.7 "$tap_directory"/ff.8 -o "$rec"
	expect_status 0
	expect_equal 1 "$(grep -c '"observer"' "$rec")"
	expect_equal 2 "$(grep -c '"executable": "/bin/sh"' "$rec")"
}

case_ 'import counts the calls of an strace log, names what it could not read, and goes on' counts_and_names_what_it_read
case_ 'with --strict the first malformed line ends the import, and nothing is written' strict_ends_at_the_first_malformed_line
case_ 'what a log holds does not steer the terminal' keeps_terminal_escapes_out
case_ 'a file of no known kind, an unknown source and a missing file are refused' refuses_what_it_does_not_know
case_ 'the files of one strace -ff are one run, and a child is known by its parent' files_of_one_trace_are_one_run
finish
