#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The loop closes: a policy of which a call was taken out is put on a real unit; the call is denied, seen, told
# with the unit, the process and the stack, learnt, and the next policy holds. For every action that a filter
# has, native and i386. SUITES names the Debian releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"

unit=closing.service
fifo=/mnt/share/fifo
done_file=/mnt/share/done

build_services()
{
	local -a options=(-O1 -static -fno-omit-frame-pointer)

	gcc "${options[@]}" -o "$machine_share/native" "$SOURCE/tests/programs/loop_service.c" &&
		gcc -m32 "${options[@]}" -o "$machine_share/i386" "$SOURCE/tests/programs/loop_service.c" ||
		system_bail 'the service does not build'
	machine "$m" mkfifo $fifo
}

# given_unit ABI [COMMAND...]: the service, running by the command (whittle exec ...) if there is one.
given_unit()
{
	{
		printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=no\n'
		# The way back of a program that finds no directory to dump to.
		echo 'LimitCORE=0'
		echo "ExecStart=${*:2} /mnt/share/$1 $fifo $done_file"
		# While it is recorded each start is given something to do.
		(($# > 1)) || echo "ExecStartPost=/bin/sh -c 'printf pc >$fifo'"
		echo "ExecReload=/bin/kill -HUP \$MAINPID"
	} | machine_write "$m" "/etc/systemd/system/$unit"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart $unit
}

whittle()
{
	run machine "$m" whittle "$@"
}

# do_letter LETTER: has the service do this; r is its reload.
do_letter()
{
	if [[ $1 == r ]]; then
		machine "$m" systemctl reload $unit
	else
		printf '%s' "$1" >"$machine_share/fifo"
	fi
}

did()
{
	[[ $(tail -n 1 "$machine_share/done") == "$1" ]]
}

# What the service can't do without, of this ABI: a recording that has seen a start, a 'p' and a 'c', but for what the tests deny.
record_base()
{
	given_unit "$1"
	: >"$machine_share/done"
	machine "$m" sh -c "whittle record -q --unit $unit --cycle -o /mnt/share/$1.rec" &
	wait $!
	# What is denied is not known yet.
	python3 - "$machine_share/$1.rec" <<-'END'
		import json, sys
		recording = json.load(open(sys.argv[1]))
		for run in recording["runs"]:
		    run["calls"] = [call for call in run["calls"] if call["name"] not in ("getpriority", "personality")]
		json.dump(recording, open(sys.argv[1], "w"))
	END
	[[ -s $machine_share/$1.rec ]] || system_bail "nothing was recorded of $1"
}

# without NAME FILE: takes a call out of a policy.
without()
{
	python3 - "$1" "$machine_share/$2" <<-'END'
		import json, sys
		policy = json.load(open(sys.argv[2]))
		policy["rules"] = [rule for rule in policy["rules"] if rule["name"] not in sys.argv[1].split("|")]
		json.dump(policy, open(sys.argv[2], "w"))
	END
}

# Of the latest denial of this call of the unit's: what the Python expression says of it.
seen()
{
	tail -n "+$((seen_before + 1))" "$machine_share/denials" | python3 -c '
import json, sys
for line in sys.stdin:
    if not line.endswith("\n"):
        break # it is being written
    denial = json.loads(line)
    if denial["name"] in sys.argv[1].split("|") and denial["unit"] == "closing.service":
        print(eval(sys.argv[2], {"d": denial}))
        break' "$1" "$2"
}

is_seen()
{
	[[ $(seen "$1" 'd["name"]') ]]
}

# closes ABI ACTION LETTER NAME STACK: the whole loop for one call. STACK is a regular expression.
closes()
{
	local abi=$1 verdict=$2 letter=$3 name=$4 stack=$5
	local told=$verdict machine_abi=x86_64

	[[ $abi == i386 ]] && machine_abi=i386
	[[ $verdict == trace:1 ]] && told=errno:ENOSYS
	seen_before=$(wc -l <"$machine_share/denials")
	cp "$machine_share/$abi.rec" "$machine_share/now.rec"
	whittle decide -q --default "$verdict" --foreign "$verdict" -o /mnt/share/policy /mnt/share/now.rec
	expect_status 0
	without "$name" policy
	given_unit "$abi" /mnt/whittle/src/whittle exec --policy /mnt/share/policy --
	expect_property $unit ActiveState active
	: >"$machine_share/done"
	do_letter "$letter"
	eventually is_seen "$name" || return
	# By name, number, ABI, outcome, unit and process.
	expect_equal "$machine_abi $told $abi" "$(seen "$name" '"{abi} {action} {comm}".format(**d)')"
	seen "$name" 'd.get("stack")' | grep -qE "$stack" ||
		fail "the stack is $(seen "$name" 'd.get("stack")'), and no $stack"
	# Learnt from what was seen...
	tail -n "+$((seen_before + 1))" "$machine_share/denials" >"$machine_share/log"
	whittle learn --allow "${name%%|*}" --allow "${name##*|}" -r /mnt/share/now.rec $unit /mnt/share/log
	expect_status 0
	whittle decide -q --default "$verdict" -o /mnt/share/policy /mnt/share/now.rec
	expect_status 0
	grep -q '"kind": *"denied"' "$machine_share/policy" || [[ $letter == b ]] ||
		fail 'no rule of the next policy has the reason "denied"'
	# ...and the next policy holds.
	given_unit "$abi" /mnt/whittle/src/whittle exec --policy /mnt/share/policy --
	: >"$machine_share/done"
	do_letter "$letter"
	eventually did "$letter 0" || fail "the service says: $(tail -n 1 "$machine_share/done")"
	expect_property $unit ActiveState active
}

# In the machine, and $! is its PID.
machine_whittle()
{
	exec nsenter --target "${machine_leader[$m]}" --mount --uts --ipc --net --pid --cgroup --root --wdns=/ \
		/mnt/whittle/src/whittle "$@"
}

# watch_by COMMAND...: has all denials of the kernel from now on in $machine_share/denials.
watch_by()
{
	: >"$machine_share/denials"
	: >"$machine_share/said"
	"$@" watch --json >"$machine_share/denials" 2>"$machine_share/said" &
	watcher=$!
	is_watching()
	{
		grep -q . "$machine_share/said"
	}
	eventually is_watching
}

end_watch()
{
	kill -TERM $watcher
	wait $watcher
}

suites=${SUITES:-bookworm}
for suite in $suites; do
	m=$suite
	machine_boot "$m" "$suite"
	build_services
	record_base native
	record_base i386
	watch_by machine_whittle
	for abi in native i386; do
		for verdict in errno:EPERM kill_process trap trace:1; do
			case_ "$suite, $abi: $verdict of a call is seen, learnt, and no more" \
				closes $abi $verdict k times 'times|inner|syscall'
		done
	done
	case_ "$suite: a silent refusal of a family of sockets is seen, learnt, and no more" \
		closes native errno:EPERM 6 socket 'socket.*<- (act|answer)'
	case_ "$suite: a call of a reload alone is seen, learnt, and no more" \
		closes native errno:EPERM r getpriority 'getpriority.*<- main'
	case_ "$suite: a call of a child's child is seen, learnt, and no more" \
		closes native errno:EPERM c personality 'by_grandchild'
	case_ "$suite: brk is seen, learnt, and no more" \
		closes native errno:EPERM b brk '<- __libc_setup_tls|brk.*<- grow'
	end_watch
	# What is let go and logged comes from the kernel's records: without a stack, and with PIDs as the machine
	# outside has them.
	watch_by "$BUILD/src/whittle"
	for abi in native i386; do
		case_ "$suite, $abi: log of a call is seen, learnt, and no more" closes $abi log k times ''
	done
	end_watch
	machine_stop "$m"
done
finish
