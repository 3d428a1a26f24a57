#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The guard as a service of a real systemd, over Debian's nginx under a list that lacks a call: what a
# denial brings to the journal and the metrics, the three reactions, a storm, the watchdog, restarts,
# and its own list. With RECORD_GUARD=DIRECTORY the guard runs without that list, is recorded,
# and its list is made there: see packaging/make-guard-policy. SUITES names another Debian release.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"

socket=/run/whittle/metrics.sock
denial_id=5b6d2e1f8c3a4f0e9d7141c2a6b0f3e8

whittle()
{
	run machine "$m" whittle "$@"
}

# Its list is put on but where the list is being made.
install_guard()
{
	machine_write "$m" /etc/systemd/system/whittle-guard.service.d/port.conf <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/whittle guard --port 9464
	END
	if [[ ! ${RECORD_GUARD:-} ]]; then
		machine_write "$m" /lib/systemd/system/whittle-guard.service.d/50-whittle.conf \
			<"$SOURCE/packaging/whittle-guard.conf"
	fi
	machine "$m" sh -ec '
		cp /mnt/whittle/src/whittle /usr/bin/whittle
		sed s,@bindir@,/usr/bin, /mnt/source/packaging/whittle-guard.service.in >/lib/systemd/system/whittle-guard.service
		mkdir -p /usr/lib/systemd/catalog
		cp /mnt/source/packaging/whittle.catalog /usr/lib/systemd/catalog/
		journalctl --update-catalog
		seq 100000 >/var/www/html/numbers.txt; echo static >/var/www/html/static.txt
		systemctl daemon-reload
		systemctl start nginx'
	install -m 755 "$tap_directory/denied" "$machine_share/"
}

get()
{
	machine "$m" curl -s --max-time 10 -o /dev/null -w '%{http_code} %{size_download}' "http://127.0.0.1/$1"
}

# nginx recorded with all that the test asks of it; its policy, and one that lacks sendfile.
record_nginx()
{
	machine "$m" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do curl -sfo /dev/null http://127.0.0.1/numbers.txt
		sleep 0.5; done' &
	machine "$m" whittle record -q -o /mnt/share/nginx.rec --unit nginx.service --cycle --for 5s ||
		system_bail 'nginx is not recorded'
	wait $!
	machine "$m" whittle decide -q --level observed -o /mnt/share/nginx.policy /mnt/share/nginx.rec ||
		system_bail 'nothing is decided'
	python3 -c '
import json, sys
policy = json.load(open(sys.argv[1]))
rules = [rule for rule in policy["rules"] if rule["name"] != "sendfile"]
assert len(rules) < len(policy["rules"]), "nginx does not call sendfile"
policy["rules"] = rules
json.dump(policy, open(sys.argv[2], "w"))' "$machine_share/nginx.policy" "$machine_share/lacking.policy" ||
		system_bail 'the policy has no sendfile'
}

# nginx under the list that lacks a call, in the guard's care.
given_lacking_nginx()
{
	machine "$m" sh -c 'whittle revert --force nginx.service; rm -rf /var/lib/whittle/*; systemctl reset-failed' \
		>/dev/null 2>&1
	machine "$m" cp /mnt/share/nginx.rec /run/kept.rec
	machine "$m" whittle apply --settle 200ms nginx.service /mnt/share/lacking.policy >/dev/null 2>"$tap_directory/err" ||
		fail "apply: $(<"$tap_directory/err")"
	machine "$m" whittle guard --on-denial "$1" --recording /run/kept.rec nginx.service >/dev/null || fail 'no care'
	machine "$m" systemctl restart whittle-guard || fail 'the guard does not start'
}

# Prints a metric's value.
metric()
{
	machine "$m" curl -s --unix-socket "$socket" http://localhost/metrics | sed -n "s/^$1 //p"
}

metric_is()
{
	[[ $(metric "$1") == "$2" ]]
}

# Prints a field of the latest entry with this MESSAGE_ID.
entry_field()
{
	machine "$m" journalctl -q -n 1 -o json MESSAGE_ID="$1" | python3 -c '
import json, sys
for line in sys.stdin:
    print(json.loads(line).get(sys.argv[1], ""))' "$2"
}

has_entry()
{
	machine "$m" journalctl -q -n 1 -o cat MESSAGE_ID="$1" | grep -q .
}

