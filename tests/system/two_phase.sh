#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two phases of Debian's own nginx, redis-server, memcached and postgresql units under a real systemd:
# each is recorded, its policy applied with --two-phase, and then each process has, once it serves, the
# tighter list of its role, does all that it did before, and can neither execute programs nor change
# its user, as it finds when it tries. SERVICES names fewer of them, SUITES the Debian releases.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"
. "$(dirname "$0")/services.sh"

# memcached's threads serve before it binds, so that this stays: EBADF.
refused='^execve=1 setuid=1 bind=[19] seccomp=1$'

# The machines of the other tests, and postgresql.
system_root()
{
	system_make_root phases "$1" "$(system_packages "$1"),postgresql"
}

# A service's processes carry what tries the calls; $tries is where they may write.
prepare_tries()
{
	machine_write "$m" "/etc/systemd/system/$unit.d/10-tries.conf" <<-END
		[Service]
		Environment=LD_PRELOAD=/mnt/share/tries.so TRIES=$tries
		$([[ $service == redis ]] && echo ExecPaths=/mnt/share)
	END
	machine "$m" systemctl daemon-reload
}

# What becomes of the calls when process $1 makes them.
try_in()
{
	machine "$m" rm -f "$tries/$1"
	machine "$m" kill -s SIGRTMIN+3 "$1"
	eventually in_machine test -s "$tries/$1" || return
	machine "$m" cat "$tries/$1"
}

# ---- nginx ----

