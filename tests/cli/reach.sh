#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `whittle reach` as a user runs it: on this machine's programs and on what is no program.
. "$SOURCE/tests/tap.sh"


# A program of which all that it does itself is known.
given_a_program()
{
	cat >"$tap_directory/$1.c"
	gcc -O2 -o "$tap_directory/$1" "$tap_directory/$1.c" "${@:2}" || fail "gcc failed"
}

names_are_exactly_those_of_a_static_program()
{
	given_a_program alone -nostdlib -static <<-'CODE'
		static long call(long nr, long a)
		{
			long r;
			__asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a) : "rcx", "r11", "memory");
			return r;
		}
		static long twice(long nr) { return call(nr, 0) + call(nr + 1, 0); }
		void _start(void)
		{
			long (*volatile other)(long) = twice;
			call(39, 0);
			(void)other;
			call(60, 0);
			for (;;)
				;
		}
	CODE
	run "$WHITTLE" reach --names "$tap_directory/alone"
	expect_status 0
	expect_output '^getpid$'
	expect_output '^exit$'
	run "$WHITTLE" reach "$tap_directory/alone"
	expect_output 'getpid +_start'
}

a_dynamic_program_gets_paths_through_libc()
{
	given_a_program linked <<-'CODE'
		#include <sys/stat.h>
		int main(int argc, char *argv[]) { return argc > 1 && mkdir(argv[1], 0700); }
	CODE
	run "$WHITTLE" reach "$tap_directory/linked"
	expect_status 0
	expect_output '^mkdir +_start > main > libc.so.6!mkdir$'
	expect_output 'complete: every system call number is known'
	grep -q '^mount ' <<<"$output" && fail "mount is not reachable"
	:
}

