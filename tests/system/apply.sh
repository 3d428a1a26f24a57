#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# apply, verify and revert on a small unit of our own under a real systemd: every step, and every way
# in which one can fail. SUITES names the Debian releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"
. "$(dirname "$0")/within-lib.sh"

unit=probe.service
directory=/etc/systemd/system/$unit.d
drop_in=$directory/50-whittle.conf

# What sleep and sh need from their execve on, on both releases.
base='access arch_prctl brk close execve exit_group fcntl fstat getegid geteuid getgid getpid getppid
	getrandom getuid ioctl lseek mmap mprotect munmap newfstatat openat pread64 prctl prlimit64 read
	rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list set_tid_address write writev getcwd'

# A unit that runs COMMAND; the rest are lines of its [Service] section.
given_unit()
{
	machine "$m" sh -c "systemctl stop $unit; systemctl reset-failed $unit
		rm -rf $directory /run/systemd/system/$unit.d /var/lib/whittle /run/whittle/$unit" \
		>/dev/null 2>&1
	{
		# The tests start it more often than systemd likes.
		printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\n'
		echo "ExecStart=$1"
		shift
		printf '%s\n' "$@"
	} | machine_write "$m" "/etc/systemd/system/$unit"
	machine "$m" systemctl daemon-reload
}

given_running()
{
	given_unit '/bin/sleep infinity' "$@"
	machine "$m" systemctl start $unit
}

whittle()
{
	run machine "$m" whittle "$@"
}

expect_no_trace()
{
	in_machine test ! -e $directory || fail "$directory is still there"
	in_machine test ! -e /var/lib/whittle/$unit || fail 'the record is still there'
}

expect_running_free()
{
	expect_property $unit ActiveState active
	[[ $(unfiltered $unit) ]] || fail 'its process has a filter'
}

expect_confined()
{
	expect_property $unit ActiveState active
	[[ ! $(unfiltered $unit) ]] || fail 'a process has no filter'
}

applies_and_verifies()
{
	given_running
	whittle apply --settle 100ms probe /mnt/share/good
	expect_status 0
	expect_output 'applied as /etc/systemd/system/probe.service.d/50-whittle.conf'
	expect_output 'verified: the kernel enforces the policy on 1 process \(1 thread\)'
	expect_confined
	whittle verify $unit
	expect_status 0
	whittle verify $unit /mnt/share/good
	expect_status 0
}

# The list lacks what sleep needs to sleep, and what it needs to start.
on_trial_nothing_is_refused()
{
	given_running
	whittle apply --trial --settle 500ms $unit /mnt/share/narrow
	expect_status 0
	expect_output 'on trial with /etc/systemd/system/probe.service.d/50-whittle.conf'
	expect_output 'verified: the kernel enforces the policy on 1 process'
	expect_confined
	whittle verify $unit
	expect_status 0
	whittle test -q $unit clock_nanosleep
	expect_status 0
	expect_equal log "$output"
	whittle test -q $unit read
	expect_equal allow "$output"
	whittle apply --settle 500ms $unit /mnt/share/good
	expect_status 0
	whittle revert $unit
	expect_no_trace
	expect_running_free
}

verify_names_what_differs()
{
	whittle verify $unit /mnt/share/other
	expect_status 1
	expect_error 'lseek \(x86_64\): policy errno:EPERM, kernel allow'
}

refuses_in_the_unit()
{
	# personality(0xffffffff) only asks; it is in no policy here.
	expect_equal 1 "$(try_in_unit $unit 135)"
	expect_equal 0 "$(try_in_unit $unit 39)"
}

reverts_to_nothing()
{
	whittle revert probe
	expect_status 0
	expect_output ': restored /'
	expect_output 'the filter is removed from 1 process'
	expect_no_trace
	expect_running_free
	expect_equal 0 "$(try_in_unit $unit 135)"
	whittle revert probe
	expect_status 66
	expect_error 'has applied no policy'
}

