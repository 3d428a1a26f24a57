// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the level `closed` knows of calls: which of them it never adds unseen, and which the run-time
 * library makes on paths of its own. The rows for the run-time hold for glibc and musl; a row adds
 * nothing to a program that can't reach the call.
 */
#include "common/cleanup.h"
#include "policy/closed.h"
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

bool closed_is_power(const char *name)
{
	const struct syscall_info *info = syscall_info(name);

	if (is_in(powers, ARRAY_SIZE(powers), name))
		return true;
	if (!info || is_in(ordinary, ARRAY_SIZE(ordinary), name))
		return false;
	return info->risk == RISK_SYSTEM || info->risk == RISK_EXECUTE;
}

#define ABORT	 "abort() and assert() end the program by it"
#define MALLOC	 "malloc takes memory by it, or gives it back"
#define CLOCK	 "the vDSO falls back to it where it can't read the machine's clock"
#define RESOLVER "the resolver asks name servers by it"
#define LOCK	 "threads wait by it for a lock that another holds"
#define STDIO	 "stdio reads, writes or positions a stream by it"
#define SORT	 "qsort() asks by it how much memory it may take for a large array"

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
	{ "restart_syscall", "the kernel resumes an interrupted sleep or wait by it" },
	{ "clock_gettime", CLOCK },
	{ "clock_gettime64", CLOCK },
	{ "gettimeofday", CLOCK },
	{ "futex", LOCK },
	{ "futex_time64", LOCK },
	/* glibc 2.34: pthread_create() and posix_spawn() take it before clone. */
	{ "clone3", "threads and posix_spawn() are begun by it" },
	{ "read", STDIO },
	{ "write", STDIO },
	{ "writev", "the message of abort() and of the stack protector is written by it" },
	{ "lseek", STDIO },
	{ "_llseek", STDIO },
	{ "close", STDIO },
	{ "fstat", STDIO },
	{ "fstat64", STDIO },
	{ "newfstatat", STDIO },
	{ "openat", "time zones, locales and /etc files are opened by it" },
	{ "ioctl", "the resolver asks by it how long an answer is, and stdio for a terminal" },
	{ "poll", RESOLVER },
	{ "sendmmsg", RESOLVER },
	{ "sendto", "the resolver, syslog() and getifaddrs() send by it" },
	/* sysdeps/unix/sysv/linux/check_pf.c, ifaddrs.c: an answer of the kernel on a netlink socket. */
	{ "recvmsg", "getaddrinfo() and getifaddrs() read the machine's addresses by it" },
	/* stdlib/msort.c, until glibc 2.37: before a sort of more than 1 KiB. By sysconf(), and hardly
	 * anyone else who calls that asks for the memory's size. */
	{ "sysinfo", SORT, "qsort" },
	{ "sysinfo", SORT, "qsort_r" },
	{ "exit_group", "exit() ends by it" },
};

size_t closed_runtime_rows(const struct runtime_row **rows)
{
	_Static_assert(ARRAY_SIZE(runtime) <= CLOSED_RUNTIME_ROWS_MAX, "a bit for each");
	*rows = runtime;
	return ARRAY_SIZE(runtime);
}

/* Calls at the end of ways that are not taken, by a function on the way. */
static const struct {
	const char *call, *function; /* how the function's name begins */
} vain[] = {
	/* glibc's pthread_create and what it starts the thread by, and its mutexes: a policy and
	 * processors only where the attributes hold some, which whoever sets them reaches on a way of
	 * his own. Reach knows it where it knows the library (reach/guards_table.c). */
	{ "sched_get_priority_max", "pthread_mutex" },
	{ "sched_get_priority_min", "pthread_mutex" },
	{ "sched_getparam", "pthread_create" },
	{ "sched_getparam", "pthread_mutex" },
	{ "sched_getscheduler", "pthread_create" },
	{ "sched_getscheduler", "pthread_mutex" },
	{ "sched_setaffinity", "pthread_create" },
	{ "sched_setscheduler", "pthread_create" },
	{ "sched_setscheduler", "pthread_mutex" },
	/* debug/longjmp_chk: asks once more before it ends the program. */
	{ "sigaltstack", "__longjmp_chk" },
	/* The vDSO answers these whatever the clock source (lib/vdso/gettimeofday.c: __cvdso_time
	 * has no fall-back, nor has arch/x86/entry/vdso/vgetcpu.c). */
	{ "getcpu", "sched_getcpu" },
	{ "time", "time" },
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

bool closed_is_vain(const char *name, char *const *path)
{
	for (; *path; path++) {
		const char *mark = strchr(*path, '!');

		for (size_t i = 0; mark && i < ARRAY_SIZE(vain); i++)
			if (strcmp(vain[i].call, name) == 0 &&
			    strncmp(mark + 1, vain[i].function, strlen(vain[i].function)) == 0)
				return true;
	}
	return false;
}
