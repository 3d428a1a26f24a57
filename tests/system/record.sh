#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the recorder promises, on this machine's kernel: no call of a target is missed, whoever makes
# it and however the process came to be; each is counted under its own ABI, program and phase; and a
# recording is written whole however it ends.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

if ((EUID != 0)); then
	cannot 'recording' 'needs root'
	finish
fi
programs=$tap_directory/programs
mkdir -p "$programs"
calls=$programs/calls abi_calls=$programs/abi_calls
cc -O1 -pthread -o "$calls" "$SOURCE/tests/programs/calls.c" &&
	cc -O1 -o "$abi_calls" "$SOURCE/tests/programs/abi_calls.c" &&
	cc -O1 -pthread -o "$programs/denied" "$SOURCE/tests/programs/denied.c" &&
	cc -O1 -m32 -o "$programs/calls32" -pthread "$SOURCE/tests/programs/calls.c" ||
	{ echo "Bail out! the programs under test do not build"; exit 1; }

# check FILE 'PYTHON': the expression must hold; it has run, calls (non-manager), and the functions
# below. What does not hold is printed with the names that the expression uses.
check()
{
	python3 - "$1" "$2" <<'PYTHON' || fail "in $1: $2"
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
processes, lost = run["processes"], run["lost"]
calls = [c for c in run["calls"] if not processes[c["process"]]["manager"]]
manager = [c for c in run["calls"] if processes[c["process"]]["manager"]]

def program(call):
    return processes[call["process"]]["executable"].rsplit("/", 1)[-1]

def count(nr, abi="x86_64", phase=None, by=None, of=calls, depth=None):
    return sum(c["count"] for c in of if c["nr"] == nr and c["abi"] == abi
               and phase in (None, c["phase"]) and by in (None, program(c))
               and depth in (None, processes[c["process"]]["depth"]))

def named(name, abi="x86_64", of=calls):
    return sum(c["count"] for c in of if c["name"] == name and c["abi"] == abi)

def marks(abi="x86_64", of=calls):
    result = {}
    for c in of:
        if c["abi"] == abi and 2000 <= c["nr"] < 10000:
            result[c["nr"] - 2000] = result.get(c["nr"] - 2000, 0) + c["count"]
    return result

def tuples(name):
    return {tuple(v["value"]) for c in calls if c["name"] == name for v in c["arguments"]["values"]}

if not eval(sys.argv[2]):
    print("# marks:", str(marks())[:300], "lost:", lost, "ended:", run["ended"])
    print("# calls:", str([(c["abi"], c["name"], c["phase"], program(c), c["count"]) for c in calls])[:1500])
    sys.exit(1)
PYTHON
}

# Waits until FILE has a line that matches, within 20 s.
await_line()
{
	timeout 60 grep -qm1 -- "$2" <(tail -n +1 -F "$1" 2>/dev/null) || fail "no line '$2' in $1: $(cat "$1")"
}