reverts_bytes_after_two_applies()
{
	local before after

	given_running
	printf '[Service]\n# \377 mine, no newline' | machine_write "$m" $drop_in 640
	machine "$m" touch -d '2001-02-03 04:05:06.789' $drop_in
	before=$(machine "$m" sh -c "stat -c '%a %u %g %y %s' $drop_in; sha256sum $drop_in")
	whittle apply --settle 0 $unit /mnt/share/good
	expect_status 0
	whittle apply --settle 0 $unit /mnt/share/wider
	expect_status 0
	whittle verify $unit /mnt/share/wider
	expect_status 0
	whittle revert $unit
	expect_status 0
	after=$(machine "$m" sh -c "stat -c '%a %u %g %y %s' $drop_in; sha256sum $drop_in")
	expect_equal "$before" "$after"
	expect_running_free
}

a_unit_that_fails_comes_back()
{
	given_running
	whittle apply $unit /mnt/share/no-openat
	expect_status 1
	expect_error 'exited with status 127'
	expect_error 'the former state is restored: probe.service runs as before'
	expect_error 'last journal lines of probe.service'
	expect_error 'error while loading shared libraries'
	expect_error 'sleep.* was denied openat\('
	expect_no_trace
	expect_running_free
}

a_killed_unit_is_told_as_such()
{
	given_running
	whittle apply $unit /mnt/share/kill
	expect_status 1
	expect_error 'killed by SIGSYS: it made a system call that the filter denies'
	expect_no_trace
	expect_running_free
}

a_restart_within_the_settle_time_is_noticed()
{
	given_unit '/bin/sleep infinity' Restart=always RestartSec=10ms
	machine "$m" systemctl start $unit
	whittle apply --settle 20s $unit /mnt/share/no-openat
	expect_status 1
	expect_error 'did not stay active'
	expect_no_trace
	expect_running_free
}

a_failed_check_rolls_back()
{
	given_running
	whittle apply --settle 0 --check 'echo to-stderr; exit 3' $unit /mnt/share/good
	expect_status 1
	expect_error "the check 'echo to-stderr; exit 3' exited with status 3"
	expect_error '^to-stderr'
	expect_no_trace
	expect_running_free
	whittle apply --settle 0 --check 'systemctl is-active probe' $unit /mnt/share/good
	expect_status 0
	expect_confined
}

a_silent_refusal_is_told()
{
	# umask(2) is on no list here, and the shell does not look at what it returns.
	given_unit "/bin/sh -c 'umask 027; exec sleep infinity'"
	machine "$m" systemctl start $unit
	whittle apply --settle 200ms $unit /mnt/share/good
	expect_status 0
	expect_error 'During the trial, 3 calls were denied'
	expect_error 'was denied umask'
	whittle apply --settle 200ms --json $unit /mnt/share/good
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))["refused"]
assert [(c["name"], c["count"], c["action"]) for c in r] == [("umask", 3, "errno:EPERM")], r' \
		"$tap_directory/out" || fail "not the JSON that was expected: $output"
	whittle revert $unit
	whittle apply --settle 200ms --strict $unit /mnt/share/good
	expect_status 1
	expect_error 'probe.service: 3 calls were denied'
	expect_error 'the former state is restored'
	expect_no_trace
	expect_running_free
}

a_check_that_hangs_is_ended()
{
	given_running
	whittle apply --settle 0 --check 'sleep 1000 & wait' --check-timeout 200ms $unit \
		/mnt/share/good
	expect_status 75
	expect_error 'did not end within 0.2 s'
	in_machine pgrep -x sleep -a -f 'sleep 1000' && fail 'what the check started is still there'
	expect_no_trace
	expect_running_free
}

an_unknown_unit_is_told_with_close_ones()
{
	whittle apply prob /mnt/share/good
	expect_status 66
	expect_error 'unit prob.service: there is no such unit; did you mean .*probe.service'
	whittle verify nosuchthing /mnt/share/good
	expect_status 66
	whittle apply getty@ /mnt/share/good
	expect_status 65
	expect_error 'template'
	whittle apply dbus.socket /mnt/share/good
	expect_status 65
	expect_error 'no processes of its own'
}

