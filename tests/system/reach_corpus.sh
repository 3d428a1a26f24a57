#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is what programs do among what reach says they can do? For the programs of tests/system/reach-corpus
# (more than 40 packages of Debian, in a root of their own), each at work under strace; for those of them
# that the machines of Debian 13 have, whose C library makes its calls in another way; and for small
# programs linked in every way: static, static-PIE, fixed addresses, musl; and for what compilers make of
# function pointers, switches, resolvers and tail calls. A line with another number is one case more.
. "$(dirname "$0")/lib.sh"

WHITTLE=${WHITTLE:-$BUILD/src/whittle}
corpus=$SOURCE/tests/system/reach-corpus
runner=$SOURCE/tests/system/reach_corpus.py

# Counts the cases of a TAP stream from elsewhere as ours.
adopt()
{
	local line

	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			tap_count=$((tap_count + 1))
			[[ $line == not* ]] && tap_failed=$((tap_failed + 1))
			echo "${line%%ok*}ok $tap_count - ${line#* - }"
			;;
		'#'*) echo "$line" ;;
		esac
	done
}

# linked NAME COMPILER...: the program below, linked by that command, against what it does.
linked()
{
	if ! "${@:2}" -o "$tap_directory/$1" "$tap_directory/linked.c" 2>"$tap_directory/error"; then
		cannot "linked: $*" "$(head -1 "$tap_directory/error")"
		return
	fi
	adopt < <("$runner" --host "$WHITTLE" "$tap_directory/$1" 1)
}

cat >"$tap_directory/linked.c" <<'CODE'
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Each is called in one way only. */
static int by_table_1(int x) { return mkdir("/nonexistent/x", 0700) + x; }
static int by_table_2(int x) { return rmdir("/nonexistent/x") + x; }
static int (*const table[])(int) = { by_table_1, by_table_2 };
static int by_variable(int x) { return link("/nonexistent/x", "/nonexistent/y") + x; }
int (*volatile variable)(int) = by_variable;
static int by_callback(const void *a, const void *b) { return (int)getppid() * 0 + *(const int *)a - *(const int *)b; }
static void at_exit(void) { chmod("/nonexistent/x", 0); }
static void by_signal(int nr) { (void)nr; getpgid(0); }
static void *by_thread(void *x) { sync(); return x; }
__attribute__((constructor)) static void by_constructor(void) { getsid(0); }
__attribute__((noinline)) static long wrapped(long nr, long a) { return syscall(nr, a); }
__attribute__((noinline)) static int tail(int x) { return symlink("/nonexistent/x", "/nonexistent/y") + x; }
__attribute__((noinline)) static int calls_tail(int x) { return tail(x + 1); }
__attribute__((noinline)) static int choose(int x)
{
	switch (x) {
	case 1: return access("/", 0);
	case 2: return chdir("/");
	case 3: return (int)alarm(0);
	case 4: return dup(99);
	case 5: return fsync(99);
	case 6: return nice(0);
	case 7: return (int)umask(022);
	}
	return 0;
}

int main(int argc, char *argv[])
{
	int numbers[] = { 2, 1 };
	pthread_t thread;

	atexit(at_exit);
	signal(SIGUSR1, by_signal);
	raise(SIGUSR1);
	qsort(numbers, 2, sizeof(int), by_callback);
	table[argc % 2](0);
	table[(argc + 1) % 2](0);
	variable(0);
	wrapped(SYS_getuid, 0);
	wrapped(SYS_close, 99);
	calls_tail(argc);
	for (int i = 0; i < 8; i++)
		choose(i);
	if (pthread_create(&thread, NULL, by_thread, NULL) == 0)
		pthread_join(thread, NULL);
	printf("%s %ld\n", argv[0], (long)time(NULL));
	return 0;
}
CODE

if (($(id -u) != 0)); then
	cannot 'the corpus' 'needs root, for roots and namespaces'
else
	packages=$(grep -v '^#' "$corpus" | cut -d' ' -f1 | sort -u | paste -sd,),strace,iproute2,curl,redis-tools,bind9-dnsutils
	root=$(system_make_root reach bookworm "$packages") || system_bail 'no root for the corpus'
	adopt < <("$runner" "$WHITTLE" "$root" "$corpus")
	root=$(system_root trixie) || system_bail 'no root of Debian 13'
	while IFS= read -r line; do
		read -r _ _ program _ <<<"$line"
		[[ $line != '#'* && -e $root$program ]] && printf '%s\n' "$line"
	done <"$corpus" >"$tap_directory/corpus"
	adopt < <("$runner" "$WHITTLE" "$root" "$tap_directory/corpus")
fi
for optimize in 0 1 2 3 s; do
	linked "pie-O$optimize" gcc -O$optimize -pthread
done
linked fixed gcc -O2 -no-pie -fno-pie -pthread
linked no-plt gcc -O2 -fno-plt -pthread
linked no-table gcc -O2 -fno-jump-tables -pthread
linked now gcc -O2 -Wl,-z,now,-z,relro -pthread
linked stripped gcc -O2 -s -pthread
linked no-unwind gcc -O2 -fno-asynchronous-unwind-tables -pthread
linked no-sections gcc -O2 -ffunction-sections -Wl,--gc-sections,-z,nosectionheader -pthread
linked static gcc -O2 -static -pthread
linked static-pie gcc -O2 -static-pie -pthread
linked static-stripped gcc -O2 -static -s -pthread
linked clang clang -O2 -pthread
linked musl musl-gcc -O2 -pthread
linked musl-static musl-gcc -O2 -static -pthread
finish
