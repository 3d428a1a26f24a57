#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers of the real podman, run by crun and by runc: recorded from their first instruction by the
# hook, and while they run by name and id; one of containerd's by its name. No registry is asked: their
# file system is a busybox.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"
. "$SOURCE/tests/system/pod-lib.sh"

if ((EUID != 0)) || ! command -v podman >/dev/null || ! command -v crun >/dev/null || ! command -v runc >/dev/null ||
	[[ $(file -L /bin/busybox 2>/dev/null || ldd /bin/busybox 2>&1) != *@(statically linked|not a dynamic)* ]]; then
	cannot 'recording containers' 'needs root, podman, crun, runc and a static busybox'
	finish
fi
pods_alone -m "$@"
work=$tap_directory
cleanup()
{
	local runtime

	for runtime in crun runc; do
		pod "$runtime" rm -f -a -t 0 >/dev/null 2>&1
	done
	pods_end
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

root=$work/root recordings=$work/recordings
mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,run} && cp /bin/busybox "$root/bin/" &&
	for applet in sh ls sleep id cat; do ln -s busybox "$root/bin/$applet"; done
cc -nostdlib -static -o "$root/bin/first" "$SOURCE/tests/programs/first.S" ||
	{ echo 'Bail out! the program under test does not build'; exit 1; }
"$WHITTLE" oci-hook --install --directory "$recordings" --hooks-directory "$work/hooks" 2>/dev/null ||
	{ echo 'Bail out! the hook is not installed'; exit 1; }

# pod RUNTIME ARGUMENT...
pod()
{
	local runtime=$1
	shift
	own_podman \
		--hooks-dir "$work/hooks" --runtime "$runtime" "$@" 2> >(grep -v 'CNI config' >&2)
}

# Limits that need no privilege to set. crun locks memory for its own BPF program, unless every device is
# allowed: where not even root may (CAP_SYS_RESOURCE), that is how it runs.
declare -a options=(--network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --pids-limit -1
	--cgroup-parent "/$group")
run_container()
{
	local runtime=$1
	local -a more=()
	shift
	[[ $runtime == crun ]] && ! capsh --has-p=cap_sys_resource 2>/dev/null && more=(--privileged)
	run pod "$runtime" run "${options[@]}" "${more[@]}" "$@"
}

# told FILE EXPRESSION: about names and counts of the program's part, and the manager's names.
told()
{
	python3 - "$1" "$2" <<'PYTHON' || fail "in $1: $2"
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
mine = [c for c in run["calls"] if not run["processes"][c["process"]]["manager"]]
manager = {c["name"] for c in run["calls"] if run["processes"][c["process"]]["manager"]}
names = {c["name"] for c in mine}
numbers = {c["nr"]: c["count"] for c in mine}
programs = {run["processes"][c["process"]]["executable"] for c in mine}
if not eval(sys.argv[2]):
    print("#", numbers, names, programs, run["ended"], run["target"], run["lost"])
    sys.exit(1)
PYTHON
}

records_the_first_instruction()
{
	rm -f "$recordings"/*
	run_container "$1" --rm --annotation io.whittle.record=first --rootfs "$root" /bin/first
	expect_status 0
	await test -s "$recordings/first.rec" || return
	told "$recordings/first.rec" 'numbers == {110: 1, 60: 1} and programs == {"/bin/first"} and "execve" in manager'
	told "$recordings/first.rec" 'run["ended"] == "target ended" and not any(run["lost"].values())'
	expect_equal 600 "$(stat -c %a "$recordings/first.rec")"
}

# What strace sees of the same program, outside of a container, after its execve.
records_all_of_a_program()
{
	rm -f "$recordings"/*
	run_container "$1" --rm --annotation io.whittle.record=id.rec --rootfs "$root" /bin/id
	expect_status 0
	await test -s "$recordings/id.rec" || return
	strace -qq -o "$work/trace" chroot "$root" /bin/id 2>&1 | cat >/dev/null
	sed -n '/execve("\/bin\/id/,$p' "$work/trace" | sed 1d | sed -E 's/\(.*//' | sort -u >"$work/expected"
	"$WHITTLE" show --names "$recordings/id.rec" | sort -u >"$work/got"
	diff "$work/expected" "$work/got" >"$work/diff" || fail "strace (<) and the recording (>): $(cat "$work/diff")"
}

