#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Drop-ins in the systemd that they are for: loaded without a word, and then in the kernel what
# whittle says that they mean, call by call.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

recording=$SOURCE/tests/cli/data/service.rec
policies=$tap_directory/policies
mkdir "$policies"

# A process that needs next to nothing: whatever the filter, it waits in pause().
make_waiter()
{
	gcc -O1 -static -nostdlib -fno-stack-protector -fcf-protection=none -x c -o "$1" - <<-'END'
		void _start(void);
		void _start(void)
		{
			for (;;) {
				long status;

				__asm__ volatile("syscall"
						 : "=a"(status)
						 : "a"(34)
						 : "rcx", "r11", "memory");
				if (status == -1 || status == -38)
					__asm__ volatile("syscall" : : "a"(231), "D"(3) : "memory");
			}
		}
	END
}

# Policies that between them have every directive, every kind of action and every ABI.
make_policies()
{
	local decide=("$BUILD/src/whittle" decide --quiet "$recording")

	"${decide[@]}" -o "$policies/plain.policy"
	"${decide[@]}" --default kill_process -o "$policies/kill.policy"
	"${decide[@]}" --default errno:EACCES -o "$policies/other-error.policy"
	"${decide[@]}" --default errno:ENOSYS -o "$policies/no-call.policy"
	"${decide[@]}" --allow @timer --allow personality --allow sched_setscheduler --allow clone3 \
		--allow openat2 --allow mseal -o "$policies/asked.policy"
	python3 - "$policies" <<-'END'
	import copy, json, sys
	directory = sys.argv[1]
	plain = json.load(open(directory + "/plain.policy"))

	def rule(abi, name, *seen, action="allow", kind="seen"):
	    made = {"abi": abi, "name": name, "action": action,
	            "reasons": [{"kind": kind, "text": "in a test"}]}
	    if seen:
	        made["seen"] = [{"values": list(values), "count": 1} for values in seen]
	    return made

	def write(name, abis, rules):
	    policy = copy.deepcopy(plain)
	    names = {(made["abi"], made["name"]) for made in rules}
	    policy["abis"] = abis
	    policy["rules"] = [old for old in policy["rules"]
	                       if (old["abi"], old["name"]) not in names] + rules
	    json.dump(policy, open(f"{directory}/{name}.policy", "w"))

	arguments = [
	    rule("x86_64", "personality", (0,)), rule("x86_64", "sched_setscheduler", (0,), (3,)),
	    rule("x86_64", "setns", (0x40000000,)), rule("x86_64", "unshare", (0x40000000,), (0x20000,)),
	    rule("x86_64", "shmat", (0,)), rule("x86_64", "pkey_mprotect", (1,)),
	    rule("x86_64", "chmod", (0,)), rule("x86_64", "fchmodat", (0,)),
	    rule("x86_64", "mknodat", (0x1000,)), rule("x86_64", "creat", (0,)),
	    rule("x86_64", "open", (0, 0)), rule("x86_64", "mkdir", (0,))]
	write("arguments", ["x86_64"], arguments)
	write("errors", ["x86_64"], [
	    rule("x86_64", "unlink", action="errno:EROFS"), rule("x86_64", "rmdir", action="errno:EPERM"),
	    rule("x86_64", "faccessat2", action="errno:ENOSYS"),
	    rule("x86_64", "nanosleep", action="errno:EINTR")])
	precautions = [rule("x86_64", "statx", action="errno:ENOSYS", kind="runtime"),
	               rule("x86_64", "clone3", action="errno:ENOSYS", kind="runtime")]
	write("precautions", ["x86_64"], precautions)
	plain["default"] = "kill_process"
	write("precautions-kill", ["x86_64"], precautions)
	plain["default"] = "errno:EPERM"
	write("i386", ["x86_64", "i386"], arguments + [
	    rule("i386", "socketcall", (1,)), rule("i386", "mmap2", (1, 2)), rule("i386", "waitpid"),
	    rule("i386", "mprotect", (1,)), rule("i386", "personality", (0,)), rule("i386", "ipc", (21,))])
	write("i386-direct", ["x86_64", "i386"], arguments + [
	    rule("i386", "socket", (1, 1, 0)), rule("i386", "connect"), rule("i386", "mmap2", (1, 2)),
	    rule("i386", "clone", (0x1200000,))])
	write("x32", ["x86_64", "x32"], arguments + [
	    rule("x32", "read"), rule("x32", "socket", (2, 1, 0)), rule("x32", "ioctl", (1,))])
	END
}

# The manager's own, so that the program looks names up as it does there.
version_of()
{
	machine "$1" systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'
}

install_units()
{
	local policy name version

	version=$(version_of "$1")
	make_waiter "$machine_share/waiter"
	cp "$policies"/*.policy "$machine_share/"
	for policy in "$policies"/*.policy; do
		name=meant-$(basename "$policy" .policy).service
		machine "$1" sh -euc '
			name=$1 policy=$2 version=$3
			printf "[Service]\nType=exec\nExecStart=/mnt/share/waiter\n" >"/etc/systemd/system/$name"
			mkdir -p "/etc/systemd/system/$name.d"
			whittle emit systemd --systemd "$version" "$policy" -o "/etc/systemd/system/$name.d/50-whittle.conf" \
				2>"/mnt/share/$name.warnings"' \
			install "$name" "/mnt/share/$(basename "$policy")" "$version" || return 1
	done
	machine "$1" systemctl daemon-reload
}

loads_without_a_word()
{
	local name=meant-$2.service

	run machine "$1" systemd-analyze --man=no verify "$name"
	expect_status 0
	expect_equal '' "$output$(grep -F "$name" <<<"$error")"
	run machine "$1" systemctl start "$name"
	expect_status 0
	run machine "$1" systemctl is-active "$name"
	expect_equal active "$output"
}

means_what_is_said()
{
	local pid

	pid=$(machine "$1" systemctl show --property MainPID --value "meant-$2.service")
	run machine "$1" /mnt/whittle/tests/programs/check_meaning "/mnt/share/$2.policy" \
		"$(version_of "$1")" "$pid" 0
	expect_status 0
	expect_output ' calls, 0 numbers that differ$'
	machine "$1" systemctl stop "meant-$2.service"
}

# A release is upgraded with the drop-ins that are there.
starts_after_an_upgrade()
{
	run machine "$1" whittle emit systemd --systemd 252 "/mnt/share/$2.policy" \
		-o "/etc/systemd/system/meant-$2.service.d/50-whittle.conf"
	expect_status 0
	machine "$1" systemctl daemon-reload
	run machine "$1" systemctl start "meant-$2.service"
	expect_status 0
	run machine "$1" systemctl is-active "meant-$2.service"
	expect_equal active "$output"
}

make_waiter "$tap_directory/waiter" || system_bail 'no C compiler'
make_policies || system_bail 'no policies'
for suite in bookworm trixie; do
	machine_boot "emit-$suite" "$suite"
	install_units "emit-$suite" || system_bail "no drop-ins on $suite"
	for policy in "$policies"/*.policy; do
		policy=$(basename "$policy" .policy)
		case_ "$suite: the drop-in of $policy loads without a warning and the unit starts" \
			loads_without_a_word "emit-$suite" "$policy"
		case_ "$suite: the filters of $policy mean what whittle says" \
			means_what_is_said "emit-$suite" "$policy"
	done
	for policy in plain kill precautions precautions-kill; do
		case_ "$suite: the unit starts with what $policy was for systemd 252" starts_after_an_upgrade "emit-$suite" "$policy"
	done
	machine_stop "emit-$suite"
done
finish
