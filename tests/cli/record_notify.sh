#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Recording without root, by seccomp user notification: what it counts, against strace, and how what it
# records fares.
. "$SOURCE/tests/tap.sh"

record()
{
	run timeout 60 "$WHITTLE" record --observer notify -q -o "$tap_directory/a.rec" -- "$@"
}

# "ABI name count" a line, of the program's part.
recorded()
{
	"$WHITTLE" show --json "$tap_directory/a.rec" | python3 -c '
import json, sys
shown = json.load(sys.stdin)
assert shown["lost"] == 0, shown["lost"]
for call in shown["calls"]:
    print(call["abi"], call["name"], call["count"])'
}

counts_each_abi()
{
	cc -O1 -static -o "$tap_directory/abi_calls" "$SOURCE/tests/programs/abi_calls.c" ||
		{ fail 'the test program does not build'; return; }
	record "$tap_directory/abi_calls"
	expect_status 0
	output=$(recorded)
	expect_output '^x86_64 getppid 1000$'
	expect_output '^i386 getppid 500$'
	expect_output '^x32 getppid 250$'
	expect_output '^i386 mkdir 1$'
}

# A second, identical run under strace: the same calls, each as often. What depends on the address
# space's lay-out or the moment (bash sets handlers again where it waits twice) is left out.
agrees_with_strace()
{
	local script='for i in 1 2 3; do ls / >/dev/null; (true; grep -c x /etc/passwd >/dev/null); done'

	export LC_ALL=C
	record bash -c "$script"
	expect_status 0
	strace -qqf -o "$tap_directory/trace" -- bash -c "$script"
	grep -vE '^[0-9]+ +(\+\+\+|---|<\.\.\. )' "$tap_directory/trace" | sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/' |
		sort | uniq -c | awk '{ print "x86_64", $2, $1 }' | sort >"$tap_directory/expected"
	# bash itself is executed by whittle's own child, which is the manager's part.
	recorded | awk '$2 == "execve" { $3++ } { print }' | sort >"$tap_directory/got"
	diff <(grep -vE ' (brk|rt_sigreturn|rt_sigaction|rt_sigprocmask|wait4|futex|mmap|munmap|read) ' "$tap_directory/expected") \
		<(grep -vE ' (brk|rt_sigreturn|rt_sigaction|rt_sigprocmask|wait4|futex|mmap|munmap|read) ' "$tap_directory/got") >"$tap_directory/diff" ||
		fail "strace's counts (<) and ours (>) differ: $(cat "$tap_directory/diff")"
	diff <(cut -d' ' -f2 "$tap_directory/expected") <(cut -d' ' -f2 "$tap_directory/got") \
		>"$tap_directory/diff" || fail "strace's names (<) and ours (>): $(cat "$tap_directory/diff")"
}

passes_exit_status_on()
{
	record sh -c 'exit 7'
	expect_status 7
	record sh -c 'kill -TERM $$'
	expect_status 143
}

names_a_command_that_is_not_there()
{
	record /nonexistent/command
	expect_status 66
	expect_error '/nonexistent/command'
	[[ ! -e $tap_directory/b.rec ]] || fail 'a recording was written'
}

# The recording ends at its limit; what the command left in the background must still be able to call.
lets_the_rest_live()
{
	local pid

	run timeout 60 "$WHITTLE" record --observer notify -q --for 1s -o "$tap_directory/a.rec" -- \
		bash -c "(setsid bash -c 'sleep 3; echo \$((6 * 7)) >$tap_directory/late' & echo \$! >$tap_directory/pid); exec sleep 60"
	[[ -e $tap_directory/a.rec ]] || fail 'no recording was written'
	for ((i = 0; i < 100; i++)); do
		[[ -s $tap_directory/late ]] && break
		sleep 0.1
	done
	expect_equal 42 "$(cat "$tap_directory/late" 2>/dev/null)"
}

