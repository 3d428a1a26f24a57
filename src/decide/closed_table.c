// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the level `closed` knows about calls: the calls that it never adds unless they were
 * observed, and the calls that the run-time library makes on paths of its own. The run-time rows
 * are valid for glibc and musl; a row adds nothing to a program that cannot reach the call.
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

#define ABORT	 "called by abort() and assert() to end the program"
#define MALLOC	 "called by malloc() and free() to obtain or return memory"
#define CLOCK	 "called by the vDSO where it cannot read the machine's clock itself"
#define RESOLVER "called by the resolver to query name servers"
#define LOCK	 "used by threads to wait for a lock that another thread has"
#define STDIO	 "used by stdio to read, write or seek a stream"
#define SORT	 "called by qsort() to learn how much memory it may use for a large array"
#define LIST                                                                        \
	"used by the C library to read a directory on behalf of functions such as " \
	"scandir() and ftw()"
#define SYSLOG "called by syslog() to connect to the log"

#define SYSLOG_IMPORTS "syslog", "vsyslog", "__syslog_chk", "__vsyslog_chk"

static const struct runtime_row runtime[] = {
	{ "rt_sigprocmask", ABORT },
	{ "rt_sigaction", ABORT },
	{ "getpid", ABORT },
	{ "gettid", ABORT },
	{ "tgkill", ABORT },
	{ "brk", MALLOC },
	{ "mmap", MALLOC },
	{ "mmap2", MALLOC },
	{ "munmap", MALLOC },
	{ "mremap", MALLOC },
	{ "madvise", MALLOC },
	{ "mprotect", MALLOC },
	{ "restart_syscall", "used by the kernel to resume an interrupted sleep or wait" },
	{ "clock_gettime", CLOCK },
	{ "clock_gettime64", CLOCK },
	{ "gettimeofday", CLOCK },
	{ "futex", LOCK },
	{ "futex_time64", LOCK },
	/* glibc 2.34: pthread_create() and posix_spawn() take it before clone. */
	{ "clone3", "called by pthread_create() and posix_spawn() to start a thread or process" },
	{ "read", STDIO },
	{ "write", STDIO },
	{ "writev", "used by abort() and the stack protector to print their message" },
	{ "lseek", STDIO },
	{ "_llseek", STDIO },
	{ "close", STDIO },
	{ "fstat", STDIO },
	{ "fstat64", STDIO },
	{ "newfstatat", STDIO },
	{ "openat", "used to open time zone data, locales and files in /etc" },
	{ "ioctl", "used by the resolver to get the size of an answer, and by stdio to detect a "
		   "terminal" },
	{ "poll", RESOLVER },
	{ "sendmmsg", RESOLVER },
	{ "sendto", "used by the resolver, syslog() and getifaddrs() to send data" },
	/* sysdeps/unix/sysv/linux/check_pf.c, ifaddrs.c: an answer of the kernel on a netlink socket. */
	{ "recvmsg", "called by getaddrinfo() and getifaddrs() to list the machine's addresses" },
	/* stdlib/msort.c, until glibc 2.37: before a sort of more than 1 KiB. By sysconf(), and hardly
	 * anyone else who calls that asks for the memory's size. */
	{ "sysinfo", SORT, { "qsort", "qsort_r" } },
	{ "getdents64",
	  LIST,
	  { "scandir", "scandir64", "ftw", "ftw64", "nftw", "nftw64", "fts_read", "fts64_read",
	    "wordexp" } },
	{ "socket", SYSLOG, { SYSLOG_IMPORTS } },
	{ "connect", SYSLOG, { SYSLOG_IMPORTS } },
	{ "exit_group", "called by exit() to end the program" },
};

size_t closed_runtime_rows(const struct runtime_row **rows)
{
	_Static_assert(ARRAY_SIZE(runtime) <= CLOSED_RUNTIME_ROWS_MAX, "a bit for each");
	*rows = runtime;
	return ARRAY_SIZE(runtime);
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
	{ "waits",
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

/* Calls at the end of ways that are not taken, by a function on the way. */
static const struct {
	const char *call, *function; /* how the function's name begins */
	const char *but; /* how those begin that do take it */
} harmless_failures[] = {
	/* glibc's pthread_create and what it starts the thread by: a policy and processors only
	 * where the attributes hold some, which whoever sets them reaches on a way of his own. */
	{ "sched_get_priority_max", "pthread_", NULL },
	{ "sched_get_priority_min", "pthread_", NULL },
	{ "sched_getparam", "pthread_", "pthread_getsched" },
	{ "sched_getscheduler", "pthread_", "pthread_getsched" },
	{ "sched_setaffinity", "pthread_create", NULL },
	{ "sched_setparam", "pthread_", "pthread_setsched" },
	{ "sched_setscheduler", "pthread_", "pthread_setsched" },
	/* debug/longjmp_chk: asks once more before it ends the program. */
	{ "sigaltstack", "__longjmp_chk", NULL },
	/* The vDSO answers these whatever the clock source (lib/vdso/gettimeofday.c: __cvdso_time
	 * has no fall-back, nor has arch/x86/entry/vdso/vgetcpu.c). */
	{ "getcpu", "sched_getcpu", NULL },
	{ "time", "time", NULL },
};

/* Who knows the newer one goes back to the older one where the kernel lacks it, and no kernel that
 * has filters by BPF does. */
static const struct closed_pair pairs_known[] = {
	{ "accept", "accept4" },
	{ "epoll_create", "epoll_create1" },
	{ "eventfd", "eventfd2" },
	{ "inotify_init", "inotify_init1" },
};

size_t closed_pairs(const struct closed_pair **pairs)
{
	*pairs = pairs_known;
	return ARRAY_SIZE(pairs_known);
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool closed_fails_harmlessly(const char *name, char *const *path)
{
	for (; *path; path++) {
		const char *mark = strchr(*path, '!');

		for (size_t i = 0; mark && i < ARRAY_SIZE(harmless_failures); i++)
			if (strcmp(harmless_failures[i].call, name) == 0 &&
			    begins(mark + 1, harmless_failures[i].function) &&
			    !(harmless_failures[i].but &&
			      begins(mark + 1, harmless_failures[i].but)))
				return true;
	}
	return false;
}
