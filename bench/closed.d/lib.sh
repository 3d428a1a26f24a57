# SPDX-License-Identifier: LGPL-2.1-or-later
# What the services' files share. Each sets port, stop (a signal), command, and the functions prepare
# (writes the files of the short use into the working directory), short, wide and, where the wide use
# has other files, prepare_wide. The first process is the service's own: $service_pid.

whittle=/whittle/src/whittle
work=/work
service_root=
group=$WHITTLE_INSIDE
run=$work/run
steps=/dev/null

# Within 8 s, where it is a program.
in_time()
{
	if [[ $(type -t "$1") == function ]]; then
		"$@"
	else
		timeout 8 "$@"
	fi
}

# `step COMMAND...`: runs it, and writes to the list of steps how it ended, with its last line.
step()
{
	local output status

	output=$(in_time "$@" 2>>"$work/steps.log" </dev/null)
	status=$?
	printf '%q: %d %s\n' "$*" "$status" "$(tail -n 1 <<<"${output:0:60}" | tr -d '\0')" >>"$steps"
}

# As step, for what may say something else each time: only whether it ended well.
step_quiet()
{
	in_time "$@" >>"$work/steps.log" 2>&1 </dev/null
	printf '%q: %d\n' "$*" "$?" >>"$steps"
}

pause()
{
	read -rt "$1" <> <(:)
}

# await PORT: until something listens there, within 15 s.
await()
{
	local try

	for try in {1..750}; do
		(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
		pause 0.02
	done
	echo "nothing listens on port $1" >&2
	return 1
}

# await_observer PID: until its BPF programs are attached.
await_observer()
{
	until ls -l "/proc/$1/fd" 2>/dev/null | grep -q bpf_link; do
		kill -0 "$1" 2>/dev/null || return
		pause 0.05
	done
	pause 0.4
}

await_file()
{
	local try

	for try in {1..150}; do
		[[ -e $1 ]] && return
		pause 0.02
	done
}

# await_other FILE TEXT: until FILE holds something else.
await_other()
{
	local try

	for try in {1..150}; do
		[[ -e $1 && $(<"$1") != "$2" ]] && return
		pause 0.02
	done
}

await_gone()
{
	local try

	for try in {1..250}; do
		[[ -e /proc/$1/exe ]] || return 0
		readlink "/proc/$1/exe" >/dev/null || return 0
		pause 0.04
	done
	return 1
}

end_group()
{
	local pid

	pause 0.2
	for pid in $(<"$group/cgroup.procs"); do
		kill -KILL "$pid" 2>/dev/null
	done
	for pid in {1..100}; do
		[[ $(<"$group/cgroup.procs") ]] || break
		pause 0.05
	done
}

# fetch PATH [curl option]...: prints the code and the size.
fetch()
{
	curl -s -m 5 -o /dev/null -w '%{http_code} %{size_download}\n' "http://127.0.0.1:8080$1" "${@:2}"
}

# As fetch, of pages that are not the same each time.
fetch_code()
{
	curl -s -m 5 -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:8080$1" "${@:2}"
}

signal()
{
	kill -"$1" "$service_pid"
	pause 0.4
}

web_files()
{
	mkdir -p www/list logs cache cache2 temp/put
	head -c 612 /dev/zero >www/index.html
	yes whittle | head -c 3000000 >www/large
	head -c 90000 /dev/zero >www/plain.txt
	chmod -R 777 .
}

make_certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 9 -keyout key.pem -out cert.pem
	chmod 644 key.pem
}