starts_and_says_so()
{
	given_lacking_nginx report
	expect_property whittle-guard ActiveState active
	expect_property whittle-guard StatusText '1 unit, 0 denials'
	metric_is 'whittle_guarded{unit="nginx.service",stage="guarded",on_denial="report"}' 1 ||
		fail 'the metrics do not have the unit'
}

a_denial_is_told()
{
	get numbers.txt >/dev/null
	eventually has_entry $denial_id
	expect_equal nginx.service "$(entry_field $denial_id UNIT)"
	expect_equal sendfile "$(entry_field $denial_id SYSCALL)"
	expect_equal errno:EPERM "$(entry_field $denial_id ACTION)"
	expect_equal 4 "$(entry_field $denial_id PRIORITY)"
	expect_equal nginx "$(entry_field $denial_id TARGET_COMM)"
	expect_equal x86_64 "$(entry_field $denial_id ABI)"
	expect_equal report "$(entry_field $denial_id REACTION)"
	[[ $(entry_field $denial_id STACK) == sendfile* ]] || fail "stack: $(entry_field $denial_id STACK)"
	eventually metric_is \
		'whittle_denials_total{unit="nginx.service",syscall="sendfile",abi="x86_64",action="errno:EPERM"}' 1
	run machine "$m" journalctl -q -n 1 -x MESSAGE_ID=$denial_id
	expect_output 'Subject: Unit nginx.service was denied the system call sendfile'
	expect_output 'whittle learn nginx.service'
	run machine "$m" journalctl -q -u nginx.service -o cat
	expect_output 'nginx.service: nginx\[[0-9]+\] was denied sendfile'
}

repeats_are_folded()
{
	local before

	before=$(machine "$m" journalctl -q -o cat MESSAGE_ID=$denial_id | wc -l)
	for _ in {1..20}; do get numbers.txt >/dev/null; done
	eventually metric_is 'whittle_unit_denials_total{unit="nginx.service"}' 21
	(($(machine "$m" journalctl -q -o cat MESSAGE_ID=$denial_id | wc -l) <= before + 2)) ||
		fail 'each repeat has an entry of its own'
	machine "$m" systemctl stop whittle-guard
	# What waited to be told is told at the end, with its count: none is lost.
	expect_equal 21 "$(machine "$m" journalctl -q -o json MESSAGE_ID=$denial_id | python3 -c '
import json, sys
print(sum(int(json.loads(line)["COUNT"]) for line in sys.stdin))')"
}

the_format_is_prometheus()
{
	machine "$m" systemctl restart whittle-guard
	get numbers.txt >/dev/null
	machine "$m" curl -s --unix-socket $socket http://localhost/metrics | python3 -c '
import re, sys
types, seen, helps = {}, set(), set()
label = r"[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\n]|\\[\\\"n])*\""
sample = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{%s(?:,%s)*\})? ([0-9]+)$" % (label, label))
for line in sys.stdin.read().split("\n")[:-1]:
    if line.startswith("# HELP "):
        name = line.split(" ", 3)[2]
        assert name not in helps, line
        helps.add(name)
    elif line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert name in helps and name not in types and kind in ("counter", "gauge"), line
        assert (kind == "counter") == name.endswith("_total"), line
        types[name] = kind
        last = name
    else:
        match = sample.match(line)
        assert match and match[1] == last, line
        assert (match[1], match[2]) not in seen, line
        seen.add((match[1], match[2]))
assert len(seen) > 5
' || fail 'not the text format'
}

relax_allows_that_call()
{
	given_lacking_nginx relax
	get numbers.txt >/dev/null
	eventually has_entry e1a7c93d5f284b60a8d6027e4b91c3f5
	expect_equal sendfile "$(entry_field e1a7c93d5f284b60a8d6027e4b91c3f5 SYSCALL)"
	expect_equal '200 588895' "$(get numbers.txt)"
	# It is in the policy with its reason, in the recording, and the kernel enforces it.
	whittle verify nginx.service
	expect_status 0
	whittle show /var/lib/whittle/nginx.service.policy
	expect_output sendfile
	whittle show /run/kept.rec
	expect_output sendfile
	expect_property whittle-guard ActiveState active
}