# Beside what services.sh asks of it: TLS, a dead upstream, a listing, bad requests.
prepare_more_nginx()
{
	machine_write "$m" /etc/nginx/conf.d/more.conf <<-'END'
		client_max_body_size 10m;
		server {
			listen 127.0.0.1:8443 ssl;
			listen 127.0.0.1:8082;
			ssl_certificate /etc/nginx/test.crt;
			ssl_certificate_key /etc/nginx/test.key;
			root /var/www/html;
			location /dead/ { proxy_pass http://127.0.0.1:9/; }
			location /listed/ { alias /var/www/html/; autoindex on; }
			location /passed/ { proxy_pass http://127.0.0.1:8080/; }
		}
	END
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-keyout "$machine_share/test.key" -out "$machine_share/test.crt" 2>/dev/null
	machine "$m" sh -c 'mkdir -m 1777 /tmp/tries; cp /mnt/share/test.key /mnt/share/test.crt /etc/nginx/
		sed -i "s/^worker_processes.*/worker_processes 2;/" /etc/nginx/nginx.conf
		seq 500000 >/var/www/html/large.txt'
}

nginx_serves_more()
{
	machine "$m" sh -ec '
		[ "$(curl -skf https://127.0.0.1:8443/static.txt)" = static ]
		curl -skf https://127.0.0.1:8443/numbers.txt | cmp -s - /var/www/html/numbers.txt
		curl -sf http://127.0.0.1:8082/passed/large.txt | cmp -s - /var/www/html/large.txt
		curl -sf --compressed http://127.0.0.1:8082/numbers.txt | cmp -s - /var/www/html/numbers.txt
		curl -sf http://127.0.0.1:8082/listed/ | grep -q numbers.txt
		code() { curl -s -o /dev/null -w "%{http_code}" "$@"; }
		[ "$(code http://127.0.0.1:8082/dead/)" = 502 ]
		[ "$(code -F file=@/var/www/html/large.txt http://127.0.0.1:8082/passed/static.txt)" = 405 ]
		[ "$(printf "nonsense\r\n\r\n" | nc -w 5 127.0.0.1 8082 | grep -c "400 Bad Request")" != 0 ]' ||
		fail 'nginx does not serve TLS, a proxied, compressed or listed page, or errors'
}

nginx_servers()
{
	nginx_workers
}

exercise_nginx()
{
	nginx_serves
	nginx_serves_more
	nginx_reloads
	nginx_serves_more
	nginx_reopens_its_log
}

# ---- redis, memcached ----

prepare_more_redis()
{
	:
}

redis_servers()
{
	property redis-server.service MainPID
}

exercise_redis()
{
	drive_redis
}

prepare_more_memcached()
{
	mkdir -m 1777 "$machine_share/tries"
}

memcached_servers()
{
	property memcached.service MainPID
}

exercise_memcached()
{
	drive_memcached
}

# ---- postgresql ----

prepare_postgres()
{
	# Its wrapper clears the environment but for what stands in this file.
	machine "$m" sh -c 'install -d -o postgres -m 1777 /tmp/tries-postgres
		printf "LD_PRELOAD = '\''/mnt/share/tries.so'\''\nTRIES = '\''/tmp/tries-postgres'\''\n" \
			>>/etc/postgresql/$1/main/environment
		systemctl stop postgresql@$1-main; systemctl reset-failed postgresql@$1-main' sh "$postgres_version" \
		2>/dev/null
}

prepare_more_postgres()
{
	:
}

psql()
{
	machine "$m" runuser -u postgres -- psql -qAtX -v ON_ERROR_STOP=1 "$@" 2>&1
}

postgres_answers()
{
	[[ $(psql -c 'select 1') == 1 ]]
}

postgres_servers()
{
	local master

	master=$(machine "$m" head -n 1 "/var/lib/postgresql/$postgres_version/main/postmaster.pid")
	machine "$m" pgrep -P "$master"
}

exercise_postgres()
{
	local got

	got=$(psql -c 'drop table if exists t' -c 'create table t (a int primary key, b text)' \
		-c "insert into t select i, repeat('x', 100) from generate_series(1, 50000) i" \
		-c 'create index on t (b)' -c 'vacuum analyze t' -c 'checkpoint' \
		-c 'set max_parallel_workers_per_gather = 2' -c 'select count(*) from t' \
		-c "copy t to '/tmp/tries-postgres/t.csv'" -c 'drop table t')
	grep -q '^50000$' <<<"$got" || fail "psql: $got"
	machine "$m" systemctl reload "$unit" || fail 'postgresql does not reload'
	postgres_answers || fail 'postgresql does not answer after a reload'
}

# ---- the job, for the $service, its $unit, and $tries, where its processes may write ----

records_and_decides()
{
	machine "$m" systemctl start "$unit"
	recording_begins "$unit" "/mnt/share/$service.rec"
	machine "$m" systemctl restart "$unit"
	eventually "${service}_answers"
	"exercise_$service"
	machine "$m" systemctl restart "$unit"
	eventually "${service}_answers"
	recording_ends
	run machine "$m" whittle decide --level closed "/mnt/share/$service.rec" -o "/mnt/share/$service.policy"
	expect_status 0
	expect_error 'Calls needed while serving: '
	sed 's/^/# /' <<<"$error" | head -n 2
}

# Every file of units, and of whittle's record of them.
unit_files()
{
	machine "$m" sh -c 'find /etc/systemd /run/systemd/system -exec stat -c "%n %F %a %u" {} + | sort
		find /etc/systemd /run/systemd/system -type f -exec sha256sum {} + | sort' 2>/dev/null
}

applies()
{
	machine "$m" sh -c 'mkdir -p /var/lib/whittle; systemctl start "$1"' sh "$unit"
	before=$(unit_files)
	widen=()
	# The filter of redis' own unit file has no seccomp.
	if [[ $service == redis ]]; then
		run machine "$m" whittle apply --two-phase "$unit" "/mnt/share/$service.policy"
		expect_status 65
		expect_error 'its own SystemCallFilter= denies seccomp'
		widen=(--widen)
	fi
	run machine "$m" whittle apply --two-phase "${widen[@]}" --settle 2s "$unit" "/mnt/share/$service.policy"
	expect_status 0
	expect_output 'verified: the kernel enforces the policy'
	expect_output '^serving: [0-9]+ process(es)? ha(s|ve) the serving filter of (its|their) role$'
	eventually "${service}_answers"
}

verify_says_all_are_tight()
{
	run machine "$m" whittle verify "$unit"
	[[ $status == 0 ]] && grep -qE '^serving: [0-9]+ process(es)? ha(s|ve) the serving filter of (its|their) role$' <<<"$output"
}

servers_find_powers_refused()
{
	local server got

	lines_of "${service}_servers"
	for server in ${lines[*]}; do
		got=$(try_in "$server")
		[[ $got =~ $refused ]] || fail "process $server tried, and got: $got"
		run machine "$m" whittle test "pid:$server" execve
		expect_output EPERM
	done
	# Who serves was there, and tried.
	[[ ${got:-} ]] || fail 'there is no process that serves'
}

does_all_as_before()
{
	local invocation

	invocation=$(property "$unit" InvocationID)
	"exercise_$service"
	expect_property "$unit" NRestarts 0
	expect_property "$unit" InvocationID "$invocation"
	# New processes, too, get the list of their role.
	run machine "$m" whittle attach --quiet --unit "$unit" --phase serving
	expect_status 0
	verify_says_all_are_tight || fail "verify said: $output$error"
}

# An errno may go unnoticed by all but the service; a kill does not.
does_so_where_a_refusal_kills()
{
	run machine "$m" whittle decide --level closed --default kill_process "/mnt/share/$service.rec" \
		-o "/mnt/share/$service-kill.policy"
	run machine "$m" whittle apply --two-phase "${widen[@]}" --settle 2s "$unit" "/mnt/share/$service-kill.policy"
	expect_status 0
	eventually "${service}_answers"
	does_all_as_before
	run machine "$m" sh -c 'systemctl stop "$1" && systemctl show -P Result "$1" && systemctl start "$1"' \
		sh "$unit"
	expect_output success
	machine "$m" sh -c 'journalctl -q -u "$1"; cat /var/log/nginx/error.log* /var/log/postgresql/*.log' \
		sh "$unit" 2>/dev/null | grep -E '31/SYS|signal 31' && fail 'a process was killed'
	eventually "${service}_answers"
}

reverts()
{
	local server

	run machine "$m" whittle revert "$unit"
	expect_status 0
	expect_equal "$before" "$(unit_files)"
	expect_output 'the filter is removed from'
	eventually "${service}_answers"
}

# ---- more of single services ----

# What whittle does to the processes at each start is no part of the service.
a_new_recording_holds_nothing_of_whittle()
{
	recording_begins "$unit" /mnt/share/again.rec
	machine "$m" systemctl restart "$unit"
	eventually "${service}_answers"
	recording_ends
	run machine "$m" whittle show --names /mnt/share/again.rec
	expect_status 0
	expect_output '^epoll_wait$'
	grep -E '^(ptrace|process_vm_readv)$' <<<"$output" && fail 'it holds what whittle did'
	run machine "$m" whittle show --manager --names /mnt/share/again.rec
	expect_output '^ptrace$'
}

# A policy that refuses what a process takes the second list by.
what_can_not_be_put_on_is_said_or_fails()
{
	python3 - "$machine_share/$service.policy" "$machine_share/refusing.policy" <<-'PYTHON'
		import json, sys
		policy = json.load(open(sys.argv[1]))
		policy["rules"].append({"abi": "x86_64", "name": "seccomp", "action": "errno:EPERM"})
		json.dump(policy, open(sys.argv[2], "w"))
	PYTHON
	run machine "$m" whittle apply --two-phase --settle 200ms "$unit" /mnt/share/refusing.policy
	expect_status 0
	expect_output '^serving: 0 processes .*; 1 lacks it'
	expect_property "$unit" ActiveState active
	machine "$m" journalctl -q -u "$unit" | grep -q 'keeps the whole policy: .* denies seccomp' ||
		fail 'the journal does not say so'
	run machine "$m" whittle apply --require-serving --settle 200ms "$unit" /mnt/share/refusing.policy
	expect_status 1
	expect_error 'the former state is restored'
	expect_property "$unit" ActiveState active
}

reload_confines_new_workers()
{
	local workers

	workers=$(nginx_workers)
	machine "$m" systemctl reload nginx
	eventually nginx_has_new_workers "${workers%% *}"
	eventually verify_says_all_are_tight
	servers_find_powers_refused
}

# Each of the workers is confined while wrk asks as fast as it can.
nginx_loses_no_request()
{
	machine_write "$m" "/etc/systemd/system/$unit.d/60-not-by-itself.conf" <<-'END'
		[Service]
		ExecStartPost=
	END
	machine "$m" sh -c 'systemctl daemon-reload; systemctl restart "$1"' sh "$unit"
	local filters

	eventually nginx_answers
	machine "$m" wrk -t1 -c16 -d4s http://127.0.0.1:8080/static.txt >"$tap_directory/wrk" &
	local load=$!
	eventually nginx_is_loaded
	run machine "$m" whittle attach --unit nginx --phase serving
	expect_status 0
	expect_output 'nginx/worker: serves: the filter of its role is installed'
	filters=$(filters_of_workers)
	for again in {1..20}; do
		run machine "$m" whittle attach --quiet --unit nginx --phase serving
		[[ $status == 0 ]] || fail "run $again: $error"
	done
	wait "$load"
	! grep -E 'Socket errors|Non-2xx' "$tap_directory/wrk" || fail "wrk: $(<"$tap_directory/wrk")"
	servers_find_powers_refused
	# To do it again changed nothing.
	expect_equal "$filters" "$(filters_of_workers)"
	machine "$m" sh -c 'rm "$2"; systemctl daemon-reload; systemctl restart "$1"' sh "$unit" \
		"/etc/systemd/system/$unit.d/60-not-by-itself.conf"
	eventually nginx_answers
}

filters_of_workers()
{
	for worker in $(nginx_workers); do
		machine "$m" sed -n 's/^Seccomp_filters:\t//p' "/proc/$worker/status"
	done | paste -sd ' '
}

nginx_is_loaded()
{
	machine "$m" ss -tn state established '( sport = :8080 )' 2>/dev/null | grep -q 8080 ||
		machine "$m" grep -qi ':1F90 .* 01 ' /proc/net/tcp
}

postgres_executes_no_program()
{
	local got

	got=$(psql -c 'create temp table t (a text)' -c "copy t from program 'echo ran'" -c 'table t')
	[[ $got == *'could not execute command'* && $got != *ran ]] || fail "copy from program: $got"
}

all_but_the_master_are_tight()
{
	machine "$m" whittle attach --quiet --unit "$unit" --phase serving
	run machine "$m" whittle verify "$unit"
	grep -q '^serving: 2 processes have the serving filter of their role; 1 needs the whole policy$' <<<"$output"
}

# An upgrade of the running program executes it: the master that was seen to do so keeps that.
nginx_upgrades_and_uses_threads_where_recorded()
{
	machine "$m" sh -c 'sed -i "s/listen 127.0.0.1:8082;/& aio threads; sendfile off;/" \
		/etc/nginx/conf.d/more.conf; systemctl restart nginx'
	recording_begins "$unit" "/mnt/share/upgrade.rec"
	exercise_nginx
	nginx_upgrades_its_binary
	machine "$m" systemctl restart "$unit"
	eventually nginx_answers
	recording_ends
	run machine "$m" whittle decide --level closed --default kill_process /mnt/share/nginx.rec \
		/mnt/share/upgrade.rec -o /mnt/share/upgrade.policy
	expect_status 0
	sed 's/^/# /' <<<"$error" | head -n 2
	run machine "$m" whittle apply --two-phase --settle 2s "$unit" /mnt/share/upgrade.policy
	expect_status 0
	# A worker with its threads comes to serve when it does.
	eventually all_but_the_master_are_tight
	eventually nginx_answers
	exercise_nginx
	nginx_upgrades_its_binary
	exercise_nginx
	machine "$m" sh -c 'journalctl -q -u nginx; cat /var/log/nginx/error.log*' | grep -E '31/SYS|signal 31' &&
		fail 'a process was killed'
	run machine "$m" whittle revert "$unit"
	expect_status 0
}

for suite in ${SUITES:-bookworm}; do
	m=phases-$suite
	machine_boot "$m" "$suite"
	postgres_version=$(machine "$m" ls /etc/postgresql)
	cc -shared -fPIC -O2 -D_GNU_SOURCE -o "$machine_share/tries.so" "$SOURCE/tests/programs/tries.c" ||
		system_bail 'tries.c does not build'
	while read -r service unit tries; do
		[[ " ${SERVICES:-nginx redis memcached postgres} " == *" $service "* ]] || continue
		"prepare_$service"
		"prepare_more_$service"
		prepare_tries
		case_ "$suite: $unit is recorded, and the policy tells what each role needs" records_and_decides
		case_ "$suite: $unit puts on its processes the list of their role when it starts" applies
		case_ "$suite: $unit has powers refused in the processes that serve" servers_find_powers_refused
		case_ "$suite: $unit does all that it did before" does_all_as_before
		[[ $service == nginx ]] &&
			case_ "$suite: $unit has its new workers confined after a reload" reload_confines_new_workers
		[[ $service == nginx ]] &&
			case_ "$suite: $unit loses no request while its workers are confined" nginx_loses_no_request
		if [[ $service == memcached ]]; then
			case_ "$suite: $unit recorded again holds nothing of whittle's own work" \
				a_new_recording_holds_nothing_of_whittle
			case_ "$suite: $unit runs on, or fails where asked, when a list can't be put on it" \
				what_can_not_be_put_on_is_said_or_fails
		fi
		[[ $service == postgres ]] &&
			case_ "$suite: $unit executes no program for a client" postgres_executes_no_program
		case_ "$suite: $unit does all that it did before where a refusal kills" does_so_where_a_refusal_kills
		case_ "$suite: $unit is reverted without a trace" reverts
		[[ $service == nginx ]] &&
			case_ "$suite: $unit upgrades itself and uses threads where it was seen to" \
				nginx_upgrades_and_uses_threads_where_recorded
	done <<SERVICES
nginx nginx.service /tmp/tries
redis redis-server.service /var/lib/redis
memcached memcached.service /mnt/share/tries
postgres postgresql@$postgres_version-main.service /tmp/tries-postgres
SERVICES
	machine_stop "$m"
done
finish
