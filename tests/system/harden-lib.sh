# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of harden share: a small service of our own (tests/programs/loop_service.c), and what is
# expected of it. Sourced after units-lib.sh. The machine is $m.

unit=loop.service
fifo=/mnt/share/fifo
done_file=/mnt/share/done

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

# What a boot does to the unit and to whittle: /run is empty, no timer is left, the unit starts anew.
boot_again()
{
	machine "$m" sh -c "systemctl stop 'whittle-revert-*' $unit
		rm -rf /run/systemd/system/$unit.d /run/whittle /run/systemd/transient/whittle-*
		systemctl daemon-reload; systemctl start $unit" >/dev/null 2>&1
}