json_says_the_same_as_names()
{
	run "$WHITTLE" reach --json "$tap_directory/linked"
	expect_status 0
	local from_json
	from_json=$(python3 -c 'import json, sys
answer = json.load(sys.stdin)
assert answer["complete"] is True
for call in answer["calls"]:
    assert call["path"], call
    print(call["name"])' <<<"$output") || fail "not the JSON that the manual describes"
	run "$WHITTLE" reach --names "$tap_directory/linked"
	expect_equal "$from_json" "$output"
}

a_second_run_takes_the_cache_and_says_the_same()
{
	local first

	run "$WHITTLE" reach --no-cache "$tap_directory/linked"
	first=$output
	[[ -n $(ls "$XDG_CACHE_HOME/whittle") ]] || fail "nothing is in the cache"
	run "$WHITTLE" reach "$tap_directory/linked"
	expect_equal "$first" "$output"
}

a_damaged_cache_is_made_anew()
{
	local first file

	run "$WHITTLE" reach "$tap_directory/linked"
	first=$output
	for file in "$XDG_CACHE_HOME"/whittle/*; do
		printf 'X' | dd of="$file" bs=1 seek=5000 conv=notrunc status=none
	done
	run "$WHITTLE" reach "$tap_directory/linked"
	expect_status 0
	expect_equal "$first" "$output"
}

what_is_no_program_is_refused_with_its_name()
{
	echo '#!/bin/sh' >"$tap_directory/script"
	run "$WHITTLE" reach "$tap_directory/script"
	expect_status 65
	expect_error 'script: not an ELF file'
	run "$WHITTLE" reach "$tap_directory/nothing"
	expect_status 66
	expect_error 'nothing: No such file'
	run "$WHITTLE" reach
	expect_status 64
}

# given_a_header NAME OFFSET BYTE: the dynamic program, with one byte of its ELF header changed.
given_a_header()
{
	cp "$tap_directory/linked" "$tap_directory/$1"
	printf "\\$3" | dd of="$tap_directory/$1" bs=1 seek="$2" conv=notrunc status=none
}

another_machine_is_named()
{
	given_a_header arm64 18 267
	printf '\0' | dd of="$tap_directory/arm64" bs=1 seek=19 conv=notrunc status=none
	run "$WHITTLE" reach "$tap_directory/arm64"
	expect_status 69
	expect_error 'arm64: built for aarch64, and whittle can follow only x86-64 code'
	given_a_header i386 18 3
	printf '\1' | dd of="$tap_directory/i386" bs=1 seek=4 conv=notrunc status=none
	run "$WHITTLE" reach "$tap_directory/i386"
	expect_status 69
	expect_error 'i386: built for i386, and whittle can follow only'
	given_a_header x32 4 1
	run "$WHITTLE" reach "$tap_directory/x32"
	expect_error 'x32: built for x32, and whittle can follow only'
	given_a_header other 18 377
	run "$WHITTLE" reach "$tap_directory/other"
	expect_error 'built for another machine .ELF number 255.'
}

a_program_executed_by_its_name_alone_is_followed_by_any_path()
{
	given_a_program by_name <<-'CODE'
		#include <unistd.h>
		int main(void) { return execlp("linked", "x", (char *)0); }
	CODE
	run "$WHITTLE" reach "$tap_directory/by_name"
	expect_output 'program executed: linked,'
	run "$WHITTLE" reach --exec "$tap_directory/linked" "$tap_directory/by_name"
	expect_output '^mkdir '
	grep -q 'program executed: linked' <<<"$output" && fail "it was followed: $output"
	:
}

a_missing_library_is_named()
{
	echo 'int f(void) { return 1; }' | gcc -shared -fPIC -x c - -o "$tap_directory/libgone.so"
	given_a_program lonely -L"$tap_directory" -lgone <<-'CODE'
		int f(void);
		int main(void) { return f(); }
	CODE
	rm "$tap_directory/libgone.so"
	run "$WHITTLE" reach "$tap_directory/lonely"
	expect_status 66
	expect_error 'lonely: needs libgone.so'
}

an_executed_program_is_listed_and_followed_on_request()
{
	given_a_program parent <<-CODE
		#include <unistd.h>
		int main(void) { return execl("$tap_directory/linked", "x", (char *)0); }
	CODE
	run "$WHITTLE" reach "$tap_directory/parent"
	expect_output "program executed: $tap_directory/linked"
	grep -q '^mkdir ' <<<"$output" && fail "mkdir is the child's"
	run "$WHITTLE" reach --exec "$tap_directory/linked" "$tap_directory/parent"
	expect_output '^mkdir '
	grep -q 'Not followed' <<<"$output" && fail "it was followed: $output"
	:
}

constant_arguments_are_told()
{
	given_a_program argued <<-'CODE'
		#include <sys/prctl.h>
		#include <sys/socket.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			socket(AF_UNIX, SOCK_STREAM, 0);
			socket(AF_INET6, SOCK_STREAM, 0);
			return prctl(PR_SET_DUMPABLE, argc);
		}
	CODE
	run "$WHITTLE" reach --arguments "$tap_directory/argued"
	output=$(grep -A3 -E '^(socket|prctl) ' <<<"$output")
	expect_output '^    AF_INET6, SOCK_STREAM'
	expect_output '^    AF_UNIX, SOCK_STREAM'
	expect_output '^    PR_SET_DUMPABLE'
	run "$WHITTLE" reach --arguments --json "$tap_directory/argued"
	python3 -c 'import json, sys
calls = {call["name"]: call for call in json.load(sys.stdin)["calls"]}
assert ["0xa", "0x1", "0x0"] in calls["socket"]["arguments"], calls["socket"]
assert calls["prctl"]["any_argument"] is False, calls["prctl"]' <<<"$output" || fail "JSON: $output"
}

# arguments_of CALL: those of the first tuple member that reach prints in JSON for PROGRAM, sorted.
first_arguments_of()
{
	"$WHITTLE" reach --arguments --json "$2" | python3 -c 'import json, sys
calls = {call["name"]: call for call in json.load(sys.stdin)["calls"]}
print(*sorted({row[0] for row in calls[sys.argv[1]]["arguments"]}))' "$1"
}

# A mask of a run-time value leaves few values; an argument that may be anything leaves the others bounded; memory is
# writable and executable in the loader and in thread stacks only where an object asks for that.
arguments_are_bounded_one_by_one()
{
	local each

	given_a_program bounded <<-'CODE'
		#include <pthread.h>
		#include <sys/mman.h>
		#include <sys/socket.h>
		static void *run(void *argument) { return argument; }
		int main(int argc, char *argv[])
		{
			pthread_t thread;
			(void)argv;
			mmap(0, 4096, PROT_READ | (argc & PROT_WRITE), argc << 3 | MAP_PRIVATE, -1, 0);
			socket(77, SOCK_STREAM, 0);
			socket(AF_UNIX, argc, 0);
			return pthread_create(&thread, 0, run, 0);
		}
	CODE
	each=$(first_arguments_of mmap "$tap_directory/bounded")
	[[ $each == '0x0 0x1 0x3 0x5' ]] || fail "mmap: $each"
	each=$(first_arguments_of mprotect "$tap_directory/bounded")
	[[ $each == '0x0 0x1 0x3 0x5' ]] || fail "mprotect: $each"
	each=$(first_arguments_of socket "$tap_directory/bounded")
	[[ $each == 0x1 || $each == '0x1 '* && $each != *0x4d* ]] || fail "socket: $each"
	run "$WHITTLE" reach --arguments "$tap_directory/bounded"
	expect_output '^    PROT_READ\|PROT_WRITE, any$'
	expect_output '^    AF_UNIX, any, IPPROTO_IP$'
	gcc -O2 -z execstack -o "$tap_directory/stack" "$tap_directory/bounded.c"
	each=$(first_arguments_of mprotect "$tap_directory/stack")
	[[ $each == *0x7* ]] || fail "an executable stack is asked for: mprotect: $each"
}

# $1: the magic number of the table's version, $2: where its parts are, $3: its rows.
build_with_go_table()
{
	gcc -nostdlib -static -no-pie -s -Wl,--build-id -x assembler - -o "$tap_directory/go" <<-ASM
		.globl _start
		_start: call work; mov \$60, %eax; syscall
		begin:
		work: mov \$39, %eax; syscall; ret
		other: mov \$102, %eax; syscall; ret
		.data
		.quad 1
		.balign 16
		.ascii "\\377 Go buildinf:"
		.balign 64
		.section .rodata
		.balign 32
		table: .long $1; .byte 0, 0, 1, 8
		.quad 2, 0, $2
		names: .byte 0
		work_name: .asciz "main.(*server).work"
		other_name: .asciz "main.other"
		.balign 8
		functions:
		$3
		end: .long 0
	ASM
}

# By the layout of Go's runtime/symtab.go: the version of Go 1.18 and 1.20 counts from the start of the text, that of
# Go 1.16 has addresses.
functions_of_go_have_names()
{
	local magic

	for magic in 0xfffffff0 0xfffffff1; do
		build_with_go_table "$magic" 'begin, names - table, 0, 0, 0, functions - table' '
			.long work - begin, first - functions, other - begin, second - functions
			first: .long work - begin, work_name - names
			second: .long other - begin, other_name - names'
		run "$WHITTLE" reach --no-cache "$tap_directory/go"
		expect_output '^getpid +main\.\(\*server\)\.work$'
		expect_output '^getuid +main\.other$'
	done
	build_with_go_table 0xfffffffa 'names - table, 0, 0, 0, functions - table, 0' '
		.quad work, first - functions, other, second - functions
		first: .quad work; .long work_name - names
		second: .quad other; .long other_name - names'
	run "$WHITTLE" reach --no-cache "$tap_directory/go"
	expect_output '^getpid +main\.\(\*server\)\.work$'
	# A table that leads out of the file names nothing.
	build_with_go_table 0xfffffff1 'begin, names - table, 0, 0, 0, functions - table' '
		.long work - begin, 0x7fffffff, other - begin, second - functions
		second: .long other - begin, 0x7ffffff0'
	run "$WHITTLE" reach --no-cache "$tap_directory/go"
	expect_output '^getpid +0x'
}

libraries_that_need_each_other_end()
{
	local directory=$tap_directory/circle

	mkdir "$directory"
	echo 'int b(void); int a(void) { return b(); }' >"$directory/a.c"
	echo 'int a(void); int b(void) { return 1; } int c(void) { return a(); }' >"$directory/b.c"
	gcc -shared -fPIC -o "$directory/libb.so" "$directory/b.c" -Wl,--unresolved-symbols=ignore-all
	gcc -shared -fPIC -o "$directory/liba.so" "$directory/a.c" -L"$directory" -lb
	gcc -shared -fPIC -o "$directory/libb.so" "$directory/b.c" -L"$directory" -la
	given_a_program round -L"$directory" -la -lb -Wl,-rpath,'$ORIGIN/circle' <<-'CODE'
		int a(void), c(void);
		int main(void) { return a() + c(); }
	CODE
	run timeout 20 "$WHITTLE" reach --names "$tap_directory/round"
	expect_status 0
}

# reaches CALL [CODE]: a program of which main does this. The names are kept in $output.
reaches()
{
	given_a_program asks -pthread <<-CODE
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <fcntl.h>
		#include <glob.h>
		#include <pthread.h>
		#include <sched.h>
		#include <signal.h>
		#include <spawn.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/time.h>
		#include <time.h>
		#include <unistd.h>
		static glob_t found;
		static pthread_t thread;
		static pthread_attr_t attributes;
		static cpu_set_t processors;
		static void *run(void *x) { return x; }
		int main(int argc, char *argv[])
		{
			(void)argc, (void)argv, (void)run;
			(void)found, (void)thread, (void)attributes, (void)processors;
			$2;
			return 0;
		}
	CODE
	run "$WHITTLE" reach --names "$tap_directory/asks"
	expect_status 0
	grep -qx "$1" <<<"$output"
}

# asked_for CALL WITHOUT WITH: a branch of the C library, by what alone asks for it.
asked_for()
{
	reaches "$1" "$2" && fail "$1 is reached by: $2"
	reaches "$1" "$2; $3" || fail "$1 is not reached by: $2; $3"
}

a_branch_of_the_c_library_is_for_those_who_ask_for_it()
{
	asked_for getuid 'faccessat(AT_FDCWD, argv[0], R_OK, 0)' \
		'faccessat(AT_FDCWD, argv[0], R_OK, AT_SYMLINK_NOFOLLOW)'
	asked_for geteuid 'faccessat(AT_FDCWD, argv[0], F_OK, AT_EACCESS)' \
		'faccessat(AT_FDCWD, argv[0], argc, AT_EACCESS)'
	asked_for mkdir 'mkstemp(argv[0])' 'mkdtemp(argv[0])'
	asked_for alarm 'glob(argv[0], GLOB_ERR, 0, &found)' 'glob(argv[0], argc, 0, &found)'
	asked_for sched_setaffinity 'pthread_create(&thread, 0, run, 0)' \
		'pthread_attr_setaffinity_np(&attributes, sizeof(processors), &processors)'
	asked_for sched_setscheduler 'pthread_create(&thread, 0, run, 0)' \
		'pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED)'
	asked_for sched_yield 'puts(argv[0])' 'pthread_create(&thread, 0, run, 0)'
	asked_for dup2 'posix_spawn(0, argv[0], 0, 0, argv, argv)' \
		'posix_spawn_file_actions_adddup2(0, 1, 2)'
	asked_for setitimer 'puts(argv[0])' 'setitimer(ITIMER_REAL, 0, 0)'
	reaches getsockname 'pthread_create(&thread, 0, run, 0)' && fail "getsockname is reached"
	:
}

a_name_that_is_looked_up_asks_too()
{
	reaches sched_setaffinity 'pthread_create(&thread, 0, run, 0);
		return !dlsym(RTLD_DEFAULT, "pthread_attr_setaffinity_np")' ||
		fail "sched_setaffinity is not reached"
	reaches setsid 'posix_spawn(0, argv[0], 0, 0, argv, argv);
		return !dlsym(RTLD_DEFAULT, "posix_spawnattr_setflags")' ||
		fail "setsid is not reached"
}

# The thread that delivers timers is made by the C library itself.
a_timer_makes_a_thread()
{
	reaches clone3 'timer_create(CLOCK_REALTIME, 0, 0)' || fail "clone3 is not reached"
}

# Thread-local data without contents takes no place: what lies where it would end is not the loader's.
thread_local_data_ends_with_its_bytes()
{
	gcc -O2 -shared -fPIC -o "$tap_directory/libtls.so" -x c - <<-'CODE'
		#include <sys/stat.h>
		static __thread char nothing[128];
		static int hidden(void) { return mkdir("/nonexistent", 0); }
		static int (*const table[])(void) = { hidden, hidden };
		int unused(int i) { return table[i](); }
		char *used(void) { return nothing; }
	CODE
	given_a_program threaded -L"$tap_directory" -ltls -Wl,-rpath,"$tap_directory" <<-'CODE'
		char *used(void);
		int main(void) { return *used(); }
	CODE
	run "$WHITTLE" reach --names "$tap_directory/threaded"
	expect_status 0
	grep -qx mkdir <<<"$output" && fail "mkdir is not reachable"
	:
}

# nginx.rec names objects of another system: those that are here with another build-id are new.
only_what_changed_is_new()
{
	run "$WHITTLE" reach --diff "$SOURCE/tests/data/nginx.rec" "$tap_directory/linked"
	expect_status 0
	expect_output '^mkdir .*main'
	expect_output ' new system calls'
	grep -q '^brk ' <<<"$output" && fail "brk was seen by the recording"
	:
}

# $1: what is done with the address of syscall(), which is in r12, besides two calls.
given_a_call_through_a_register()
{
	given_a_program register -O1 <<-CODE
		#include <unistd.h>
		long taken(long x) { return x; }
		int main(int argc, char *argv[])
		{
			(void)argv;
			__asm__ volatile("mov syscall@GOTPCREL(%%rip), %%r12\n"
					 "mov \$39, %%edi\n"
					 "xor %%eax, %%eax\n"
					 "call *%%r12\n"
					 "test %%r12, %%r12\n"
					 "je 1f\n"
					 "mov \$110, %%edi\n"
					 "mov %%r12, %%rbx\n"
					 "call *%%rbx\n"
					 "1: $1\n"
					 ::: "r12", "rbx", "rax", "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
			return argc > 3 ? (int)taken(argc) : 0;
		}
	CODE
}

a_call_through_a_register_is_a_call()
{
	local what

	given_a_call_through_a_register nop
	run "$WHITTLE" reach "$tap_directory/register"
	expect_output '^getpid .*main > libc.so.6!syscall'
	expect_output '^getppid .*main > libc.so.6!syscall'
	expect_output 'complete: every system call number is known'
	# Handed on, kept, or returned: whoever has it then may call it with any number.
	for what in 'mov %%r12, %%rdi; call taken' 'mov %%r12, -8(%%rsp)' 'push %%r12; pop %%rax' 'lea 8(%%r12), %%rax'; do
		given_a_call_through_a_register "$what"
		run "$WHITTLE" reach "$tap_directory/register"
		expect_output '^getpid '
		expect_output 'incomplete: some system call numbers are unknown' || fail "$what"
	done
}

# A system of its own, whose nsswitch.conf names a module.
given_a_name_service()
{
	local root=$tap_directory/root library

	mkdir -p "$root"/{etc,lib/x86_64-linux-gnu,lib64}
	given_a_program asking <<-'CODE'
		#include <pwd.h>
		#include <unistd.h>
		int main(int argc, char *argv[]) { return argc > 1 ? !getpwnam(argv[1]) : 0; }
	CODE
	given_a_program silent <<-'CODE'
		int main(void) { return 0; }
	CODE
	cp "$tap_directory"/{asking,silent} "$root"
	for library in $(ldd "$tap_directory/asking" | grep -o '/[^ ]*'); do
		cp -L "$library" "$root/lib/x86_64-linux-gnu"
	done
	cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64"
	gcc -O1 -shared -fPIC -x c - -o "$root/lib/x86_64-linux-gnu/libnss_tale.so.2" <<-'CODE'
		#include <unistd.h>
		#include <sys/stat.h>
		__attribute__((constructor)) static void loaded(void) { chroot("/nosuch"); }
		int _nss_tale_getpwnam_r(const char *name) { return mkdir(name, 0); }
		int _nss_tale_gethostbyname_r(const char *name) { return rmdir(name); }
	CODE
	printf 'hosts: files # tale
passwd:	files [NOTFOUND = return] tale [ tale2
%s
' "$1" >"$root/etc/nsswitch.conf"
}

the_modules_of_the_name_service_are_followed_by_database()
{
	given_a_name_service ''
	run "$WHITTLE" reach --sysroot "$tap_directory/root" /asking
	expect_status 0
	expect_output '^mkdir .*libc.so.6!getpwnam > libnss_tale.so.2!_nss_tale_getpwnam_r'
	expect_output '^chroot '
	grep -q '^rmdir ' <<<"$output" && fail "hosts are not looked up in it"
	run "$WHITTLE" reach --sysroot "$tap_directory/root" /silent
	grep -q '^chroot ' <<<"$output" && fail "nothing is looked up"
	given_a_name_service "$(head -c 70000 /dev/zero | tr '\0' ':')"
	run "$WHITTLE" reach --sysroot "$tap_directory/root" /asking
	expect_status 0
	expect_output '^mkdir '
	rm "$tap_directory/root/etc/nsswitch.conf"
	run "$WHITTLE" reach --sysroot "$tap_directory/root" /asking
	grep -q '^chroot ' <<<"$output" && fail "no module is named"
	:
}

a_recording_is_followed_by_its_executables()
{
	sed "s|/usr/sbin/nginx|$tap_directory/linked|g" "$SOURCE/tests/data/nginx.rec" \
		>"$tap_directory/other.rec"
	run "$WHITTLE" reach --names "$tap_directory/other.rec"
	expect_status 0
	expect_output '^mkdir$'
}

case_ 'a static program: exactly its own calls' names_are_exactly_those_of_a_static_program
case_ 'a dynamic program: the way into libc is shown' a_dynamic_program_gets_paths_through_libc
case_ 'JSON and names agree' json_says_the_same_as_names
case_ 'the cache changes nothing' a_second_run_takes_the_cache_and_says_the_same
case_ 'a damaged cache is not believed' a_damaged_cache_is_made_anew
case_ 'no program: an error with the name' what_is_no_program_is_refused_with_its_name
case_ 'another machine: an error with its name' another_machine_is_named
case_ 'a library that is not there is named' a_missing_library_is_named
case_ 'an executed program is listed, and followed on request' an_executed_program_is_listed_and_followed_on_request
case_ 'a program executed by its name alone is followed by any path' a_program_executed_by_its_name_alone_is_followed_by_any_path
case_ 'constant arguments are told' constant_arguments_are_told
case_ 'arguments are bounded one by one' arguments_are_bounded_one_by_one
case_ 'functions of Go have names' functions_of_go_have_names
case_ 'libraries that need each other' libraries_that_need_each_other_end
case_ 'a branch of the C library is for those who ask for it' a_branch_of_the_c_library_is_for_those_who_ask_for_it
case_ 'a name that is looked up asks too' a_name_that_is_looked_up_asks_too
case_ 'a timer makes a thread' a_timer_makes_a_thread
case_ 'thread-local data ends with its bytes' thread_local_data_ends_with_its_bytes
case_ 'after an upgrade: what is new, and only that' only_what_changed_is_new
case_ 'a call through a register is a call' a_call_through_a_register_is_a_call
case_ 'the modules of the name service are followed' the_modules_of_the_name_service_are_followed_by_database
case_ 'a recording stands for its executables' a_recording_is_followed_by_its_executables
finish
