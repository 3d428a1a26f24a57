// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a command as its tracer and kills it (SIGKILL) as it enters one of its system calls, which the kernel then
 * does not make:
 *
 *	kill_at [-o LOG] [-u TEXT] PLACE COMMAND...
 *
 *	PLACE	N	the Nth call by which something changes that outlives the command
 *		all:N	the Nth call
 *		none	it is not killed
 *	-u TEXT	killed at the latest as it writes TEXT to its standard output; the exit status is then 3
 *	-o LOG	gets a line of the call at which it is killed, or, where PLACE is none, of each: its number,
 *		that among those that change something ("-": it does not), its name, and the file it is about
 *
 * A call that changes nothing outside of the process, or only what the kernel undoes when the process dies (its
 * descriptors, its locks, its BPF maps), leaves the same world to a kill before it as to one before the call
 * that follows. The table below has those; what it does not have changes something. The threads of the
 * command are traced with it, and their calls counted in the order in which they are entered; children are not.
 *
 * Exit status: the command's, 128 and the signal where one killed it.
 */
#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_UNTIL 3
#define TEXT_MAX     4096

struct call {
	pid_t pid; /* of the thread */
	const char *name;
	uint64_t arguments[6];
};

/* ---- what a call is about ---- */

/* The file of descriptor FD: a path, "pipe:[1]", "anon_inode:[eventfd]"; empty: unknown. */
static void read_fd(const struct call *call, uint64_t fd, char text[PATH_MAX])
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", call->pid, (int)fd);
	length = readlink(path, text, PATH_MAX - 1);
	text[length < 0 ? 0 : length] = '\0';
}

/* The bytes at an address of the command's; how many. */
static size_t read_memory(const struct call *call, uint64_t address, void *bytes, size_t size)
{
	struct iovec local = { bytes, size }, remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(call->pid, &local, 1, &remote, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

static void read_path(const struct call *call, uint64_t address, char text[PATH_MAX])
{
	/* Not across a page that may not be there. */
	size_t more = 4096 - address % 4096, got = read_memory(call, address, text, more);

	if (got == more && !memchr(text, '\0', got) && got < PATH_MAX - 1)
		got += read_memory(call, address + got, text + got, PATH_MAX - 1 - got);
	text[got < PATH_MAX ? got : PATH_MAX - 1] = '\0';
}

/* ---- what changes nothing ---- */

static bool opens_to_read(const struct call *call)
{
	uint64_t flags = call->arguments[strcmp(call->name, "open") == 0 ? 1 : 2];

	return (flags & O_ACCMODE) == O_RDONLY &&
	       !(flags & (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)));
}

/* Of what the process alone holds. */
static bool writes_to_itself(const struct call *call)
{
	char file[PATH_MAX];

	read_fd(call, call->arguments[0], file);
	return strncmp(file, "anon_inode:[eventfd]", 20) == 0;
}

static bool maps_for_itself(const struct call *call)
{
	char file[PATH_MAX];

	if (!(call->arguments[3] & MAP_SHARED) || !(call->arguments[2] & PROT_WRITE) ||
	    (call->arguments[3] & MAP_ANONYMOUS))
		return true;
	read_fd(call, call->arguments[4], file);
	return strncmp(file, "anon_inode:", 11) == 0;
}

static bool makes_a_thread(const struct call *call)
{
	uint64_t flags = call->arguments[0];

	if (strcmp(call->name, "clone3") == 0 &&
	    read_memory(call, call->arguments[0], &flags, sizeof(flags)) != sizeof(flags))
		return false;
	return flags & CLONE_THREAD;
}

static bool only_asks_descriptor(const struct call *call)
{
	switch (call->arguments[1]) {
	case F_GETFD:
	case F_SETFD:
	case F_GETFL:
	case F_SETFL:
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	/* The locks of the dead are released. */
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return true;
	default:
		return false;
	}
}

/* What is neither attached nor pinned is the process's own. */
static bool makes_bpf_for_itself(const struct call *call)
{
	switch (call->arguments[0]) {
	case BPF_MAP_CREATE:
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_FREEZE:
	case BPF_PROG_LOAD:
	case BPF_PROG_BIND_MAP:
	case BPF_BTF_LOAD:
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_OBJ_GET_INFO_BY_FD:
		return true;
	default:
		return false;
	}
}

static bool only_reads_tracee(const struct call *call)
{
	switch (call->arguments[0]) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
	case PTRACE_GETREGSET:
	case PTRACE_GETSIGINFO:
	case PTRACE_GETEVENTMSG:
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
	case PTRACE_GET_SYSCALL_INFO:
		return true;
	default:
		return false;
	}
}

