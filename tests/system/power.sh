#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What becomes of a unit when harden or apply is killed (SIGKILL) at any of its system calls, and started again.
#
# A kill before a call that changes nothing which outlives the process leaves the same world as a kill before the call
# that follows. So the places to kill at are the calls by which something changes; tests/programs/kill_at tells
# them by number and arguments, and what it does not know changes something. That the others leave the same world is
# checked at a sample of them. Calls are numbered in the order in which the run at hand makes them, and the rounds go
# on until a run has no such number: one that makes a call more than another is covered too.
#
# harden is taken stage by stage. A round begins with the state in which the stage begins (store, drop-ins, records, what is on
# the unit), kills, looks, and starts again until the next stage begins, where that one's rounds take it up; every eighth
# goes on to the end of the road and back to nothing. After one kill of three the machine boots, after one the time
# for the proof runs out.
#
# By default KILLS places of each stage are taken, chosen by SEED. LONG=1 takes all by which something changes, and
# SAMPLE of the others; LONG=all takes all calls there are. STAGES (record decide trial enforce verify apply) and
# NUMBERS (FIRST-LAST) take a part of it, SUITES names the Debian releases. Where LOCK names a file, that is locked for
# the rounds and let go of every three minutes: a long run leaves others their turn.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"
. "$(dirname "$0")/harden-lib.sh"

quick=(--level observed --for 0 --quiet-for 0 --slice 100ms --load 0 --trial-for 0 --hold 100ms --settle 0)
declare -A next=([record]=decide [decide]=trial [trial]=enforce [enforce]=verify)
kill_at=/mnt/whittle/tests/programs/kill_at

# ---- states ----

# keep STAGE: what there is now is where the stage begins.
keep()
{
	machine "$m" sh -c 'mkdir -p "/root/kept/$1"
		for path in /var/lib/whittle /run/whittle "/run/systemd/system/$2.d"; do
			[ ! -e "$path" ] || cp -a --parents "$path" "/root/kept/$1"
		done' sh "$1" $unit
}

# restore STAGE: the unit runs as it does when the stage begins; where nothing was kept, as nobody has touched it.
restore()
{
	machine "$m" sh -c "systemctl stop 'whittle-revert-*'
		rm -rf /etc/systemd/system/$unit.d /run/systemd/system/$unit.d /run/whittle /var/lib/whittle
		[ ! -e /root/kept/$1 ] || cp -a /root/kept/$1/. /
		systemctl daemon-reload
		systemctl reset-failed
		systemctl restart $unit" >/dev/null 2>&1
	[[ $1 != verify ]] || start_timer
}

