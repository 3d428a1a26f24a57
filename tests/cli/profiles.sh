#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Profiles of other tools: what each construct means to the tool that reads it. Every input is x86-64's.
. "$SOURCE/tests/tap.sh"

profile=$tap_directory/profile
policy=$tap_directory/policy

# given NAME < TEXT: writes a file.
given() { cat >"$tap_directory/$1"; }

# read_as SOURCE [OPTION...]: the file `profile` is a policy of that source, found without --from.
read_as()
{
	rm -f "$policy"
	run "$WHITTLE" import --to-policy --abi x86_64 "${@:2}" "$profile" -o "$policy"
	expect_status 0
	run "$WHITTLE" import --abi x86_64 "${@:2}" "$profile" -o "$tap_directory/rec"
	expect_error "read as $1"
}

# refused WORDS: with these words, and nothing is written.
refused()
{
	rm -f "$policy"
	run "$WHITTLE" import --to-policy --abi x86_64 "$profile" -o "$policy"
	expect_status 65
	expect_error "$1"
	[[ ! -e $policy ]] || fail 'a policy was written'
}

# means CALL OUTCOME
means()
{
	run "$WHITTLE" test -q "$policy" "x86_64:$1"
	expect_equal "$1 $2" "$1 $output"
}

# ---- Kafel ----

kafel_arguments_have_the_kernels_names()
{
	given profile <<-'END'
	POLICY a { ALLOW { write { fd == 1 }, socket { family == 2 } } }
	USE a DEFAULT KILL
	END
	read_as kafel
	means write,1 allow
	means write,2 kill_thread
	# The kernel ignores the high half of an int, and so does Kafel.
	means write,0x700000001 allow
	means socket,2 allow
}

kafel_constants()
{
	given profile <<-'END'
	#define STDOUT 1
	#define own 39
	POLICY s { ALLOW { write(fd,b,n) { fd == STDOUT }, own } }
	USE s DEFAULT KILL
	END
	read_as kafel
	means write,1 allow
	means write,0x700000001 kill_thread
	means getpid allow
}

kafel_names()
{
	given profile <<-'END'
	POLICY s { ALLOW { newfstat, newuname, sendfile64, umount, SYSCALL[39] } }
	USE s DEFAULT ERRNO(5)
	END
	read_as kafel
	for call in fstat uname sendfile umount2 getpid; do
		means "$call" allow
	done
	means read errno:EIO
	# A filter that asks for the machine and the number: x32's numbers are unknown ones.
	run "$WHITTLE" test -q "$policy" x32:read
	expect_equal errno:EIO "$output"
}

kafel_names_of_i386()
{
	given profile <<-'END'
	POLICY s { ALLOW { chown, newstat } }
	USE s DEFAULT KILL
	END
	run "$WHITTLE" import --to-policy --abi i386 "$profile" -o "$policy"
	expect_status 0
	run "$WHITTLE" test -q "$policy" i386:chown32
	expect_equal allow "$output"
	run "$WHITTLE" test -q "$policy" i386:chown
	expect_equal kill_thread "$output"
	run "$WHITTLE" emit kafel --abi i386 "$policy" -o "$tap_directory/emitted"
	expect_status 0
	grep -q '^[[:blank:]]*chown /\* chown32 \*/' "$tap_directory/emitted" || fail 'no chown for chown32'
}

kafel_expressions()
{
	given profile <<-'END'
	POLICY s {
		ALLOW {
			read(a, b, c) { !(a == 1 && b >= 2) },
			write(a, b, c) { (a & 0xf0) > 0x20 },
			pread64(a, b, c, d) { (a | 1) == 3, (d & 6) != 2 },
			close {}
		}
	}
	USE s DEFAULT KILL
	END
	read_as kafel
	means read,1,2 kill_thread
	means read,1,1 allow
	means read,2,9 allow
	means write,0x1f kill_thread
	means write,0x2f kill_thread
	means write,0x3f allow
	means write,0x80 allow
	means pread64,2,0,0,2 allow
	means pread64,4,0,0,2 kill_thread
	means pread64,4,0,0,0 allow
	means pread64,4,0,0,6 allow
	means close allow
}

