#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The level `closed`: what it adds to a recording, what it withholds, and how it says where the
# program's code could not be followed.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

cd "$tap_directory" || exit 1

# A program that was seen to print, and never to rename or to trace. $1: what else is in it.
build_program()
{
	gcc -O1 -Wl,--build-id -x c - -o program <<-END
		#include <pthread.h>
		#include <stdio.h>
		#include <sys/ptrace.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			puts("$1");
			if (argc > 6)
				return pthread_setschedparam(pthread_self(), 0, (void *)argv);
			if (argc > 5)
				return (int)ptrace(PTRACE_TRACEME, 0, 0, 0);
			return argc > 4 ? rename("a", "b") : 0;
		}
	END
}

# $1: its name, $2: what its main computes.
build_accepting()
{
	gcc -O1 -Wl,--build-id -x c - -o "$1" <<-END
		#define _GNU_SOURCE
		#include <sys/socket.h>
		#include <unistd.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			return ($2) != 0 && argc > 9;
		}
	END
}

decide()
{
	run "$WHITTLE" decide "$@" "${recording:-program.rec}" -o policy
	expect_status 0
	names=$("$WHITTLE" emit list policy)
}

has() { grep -qx "$1" <<<"$names" || fail "$1 is not allowed"; }
lacks() { ! grep -qx "$1" <<<"$names" || fail "$1 is allowed"; }

the_default_is_closed()
{
	decide
	expect_error 'calls are allowed at level closed'
	has write
	has rename
}

why_tells_the_way()
{
	decide
	run "$WHITTLE" explain policy --why rename
	expect_status 0
	expect_output "reachable: called by the program's own code: main > libc.so.6!rename"
	run "$WHITTLE" explain policy --why write
	expect_output 'seen'
}

# $1: its name, $2: what its main does where it has an argument.
build_serving()
{
	gcc -O1 -Wl,--build-id -x c - -o "$1" <<-END
		#define _GNU_SOURCE
		#include <stdlib.h>
		#include <sys/mman.h>
		#include <sys/socket.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
				return 1;
			if (argc > 1) {
				$2
			}
			return 0;
		}
	END
	"$WHITTLE" record --observer notify -qo "$1.rec" -- "./$1" >/dev/null 2>&1
	recording=$1.rec decide -q
	emit_unfolded
}

# A comment that stands in several lines becomes one.
emit_unfolded()
{
	run "$WHITTLE" emit systemd policy
	expect_status 0
	output=$(sed -e ':a' -e '/^#/{N' -e 's/\n# / /' -e 'ta' -e '}' -e 'P;D' <<<"$output")
}

# What was observed would permit each directive; the code that did not run needs more.
no_directive_contradicts_the_code()
{
	build_serving plain 'mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(0, 4096, PROT_READ); socket(AF_UNIX, SOCK_DGRAM, 0);'
	expect_output '^MemoryDenyWriteExecute=yes'
	expect_output '^RestrictAddressFamilies=AF_UNIX$'
	build_serving compiles 'mprotect(0, 4096, PROT_READ | PROT_EXEC);'
	[[ ! $output =~ $'\n'MemoryDenyWriteExecute= ]] || fail 'its compiled code could not run'
	expect_output 'MemoryDenyWriteExecute= is left out: code of the program can map executable memory with mprotect'
	expect_output '^RestrictAddressFamilies=AF_UNIX$'
	build_serving maps 'mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);'
	[[ ! $output =~ $'\n'MemoryDenyWriteExecute= ]] || fail 'its compiled code could not run'
	build_serving connects 'socket(atoi(argv[1]), SOCK_STREAM, 0);'
	[[ ! $output =~ $'\n'RestrictAddressFamilies= ]] || fail 'it could not connect'
	expect_output 'RestrictAddressFamilies= is left out: code of the program creates sockets of a family that is no constant'
	expect_output '^MemoryDenyWriteExecute=yes'
	build_serving dials 'socket(AF_INET6, SOCK_STREAM, 0);'
	[[ ! $output =~ $'\n'RestrictAddressFamilies= ]] || fail 'it could not connect'
	expect_output 'RestrictAddressFamilies= is left out: code of the program creates sockets of a family that was not observed'
	# Only what was observed counts at the level observed.
	recording=dials.rec decide -q --level observed
	emit_unfolded
	expect_output '^RestrictAddressFamilies=AF_UNIX$'
}

