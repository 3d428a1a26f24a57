#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Filters as they are in the field, taken from live processes of Debian's packages: each is decoded,
# what was decoded is compiled, the result must mean the same as what the kernel has, and the
# interpreter must agree on calls around every constant (tests/programs/check_exact.c); so for all
# filters of a process together and for each alone.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

check=$BUILD/tests/programs/check_exact
boot=(--bind-ro=/dev/null:/etc/systemd/system/chrony.service
	--bind-ro=/dev/null:/etc/systemd/system/podman.service
	--bind-ro=/dev/null:/etc/systemd/system/podman-restart.service
	--bind-ro=/dev/null:/etc/systemd/system/podman-auto-update.service)

# Beside what every machine has, who filters himself or others.
system_root()
{
	system_make_root filters "$1" "$(system_field_packages "$1")"
}

# filtered UNIT REGEX: the first process of a unit in the machine that is under a filter and whose
# command line matches. There is no event to wait for: a program puts the filter on itself when it
# likes.
filtered()
{
	local deadline=$((SECONDS + 40)) directory

	while ((SECONDS < deadline)); do
		for directory in /proc/[0-9]*; do
			grep -q "$machine_group-real/.*/$1\.service" "$directory/cgroup" 2>/dev/null || continue
			grep -q '^Seccomp:.*2' "$directory/status" 2>/dev/null || continue
			tr '\0' ' ' 2>/dev/null <"$directory/cmdline" | grep -qE -- "$2" || continue
			echo "${directory#/proc/}"
			return
		done
		sleep 0.1
	done
	return 1
}

# start UNIT COMMAND...: as a unit of the machine, so that its processes are known and are ended with it.
start()
{
	machine real systemd-run --quiet --collect --unit="$1" "${@:2}" ||
		fail "$1 does not start"
}

exact()
{
	local pid

	pid=$(filtered "$1" "$2") || {
		fail "no process of $1 came under a filter: $(machine real journalctl -o cat -n 20 -u "$1" 2>&1)"
		return
	}
	run timeout 100 "$check" "$pid" "${3:-1}"
	echo "# $1: $output"
	expect_status 0
}

a_unit_with_every_directive()
{
	machine_write real /etc/systemd/system/hardened.service <<-'END'
		[Service]
		ExecStart=/usr/bin/sleep infinity
		SystemCallFilter=@system-service
		SystemCallFilter=~@privileged @resources:ENOSYS
		SystemCallFilter=setuid:EACCES
		SystemCallErrorNumber=EPERM
		SystemCallArchitectures=native x86 x32
		SystemCallLog=@known
		RestrictAddressFamilies=AF_UNIX AF_INET
		RestrictNamespaces=net ipc
		MemoryDenyWriteExecute=yes
		RestrictRealtime=yes
		RestrictSUIDSGID=yes
		LockPersonality=yes
		ProtectKernelModules=yes
		ProtectKernelTunables=yes
		ProtectKernelLogs=yes
		ProtectClock=yes
		ProtectHostname=yes
		PrivateDevices=yes
		NoNewPrivileges=yes
	END
	machine real systemctl start hardened
	exact hardened sleep 30
}

a_unit_that_denies()
{
	machine_write real /etc/systemd/system/denying.service <<-'END'
		[Service]
		ExecStart=/usr/bin/sleep infinity
		SystemCallFilter=~@mount @clock kexec_load:kill socket:EAFNOSUPPORT
		SystemCallArchitectures=native
		RestrictAddressFamilies=~AF_PACKET AF_NETLINK
		RestrictNamespaces=~user
	END
	machine real systemctl start denying
	exact denying sleep 5
}

systemd_s_own_services()
{
	exact systemd-journald journald 15
	exact systemd-resolved resolved 20
	exact systemd-logind logind 20
}

# The child that talks to a client before it is known who that is.
openssh_before_authentication()
{
	start ssh-client bash -c 'exec 3<>/dev/tcp/127.0.0.1/22; printf "SSH-2.0-x\r\n" >&3; sleep 600'
	exact ssh 'sshd: .*\[net\]'
}

vsftpd_before_login()
{
	machine real sh -c 'echo seccomp_sandbox=YES >>/etc/vsftpd.conf; systemctl restart vsftpd'
	start ftp-client bash -c 'exec 3<>/dev/tcp/127.0.0.1/21; sleep 600'
	exact vsftpd vsftpd
}

chrony()
{
	# -x: it leaves the clock, which is this machine's, alone.
	start clock chronyd -F 1 -x -d
	exact clock chronyd
}

tor_with_its_sandbox()
{
	machine real sh -c 'mkdir /run/tor-test; chown debian-tor /run/tor-test; : >/run/tor-test.conf'
	start tor-test --uid=debian-tor tor Sandbox 1 DataDirectory /run/tor-test SocksPort 9998 \
		DisableNetwork 1 --defaults-torrc /run/tor-test.conf -f /run/tor-test.conf RunAsDaemon 0
	exact tor-test tor
	# systemd's, of the unit that Debian ships
	exact tor@default tor 2
}

firejail_s_default()
{
	start firejail firejail --noprofile --seccomp sleep 600
	exact firejail '^sleep' 2
}

# What man runs on a page that may come from anyone; its output waits in a pipe that nobody reads.
man_db()
{
	start man sh -c 'yes ".SH NAME
		a \- b" | sed "1i .TH A 1" | head -20000 >/tmp/big.1
		mkfifo /tmp/unread; exec 9<>/tmp/unread; exec man -l /tmp/big.1 >/tmp/unread'
	exact man .
}

make_box()
{
	machine real sh -c 'mkdir -p /srv/box/bin; cp /bin/busybox /srv/box/bin/; ln -sf busybox /srv/box/bin/sleep'
}