has_status()
{
	[[ $(property whittle-guard StatusText) == "$1" ]]
}

revert_takes_it_off()
{
	given_lacking_nginx revert
	get numbers.txt >/dev/null
	eventually has_entry 93f0b5c8d1e7426a8b4c6e2f70a9d153
	expect_equal '200 588895' "$(get numbers.txt)"
	[[ $(unfiltered nginx.service) ]] || fail 'nginx has a filter still'
	in_machine test ! -e /etc/systemd/system/nginx.service.d/50-whittle.conf || fail 'the drop-in is there'
	eventually metric_is 'whittle_reactions_total{unit="nginx.service",reaction="revert"}' 1
	eventually has_status '0 units, 1 denial'
}

# A unit of our own that is denied 100,000 calls by 50 processes.
worker()
{
	machine "$m" pgrep -P "$(property nginx.service MainPID)" | tail -n 1
}

filters_of()
{
	machine "$m" sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$1/status"
}

new_worker_is_tight()
{
	local now

	now=$(worker)
	[[ $now && $now != "$1" && $(filters_of "$now") == "$2" ]]
}

# The unit's own start and reload put the lists on; of a worker that dies in between nobody knows but the guard.
a_new_worker_gets_the_serving_list()
{
	local before filters

	machine "$m" sh -c 'whittle revert --force nginx.service; rm -rf /var/lib/whittle/*; systemctl reset-failed' \
		>/dev/null 2>&1
	machine "$m" whittle apply --two-phase --settle 1s nginx.service /mnt/share/nginx.policy >/dev/null 2>"$tap_directory/err" ||
		fail "apply: $(<"$tap_directory/err")"
	machine "$m" whittle guard --on-denial report nginx.service >/dev/null
	machine "$m" systemctl restart whittle-guard
	# A worker has what its master has, and one more.
	filters=$(($(filters_of "$(property nginx.service MainPID)") + 1))
	before=$(worker)
	machine "$m" kill -KILL "$before"
	eventually new_worker_is_tight "$before" "$filters"
	expect_equal '200 588895' "$(get numbers.txt)"
	metric_is 'whittle_unit_denials_total{unit="nginx.service"}' 0 || fail 'something was denied'
}

# A watch of the guard itself, over all that the tests ask of it; or a recording of it.
watch_the_guard()
{
	if [[ ${RECORD_GUARD:-} ]]; then
		machine "$m" systemctl start whittle-guard
		# A recording ends with the unit: one after the other, until there is the file.
		machine "$m" sh -c 'while [ ! -e /mnt/share/watched ]; do
			whittle record -q --unit whittle-guard.service -o /mnt/share/guard-$((n = n + 1)).rec &
			echo $! >/mnt/share/watcher; wait; done' >"$tap_directory/watcher" 2>&1 &
	else
		machine "$m" sh -c 'echo $$ >/mnt/share/watcher; exec whittle watch --json whittle-guard.service' \
			>"$tap_directory/watched" 2>"$tap_directory/watcher" &
	fi
	watcher=$!
	# Both have the kernel's programs in place then.
	eventually in_machine sh -c 'grep -qs link_type "/proc/$(cat /mnt/share/watcher)/fdinfo/"*'
}

its_own_list_refuses_nothing()
{
	[[ $(property whittle-guard SystemCallFilter) == *inotify_add_watch* ]] || fail 'it has no list'
	machine "$m" kill -INT "$(<"$machine_share/watcher")"
	wait "$watcher" || fail "the watch ended with $?"
	# clone3 is meant to fail: the policy answers it with ENOSYS, and libcs fall back on clone.
	expect_equal '' "$(grep -v '"name": "clone3".*"action": "errno:ENOSYS"' "$tap_directory/watched")"
}

a_storm_is_counted()
{
	machine "$m" rm -rf /var/lib/whittle/storm.service
	machine_write "$m" /etc/systemd/system/storm.service <<-'END'
		[Service]
		ExecStart=/bin/sleep infinity
		ExecReload=/mnt/share/denied 0x00050001 storm 50 2000
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start storm
	under_care storm.service
	machine "$m" systemctl restart whittle-guard
	machine "$m" systemctl reload storm || fail 'the storm did not end well'
	eventually metric_is 'whittle_unit_denials_total{unit="storm.service"}' 100000
	metric_is whittle_denials_unplaced_total 0 || fail 'some are counted for the machine alone'
	metric_is whittle_bpf_missed_total 0 || fail 'a program did not run'
	expect_property whittle-guard ActiveState active
	expect_property whittle-guard NRestarts 0
}