static bool leaves_limits_of_others(const struct call *call)
{
	return call->arguments[0] == 0 || call->arguments[2] == 0;
}

/* All but one of its options are about the caller. */
static bool is_about_itself(const struct call *call)
{
	return call->arguments[0] != PR_SCHED_CORE;
}

/* Terminals and files asked what they are. */
static bool only_asks_device(const struct call *call)
{
	return call->arguments[1] == 0x5401 /* TCGETS */ ||
	       call->arguments[1] == 0x5413 /* TIOCGWINSZ */;
}

/* Without a function: it never changes anything that outlives the process. */
static const struct row {
	const char *name;
	bool (*is_harmless)(const struct call *call);
} harmless[] = {
	{ "access", NULL },
	{ "arch_prctl", NULL },
	{ "bpf", makes_bpf_for_itself },
	{ "brk", NULL },
	{ "capget", NULL },
	{ "chdir", NULL },
	{ "clock_getres", NULL },
	{ "clock_gettime", NULL },
	{ "clock_nanosleep", NULL },
	{ "clone", makes_a_thread },
	{ "clone3", makes_a_thread },
	{ "close", NULL },
	{ "close_range", NULL },
	{ "dup", NULL },
	{ "dup2", NULL },
	{ "dup3", NULL },
	{ "epoll_create1", NULL },
	{ "epoll_ctl", NULL },
	{ "epoll_pwait", NULL },
	{ "epoll_pwait2", NULL },
	{ "epoll_wait", NULL },
	{ "eventfd2", NULL },
	{ "exit", NULL },
	{ "exit_group", NULL },
	{ "faccessat", NULL },
	{ "faccessat2", NULL },
	{ "fadvise64", NULL },
	{ "fchdir", NULL },
	{ "fcntl", only_asks_descriptor },
	{ "fgetxattr", NULL },
	{ "flock", NULL },
	{ "fstat", NULL },
	{ "fstatfs", NULL },
	{ "futex", NULL },
	{ "getcwd", NULL },
	{ "getdents64", NULL },
	{ "getegid", NULL },
	{ "geteuid", NULL },
	{ "getgid", NULL },
	{ "getpeername", NULL },
	{ "getpgid", NULL },
	{ "getpid", NULL },
	{ "getppid", NULL },
	{ "getrandom", NULL },
	{ "getresgid", NULL },
	{ "getresuid", NULL },
	{ "getrlimit", NULL },
	{ "getrusage", NULL },
	{ "getsid", NULL },
	{ "getsockname", NULL },
	{ "getsockopt", NULL },
	{ "gettid", NULL },
	{ "getuid", NULL },
	{ "getxattr", NULL },
	{ "inotify_init1", NULL },
	{ "ioctl", only_asks_device },
	{ "lgetxattr", NULL },
	{ "lseek", NULL },
	{ "lstat", NULL },
	{ "madvise", NULL },
	{ "membarrier", NULL },
	{ "memfd_create", NULL },
	{ "mincore", NULL },
	{ "mmap", maps_for_itself },
	{ "mprotect", NULL },
	{ "mremap", NULL },
	{ "munmap", NULL },
	{ "name_to_handle_at", NULL },
	{ "nanosleep", NULL },
	{ "newfstatat", NULL },
	{ "open", opens_to_read },
	{ "openat", opens_to_read },
	{ "pidfd_open", NULL },
	{ "pipe2", NULL },
	{ "poll", NULL },
	{ "ppoll", NULL },
	{ "prctl", is_about_itself },
	{ "pread64", NULL },
	{ "preadv", NULL },
	{ "prlimit64", leaves_limits_of_others },
	{ "process_vm_readv", NULL },
	{ "pselect6", NULL },
	{ "ptrace", only_reads_tracee },
	{ "read", NULL },
	{ "readlink", NULL },
	{ "readlinkat", NULL },
	{ "readv", NULL },
	{ "recvfrom", NULL },
	{ "recvmsg", NULL },
	{ "restart_syscall", NULL },
	{ "rseq", NULL },
	{ "rt_sigaction", NULL },
	{ "rt_sigpending", NULL },
	{ "rt_sigprocmask", NULL },
	{ "rt_sigreturn", NULL },
	{ "rt_sigtimedwait", NULL },
	{ "sched_getaffinity", NULL },
	{ "sched_getparam", NULL },
	{ "sched_getscheduler", NULL },
	{ "sched_yield", NULL },
	{ "seccomp", NULL },
	{ "select", NULL },
	{ "set_robust_list", NULL },
	{ "set_tid_address", NULL },
	{ "setsockopt", NULL },
	{ "sigaltstack", NULL },
	{ "signalfd4", NULL },
	{ "socket", NULL },
	{ "stat", NULL },
	{ "statfs", NULL },
	{ "statx", NULL },
	{ "sysinfo", NULL },
	{ "timerfd_create", NULL },
	{ "timerfd_gettime", NULL },
	{ "timerfd_settime", NULL },
	{ "umask", NULL },
	{ "uname", NULL },
	{ "wait4", NULL },
	{ "waitid", NULL },
	{ "write", writes_to_itself },
};

