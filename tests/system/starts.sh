#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Policies from recordings that lack something: a start, any work, users' sessions. They are not enforced
# silently, and no service is down for longer than a restart takes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"

system_root()
{
	system_make_root filters "$1" "$(system_field_packages "$1")"
}

whittle()
{
	run machine "$m" whittle "$@"
}

redis_answers()
{
	[[ $(machine "$m" redis-cli ping 2>/dev/null) == PONG ]]
}

ssh_accepts()
{
	machine "$m" sh -c 'nc -w 2 127.0.0.1 22 </dev/null | grep -q ^SSH-2' 2>/dev/null
}

expect_untouched()
{
	in_machine test ! -e "/etc/systemd/system/$1.d/50-whittle.conf" || fail 'the drop-in was written'
}

# within SECONDS COMMAND...: how long a service may be down.
within()
{
	local before=$SECONDS limit=$1

	"${@:2}"
	((SECONDS - before <= limit)) || fail "it took $((SECONDS - before)) s, expected $limit at most"
}

a_start_that_was_not_recorded_is_not_enforced()
{
	machine "$m" systemctl start redis-server
	eventually redis_answers
	machine "$m" sh -c 'for i in 1 2 3; do sleep 1; redis-cli set a b; redis-cli get a; done' >/dev/null &
	whittle record --unit redis-server --for 4s -o /mnt/share/running.rec
	expect_status 0
	wait $!
	whittle decide -q --level observed /mnt/share/running.rec -o /mnt/share/running.policy
	expect_status 0
	whittle apply redis-server /mnt/share/running.policy
	expect_status 65
	expect_error 'contain no start of .*redis'
	expect_error 'whittle record --unit redis-server.service --cycle'
	expect_error '--without-start'
	expect_untouched redis-server.service
	redis_answers || fail 'redis-server does not answer'
}

# Its start needs sendmsg(2), to tell systemd that it is ready; systemd would wait for 90 s.
a_denied_start_is_ended_at_once()
{
	within 15 whittle apply --without-start --settle 1s redis-server /mnt/share/running.policy
	expect_status 1
	expect_error 'redis-server.service: it was denied [a-z0-9_]+ while it started'
	expect_error 'the former state is restored: redis-server.service runs as before'
	expect_untouched redis-server.service
	redis_answers || fail 'redis-server does not answer'
}

a_recorded_start_is_enforced()
{
	whittle record --unit redis-server --cycle -o /mnt/share/cycle.rec
	expect_status 0
	whittle merge /mnt/share/running.rec /mnt/share/cycle.rec -o /mnt/share/both.rec
	whittle decide -q /mnt/share/both.rec -o /mnt/share/both.policy
	expect_status 0
	whittle apply --settle 1s redis-server /mnt/share/both.policy
	expect_status 0
	redis_answers || fail 'redis-server does not answer'
	whittle revert redis-server
	expect_status 0
	machine "$m" systemctl stop redis-server
}

# A service that fails to notify systemd and does not end: the call that it is denied is withheld on purpose.
a_start_that_hangs_after_a_withheld_call_is_ended()
{
	machine_write "$m" /etc/systemd/system/hang.service <<-'END'
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		Type=notify
		NotifyAccess=all
		ExecStart=/bin/sh -c 'chroot / /bin/true && systemd-notify --ready || trap "" TERM; while :; do sleep 1; done'
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start hang
	whittle record --unit hang --cycle --for 30s -o /mnt/share/hang.rec
	whittle decide -q --level observed /mnt/share/hang.rec -o /mnt/share/hang.policy
	expect_status 0
	python3 - "$machine_share/hang.policy" <<-'END'
		import json, sys
		policy = json.load(open(sys.argv[1]))
		policy["rules"] = [rule for rule in policy["rules"] if rule["name"] != "chroot"]
		policy["withheld"] = [{"abi": "x86_64", "name": "chroot", "path": "main", "own": True}]
		json.dump(policy, open(sys.argv[1], "w"))
	END
	within 15 whittle apply hang /mnt/share/hang.policy
	expect_status 1
	expect_error 'it was denied chroot and did not finish its start within 5 s after that'
	expect_property hang.service ActiveState active
	expect_untouched hang.service
	machine "$m" systemctl kill -s KILL hang
}

