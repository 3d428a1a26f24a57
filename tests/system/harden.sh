#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# harden on a small service of our own under a real systemd: the whole road, its being left and taken up,
# the way back, and what becomes of the unit when harden or apply is killed at any of its system calls.
#
# LONG=1 kills at every system call by which something outside of the process changes, and rolls back 50 times;
# LONG=all kills at every system call there is. Else a sample is taken, of KILLS each, that SEED chooses. SUITES
# names the Debian releases.
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

# Runs harden in the background: its output is in $machine_share/out and err, its PID in pid.
harden_in_background()
{
	: >"$machine_share/out"
	machine "$m" sh -c 'echo $$ >/mnt/share/pid; exec whittle "$@" >/mnt/share/out 2>/mnt/share/err' \
		sh harden "$@" &
	background=$!
}

has_come_to()
{
	grep -q "^$unit: $1: " "$machine_share/out"
}

# As somebody at a terminal does: again where nothing happens.
interrupt_harden()
{
	until machine "$m" kill -INT "$(<"$machine_share/pid")" 2>/dev/null &&
		timeout 8 tail --pid=$background -f /dev/null; do
		kill -0 $background 2>/dev/null || return 0
		echo '# one interrupt was not enough'
	done
}

# Its end: $status, $output and $error as of run.
await_harden()
{
	wait $background
	status=$?
	output=$(<"$machine_share/out") error=$(<"$machine_share/err")
}

is_filtered()
{
	in_machine grep -q '^Seccomp:[[:space:]]*2' "/proc/$(property $unit MainPID)/status"
}

a_call_in_the_trial_leads_back_to_the_decision()
{
	given_service
	harden_in_background "${short[@]}" --trial 5s $unit
	eventually has_come_to trial
	# The restart under the list on trial: the recorder is there then.
	eventually is_filtered
	ask k
	await_harden
	expect_status 0
	expect_output 'the list on trial would have refused times'
	expect_equal 2 "$(grep -c "^$unit: trial: " <<<"$output")"
	ask k
	expect_equal 'k 0' "$(tail -n 1 "$machine_share/done")"
	expect_enforced
}

# The list is on, apply's own looks are done, and it is being held.
enforcing()
{
	has_come_to enforce && in_machine grep -qE '"default": ?"(errno|kill)' /run/whittle/$unit/policy
}

a_silent_refusal_takes_the_list_off()
{
	given_service
	harden_in_background "${short[@]}" --hold 30s $unit
	eventually enforcing
	ask 6
	expect_equal '6 1' "$(tail -n 1 "$machine_share/done")"
	await_harden
	expect_status 1
	expect_error 'was refused socket\(AF_INET6, SOCK_STREAM'
	expect_error '1 call was refused'
	expect_error "'whittle learn loop.service' takes up what was refused"
	expect_stage rolled-back
	expect_free
	expect_no_timer
	ask 6
	expect_equal '6 0' "$(tail -n 1 "$machine_share/done")"
	# What was refused is learnt, and the next list has it though it is not called again.
	whittle learn --allow socket $unit
	expect_status 0
	whittle harden "${short[@]}" $unit
	expect_status 0
	expect_enforced
	ask 6
	expect_equal '6 0' "$(tail -n 1 "$machine_share/done")"
}

# It starts, passes its check, and dies on its first request.
death_on_the_first_request_takes_the_list_off()
{
	local rounds=$1 round before

	given_service Restart=no
	for ((round = 0; round < rounds; round++)); do
		harden_in_background "${short[@]}" --for 0 --quiet-for 0 --trial 0 --hold 30s \
			--deadline 40s --default kill_process --check "printf p >$fifo" $unit
		eventually enforcing
		before=$SECONDS
		printf k >"$machine_share/fifo"
		await_harden
		expect_status 1
		expect_error 'times'
		expect_stage rolled-back
		expect_free
		((SECONDS - before < 30)) || fail "round $round: it came back after $((SECONDS - before)) s"
		((tap_case_failed)) && break
	done
	expect_no_timer
}