# Waits until a recorder holds its BPF links, and so has attached everything: it marks its target
# then, which the sys_enter link comes just before.
await_recorder()
{
	local deadline=$((SECONDS + 60))

	until [[ $(readlink /proc/"$1"/fd/* 2>/dev/null | grep -c 'bpf.link\|bpf_link') -ge ${2:-3} ]]; do
		kill -0 "$1" 2>/dev/null && ((SECONDS < deadline)) || { fail 'the recorder did not start'; return 1; }
		read -rt 0.02 <> <(:)
	done
	read -rt 0.3 <> <(:)
}

# ---- nobody is missed ----

counts_each_child_once()
{
	run "$WHITTLE" record -qo "$tap_directory/$1.rec" -- "$calls" "$1" 1000
	expect_status 0
	expect_no_error
	check "$tap_directory/$1.rec" 'marks() == {i: 1 for i in range(1000)} and not any(lost.values())'
}

counts_32_bit_children()
{
	run "$WHITTLE" record -qo "$tap_directory/32.rec" -- "$programs/calls32" fork 300
	check "$tap_directory/32.rec" 'marks("i386") == {i: 1 for i in range(300)} and marks() == {} and named("waitpid", "i386") + named("wait4", "i386") == 300'
	check "$tap_directory/32.rec" '{c["abi"] for c in calls} == {"i386"}'
}

follows_a_thread_that_executes()
{
	run "$WHITTLE" record -qo "$tap_directory/exec.rec" -- "$calls" thread-exec "$calls" thread-exec "$calls" mark 7
	check "$tap_directory/exec.rec" 'marks() == {0: 2, 1: 2, 7: 1} and count(2007, phase="startup", depth=0) == 1'
}

follows_a_chain_of_programs()
{
	run "$WHITTLE" record -qo "$tap_directory/chain.rec" -- \
		env sh -c "exec env '$calls' mark 3"
	check "$tap_directory/chain.rec" 'marks() == {3: 1} and {program(c) for c in calls} >= {"env", "calls"}'
	check "$tap_directory/chain.rec" 'count(2003, by="calls") == 1 and count(59, by="env") > 0 and count(59, by="calls") == 0'
}

tells_abis_apart()
{
	run "$WHITTLE" record -qo "$tap_directory/abi.rec" -- "$abi_calls"
	check "$tap_directory/abi.rec" 'named("getppid") == 1000 and named("getppid", "i386") == 500 and named("getppid", "x32") == 250'
	check "$tap_directory/abi.rec" 'named("mkdir", "i386") == 1 and named("mkdir") == named("getpid") == named("getpid", "i386") == 0'
}

# Starts a process that sets each trap where the recorder reads, and records it. It must end in time,
# within 256 MB, and read nothing from the trap.
reads_no_trap_of_a_target()
{
	local root=$tap_directory/trapped trap pid kind

	case $1 in
	os-release) trap='fifo zero endless outside' ;;
	library) trap=library ;;
	esac
	# Static: the only C library that it maps is the trap.
	cc -O1 -static -xc -o "$programs/trapped" - <<-'END' || fail 'the program under test does not build'
		#include <fcntl.h>
		#include <sys/mman.h>
		#include <unistd.h>
		int main(int argc, char *argv[])
		{
			int fd;

			if (argc < 2 || chroot(argv[1]) < 0 || chdir("/") < 0)
				return 1;
			fd = open("/libc.so.6", O_RDONLY);
			if (fd >= 0 && mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
				return 1;
			close(open("/ready", O_CREAT | O_WRONLY, 0600));
			for (;;)
				usleep(100000);
		}
	END
	printf 'PRETTY_NAME="outside of the root"\n' >"$tap_directory/outside"
	for kind in $trap; do
		rm -rf "$root"
		mkdir -p "$root/etc" "$root/$tap_directory"
		printf 'PRETTY_NAME="inside of the root"\n' >"$root/$tap_directory/outside"
		case $kind in
		fifo) mkfifo "$root/etc/os-release" ;;
		zero) mknod "$root/zero" c 1 5 && ln -s ../zero "$root/etc/os-release" ;;
		endless) truncate -s 30G "$root/etc/os-release" ;;
		outside) ln -s "$tap_directory/outside" "$root/etc/os-release" ;;
		library) truncate -s 30G "$root/libc.so.6" ;;
		esac
		"$programs/trapped" "$root" &
		pid=$!
		until [[ -e $root/ready ]]; do
			read -rt 0.05 <> <(:)
		done
		run python3 - "$WHITTLE" "$tap_directory/trapped.rec" "$pid" <<-'END'
			import resource, subprocess, sys
			command = [sys.argv[1], "record", "-qo", sys.argv[2], "--for", "1s", "-p", sys.argv[3]]
			status = subprocess.run(command, timeout=40).returncode
			size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
			sys.exit(status or (f"{size} MB were in use" if size > 256 else 0))
		END
		kill "$pid"
		wait "$pid" 2>/dev/null
		expect_status 0
		case $kind in
		outside) check "$tap_directory/trapped.rec" 'run["environment"]["os"] == "inside of the root"' ;;
		library) check "$tap_directory/trapped.rec" 'len(calls) > 0' ;;
		*) check "$tap_directory/trapped.rec" 'len(calls) > 0 and not run["environment"].get("os")' ;;
		esac
	done
}

# ---- phases, arguments, images ----

tells_phases_apart()
{
	run "$WHITTLE" record -qo "$tap_directory/phases.rec" -- "$calls" phases
	check "$tap_directory/phases.rec" 'count(2000, phase="startup") == count(2001, phase="startup") == count(2002, phase="serving") == count(2003, phase="startup", depth=1) == 1'
	check "$tap_directory/phases.rec" 'len(marks()) == 4 and count(7, phase="startup") == count(7, phase="serving") == 1'
}

keeps_distinct_arguments()
{
	cat >"$programs/arguments.c" <<-'END'
		#include <fcntl.h>
		#include <sys/ioctl.h>
		#include <sys/prctl.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void)
		{
			for (int i = 0; i < 100; i++)
				ioctl(-1, 0x1000UL + (unsigned)i % 64);
			for (int i = 0; i < 100; i++)
				prctl(i + 1000);
			socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 17);
			socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 17);
			syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 06777);
			close(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CREAT, 04600));
			return 0;
		}
	END
	cc -o "$programs/arguments" "$programs/arguments.c" || { fail 'does not build'; return; }
	run "$WHITTLE" record -qo "$tap_directory/arguments.rec" -- "$programs/arguments"
	check "$tap_directory/arguments.rec" 'len(tuples("ioctl")) == 64 and not next(c for c in calls if c["name"] == "ioctl")["arguments"]["any"]'
	check "$tap_directory/arguments.rec" 'next(c for c in calls if c["name"] == "prctl")["arguments"]["any"] and named("prctl") == 100 and lost["arguments"] == 0'
	check "$tap_directory/arguments.rec" 'tuples("socket") == {("0xa", "0x80002", "0x11")} and named("socket") == 2'
	check "$tap_directory/arguments.rec" '("0x0", "0x0") in tuples("openat") and ("0x41", "0x800") in tuples("openat")'
}

# What it calls itself when it comes to serve, though it is gone before any process is surveyed again.
knows_the_title_of_a_short_life()
{
	cat >"$programs/titled.c" <<-'END'
		#include <string.h>
		#include <poll.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			poll(0, 0, 100);
			if (argc > 1 && fork() == 0) {
				memset(argv[1], 0, strlen(argv[1]));
				strcpy(argv[0], "titled: short worker");
				poll(0, 0, 300);
				getppid();
				poll(0, 0, 300);
				_exit(0);
			}
			wait(0);
			return 0;
		}
	END
	cc -o "$programs/titled" "$programs/titled.c" || { fail 'does not build'; return; }
	run "$WHITTLE" record "$@" -qo "$tap_directory/titled.rec" -- "$programs/titled" 'room for more than the title has'
	expect_status 0
	check "$tap_directory/titled.rec" '[p.get("title") for p in processes if p["depth"] == 1] == ["short worker"]'
	check "$tap_directory/titled.rec" 'named("getppid") == 1'
	# What whittle has mapped before it executes the command is no code of the command's.
	check "$tap_directory/titled.rec" '{o["path"].rsplit("/", 1)[-1] for o in run["objects"]} == {"titled", "libc.so.6", "ld-linux-x86-64.so.2"}'
}

resolves_the_first_caller()
{
	check "$tap_directory/fork.rec" 'all(c["stack"] for c in calls)'
	check "$tap_directory/fork.rec" 'any(f["object"].endswith("/libc.so.6") if isinstance(f["object"], str) else run["objects"][f["object"]]["path"].endswith("/libc.so.6") for c in calls if c["name"] == "wait4" for f in c["stack"][:1])'
	check "$tap_directory/fork.rec" '{o["path"].rsplit("/", 1)[-1] for o in run["objects"]} >= {"calls", "libc.so.6", "ld-linux-x86-64.so.2"}'
	check "$tap_directory/fork.rec" 'all(o.get("build_id") for o in run["objects"]) and run["environment"]["libc"].startswith("glibc 2.")'
}

# ---- running processes, control groups ----

records_running_threads_and_children()
{
	local recorder pid

	mkfifo "$tap_directory/go"
	exec {go}<>"$tap_directory/go"
	"$calls" wait <"$tap_directory/go" >"$tap_directory/wait.out" &
	pid=$!
	await_line "$tap_directory/wait.out" ready
	"$WHITTLE" record -qo "$tap_directory/pid.rec" -p "$pid" &
	recorder=$!
	await_recorder "$recorder"
	echo >&"$go"
	wait "$pid"
	wait "$recorder"
	expect_equal 0 $?
	exec {go}<&-
	check "$tap_directory/pid.rec" 'marks() == {**{i: 1 for i in range(4, 20)}, **{i: 101 for i in range(4)}, 10: 101} and run["ended"] == "target ended"'
	check "$tap_directory/pid.rec" 'count(2000, phase="serving", depth=0) == 100 and count(2010, phase="serving", depth=0) + count(2010, phase="serving", depth=1) == 100'
}

# The directory of a new control group, in $cgroup; fails where there is no cgroup2.
make_cgroup()
{
	local mount

	mount=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	[[ $mount ]] || { fail 'no cgroup2 is mounted'; return 1; }
	cgroup=$mount/whittle-test-$$
	mkdir -p "$cgroup/below"
}

remove_cgroup()
{
	local deadline=$((SECONDS + 60))

	until rmdir "$cgroup/below" "$cgroup" 2>/dev/null || ((SECONDS > deadline)); do
		read -rt 0.05 <> <(:)
	done
}

keeps_the_managers_part_apart()
{
	local recorder

	make_cgroup || return
	"$WHITTLE" record -qo "$tap_directory/cgroup.rec" --cgroup "$cgroup" &
	recorder=$!
	await_recorder "$recorder" 5
	# What is called in the group before the execve of the program is the manager's.
	python3 - "$cgroup/below" "$calls" <<-'END'
		import ctypes, os, sys
		call = ctypes.CDLL(None).syscall
		call(2900)
		open(sys.argv[1] + "/cgroup.procs", "w").write("0")
		call(2901)
		if os.fork() == 0:
		    call(2902)
		    os._exit(0)
		os.wait()
		os.execv(sys.argv[2], [sys.argv[2], "fork", "50"])
	END
	wait "$recorder"
	expect_equal 0 $?
	remove_cgroup
	check "$tap_directory/cgroup.rec" 'marks() == {i: 1 for i in range(50)} and marks(of=manager) == {901: 1, 902: 1} and run["ended"] == "target ended"'
	check "$tap_directory/cgroup.rec" 'count(59, of=manager) == 1 and {program(c) for c in calls} == {"calls"}'
}

knows_what_is_in_the_group_already()
{
	local recorder pid

	make_cgroup || return
	mkfifo "$tap_directory/go2"
	exec {go}<>"$tap_directory/go2"
	: >"$tap_directory/wait.out"
	(echo 0 >"$cgroup/cgroup.procs"; exec "$calls" wait <"$tap_directory/go2" >"$tap_directory/wait.out") &
	pid=$!
	await_line "$tap_directory/wait.out" ready
	"$WHITTLE" record -qo "$tap_directory/present.rec" --cgroup "$cgroup" &
	recorder=$!
	await_recorder "$recorder" 5
	echo >&"$go"
	wait "$pid"
	wait "$recorder"
	exec {go}<&-
	remove_cgroup
	check "$tap_directory/present.rec" 'marks() == {**{i: 1 for i in range(4, 20)}, **{i: 101 for i in range(4)}, 10: 101} and not manager'
}

# ---- how it ends ----

is_whole_after()
{
	local recorder

	rm -f "$tap_directory/end.rec"
	sleep 100 &
	sleeper=$!
	"$WHITTLE" record -qo "$tap_directory/end.rec" -p "$sleeper" &
	recorder=$!
	await_recorder "$recorder"
	kill -"$1" "$recorder"
	wait "$recorder"
	expect_equal 0 $?
	kill "$sleeper"
	wait "$sleeper" 2>/dev/null
	check "$tap_directory/end.rec" 'run["ended"] == "interrupted"'
	run "$WHITTLE" show "$tap_directory/end.rec"
	expect_status 0
}

ends_at_the_time_limit()
{
	run "$WHITTLE" record -qo "$tap_directory/limit.rec" --for 300ms -- sleep 100
	expect_status 143
	check "$tap_directory/limit.rec" 'run["ended"] == "time limit" and 2e8 < run["duration_ns"] < 5e9'
}

passes_a_signal_on_to_the_command()
{
	local recorder

	: >"$tap_directory/term.out"
	"$WHITTLE" record -qo "$tap_directory/term.rec" -- bash -c \
		"trap '\"$calls\" mark 5; exit 9' TERM; echo ready; while :; do read -rt 1 <> <(:); done" \
		>"$tap_directory/term.out" &
	recorder=$!
	await_line "$tap_directory/term.out" ready
	kill -TERM "$recorder"
	wait "$recorder"
	expect_equal 9 $?
	check "$tap_directory/term.rec" 'marks() == {5: 1} and run["ended"] == "interrupted"'
}

gives_the_commands_exit_code()
{
	run "$WHITTLE" record -qo "$tap_directory/code.rec" -- sh -c 'exit 42'
	expect_status 42
	run "$WHITTLE" record -qo "$tap_directory/code.rec" -- sh -c 'kill -KILL $$'
	expect_status 137
}

goes_on_while_a_daemon_of_the_command_lives()
{
	run "$WHITTLE" record -qo "$tap_directory/daemon.rec" -- \
		sh -c "(read -rt 1 line <&1; exec '$calls' mark 6) & exit 0"
	check "$tap_directory/daemon.rec" 'marks() == {6: 1}'
}

two_at_once_see_each_their_own()
{
	local first second

	"$WHITTLE" record -qo "$tap_directory/one.rec" -- "$calls" together 400 &
	first=$!
	"$WHITTLE" record -qo "$tap_directory/two.rec" -- "$calls" fork 300 &
	second=$!
	wait "$first"
	wait "$second"
	check "$tap_directory/one.rec" 'marks() == {i: 1 for i in range(400)}'
	check "$tap_directory/two.rec" 'marks() == {i: 1 for i in range(300)}'
}

# ---- what can go wrong ----

refuses_without_rights()
{
	chmod 755 "$tap_directory"
	mkdir -p "$tap_directory/public" && chmod 777 "$tap_directory/public"
	install -m 755 "$WHITTLE" "$tap_directory/public/whittle"
	run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$tap_directory/public/whittle" record --observer bpf -o "$tap_directory/public/x.rec" -- true
	expect_status 77
	expect_error 'CAP_BPF and CAP_PERFMON are missing: try sudo'
	run capsh --drop=cap_perfmon,cap_sys_admin -- -c \
		"'$WHITTLE' record --observer bpf -o '$tap_directory/x.rec' -- true"
	expect_status 77
	expect_error 'CAP_PERFMON is missing'
	[[ ! -e $tap_directory/x.rec && -z $(ls "$tap_directory/public" | grep rec) ]] || fail 'a file was left'
}

refuses_without_btf()
{
	run unshare -m --propagation private sh -c \
		'mount -t tmpfs none /sys/kernel/btf && exec "$@"' - "$WHITTLE" record --observer bpf -o "$tap_directory/x.rec" -- true
	expect_status 69
	expect_error '/sys/kernel/btf/vmlinux is missing.*CONFIG_DEBUG_INFO_BTF'
}

refuses_what_is_not_there()
{
	run "$WHITTLE" record -o "$tap_directory/x.rec" -p 4194303
	expect_status 66
	expect_error 'process 4194303'
	run "$WHITTLE" record -o "$tap_directory/x.rec" -p bash
	expect_error 'not a process id'
	run "$WHITTLE" record -o "$tap_directory/x.rec" --cgroup no/such/group
	expect_status 66
	expect_error 'no/such/group: no such control group'
	run "$WHITTLE" record -o "$tap_directory/x.rec" -- /no/such/command
	expect_status 66
	expect_error '/no/such/command: No such file'
	run "$WHITTLE" record -o "$tap_directory/x.rec" -- /etc/passwd
	expect_status 77
	expect_error '/etc/passwd: Permission denied'
	[[ ! -e $tap_directory/x.rec ]] || fail 'a file was left'
}

refuses_two_targets_or_none()
{
	run "$WHITTLE" record -p 1 -- true
	expect_status 64
	run "$WHITTLE" record
	expect_status 64
	expect_error 'name one target'
	run "$WHITTLE" record --cycle -- true
	expect_status 64
}

says_at_once_that_the_output_can_not_be_written()
{
	run "$WHITTLE" record -o /no/such/directory/x.rec -- touch "$tap_directory/was-run"
	expect_status 66
	expect_error '/no/such/directory'
	[[ ! -e $tap_directory/was-run ]] || fail 'the command ran all the same'
}

# fs.protected_symlinks and its kin do not see a link that a program reads itself.
writes_through_nothing_that_another_user_planted()
{
	local tmp=$tap_directory/sticky kind

	mkdir -p "$tmp" && chmod 1777 "$tmp" && chmod 755 "$tap_directory"
	for kind in link fifo file; do
		echo secret >"$tap_directory/secret"
		chmod 600 "$tap_directory/secret"
		case $kind in
		link) setpriv --reuid=65534 --clear-groups ln -s "$tap_directory/secret" "$tmp/$kind" ;;
		fifo) setpriv --reuid=65534 --clear-groups mkfifo -m 666 "$tmp/$kind" ;;
		file) setpriv --reuid=65534 --clear-groups install -m 666 /dev/null "$tmp/$kind" ;;
		esac
		run timeout 20 "$WHITTLE" record -qo "$tmp/$kind" -- touch "$tap_directory/was-run"
		expect_status 77
		expect_error "$tmp/$kind.*user 65534"
		expect_equal secret "$(cat "$tap_directory/secret")"
		[[ ! -e $tap_directory/was-run ]] || fail 'the command ran all the same'
	done
	run "$WHITTLE" record -qo "$tap_directory/secret" -- true
	expect_status 0
	expect_equal 600 "$(stat -c %a "$tap_directory/secret")"
}

a_full_disk_leaves_no_half_file()
{
	local small=$tap_directory/small

	mkdir -p "$small"
	run unshare -m --propagation private bash -c '
		mount -t tmpfs -o size=16k none "$1" && echo old >"$1/x.rec" && head -c 12k /dev/zero >"$1/fill"
		"$2" record -qo "$1/x.rec" -- ls /; status=$?
		ls -A "$1" >&2; cat "$1/x.rec" >&2
		exit $status' - "$small" "$WHITTLE"
	expect_status 74
	expect_error 'x.rec.*No space left on device'
	expect_error '^old$'
	expect_equal $'fill\nx.rec' "$(grep -v -e '^whittle: ' -e '^old$' <<<"$error")"
}

# The target's file is cut short and lengthened while it is recorded, and for as long as its symbols are read.
a_file_that_changes_does_not_end_the_recorder()
{
	python3 "$SOURCE/tests/programs/many_symbols.py" 1000000 "$tap_directory/m.so"
	run "$WHITTLE" record -q -o "$tap_directory/m.rec" -- "$programs/denied" 0x7fff0000 mapped "$tap_directory/m.so" 20
	expect_status 0
	check "$tap_directory/m.rec" 'named("getppid") == 20'
}

# The first file that is there has no names of functions yet; the one that replaces it has.
a_recording_is_saved_before_its_symbols_are_read()
{
	local first=$tap_directory/first.rec

	python3 "$SOURCE/tests/programs/many_symbols.py" 4000000 "$tap_directory/m.so"
	rm -f "$tap_directory/m.rec"
	"$WHITTLE" record -q -o "$tap_directory/m.rec" -- "$programs/denied" 0x7fff0000 mapped "$tap_directory/m.so" 1 &
	until [[ -s $tap_directory/m.rec ]]; do :; done
	cp "$tap_directory/m.rec" "$first"
	wait $! || fail "the recorder ended with $?"
	check "$first" 'named("getppid") == 1 and not any("symbol" in f for c in calls for f in c["stack"])'
	check "$tap_directory/m.rec" 'named("getppid") == 1 and any("symbol" in f for c in calls for f in c["stack"])'
}

for way in fork together vfork clone thread orphan; do
	case_ "of 1,000 children by $way, each is counted once" counts_each_child_once "$way"
done
case_ 'a target whose os-release is a FIFO, a device, a link out of its root or without an end is recorded' \
	reads_no_trap_of_a_target os-release
case_ 'a target that maps a C library without an end is recorded' reads_no_trap_of_a_target library
case_ '32-bit children are counted under i386' counts_32_bit_children
case_ 'a thread that executes a program is followed' follows_a_thread_that_executes
case_ 'a chain of programs is followed, each under its name' follows_a_chain_of_programs
case_ 'the three ABIs of one program are told apart' tells_abis_apart
case_ 'startup ends where a process first waits for work' tells_phases_apart
case_ 'a process that serves for a moment has its title' knows_the_title_of_a_short_life
case_ 'a process that serves for a moment has its title, by user notification too' \
	knows_the_title_of_a_short_life --observer notify
case_ 'distinct arguments are kept, up to a bound' keeps_distinct_arguments
case_ 'the first caller and the objects mapped are named' resolves_the_first_caller
case_ 'running threads and children are recorded from the start' records_running_threads_and_children
case_ "the manager's part is kept apart in a control group" keeps_the_managers_part_apart
case_ 'what is in a control group already is the program' knows_what_is_in_the_group_already
case_ 'a recording is whole after Ctrl-C' is_whole_after INT
case_ 'a recording is whole after SIGTERM' is_whole_after TERM
case_ 'a recording is whole after SIGHUP' is_whole_after HUP
case_ 'a recording ends at the time limit, with its command' ends_at_the_time_limit
case_ "a signal is passed on, and the command's last calls are recorded" passes_a_signal_on_to_the_command
case_ "the exit code is the command's" gives_the_commands_exit_code
case_ 'a recording goes on while a daemon of the command lives' goes_on_while_a_daemon_of_the_command_lives
case_ 'two recordings at once see each their own' two_at_once_see_each_their_own
case_ 'without rights it says which' refuses_without_rights
case_ 'without BTF it says so' refuses_without_btf
case_ 'targets that are not there are named' refuses_what_is_not_there
case_ 'two targets or none are refused' refuses_two_targets_or_none
case_ 'an output that can not be written is refused before the command runs' says_at_once_that_the_output_can_not_be_written
case_ 'a link, a FIFO or a file that another user planted in a sticky directory is not written to' \
	writes_through_nothing_that_another_user_planted
case_ 'a file that is cut short while it is read does not end the recorder' a_file_that_changes_does_not_end_the_recorder
case_ 'a recording is saved before its symbols are read' a_recording_is_saved_before_its_symbols_are_read
case_ 'a full disk leaves no half file' a_full_disk_leaves_no_half_file
finish
