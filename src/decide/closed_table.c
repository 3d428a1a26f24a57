// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the level `closed` knows about calls: the calls that it never adds unless they were
 * observed, and the calls that grant nothing more than others.
 */
#include "common/cleanup.h"
#include "decide/closed.h"
#include "syscall/syscall.h"

#include <string.h>

/* Powers that the table's risk classes leave with others: to look into and act on other processes,
 * and to take capabilities back. */
static const char *const powers[] = {
	"capset",
	"kcmp",
	"mknod",
	"mknodat",
	"pidfd_getfd",
	"pidfd_open",
	"process_madvise",
	"process_mrelease",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"seccomp",
	"set_mempolicy",
	"migrate_pages",
	"move_pages",
	"personality",
};

/* Of the class that makes memory executable or shares it, and yet what malloc and the loader of a
 * module do at any time. */
static const char *const ordinary[] = {
	"memfd_create", "mmap", "mmap2", "mprotect", "mremap", "pkey_mprotect", "shmat",
};

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool closed_is_new_privilege(const char *name)
{
	const struct syscall_info *info = syscall_info(name);

	if (is_in(powers, ARRAY_SIZE(powers), name))
		return true;
	if (!info || is_in(ordinary, ARRAY_SIZE(ordinary), name))
		return false;
	return info->risk == RISK_SYSTEM || info->risk == RISK_EXECUTE;
}

#define READING "read", "readv", "pread64", "preadv", "preadv2"
#define WRITING "write", "writev", "pwrite64", "pwritev", "pwritev2"
/* Each returns the status of a file, or a part of it: glibc uses fstat again after it had dropped it;
 * systemd 249 to 254 cannot return ENOSYS for statx. */
#define STATUS \
	"stat", "lstat", "fstat", "newfstatat", "statx", "stat64", "lstat64", "fstat64", "fstatat64"

/* By the kernel's source: the newer call does all that the older one does, and more if flags are set. */
static const struct equal_row equals[] = {
	/* net/socket.c: accept is accept4 with no flags. */
	{ "accept", { "accept4" }, { NULL } },
	/* fs/eventpoll.c, fs/notify/inotify/inotify_user.c, fs/eventfd.c: the same. */
	{ "epoll_create", { "epoll_create1" }, { NULL } },
	{ "inotify_init", { "inotify_init1" }, { NULL } },
	{ "eventfd", { "eventfd2" }, { NULL } },
	/* kernel/fork.c: vfork is clone with CLONE_VFORK | CLONE_VM. */
	{ "vfork", { "clone" }, { NULL } },
	{ "stat", { STATUS }, { NULL } },
	{ "lstat", { STATUS }, { NULL } },
	{ "fstat", { STATUS }, { NULL } },
	{ "newfstatat", { STATUS }, { NULL } },
	{ "statx", { STATUS }, { NULL } },
	{ "stat64", { STATUS }, { NULL } },
	{ "lstat64", { STATUS }, { NULL } },
	{ "fstat64", { STATUS }, { NULL } },
	{ "fstatat64", { STATUS }, { NULL } },
	/* mm/fadvise.c: sets how the page cache treats an open file. */
	{ "fadvise64", { READING, WRITING }, { NULL } },
	{ "fadvise64_64", { READING, WRITING }, { NULL } },
	/* fs/read_write.c: copies from a file open for reading to one open for writing. */
	{ "copy_file_range", { READING }, { WRITING } },
};

size_t closed_equals(const struct equal_row **rows)
{
	*rows = equals;
	return ARRAY_SIZE(equals);
}

/*
 * What another version of a program, or another C library, may do with what this one was seen to
 * have: no member gives anything beyond that, and each may be made in a place where none of its
 * siblings is. musl's stdio asks for the terminal's size, its pthread_create() registers for
 * membarrier; redis 8 tells the page cache about its files, as redis 7 does not.
 */
static const struct equivalent_row equivalents[] = {
	{ "work on open files",
	  { "read",	 "readv",	 "pread64",   "preadv",	     "preadv2",
	    "write",	 "writev",	 "pwrite64",  "pwritev",     "pwritev2",
	    "lseek",	 "_llseek",	 "fstat",     "fstat64",     "newfstatat",
	    "statx",	 "fstatfs",	 "fstatfs64", "fcntl",	     "fcntl64",
	    "ioctl",	 "flock",	 "fsync",     "fdatasync",   "sync_file_range",
	    "fadvise64", "fadvise64_64", "readahead", "getdents64",  "dup",
	    "dup2",	 "dup3",	 "close",     "close_range", "copy_file_range",
	    "sendfile",	 "sendfile64",	 "splice" } },
	{ "query files",
	  { "access", "faccessat", "faccessat2", "stat", "stat64", "lstat", "lstat64", "newfstatat",
	    "fstatat64", "statx", "readlink", "readlinkat", "statfs", "statfs64" } },
	{ "wait",
	  { "select", "_newselect", "pselect6", "pselect6_time64", "poll", "ppoll", "ppoll_time64",
	    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2",
	    "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "pause" } },
	{ "work on connections",
	  { "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown", "recvfrom",
	    "recvmsg", "recvmmsg", "sendto", "sendmsg", "sendmmsg", "accept", "accept4" } },
	{ "query its identity and environment", { "getpid",	  "gettid",
						  "getppid",	  "getpgid",
						  "getpgrp",	  "getsid",
						  "getuid",	  "geteuid",
						  "getgid",	  "getegid",
						  "getuid32",	  "geteuid32",
						  "getgid32",	  "getegid32",
						  "getresuid",	  "getresgid",
						  "getresuid32",  "getresgid32",
						  "getgroups",	  "getgroups32",
						  "uname",	  "sysinfo",
						  "getrusage",	  "times",
						  "getrlimit",	  "ugetrlimit",
						  "prlimit64",	  "getpriority",
						  "getcpu",	  "sched_getaffinity",
						  "clock_getres", "clock_getres_time64",
						  "umask",	  "getcwd",
						  "capget" } },
	{ "manage its memory and threads",
	  { "brk",
	    "munmap",
	    "mremap",
	    "madvise",
	    "mprotect",
	    "futex",
	    "futex_time64",
	    "membarrier",
	    "rseq",
	    "set_robust_list",
	    "set_tid_address",
	    "arch_prctl",
	    "sched_yield",
	    "getrandom",
	    "rt_sigaction",
	    "rt_sigprocmask",
	    "rt_sigsuspend",
	    "rt_sigtimedwait",
	    "rt_sigtimedwait_time64",
	    "sigaltstack" } },
};

size_t closed_equivalents(const struct equivalent_row **rows)
{
	*rows = equivalents;
	return ARRAY_SIZE(equivalents);
}