kafel_uses_only_what_is_used()
{
	given profile <<-'END'
	POLICY unused { ALLOW { mount } }
	POLICY files { ALLOW { read, write } }
	POLICY more { USE files, ERRNO(1) { write, ptrace } }
	USE more, LOG { getpid }
	DEFAULT KILL_PROCESS
	END
	read_as kafel
	means mount kill_process
	means write allow
	means ptrace errno:EPERM
	means getpid log
}

kafel_architectures()
{
	given profile <<-'END'
	ALLOW { read ON x86_64, write ON { aarch64, arm }, setfsuid32 ON i386 } DEFAULT KILL
	END
	read_as kafel
	means read allow
	means write kill_thread
}

kafel_includes()
{
	given other <<-'END'
	POLICY other { ALLOW { getpid } }
	END
	given profile <<-'END'
	#include "other"
	USE other DEFAULT KILL
	END
	read_as kafel
	means getpid allow
	means read kill_thread
	given other <<<'#include "other"'
	refused 'deeper than 10 levels'
	rm "$tap_directory/other"
	mkfifo "$tap_directory/other"
	refused 'not a regular file'
	rm "$tap_directory/other"
}

nsjail_configurations()
{
	given profile <<-'END'
	name: "seccomp_string: \"ALLOW { mount }\""
	mode: ONCE
	seccomp_string: "ERRNO(13) { getpid } " # one
	seccomp_string: "KILL_PROCESS {" "\tsyslog" 'x' "}"
	seccomp_string: ["DEFAULT", "ALLOW"]
	END
	sed -i "s/'x' //" "$profile"
	read_as kafel
	means getpid errno:EACCES
	means syslog kill_process
	means mount allow
	run "$WHITTLE" test -q "$policy" x32:read
	expect_equal allow "$output"
}

kafel_two_arguments()
{
	given profile <<<'POLICY s { ALLOW { write { fd == count } } } USE s DEFAULT KILL'
	refused 'line 1: two arguments are compared with each other'
}

kafel_growth_is_bounded()
{
	{
		echo 'POLICY p0 { ALLOW { read } }'
		for ((i = 1; i < 60; i++)); do
			echo "POLICY p$i { USE p$((i - 1)), USE p$((i - 1)) }"
		done
		echo 'USE p59 DEFAULT KILL'
	} >"$profile"
	read_as kafel
	means read allow
	{
		printf 'ALLOW { read(a,b,c,d) {'
		for ((i = 0; i < 9; i++)); do
			printf '%s(a == %d || b == %d)' "${i_join:-}" "$i" "$i"
			i_join=' && '
		done
		echo '} } DEFAULT KILL'
	} >"$profile"
	refused 'more than 256 alternatives'
}

# ---- minijail ----

minijail_errors_by_name()
{
	given profile <<-'END'
	@default kill-process
	open: return ENOENT
	read: return 2
	getpid: 1
	END
	read_as minijail
	means open errno:ENOENT
	means read errno:ENOENT
	means getpid allow
	means write kill_process
}

minijail_any_of_these_bits()
{
	given profile <<-'END'
	ioctl: arg1 & 0x6400
	mmap: arg2 in ~PROT_EXEC || arg2 in ~PROT_WRITE && arg3 & MAP_PRIVATE
	openat: arg3 in O_RDONLY|O_NONBLOCK|O_CLOEXEC
	write: arg0 == -1
	END
	read_as minijail
	means ioctl,0,0x400 allow
	means ioctl,0,0x6000 allow
	means ioctl,0,0x9bff kill_thread
	means mmap,0,0,3,1 allow
	means mmap,0,0,5,2 allow
	means mmap,0,0,5,1 kill_thread
	means mmap,0,0,7,2 kill_thread
	means openat,0,0,0,0x80800 allow
	means openat,0,0,0,1 kill_thread
	means write,0xffffffffffffffff allow
}

minijail_constants_by_abi()
{
	given profile <<<'openat: arg2 == O_DIRECTORY'
	run "$WHITTLE" import --to-policy --abi aarch64 "$profile" -o "$policy"
	expect_status 0
	run "$WHITTLE" test -q "$policy" aarch64:openat,0,0,0x4000
	expect_equal allow "$output"
}

