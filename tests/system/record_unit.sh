#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Units are recorded under a real systemd: across restarts, which remove the control group and make
# another one; each command line apart; the manager's own part, which systemd 252 does in a fork of
# itself and 257 in a program of its own, kept out; and the unit left as it was found.
. "$(dirname "$0")/lib.sh"

if ((EUID != 0)) || ! command -v systemd-nspawn >/dev/null; then
	cannot 'recording units' 'needs root and systemd-nspawn'
	finish
fi

# The service under test: each of its lines makes a call of its own (getppid and its kin are never
# made by the shell), so that it can be told in which row it lies. A line with "+" runs without the unit's
# filters and counts as the manager's; one with "!" runs under them.
make_service()
{
	cc -O1 -static -pthread -o "$machine_share/calls" "$SOURCE/tests/programs/calls.c" ||
		system_bail 'the program under test does not build'
	machine_write "$1" /etc/systemd/system/marked.service <<-'END'
		[Service]
		Type=notify
		NotifyAccess=all
		PrivateTmp=yes
		NoNewPrivileges=yes
		Environment=NUMBER=31
		ExecStartPre=/mnt/share/calls mark 10
		ExecStart=/bin/sh -c '/mnt/share/calls mark 20; systemd-notify --ready; trap "exit 0" TERM; while :; do sleep 0.2; done'
		ExecStartPost=/mnt/share/calls mark $NUMBER
		ExecStartPost=+/mnt/share/calls mark 70
		ExecStartPost=!/mnt/share/calls mark 80
		ExecReload=/mnt/share/calls mark 40
		ExecReload=/bin/kill -0 $MAINPID
		ExecStop=/mnt/share/calls mark 50
		ExecStopPost=-/mnt/share/calls mark 60
	END
	machine "$1" systemctl daemon-reload
}

# check 'PYTHON': as in record.sh, about $machine_share/run.rec.
check()
{
	python3 - "$machine_share/run.rec" "$1" <<'PYTHON' || fail "$1"
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
processes = run["processes"]
marks = {}
for c in run["calls"]:
    p = processes[c["process"]]
    if c["abi"] == "x86_64" and 2000 <= c["nr"] < 3000:
        key = ("manager" if p["manager"] else p.get("line"), p.get("line_index"), c["nr"] - 2000)
        marks[key] = marks.get(key, 0) + c["count"]
seen = {(line["setting"], line["index"]) for line in run["lines"] if line["seen"]}
unseen = {(line["setting"], line["index"]) for line in run["lines"] if not line["seen"]}
names = {c["name"] for c in run["calls"] if not processes[c["process"]]["manager"]}
manager = {c["name"] for c in run["calls"] if processes[c["process"]]["manager"]}
programs = {p["executable"].rsplit("/", 1)[-1] for p in processes if not p["manager"]}
if not eval(sys.argv[2]):
    print("# marks:", marks, "unseen:", unseen, "ended:", run["ended"], "lost:", run["lost"])
    print("# programs:", programs, "manager:", sorted(manager))
    sys.exit(1)
PYTHON
}

# In a machine: the recorder holds its BPF links, so it is about to mark what runs.
await_recorder='timeout 20 sh -c "until ls -l /proc/\$(pidof whittle)/fd 2>/dev/null | grep -q bpf.link; do sleep 0.1; done"; sleep 0.5'

record()
{
	rm -f "$machine_share/run.rec"
	run machine "$name" whittle record -qo /mnt/share/run.rec "$@"
}

says_that_a_unit_is_not_running()
{
	record --unit marked --for 1s
	expect_status 66
	expect_error 'marked.service is not running \(inactive\): start it first, or give --cycle'
	record --unit nosuch
	expect_status 66
	expect_error 'nosuch.service: there is no such unit'
	[[ ! -e $machine_share/run.rec ]] || fail 'a file was left'
}

sees_every_line_of_a_stopped_unit()
{
	record --unit marked --cycle
	expect_status 0
	check 'run["ended"] == "cycle complete" and not any(run["lost"].values()) and not unseen and len(seen) == 9'
	check 'marks == {("ExecStartPre", 0, 10): 2, ("ExecStart", 0, 20): 2, ("ExecStartPost", 0, 31): 2, ("manager", 1, 70): 2, ("ExecStartPost", 2, 80): 2, ("ExecReload", 0, 40): 1, ("ExecStop", 0, 50): 2, ("ExecStopPost", 0, 60): 2}'
	expect_equal inactive "$(machine "$name" systemctl is-active marked)"
}

