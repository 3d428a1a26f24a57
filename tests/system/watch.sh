#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Denials seen as they happen: real filters, every action, native and i386; what only looks like a
# denial; a storm; and units of a real systemd.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/system/lib.sh"

# Runs a command under a watch of it: `watch_during COMMAND...`, denials in $denials as JSON lines, the
# watch's own words in $said. ${watched[@]}: whose denials, everybody's by default. ${under[@]}: the command
# that runs the watch.
watched=() under=()
watch_during()
{
	local watcher

	mkfifo "$tap_directory/said"
	"${under[@]}" "$WHITTLE" watch --json "${watched[@]}" >"$tap_directory/denials" 2>"$tap_directory/said" &
	watcher=$!
	# It opens for reading when the watch opens for writing; its first line means that it watches.
	exec {said_fd}<"$tap_directory/said"
	read -r -t 60 -u "$said_fd" said || fail 'the watch did not begin'
	"$@" >"$tap_directory/command.out" 2>&1
	# The signal comes after the command's last denial; the watch reads what waits before it ends.
	kill -INT "$watcher"
	wait "$watcher" || fail "the watch ended with $?"
	said=$(cat <&"$said_fd")
	exec {said_fd}<&-
	rm "$tap_directory/said"
	denials=$tap_directory/denials
}

# Prints "count name abi action" of the denials of PROGRAM.
sums()
{
	python3 -c '
import collections, json, sys
counts = collections.Counter()
for line in open(sys.argv[1]):
    denial = json.loads(line)
    if denial["comm"] == sys.argv[2]:
        counts[denial["name"], denial["abi"], denial["action"]] += denial["count"]
for key, count in sorted(counts.items()):
    print(count, *key)' "$denials" "$1"
}

# Prints a field of the first denial of PROGRAM.
field()
{
	python3 -c '
import json, sys
for line in open(sys.argv[1]):
    denial = json.loads(line)
    if denial["comm"] == sys.argv[2]:
        print(denial.get(sys.argv[3]))
        break' "$denials" "$1" "$2"
}

sees_action()
{
	watch_during "$tap_directory/$1" "$2" "${@:4}"
	expect_equal "$3" "$(sums "$1")"
}

looks_alike_only()
{
	watch_during "$tap_directory/denied" 0x00050001 "$@"
	expect_equal '' "$(sums denied)"
}

let_go()
{
	echo >"$tap_directory/go"
	timeout 20 tail --pid="$1" -f /dev/null
}

call_begun_before_the_watch_is_none()
{
	local child

	mkfifo "$tap_directory/go"
	"$tap_directory/denied" 0x00050001 blocked <>"$tap_directory/go" &
	child=$!
	# In read(2) when the kernel says so.
	until [[ $(cat "/proc/$child/syscall") == 0\ * ]]; do :; done
	watch_during let_go "$child"
	rm "$tap_directory/go"
	expect_equal '' "$(sums denied)"
}

# A grandchild of ACTION's is left to init before it is refused.
of_a_family()
{
	local child

	mkfifo "$tap_directory/go"
	"$tap_directory/denied" "$1" daemon <>"$tap_directory/go" &
	child=$!
	until [[ $(cat "/proc/$child/syscall") == 0\ * ]]; do :; done
	watched=(--pid "${3:-$child}")
	watch_during let_go "$child"
	watched=()
	rm "$tap_directory/go"
	expect_equal "$2" "$(sums denied)"
}

of_another_family_is_not_told()
{
	local other

	sleep 60 &
	other=$!
	of_a_family 0x00050001 '' "$other"
	kill "$other"
}

of_a_control_group()
{
	local group

	group=$(mktemp -d "$(findmnt -nt cgroup2 -o TARGET | head -n 1)/whittle-watch.XXXXXX")
	mkdir "$group/below"
	watched=(--cgroup "$group")
	watch_during bash -c 'echo $$ >"$1/below/cgroup.procs"; "$2" "$3" daemon <<<go' \
		in "$group" "$tap_directory/denied" "$1"
	"$tap_directory/denied" "$1" once
	watched=()
	until rmdir "$group/below" "$group" 2>/dev/null; do read -rt 0.1 <> <(:); done
	expect_equal "$2" "$(sums denied)"
}