minijail_includes()
{
	given common.policy <<-'END'
	read: 1
	END
	given profile <<-'END'
	@frequency ./common.frequency
	@include ./common.policy
	write: 1
	END
	read_as minijail
	means read allow
	means write allow
	means getpid kill_thread
	# The place where it will be installed.
	sed -i 's,@include \./,@include /nonexistent/share/,' "$profile"
	read_as minijail
	expect_error 'warning: .*/nonexistent/share/common.policy does not exist; included .*/common.policy instead'
	means read allow
	sed -i 's,common.policy,nosuch.policy,' "$profile"
	run "$WHITTLE" import --to-policy "$profile" -o "$policy"
	expect_status 66
	expect_error "can't include \"/nonexistent/share/nosuch.policy\""
}

minijail_braces()
{
	given profile <<-'END'
	{ read, write[arch=x86_64], getpid[arch=arm64] }: allow
	close: { arg0 == 1; return EBADF, arg0 == 2, kill-process }
	kill: 1
	END
	read_as minijail
	means read allow
	means write allow
	means getpid kill_thread
	means close,1 errno:EBADF
	means close,2 allow
	means close,3 kill_process
	means kill allow
}

minijail_denylists()
{
	given profile <<-'END'
	@denylist
	mount: return EPERM
	END
	read_as minijail
	means mount errno:EPERM
	means read allow
	expect_equal '' "$("$WHITTLE" show --names "$tap_directory/rec" | grep -x mount)"
}

minijail_ambiguous()
{
	given profile <<-'END'
	read: 1
	write: arg0 == 1; return EPERM
	END
	refused 'line 2: ambiguous'
}

minijail_frequencies()
{
	given profile <<-'END'
	# counts
	read: 120
	write: 1
	END
	run "$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec"
	expect_status 0
	expect_error '121 calls, read as minijail-frequency'
}

minijail_newer_calls_do_not_break_the_rest()
{
	given imported.policy <<-'END'
	{ "format": "whittle-policy", "version": 1, "abis": [ "x86_64" ], "default": "kill_thread",
	  "foreign": "kill_thread", "rules": [
	  { "abi": "x86_64", "name": "read", "action": "allow", "reasons": [ { "kind": "seen", "text": "once" } ] },
	  { "abi": "x86_64", "name": "fchmodat2", "action": "allow", "reasons": [ { "kind": "sibling", "text": "of fchmodat" } ] },
	  { "abi": "x86_64", "name": "mseal", "action": "allow", "reasons": [ { "kind": "seen", "text": "once" } ] } ] }
	END
	run "$WHITTLE" emit minijail "$tap_directory/imported.policy" -o "$tap_directory/emitted"
	expect_status 0
	expect_error 'fchmodat2 is commented out'
	expect_equal 'mseal: 1
read: 1' "$(grep -v '^#' "$tap_directory/emitted")"
}

# ---- Firejail ----

firejail_own_denylist()
{
	given profile <<-'END'
	# Firejail profile for x
	caps.drop all
	noroot
	seccomp !chroot,socket
	END
	read_as firejail
	means mount errno:EPERM
	means ptrace errno:EPERM
	means chroot allow
	means socket errno:EPERM
	means read allow
	run "$WHITTLE" test -q "$policy" i386:mount
	expect_equal errno:EPERM "$output"
	run "$WHITTLE" test -q "$policy" i386:read
	expect_equal allow "$output"
	run "$WHITTLE" test -q "$policy" x32:read
	expect_equal errno:EPERM "$output"
	expect_equal '' "$("$WHITTLE" show --names "$tap_directory/rec" | grep -x -e mount -e ptrace -e socket)"
}

firejail_drop()
{
	given profile <<-'END'
	seccomp
	seccomp.drop mount,@reboot,$101
	seccomp-error-action ENOSYS
	protocol unix
	END
	read_as firejail
	expect_error 'protocol.* are further filters, which are not read'
	means mount errno:ENOSYS
	means kexec_load errno:ENOSYS
	means ptrace errno:ENOSYS
	means umount2 allow
}

firejail_secondary()
{
	given profile <<-'END'
	seccomp.drop mount
	seccomp.block-secondary
	END
	read_as firejail
	means personality,0 allow
	means personality,8 errno:EPERM
	run "$WHITTLE" test -q "$policy" i386:read
	expect_equal errno:EPERM "$output"
}