# Of storm.service. The journal shows a field of other bytes as "[blob data]".
a_name_of_any_bytes_is_readable()
{
	machine_write "$m" /etc/systemd/system/storm.service <<-'END'
		[Service]
		ExecStart=/bin/sleep infinity
		ExecReload=/bin/sh -c 'exec "$$(printf "/run/\\\\377\\\\033[31m")" 0x00050001 once'
	END
	machine "$m" sh -c 'cp /mnt/share/denied "$(printf "/run/\377\033[31m")"; systemctl daemon-reload'
	machine "$m" systemctl reload storm || fail 'the call did not end well'
	eventually named_entry_is_there
	run machine "$m" journalctl -q -n 1 -u storm -o cat MESSAGE_ID=$denial_id
	expect_output '^storm.service: .xff.x1b.31m[[][0-9]*[]] was denied'
	expect_equal '/run/\xff\x1b[31m' "$(entry_field $denial_id TARGET_EXE)"
}

named_entry_is_there()
{
	[[ $(entry_field $denial_id TARGET_COMM) == '\xff\x1b[31m' ]]
}

# ---- attacks ----

denials_of()
{
	metric "whittle_unit_denials_total{unit=\"$1\"}"
}

denials_are()
{
	[[ $(denials_of "$1") == "$2" ]]
}

# Runs a command as nobody in a control group of any path: what a user's manager may make.
as_neighbour()
{
	machine "$m" sh -ec 'group=/sys/fs/cgroup$1; shift; mkdir -p "$group"; echo $$ >"$group/cgroup.procs"
		exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' sh "$@"
}

given_attacked_units()
{
	# A list of its own that kills, as systemd does; its whole life is a few milliseconds.
	machine_write "$m" /etc/systemd/system/quick.service <<-'END'
		[Service]
		Type=oneshot
		ExecStart=/mnt/share/denied 0x7fff0000 once
		SystemCallFilter=~getppid
	END
	machine_write "$m" /etc/systemd/system/delegating.service <<-'END'
		[Service]
		Type=oneshot
		Delegate=yes
		ExecStart=/bin/sh -ec 'group=/sys/fs/cgroup/system.slice/delegating.service/quick.service; mkdir -p $group; echo $$$$ >$group/cgroup.procs; exec /mnt/share/denied 0x00050001 times 3'
	END
	machine_write "$m" /etc/systemd/system/filler.service <<-'END'
		[Service]
		Type=oneshot
		ExecStart=/mnt/share/denied 0x00050001 fill 2000 20
	END
	machine_write "$m" /etc/systemd/system/mapper.service <<-'END'
		[Service]
		Type=oneshot
		ExecStart=/mnt/share/denied 0x00050001 mapped /run/many-symbols.so 20
	END
	# The guard makes a new state.
	machine "$m" sh -c 'systemctl daemon-reload; systemctl stop whittle-guard; rm -rf /var/lib/whittle/*; systemctl start whittle-guard'
	for unit in quick delegating filler mapper; do
		under_care $unit.service
	done
	machine "$m" systemctl restart whittle-guard
	eventually metric_is 'whittle_guarded{unit="quick.service",stage="guarded",on_denial="report"}' 1
}

a_name_is_no_identity()
{
	as_neighbour /user.slice/user-65534.slice/user@65534.service/app.slice/quick.service \
		/mnt/share/denied 0x00050001 times 3
	as_neighbour /quick.service /mnt/share/denied 0x00050001 times 3
	in_machine systemctl start delegating || fail 'the delegating unit does not start'
	eventually denials_are delegating.service 3
	denials_are quick.service 0 || fail "quick.service has $(denials_of quick.service) denials of others"
}

a_short_life_is_attributed()
{
	for _ in 1 2 3 4 5; do
		in_machine systemctl start quick
		machine "$m" systemctl reset-failed quick
	done
	eventually denials_are quick.service 5
	expect_equal kill_process "$(entry_field $denial_id ACTION)"
}