# Calls of three ABIs, each refused by a filter of its own: in every way, by every kind of instruction. The
# kernel's own count is looked at: more kinds than it tells apart, some without a name since no detail of
# them had room, and records of kills beside it.
every_refusal_of_random_filters_is_seen()
{
	local made counted others

	watch_during env WHITTLE_SECONDS=2 "$BUILD/tests/programs/kernel_equivalence"
	made=$(sed -n 's/.* three filters each, \([0-9]*\) calls .*/\1/p' "$tap_directory/command.out")
	counted=$(sed -n "s/.*of the machine's \([0-9]*\) were only counted.*/\1/p" <<<"$said")
	others=$(python3 -c '
import json, sys
denials = map(json.loads, open(sys.argv[1]))
print(sum(denial["count"] for denial in denials if denial["source"] == "bpf" and denial["comm"] not in ("kernel_equivale", None)))' "$denials")
	expect_equal "$made" "$((counted - others))"
	((made > 500)) || fail "only $made calls were made"
}

# What a kernel without CONFIG_CHECKPOINT_RESTORE looks like.
without_kept_filters()
{
	under=(unshare -m --propagation private sh -c 'mount -t tmpfs none /proc/sys/kernel && exec "$@"' sh)
	"$@"
	under=()
}

every_one_of_a_storm_is_counted()
{
	watch_during "$tap_directory/denied" 0x00050001 storm 50 2000
	expect_equal '100000 getppid x86_64 errno:EPERM' "$(sums denied)"
	[[ $said == *'were only counted by kind, without arguments and stack'* ]] ||
		fail "it does not say how many were not detailed: $said"
}

stack_is_that_of_the_call()
{
	watch_during "$tap_directory/$1" "$2" deep
	[[ $(field "$1" stack) == 'syscall <- inner <- middle <- outer <- '* ]] ||
		fail "got $(field "$1" stack)"
}

# Random filters refuse thousands of kinds of calls a second: the stacks of one control group are not those of another.
stack_comes_beside_others_storm()
{
	local group

	group=$(mktemp -d "$(findmnt -nt cgroup2 -o TARGET | head -n 1)/whittle-watch.XXXXXX")
	watch_during bash -c 'WHITTLE_SECONDS=4 "$3" & sleep 2
		(echo 0 >"$1/cgroup.procs"; exec "$2" 0x00050001 deep); wait' \
		in "$group" "$tap_directory/denied" "$BUILD/tests/programs/kernel_equivalence"
	rmdir "$group"
	[[ $(field denied stack) == 'syscall <- inner <- middle <- outer <- '* ]] ||
		fail "expected the stack of the call, got: $(field denied stack)"
}

stack_goes_through_libraries()
{
	watch_during "$tap_directory/denied" 0x0005000c brk
	[[ $(field denied stack) == 'brk <- sbrk <- '*' <- malloc <- grow_heap <- '* ]] ||
		fail "got $(field denied stack)"
}

arguments_are_told()
{
	watch_during "$tap_directory/denied" 0x00050001 socket
	expect_equal '1 socket x86_64 errno:EPERM' "$(sums denied)"
	[[ $(field denied call) == 'socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, '* ]] ||
		fail "got $(field denied call)"
}

tells_in_sentences()
{
	: >"$tap_directory/err"
	"$WHITTLE" watch --for 4s >"$tap_directory/out" 2>"$tap_directory/err" &
	local watcher=$!
	until grep -q watching "$tap_directory/err"; do read -r -t 0.1 <> <(:); done
	"$tap_directory/denied" 0x00050001 once
	wait "$watcher"
	output=$(<"$tap_directory/out")
	expect_output 'denied \(.*/denied, pid [0-9]+\).* was denied getppid with EPERM'
	expect_output 'from +syscall <- '
	expect_output 'SystemCallFilter=getppid'
}

# ---- units ----

unit_of()
{
	machine_write box "/etc/systemd/system/$1.service" <<-END
		[Service]
		ExecStart=/mnt/share/denied $2
		SystemCallFilter=~getppid
		$3
	END
	machine box systemctl daemon-reload
}

# The container's processes are seen from outside, by the names of its own units.
unit_is_named()
{
	unit_of "$1" '0x7fff0000 once' "$2"
	watch_during machine box systemctl start --wait "$1.service"
	expect_equal "1 getppid x86_64 $3" "$(sums denied)"
	expect_equal "$1.service" "$(field denied unit)"
	expect_equal /mnt/share/denied "$(field denied exe)"
}

only_that_unit_is_told()
{
	unit_of wanted '0x7fff0000 times 3' 'SystemCallErrorNumber=EPERM'
	unit_of other '0x7fff0000 times 5' 'SystemCallErrorNumber=EACCES'
	# From inside, where the processes have other numbers; twice, since a unit's group is made anew.
	machine box sh -c '
		whittle watch --json wanted >/run/denials 2>/run/said & watcher=$!
		until grep -qs watching /run/said; do sleep 0.1; done
		# A group of that name elsewhere, as a manager of a user may make it, is another unit.
		mkdir -p /sys/fs/cgroup/user.slice/wanted.service
		sh -c "echo \$\$ >/sys/fs/cgroup/user.slice/wanted.service/cgroup.procs; exec /mnt/share/denied 0x00050001 times 7"
		systemctl start --wait wanted other
		systemctl start --wait wanted
		kill -INT $watcher; wait $watcher'
	machine box cat /run/denials >"$tap_directory/denials"
	denials=$tap_directory/denials
	expect_equal '6 getppid x86_64 errno:EPERM' "$(sums denied)"
	expect_equal wanted.service "$(field denied unit)"
}

if ((EUID != 0)); then
	cannot 'denials are seen as they happen' 'BPF needs root'
	finish
fi
cc -O1 -pthread -o "$tap_directory/denied" "$SOURCE/tests/programs/denied.c" || system_bail 'no compiler'

sees_each_action()
{
	case_ "$1: a kill is seen" sees_action "$1" 0x80000000 "1 getppid $2 kill_process" once
	case_ "$1: a kill of one thread of two is seen" \
		sees_action "$1" 0 "1 getppid $2 kill_thread" thread
	case_ "$1: a SIGSYS is seen" sees_action "$1" 0x00030000 "1 getppid $2 trap" once
	case_ "$1: a silent errno is seen, each time" \
		sees_action "$1" 0x0005000d "7 getppid $2 errno:EACCES" times 7
	case_ "$1: a trace without a tracer is seen as the ENOSYS that it is" \
		sees_action "$1" 0x7ff00000 "1 getppid $2 errno:ENOSYS" once
	case_ "$1: a logged call is seen" sees_action "$1" 0x7ffc0000 "1 getppid $2 log" once
	case_ "$1: the stack is that of a silent errno's call" stack_is_that_of_the_call "$1" 0x00050001
	case_ "$1: the stack is that of a killed process's call" \
		stack_is_that_of_the_call "$1" 0x80000000
}

sees_each_action denied x86_64
if cc -m32 -O1 -pthread -o "$tap_directory/denied32" "$SOURCE/tests/programs/denied.c" 2>/dev/null; then
	sees_each_action denied32 i386
else
	cannot 'denials of i386 are seen' 'no 32-bit libc'
fi
case_ 'an errno of 0 is seen' sees_action denied 0x00050000 '3 getppid x86_64 errno:0' times 3
case_ 'an errno that no call gives is seen' sees_action denied 0x00050fa0 '3 getppid x86_64 errno:4000' times 3
case_ 'an errno that is refused with, and given by the call itself too, is seen where it was refused' \
	sees_action denied 0x00050009 '1 dup x86_64 errno:EBADF' alike
case_ 'a return from a signal is no call' looks_alike_only sigreturn
case_ 'every refusal of random filters is seen, and no other' every_refusal_of_random_filters_is_seen
case_ 'a stack comes beside a storm of denials of others' stack_comes_beside_others_storm
case_ 'a stack is followed through libraries without frame pointers' stack_goes_through_libraries
case_ 'the arguments that matter are told by name' arguments_are_told
case_ 'a call of a new thread that becomes the process is seen once' \
	sees_action denied 0x00050001 '1 getppid x86_64 errno:EPERM' exec "$tap_directory/denied"
case_ 'a tracer that only looks changes nothing' \
	sees_action denied 0x00050001 '1 getppid x86_64 errno:EPERM' traced
case_ 'new processes are no denials' looks_alike_only forks 200
case_ "a supervisor's answers are no denials" looks_alike_only notify
case_ 'calls that a tracer takes away are no denials' looks_alike_only emulated
case_ 'a call that began before the watch is no denial' call_begun_before_the_watch_is_none
case_ 'a watch of a process tells of a descendant whose parent has ended' \
	of_a_family 0x00050001 '1 getppid x86_64 errno:EPERM'
case_ 'a watch of a process tells of what a descendant was let do and the kernel logged' \
	of_a_family 0x7ffc0000 '1 getppid x86_64 log'
case_ 'a watch of a process tells of no other' of_another_family_is_not_told
case_ 'a watch of a control group tells of the groups below it' \
	of_a_control_group 0x00050001 '1 getppid x86_64 errno:EPERM'
case_ 'of 100,000 denials by 50 processes each is counted' every_one_of_a_storm_is_counted
kept_no_filters()
{
	case_ "where the kernel keeps no filters: $1" without_kept_filters "${@:2}"
}

kept_no_filters 'a silent errno is seen' sees_action denied 0x00050001 '1 getppid x86_64 errno:EPERM' once
kept_no_filters 'a kill is seen' sees_action denied 0x80000000 '1 getppid x86_64 kill_process' once
kept_no_filters 'a kill of one thread of two is seen' sees_action denied 0 '1 getppid x86_64 kill_thread' thread
kept_no_filters 'a SIGSYS is seen' sees_action denied 0x00030000 '1 getppid x86_64 trap' once
kept_no_filters 'a trace without a tracer is seen' sees_action denied 0x7ff00000 '1 getppid x86_64 errno:ENOSYS' once
kept_no_filters "a call's own error is no denial" sees_action denied 0x00050009 '1 dup x86_64 errno:EBADF' alike
kept_no_filters 'a call of a new thread that becomes the process is seen once' \
	sees_action denied 0x00050001 '1 getppid x86_64 errno:EPERM' exec "$tap_directory/denied"
kept_no_filters 'new processes are no denials' looks_alike_only forks 200
kept_no_filters 'a storm is counted' every_one_of_a_storm_is_counted
kept_no_filters 'a family is followed' of_a_family 0x00050001 '1 getppid x86_64 errno:EPERM'
case_ 'denials are told in sentences with stack and remedy' tells_in_sentences

if command -v systemd-nspawn mmdebstrap >/dev/null; then
	machine_boot box "$(system_own_suite)"
	cp "$tap_directory/denied" "$machine_share/"
	case_ "a unit's silent errno is seen under its name" \
		unit_is_named silent 'SystemCallErrorNumber=EPERM' errno:EPERM
	case_ "a unit's kill is seen under its name" unit_is_named loud '' kill_process
	case_ 'a watch of one unit tells that unit alone, over restarts' only_that_unit_is_told
	machine_stop box
else
	cannot 'denials of units are seen' 'systemd-nspawn and mmdebstrap are not installed'
fi
finish