firejail_includes()
{
	given other.profile <<<'seccomp.keep read,write'
	given profile <<-'END'
	include x.local
	include other.profile
	noroot
	seccomp-error-action kill
	END
	read_as firejail
	means read allow
	means mount kill_thread
}

no_directive_is_a_list()
{
	printf '# local\nseccomp.drop mount,umount2,ptrace\n' >"$profile"
	read_as firejail
	means mount errno:EPERM
	for text in 'read,write,~mount' 'read write mount:EPERM' 'allow: read write open' 'deny read { write }'; do
		echo "$text" >"$profile"
		run "$WHITTLE" import "$profile" -o "$tap_directory/rec"
		expect_status 65
		expect_error 'unknown format'
	done
}

# ---- nspawn ----

nspawn_own_allowlist()
{
	given profile <<-'END'
	[Exec]
	Capability=CAP_SYS_TIME
	SystemCallFilter=add_key bpf
	SystemCallFilter=~mount
	END
	read_as nspawn
	means bpf allow
	means read allow
	means ptrace allow
	means clock_settime allow
	means mount errno:EPERM
	means swapon errno:EPERM
	means init_module errno:EPERM
}

# ---- LXC ----

lxc_force_umount()
{
	given profile <<-'END'
	2
	denylist
	reject_force_umount  # as LXC's own
	[all]
	kexec_load errno 1
	END
	read_as lxc
	means umount2,0,1 errno:EACCES
	means umount2,0,2 allow
	means kexec_load errno:EPERM
	expect_equal '' "$("$WHITTLE" show --names "$tap_directory/rec" | grep -x kexec_load)"
}

lxc_version_1()
{
	printf '%s\n' 1 allowlist 0 1 60 >"$profile"
	read_as lxc
	means read allow
	means exit allow
	means open kill_thread
}

# ---- OCI ----

oci_names_without_a_number()
{
	given profile <<-'END'
	{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[
	 {"names":["ptrace","syscall"],"action":"SCMP_ACT_ERRNO","errnoRet":1},
	 {"names":["read"],"action":"SCMP_ACT_ALLOW"}]}
	END
	read_as oci
	expect_error 'warning: .*no system call has the name "syscall": it counts for nothing'
	means ptrace errno:EPERM
	means read allow
}

oci_multiplexed()
{
	given profile <<-'END'
	{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[
	 {"names":["read","socket"],"action":"SCMP_ACT_ALLOW"},
	 {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]}]}
	END
	read_as oci
	run "$WHITTLE" test -q "$policy" i386:socketcall,1
	expect_equal allow "$output"
	run "$WHITTLE" test -q "$policy" i386:socketcall,2
	expect_equal errno:EPERM "$output"
	# x32's registers are compared by their low half.
	run "$WHITTLE" test -q "$policy" x32:personality,0x100000000
	expect_equal allow "$output"
	means personality,0x100000000 errno:EPERM
}

# ---- parts ----

firecracker_threads()
{
	given profile <<-'END'
	{"vmm": {"default_action": "trap", "filter_action": "allow", "filter": [{"syscall": "read"}]},
	 "vcpu": {"default_action": "trap", "filter_action": "allow", "filter": [{"syscall": "ioctl"}]}}
	END
	refused 'vmm, vcpu; choose one with --part'
	read_as firecracker --part vcpu
	means ioctl allow
	means read trap
}

yaml_documents()
{
	given profile <<-'END'
	kind: ConfigMap
	data: |
	  x: y
	---
	apiVersion: security-profiles-operator.x-k8s.io/v1
	kind: SeccompProfile
	metadata:
	  name: first
	spec:
	  defaultAction: SCMP_ACT_ERRNO
	---
	kind: SeccompProfile
	metadata:
	  name: second
	spec:
	  defaultAction: SCMP_ACT_LOG
	  baseProfileName: runc-base
	END
	refused '1 .first., 2 .second.; choose one with --part'
	read_as seccomp-profile --part second
	expect_error 'the calls of its baseProfileName "runc-base" are missing'
	means read log
	run "$WHITTLE" import --to-policy --part 1 "$profile" -o "$policy"
	expect_status 0
	means read errno:EPERM
	# Lines are counted from the file's first.
	echo '  syscalls: *anchor' >>"$profile"
	run "$WHITTLE" import --to-policy --part 1 "$profile" -o "$policy"
	expect_status 65
	expect_error 'line 18'
}