the_timer_brings_it_back_where_whittle_was_killed()
{
	given_service
	harden_in_background "${short[@]}" --hold 5s --deadline 6s $unit
	eventually enforcing
	machine "$m" kill -KILL "$(<"$machine_share/pid")"
	await_harden
	expect_status 137
	[[ ! $(unfiltered $unit) ]] || fail 'the list is off already'
	expect_stage enforce
	is_back()
	{
		[[ $(unfiltered $unit) ]]
	}
	eventually is_back
	eventually in_machine test ! -e /run/systemd/system/$unit.d/50-whittle.conf
	eventually expect_no_timer
	expect_stage rolled-back
	expect_free
	# And the road goes on from there.
	whittle harden "${short[@]}" $unit
	expect_status 0
	expect_enforced
}

it_is_left_and_taken_up()
{
	given_service
	harden_in_background "${short[@]}" --for 1h $unit
	eventually in_machine test -e /var/lib/whittle/$unit.rec
	ask k
	sleep 0.5 # a slice
	interrupt_harden
	await_harden
	expect_error 'left in the stage record'
	expect_stage record
	expect_free
	# The call is not made again, and is in the list all the same.
	harden_in_background "${short[@]}" --hold 30s $unit
	eventually enforcing
	interrupt_harden
	await_harden
	expect_error 'left in the stage trial'
	expect_stage trial
	expect_free
	expect_no_timer
	whittle harden "${short[@]}" $unit
	expect_status 0
	expect_enforced
	ask k
	expect_equal 'k 0' "$(tail -n 1 "$machine_share/done")"
}

a_power_loss_before_the_end_leaves_it_as_before()
{
	given_service
	harden_in_background "${short[@]}" --hold 30s $unit
	eventually enforcing
	machine "$m" kill -KILL "$(<"$machine_share/pid")"
	await_harden
	boot_again
	expect_free
	whittle harden "${short[@]}" $unit
	expect_status 0
	expect_enforced
	boot_again
	expect_enforced
}

# What a boot does to the unit and to whittle: /run is empty, no timer is left, the unit starts anew.
boot_again()
{
	machine "$m" sh -c "systemctl stop 'whittle-revert-*' $unit
		rm -rf /run/systemd/system/$unit.d /run/whittle /run/systemd/transient/whittle-*
		systemctl daemon-reload; systemctl start $unit" >/dev/null 2>&1
}

# ---- kills ----

quick=(--level observed --for 0 --quiet-for 0 --slice 100ms --load 0 --trial 0 --hold 100ms --settle 0)

# Calls by which something changes outside of the process.
changes='write pwrite64 fsync fdatasync ftruncate rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir
	openat chmod fchmod fchown utimensat flock sendmsg sendto connect bpf kill pidfd_send_signal clone clone3
	vfork close'

# Prints where to kill a whole run of this command, a line each: the calls, and which of them.
places()
{
	local total call
	local -a names

	machine "$m" strace -qq -o /mnt/share/trace whittle "$@" >/dev/null 2>&1
	total=$(wc -l <"$machine_share/trace")
	echo "# $1 makes $total system calls; seed $seed" >&2
	case ${LONG:-} in
	all) seq -f 'all %.0f' 1 "$total" ;;
	?*)
		for call in $changes; do
			seq -f "$call %.0f" 1 "$(grep -c "^$call(" "$machine_share/trace")"
		done
		;;
	*) seq -f 'all %.0f' $((1 + seed % (total / kills))) $((total / kills)) "$total" ;;
	esac
}

# killed_at CALLS N COMMAND...: runs whittle and kills it as it enters the Nth of these system calls.
killed_at()
{
	run machine "$m" strace -qq -o /dev/null -e "inject=$1:signal=KILL:when=$2" whittle "${@:3}"
	[[ $status == 137 || $status == 0 ]] ||
		fail "it was to be killed at $1 $2, and ended with $status: $error"
}

# The unit runs, and what the manager reads for it is whole: the list, the list on trial, or none.
expect_whole()
{
	local path

	is_up()
	{
		[[ $(property $unit ActiveState) == active ]]
	}
	eventually is_up || fail "killed at $1: the unit does not run"
	for path in /etc /run; do
		path=$path/systemd/system/$unit.d/50-whittle.conf
		in_machine test ! -e $path && continue
		in_machine grep -qE '^SystemCall(Filter|Log)=' $path || fail "killed at $1: $path is cut"
		in_machine systemd-analyze verify $unit || fail "killed at $1: $path is broken"
	done
	ask p
	expect_equal 'p 0' "$(tail -n 1 "$machine_share/done")"
}

