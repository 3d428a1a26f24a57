#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo of the README, where no service manager runs and where systemd does.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/system/lib.sh"

expect_demo()
{
	expect_status 0
	expect_output 'setpriority\(5\) failed \(1: Operation not permitted\)'
	expect_output "$1"
	expect_output '^Done\.'
}

by_whittle_itself()
{
	run unshare -nm --propagation private bash -c '
		ip link set lo up && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && exec "$@"
		' demo env DEMO_SECONDS=2 "$SOURCE/demo/demo" "$WHITTLE"
	expect_demo '^systemd does not run this machine'
}

as_a_unit()
{
	run machine demo env DEMO_SECONDS=2 /mnt/source/demo/demo /mnt/whittle/src/whittle
	expect_demo 'whittle apply --runtime whittle-demo.service'
}

nothing_is_left()
{
	run machine demo sh -c 'find / -xdev -name "*whittle-demo*"; find /tmp /run/systemd -name "*whittle-demo*"
		find /run/whittle /root/.cache /var/cache/whittle -type f 2>/dev/null'
	expect_equal '' "$output"
}

case_ 'without systemd, whittle puts the filter on nginx' by_whittle_itself
machine_boot demo bookworm
case_ 'with systemd, a unit of its own is confined' as_a_unit
case_ 'nothing of it is left' nothing_is_left
finish