# ---- snapd ----

snapd_profiles()
{
	given profile <<-'END'
	# Description
	~ioctl - TIOCSTI
	~ioctl - 4294967295|TIOCLINUX
	ioctl
	read
	socket AF_UNIX
	socket AF_INET
	mknod - |S_IFREG -
	chown - u:root -1
	setpriority PRIO_PROCESS 0 <=19
	_exit
	END
	read_as snapd
	means ioctl,0,TIOCSTI errno:EACCES
	means ioctl,0,TIOCLINUX errno:EACCES
	means ioctl,0,0xf0000541c errno:EACCES
	means ioctl,0,TCGETS allow
	means socket,AF_INET allow
	means socket,AF_NETLINK errno:EPERM
	means mknod,0,S_IFREG allow
	means mknod,0,S_IFCHR errno:EPERM
	means chown,0,0,0xffffffff allow
	means chown,0,1,0xffffffff errno:EPERM
	means setpriority,0,0,19 allow
	means setpriority,0,0,20 errno:EPERM
	run "$WHITTLE" test -q "$policy" i386:socketcall,1
	expect_equal allow "$output"
	echo 'chown - u:daemon g:root' >>"$profile"
	refused 'line 12: unknown value'
}

# ---- traces ----

strace_notices()
{
	given profile <<-'END'
	100 execve("/usr/local/bin/app32", ["app32"], 0x7ffd00000000 /* 10 vars */) = 0
	strace: [ Process PID=100 runs in 32 bit mode. ]
	100 open("/etc/app.conf", O_RDONLY) = 3
	100 exit_group(0) = ?
	END
	run "$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec"
	expect_status 0
	grep -q '"i386"' "$tap_directory/rec" || fail 'no call of i386'
	expect_equal 'i386:exit_group i386:open' "$("$WHITTLE" show --names "$tap_directory/rec" | sort | paste -sd' ')"
}

strace_summary_below_a_log()
{
	given profile <<-'END'
	openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
	exit_group(0)                           = ?
	+++ exited with 0 +++
	% time     seconds  usecs/call     calls    errors syscall
	------ ----------- ----------- --------- --------- ----------------
	 47.29    0.000297          59         5           mprotect
	 13.54    0.000085           5         1           openat
	------ ----------- ----------- --------- --------- ----------------
	100.00    0.000628           7         6         3 total
	END
	run "$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec"
	expect_status 0
	expect_error '7 calls, read as strace'
	expect_equal 'exit_group mprotect openat' "$("$WHITTLE" show --names "$tap_directory/rec" | sort | paste -sd' ')"
}

strace_of_other_machines()
{
	printf '%s\n' '7 fadvise64_64(3, 0, 0, POSIX_FADV_SEQUENTIAL) = 0' '7 sync_file_range2(3, 0, 0, 0) = 0' >"$profile"
	run "$WHITTLE" import --abi arm --strict "$profile" -o "$tap_directory/rec"
	expect_status 0
	expect_equal 'arm:arm_fadvise64_64 arm:arm_sync_file_range' "$("$WHITTLE" show --names "$tap_directory/rec" | sort | paste -sd' ')"
	printf '%s\n' '1 openat(AT_FDCWD, "/", O_RDONLY|O_DIRECTORY|O_TMPFILE|O_RDWR, 0600) = 3' >"$profile"
	run "$WHITTLE" import --abi aarch64 --strict "$profile" -o "$tap_directory/rec"
	expect_status 0
	grep -q '0x404002' "$tap_directory/rec" || fail "not aarch64's bits: $(grep 0x "$tap_directory/rec")"
	run "$WHITTLE" show "$tap_directory/rec"
	expect_output 'O_RDWR.O_TMPFILE'
}