# As harden does before it enforces.
start_timer()
{
	local -a timer=(RemainAfterElapse b false TimersMonotonic 'a(st)' 1 OnActiveSec 3600000000)
	local -a command=(/mnt/whittle/src/whittle revert --start $unit)
	local -a service=(Type s oneshot ExecStart 'a(sasb)' 1 "${command[0]}" ${#command[@]} "${command[@]}" false)

	machine "$m" busctl -q -- call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
		org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' \
		whittle-revert-$unit.timer replace 2 "${timer[@]}" 1 whittle-revert-$unit.service 2 "${service[@]}" ||
		fail 'no timer'
}

# What kill_at needs to know of a stage: where it ends.
bounds()
{
	[[ ! ${next[$1]:-} ]] || printf '%s\n' -u "$unit: ${next[$1]}: "
}

# go STAGE PLACE: runs the stage, killed at that place.
go()
{
	local -a bounds command=(harden "${quick[@]}" $unit)

	mapfile -t bounds < <(bounds "$1")
	[[ $1 == apply ]] && command=(apply --settle 0 $unit /mnt/share/policy)
	run machine "$m" $kill_at -o /mnt/share/place "${bounds[@]}" "$2" whittle "${command[@]}"
}

# It has come to the next stage, or to its end.
expect_gone()
{
	if [[ ${next[$1]:-} ]]; then
		expect_status 3
	else
		expect_status 0
	fi
}

# Walks the road once: leaves the state in which each stage begins, and a policy for apply.
prepare()
{
	local stage

	restore nothing
	for stage in record decide trial enforce; do
		go $stage none
		expect_gone $stage
		keep "${next[$stage]}"
	done
	machine "$m" cp /var/lib/whittle/$unit.policy /mnt/share/policy
}

# ---- what is looked at ----

install_look()
{
	cat >"$machine_share/look" <<-'END'
		unit=$1 etc=/etc/systemd/system/$1.d/50-whittle.conf run=/run/systemd/system/$1.d/50-whittle.conf

		# eventually COMMAND...
		eventually()
		{
			tries=0
			until "$@" >/dev/null 2>&1; do
				tries=$((tries + 1))
				[ $tries -lt 600 ] || return 1
				sleep 0.05
			done
		}

		# whole PATH RECORD: what was written there, or what it replaced, to the last byte.
		whole()
		{
			[ ! -e "$1" ] || cmp -s "$1" "$2/written" || cmp -s "$1" "$2/replaced" ||
				echo "$1 is neither what was written nor what was there"
			[ ! -e "$1" ] || grep -qE '^SystemCall(Filter|Log)=' "$1" || echo "$1 has no list"
		}

		has_answered()
		{
			[ "$(wc -l </mnt/share/done)" -gt "$before" ]
		}

		eventually systemctl is-active --quiet "$unit" || echo 'the unit does not run'
		whole $etc "/var/lib/whittle/$unit"
		whole $run "/run/whittle/$unit"
		if [ ! -e $etc ] && grep -qs ^SystemCallFilter= $run &&
			! systemctl is-active --quiet "whittle-revert-$unit.timer"; then
			echo 'a list that is not proved has no way back'
		fi
		for path in $etc $run; do
			[ -e $path ] || continue
			sum=$(sha256sum <$path | cut -c1-16)
			[ -e "/root/good-$sum" ] || systemd-analyze verify "$unit" 2>&1 && : >"/root/good-$sum"
		done
		before=$(wc -l </mnt/share/done)
		printf p >/mnt/share/fifo
		eventually has_answered && [ "$(tail -n 1 /mnt/share/done)" = 'p 0' ] || echo 'the unit does not answer'
		if [ -e /var/lib/whittle/state.db ]; then
			whittle status >/dev/null || echo 'its state can not be read'
		fi
	END
}

# The unit runs, and answers; what the manager reads for it is whole: the list, the list on trial, or none; one that is
# not proved has its timer.
expect_whole()
{
	local complaints

	complaints=$(machine "$m" sh /mnt/share/look $unit 2>&1)
	[[ ! $complaints ]] || fail "$1: $complaints"
}

# As its file says before anybody has put it right.
expect_sound_store()
{
	local store=/proc/${machine_leader[$m]}/root/var/lib/whittle

	[[ -e $store/state.db ]] || return 0
	rm -rf "$tap_directory/store"
	mkdir "$tap_directory/store"
	cp "$store"/state.db* "$tap_directory/store"
	python3 -c 'import sqlite3, sys
rows = list(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check"))
assert rows == [("ok",)], rows' "$tap_directory/store/state.db" || fail "$1: the store is broken"
}

# After a boot there is what is in /etc, or nothing.
expect_as_before_or_as_decided()
{
	if in_machine test -e /etc/systemd/system/$unit.d/50-whittle.conf; then
		[[ ! $(unfiltered $unit) ]] || fail "$1: it has no filter after a boot"
	else
		[[ $(unfiltered $unit) ]] || fail "$1: it has a filter after a boot"
	fi
}

# The timer fires where there is one.
let_time_run_out()
{
	machine "$m" systemctl is-active --quiet whittle-revert-$unit.timer || return 0
	machine "$m" systemctl start whittle-revert-$unit.service || fail "$1: the way back fails"
	expect_free
}

# The end of the road, and no trace of anything after a revert but what is known of the unit.
expect_end_and_way_back()
{
	local left

	if [[ $1 != apply ]]; then
		# What the killed were writing is swept when it is old.
		machine "$m" find /var/lib/whittle -name '.*' -exec touch -d '2 hours ago' {} +
		whittle harden "${quick[@]}" $unit
		expect_status 0
		expect_no_timer
	fi
	expect_enforced
	whittle revert $unit
	expect_status 0
	expect_free
	left=$(machine "$m" sh -c "ls -dA /etc/systemd/system/$unit.d /run/systemd/system/$unit.d /run/whittle/* \
		/var/lib/whittle/* /var/lib/whittle/.[!.]* 2>/dev/null" |
		grep -vE "/run/whittle/$unit(\.harden)?\.lock$|/var/lib/whittle/(state\.db|$unit\.(rec|policy))$")
	[[ ! $left ]] || fail "left behind: $left"
}

# ---- rounds ----

rounds=0 locked=-1000

# round STAGE PLACE, play STAGE PLACE: 1 where there is no such place.
round()
{
	if [[ ${LOCK:-} ]] && ((SECONDS - locked >= 180)); then
		[[ ! ${lock:-} ]] || exec {lock}>&-
		exec {lock}>"$LOCK"
		flock "$lock"
		locked=$SECONDS
	fi
	play "$@"
}

play()
{
	local stage=$1 at

	restore "$stage"
	go "$stage" "$2"
	[[ $status == 137 ]] || { expect_gone "$stage"; return 1; }
	rounds=$((rounds + 1))
	at="$stage, killed at $2 ($(<"$machine_share/place"))"
	expect_sound_store "$at"
	expect_whole "$at"
	case $((rounds % 3)) in
	1)
		boot_again
		expect_whole "$at, and a boot"
		expect_as_before_or_as_decided "$at"
		;;
	2)
		let_time_run_out "$at"
		;;
	esac
	go "$stage" none
	expect_gone "$stage" || fail "$at"
	expect_whole "$at, and started again"
	if ((rounds % 8 == 0)); then
		expect_end_and_way_back "$stage" || fail "$at"
	fi
	return 0
}

# some COUNT OF: so many of the numbers up to OF, evenly, SEED says where.
some()
{
	awk -v count="$1" -v of="$2" -v seed="$seed" 'BEGIN {
		count = count < of ? count : of
		for (i = 0; i < count; i++)
			print 1 + int((i + seed % 97 / 97) * of / count)
	}'
}