a_neighbour_fills_no_table()
{
	as_neighbour /neighbour /mnt/share/denied 0x00050001 fill 2000 20
	in_machine systemctl start delegating
	eventually denials_are delegating.service 6
	# The guarded unit itself does: its own denials are folded, and all are counted.
	in_machine systemctl start filler
	in_machine systemctl start delegating
	eventually denials_are delegating.service 9
	eventually denials_are filler.service 40000
	[[ $(metric 'whittle_unit_denials_folded_total{unit="filler.service"}') -gt 0 ]] || fail 'none is folded'
	eventually has_entry 4a9d3c7e1b5f42869c0ad8e37f61b524
	expect_equal filler.service "$(entry_field 4a9d3c7e1b5f42869c0ad8e37f61b524 UNIT)"
	metric_is 'whittle_unit_denials_folded_total{unit="delegating.service"}' 0 || fail 'others pay for it'
	metric_is whittle_denials_unplaced_total 0 || fail 'some are lost'
	expect_property whittle-guard NRestarts 0
}

the_state_is_bounded()
{
	machine "$m" cp /var/lib/whittle/state.db /mnt/share/state.db
	python3 -c 'import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
rows, total = db.execute("SELECT count(*), sum(count) FROM denial WHERE unit = \"filler.service\"").fetchone()
assert total == 40000, f"stored {total} of 40000 denials"
assert rows <= 1024, f"{rows} rows"
assert os.path.getsize(sys.argv[1]) < 4 << 20
assert db.execute("SELECT sum(count) FROM denial WHERE unit = \"delegating.service\"").fetchone()[0] == 12' \
		"$machine_share/state.db" || fail 'the state is not as it should be'
}

make_many_symbols()
{
	python3 "$SOURCE/tests/programs/many_symbols.py" "$1" "$machine_share/many-symbols.so"
	machine "$m" cp --sparse=always /mnt/share/many-symbols.so /run/many-symbols.so
	rm "$machine_share/many-symbols.so"
}