# Whoever has the newer call has all that the older does: another listener may make it.
the_older_call_of_a_pair_is_given_with_the_newer()
{
	local recording=accepting.rec

	build_accepting newer 'argc > 5 ? accept4(-1, 0, 0, 0) : 0'
	"$WHITTLE" record --observer notify -qo "$recording" -- ./newer
	decide
	has accept4
	has accept
	run "$WHITTLE" explain policy --why accept
	expect_output 'sibling: grants nothing more than accept4, which is allowed'
	build_accepting older 'argc > 5 ? accept(-1, 0, 0) : 0'
	"$WHITTLE" record --observer notify -qo "$recording" -- ./older
	decide
	has accept
	lacks accept4
}

every_way_to_ask_for_a_files_status_is_one()
{
	local name

	decide
	for name in stat lstat fstat newfstatat statx fadvise64 copy_file_range; do
		has "$name"
	done
}

# Only a named pipe is made where mkfifo() makes the node; with mknod() it may be a device.
a_named_pipe_is_no_new_privilege()
{
	local recording=asking.rec

	build_asking piping 'if (argc > 5) mkfifo(argv[1], 0600)'
	decide
	has mknodat
	build_asking noding 'if (argc > 5) mkfifo(argv[1], 0600); if (argc > 6) mknod(argv[1], argc, 0)'
	decide
	lacks mknodat
	expect_error 'reachable, withheld: mknodat'
}