a_masked_unit_is_told()
{
	machine "$m" systemctl --quiet mask --runtime memcached
	whittle apply memcached /mnt/share/good
	expect_status 78
	expect_error 'masked'
	machine "$m" systemctl --quiet unmask --runtime memcached
}

an_alias_is_taken_for_its_unit()
{
	machine "$m" ln -s /lib/systemd/system/memcached.service /etc/systemd/system/mc.service
	machine "$m" systemctl daemon-reload
	whittle apply --dry-run mc /mnt/share/good
	expect_status 0
	expect_output '/etc/systemd/system/memcached.service.d/50-whittle.conf'
	machine "$m" rm /etc/systemd/system/mc.service
}

a_stopped_unit_stays_stopped()
{
	given_unit '/bin/sleep infinity'
	whittle apply $unit /mnt/share/good
	expect_status 0
	expect_output 'takes effect at the next start'
	expect_property $unit ActiveState inactive
	whittle verify $unit
	expect_status 66
	expect_error 'no process'
	machine "$m" systemctl start $unit
	whittle verify $unit
	expect_status 0
	expect_confined
}

start_starts_it_and_a_failure_stops_it()
{
	given_unit '/bin/sleep infinity'
	whittle apply --start $unit /mnt/share/no-openat
	expect_status 1
	expect_error 'is stopped as before'
	expect_property $unit ActiveState inactive
	expect_no_trace
	whittle apply --settle 0 --start $unit /mnt/share/good
	expect_status 0
	expect_confined
}

a_command_that_is_done_counts_as_up()
{
	given_unit /bin/true Type=oneshot
	whittle apply --start $unit /mnt/share/good
	expect_status 0
	expect_output 'the unit has finished'
	machine "$m" sed -i s,/bin/true,/bin/false, /etc/systemd/system/$unit
	machine "$m" systemctl daemon-reload
	whittle apply --start $unit /mnt/share/wider
	expect_status 1
	expect_error 'exited with status 1'
	in_machine test -e $drop_in || fail 'the former drop-in is gone'
}

# One resolver: a name without its suffix, an alias and a name that is no unit are the same to each command.
commands_resolve_a_unit_as_apply_does()
{
	given_running
	whittle apply --settle 0 $unit /mnt/share/good
	for name in "${unit%.service}" $unit unit:"${unit%.service}"; do
		whittle test "$name" getppid
		[[ $status == 0 || $status == 1 ]] || fail "test $name: $error"
		whittle compare /mnt/share/good "$name"
		[[ $status == 0 || $status == 1 ]] || fail "compare $name: $error"
	done
	for name in "${unit%.service}" $unit; do
		whittle decode --unit "$name"
		expect_status 0
		whittle verify "$name" /mnt/share/good
		expect_status 0
		whittle watch --for 1ms "$name"
		expect_status 0
	done
	for command in 'decode --unit prob' 'verify prob' 'watch --for 1ms prob' 'apply prob /mnt/share/good' 'revert prob' \
		'harden prob' 'record -o /dev/null --unit prob' 'attach --unit prob --policy /mnt/share/good'; do
		whittle $command
		expect_status 66
		expect_error 'prob.service: there is no such unit; did you mean probe.service'
	done
	whittle test prob getppid
	expect_error 'there is no such unit; did you mean probe.service'
	run machine "$m" sh -c 'cp /mnt/whittle/src/whittle /tmp/whittle; chmod 755 /tmp/whittle'
	for command in 'decode --unit prob' 'verify prob' 'watch prob' 'apply prob /mnt/share/good' 'harden prob' 'test prob read'; do
		run machine "$m" setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/whittle $command
		expect_error 'needs (root|CAP_SYS_ADMIN)'
	done
}

without_root_nothing_is_done()
{
	given_running
	run machine "$m" setpriv --reuid=65534 --regid=65534 --clear-groups \
		/mnt/whittle/src/whittle apply $unit /mnt/share/good
	expect_status 77
	expect_error 'as root'
	run machine "$m" setpriv --reuid=65534 --regid=65534 --clear-groups \
		/mnt/whittle/src/whittle revert $unit
	expect_status 77
	expect_no_trace
}