a_services_files_do_not_hurt()
{
	local count expected=0

	# So many that all are read, and so many that none is.
	for count in 1500000 40000000; do
		make_many_symbols $count
		in_machine systemctl start mapper || fail 'the mapper does not start'
		expected=$((expected + 20))
		eventually denials_are mapper.service $expected
	done
	machine "$m" rm /run/many-symbols.so
	in_machine systemctl start delegating
	eventually denials_are delegating.service 12
	expect_property whittle-guard NRestarts 0
	expect_property whittle-guard ActiveState active
	# Of the guard's own; the kernel's maps are not resident.
	(($(machine "$m" sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(property whittle-guard MainPID)/status") < 32768)) ||
		fail 'the guard took 32 MB'
}

# By filters of their own, and by another user who is in the unit's group, as a job of cron is.
only_the_own_filter_and_processes_bring_a_reaction()
{
	given_lacking_nginx revert
	machine "$m" sh -c 'echo $$ >/sys/fs/cgroup/system.slice/nginx.service/cgroup.procs
		exec /mnt/share/denied 0x00050002 times 3'
	machine "$m" sh -c 'echo $$ >/sys/fs/cgroup/system.slice/nginx.service/cgroup.procs
		exec setpriv --reuid=1000 --regid=1000 --clear-groups /mnt/share/denied 0x00050001 times 3'
	eventually metric_is 'whittle_reactions_total{unit="nginx.service",reaction="revert"}' 1
	eventually machine "$m" sh -c '! systemctl is-active -q whittle-react-nginx.service'
	[[ ! $(unfiltered nginx.service) ]] || fail 'the filter was removed'
	in_machine test -e /etc/systemd/system/nginx.service.d/50-whittle.conf || fail 'the drop-in is gone'
	machine "$m" whittle guard --on-denial report nginx.service >/dev/null
}

# Puts a unit into the state as enforced, whatever its filter is.
under_care()
{
	machine "$m" cp /var/lib/whittle/state.db /mnt/share/state.db
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("INSERT INTO unit (name, stage, reaction, two_phase, since_us, deadline_us) VALUES (?, ?, ?, 0, 1, 0)",
	(sys.argv[2], *sys.argv[3:5]))
db.commit()' "$machine_share/state.db" "$1" guarded report
	machine "$m" sh -c 'systemctl stop whittle-guard; cat /mnt/share/state.db >/var/lib/whittle/state.db; rm -f /var/lib/whittle/state.db-*'
}

has_no_client()
{
	! in_machine pgrep -x nc
}

clients_are_bounded()
{
	machine "$m" systemctl restart whittle-guard
	# Half a request each, for ever; more of them than there are places.
	machine "$m" sh -c 'for i in $(seq 40); do (printf "GET /met"; sleep 30) | nc -U "$1" >/dev/null 2>&1 & done' sh $socket
	eventually machine "$m" curl -sf --max-time 5 --unix-socket $socket -o /dev/null http://localhost/metrics
	machine "$m" pkill -x nc
	eventually has_no_client
	run machine "$m" sh -c 'head -c 100000 /dev/zero | tr "\0" a | nc -N -w 5 -U "$1" | head -n 1' sh $socket
	expect_output '^HTTP/1.1 4(00|31) '
	run machine "$m" curl -s --unix-socket $socket -o /dev/null -w '%{http_code}' http://localhost/
	expect_output 404
	run machine "$m" curl -s --unix-socket $socket -X POST -d x -o /dev/null -w '%{http_code}' http://localhost/metrics
	expect_output 405
	run machine "$m" curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9464/metrics
	expect_output 200
	expect_property whittle-guard NRestarts 0
	expect_property whittle-guard ActiveState active
}

restarts()
{
	[[ $(property whittle-guard NRestarts) == "$1" && $(property whittle-guard SubState) == running ]]
}

the_watchdog_bites()
{
	machine_write "$m" /run/systemd/system/whittle-guard.service.d/watchdog.conf <<-'END'
		[Service]
		WatchdogSec=2s
		WatchdogSignal=SIGKILL
	END
	machine "$m" sh -c 'systemctl daemon-reload; systemctl restart whittle-guard'
	machine "$m" sh -c 'kill -STOP "$(systemctl show -p MainPID --value whittle-guard)"'
	eventually restarts 1
	machine "$m" sh -c 'rm -r /run/systemd/system/whittle-guard.service.d; systemctl daemon-reload; systemctl restart whittle-guard'
}

a_restart_loses_nothing()
{
	local invocation

	given_lacking_nginx report
	invocation=$(property nginx.service InvocationID)
	machine "$m" systemctl kill -s KILL whittle-guard
	eventually restarts 1
	expect_equal "$invocation" "$(property nginx.service InvocationID)"
	whittle verify nginx.service
	expect_status 0
	get numbers.txt >/dev/null
	eventually metric_is 'whittle_unit_denials_total{unit="nginx.service"}' 1
}

reads_the_store_again()
{
	machine "$m" whittle guard --on-denial revert nginx.service >/dev/null
	eventually metric_is 'whittle_guarded{unit="nginx.service",stage="guarded",on_denial="revert"}' 1
	machine "$m" systemctl reload whittle-guard || fail 'it does not reload'
	expect_property whittle-guard ActiveState active
}

# nginx' own binary with another build-id, as an upgrade brings it; then what dpkg runs after that.
a_replaced_file_is_told_before_the_restart()
{
	local drift_id=b48e0d7f6a3c4e5290c1f3d8e7a52b96 invocation

	given_lacking_nginx report
	invocation=$(property nginx.service InvocationID)
	machine "$m" sh /mnt/source/debian/whittle.postinst triggered
	! has_entry $drift_id || fail 'it is told where nothing has changed'
	rebuild_nginx
	run machine "$m" sh /mnt/source/debian/whittle.postinst triggered
	expect_status 0
	expect_output 'nginx.service: changed since the recording'
	expect_output '^ +/usr/sbin/nginx$'
	has_entry $drift_id || fail 'no entry'
	expect_equal nginx.service "$(entry_field $drift_id UNIT)"
	[[ $(entry_field $drift_id OBJECTS) == *nginx* ]] || fail "objects: $(entry_field $drift_id OBJECTS)"
	[[ $(entry_field $drift_id SYSCALL) ]] || fail 'it names no call that the policy refuses'
	run machine "$m" journalctl -q -n 1 -x MESSAGE_ID=$drift_id
	expect_output 'Files of unit nginx.service have changed since it was recorded'
	expect_equal "$invocation" "$(property nginx.service InvocationID)"
}

# The build-id's bytes are changed in a copy, which takes the place of the file.
rebuild_nginx()
{
	machine "$m" cp /usr/sbin/nginx /mnt/share/nginx
	python3 -c '
import subprocess, sys
path = sys.argv[1]
id = next(line.split()[-1] for line in subprocess.run(["readelf", "-n", path], capture_output=True, text=True).stdout.splitlines()
	if "Build ID" in line)
data = open(path, "rb").read()
assert data.count(bytes.fromhex(id)) == 1
open(path, "wb").write(data.replace(bytes.fromhex(id), bytes(len(id) // 2)))' "$machine_share/nginx" || fail 'no build-id'
	machine "$m" sh -c 'cp /mnt/share/nginx /usr/sbin/nginx.new && mv /usr/sbin/nginx.new /usr/sbin/nginx'
}

if ((EUID != 0)); then
	cannot 'the guard watches units' 'BPF needs root'
	finish
fi
cc -O1 -pthread -o "$tap_directory/denied" "$SOURCE/tests/programs/denied.c" || system_bail 'no compiler'
m=guard
machine_boot "$m" "${SUITES:-$(system_own_suite)}"
install_guard
record_nginx
watch_the_guard
case_ 'the guard starts, and says what it watches' starts_and_says_so
case_ 'a silent denial of nginx is in the journal with its fields and catalog text, and counted' a_denial_is_told
case_ 'repeats are folded, and their counts told' repeats_are_folded
case_ 'the metrics are in the text format of Prometheus' the_format_is_prometheus
case_ 'relax: the call is learnt and allowed, and nginx serves' relax_allows_that_call
case_ 'revert: the list is taken off, and nginx serves' revert_takes_it_off
case_ 'denials by own filters, and of other users in the group, bring no reaction' \
	only_the_own_filter_and_processes_bring_a_reaction
case_ 'two phases: a worker that is forked at any time gets the serving list' a_new_worker_gets_the_serving_list
case_ 'of 100,000 denials by 50 processes of a unit each is counted' a_storm_is_counted
case_ 'a process name of any bytes is readable in the journal' a_name_of_any_bytes_is_readable
given_attacked_units
case_ "denials in another's group of the unit's name, and in a delegated one, are not the unit's" a_name_is_no_identity
case_ 'a oneshot that its filter kills at once is attributed' a_short_life_is_attributed
case_ 'a neighbour, and a unit of its own, take no room from another unit' a_neighbour_fills_no_table
case_ 'a file of 40 million symbols that is cut short while it is read neither kills nor stalls the guard' a_services_files_do_not_hurt
case_ 'of 40,000 kinds of a unit the state keeps all denials in a bounded number of rows' the_state_is_bounded
case_ 'slow, large and many clients do not keep the metrics from others' clients_are_bounded
case_ 'a guard that hangs is started anew by the watchdog' the_watchdog_bites
case_ 'a killed guard comes back, and the unit has stayed enforced' a_restart_loses_nothing
case_ 'what is chosen for a unit holds at once' reads_the_store_again
case_ 'a file that is replaced under a unit is told by the hook of an upgrade, before the restart' \
	a_replaced_file_is_told_before_the_restart
if [[ ${RECORD_GUARD:-} ]]; then
	: >"$machine_share/watched"
	machine "$m" kill -INT "$(<"$machine_share/watcher")"
	wait "$watcher"
	sed 's/^/# /' "$tap_directory/watcher"
	# Where the programs are those that were recorded; the libsystemd of Debian 13 calls getpeername().
	machine "$m" sh -ec 'whittle decide -q --level closed --portable --allow getpeername -o /mnt/share/whittle-guard.policy /mnt/share/guard-*.rec
		# What is made for an older one does not start under a newer; RestrictNamespaces= says ENOSYS to clone3 since 251.
		whittle emit systemd --systemd 257 --no-reasons -o /mnt/share/whittle-guard.conf /mnt/share/whittle-guard.policy' &&
		cp "$machine_share"/whittle-guard.{policy,conf} "$RECORD_GUARD"
else
	case_ 'the list that whittle made for the guard refuses it nothing of all that' its_own_list_refuses_nothing
fi
machine_stop "$m"
finish
