#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A recording of nginx against two independent tracers. In the same run the kernel's own
# raw_syscalls events must give the same count for each number, exactly; in a second run of the same
# requests strace must see the same set of calls.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

if ((EUID != 0)); then
	cannot 'recording nginx' 'needs root'
	finish
fi
alone -nm "$@"
trace=/sys/kernel/tracing
# The instance is the kernel's, and would outlive the mounts.
trap 'rmdir "$trace/instances/whittle-$$" 2>/dev/null; rm -rf "$tap_directory"' EXIT

make_site()
{
	site=$tap_directory/site
	mkdir -p "$site/files"
	chmod 755 "$tap_directory" "$site" "$site/files"
	head -c 612 /dev/zero | tr '\0' x >"$site/files/small"
	head -c 1000000 /dev/zero >"$site/files/large"
	cat >"$site/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		pid $site/pid;
		error_log $site/error.log;
		events { worker_connections 64; }
		http {
			access_log $site/access.log;
			sendfile on;
			client_body_temp_path $site/t1; proxy_temp_path $site/t2; fastcgi_temp_path $site/t3;
			uwsgi_temp_path $site/t4; scgi_temp_path $site/t5;
			server {
				listen 127.0.0.1:8080;
				root $site/files;
				location /proxied/ { proxy_pass http://127.0.0.1:8081/; }
			}
			server { listen 127.0.0.1:8081; root $site/files; }
		}
	END
}

fetch()
{
	curl -sf --max-time 10 -o /dev/null "http://127.0.0.1:8080$1"
}

workers()
{
	pgrep -P "$(<"$site/pid")" | sort | paste -sd ' '
}

workers_changed()
{
	local now

	now=$(workers)
	[[ $now && $now != *"${before% *}"* && $now != *"${before#* }"* && $(wc -w <<<"$now") == 2 ]]
}

# The same requests and signals, whoever watches.
drive()
{
	local i before

	await fetch /small
	for i in 1 2 3; do
		fetch /small
		fetch /large
		fetch /proxied/small
		curl -s -o /dev/null "http://127.0.0.1:8080/missing"
		curl -s -o /dev/null -X POST -d data "http://127.0.0.1:8080/small"
	done
	before=$(workers)
	kill -HUP "$(<"$site/pid")"
	await workers_changed
	await fetch /small
	mv "$site/access.log" "$site/access.log.old"
	kill -USR1 "$(<"$site/pid")"
	await test -e "$site/access.log"
	fetch /proxied/small
	kill -QUIT "$(<"$site/pid")"
}

# Prints "number count" of what the recording has of nginx.
recorded()
{
	python3 - "$1" <<-'PYTHON'
		import collections, json, sys
		run = json.load(open(sys.argv[1]))["runs"][0]
		counts = collections.Counter()
		for call in run["calls"]:
		    if run["processes"][call["process"]]["executable"].endswith("/nginx"):
		        counts[call["nr"]] += call["count"]
		print("\n".join(f"{nr} {count}" for nr, count in sorted(counts.items())))
		sys.exit(any(run["lost"].values()))
	PYTHON
}

equals_the_kernels_events_call_by_call()
{
	local instance=$trace/instances/whittle-$$ recorder

	mountpoint -q "$trace" || mount -t tracefs none "$trace" 2>/dev/null
	if [[ ! -d $trace/events/raw_syscalls ]]; then
		fail 'tracefs has no raw_syscalls events'
		return
	fi
	mkdir "$instance" || { fail 'no tracing instance'; return; }
	echo 16384 >"$instance/buffer_size_kb"
	# This shell and what it starts: other nginxes may run on this machine.
	echo 1 >"$instance/options/event-fork"
	echo $$ >"$instance/set_event_pid"
	echo 1 >"$instance/events/raw_syscalls/sys_enter/enable"
	"$WHITTLE" record -qo "$tap_directory/nginx.rec" -- nginx -c "$site/nginx.conf" &
	recorder=$!
	drive
	wait "$recorder"
	expect_equal 0 $?
	echo 0 >"$instance/tracing_on"
	grep -h '^overrun:' "$instance"/per_cpu/cpu*/stats | grep -qv ': 0$' && fail 'the trace buffer was too small'
	# The name is the one that a process had last: what it called before its execve was not nginx.
	sed -nE 's/^ *nginx-([0-9]+) .* sys_enter: NR (-?[0-9]+) .*/\1 \2/p' "$instance/trace" | awk '
		{ pid[NR] = $1; nr[NR] = $2; if ($2 == 59) began[$1] = NR }
		END {
			for (i = 1; i <= NR; i++) if (i > began[pid[i]]) count[nr[i]]++
			for (n in count) print n, count[n]
		}' | sort >"$tap_directory/events"
	rmdir "$instance"
	recorded "$tap_directory/nginx.rec" | sort >"$tap_directory/recorded" || fail 'the recording has losses'
	(($(wc -l <"$tap_directory/recorded") > 40)) || fail "only $(wc -l <"$tap_directory/recorded") calls"
	diff "$tap_directory/events" "$tap_directory/recorded" >"$tap_directory/diff" ||
		fail "events (<) and recording (>) differ in 'number count': $(cat "$tap_directory/diff")"
	echo "# $(wc -l <"$tap_directory/recorded") calls, $(awk '{ n += $2 } END { print n }' "$tap_directory/recorded") times, the same in both"
}

equals_straces_set()
{
	local tracer

	rm -f "$site"/*.log "$site"/*.old
	strace -f -o "$tap_directory/strace" nginx -c "$site/nginx.conf" &
	tracer=$!
	drive
	wait "$tracer"
	# All but the execve of nginx itself, which the recording has under the program that made it.
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$tap_directory/strace" | grep -vx execve | sort -u \
		>"$tap_directory/strace.names"
	python3 - "$tap_directory/nginx.rec" <<-'PYTHON' >"$tap_directory/recorded.names"
		import json, sys
		run = json.load(open(sys.argv[1]))["runs"][0]
		print("\n".join(sorted({call["name"] for call in run["calls"]
		    if run["processes"][call["process"]]["executable"].endswith("/nginx")})))
	PYTHON
	diff "$tap_directory/strace.names" "$tap_directory/recorded.names" >"$tap_directory/diff" ||
		fail "strace (<) and recording (>) differ: $(cat "$tap_directory/diff")"
	echo "# $(wc -l <"$tap_directory/recorded.names") names, the same in both"
}

for tool in nginx strace curl; do
	if ! command -v "$tool" >/dev/null; then
		cannot 'recording nginx' "$tool is not installed"
		finish
	fi
done
make_site
case_ "a recording has the kernel's own events, call by call" equals_the_kernels_events_call_by_call
case_ 'strace sees the same calls in a second run' equals_straces_set
finish