what_cannot_be_written_is_told()
{
	given_running
	machine "$m" sh -c 'mount --bind /etc/systemd/system /etc/systemd/system &&
		mount -o remount,bind,ro /etc/systemd/system'
	whittle apply $unit /mnt/share/good
	machine "$m" umount /etc/systemd/system
	expect_status 73
	expect_error '/etc/systemd/system/probe.service.d: can.t be made: Read-only file system'
	expect_no_trace
	expect_running_free
}

a_full_disk_is_told()
{
	given_running
	machine "$m" sh -c 'mkdir -p /var/lib/whittle && mount -t tmpfs -o size=4k none /var/lib/whittle &&
		dd if=/dev/zero of=/var/lib/whittle/full bs=4k count=1 status=none'
	whittle apply $unit /mnt/share/good
	machine "$m" umount /var/lib/whittle
	expect_status 74
	expect_error 'No space left on device'
	expect_no_trace
	expect_running_free
}

no_restart_leaves_the_process()
{
	local pid

	given_running
	pid=$(property $unit MainPID)
	whittle apply --no-restart $unit /mnt/share/good
	expect_status 0
	expect_property $unit MainPID "$pid"
	expect_running_free
	whittle verify $unit
	expect_status 1
	expect_error 'no filter is installed'
	whittle revert --no-restart $unit
	expect_status 0
	expect_property $unit MainPID "$pid"
	expect_no_trace
}

runtime_writes_to_run()
{
	given_running
	whittle apply --settle 0 --runtime $unit /mnt/share/good
	expect_status 0
	expect_output 'applied as /run/systemd/system/probe.service.d/50-whittle.conf'
	expect_no_trace
	expect_confined
	whittle revert $unit
	expect_status 0
	in_machine test ! -e /run/systemd/system/$unit.d || fail 'the directory is still there'
	expect_running_free
	whittle apply --settle 0 $unit /mnt/share/good
	whittle apply --settle 0 --runtime $unit /mnt/share/good
	expect_status 78
	expect_error 'would hide'
}

# Starts an apply that waits for long, in the background; returns when the unit runs confined.
apply_in_background()
{
	machine "$m" sh -c 'echo $$ >/mnt/share/pid; exec whittle apply --settle 300s "$@"' sh \
		"$@" >"$tap_directory/out" 2>"$tap_directory/err" &
	background=$!
	eventually is_confined
}

is_confined()
{
	[[ $(property $unit ActiveState) == active && ! $(unfiltered $unit) ]]
}

a_signal_rolls_back()
{
	given_running
	apply_in_background $unit /mnt/share/good
	machine "$m" kill -"$1" "$(<"$machine_share/pid")"
	wait $background
	status=$? error=$(<"$tap_directory/err")
	expect_status 75
	expect_error 'interrupted'
	expect_error 'the former state is restored'
	expect_no_trace
	expect_running_free
}

two_at_once_are_refused()
{
	given_running
	apply_in_background $unit /mnt/share/good
	whittle apply $unit /mnt/share/wider
	expect_status 75
	expect_error 'another whittle process is changing it'
	machine "$m" kill -INT "$(<"$machine_share/pid")"
	wait $background
	expect_no_trace
}

a_kill_leaves_a_way_back()
{
	given_running
	apply_in_background $unit /mnt/share/good
	machine "$m" kill -KILL "$(<"$machine_share/pid")"
	wait $background
	in_machine grep -q '^SystemCallFilter=' $drop_in || fail 'the drop-in is not there'
	whittle verify $unit /mnt/share/good
	expect_status 0
	whittle revert $unit
	expect_status 0
	expect_no_trace
	expect_running_free
}

# killed_at N COMMAND...: runs whittle and kills it as it enters its Nth call by which something changes. 1 where it
# makes no such call.
killed_at()
{
	run machine "$m" /mnt/whittle/tests/programs/kill_at -o /mnt/share/place "$1" whittle "${@:2}"
	[[ $status == 137 ]] && return 0
	expect_status 0
	return 1
}