is_chosen_without_root()
{
	local directory=$tap_directory/user

	mkdir -p "$directory" && chmod 777 "$tap_directory" "$directory"
	if ((EUID == 0)); then
		run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all env -C "$directory" \
			ASAN_OPTIONS=detect_leaks=0 timeout 60 "$WHITTLE" record -o own.rec -- true
	else
		run timeout 60 "$WHITTLE" record -o "$directory/own.rec" -- true
	fi
	expect_status 0
	expect_error 'with notify'
	expect_error 'not with bpf: .*root'
	run "$WHITTLE" show --names "$directory/own.rec"
	expect_output '^exit_group$'
}

refuses_what_it_cannot_record()
{
	run timeout 60 "$WHITTLE" record --observer notify -o "$tap_directory/a.rec" --pid $$
	expect_status 69
	expect_error 'only a command'
}

shown_names()
{
	"$WHITTLE" show --names "$1"
}

# What is known stays in the kernel: only what comes new is in the recording, and both together are all.
records_only_news()
{
	local observer=$1 known=$tap_directory/known.rec news=$tap_directory/news.rec

	cc -O1 -o "$tap_directory/news" "$SOURCE/tests/programs/news.c" || { fail 'news.c does not build'; return; }
	run timeout 60 "$WHITTLE" record --observer "$observer" -q -o "$known" -- "$tap_directory/news"
	run timeout 60 "$WHITTLE" record --observer "$observer" --known "$known" -o "$news" -- "$tap_directory/news"
	expect_status 0
	expect_error ' 0 new system calls, '
	run timeout 60 "$WHITTLE" record --observer "$observer" -k "$known" -o "$news" -- "$tap_directory/news" more
	expect_status 0
	expect_error ' 2 new system calls, made 3 times '
	expect_equal "$(printf 'getppid\nsocket')" "$(shown_names "$news")"
	run "$WHITTLE" show --json "$news"
	expect_output 'AF_UNIX'
	[[ $output != *AF_INET* ]] || fail "what was known is in it: $output"
	run timeout 60 "$WHITTLE" record --observer "$observer" -q -o "$tap_directory/all.rec" -- "$tap_directory/news" more
	run "$WHITTLE" decide --level observed -o "$tap_directory/news.policy" "$news"
	expect_error 'the recording has only new calls'
	run "$WHITTLE" decide --level observed -o "$tap_directory/news.policy" "$known" "$news"
	[[ $error != *'only new calls'* ]] || fail "with the known one it is whole: $error"
	"$WHITTLE" merge -o "$tap_directory/merged.rec" "$known" "$news"
	expect_equal "$(shown_names "$tap_directory/all.rec")" "$(shown_names "$tap_directory/merged.rec")"
}

refuses_a_known_file_that_is_none()
{
	echo '{}' >"$tap_directory/none.rec"
	run timeout 60 "$WHITTLE" record --known "$tap_directory/none.rec" -o "$tap_directory/n.rec" -- true
	expect_status 65
	expect_error 'none.rec'
	[[ ! -e $tap_directory/n.rec ]] || fail 'a recording was written'
}

names_the_file_that_it_writes()
{
	cd "$tap_directory" || return
	run "$WHITTLE" record --observer notify -- /bin/true
	expect_status 0
	expect_error '^whittle: true\.rec: [0-9]+ system calls'
	[[ -s true.rec ]] || fail 'there is no true.rec'
	cd "$OLDPWD" || return
}

case_ 'each ABI is counted under its own names' counts_each_abi
case_ 'without -o the summary names the file' names_the_file_that_it_writes
case_ 'it counts what strace counts, across forks and programs' agrees_with_strace
case_ "the command's exit status is whittle's" passes_exit_status_on
case_ 'a command that is not there is named' names_a_command_that_is_not_there
case_ 'what outlives the recording goes on calling' lets_the_rest_live
case_ 'it is chosen, and said, where BPF may not be used' is_chosen_without_root
case_ 'a process that runs already is refused with the reason' refuses_what_it_cannot_record
case_ 'with --known only news is recorded' records_only_news notify
if ((EUID == 0)); then
	case_ 'with --known only news is recorded, by BPF as well' records_only_news bpf
else
	cannot 'with --known only news is recorded, by BPF as well' 'needs root'
fi
case_ 'a file that is no recording is refused before anything starts' refuses_a_known_file_that_is_none
finish
