#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# harden on a small service of our own under a real systemd: the whole road, its being left and taken up,
# the way back, and what becomes of the unit when harden or apply is killed at any of its system calls.
#
# LONG=1 kills at every call and rolls back 50 times; else a sample of both. SEED chooses it. SUITES names the
# Debian releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"

unit=loop.service
fifo=/mnt/share/fifo
done_file=/mnt/share/done
# The options that make the road short.
short=(--level observed --for 1s --quiet-for 500ms --slice 300ms --load 0 --trial 500ms --hold 500ms
	--settle 100ms)

build_service()
{
	gcc -O1 -fno-omit-frame-pointer -o "$machine_share/loop_service" \
		"$SOURCE/tests/programs/loop_service.c" || system_bail 'the service does not build'
	machine "$m" mkfifo $fifo
}

# The service, running, as nobody has touched it. The arguments are further lines of [Service].
given_service()
{
	machine "$m" sh -c "whittle revert --force $unit; systemctl stop $unit
		systemctl stop 'whittle-revert-*'; systemctl reset-failed
		rm -rf /var/lib/whittle /etc/systemd/system/$unit.d /run/systemd/system/$unit.d /run/whittle" \
		>/dev/null 2>&1
	{
		printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\n'
		echo "ExecStart=/mnt/share/loop_service $fifo $done_file"
		echo "ExecReload=/bin/kill -HUP \$MAINPID"
		printf '%s\n' "$@"
	} | machine_write "$m" "/etc/systemd/system/$unit"
	: >"$machine_share/done"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start $unit
}

whittle()
{
	run machine "$m" whittle "$@"
}

# ask LETTERS: has the service do these, and waits until it has done the last.
ask()
{
	local before after end=$((SECONDS + 20))

	before=$(wc -l <"$machine_share/done")
	printf '%s' "$1" >"$machine_share/fifo"
	after=$((before + ${#1}))
	until (($(wc -l <"$machine_share/done") >= after)); do
		((SECONDS < end)) || { fail "the service did not do $1"; return 1; }
		sleep 0.02
	done
}

expect_stage()
{
	local got

	machine "$m" cp /var/lib/whittle/state.db /mnt/share/state.db
	got=$(python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT stage FROM unit WHERE name = ?", (sys.argv[2],)):
	print(row[0])' "$machine_share/state.db" $unit)
	expect_equal "$1" "$got"
}

expect_free()
{
	expect_property $unit ActiveState active
	[[ $(unfiltered $unit) ]] || fail 'its process has a filter'
	in_machine test ! -e /etc/systemd/system/$unit.d/50-whittle.conf || fail 'a drop-in is in /etc'
	in_machine test ! -e /run/systemd/system/$unit.d/50-whittle.conf || fail 'a drop-in is in /run'
}

expect_enforced()
{
	expect_property $unit ActiveState active
	whittle verify $unit
	expect_status 0
	in_machine test -e /etc/systemd/system/$unit.d/50-whittle.conf || fail 'no drop-in is in /etc'
	in_machine test ! -e /run/systemd/system/$unit.d/50-whittle.conf || fail 'a drop-in is in /run'
}

expect_no_timer()
{
	local left

	left=$(machine "$m" systemctl list-units --all --no-legend 'whittle-revert-*')
	[[ ! $left ]] || fail "the timer is still there: $left"
}

the_whole_road_is_one_command()
{
	given_service
	whittle harden "${short[@]}" --check "printf p >$fifo" $unit
	expect_status 0
	expect_output '^loop.service: record: '
	expect_output '^loop.service: decide: '
	expect_output 'calls are allowed at level observed: /var/lib/whittle/loop.service.policy'
	expect_output '^loop.service: trial: '
	expect_output '^loop.service: enforce: '
	expect_output '^loop.service: verify: '
	expect_output 'the kernel enforces the policy on 1 process'
	expect_output '^loop.service: guarded: '
	expect_stage guarded
	expect_enforced
	expect_no_timer
	ask p
	expect_equal 'p 0' "$(tail -n 1 "$machine_share/done")"
	whittle harden $unit
	expect_status 0
	expect_output 'guarded: enforced for good'
}

suites=${SUITES:-bookworm}
for suite in $suites; do
	m=$suite
	machine_boot "$m" "$suite"
	build_service
	case_ "$suite: the whole road is one command" the_whole_road_is_one_command
	machine_stop "$m"
done
finish