static bool changes(const struct call *call)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (strcmp(harmless[i].name, call->name) == 0)
			return harmless[i].is_harmless && !harmless[i].is_harmless(call);
	return true;
}

/* ---- the run ---- */

struct run {
	pid_t pid;
	const char *until;
	uint64_t place; /* 0: none */
	bool counts_all;
	FILE *log;
	bool has_executed, has_come_until, is_killed;
	uint64_t calls, changing;
};

static bool is_written(const struct call *call, const char *text)
{
	char bytes[TEXT_MAX];
	size_t size = call->arguments[2] < TEXT_MAX ? call->arguments[2] : TEXT_MAX;

	if (!text || strcmp(call->name, "write") != 0 || call->arguments[0] != STDOUT_FILENO)
		return false;
	size = read_memory(call, call->arguments[1], bytes, size);
	return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* Where the call has its file: "at" calls a path behind a descriptor, a few a path, others a descriptor. */
static void describe(const struct call *call, char text[PATH_MAX])
{
	static const char *const at[] = { "openat", "unlinkat", "mkdirat", "newfstatat",
					  "symlinkat" };
	static const char *const path[] = { "open", "unlink", "mkdir", "rmdir", "rename", "chmod" };

	*text = '\0';
	if (strcmp(call->name, "renameat") == 0 || strcmp(call->name, "renameat2") == 0) {
		read_path(call, call->arguments[3], text);
		return;
	}
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		if (strcmp(call->name, at[i]) == 0) {
			read_path(call, call->arguments[1], text);
			return;
		}
	for (size_t i = 0; i < sizeof(path) / sizeof(*path); i++)
		if (strcmp(call->name, path[i]) == 0) {
			read_path(call, call->arguments[0], text);
			return;
		}
	if (strcmp(call->name, "bpf") == 0 || strcmp(call->name, "ptrace") == 0)
		snprintf(text, PATH_MAX, "%llu", (unsigned long long)call->arguments[0]);
	else if (call->arguments[0] < 4096)
		read_fd(call, call->arguments[0], text);
}

static void log_call(const struct run *run, const struct call *call, bool is_change)
{
	char text[PATH_MAX], number[24] = "-";

	if (!run->log)
		return;
	describe(call, text);
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	if (is_change)
		snprintf(number, sizeof(number), "%llu", (unsigned long long)run->changing);
	fprintf(run->log, "%llu %s %s %s\n", (unsigned long long)run->calls, number, call->name,
		text);
}

static void kill_it(struct run *run)
{
	kill(run->pid, SIGKILL);
	run->is_killed = true;
}

static void enter(struct run *run, const struct call *call)
{
	bool is_change, is_place;

	if (!run->has_executed || run->is_killed)
		return;
	if (is_written(call, run->until)) {
		run->has_come_until = true;
		kill_it(run);
		return;
	}
	is_change = changes(call);
	run->calls++;
	run->changing += is_change;
	is_place = run->place && run->place == (run->counts_all ? run->calls : run->changing) &&
		   (run->counts_all || is_change);
	if (is_place || !run->place)
		log_call(run, call, is_change);
	if (is_place)
		kill_it(run);
}

static void on_syscall(struct run *run, pid_t pid)
{
	struct __ptrace_syscall_info info;
	struct call call = { .pid = pid };
	enum abi abi;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	for (unsigned i = 0; i < 6; i++)
		call.arguments[i] = info.entry.args[i];
	if (abi_from_audit(info.arch, (int)info.entry.nr, &abi) == 0)
		call.name = syscall_name(abi, (int)info.entry.nr);
	if (!call.name)
		call.name = "unknown";
	enter(run, &call);
}

/* What a stop has the tracee go on with: a signal, or 0. */
static int on_stop(struct run *run, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		on_syscall(run, pid);
		return 0;
	}
	run->has_executed |= status >> 16 == PTRACE_EVENT_EXEC;
	return status >> 16 ? 0 : signal;
}