strace_start()
{
	printf '%s\n' '7 execve("/bin/x", ["x"], 0x7f) = 0' '7 getpid() = 7' '7 exit_group(0) = ?' >"$profile"
	"$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec" 2>/dev/null
	run "$WHITTLE" decide --level observed "$tap_directory/rec" -o "$policy"
	expect_status 0
	if grep -q 'no start-up was recorded' "$policy"; then fail 'the execve is no start'; fi
	sed -i 1d "$profile"
	"$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec" 2>/dev/null
	"$WHITTLE" decide --level observed "$tap_directory/rec" -o "$policy" 2>/dev/null
	grep -q 'no start-up was recorded' "$policy" || fail 'a start without an execve'
}

perf_trace_with_a_summary()
{
	given profile <<-'END'
	     0.071 ( 0.013 ms): ls/25718 brk()                          = 0x559e54089000
	     0.081 ( 0.013 ms): ls/25718 getpid()                       = 25718

	 Summary of events:

	 ls (25718), 4 events, 97.3%

	   syscall            calls  errors  total       min       avg       max       stddev
	                                     (msec)    (msec)    (msec)    (msec)        (%)
	   --------------- --------  ------ -------- --------- --------- ---------     ------
	   brk                    1      0     0.459     0.013     0.015     0.022      2.83%
	   getpid                 1      0     0.459     0.013     0.015     0.022      2.83%
	END
	run "$WHITTLE" import --abi x86_64 "$profile" -o "$tap_directory/rec"
	expect_status 0
	expect_error ' 2 calls, read as perf-trace'
}

case_ "Kafel's arguments have the kernel's names" kafel_arguments_have_the_kernels_names
case_ "Kafel's constants stand for numbers" kafel_constants
case_ "Kafel's names of calls are the kernel's" kafel_names
case_ "a name of Kafel's may be another call on i386" kafel_names_of_i386
case_ "Kafel's expressions become alternatives" kafel_expressions
case_ 'a Kafel policy that is not used allows nothing' kafel_uses_only_what_is_used
case_ "Kafel's guards select the architecture" kafel_architectures
case_ "Kafel's includes are followed, up to a limit" kafel_includes
case_ "nsjail's configurations have their policy in strings" nsjail_configurations
case_ 'a Kafel policy that compares two arguments is refused' kafel_two_arguments
case_ "Kafel's policies can't grow without bounds" kafel_growth_is_bounded
case_ "minijail's errors have names" minijail_errors_by_name
case_ "minijail's \"&\" is any of the bits" minijail_any_of_these_bits
case_ "minijail's constants are those of the ABI" minijail_constants_by_abi
case_ "minijail's includes are followed" minijail_includes
case_ "minijail's braces" minijail_braces
case_ "minijail's denylists allow all other calls" minijail_denylists
case_ 'a minijail statement with two meanings is refused' minijail_ambiguous
case_ "minijail's frequency files are counts" minijail_frequencies
case_ 'a call that minijail may not know is commented out' minijail_newer_calls_do_not_break_the_rest
case_ "Firejail's own denylist, with exceptions and additions" firejail_own_denylist
case_ "Firejail's seccomp.drop denies what it names" firejail_drop
case_ "Firejail's seccomp.block-secondary" firejail_secondary
case_ "Firejail's includes are followed" firejail_includes
case_ "a file of a known tool is never a list of names" no_directive_is_a_list
case_ "nspawn's settings change its own allowlist" nspawn_own_allowlist
case_ "LXC's reject_force_umount, and denylists" lxc_force_umount
case_ "LXC's version 1" lxc_version_1
case_ 'a name that no ABI has counts for nothing in OCI' oci_names_without_a_number
case_ "OCI's rules are those of libseccomp on i386 and x32" oci_multiplexed
case_ "a thread of Firecracker's is chosen" firecracker_threads
case_ 'a document of a YAML file is chosen' yaml_documents
case_ "snapd's profiles" snapd_profiles
case_ 'strace before 5.6 says on another line that a process is a 32-bit one' strace_notices
case_ "a summary below strace's log adds what the log lacks" strace_summary_below_a_log
case_ "strace's names and flags are those of the machine" strace_of_other_machines
case_ 'the execve that begins a log is the start' strace_start
case_ 'perf trace -S is counted once' perf_trace_with_a_summary
finish
