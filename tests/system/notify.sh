#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The observer that needs no root, where it is not alone: set-user-ID programs, tracers, filters, another
# listener, and containers that forbid all that they can. Each works, or is refused with its reason.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}" "${BUILD:=$SOURCE/build}"
. "$SOURCE/tests/tap.sh"
. "$SOURCE/tests/system/pod-lib.sh"

if ((EUID != 0)) || ! command -v podman >/dev/null || ! command -v sshd >/dev/null || ! command -v gdb >/dev/null; then
	cannot 'the observer notify among others' 'needs root, podman, sshd and gdb'
	finish
fi
pods_alone -nm "$@"
work=$tap_directory
mkdir /run/sshd
cleanup()
{
	pods_end
	rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"
mkdir -m 1777 "$work/open"
cc -O1 -o "$work/own_filter" "$SOURCE/tests/programs/own_filter.c" -lseccomp ||
	{ echo 'Bail out! the program under test does not build'; exit 1; }

rec=$work/open/a.rec
as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

record()
{
	rm -f "$rec"
	run timeout 60 "$WHITTLE" record --observer notify -o "$rec" -- "$@"
}

names()
{
	"$WHITTLE" show --names "$1"
}

# `filtered` of the run, and nothing lost.
expect_recorded()
{
	output=$("$WHITTLE" show --json "$rec" | python3 -c '
import json, sys
shown = json.load(sys.stdin)
print(shown["lost"], shown["runs"][0]["filtered"])')
	expect_equal "0 $1" "$output"
}

set_user_id_has_no_effect_and_is_told()
{
	install -m 4755 /usr/bin/id "$work/id"
	rm -f "$rec"
	run as_nobody timeout 60 "$WHITTLE" record -o "$rec" -- "$work/id"
	expect_status 0
	[[ $output != *euid=0* ]] || fail "it got its privilege: $output"
	expect_error "$work/id is a set-user-ID .* ran without that privilege"
}

set_user_id_works_for_root()
{
	record setpriv --reuid 65534 --regid 65534 --clear-groups "$work/id"
	expect_status 0
	expect_output 'euid=0\(root\)'
	[[ $error != *without* ]] || fail "a warning about nothing: $error"
	record grep NoNewPrivs /proc/self/status
	expect_output 'NoNewPrivs:.0'
}

a_tracee_may_trace()
{
	record strace -f -o "$work/trace" sh -c 'ls / >/dev/null'
	expect_status 0
	grep -q 'getdents64' "$work/trace" || fail 'strace saw nothing'
	grep -qx ptrace <(names "$rec") || fail "strace's own calls are missing: $(names "$rec")"
	grep -qx getdents64 <(names "$rec") || fail "its tracee's calls are missing"
	record gdb -nx -batch -ex 'break exit_group' -ex run -ex 'print 6 * 7' --args /bin/true
	expect_output '= 42'
}

a_target_may_have_a_filter()
{
	record "$work/own_filter"
	expect_status 0
	expect_output "refused: $(python3 -c 'import os, errno; print(os.strerror(errno.EXDEV))')"
	expect_error 'the target runs under a seccomp filter'
	expect_recorded True
	! grep -qx getppid <(names "$rec") || fail 'what its own filter refuses was handed over'
	record true
	expect_recorded False
}

openssh_keeps_its_sandbox()
{
	local port=2222 server i

	ssh-keygen -q -t ed25519 -N '' -f "$work/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/user"
	install -m 600 "$work/user.pub" "$work/authorized"
	rm -f "$rec"
	timeout 60 "$WHITTLE" record --observer notify -qo "$rec" -- /usr/sbin/sshd -D -e -p "$port" -h "$work/host" \
		-o UsePAM=no -o StrictModes=no -o PidFile="$work/sshd.pid" -o AuthorizedKeysFile="$work/authorized" \
		-o PermitRootLogin=yes 2>"$work/sshd.log" &
	server=$!
	for ((i = 0; i < 300; i++)); do
		(: </dev/tcp/127.0.0.1/$port) 2>/dev/null && break
		read -rt 0.1 <> <(:)
	done
	run timeout 20 ssh -p "$port" -i "$work/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes -F none root@127.0.0.1 'echo served'
	expect_output '^served$' || sed 's/^/# /' "$work/sshd.log"
	kill -TERM "$(<"$work/sshd.pid")"
	wait "$server"
	expect_recorded True
	grep -qx accept <(names "$rec") || fail 'the server itself was not recorded'
}

one_listener_is_all()
{
	record "$work/own_filter" listener
	expect_output 'no listener: Device or resource busy'
	record "$WHITTLE" record --observer notify -o "$work/open/inner.rec" -- true
	[[ $status != 0 ]] || fail 'a recorder in a recorder'
	expect_error 'another recorder already listens'
	[[ ! -e $work/open/inner.rec ]] || fail 'it wrote a recording'
}

# ---- containers ----

root=$work/root
mkdir -p "$root"/{usr,etc,proc,sys,dev,tmp,run,var,source,build}
for name in bin sbin lib lib32 lib64; do
	[[ ! -L /$name ]] || ln -s "usr/$name" "$root/$name"
done

# in_container OPTION... -- COMMAND...: a plain container of the machine's own programs.
in_container()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	run own_podman --runtime runc \
		run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --pids-limit -1 \
		--cgroup-parent "/$group" -v /usr:/usr:ro -v /etc:/etc:ro -v "$SOURCE:/source:ro" -v "$BUILD:/build:ro" \
		"${options[@]}" --rootfs "$root" "${@:2}"
}

a_container_without_privileges_is_enough()
{
	in_container --user 65534:65534 --cap-drop all -- \
		sh -c 'cd /dev/shm && /build/src/whittle record -o a.rec -- ls / && /build/src/whittle show --names a.rec'
	expect_status 0
	expect_output '^getdents64$'
	expect_error 'recording with notify'
	expect_error 'not with bpf: .*CAP_BPF'
}

# As Docker's profile, which allows these to CAP_SYS_PTRACE alone.
a_strict_profile_is_enough()
{
	python3 - >"$work/profile.json" <<'PYTHON'
import json
profile = json.load(open("/usr/share/containers/seccomp.json"))
for rule in profile["syscalls"]:
    rule["names"] = [n for n in rule["names"] if n not in ("pidfd_getfd", "process_vm_readv", "ptrace", "kcmp")]
print(json.dumps(profile))
PYTHON
	in_container --security-opt "seccomp=$work/profile.json" -- \
		sh -c 'cd /dev/shm && /build/src/whittle record -o a.rec -- ls / && /build/src/whittle show --names a.rec'
	expect_status 0
	expect_output '^getdents64$'
}

a_profile_without_seccomp_is_named()
{
	python3 - >"$work/profile.json" <<'PYTHON'
import json
profile = json.load(open("/usr/share/containers/seccomp.json"))
for rule in profile["syscalls"]:
    rule["names"] = [n for n in rule["names"] if n != "seccomp"]
print(json.dumps(profile))
PYTHON
	in_container --security-opt "seccomp=$work/profile.json" -- \
		sh -c 'cd /dev/shm && /build/src/whittle record -o a.rec -- ls /'
	[[ $status != 0 ]] || fail 'it recorded without seccomp(2)'
	expect_error 'whittle: .*(seccomp|filter)'
}

the_demo_works_in_a_container()
{
	in_container --env DEMO_SECONDS=2 -- /source/demo/demo /build/src/whittle
	expect_status 0
	expect_error 'recording with notify'
	expect_output 'setpriority\(5\) failed \(1: Operation not permitted\)'
	expect_output '^Done\.'
}

case_ 'a set-user-ID program that has no effect is told' set_user_id_has_no_effect_and_is_told
case_ 'for root a set-user-ID program has its effect' set_user_id_works_for_root
case_ 'a tracee may trace: strace and gdb' a_tracee_may_trace
case_ 'a target may put a filter on itself' a_target_may_have_a_filter
case_ "openssh's sandbox stays" openssh_keeps_its_sandbox
case_ 'a second listener is refused, with the reason' one_listener_is_all
case_ 'a container without privileges is enough' a_container_without_privileges_is_enough
case_ "a container's strict profile is enough" a_strict_profile_is_enough
case_ "a container's profile that forbids seccomp is named" a_profile_without_seccomp_is_named
case_ 'the demo works in a plain container, where BPF is refused' the_demo_works_in_a_container
finish
