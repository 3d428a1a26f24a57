#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each format in the hands of its own consumer: loaded, enforced by the kernel, read back from the live
# process and held call by call against what whittle says that the output means; a call outside is
# refused, and a small service serves under it.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SOURCE/build}" "${WHITTLE:=$BUILD/src/whittle}"
. "$SOURCE/tests/tap.sh"
. "$SOURCE/tests/system/pod-lib.sh"

if ((EUID != 0)); then
	cannot 'formats and their consumers' 'needs root'
	finish
fi
pods_alone -m "$@"
work=$tap_directory name=cf$$ started=
cleanup()
{
	stop_confined
	[[ ${containerd_pid:-} ]] && kill "$containerd_pid" 2>/dev/null && wait "$containerd_pid" 2>/dev/null
	pods_end
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

root=$work/root
mkdir -p "$root"/{usr,proc,sys,dev,tmp,etc,run}
cc -O1 -static -o "$root/$name" "$SOURCE/tests/programs/confined.c" ||
	{ echo 'Bail out! the program under test does not build'; exit 1; }

# The policy of a service: what was recorded of it with conditions, and what container run-times do
# themselves once the filter is on.
make_policies()
{
	local group
	local -a allow=()

	for group in @system-service @privileged @mount @sandbox; do
		allow+=(--allow "$group")
	done
	"$WHITTLE" record -qo "$work/rec" -- "$root/$name" record </dev/null >/dev/null &&
		"$WHITTLE" decide -q --level observed --argument socket,mprotect "$work/rec" -o "$work/tight.policy" &&
		"$WHITTLE" decide -q --level observed "${allow[@]}" "$work/rec" -o "$work/all.policy" || return
	python3 - "$work" <<-'END_PYTHON'
	import json, sys
	tight = json.load(open(sys.argv[1] + "/tight.policy"))
	wide = json.load(open(sys.argv[1] + "/all.policy"))
	clauses = {rule["name"]: rule["clauses"] for rule in tight["rules"] if "clauses" in rule}
	assert "socket" in clauses, "no condition was made of the recorded sockets"
	wide["rules"] = [rule for rule in wide["rules"] if rule["name"] != "getpriority"]
	for rule in wide["rules"]:
	    if rule["name"] in clauses:
	        rule["clauses"] = clauses[rule["name"]]
	    if rule["name"] == "personality":
	        rule["action"] = "errno:EACCES"
	json.dump(wide, open(sys.argv[1] + "/wide.policy", "w"))
	END_PYTHON
}
make_policies || { echo 'Bail out! no policy'; exit 1; }

# ---- the process under a consumer ----

# start_confined COMMAND...: until it is ready; its process is $pid, its first line $first.
start_confined()
{
	pid=
	# Emptied here: the one before it has said the same, and the new one is not there yet.
	rm -f "$work/in" "$work/said" && mkfifo "$work/in" && : >"$work/said"
	"$@" <"$work/in" >"$work/said" 2>"$work/complaints" &
	started=$!
	exec {input}>"$work/in"
	for ((i = 0; i < 600; i++)); do
		first=$(grep -a -m 1 -o 'ready outside=.*' "$work/said") && pid=$(pgrep -nx "$name") && break
		kill -0 "$started" 2>/dev/null || break
		sleep 0.1
	done
	[[ $first && $pid ]] || fail "it is not ready: $(tail -n 12 "$work/said" "$work/complaints" 2>&1)"
}

stop_confined()
{
	[[ $started ]] || return
	exec {input}>&-
	for ((i = 0; i < 300; i++)); do
		kill -0 "$started" 2>/dev/null || break
		sleep 0.1
	done
	kill "$started" 2>/dev/null
	wait "$started" 2>/dev/null
	started=
}

systemd_version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')

# is_confined FORMAT RELEASE WITH_CONDITIONS: filters that stood before the consumer's are set aside.
is_confined()
{
	local format=$1 release=$2 inet=$3 inherited

	inherited=$(sed -n 's/^Seccomp_filters:\s*//p' /proc/self/status)
	run "$BUILD/tests/programs/check_meaning" "$work/wide.policy" "$systemd_version" "$pid" "${inherited:-0}" \
		"$release" "$format"
	expect_status 0 || fail "$output"
	expect_output ' calls, 0 numbers that differ$'
	expect_equal "ready outside=1 inet=$inet unix=0" "${first%$'\r'}"
	echo 'a line' >&"$input"
	for ((i = 0; i < 300; i++)); do
		grep -q '^a line' "$work/said" && break
		sleep 0.1
	done
	grep -q '^a line' "$work/said" || fail "it does not serve: $(<"$work/said")"
}

emitted()
{
	run "$WHITTLE" emit "$1" "$work/wide.policy" -o "$work/$name.$1"
	expect_status 0
}

# under FORMAT RELEASE INET COMMAND...
under()
{
	emitted "$1" || return
	start_confined "${@:4}" && is_confined "$1" "$2" "$3"
	stop_confined
}

# ---- consumers ----

declare -a pod_options=()
pod()
{
	local runtime=$1
	local -a more=()
	shift
	# crun locks memory for its own BPF program, unless every device is allowed.
	[[ $runtime == crun ]] && ! capsh --has-p=cap_sys_resource 2>/dev/null && more=(--privileged)
	own_podman --runtime "$runtime" \
		run -i --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --pids-limit -1 \
		--cgroup-parent "/$group" "${more[@]}" "${pod_options[@]}" --security-opt "seccomp=$1" --rootfs "$root" "/$name"
}

# crun installs the filter last where it may, and then needs nothing in it for itself.
a_tight_policy_serves()
{
	run "$WHITTLE" emit oci "$work/tight.policy" -o "$work/tight.oci"
	expect_status 0
	pod_options=(--security-opt no-new-privileges)
	start_confined pod crun "$work/tight.oci" && expect_equal 'ready outside=1 inet=1 unix=0' "${first%$'\r'}"
	stop_confined
	pod_options=()
}

start_containerd()
{
	local directory=$work/containerd

	mkdir -p "$directory"
	cat >"$directory/config.toml" <<-END_CONFIG
		version = 2
		root = "$directory/root"
		state = "/run/containerd"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "/run/containerd.sock"
	END_CONFIG
	containerd --config "$directory/config.toml" >"$directory/log" 2>&1 &
	containerd_pid=$!
	for ((i = 0; i < 300; i++)); do
		ctr -a /run/containerd.sock version >/dev/null 2>&1 && return
		sleep 0.1
	done
	fail "containerd does not come up: $(tail -3 "$directory/log")"
}

# ctr's own specification sets limits that need control groups of version 1 or their controllers: it gets
# one without, and with the profile where kubelet's would be put in.
under_containerd()
{
	start_containerd && emitted kubernetes || return
	rm -f "$work/config.json" && runc spec --bundle "$work" || return
	python3 - "$work/config.json" "$work/$name.kubernetes" "$root" "/$name" "/$group/ctr" <<-'END_PYTHON'
	import json, sys
	spec = json.load(open(sys.argv[1]))
	spec["process"].update(terminal=False, args=[sys.argv[4]])
	spec["root"] = {"path": sys.argv[3]}
	spec["linux"].pop("resources", None)
	spec["linux"].update(seccomp=json.load(open(sys.argv[2])), cgroupsPath=sys.argv[5])
	json.dump(spec, open(sys.argv[1], "w"))
	END_PYTHON
	under kubernetes 1 1 timeout 60 ctr -a /run/containerd.sock run --rm --config "$work/config.json" "$name"
}

under_lxc()
{
	mkdir -p "$work/lxc"
	cat >"$work/lxc.conf" <<-END_CONFIG
		lxc.rootfs.path = dir:$root
		lxc.uts.name = $name
		lxc.seccomp.profile = $work/$name.lxc
		lxc.apparmor.profile = unconfined
		lxc.net.0.type = empty
	END_CONFIG
	under lxc 0 1 timeout 60 lxc-execute -n "$name" -f "$work/lxc.conf" -P "$work/lxc" -o "$work/lxc.log" -- "/$name"
}

under_nspawn()
{
	emitted nspawn || return
	mkdir -p /run/systemd/nspawn
	cp "$work/$name.nspawn" "/run/systemd/nspawn/$name.nspawn"
	under nspawn 0 0 env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 60 systemd-nspawn -q -M "$name" -D "$root" \
		--register=no --keep-unit --pipe "/$name"
}

under_firejail()
{
	under firejail 0 0 timeout 60 firejail --quiet --profile="$work/$name.firejail" "$root/$name"
}

under_bwrap()
{
	emitted bpf || return
	exec {filter}<"$work/$name.bpf"
	under bpf 0 1 timeout 60 bwrap --ro-bind "$root" / --seccomp "$filter" "/$name"
	exec {filter}<&-
}

# A program of its own that loads what the format wrote.
under_own()
{
	local format=$1 load=$2

	emitted "$format" || return
	cat >"$work/own.c" <<-END_C
		#include <stdio.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		#include "$name.$format"
		int main(int argc, char *argv[])
		{
			(void)argc;
			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || $load < 0) {
				perror("load");
				return 1;
			}
			execv(argv[1], argv + 1);
			return 2;
		}
	END_C
	run cc -I"$work" -o "$work/own" "$work/own.c" -lseccomp
	expect_status 0 || return
	under "$format" 0 1 "$work/own" "$root/$name"
}

# A consumer that is not there is a skip here, and a failure where everything must run.
with()
{
	local program=$1
	shift
	if command -v "$program" >/dev/null; then
		case_ "$@"
	else
		cannot "$1" "there is no $program"
	fi
}

for runtime in crun runc; do
	release=$([[ $runtime == runc ]] && echo 1 || echo 0)
	for format in docker oci; do
		with podman "podman with $runtime enforces what $format says" under "$format" "$release" 1 \
			pod "$runtime" "$work/$name.$format"
	done
done
with podman 'under no-new-privileges crun runs a service with what was recorded of it alone' a_tight_policy_serves
with ctr 'containerd enforces what kubernetes says' under_containerd
with lxc-execute 'LXC enforces what lxc says' under_lxc
with systemd-nspawn 'systemd-nspawn enforces what nspawn says' under_nspawn
with firejail 'Firejail enforces what firejail says' under_firejail
with bwrap 'bubblewrap enforces what bpf says' under_bwrap
case_ 'a program with the C header enforces what bpf-c says' under_own bpf-c \
	"syscall(SYS_seccomp, 1, 0, &policy_program)"
case_ 'a program with the C file enforces what libseccomp-c says' under_own libseccomp-c 'load_seccomp_policy()'
finish