# Prints the places of a stage, a line each.
places()
{
	local changing total first last

	restore "$1"
	go "$1" none
	changing=$(awk '$2 != "-"' "$machine_share/place" | wc -l)
	total=$(wc -l <"$machine_share/place")
	IFS=- read -r first last <<<"${NUMBERS:-1-$total}"
	echo "# $1: $total calls, $changing of them change something; seed $seed" >&2
	case ${LONG:-} in
	all) seq -f 'all:%.0f' "$first" "$last" ;;
	?*) seq "$first" $((last < changing ? last : changing)) ;;
	*) some "$kills" "$changing" ;;
	esac
	[[ ${LONG:-} == all || ${NUMBERS:-} ]] && return
	# The others: those of the list, by their number among all.
	awk '$2 == "-" {print "all:" $1}' "$machine_share/place" >"$tap_directory/others"
	some "${sample}" "$(wc -l <"$tap_directory/others")" | while read -r n; do
		sed -n "${n}p" "$tap_directory/others"
	done
}

killed_anywhere_it_goes_on()
{
	local stage=$1 place=0 last=0 missed=0 begun=$SECONDS before=$rounds

	places "$stage" >"$tap_directory/places"
	while read -r place <&3; do
		round "$stage" "$place" || missed=$((missed + 1))
		[[ $place == all:* ]] || last=$place
		((tap_case_failed)) && { fail "the place is $place of $stage"; break; }
	done 3<"$tap_directory/places"
	# What this run has more than the one that was counted.
	if [[ ${LONG:-} == 1 && ! ${NUMBERS:-} ]]; then
		while ((!tap_case_failed)) && round "$stage" $((++last)); do :; done
	fi
	echo "# $stage: $((rounds - before)) kills in $((SECONDS - begun)) s; $missed places were not there"
	((rounds > before)) || fail 'nothing was killed'
}

seed=${SEED:-$RANDOM}
kills=${KILLS:-3}
sample=${SAMPLE:-$((${LONG:+19} + 1))}
for suite in ${SUITES:-bookworm}; do
	m=$suite
	machine_boot "$m" "$suite"
	build_service
	given_service
	# What is reloaded is slower, and has no more states.
	machine "$m" sed -i /^ExecReload/d /etc/systemd/system/$unit
	install_look
	case_ "$suite: the road is walked from stage to stage" prepare
	for stage in ${STAGES:-record decide trial enforce verify}; do
		[[ $stage == apply ]] && continue
		case_ "$suite: harden killed anywhere in the stage $stage goes on" \
			killed_anywhere_it_goes_on "$stage"
	done
	[[ " ${STAGES:-apply} " == *' apply '* ]] && case_ "$suite: apply killed anywhere can be done again" \
		killed_anywhere_it_goes_on apply
	machine_stop "$m"
done
finish
