# SPDX-License-Identifier: LGPL-2.1-or-later
# What the services' files share. Each sets
#
#	packages	Debian's, of the service and of the clients that only this one needs
#	port, stop	what it listens on, and the signal that ends it
#	command		the service, in the foreground
#
# and the functions prepare (writes the files of the short use into the working directory), short, wide and,
# where the wide use has other files, prepare_wide; is_ready where it has no TCP port. The first process is the
# service's own: $service_pid.
#
# A file is read once for each build of the service that is measured: with service_root where another Debian
# has its files, with musl=/musl where it is the build against musl, of which musl_command is the command.
#
# Nothing waits for long: each step and each wait has a limit of its own, a use of the service has one for all
# ($deadline), and whoever waits for a service that has ended gives up at once.

whittle=/whittle/src/whittle
work=/work
: "${service_root:=}" "${musl:=}"
group=$WHITTLE_INSIDE
run=$work/run
steps=/dev/null
deadline=$((SECONDS + 3600))
service_job=

# In the root of the service under test.
in_root()
{
	if [[ $service_root ]]; then
		chroot "$service_root" "$@"
	else
		"$@"
	fi
}

is_over()
{
	((SECONDS >= deadline))
}

has_ended()
{
	[[ $service_job && ! -e /proc/$service_job && ! $(<"$group/cgroup.procs") ]]
}

# Within 8 s, where it is a program.
in_time()
{
	if [[ $(type -t "$1") == function ]]; then
		"$@"
	else
		timeout -k 1 8 "$@"
	fi
}

# Whether a step is still to be done; else its line says that it was not.
may_step()
{
	if is_over; then
		printf '%q: no time\n' "$*"
	elif has_ended; then
		printf '%q: the service has ended\n' "$*"
	else
		return 0
	fi >>"$steps"
	return 1
}

# `step COMMAND...`: runs it, and writes to the list of steps how it ended, with its last line.
step()
{
	local output status

	may_step "$@" || return
	output=$(in_time "$@" 2>>"$work/steps.log" </dev/null)
	status=$?
	printf '%q: %d %s\n' "$*" "$status" "$(tail -n 1 <<<"${output:0:60}" | tr -d '\0')" >>"$steps"
}

# As step, for what may say something else each time: only whether it ended well.
step_quiet()
{
	may_step "$@" || return
	in_time "$@" >>"$work/steps.log" 2>&1 </dev/null
	printf '%q: %d\n' "$*" "$?" >>"$steps"
}

pause()
{
	is_over || has_ended || read -rt "$1" <> <(:)
}

# await_true SECONDS COMMAND...: until it succeeds.
await_true()
{
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		((SECONDS > end)) || is_over || has_ended && return 1
		read -rt 0.02 <> <(:)
	done
	return 0
}

listens()
{
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# await PORT: until something listens there.
await()
{
	await_true 10 listens "$1"
}

# Until the service answers.
await_service()
{
	if [[ $(type -t is_ready) ]]; then
		await_true 10 is_ready
	else
		await "$port"
	fi
}

has_attached()
{
	ls -l "/proc/$1/fd" 2>/dev/null | grep -q bpf_link
}

# await_recorder PID: until its BPF programs are attached.
await_recorder()
{
	await_true 40 has_attached "$1"
	read -rt 0.4 <> <(:)
}

# await_watch FILE: until the watch has said there that it watches.
await_watch()
{
	await_true 90 grep -q 'watching through BPF' "$1"
}

# await_gone PID: until it has ended, within 10 s, whatever the deadline.
await_gone()
{
	local try

	for try in {1..250}; do
		[[ -e /proc/$1/exe ]] || return 0
		readlink "/proc/$1/exe" >/dev/null || return 0
		read -rt 0.04 <> <(:)
	done
	return 1
}

end_group()
{
	local pid

	read -rt 0.2 <> <(:)
	for pid in $(<"$group/cgroup.procs"); do
		kill -KILL "$pid" 2>/dev/null
	done
	for pid in {1..100}; do
		[[ $(<"$group/cgroup.procs") ]] || break
		read -rt 0.05 <> <(:)
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

# www/a.cgi, which executes programs of its own.
make_script()
{
	printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; echo "$REQUEST_METHOD"; cat\n' >www/a.cgi
	chmod 755 www/a.cgi
}

make_certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 9 -keyout key.pem -out cert.pem
	chmod 644 key.pem
}
