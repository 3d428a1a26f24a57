# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of units share; sourced after lib.sh. The machine is $m.

# The names on standard input as a policy: `policy [DEFAULT]`.
policy()
{
	printf '{"format":"whittle-policy","version":1,"abis":["x86_64"],"default":"%s","foreign":"kill_process","rules":[' \
		"${1:-errno:EPERM}"
	tr -s ' \t' '\n\n' | sed '/^$/d' | sort -u |
		sed 's/.*/{"abi":"x86_64","name":"&","action":"allow","reasons":[{"kind":"asked","text":"by hand"}]}/' |
		paste -sd,
	printf ']}\n'
}

property()
{
	machine "$m" systemctl show --property="$2" --value "$1"
}

expect_property()
{
	local got

	got=$(property "$1" "$2")
	[[ $got == "$3" ]] || fail "$1: expected $2=$3, got $got"
}

# Waits, at most 30 s, until a command in the machine succeeds.
eventually()
{
	local end=$((SECONDS + 30)) failed=$tap_case_failed

	until "$@" >"$tap_directory/awaited" 2>&1; do
		((SECONDS < end)) ||
			{ fail "expected within 30 s: $*"$'\n'"its last output: $(<"$tap_directory/awaited")"; return 1; }
		sleep 0.05
	done
	# A check in the command may have failed before.
	tap_case_failed=$failed
}

in_machine()
{
	machine "$m" "$@" >/dev/null 2>&1
}

# Puts the program that makes one system call into the machine, at /mnt/share/try-syscall.
install_try_syscall()
{
	gcc -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fcf-protection=none \
		-o "$machine_share/try-syscall" "$SOURCE/tests/system/try-syscall.c" ||
		system_bail 'try-syscall does not build'
}

# try_in_unit UNIT NUMBER: has a process of the unit, under its filter, make the call; prints what
# became of it: 0, an errno, or SYS where it was killed.
try_in_unit()
{
	local unit=$1 number=$2

	machine_write "$m" "/run/systemd/system/$unit.d/90-try.conf" <<-END
		[Service]
		ExecPaths=/mnt/share
		ExecStartPost=-/mnt/share/try-syscall $number
	END
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart "$unit"
	property "$unit" ExecStartPost | grep -oE 'try-syscall .*' | grep -oE 'status=[0-9]+(/[A-Z]+)?' |
		sed 's,status=,,; s,.*/,,'
	machine "$m" rm -r "/run/systemd/system/$unit.d"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart "$unit"
}

# The processes of a unit that have no seccomp filter, one PID a line.
unfiltered()
{
	machine "$m" sh -c 'for pid in $(cat "/sys/fs/cgroup/system.slice/$1/cgroup.procs" 2>/dev/null); do
		grep -q "^Seccomp:[[:space:]]*0" "/proc/$pid/status" 2>/dev/null && echo "$pid"; done' sh "$1"
}