# $1: its name, $2: what its main does.
build_asking()
{
	gcc -O1 -Wl,--build-id -x c - -o "$1" <<-END
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <ftw.h>
		#include <netdb.h>
		#include <pthread.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/stat.h>
		#include <sys/wait.h>
		#include <syslog.h>
		#include <unistd.h>
		static int compare(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
		int main(int argc, char *argv[])
		{
			struct addrinfo *addresses;
			(void)argv, (void)compare, (void)addresses;
			$2;
			return 0;
		}
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- "./$1"
}

# Where this libc sorts large arrays by the amount of memory.
what_a_sort_asks_is_allowed_to_who_sorts()
{
	local recording=asking.rec

	build_asking sorting 'if (argc > 5) qsort(argv, argc, 1, compare)'
	decide
	"$WHITTLE" reach sorting | grep -q '^sysinfo .*qsort' && has sysinfo
	true
}

what_sorts_addresses_asks_for_the_machines()
{
	local recording=asking.rec

	build_asking resolving 'if (argc > 5) getaddrinfo(argv[1], argv[2], 0, &addresses)'
	decide
	has recvmsg
	run "$WHITTLE" explain policy --why recvmsg
	expect_output 'reachable: .*libc.so.6!getaddrinfo > .*recvmsg'
}

what_nftw_and_syslog_do_deeper_is_allowed_to_who_asks_for_them()
{
	local recording=asking.rec

	build_asking listing 'if (argc > 5) nftw(argv[1], 0, argc, 0)'
	decide
	has getdents64
	lacks connect
	build_asking telling 'if (argc > 5) syslog(LOG_ERR, "%s", argv[1])'
	decide
	has socket
	has connect
}

# sleep() makes clock_nanosleep three functions deep, wait() wait4, tmpfile() unlink.
a_function_of_the_c_library_is_followed_to_its_end()
{
	local recording=asking.rec

	build_asking sleeping 'if (argc > 5) sleep(1)'
	decide
	has clock_nanosleep
	lacks wait4
	build_asking waiting 'if (argc > 5) wait(0); if (argc > 6) fclose(tmpfile())'
	decide
	has wait4
	has unlink
	lacks mkdir
}

# The attributes say nothing of a policy of their own before pthread_attr_setinheritsched().
a_library_branch_that_nothing_asks_for_is_left_out()
{
	local recording=asking.rec

	build_asking starting 'pthread_t t; if (argc > 5) pthread_create(&t, 0, (void *(*)(void *))(void *)argv, 0)'
	decide
	has clone3
	lacks sched_setscheduler
	build_asking ranging 'pthread_attr_t a; struct sched_param p = { 0 }; if (argc > 5) pthread_attr_setschedparam(&a, &p)'
	decide
	has sched_get_priority_max
}

a_power_is_withheld_with_its_path()
{
	decide
	lacks ptrace
	expect_error 'reachable, withheld: ptrace, on the path main > libc.so.6!ptrace; it would grant a new privilege .*--allow ptrace'
	run "$WHITTLE" explain policy --why ptrace
	expect_output 'withheld'
	decide --allow ptrace
	has ptrace
	grep -q 'withheld: ptrace' <<<"$error" && fail 'what is asked for is said to be withheld'
	true
}

the_levels_contain_each_other()
{
	decide --level observed
	lacks rename
	decide --level reachable
	has rename
	has ptrace
	grep -q withheld <<<"$error" && fail 'what is allowed is said to be withheld'
	true
}

# What pthread_create() could do with attributes that nobody gives it is no way to the same call.
a_policy_of_threads_is_set_where_it_is_asked_for()
{
	decide
	has sched_setscheduler
	run "$WHITTLE" explain policy --why sched_setscheduler
	expect_output 'pthread_setschedparam'
}

# A program that does all by way of a library: what that library does next is the program's too.
a_layer_between_program_and_system_is_the_programs_own()
{
	gcc -O1 -fPIC -shared -Wl,--build-id -x c - -o liblayer.so <<-'END'
		#include <poll.h>
		#include <stdio.h>
		#include <unistd.h>
		static __attribute__((noinline)) int move(const char *from) { return rename(from, "b") + 1; }
		int layer_move(const char *from) { return move(from) + 1; }
		int layer_wait(void) { return poll(NULL, 0, 1) + 1; }
		int layer_say(void) { return (int)write(1, "x", 1) + 1; }
	END
	gcc -O1 -Wl,--build-id -x c - -x none -o layered ./liblayer.so -Wl,-rpath,"$PWD" <<-'END'
		int layer_move(const char *from), layer_wait(void), layer_say(void);
		int main(int argc, char *argv[])
		{
			layer_wait();
			layer_say();
			return argc > 4 ? layer_move(argv[0]) : 0;
		}
	END
	run "$WHITTLE" record --observer notify -qo layered.rec -- ./layered
	expect_status 0
	run "$WHITTLE" decide layered.rec -o policy
	expect_status 0
	names=$("$WHITTLE" emit list policy)
	has rename
}

# Of a path of more than seven functions the first and the last three are printed. $1: how many functions of
# the library stand between the first and the C library's.
decide_chain()
{
	local i chain='static __attribute__((noinline)) int f0(const char *n) { return rename(n, "b") + 1; }'

	for i in $(seq 1 $(($1 - 1))); do
		chain+=" static __attribute__((noinline)) int f$i(const char *n) { return f$((i - 1))(n) + 1; }"
	done
	mkdir -p lib/other
	gcc -O1 -shared -fPIC -Wl,-soname=libchain.so -x c - -o lib/other/libchain.so <<-END
		#include <stdio.h>
		$chain
		int top(const char *n) { return f$i(n) + 1; }
	END
	gcc -O1 -Wl,--build-id -x c - -x none -o "chain$1" lib/other/libchain.so -Wl,-rpath,"$PWD/lib/other" <<-END
		int top(const char *n);
		int main(int argc, char *argv[]) { return argc > 5 ? top(argv[0]) + 1 : 0; }
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- "./chain$1"
	decide
	run "$WHITTLE" explain policy --why rename
}

a_long_path_has_its_ends()
{
	local recording=asking.rec in=libchain.so!

	decide_chain 4
	expect_output "uses: main > ${in}top > ${in}f3 > ${in}f2 > ${in}f1 > ${in}f0 > libc.so.6!rename$"
	decide_chain 5
	expect_output "uses: main > ${in}top > ${in}f4 > \\.\\.\\. > ${in}f1 > ${in}f0 > libc.so.6!rename$"
	decide_chain 7
	expect_output "uses: main > ${in}top > ${in}f6 > \\.\\.\\. > ${in}f1 > ${in}f0 > libc.so.6!rename$"
}

# $1: the library's path, $2: the call that its function makes.
build_library()
{
	mkdir -p "$(dirname "$1")"
	gcc -O1 -shared -fPIC -Wl,--build-id,-soname="$(basename "$1")" -x c - -o "$1" <<-END
		#include <stdio.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int use_$2(void) { return $2("a", 0) + 1; }
		int spare_$2(void) { return 1 + acct(0); }
	END
}

# $1: the program, then the calls whose functions it uses; the libraries are in $libraries.
build_using()
{
	local program=$1 calls='' declarations='' call

	shift
	for call; do
		declarations+=" int use_$call(void);"
		calls+="if (argc > 5) use_$call(); "
	done
	# shellcheck disable=SC2086 # words
	gcc -O1 -Wl,--build-id -x c - -x none -o "$program" $libraries -Wl,--no-as-needed,-rpath,"$PWD/using:$PWD/lib/other" <<-END
		$declarations
		int main(int argc, char *argv[]) { (void)argv; $calls return 0; }
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- "$program"
}

# Beside the program, an interpreter by its name, and a library that is neither.
a_reason_says_why_an_object_is_the_programs_own()
{
	local recording=using.rec libraries

	build_library using/libbeside.so symlink
	build_library lib/other/libpython9.so link
	build_library lib/other/libplain.so mkdir
	libraries="using/libbeside.so lib/other/libpython9.so lib/other/libplain.so"
	build_using using/program symlink link mkdir
	decide
	run "$WHITTLE" explain policy --why symlink
	expect_output "called by the program's own code \\(libbeside.so: in the program's directory\\): libbeside.so!use_symlink > libc.so.6!symlink$"
	run "$WHITTLE" explain policy --why link
	expect_output "called by the program's own code \\(libpython9.so: an interpreter that the program embeds\\): libpython9.so!use_link > libc.so.6!link$"
	run "$WHITTLE" explain policy --why mkdir
	expect_output 'called by a library that the program uses: main > libplain.so!use_mkdir > libc.so.6!mkdir$'
	grep -q FFI <<<"$error" && fail 'there is no FFI'
	true
}

an_ffi_may_call_anything()
{
	local recording=using.rec libraries name

	for name in libffi.so libluajit-5.so; do
		build_library "lib/other/$name" chmod
		libraries=lib/other/$name
		build_using using/ffi chmod
		decide
		expect_error 'functions may be called through an FFI, by names that are not in the code'
	done
}

# Loaded by its name from where the libraries lie, and nothing is linked with it: all that it exports runs.
a_plug_in_among_the_libraries_runs_as_a_whole()
{
	local recording=plugged.rec

	build_library lib/libplug.so symlink
	gcc -O1 -Wl,--build-id -x c - -o plugged -ldl <<-'END'
		#include <dlfcn.h>
		int main(int argc, char *argv[]) { return argc > 1 && dlopen(argv[1], RTLD_NOW) ? 0 : 1; }
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- ./plugged "$PWD/lib/libplug.so"
	decide
	run "$WHITTLE" explain policy --why symlink
	expect_output 'called by a library that the program uses: libplug.so!use_symlink > libc.so.6!symlink$'
}

# A helper that nothing recorded, which makes a call of its own, and a script.
given_a_helper()
{
	mkdir -p helpers
	gcc -O1 -x c - -o helpers/helper <<-END
		#include <unistd.h>
		int main(int argc, char *argv[]) { (void)argv; return argc > 4 ? chroot("/") : symlink("a", "/nosuch/b") + 1; }
	END
	printf '#! %s  -x\n' "$PWD/helpers/helper" >helpers/script
	chmod +x helpers/script
}

what_is_executed_by_a_constant_name_is_followed()
{
	local recording=asking.rec

	given_a_helper
	build_asking executing "if (argc > 5) execl(\"$PWD/helpers/script\", \"script\", (char *)0)"
	decide
	has symlink
	lacks chroot
	expect_error "helpers/script is executed by own code and was not recorded"
	expect_error "withheld: chroot, on the path $PWD/helpers/script: "
	run "$WHITTLE" explain policy --why symlink
	expect_output "reachable: called by $PWD/helpers/script, which own code executes: main > libc.so.6!symlink"
	decide --name-executed
	lacks symlink
	expect_error "helpers/script is executed by own code and is not in this policy: record it too"
	build_asking running 'if (argc > 5) system("true")'
	decide
	has getppid
	expect_error '/bin/sh is executed by own code'
	build_asking choosing 'if (argc > 5) execv(argv[1], argv)'
	decide
	expect_error 'programs are executed by names that are not constant \(in main\)'
}

what_code_loads_by_any_name_is_left_open()
{
	local recording=asking.rec

	build_asking opening 'if (argc > 5) dlopen(argv[1], 1)'
	decide
	expect_error 'objects are loaded by names that are not constant \(in main\)'
	run "$WHITTLE" reach opening
	expect_output 'incomplete: some loaded objects are unknown'
}

# $1: the reason that is given. Siblings of what was seen are allowed then, the rest is not.
only_siblings()
{
	decide
	expect_error "/program.*$1.*its code was not analysed"
	has writev
	lacks rename
}

# A program with three modules beside each other, of which it loads the first. The second asks a function
# of the program that nothing else calls, the third none.
build_modules()
{
	mkdir -p lib/host/modules
	gcc -O1 -rdynamic -Wl,--build-id -x c - -o lib/host/host -ldl <<-END
		#include <dlfcn.h>
		#include <stdio.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int known(int x) { return x + 1; }
		int help(const char *name) { return link(name, name); }
		int main(int argc, char *argv[])
		{
			void *module = dlopen(argv[1], RTLD_NOW);
			int (*start)(void) = module ? (int (*)(void))dlsym(module, "start") : 0;

			printf("%d\n", start ? start() : -argc);
			return start ? 0 : 1;
		}
	END
	gcc -O1 -shared -fPIC -x c - -o lib/host/modules/a.so <<<'int known(int); int start(void) { return known(1); }'
	gcc -O1 -shared -fPIC -x c - -o lib/host/modules/b.so <<-END
		#include <sys/stat.h>
		int help(const char *);
		int start(void) { return mkdir("x", 0) + help("x"); }
	END
	gcc -O1 -shared -fPIC -x c - -o lib/host/modules/c.so <<-END
		#include <unistd.h>
		int start(void) { return symlink("x", "y"); }
	END
}

modules_beside_one_that_was_loaded_count()
{
	local recording=modules.rec

	build_modules
	"$WHITTLE" record --observer notify -qo "$recording" -- lib/host/host "$PWD/lib/host/modules/a.so" >/dev/null 2>&1
	grep -q modules/a.so "$recording" || fail 'the recording has no module'
	decide
	has mkdir
	has link
	lacks symlink
	echo nothing >lib/host/modules/broken.so
	decide
	has mkdir
	rm -r lib/host/modules/{b,broken}.so
	decide
	lacks mkdir
	lacks link
}

# How glibc 2.41 makes its cancellable calls: a wrapper pushes the number, and two functions hand it on.
a_number_that_is_handed_on_is_one_step()
{
	local recording=handed.rec

	gcc -O1 -shared -fPIC -x c - -o libwork.so <<-END
		__asm__(".text\n"
			"enter: mov 8(%rsp), %rax\n"
			"	syscall\n"
			"	ret\n"
			"hand_on:\n"
			"	sub \$16, %rsp\n"
			"	push 24(%rsp)\n"
			"	call enter\n"
			"	add \$24, %rsp\n"
			"	ret\n");
		int work(void);
		__asm__(".globl work\n"
			"work:\n"
			"	push \$140\n"
			"	call hand_on\n"
			"	pop %rdx\n"
			"	ret\n");
	END
	gcc -O1 -Wl,--build-id -x c - -o handing -L. -lwork -Wl,-rpath,"$PWD" <<-END
		int work(void);
		int main(int argc, char *argv[])
		{
			(void)argv;
			return argc > 4 ? work() : 0;
		}
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- ./handing >/dev/null 2>&1
	decide
	has getpriority
}

an_object_or_a_run_more_never_removes_a_name()
{
	mkdir monotone
	run "$SOURCE/tests/cli/closed_monotone.py" "$WHITTLE" "$PWD/monotone"
	expect_status 0
	expect_output '^$'
	rm -r monotone
}

another_build_explains_nothing()
{
	build_program 'another'
	only_siblings 'is not the file that was recorded'
}

a_file_that_is_gone_is_said()
{
	rm program
	only_siblings 'No such file'
}

what_is_no_program_is_said()
{
	mkfifo program
	only_siblings 'not a file that contains a program'
	rm program
	mkdir program
	only_siblings 'not a file that contains a program'
	rmdir program
	head -c 70 /usr/bin/env >program
	only_siblings ''
	rm program
}

if ! command -v gcc >/dev/null; then
	cannot 'the level closed' 'no gcc'
	finish
fi
build_program 'as recorded'
"$WHITTLE" record --observer notify -qo program.rec -- ./program >/dev/null 2>&1 || {
	cannot 'the level closed' 'nothing can be recorded here'
	finish
}
# The code bounds mmap's protection although its flags and the loader's protections are run-time values.
conditions_follow_what_the_code_bounds()
{
	local recording=mapping.rec

	gcc -O1 -Wl,--build-id -x c - -o mapping <<-'END'
		#include <sys/mman.h>
		#include <sys/socket.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			mmap(0, 4096, PROT_READ, argc << 20 | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			return argc > 5 && socket(AF_UNIX, SOCK_STREAM, 0);
		}
	END
	# What code that does not belong there tries.
	gcc -O1 -x c - -o injected <<-'END'
		#include <sys/mman.h>
		int main(int argc, char *argv[])
		{
			int protection = argc > 1 ? PROT_READ | PROT_WRITE | PROT_EXEC : PROT_READ | PROT_WRITE;

			(void)argv;
			return mmap(0, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 7 : 0;
		}
	END
	"$WHITTLE" record --observer notify -qo "$recording" -- ./mapping
	decide --argument mmap,mprotect,socket
	run "$WHITTLE" explain policy --why mprotect
	expect_output 'only with prot without PROT_EXEC, or prot without PROT_WRITE'
	run "$WHITTLE" explain policy --why socket
	expect_output 'only with domain AF_UNIX'
	run "$WHITTLE" exec --policy policy -- ./injected
	expect_status 0
	run "$WHITTLE" exec --policy policy -- ./injected x
	expect_status 7
}

case_ 'the level of who names none is closed' the_default_is_closed
case_ '--why tells the way to a call that was never seen' why_tells_the_way
case_ 'a power is withheld, and named with the way to it' a_power_is_withheld_with_its_path
case_ 'the older call of a pair is allowed with the newer' the_older_call_of_a_pair_is_given_with_the_newer
case_ "every way to ask for a file's status is one" every_way_to_ask_for_a_files_status_is_one
case_ 'a named pipe is no new privilege, a node is' a_named_pipe_is_no_new_privilege
case_ 'a function of the C library is followed to its end' a_function_of_the_c_library_is_followed_to_its_end
case_ 'a branch of the library that nothing asks for is left out' a_library_branch_that_nothing_asks_for_is_left_out
case_ 'what qsort asks is allowed to who sorts' what_a_sort_asks_is_allowed_to_who_sorts
case_ 'what getaddrinfo asks the kernel is allowed to who resolves' what_sorts_addresses_asks_for_the_machines
case_ 'what nftw and syslog do deeper is allowed to who asks for them' what_nftw_and_syslog_do_deeper_is_allowed_to_who_asks_for_them
case_ 'observed has less, reachable has the powers too' the_levels_contain_each_other
case_ "the policy of a thread is set where the program asks for it" a_policy_of_threads_is_set_where_it_is_asked_for
case_ 'a layer between the program and the system is of the program' a_layer_between_program_and_system_is_the_programs_own
case_ 'a long path has its first and its last functions' a_long_path_has_its_ends
case_ "a reason says why an object is the program's own" a_reason_says_why_an_object_is_the_programs_own
case_ 'an FFI may call anything' an_ffi_may_call_anything
case_ 'a plug-in among the libraries runs as a whole' a_plug_in_among_the_libraries_runs_as_a_whole
case_ 'modules beside one that was loaded count' modules_beside_one_that_was_loaded_count
case_ 'what own code executes by a constant name is followed' what_is_executed_by_a_constant_name_is_followed
case_ 'what is loaded by names that are not constant is left open' what_code_loads_by_any_name_is_left_open
case_ 'no directive denies what the code of the program may do' no_directive_contradicts_the_code
case_ 'a number that is handed on is one step' a_number_that_is_handed_on_is_one_step
case_ 'conditions follow what the code bounds' conditions_follow_what_the_code_bounds
case_ 'an object or a run more never removes a name' an_object_or_a_run_more_never_removes_a_name
case_ 'a program of another build-id explains nothing, and siblings hold' another_build_explains_nothing
case_ 'a program that is gone is said to be' a_file_that_is_gone_is_said
case_ 'what can not be read as a program is said to be' what_is_no_program_is_said
finish