podman_with_crun()
{
	# podman ends; its monitor stays, and the container is the monitor's child.
	start container --property=Type=forking \
		podman --root /var/pods --runroot /run/pods --storage-driver vfs --runtime crun \
		--cgroup-manager cgroupfs --events-backend none run -d --network none --cgroups disabled \
		--ulimit host --rootfs /srv/box /bin/sleep 600
	exact container '^/bin/sleep'
}

# The same list by runc: its own compiler's code in front of libseccomp's.
podman_s_list_with_runc()
{
	local pid

	python3 - "/proc/${machine_leader[real]}/root" <<-'END' || fail 'no list of podman'
		import glob, json, os, sys
		root = sys.argv[1]
		made = json.load(open(glob.glob(root + "/var/pods/vfs-containers/*/userdata/config.json")[0]))
		os.makedirs(root + "/srv/bundle", exist_ok=True)
		json.dump({"ociVersion": "1.0.2", "root": {"path": "/srv/box"},
		           "process": {"args": ["/bin/sleep", "700"], "cwd": "/", "noNewPrivileges": True,
		                       "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}},
		           "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
		           "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}],
		                     "seccomp": made["linux"]["seccomp"]}},
		          open(root + "/srv/bundle/config.json", "w"))
	END
	start runc --property=Delegate=yes sh -c 'cd /srv/bundle && exec runc --root /run/runc run box'
	pid=$(container_of_runc) && run timeout 100 "$check" "$pid"
	echo "# runc: $output"
	expect_status 0
}

# runc puts its container in a group of its own, of no unit.
container_of_runc()
{
	local deadline=$((SECONDS + 20)) directory

	while ((SECONDS < deadline)); do
		for directory in /proc/[0-9]*; do
			grep -q "$machine_group-real/" "$directory/cgroup" 2>/dev/null || continue
			grep -q '^Seccomp:.*2' "$directory/status" 2>/dev/null || continue
			grep -qa '/bin/sleep.700' "$directory/cmdline" || continue
			echo "${directory#/proc/}"
			return
		done
		sleep 0.1
	done
	fail 'no container of runc under a filter'
}

bubblewrap_with_what_whittle_compiled()
{
	cat >"$machine_share/box.policy" <<-'END'
		{"format":"whittle-policy","version":1,"abis":["x86_64"],"default":"allow","foreign":"kill_process",
		 "rules":[{"abi":"x86_64","name":"socket","action":"errno:EAFNOSUPPORT",
		  "clauses":[[{"argument":0,"comparison":"!=","value":1}]]},
		 {"abi":"x86_64","name":"ptrace","action":"errno:EPERM"}]}
	END
	"$BUILD/src/whittle" compile "$machine_share/box.policy" -o "$machine_share/box.bpf"
	start bwrap sh -c 'exec bwrap --ro-bind / / --proc /proc --unshare-pid --seccomp 3 sleep 600 3</mnt/share/box.bpf'
	exact bwrap sleep
	run "$BUILD/src/whittle" compare "$machine_share/box.policy" "$(filtered bwrap '^sleep')"
	expect_status 0
}

chromium_s_renderer()
{
	start chromium --uid=user --setenv=HOME=/home/user chromium --headless --disable-gpu \
		--remote-debugging-port=0 about:blank
	exact chromium type=renderer
	exact chromium type=utility
}

firefox_s_content_process()
{
	start firefox --uid=user --setenv=HOME=/home/user firefox-esr --headless --no-remote about:blank
	exact firefox isForBrowser
	exact firefox 'contentproc -parentBuildID'
}

# On the host: it needs no machine.
qemu_s_sandbox()
{
	local pid

	qemu-system-x86_64 -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
		-M none -nodefaults -display none -S </dev/null >"$tap_directory/qemu" 2>&1 &
	pid=$!
	for ((i = 0; i < 200; i++)); do
		grep -q '^Seccomp:.*2' "/proc/$pid/status" && break
		sleep 0.05
	done
	run timeout 60 "$check" "$pid"
	kill "$pid"
	wait "$pid" 2>/dev/null
	echo "# qemu: $output"
	expect_status 0
}

nspawn_s_own_filter()
{
	machine_seccomp=1 machine_boot jailed bookworm "${boot[@]}"
	run timeout 60 "$check" "${machine_leader[jailed]}"
	echo "# nspawn: $output"
	expect_status 0
	machine_stop jailed
}

machine_boot real bookworm "${boot[@]}"
machine real useradd --create-home user
make_box
case_ 'a unit with every directive that filters' a_unit_with_every_directive
case_ 'a unit with a list of denials' a_unit_that_denies
case_ "systemd's journald, resolved and logind" systemd_s_own_services
case_ "OpenSSH's child before authentication" openssh_before_authentication
case_ "vsftpd's child before login" vsftpd_before_login
case_ 'chrony -F 1' chrony
case_ 'tor with Sandbox, and its unit' tor_with_its_sandbox
case_ "firejail's default" firejail_s_default
case_ "man's formatters" man_db
case_ 'a container of podman and crun' podman_with_crun
case_ "the same list by runc" podman_s_list_with_runc
case_ 'bubblewrap with a compiled filter' bubblewrap_with_what_whittle_compiled
case_ "Chromium's renderer and utility processes" chromium_s_renderer
case_ "Firefox's content and parent's processes" firefox_s_content_process
case_ "qemu's sandbox" qemu_s_sandbox
case_ "systemd-nspawn's own filter" nspawn_s_own_filter
# The first of a container takes no SIGTERM, and the power-off would wait for it.
machine real pkill -KILL sleep
finish
