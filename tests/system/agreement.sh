#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same program in like runs under every observer that there is: BPF, the one without root, strace,
# perf. Each gives the same calls with the same arguments, but for what its source can't tell; each
# difference has its reason, or this fails. The table in docs/observers.md is what this prints:
# WRITE=1 tests/system/agreement.sh renews it.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

if ((EUID != 0)); then
	cannot 'observers agree' 'needs root, for BPF and perf'
	finish
fi
for tool in nginx redis-server strace perf curl; do
	command -v "$tool" >/dev/null || { cannot 'observers agree' "$tool is not installed"; finish; }
done
alone -nm "$@"
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
work=$tap_directory
chmod 755 "$work"
cc -O1 -pthread -o "$work/family" "$SOURCE/tests/programs/family.c" ||
	{ echo 'Bail out! the program under test does not build'; exit 1; }

# ---- the programs: command_NAME is executed under the observer, drive_NAME beside it ----

declare -a command_family=("$work/family")
drive_family()
{
	:
}

mkdir -p "$work/files"
head -c 612 /dev/zero >"$work/files/small"
head -c 200000 /dev/zero >"$work/files/large"
cat >"$work/nginx.conf" <<END
daemon off; worker_processes 2; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 64; }
http {
	access_log $work/access.log; sendfile on;
	client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
	uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
	server { listen 127.0.0.1:8080; root $work/files; }
}
END
declare -a command_nginx=(nginx -c "$work/nginx.conf")
drive_nginx()
{
	local i

	await curl -sf -o /dev/null http://127.0.0.1:8080/small || return
	for i in 1 2 3 4 5 6 7 8; do
		curl -sf -o /dev/null http://127.0.0.1:8080/small
		curl -sf -o /dev/null http://127.0.0.1:8080/large
		curl -s -o /dev/null http://127.0.0.1:8080/missing
	done
	kill -QUIT "$(<"$work/nginx.pid")"
}

declare -a command_redis=(redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save "" --appendonly no)
declare -a client=(redis-cli -s "$work/redis.sock")
is_saved()
{
	"${client[@]}" info persistence | grep -q 'rdb_bgsave_in_progress:0'
}

drive_redis()
{
	await "${client[@]}" ping || return
	"${client[@]}" set key value
	"${client[@]}" get key
	"${client[@]}" lpush list a b c
	"${client[@]}" info
	"${client[@]}" bgsave
	await is_saved
	"${client[@]}" shutdown nosave
} >/dev/null 2>&1

# ---- the observers: observe_NAME FILE COMMAND... ----

observe_bpf()
{
	"$WHITTLE" record --observer bpf -qo "$1" -- "${@:2}"
}

observe_notify()
{
	"$WHITTLE" record --observer notify -qo "$1" -- "${@:2}"
}

observe_strace()
{
	strace -f -n -o "$work/log" "${@:2}" && "$WHITTLE" import -o "$1" "$work/log"
}

observe_perf()
{
	perf record -q -m 16M -e raw_syscalls:sys_enter -o "$work/perf.data" -- "${@:2}" &&
		perf script -i "$work/perf.data" >"$work/perf.txt" &&
		"$WHITTLE" import -o "$1" "$work/perf.txt"
}

# Twice each: what happens by chance in one run of two is in both unions.
record()
{
	local source=$1 program=$2 run observer
	local -n command=command_$program

	for run in 1 2; do
		rm -f "$work/nginx.pid" "$work/redis.sock" "$work"/dump.rdb
		rm -rf "$work"/t[1-5]
		"observe_$source" "$work/$program.$source.$run" "${command[@]}" >"$work/out" 2>&1 &
		observer=$!
		"drive_$program"
		wait "$observer" || { fail "$source, $program: $(tail -5 "$work/out")"; return 1; }
	done
	"$WHITTLE" merge -o "$work/$program.$source" "$work/$program.$source.1" "$work/$program.$source.2"
}

