#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# harden on a small service of our own under a real systemd: the whole road, its being left and taken up, and the way
# back; power.sh has what becomes of the unit when harden is killed. LONG=1 rolls back 50 times. SUITES names the
# Debian releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"
. "$(dirname "$0")/harden-lib.sh"

# The options that make the road short.
short=(--level observed --for 1s --quiet-for 500ms --slice 300ms --load 0 --trial-for 500ms --hold 500ms
	--settle 100ms)

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
	expect_output 'guarded: the policy is enforced for good'
	# From the start: the list is taken off first.
	whittle harden --again "${short[@]}" $unit
	expect_status 0
	expect_output '^loop.service: record: '
	expect_enforced
	expect_no_timer
}

# It tries all the time what its unit's author denies, by name and by a family: removing the policy would not help.
what_the_author_denies_is_no_reason_to_go_back()
{
	given_service SystemCallFilter=~personality SystemCallErrorNumber=EACCES RestrictAddressFamilies=AF_INET
	ask 6
	expect_equal '6 97' "$(tail -n 1 "$machine_share/done")"
	whittle harden "${short[@]}" --check "printf c6 >$fifo; sleep 0.2" $unit
	expect_status 0
	expect_output "that the unit's own settings deny, as before"
	expect_stage guarded
	expect_enforced
	in_machine grep -q '^SystemCallFilter=~.*personality:EACCES' "/etc/systemd/system/$unit.d/50-whittle.conf" ||
		fail 'personality is denied with another error'
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

# A shell loop that sleeps: it has no load that could be counted.
a_program_that_never_waits_for_work_is_hardened()
{
	machine_write "$m" /etc/systemd/system/sleeper.service <<-'END'
		[Service]
		ExecStart=/usr/bin/perl -e 'sleep 1 while 1'
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start sleeper
	run machine "$m" timeout 120 whittle harden --for 2s --quiet-for 1s --load 1000 --slice 1s --trial-for 1s --hold 1s sleeper
	expect_status 0
	expect_output 'no process waited for work'
	whittle verify sleeper
	expect_status 0
	whittle revert sleeper
	machine "$m" systemctl stop sleeper
}

a_call_in_the_trial_leads_back_to_the_decision()
{
	given_service
	harden_in_background "${short[@]}" --trial-for 5s $unit
	eventually has_come_to trial
	# The restart under the list on trial: the recorder is there then.
	eventually is_filtered
	ask k
	await_harden
	expect_status 0
	expect_output 'the policy on trial would have denied times'
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
	expect_error 'was denied socket\(AF_INET6, SOCK_STREAM'
	expect_error '1 call was denied'
	expect_error "run 'whittle learn loop.service' to allow the denied calls"
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
	# It was learnt as it was called: a rule may go so far and no further.
	whittle decide -q --level observed --argument socket -o /mnt/share/policy /var/lib/whittle/$unit.rec
	expect_status 0
	whittle test -q /mnt/share/policy socket,AF_INET6,SOCK_STREAM\|SOCK_CLOEXEC,0
	expect_equal allow "$output"
	whittle test -q /mnt/share/policy socket,AF_NETLINK
	expect_equal errno:EPERM "$output"
}

# It starts, passes its check, and dies on its first request.
death_on_the_first_request_takes_the_list_off()
{
	local rounds=$1 round before

	given_service Restart=no
	for ((round = 0; round < rounds; round++)); do
		harden_in_background "${short[@]}" --for 0 --quiet-for 0 --trial-for 0 --hold 30s \
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
	expect_error 'interrupted in stage record'
	expect_stage record
	expect_free
	# The call is not made again, and is in the list all the same.
	harden_in_background "${short[@]}" --hold 30s $unit
	eventually enforcing
	interrupt_harden
	await_harden
	expect_error 'interrupted in stage trial'
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

a_load_that_is_late_is_left_behind()
{
	run machine "$m" /mnt/whittle/tests/programs/late_bpf
	expect_status 0
	expect_equal 'ETIMEDOUT: the kernel did not load the BPF programs within 1e-06 s: the machine may be overloaded; try again
0 left open
in time' "$output"
}

suites=${SUITES:-bookworm}
for suite in $suites; do
	m=$suite
	machine_boot "$m" "$suite"
	build_service
	case_ "$suite: the whole road is one command" the_whole_road_is_one_command
	case_ "$suite: a program that never waits for work is hardened" a_program_that_never_waits_for_work_is_hardened
	case_ "$suite: what the unit's author denies is no reason to go back" \
		what_the_author_denies_is_no_reason_to_go_back
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
	case_ "$suite: a load of BPF programs that is late is left behind" \
		a_load_that_is_late_is_left_behind
	machine_stop "$m"
done
finish
