#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The table of siblings against what libcs really do: the same functions by glibc, by glibc for i386 and
# by musl, traced. What one makes and another does not must have a sibling among what that one makes.
# And where the table says that a libc falls back on ENOSYS, the function must still work under a
# filter that answers so; where it does not say so, it must fail.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

# What a function makes beside its own purpose: the libc's locks, memory and signals.
noise='rt_sigprocmask mmap mmap2 munmap brk mprotect madvise futex fcntl fcntl64 set_robust_list rseq
	gettid getpid membarrier rt_sigaction close ioctl exit exit_group wait4'

build()
{
	local program=$SOURCE/tests/programs/functions.c

	cc -O1 -o "$tap_directory/glibc" "$program" -pthread &&
		cc -O1 -m32 -D_FILE_OFFSET_BITS=64 -o "$tap_directory/glibc-i386" "$program" -pthread &&
		musl-gcc -O1 -idirafter /usr/include -idirafter "/usr/include/$(uname -m)-linux-gnu" \
			-o "$tap_directory/musl" "$program"
}

# The calls between the marks, one a line.
calls_of()
{
	strace -f -qq -e signal=none -o "$tap_directory/trace" "$tap_directory/$1" "$2" >/dev/null 2>&1
	# Only the child that set the marks: its process id begins their line.
	awk '/write\(-1, "BEGIN"/ { id = $1; on = 1; next }
	     /write\(-1, "END"/ { on = 0 }
	     on && $1 == id && match($2, /^[a-z_0-9]+\(/) { print substr($2, 1, RLENGTH - 1) }' \
		"$tap_directory/trace" | sort -u | grep -vxF "$(tr -s ' \t' '\n' <<<"$noise")"
}

has_sibling_among()
{
	"$WHITTLE" lookup --json "$1" | python3 -c '
import json, sys
item = json.load(sys.stdin)["items"][0]
sys.exit(not {s["name"] for s in item["siblings"]} & set(sys.argv[1:]))' "${@:2}"
}

function_differs_by_siblings_only()
{
	local -a one other
	local a b call

	for a in glibc glibc-i386 musl; do
		mapfile -t one < <(calls_of "$a" "$1")
		((${#one[@]})) || continue
		for b in glibc glibc-i386 musl; do
			[[ $a == "$b" ]] && continue
			mapfile -t other < <(calls_of "$b" "$1")
			((${#other[@]})) || continue # made without a call, or not at all
			for call in "${one[@]}"; do
				[[ " ${other[*]} " == *" $call "* ]] && continue
				has_sibling_among "$call" "${other[@]}" ||
					fail "$1: $a makes $call, for which $b makes none of its siblings: ${other[*]}"
			done
		done
	done
}

# What a libc says of a function under ENOSYS, and what the table says.
fallback_is_as_the_table_says()
{
	local function=$1 call=$2 libc nr told=no worked

	nr=$("$WHITTLE" lookup --json "$(uname -m):$call" | python3 -c '
import json, sys
print(*json.load(sys.stdin)["items"][0]["numbers"].values())')
	for libc in glibc musl; do
		calls_of "$libc" "$function" | grep -qx "$call" || continue
		told=no worked=no
		python3 - "$WHITTLE" "$call" "$libc" <<-'EOF' && told=yes
			import json, subprocess, sys
			whittle, call, libc = sys.argv[1:]
			def look(name):
			    done = subprocess.run([whittle, "lookup", "--json", name], stdout=subprocess.PIPE)
			    return json.loads(done.stdout)["items"][0]["siblings"]
			backs = [s["falls_back"] for n in look(call) for s in look(n["name"]) if s["name"] == call]
			sys.exit(not any(libc in b for b in backs))
		EOF
		timeout 20 "$tap_directory/$libc" "$function" "$nr" >/dev/null 2>&1 && worked=yes
		expect_equal "$libc $call: $told" "$libc $call: $worked"
	done
}

if ! build 2>"$tap_directory/build.log"; then
	sed 's/^/# /' "$tap_directory/build.log"
	cannot 'libcs differ by siblings only' 'musl-gcc or a 32-bit libc is missing'
	finish
fi
for function in open creat stat lstat fstat fstatat access faccessat eaccess chmod fchmod fchmodat chown lchown \
	fchown link symlink readlink mkdir rmdir mknod unlink rename renameat utime utimes utimensat truncate \
	ftruncate statfs fstatfs lseek fadvise dup2 dup3 pipe pipe2 eventfd signalfd inotify_init inotify_init1 \
	epoll_create epoll_create1 epoll_wait epoll_pwait select poll pause fork waitpid getrlimit setrlimit nice \
	getpgrp sigaction raise kill nanosleep usleep alarm adjtimex accept accept4 socket socketpair setsockopt \
	getsockname send recv sendmsg shutdown semop shm msg mlock getuid setuid setgid getgroups uname sendfile; do
	case_ "libcs differ in $function by siblings only" function_differs_by_siblings_only "$function"
done
for row in statx:statx eaccess:faccessat2 preadv2:preadv2 pwritev2:pwritev2 dup3:dup3 closefrom:close_range \
	pipe2:pipe2 eventfd:eventfd2 signalfd:signalfd4 inotify_init1:inotify_init1 epoll_create1:epoll_create1 \
	epoll_wait:epoll_pwait pthread_create:clone3 posix_spawn:clone3 getrlimit:prlimit64 setrlimit:prlimit64 \
	utimensat:utimensat accept4:accept4 nanosleep:clock_nanosleep select:pselect6 open:openat \
	stat:newfstatat adjtimex:clock_adjtime semop:semtimedop mknod:mknodat raise:tgkill; do
	case_ "on ENOSYS to ${row#*:} ${row%:*} does what the table says" \
		fallback_is_as_the_table_says "${row%:*}" "${row#*:}"
done
finish