# What the sources tell differently, with the reason; nothing else may differ.
compare()
{
	python3 - "$work" "$SOURCE/docs/observers.md" "${WRITE:-}" <<'PYTHON'
import json, sys

work, page, write = sys.argv[1:]
PROGRAMS = {"family": "a program of threads, forks and execve", "nginx": "nginx", "redis": "redis"}
SOURCES = {"notify": "notify", "strace": "strace -f -n", "perf": "perf script"}

# What waits for another thread or process, retries, or gives memory back is made when the moment is so.
TIMING = {"futex", "sched_yield", "restart_syscall", "rt_sigreturn", "madvise", "munmap", "mremap", "brk",
          "epoll_pwait", "wait4", "getrandom"}

def calls(program, source):
    found = {}
    recording = json.load(open(f"{work}/{program}.{source}"))
    for run in recording["runs"]:
        if "shape" in run:
            run = {**run, **recording["shapes"][run["shape"]]}
        for call in run["calls"]:
            if run["processes"][call["process"]]["manager"]:
                continue
            values = found.setdefault((call["abi"], call["name"]), set())
            arguments = call.get("arguments")
            if arguments and arguments["any"]:
                values.add("any")
            elif arguments:
                values.update(tuple(v["value"]) for v in arguments["values"])
    return found

# (sources, whether it explains, the reason as the table has it): the first that holds counts.
def lacks_pointee(abi, name, ours, theirs):
    return name in ("clone3", "openat2") and theirs == {"any"}

def is_foreign(abi, name, ours, theirs):
    return abi != "x86_64" and theirs is None

def is_foreign_misread(abi, name, ours, theirs):
    return name == "semget" and ours is None

def is_timing(abi, name, ours, theirs):
    return name in TIMING

REASONS = [
    (("perf",), is_foreign, "perf does not record the ABI, so an i386 call is missing"),
    (("perf",), is_foreign_misread, "instead it appears as the 64-bit call with its number"),
    (("perf",), lacks_pointee, "perf's events lack data behind pointers: `any`"),
    (("notify", "strace", "perf"), is_timing, "depends on timing"),
]

rows, wrong = [], []
for program, title in PROGRAMS.items():
    base = calls(program, "bpf")
    for source, shown in SOURCES.items():
        other, reasons = calls(program, source), {}
        for key in sorted(base.keys() | other.keys()):
            ours, theirs = base.get(key), other.get(key)
            if ours == theirs:
                continue
            for sources, explains, reason in REASONS:
                if source in sources and explains(*key, ours, theirs):
                    reasons.setdefault(reason, []).append(key[1])
                    break
            else:
                wrong.append(f"{title}: {' '.join(key)}: bpf {ours and sorted(ours)}, {source} {theirs and sorted(theirs)}")
        # Which of these happened in this run is no fact to write down.
        reasons.pop("depends on timing", None)
        rows.append(f"| {title} | {shown} | " + ("; ".join(
            f"{reason} ({', '.join(f'`{name}`' for name in names)})" for _, _, reason in REASONS
            for names in [reasons.get(reason)] if names)
            or "the same set") + " |")
for line in wrong:
    print("#", line)
table = "\n".join(["| program | source | against BPF |", "| --- | --- | --- |"] + rows) + "\n"
begin, end = "<!-- made by tests/system/agreement.sh -->\n", "<!-- end -->\n"
text = open(page).read()
head, rest = text.split(begin)
old, tail = rest.split(end)
if write:
    open(page, "w").write(head + begin + table + end + tail)
elif old != table:
    print("# docs/observers.md has another table; this run gave:")
    print("".join(f"# {row}\n" for row in table.splitlines()), end="")
    wrong.append("table")
sys.exit(bool(wrong))
PYTHON
}

agree()
{
	local program source

	for program in family nginx redis; do
		for source in bpf notify strace perf; do
			record "$source" "$program" || return
		done
	done
	compare || fail 'differences that nobody explains, or another table than in docs/observers.md'
}

case_ 'BPF, notify, strace and perf agree on three programs, as docs/observers.md says' agree
finish