expect_sound_store()
{
	machine "$m" sh -c 'rm -rf /mnt/share/store; cp -a /var/lib/whittle /mnt/share/store' 2>/dev/null
	[[ -e $machine_share/store/state.db ]] || return 0
	python3 -c 'import sqlite3, sys
rows = list(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check"))
assert rows == [("ok",)], rows' "$machine_share/store/state.db" || fail "killed at $1: the store is broken"
}

harden_killed_anywhere_can_go_on()
{
	local call n i=0

	given_service
	# What is reloaded and restarted is slower, and has no more states.
	machine "$m" sed -i /^ExecReload/d /etc/systemd/system/$unit
	machine "$m" systemctl daemon-reload
	places harden "${quick[@]}" $unit >"$tap_directory/places"
	expect_enforced
	while read -r call n <&3; do
		machine "$m" sh -c "whittle revert --force $unit; rm -rf /var/lib/whittle" >/dev/null 2>&1
		killed_at "$call" "$n" harden "${quick[@]}" $unit
		expect_whole "$call $n"
		expect_sound_store "$call $n"
		# Every other time the power fails too.
		if ((i++ % 2)); then
			boot_again
			expect_whole "$call $n, with a boot"
		fi
		whittle harden "${quick[@]}" $unit
		expect_status 0
		expect_enforced
		expect_no_timer
		((tap_case_failed)) && { fail "killed at $call $n"; break; }
	done 3<"$tap_directory/places"
	echo "# $i kills"
}

apply_killed_anywhere_can_be_done_again()
{
	local call n i=0

	given_service
	whittle harden "${quick[@]}" $unit
	machine "$m" cp /var/lib/whittle/$unit.policy /mnt/share/policy
	whittle revert $unit
	places apply --settle 0 $unit /mnt/share/policy >"$tap_directory/places"
	expect_enforced
	while read -r call n <&3; do
		machine "$m" sh -c "whittle revert --force $unit" >/dev/null 2>&1
		expect_free
		killed_at "$call" "$n" apply --settle 0 $unit /mnt/share/policy
		expect_whole "$call $n"
		whittle apply --settle 0 $unit /mnt/share/policy
		expect_status 0
		expect_enforced
		i=$((i + 1))
		((tap_case_failed)) && { fail "killed at $call $n"; break; }
	done 3<"$tap_directory/places"
	echo "# $i kills"
}

a_load_that_is_late_is_left_behind()
{
	run machine "$m" /mnt/whittle/tests/programs/late_bpf
	expect_status 0
	expect_equal 'ETIMEDOUT: the kernel did not take the BPF programs within 1e-06 s: is the machine under heavy load?
0 left open
in time' "$output"
}

seed=${SEED:-$RANDOM}
kills=${KILLS:-4}
suites=${SUITES:-bookworm}
for suite in $suites; do
	m=$suite
	machine_boot "$m" "$suite"
	build_service
	case_ "$suite: the whole road is one command" the_whole_road_is_one_command
	case_ "$suite: a call in the trial leads back to the decision" \
		a_call_in_the_trial_leads_back_to_the_decision
	case_ "$suite: a silent refusal takes the list off, and is learnt" a_silent_refusal_takes_the_list_off
	case_ "$suite: death on the first request takes the list off" \
		death_on_the_first_request_takes_the_list_off "$((${LONG:+45} + 5))"
	case_ "$suite: the timer brings it back where whittle was killed" \
		the_timer_brings_it_back_where_whittle_was_killed
	case_ "$suite: it is left and taken up" it_is_left_and_taken_up
	case_ "$suite: a power loss before the end leaves it as before" \
		a_power_loss_before_the_end_leaves_it_as_before
	case_ "$suite: harden killed anywhere can go on" harden_killed_anywhere_can_go_on
	case_ "$suite: apply killed anywhere can be done again" apply_killed_anywhere_can_be_done_again
	case_ "$suite: a load of BPF programs that is late is left behind" \
		a_load_that_is_late_is_left_behind
	machine_stop "$m"
done
finish