restarts_make_another_file()
{
	rm -f "$recordings"/*
	run_container "$1" --rm --annotation io.whittle.record=again --rootfs "$root" /bin/first
	await test -s "$recordings/again.rec" || return
	run_container "$1" --rm --annotation io.whittle.record=again --rootfs "$root" /bin/first
	await test -s "$recordings/again.2.rec" || return
	told "$recordings/again.2.rec" 'numbers == {110: 1, 60: 1}'
}

refuses_a_path()
{
	rm -f "$recordings"/*
	run_container "$1" --rm --annotation io.whittle.record=../../tmp/x --rootfs "$root" /bin/ls /
	[[ $status != 0 && $output != *proc* ]] || fail "the container ran: $output"
	expect_equal '' "$(ls "$recordings")"
}

start_web()
{
	run_container "$1" -d --name web --rootfs "$root" /bin/sh -c 'while :; do sleep 0.2; done'
	expect_status 0
	id=$output
}

is_found_by_name_and_id()
{
	local name

	start_web "$1"
	for name in web "$id" "${id:0:12}"; do
		run timeout 60 "$WHITTLE" record -q --container "$name" --for 500ms -o "$work/web.rec"
		expect_status 0
		told "$work/web.rec" '"clock_nanosleep" in names and "/bin/busybox" in programs and run["target"]["name"] == "'"$name"'"'
	done
	run timeout 60 "$WHITTLE" record --container nosuch -o "$work/none.rec"
	expect_status 66
}

# It ends with the container, and what is executed in it from outside is seen.
sees_what_is_executed_later()
{
	"$WHITTLE" record --container web --for 60s -o "$work/exec.rec" 2>"$work/log" &
	local recorder=$!
	until [[ $(readlink "/proc/$recorder/fd/"* 2>/dev/null | grep -c 'bpf.link\|bpf_link') -ge 3 ]]; do
		kill -0 "$recorder" || break
		sleep 0.1
	done
	run pod "$1" exec web /bin/first
	expect_status 0
	pod "$1" rm -f -t 0 web >/dev/null
	wait "$recorder" || fail "whittle: $(cat "$work/log")"
	told "$work/exec.rec" 'numbers.get(110) == 1 and run["ended"] == "target ended"'
}

# containerd takes any name for an id. Without limits: the controllers may belong to another hierarchy.
containerd_is_found_by_name()
{
	local daemon

	printf '%s\n' 'version = 2' 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' >"$work/containerd.toml"
	(cd "$work" && rm -f config.json && runc spec) && python3 - "$work/config.json" "$root" "/$group/plain" <<'PYTHON' || return
import json, sys
spec = json.load(open(sys.argv[1]))
spec["root"] = {"path": sys.argv[2]}
spec["process"].update(terminal=False, args=["/bin/sh", "-c", "while :; do sleep 0.2; done"])
del spec["process"]["rlimits"], spec["linux"]["resources"]
spec["linux"]["cgroupsPath"] = sys.argv[3]
json.dump(spec, open(sys.argv[1], "w"))
PYTHON
	containerd -c "$work/containerd.toml" >"$work/containerd.log" 2>&1 &
	daemon=$!
	await test -S /run/containerd/containerd.sock &&
		await ctr --namespace "$group" run --detach --config "$work/config.json" plain &&
		{
			run timeout 60 "$WHITTLE" record -q --container plain --for 500ms -o "$work/plain.rec"
			expect_status 0
			told "$work/plain.rec" '"clock_nanosleep" in names and "/bin/busybox" in programs'
		}
	ctr --namespace "$group" task kill -s KILL plain
	await ctr --namespace "$group" container rm plain
	kill "$daemon"
	wait "$daemon"
}

for runtime in crun runc; do
	case_ "$runtime: a container's first instruction is in its recording" records_the_first_instruction "$runtime"
	case_ "$runtime: its recording holds what strace sees of the program" records_all_of_a_program "$runtime"
	case_ "$runtime: the next container of that annotation makes another file" restarts_make_another_file "$runtime"
	case_ "$runtime: a container whose annotation is a path does not start" refuses_a_path "$runtime"
	case_ "$runtime: a running one is found by its name and its id" is_found_by_name_and_id "$runtime"
	case_ "$runtime: what is executed in it later is seen, and the end is its end" sees_what_is_executed_later "$runtime"
done
if command -v containerd >/dev/null; then
	case_ "containerd's container is found by its name" containerd_is_found_by_name
else
	cannot "containerd's container is found by its name" 'containerd is not installed'
fi
finish