/* Returns the command's wait status. */
static int follow(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		int signal;

		if (pid < 0 || !WIFSTOPPED(status)) {
			if (pid == run->pid)
				return status;
			continue;
		}
		signal = on_stop(run, pid, status);
		/* Both fail where it is dead already. */
		if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
			ptrace(PTRACE_LISTEN, pid, 0, 0);
		else
			ptrace(PTRACE_SYSCALL, pid, 0, signal);
	}
	return -1;
}

static pid_t start(char *argv[])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	raise(SIGSTOP);
	execvp(argv[0], argv);
	fprintf(stderr, "kill_at: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int run_command(struct run *run, char *argv[])
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
			     PTRACE_O_EXITKILL;
	int status;

	run->pid = start(argv);
	if (run->pid < 0 || waitpid(run->pid, &status, WUNTRACED) < 0 ||
	    ptrace(PTRACE_SEIZE, run->pid, 0, options) < 0) {
		perror("kill_at");
		return 126;
	}
	kill(run->pid, SIGCONT);
	status = follow(run);
	if (run->has_come_until)
		return STATUS_UNTIL;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool parse_place(struct run *run, const char *text)
{
	char *end;

	if (strcmp(text, "none") == 0)
		return true;
	run->counts_all = strncmp(text, "all:", 4) == 0;
	text += run->counts_all ? 4 : 0;
	run->place = strtoull(text, &end, 10);
	return run->place && !*end;
}

int main(int argc, char *argv[])
{
	_cleanup_fclose_ FILE *log = NULL;
	struct run run = { 0 };
	int option;

	while ((option = getopt(argc, argv, "+o:u:")) >= 0) {
		if (option == 'o')
			log = fopen(optarg, "we");
		else if (option == 'u')
			run.until = optarg;
		if (option == '?' || (option == 'o' && !log))
			return 2;
	}
	if (argc - optind < 2 || !parse_place(&run, argv[optind]))
		return 2;
	run.log = log;
	return run_command(&run, argv + optind + 1);
}