# for_each_change FUNCTION LEAST: FUNCTION N does something and returns 1 where there was no such change.
for_each_change()
{
	local n

	for ((n = 1; ; n++)); do
		"$1" $n || break
	done
	((n > $2)) || fail "only $((n - 1)) changes were tried"
}

kill_apply_at()
{
	local now

	killed_at "$1" apply --no-restart $unit /mnt/share/good || return 1
	now=$(machine "$m" cat $drop_in 2>/dev/null)
	[[ ! $now || $now == "$wanted" ]] || fail "killed at $1 ($(<"$machine_share/place")): a part of a drop-in: $now"
	whittle revert --no-restart $unit
	[[ $status == 0 || $status == 66 ]] || fail "killed at $1 ($(<"$machine_share/place")): revert exits with $status: $error"
	in_machine test ! -e $directory || fail "killed at $1 ($(<"$machine_share/place")): $directory is there"
}

a_kill_at_any_change_leaves_a_whole()
{
	local wanted

	given_running
	whittle apply --json --dry-run $unit /mnt/share/good
	wanted=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["text"], end="")' \
		"$tap_directory/out")
	for_each_change kill_apply_at 40
	expect_running_free
}

kill_revert_at()
{
	whittle apply --no-restart $unit /mnt/share/good
	expect_status 0
	killed_at "$1" revert --no-restart $unit || return 1
	whittle revert --no-restart $unit
	[[ $status == 0 || $status == 66 ]] || fail "killed at $1 ($(<"$machine_share/place")): revert exits with $status: $error"
	expect_equal '600 # mine' "$(machine "$m" sh -c "stat -c %a $drop_in; cat $drop_in" | paste -sd' ')"
}

a_kill_of_revert_at_any_change_is_mended_by_the_next()
{
	given_running
	printf '# mine\n' | machine_write "$m" $drop_in 600
	for_each_change kill_revert_at 20
}

an_instance_of_a_template_has_its_own()
{
	printf '[Service]\nExecStart=/bin/sleep infinity\n' |
		machine_write "$m" /etc/systemd/system/many@.service
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start many@1 many@2
	whittle apply --settle 0 many@1 /mnt/share/good
	expect_status 0
	expect_output '/etc/systemd/system/many@1.service.d/50-whittle.conf'
	whittle verify many@1
	expect_status 0
	whittle verify many@2 /mnt/share/good
	expect_status 1
	whittle revert many@1
	expect_status 0
}

a_policy_for_another_unit_is_told()
{
	given_running
	sed 's/"version":1,/&"target":"nginx.service",/' "$machine_share/good" >"$machine_share/foreign"
	whittle apply --dry-run $unit /mnt/share/foreign
	expect_status 0
	expect_error 'the policy was computed for nginx.service, not for probe.service'
}

a_later_drop_in_that_widens_is_found()
{
	given_running SystemCallFilter=@system-service
	printf '[Service]\nSystemCallFilter=mount\n' | machine_write "$m" $directory/90-mine.conf
	machine "$m" systemctl daemon-reload
	whittle apply --settle 0 $unit /mnt/share/good
	expect_status 1
	expect_error '/90-mine.conf is read after 50-whittle.conf and would allow mount, which'
	in_machine test ! -e $drop_in || fail 'the drop-in is still there'
	expect_property $unit ActiveState active
}

a_failed_apply_returns_to_the_one_before()
{
	given_running
	whittle apply --settle 0 $unit /mnt/share/wider
	expect_status 0
	whittle apply $unit /mnt/share/no-openat
	expect_status 1
	expect_error 'did not stay active'
	expect_confined
	whittle verify $unit
	expect_status 0
	whittle verify $unit /mnt/share/wider
	expect_status 0
	whittle revert $unit
	expect_status 0
	expect_no_trace
}

an_edited_drop_in_is_not_lost()
{
	given_running
	whittle apply --settle 0 $unit /mnt/share/good
	machine "$m" sh -c "echo '# mine' >>$drop_in"
	whittle revert $unit
	expect_status 78
	expect_error 'was edited since'
	whittle revert --force $unit
	expect_status 0
	expect_no_trace
}