nobody_was_served()
{
	machine "$m" sh -c 'ssh-keygen -A; mkdir -p /run/sshd; systemctl start ssh' >/dev/null 2>&1
	eventually ssh_accepts
	whittle record --unit ssh --cycle --for 30s -o /mnt/share/idle.rec
	expect_status 0
	whittle decide /mnt/share/idle.rec -o /mnt/share/idle.policy
	expect_status 0
	[[ $error == 'whittle: warning: ssh.service listens for clients, but served none while it was recorded'* ]] ||
		fail "it is not the first line: $error"
	expect_error '^  chroot, on the path .*chroot$'
	whittle apply ssh /mnt/share/idle.policy
	expect_status 1
	expect_error 'warning: ssh.service listens for clients, but served none while it was recorded'
	expect_error '^  chroot, on the path'
	expect_error 'warning: ssh.service opens sessions of users \(/.*calls pam_open_session\(\)\)'
	expect_error 'nothing changed; with --yes'
	expect_untouched ssh.service
	ssh_accepts || fail 'sshd does not answer'
}

nobody_was_served_and_no_start_either()
{
	whittle record --unit ssh --for 1s -o /mnt/share/running.rec
	expect_status 0
	whittle decide -q /mnt/share/running.rec -o /mnt/share/running.policy
	whittle apply --without-start ssh /mnt/share/running.policy
	expect_status 1
	expect_error 'warning: ssh.service listens for clients, but served none while it was recorded'
	expect_untouched ssh.service
}

on_a_terminal_it_asks()
{
	# script(1) gives it a terminal.
	run machine "$m" script -qec 'whittle apply ssh /mnt/share/idle.policy' /dev/null <<<n
	expect_output 'Enforce the policy on ssh.service\? \[y/N\]'
	expect_output 'nothing changed'
	expect_untouched ssh.service
}

with_yes_it_is_enforced()
{
	whittle apply --yes ssh /mnt/share/idle.policy
	expect_status 0
	expect_error 'warning: ssh.service listens for clients'
	whittle revert ssh
	expect_status 0
	machine "$m" systemctl stop ssh
}

harden_asks_before_it_records_sessions()
{
	machine "$m" systemctl start ssh
	whittle harden --for 1s --quiet-for 1s ssh
	expect_status 1
	expect_error 'warning: ssh.service opens sessions of users \(/.*calls pam_open_session\(\)\)'
	expect_error 'nothing changed; with --yes'
	[[ $output != *'record:'* ]] || fail "it records: $output"
	expect_untouched ssh.service
	machine "$m" systemctl stop ssh
}

harden_does_not_enforce_a_recording_without_work()
{
	local options=(--for 2s --quiet-for 1s --slice 1s --load 0 --trial-for 1s --hold 1s)

	machine_write "$m" /etc/systemd/system/lonely.service <<-'END'
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		ExecStart=/usr/bin/nc -lk 127.0.0.1 7777
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start lonely
	whittle harden "${options[@]}" lonely
	expect_status 1
	expect_error 'warning: lonely.service listens for clients, but served none while it was recorded'
	expect_untouched lonely.service
	in_machine test ! -e /run/systemd/system/lonely.service.d/50-whittle.conf || fail 'it is on trial'
	whittle status lonely
	expect_output 'record'
	whittle harden "${options[@]}" --yes lonely
	expect_status 0
	expect_error 'warning: lonely.service listens for clients'
	machine "$m" sh -c 'whittle revert lonely; systemctl stop lonely' >/dev/null 2>&1
}

a_deadline_removes_what_nobody_confirms()
{
	machine_write "$m" /etc/systemd/system/waiter.service <<-'END'
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		ExecStart=/bin/sleep infinity
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start waiter
	whittle record --unit waiter --cycle -o /mnt/share/waiter.rec
	whittle decide -q /mnt/share/waiter.rec -o /mnt/share/waiter.policy
	whittle apply --settle 100ms --deadline 3s waiter /mnt/share/waiter.policy
	expect_status 0
	expect_output "systemd removes the filter in 3 s, unless 'whittle apply --keep waiter.service' confirms it"
	[[ ! $(unfiltered waiter.service) ]] || fail 'it has no filter'
	eventually in_machine test ! -e /run/systemd/system/waiter.service.d/50-whittle.conf
	eventually is_free waiter.service
	whittle apply --settle 100ms --deadline 60s waiter /mnt/share/waiter.policy
	expect_status 0
	whittle apply --keep waiter
	expect_status 0
	expect_output 'waiter.service: the policy is kept'
	in_machine test -e /etc/systemd/system/waiter.service.d/50-whittle.conf || fail 'it is not in /etc'
	in_machine systemctl is-active whittle-revert-waiter.service.timer && fail 'the timer still runs'
	whittle verify waiter
	expect_status 0
	whittle apply --keep waiter
	expect_status 66
	whittle revert waiter
}