sees_every_line_of_a_running_unit()
{
	machine "$name" systemctl start marked
	record --unit marked --cycle
	expect_status 0
	check 'not unseen and marks[("ExecStart", 0, 20)] == 2 and marks[("ExecStop", 0, 50)] == 2'
	expect_equal active "$(machine "$name" systemctl is-active marked)"
}

keeps_the_managers_part_out()
{
	check '{"mount", "prctl", "execve"} <= manager and not names & {"mount", "pivot_root", "move_mount", "unshare", "setns", "seccomp", "capset"}'
	check 'not programs & {"systemd", "systemd-executor"}'
}

says_which_lines_never_ran()
{
	run machine "$name" whittle record -o /mnt/share/run.rec --unit marked --for 500ms
	expect_status 0
	expect_error 'ExecReload=.*mark 40 did not run'
	check 'not seen and run["ended"] == "time limit"'
	expect_equal active "$(machine "$name" systemctl is-active marked)"
}

# record_while_restarting UNIT...: a recording of "marked" through a restart of these.
record_while_restarting()
{
	local recorder

	rm -f "$machine_share/run.rec"
	machine "$name" whittle record -qo /mnt/share/run.rec --unit marked --for 60s &
	recorder=$!
	machine "$name" sh -c "$await_recorder"'; systemctl restart "$@"; kill -TERM $(pidof whittle)' sh "$@"
	wait "$recorder"
	expect_equal 0 $?
}

follows_a_unit_through_a_restart()
{
	record_while_restarting marked
	check 'unseen == {("ExecReload", 0), ("ExecReload", 1)} and marks[("ExecStart", 0, 20)] == 1 and marks[("ExecStop", 0, 50)] == 1'
}

# Between its stop and its start it is inactive, here for a second: the start waits for another unit's.
follows_a_unit_through_a_slow_restart()
{
	machine_write "$name" /run/systemd/system/slow.service <<-'END'
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sleep 1
	END
	machine_write "$name" /run/systemd/system/marked.service.d/after.conf <<-'END'
		[Unit]
		After=slow.service
	END
	machine "$name" sh -c 'systemctl daemon-reload; systemctl start slow'
	record_while_restarting slow marked
	check 'run["ended"] == "interrupted" and marks[("ExecStop", 0, 50)] == 1 and marks[("ExecStart", 0, 20)] == 1'
	machine "$name" sh -c 'rm -r /run/systemd/system/slow.service /run/systemd/system/marked.service.d; systemctl daemon-reload'
}

restores_the_unit_when_interrupted()
{
	local recorder

	machine "$name" sh -c 'timeout -s INT 3 whittle record -qo /mnt/share/run.rec --unit marked --cycle' &
	recorder=$!
	wait "$recorder"
	check 'run["ended"] in ("interrupted", "cycle complete")'
	expect_equal active "$(machine "$name" systemctl is-active marked)"
}

ends_with_the_unit()
{
	machine "$name" sh -c '('"$await_recorder"'; systemctl stop marked) & whittle record -qo /mnt/share/run.rec --unit marked --for 60s'
	check 'run["ended"] == "target ended" and marks == {("ExecStop", 0, 50): 1, ("ExecStopPost", 0, 60): 1}'
}

for suite in bookworm trixie; do
	name=$suite
	machine_boot "$name" "$suite"
	make_service "$name"
	case_ "on $suite a unit that does not run, or is not there, is refused" says_that_a_unit_is_not_running
	case_ "on $suite --cycle sees every line of a stopped unit, and leaves it stopped" sees_every_line_of_a_stopped_unit
	case_ "on $suite --cycle sees every line of a running unit, and leaves it running" sees_every_line_of_a_running_unit
	case_ "on $suite the manager's part is kept out" keeps_the_managers_part_out
	case_ "on $suite it says which lines never ran" says_which_lines_never_ran
	case_ "on $suite a unit is followed through a restart" follows_a_unit_through_a_restart
	case_ "on $suite a unit is followed through a restart in which it waits" follows_a_unit_through_a_slow_restart
	case_ "on $suite an interrupted cycle leaves the unit running" restores_the_unit_when_interrupted
	case_ "on $suite a recording ends with its unit" ends_with_the_unit
	machine_stop "$name"
done
finish
