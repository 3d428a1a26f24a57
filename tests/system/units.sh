#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job on Debian's own nginx, redis-server and memcached units under a real systemd: record
# under real clients and a restart, decide, apply, verify; then all that the clients did must still
# work, a call outside of the list is refused, and revert leaves no trace. SUITES names the releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"
. "$(dirname "$0")/services.sh"

try_number=135 # personality, with -1 as its argument it only asks: no server makes it

# ---- the job ----
#
# $1 is the service, $2 its unit; $before is every unit file as it was before the apply.

records()
{
	local service=$1 unit=$2

	machine "$m" systemctl start "$unit"
	recording_begins "$unit" "/mnt/share/$service-1.rec"
	machine "$m" systemctl restart "$unit"
	eventually "$service"_answers
	"drive_$service"
	recording_ends
	# Reloads, restarts and stops by itself.
	run machine "$m" whittle record --unit "$unit" --cycle -o "/mnt/share/$service-2.rec"
	expect_status 0
	run machine "$m" whittle merge -o "/mnt/share/$service.rec" "/mnt/share/$service-1.rec" \
		"/mnt/share/$service-2.rec"
	expect_status 0
	run machine "$m" whittle show --json "/mnt/share/$service.rec"
	expect_status 0
	python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["lost"] == 0' \
		"$tap_directory/out" || fail 'calls were lost'
}

decides()
{
	run machine "$m" whittle decide "/mnt/share/$1.rec" -o "/mnt/share/$1.policy"
	expect_status 0
	run machine "$m" whittle emit systemd "/mnt/share/$1.policy"
	expect_status 0
	expect_output '^SystemCallFilter=$'
}

# Every unit file there is, with its mode, owner and content.
unit_files()
{
	machine "$m" sh -c 'find /etc/systemd /run/systemd/system -exec stat -c "%n %F %a %u" {} + | sort
		find /etc/systemd /run/systemd/system -type f -exec sha256sum {} + | sort'
}

applies()
{
	machine "$m" systemctl start "$2"
	before=$(unit_files)
	run machine "$m" whittle apply --strict --settle 500ms "$2" "/mnt/share/$1.policy"
	expect_status 0
	expect_output 'verified: the kernel enforces the policy'
	eventually "$1"_answers
	[[ ! $(unfiltered "$2") ]] || fail 'a process has no filter'
}

works()
{
	local invocation

	invocation=$(property "$2" InvocationID)
	"drive_$1"
	expect_property "$2" NRestarts 0
	expect_property "$2" InvocationID "$invocation"
	run machine "$m" whittle verify "$2"
	expect_status 0
}

# An errno may go unnoticed by all but the service; a kill does not.
works_where_a_refusal_kills()
{
	run machine "$m" whittle decide --default kill_process "/mnt/share/$1.rec" \
		-o "/mnt/share/$1-kill.policy"
	expect_status 0
	run machine "$m" whittle apply --settle 500ms "$2" "/mnt/share/$1-kill.policy"
	expect_status 0
	eventually "$1"_answers
	works "$1" "$2"
	expect_property "$2" Result success
	machine "$m" sh -c 'journalctl -q -u "$1"; cat /var/log/nginx/error.log*' sh "$2" 2>/dev/null |
		grep -E '31/SYS|signal 31' && fail 'a process was killed'
	run machine "$m" whittle apply --settle 0 "$2" "/mnt/share/$1.policy"
	expect_status 0
}

refuses()
{
	expect_equal 1 "$(try_in_unit "$1" $try_number)"
}

stops_and_starts()
{
	machine "$m" systemctl stop "$2" || fail 'it does not stop'
	expect_property "$2" Result success
	machine "$m" systemctl start "$2" || fail 'it does not start'
	eventually "$1"_answers
}

reverts()
{
	run machine "$m" whittle revert "$2"
	expect_status 0
	expect_output 'the filter is removed from'
	expect_equal "$before" "$(unit_files)"
	eventually "$1"_answers
	"drive_$1"
}

for suite in ${SUITES:-bookworm trixie}; do
	m=$suite
	machine_boot "$m" "$suite"
	install_try_syscall
	for service in ${SERVICES:-nginx redis memcached}; do
		unit=$service.service
		[[ $service == redis ]] && unit=redis-server.service
		"prepare_$service"
		case_ "$suite: $unit is recorded under clients, a restart and a cycle" records "$service" $unit
		case_ "$suite: $unit gets a policy and a drop-in" decides "$service"
		case_ "$suite: $unit runs under it, as the kernel confirms" applies "$service" $unit
		case_ "$suite: $unit does under it all that it did before" works "$service" $unit
		case_ "$suite: $unit does so too where a refused call kills" works_where_a_refusal_kills \
			"$service" $unit
		case_ "$suite: $unit has a call outside of the list refused" refuses $unit
		case_ "$suite: $unit stops and starts under it" stops_and_starts "$service" $unit
		case_ "$suite: $unit is reverted without a trace" reverts "$service" $unit
	done
	machine_stop "$m"
done
finish