an_applied_unit_is_managed()
{
	machine "$m" sh -c 'cp /mnt/share/waiter.rec /mnt/share/waiter.policy /root'
	whittle apply --settle 100ms waiter /root/waiter.policy
	expect_status 0
	machine "$m" rm /root/waiter.rec
	whittle status waiter
	expect_output '^waiter.service: guarded'
	whittle drift waiter
	expect_status 0
	expect_no_error
	whittle revert waiter
	whittle status waiter
	expect_output '^waiter.service: rolled-back'
	# It is guarded again once it is applied again, with the recording that was kept.
	whittle apply --settle 100ms waiter /root/waiter.policy
	whittle status waiter
	expect_output '^waiter.service: guarded'
	whittle drift waiter
	expect_status 0
	whittle revert waiter
	machine "$m" sh -c 'rm -rf /var/lib/whittle/state.db* /var/lib/whittle/waiter*'
	whittle apply --settle 100ms waiter /root/waiter.policy
	expect_status 0
	whittle drift waiter
	expect_status 66
	expect_error 'waiter.service: it has no recording'
	whittle apply --settle 100ms --recording /mnt/share/once.rec waiter /root/waiter.policy
	expect_status 65
	expect_error 'the policy was decided from runs that are not in the named recordings'
	whittle apply --settle 100ms --recording /mnt/share/waiter.rec waiter /root/waiter.policy
	expect_status 0
	whittle drift waiter
	expect_status 0
	whittle revert waiter
	# A trial of a unit that nobody manages leaves nothing.
	machine "$m" sh -c 'rm -rf /var/lib/whittle/state.db* /var/lib/whittle/waiter*'
	whittle apply --trial --settle 100ms waiter /root/waiter.policy
	whittle status
	expect_output 'no managed units'
	whittle revert waiter
}

is_free()
{
	expect_property "$1" ActiveState active
	[[ $(unfiltered "$1") ]]
}

a_unit_without_listeners_is_not_warned_about()
{
	machine_write "$m" /etc/systemd/system/once.service <<-'END'
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'ls / >/dev/null'
	END
	machine "$m" systemctl daemon-reload
	whittle record --unit once --cycle --for 20s -o /mnt/share/once.rec
	whittle decide /mnt/share/once.rec -o /mnt/share/once.policy
	expect_status 0
	[[ $error != *'served none'* ]] || fail "a warning: $error"
	whittle apply --start once /mnt/share/once.policy
	expect_status 0
	[[ $error != *warning:*'served none'* ]] || fail "a warning: $error"
	whittle revert once
}

for suite in ${SUITES:-bookworm}; do
	m=$suite
	machine_boot "$m" "$suite"
	case_ "$suite: a policy without a recorded start is not enforced" a_start_that_was_not_recorded_is_not_enforced
	case_ "$suite: a start that is denied a call is ended at once" a_denied_start_is_ended_at_once
	case_ "$suite: a recorded start is enforced" a_recorded_start_is_enforced
	case_ "$suite: a start that hangs after a withheld call is ended" a_start_that_hangs_after_a_withheld_call_is_ended
	case_ "$suite: sshd recorded without a connection: decide and apply say so" nobody_was_served
	case_ "$suite: and so where no start was recorded either" nobody_was_served_and_no_start_either
	case_ "$suite: on a terminal apply asks" on_a_terminal_it_asks
	case_ "$suite: --yes enforces it" with_yes_it_is_enforced
	case_ "$suite: harden asks about sessions before it records" harden_asks_before_it_records_sessions
	case_ "$suite: harden does not enforce a recording without work" harden_does_not_enforce_a_recording_without_work
	case_ "$suite: a unit without listeners is not warned about" a_unit_without_listeners_is_not_warned_about
	case_ "$suite: a deadline removes a filter that nobody confirms" a_deadline_removes_what_nobody_confirms
	case_ "$suite: a unit that was applied is managed" an_applied_unit_is_managed
	machine_stop "$m"
done
finish
