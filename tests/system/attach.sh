#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A filter put on processes that run: programs that notice any change in themselves, interrupted in all
# they may be doing, a hundred times each; whittle killed at each step of its work; a loaded nginx worker
# and redis under the tighter list of serving processes.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"
. "$SOURCE/tests/system/pod-lib.sh"

if ((EUID != 0)); then
	cannot 'attach' 'reading filters back needs root'
	finish
fi
pods_alone -nm "$@"
program=$tap_directory/attach_target
policy=$tap_directory/policy
started=()

cleanup()
{
	{
		((${#started[@]})) && kill -KILL "${started[@]}"
		kill -KILL $(jobs -p)
		wait
	} 2>/dev/null
	pods_end
	rm -rf "$tap_directory"
}
trap cleanup EXIT

# All is allowed but getppid and mkdir, which gives the target's life no reason to end.
write_policy()
{
	cat >"$policy" <<-'POLICY'
		{ "format": "whittle-policy", "version": 1, "abis": ["x86_64"], "default": "allow", "foreign": "allow",
		  "rules": [ { "abi": "x86_64", "name": "getppid", "action": "errno:EPERM" },
		             { "abi": "x86_64", "name": "mkdir", "action": "errno:EPERM" } ] }
	POLICY
}

# Starts the program in a life, as a user; $pid. It is ready when it says so.
start_life()
{
	local out=$tap_directory/out.$RANDOM

	mkfifo "$out"
	"${as[@]}" "$program" "$@" >"$out" 2>"$tap_directory/complaint" &
	pid=$!
	started+=("$pid")
	read -r <"$out"
}

ends_well()
{
	kill -CONT "$pid"
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	[[ $status == 0 ]] || fail "the program ended with $status: $(cat "$tap_directory/complaint")"
}

filters_of()
{
	sed -n 's/^Seccomp_filters:\t//p' "/proc/$1/status"
}

hundred_times()
{
	local count

	start_life "$@"
	for ((count = 0; count < 100; count++)); do
		run "$WHITTLE" attach --quiet --policy "$policy" --pid "$pid"
		[[ $status == 0 ]] || { fail "run $count: $error"; break; }
	done
	expect_equal 100 "$(filters_of "$pid")"
	ends_well
}

stays_stopped()
{
	local count

	start_life read
	kill -STOP "$pid"
	while ! grep -q 'State:.*T (stopped)' "/proc/$pid/status"; do :; done
	for ((count = 0; count < 100; count++)); do
		run "$WHITTLE" attach --quiet --policy "$policy" --pid "$pid"
		[[ $status == 0 ]] || { fail "run $count: $error"; break; }
		grep -q 'State:.*T (stopped)' "/proc/$pid/status" ||
			{ fail "run $count: the process is not stopped any more"; break; }
	done
	expect_equal 100 "$(filters_of "$pid")"
	ends_well
}

# Another PID namespace, another root, a run-time's filter, and no CAP_SYS_ADMIN.
in_a_container()
{
	local directory=$tap_directory/container container count

	mkdir -p "$directory/root"
	chmod 755 "$tap_directory" "$directory" "$directory/root"
	cc -O2 -static -D_GNU_SOURCE -pthread -o "$directory/root/attach_target" \
		"$SOURCE/tests/programs/attach_target.c" || { fail 'the target does not build'; return; }
	mkfifo "$directory/out"
	own_podman --runtime runc run --cgroup-parent "/$group" \
		--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --pids-limit -1 --rm --network none \
		--pidfile "$directory/pid" --rootfs "$directory/root" /attach_target threads 20 \
		>"$directory/out" 2>"$tap_directory/complaint" &
	container=$!
	read -r -t 30 <"$directory/out" || { fail "no container: $(cat "$tap_directory/complaint")"; return; }
	pid=$(cat "$directory/pid")
	started+=("$pid")
	grep -qE '^NSpid:.*\b1$' "/proc/$pid/status" || fail 'it is in no PID namespace of its own'
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 0
	expect_output 'no_new_privs was set'
	for ((count = 1; count < 100; count++)); do
		run "$WHITTLE" attach --quiet --policy "$policy" --pid "$pid"
		[[ $status == 0 ]] || { fail "run $count: $error"; break; }
	done
	# And the run-time's own.
	expect_equal 101 "$(filters_of "$pid")"
	kill -TERM "$pid"
	wait "$container" || fail "the program ended with $?: $(cat "$tap_directory/complaint")"
}

sets_no_new_privs_where_it_must()
{
	as=(setpriv --reuid 65534 --clear-groups --inh-caps=-all)
	start_life read
	as=()
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 0
	expect_output 'no_new_privs was set'
	grep -q '^NoNewPrivs:.*1' "/proc/$pid/status" || fail 'no_new_privs is not set'
	ends_well
}

refuses_a_foreign_stack()
{
	start_life coroutine
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 75
	expect_error 'on its own stack'
	expect_equal 0 "$(filters_of "$pid")"
	ends_well
}

# strace kills whittle (its tracing child, too) at the Nth call of a kind, for each N that there is.
survives_a_kill_at_each_step()
{
	local call when kills=0

	start_life "$1"
	for call in ptrace process_vm_readv process_vm_writev wait4 waitid poll; do
		for ((when = 1; when < 400; when++)); do
			# In a subshell, which keeps its shell's remark on the death to itself.
			(strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$when" \
				"$WHITTLE" attach --policy "$policy" --pid "$pid" >"$tap_directory/attached") \
				2>/dev/null
			grep -q confined "$tap_directory/attached" && break
			kills=$((kills + 1))
			grep -qE 'State:.*[SRD] ' "/proc/$pid/status" ||
				{ fail "killed at $call $when: $(grep State "/proc/$pid/status")"; return; }
		done
	done
	((kills > 50)) || fail "only $kills kills happened"
	ends_well
}

says_why_not()
{
	run "$WHITTLE" attach --policy "$policy" --pid 4194305
	expect_status 66
	expect_error 'no process 4194305'
	run "$WHITTLE" attach --policy "$policy" --pid 2
	expect_status 69
	expect_error 'kernel thread'
	run "$WHITTLE" attach --policy "$policy" --pid zwei
	expect_status 65
	start_life read
	strace -qq -o /dev/null -p "$pid" &
	local tracer=$!
	while grep -q '^TracerPid:.*\b0$' "/proc/$pid/status"; do :; done
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 75
	expect_error "traced by process $tracer"
	kill "$tracer"
	wait "$tracer" 2>/dev/null
	ends_well
}

refuses_what_a_filter_forbids()
{
	local tight=$tap_directory/tight

	sed 's/"getppid"/"seccomp"/' "$policy" >"$tight"
	start_life read
	run "$WHITTLE" attach --policy "$tight" --pid "$pid"
	expect_status 0
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 69
	expect_error 'under a filter that denies seccomp'
	ends_well
	# Who has no CAP_SYS_ADMIN must also be able to call prctl, for no_new_privs.
	chmod 755 "$tap_directory"
	sed 's/"getppid"/"prctl"/' "$policy" >"$tight"
	as=("$WHITTLE" exec --policy "$tight" -- chroot --userspec=65534:65534 --skip-chdir /)
	start_life read
	as=()
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 69
	expect_error 'under a filter that denies prctl\(PR_SET_NO_NEW_PRIVS\)'
	ends_well
}

refuses_32_bit_code()
{
	printf '#include <unistd.h>\nint main(void) { write(1, "ready\\n", 6); for (;;) pause(); }\n' \
		>"$tap_directory/c.c"
	cc -m32 -static -o "$tap_directory/32bit" "$tap_directory/c.c" || { fail 'no -m32'; return; }
	"$tap_directory/32bit" >/dev/null &
	pid=$!
	started+=("$pid")
	sleep 0.2
	run "$WHITTLE" attach --policy "$policy" --pid "$pid"
	expect_status 69
	expect_error '32-bit|x86-64'
	kill -0 "$pid" || fail 'the process is dead'
	kill -KILL "$pid"
}

# A worker with requests in flight is confined a hundred times: wrk must not see one fail.
nginx_loses_no_request()
{
	local directory=$tap_directory/nginx worker count

	mkdir -p "$directory" && chmod 755 "$tap_directory" "$directory" && echo hello >"$directory/index.html"
	cat >"$directory/conf" <<-CONF
		worker_processes 1; pid $directory/pid; error_log $directory/error.log;
		events { worker_connections 256; }
		http { access_log off; client_body_temp_path $directory/t1; proxy_temp_path $directory/t2;
		fastcgi_temp_path $directory/t3; uwsgi_temp_path $directory/t4; scgi_temp_path $directory/t5;
		server { listen 127.0.0.1:18431; root $directory; } }
	CONF
	PATH=$PATH:/usr/sbin timeout 60 "$WHITTLE" record -q -o "$directory/rec" -- nginx -c "$directory/conf" -g 'daemon off;' &
	local recorder=$!
	for ((i = 0; i < 300; i++)); do curl -sf -o /dev/null http://127.0.0.1:18431/ && break; sleep 0.1; done
	kill -QUIT "$(cat "$directory/pid")"
	wait "$recorder"
	run "$WHITTLE" decide --level observed -o "$directory/policy" "$directory/rec"
	expect_status 0
	PATH=$PATH:/usr/sbin nginx -c "$directory/conf"
	started+=("$(cat "$directory/pid")")
	for ((i = 0; i < 300; i++)); do curl -sf -o /dev/null http://127.0.0.1:18431/ && break; sleep 0.1; done
	worker=$(pgrep -P "$(cat "$directory/pid")")
	wrk -t1 -c8 -d8s http://127.0.0.1:18431/ >"$directory/wrk" &
	local load=$!
	for ((count = 0; count < 100; count++)); do
		run "$WHITTLE" attach -q --policy "$policy" --pid "$worker"
		[[ $status == 0 ]] || { fail "run $count: $error"; break; }
	done
	run "$WHITTLE" attach --policy "$directory/policy" --phase serving --pid "$worker"
	expect_status 0
	wait "$load"
	! grep -E 'Socket errors|Non-2xx' "$directory/wrk" || fail "wrk: $(cat "$directory/wrk")"
	expect_equal 101 "$(filters_of "$worker")"
	expect_equal hello "$(curl -s http://127.0.0.1:18431/)"
	# The worker keeps what serving takes; what only its start took is refused.
	run "$WHITTLE" test "pid:$worker" setuid,0
	expect_output 'EPERM'
	run "$WHITTLE" test "pid:$worker" execve
	expect_output 'EPERM'
	run "$WHITTLE" test "pid:$worker" epoll_wait
	expect_output 'allow'
	kill -QUIT "$(cat "$directory/pid")"
}

redis_answers_all()
{
	local count answers

	redis-server --port 18432 --save '' --dir "$tap_directory" --bind 127.0.0.1 >/dev/null &
	pid=$!
	started+=("$pid")
	for ((i = 0; i < 300; i++)); do redis-cli -p 18432 ping >/dev/null 2>&1 && break; sleep 0.1; done
	redis-benchmark -p 18432 -t incr -n 300000 -q >"$tap_directory/load" &
	local load=$!
	for ((count = 0; count < 100; count++)); do
		run "$WHITTLE" attach -q --policy "$policy" --pid "$pid"
		[[ $status == 0 ]] || { fail "run $count: $error"; break; }
	done
	wait "$load" || fail 'redis-benchmark failed'
	answers=$(redis-cli -p 18432 get counter:__rand_int__)
	expect_equal 300000 "$answers"
	kill "$pid"
	wait "$pid"
}

as=() podman_seconds=900
write_policy
cc -O2 -D_GNU_SOURCE -pthread -o "$program" "$SOURCE/tests/programs/attach_target.c" ||
	{ echo 'Bail out! the target does not build'; exit 1; }
case_ 'a computing process goes on, 100 times' hundred_times compute
case_ 'a blocking read goes on, 100 times' hundred_times read
case_ 'sleeps last their time, 100 times' hundred_times sleep
case_ 'a wait on a futex goes on, 100 times' hundred_times futex
case_ 'reads that signals interrupt are interrupted, 100 times' hundred_times signals
case_ 'a program of 200 threads goes on, 100 times' hundred_times threads 200
case_ 'a stopped process stays stopped, 100 times' stays_stopped
if command -v podman runc >/dev/null; then
	case_ 'a program in a container goes on, 100 times' in_a_container
fi
case_ 'no_new_privs is set where the kernel demands it, and said' sets_no_new_privs_where_it_must
case_ 'a stack amid other data is not touched' refuses_a_foreign_stack
for life in read sleep compute; do
	case_ "killed at any step, whittle leaves a process in '$life' as it was" \
		survives_a_kill_at_each_step "$life"
done
case_ 'what can not be done is refused with the reason' says_why_not
case_ 'a present filter that refuses seccomp is found before' refuses_what_a_filter_forbids
case_ '32-bit code is refused' refuses_32_bit_code
case_ 'a loaded nginx worker loses no request, and serves by the tighter list' nginx_loses_no_request
case_ 'a loaded redis answers every request' redis_answers_all
finish