further_filters_of_the_unit_are_no_difference()
{
	given_running ProtectClock=yes ProtectKernelModules=yes MemoryDenyWriteExecute=yes \
		RestrictSUIDSGID=yes SystemCallFilter=@system-service
	whittle apply --settle 0 $unit /mnt/share/good
	expect_status 0
	expect_output 'further filters? only narrows? the policy'
	whittle revert $unit
	expect_status 0
	expect_output 'the filter is removed'
}

a_dry_run_changes_nothing()
{
	local pid

	given_running SystemCallFilter=@system-service
	pid=$(property $unit MainPID)
	whittle apply --dry-run --check true $unit /mnt/share/good
	expect_status 0
	expect_output '^Would write /etc/systemd/system/probe.service.d/50-whittle.conf'
	expect_output '^    SystemCallFilter='
	expect_output 'The policy would deny these calls'
	expect_output '^    .* socket( |$)'
	expect_output "restart probe.service"
	expect_property $unit MainPID "$pid"
	expect_no_trace
}

json_is_json()
{
	given_running
	whittle apply --json --settle 0 $unit /mnt/share/good
	expect_status 0
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["unit"] == "probe.service" and r["result"] == "applied", r
assert r["verified"]["processes"] == 1 and r["verified"]["numbers"] > 1000, r' \
		"$tap_directory/out" || fail "not the JSON that was expected: $output"
	whittle verify --json $unit
	python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["holds"] is True' \
		"$tap_directory/out" || fail "verify: $output"
	whittle apply --json $unit /mnt/share/no-openat
	expect_status 1
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["result"] == "rolled back" and "127" in r["error"] and r["journal"], r' \
		"$tap_directory/out" || fail "not the JSON that was expected: $output"
	whittle revert --json $unit
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["restarted"] and r["verified"] and len(r["reverted"]) == 1, r' \
		"$tap_directory/out" || fail "revert: $output"
}

without_dbus_it_works_too()
{
	given_running
	machine "$m" systemctl stop dbus.socket dbus.service
	whittle apply --settle 100ms $unit /mnt/share/good
	expect_status 0
	whittle revert $unit
	expect_status 0
	machine "$m" systemctl start dbus.socket dbus.service
}

bad_policies_are_refused_before_anything()
{
	given_running
	echo '{' >"$machine_share/cut"
	whittle apply $unit /mnt/share/cut
	expect_status 65
	expect_error '/mnt/share/cut'
	whittle apply $unit /mnt/share/absent
	expect_status 66
	whittle apply $unit
	expect_status 64
	expect_no_trace
}

write_policies()
{
	echo $base clock_nanosleep | policy >"$machine_share/good"
	echo $base clock_nanosleep dup dup2 pipe pipe2 | policy >"$machine_share/wider"
	echo $base clock_nanosleep | sed 's/ lseek / /' | policy >"$machine_share/other"
	echo $base clock_nanosleep | sed 's/ openat / /' | policy kill_process >"$machine_share/kill"
	echo $base clock_nanosleep | sed 's/ openat / /' | policy >"$machine_share/no-openat"
	echo $base | sed 's/ openat / /' | policy >"$machine_share/narrow"
}

filters_that_process_1_has_are_set_aside()
{
	given_running
	whittle apply --json --settle 0 $unit /mnt/share/good
	expect_status 0
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))["verified"]
assert r["inherited_filters"] > 0 and r["further_filters"] == 0, r' "$tap_directory/out" ||
		fail "not the JSON that was expected: $output"
}

# The program's own shell has the container's filter, as any in it would.
a_filter_on_whittle_itself_is_told()
{
	given_running
	run machine "$m" systemd-run --quiet --pipe --wait /mnt/whittle/src/whittle apply $unit \
		/mnt/share/good
	expect_status 77
	expect_error 'whittle itself runs under a seccomp filter'
	expect_no_trace
}

