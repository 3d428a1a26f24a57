# SPDX-License-Identifier: LGPL-2.1-or-later
# What the suites' files share. Each sets
#
#	port, stop	what the service listens on, and the signal that ends it
#	command		the service as it is recorded, in the foreground
#	source		Debian's source package, whose tree the suite runs in, or nothing
#	processes	what the daemon's processes are called
#
# and the functions prepare (files of the short use, into the working directory), short, prepare_suite (in the tree:
# helpers that the suite needs, and `wrap` for the daemon) and run_suite, which writes a line "ok NAME" or
# "not ok NAME" to $results for each test. The first process is the service's own: $service_pid. UNITS, where it is
# set, names the tests that are to run.
# shellcheck disable=SC2034

work=/work
whittle=$work/whittle
run=$work/run
suite_tree=$work/suite
results=$work/results
group=$WHITTLE_INSIDE

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

# await_gone PID: within 10 s.
await_gone()
{
	local try

	for try in {1..250}; do
		readlink "/proc/$1/exe" >/dev/null 2>&1 || return 0
		pause 0.04
	done
	return 1
}

end_group()
{
	local pid try

	pause 0.2
	for try in {1..100}; do
		[[ $(<"$group/cgroup.procs") ]] || return 0
		for pid in $(<"$group/cgroup.procs"); do
			kill -KILL "$pid" 2>/dev/null
		done
		pause 0.05
	done
}

# fetch PATH [curl option]...
fetch()
{
	curl -s -m 5 -o /dev/null "http://127.0.0.1:8080$1" "${@:2}"
}

signal()
{
	kill -"$1" "$service_pid"
	pause 0.4
}

web_files()
{
	mkdir -p www/list logs cache temp
	head -c 612 /dev/zero >www/index.html
	printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; echo "$REQUEST_METHOD"; cat\n' >www/a.cgi
	chmod -R 777 .
}

# `wrap PATH BINARY`: at PATH a script that becomes BINARY, under the policy where there is one to enforce.
wrap()
{
	rm -f "$1"
	cat >"$1" <<-END
		#!/bin/sh
		echo >>$work/starts
		[ -e $work/enforced ] || exec $2 "\$@"
		exec $whittle exec --policy $work/enforced -- $2 "\$@"
	END
	chmod 755 "$1"
}

# `wrap_installed PATH`: for suites that know the installed program by its path; it moves to $work/real.
wrap_installed()
{
	local real=$work/real/${1##*/}

	mkdir -p "$work/real"
	[[ -e $real ]] || cp -a "$1" "$real"
	wrap "$1" "$real"
}

# Reads TAP of the test file $1, and writes what passed and failed.
tap_results()
{
	awk -v file="$1" '
		/^ *(not )?ok [0-9]+/ && !/# *([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo])/ {
			said = /^ *not/ ? "not ok" : "ok"
			sub(/^ *(not )?ok /, "")
			# Some files come to their tests in another order each time.
			sub(/^[0-9]+ - /, "")
			# And some have what they draw at random in their names.
			gsub(/[A-Z][A-Z][A-Z][A-Z][A-Z][A-Z][A-Z][A-Z]+/, "X"); gsub(/[0-9][0-9][0-9][0-9]+/, "N")
			said = substr(said " " file " " $0, 1, 120)
			print said
		}' >>"$results"
}

# `ends_well NAME STATUS`: whether a file of tests came to its end, which is one more test.
ends_well()
{
	if (($2 == 0)); then
		echo "ok $1 ends well"
	else
		echo "not ok $1 ends well"
	fi >>"$results"
}

# `prove_files FILE...`: Perl tests, each within 5 minutes.
prove_files()
{
	local file

	for file; do
		timeout 300 perl -I. "$file" 2>>"$work/suite.log" | tr -d '\r' | tap_results "$file"
		ends_well "$file" "${PIPESTATUS[0]}"
	done
}

# `ended NAME COMMAND...`: a test that tells by its exit status; 77 is a test that was skipped.
ended()
{
	local name=$1 status
	shift

	echo "== $name" >>"$work/suite.log"
	timeout 180 "$@" >>"$work/suite.log" 2>&1 </dev/null
	status=$?
	case $status in
	0) echo "ok $name" ;;
	77) ;;
	*) echo "not ok $name" ;;
	esac >>"$results"
}