suites=${SUITES:-bookworm trixie}
first=${suites%% *}
for suite in $suites; do
	m=$suite
	machine_boot "$m" "$suite"
	install_try_syscall
	write_policies
	case_ "$suite: apply writes, restarts and verifies" applies_and_verifies
	case_ "$suite: verify names what differs" verify_names_what_differs
	case_ "$suite: a call outside the list is refused in the unit" refuses_in_the_unit
	case_ "$suite: revert leaves nothing, and the filter is gone" reverts_to_nothing
	case_ "$suite: on trial nothing is refused, and what would be is logged" \
		on_trial_nothing_is_refused
	case_ "$suite: revert goes back behind two applies, byte for byte" reverts_bytes_after_two_applies
	case_ "$suite: a unit that fails under the filter comes back" a_unit_that_fails_comes_back
	case_ "$suite: a unit that is killed is told as such" a_killed_unit_is_told_as_such
	case_ "$suite: a restart within the settle time is noticed" \
		a_restart_within_the_settle_time_is_noticed
	case_ "$suite: a failed check rolls back" a_failed_check_rolls_back
	case_ "$suite: a silent refusal is told, and fails with --strict" a_silent_refusal_is_told
	case_ "$suite: a check that hangs is ended" a_check_that_hangs_is_ended
	case_ "$suite: an unknown unit is told, with close names" an_unknown_unit_is_told_with_close_ones
	case_ "$suite: a masked unit is told" a_masked_unit_is_told
	case_ "$suite: an alias is taken for its unit" an_alias_is_taken_for_its_unit
	case_ "$suite: a stopped unit stays stopped" a_stopped_unit_stays_stopped
	case_ "$suite: --start starts, and a failure stops again" start_starts_it_and_a_failure_stops_it
	case_ "$suite: a command that is done counts as up" a_command_that_is_done_counts_as_up
	case_ "$suite: a unit is named alike in all commands" commands_resolve_a_unit_as_apply_does
	case_ "$suite: without root nothing is done" without_root_nothing_is_done
	case_ "$suite: what can't be written is told" what_cannot_be_written_is_told
	case_ "$suite: a full disk is told" a_full_disk_is_told
	case_ "$suite: --no-restart leaves the process" no_restart_leaves_the_process
	case_ "$suite: --runtime writes to /run" runtime_writes_to_run
	case_ "$suite: SIGTERM rolls back" a_signal_rolls_back TERM
	case_ "$suite: SIGINT rolls back" a_signal_rolls_back INT
	case_ "$suite: two at once on a unit are refused" two_at_once_are_refused
	case_ "$suite: SIGKILL leaves a way back" a_kill_leaves_a_way_back
	# Of whittle's own files alone, whatever the systemd: once is enough.
	if [[ $suite == "$first" ]]; then
		case_ "$suite: a kill at any change leaves a whole" a_kill_at_any_change_leaves_a_whole
		case_ "$suite: a kill of revert at any change is mended by the next" \
			a_kill_of_revert_at_any_change_is_mended_by_the_next
	fi
	case_ "$suite: an instance of a template has its own" an_instance_of_a_template_has_its_own
	case_ "$suite: a policy for another unit is told" a_policy_for_another_unit_is_told
	case_ "$suite: a later drop-in that widens is found" a_later_drop_in_that_widens_is_found
	case_ "$suite: a failed apply returns to the one before" a_failed_apply_returns_to_the_one_before
	case_ "$suite: an edited drop-in is not lost" an_edited_drop_in_is_not_lost
	case_ "$suite: other settings' filters are no difference" further_filters_of_the_unit_are_no_difference
	case_ "$suite: a dry run changes nothing" a_dry_run_changes_nothing
	case_ "$suite: --json is JSON" json_is_json
	case_ "$suite: no dbus-daemon is needed" without_dbus_it_works_too
	within_cases
	case_ "$suite: bad input is refused before anything" bad_policies_are_refused_before_anything
	machine_stop "$m"

	m=$suite-filtered
	machine_seccomp=1 machine_boot "$m" "$suite"
	write_policies
	case_ "$suite: filters that process 1 has are set aside" filters_that_process_1_has_are_set_aside
	case_ "$suite: a filter on whittle itself is told" a_filter_on_whittle_itself_is_told
	machine_stop "$m"
done
finish
