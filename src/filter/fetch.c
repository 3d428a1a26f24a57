// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The filters of a live thread. Only a tracer may read them (PTRACE_SECCOMP_GET_FILTER, kernel/
 * seccomp.c: seccomp_get_filter()), and a tracer that waits for a thread in an uninterruptible
 * sleep could wait for ever, or be killed while it has stopped the thread. So the tracer is a child
 * process that copies into shared memory: it is killed if it takes too long, and it dies if its
 * parent dies; in both cases the kernel detaches the thread and lets it run on.
 */
#include "filter/filter.h"

#include "common/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STOP_TIMEOUT_MS 10000

/* kernel/seccomp.c: MAX_INSNS_PER_PATH, of which each filter takes its length and 4 more. */
#define INSTRUCTIONS_MAX 32768
#define FILTERS_MAX	 (INSTRUCTIONS_MAX / 5)

enum fetch_step { STEP_SEIZE, STEP_INTERRUPT, STEP_WAIT, STEP_READ, STEP_DONE };

/* What the child leaves for its parent. */
struct fetched {
	enum fetch_step step; /* the one that it came to */
	int error; /* an errno, of that step */
	unsigned count;
	uint16_t lengths[FILTERS_MAX]; /* oldest first */
	struct sock_filter instructions[INSTRUCTIONS_MAX]; /* one filter's behind the other's */
};

static int copy_filters(int tid, struct fetched *out)
{
	size_t used = 0;

	for (unsigned index = 0;; index++) {
		long count = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)(uintptr_t)index, NULL);

		if (count < 0)
			return errno == ENOENT ? 0 : errno; /* ENOENT: there are no more */
		if (index == FILTERS_MAX || (size_t)count > INSTRUCTIONS_MAX - used)
			return E2BIG;
		if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)(uintptr_t)index,
			   &out->instructions[used]) < 0)
			return errno;
		out->lengths[index] = (uint16_t)count;
		out->count = index + 1;
		used += (size_t)count;
	}
}

/* The child's life. PTRACE_SEIZE, unlike PTRACE_ATTACH, sends no SIGSTOP that could be left behind. */
static void trace(int tid, struct fetched *out)
{
	long signal_to_deliver = 0;
	int status;

	out->step = STEP_SEIZE;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
		out->error = errno;
		return;
	}
	out->step = STEP_INTERRUPT;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0) {
		out->error = errno;
		return;
	}
	out->step = STEP_WAIT;
	while (waitpid(tid, &status, __WALL) < 0) {
		if (errno != EINTR) {
			out->error = errno;
			return;
		}
	}
	if (!WIFSTOPPED(status)) {
		out->error = ESRCH;
		return;
	}
	/* It may have stopped because a signal was on its way: that one must still arrive. */
	if (status >> 16 == 0)
		signal_to_deliver = WSTOPSIG(status);
	out->step = STEP_READ;
	out->error = copy_filters(tid, out);
	ptrace(PTRACE_DETACH, tid, NULL, (void *)signal_to_deliver);
	if (out->error == 0)
		out->step = STEP_DONE;
}

static int wait_for_child(pid_t child, int tid, struct error *err)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd waited = { .fd = pidfd, .events = POLLIN };
	int r;

	if (pidfd < 0) {
		r = -errno;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return error_set_errno(err, r, "pidfd_open");
	}
	do {
		r = poll(&waited, 1, STOP_TIMEOUT_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		kill(child, SIGKILL); /* the kernel detaches what it traced */
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (r > 0)
		return 0;
	return error_set(err, -ETIMEDOUT,
			 "thread %d did not stop within %d s: it waits in the kernel and cannot "
			 "be interrupted; try again later",
			 tid, STOP_TIMEOUT_MS / 1000);
}

/* A number of /proc/TID/status, or -1 where there is no such line. */
static long status_field(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static int read_status(int tid, char *buffer, size_t size, struct error *err)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return error_set(err, -ESRCH, "there is no process %d", tid);
	if (!file)
		return error_set_errno(err, -errno, "%s", path);
	buffer[fread(buffer, 1, size - 1, file)] = '\0';
	return 0;
}

static int explain(int tid, const struct fetched *from, struct error *err)
{
	char status[8192];
	int code = from->error ? -from->error : -ECHILD;
	long tracer;

	if (code == -ESRCH)
		return error_set(err, code, "process %d ended meanwhile", tid);
	if (from->step == STEP_SEIZE && code == -EPERM) {
		int r = read_status(tid, status, sizeof(status), err);

		if (r < 0)
			return r;
		tracer = status_field(status, "\nTracerPid:");
		if (tracer > 0)
			return error_set(err, -EBUSY,
					 "process %d is already traced by process %ld, and the "
					 "kernel allows one tracer; end that one first",
					 tid, tracer);
		return error_set(err, code, "process %d may not be traced; run whittle as root",
				 tid);
	}
	if (from->step == STEP_READ && (code == -EACCES || code == -EPERM))
		return error_set(
			err, -EPERM,
			"reading the filters of process %d needs CAP_SYS_ADMIN and a process that "
			"is under no filter itself",
			tid);
	if (from->step == STEP_READ && (code == -EIO || code == -EINVAL))
		return error_set(err, -EOPNOTSUPP,
				 "this kernel cannot return filters (it was built without "
				 "CONFIG_CHECKPOINT_RESTORE)");
	return error_set_errno(err, code, "process %d: its filters cannot be read", tid);
}

static int to_stack(const struct fetched *from, struct filter_stack *stack, struct error *err)
{
	_cleanup_(filter_stack_free) struct filter_stack made = { 0 };
	const struct sock_filter *next = from->instructions;

	made.filters = calloc(from->count, sizeof(*made.filters));
	if (!made.filters)
		return error_oom(err);
	for (; made.count < from->count; made.count++) {
		struct filter *filter = &made.filters[made.count];

		filter->count = from->lengths[made.count];
		filter->instructions = calloc(filter->count, sizeof(*filter->instructions));
		if (!filter->instructions)
			return error_oom(err);
		memcpy(filter->instructions, next, filter->count * sizeof(*next));
		next += filter->count;
	}
	*stack = made;
	made.filters = NULL; /* the caller's now */
	made.count = 0;
	return 0;
}

static int fetch_by_child(int tid, struct fetched *shared, struct error *err)
{
	pid_t parent = getpid(), child = _Fork();

	if (child < 0)
		return error_set_errno(err, -errno, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			trace(tid, shared);
		_exit(0);
	}
	return wait_for_child(child, tid, err);
}

int filter_fetch(int tid, struct filter_stack *stack, struct error *err)
{
	struct fetched *shared;
	char status[8192];
	int r = read_status(tid, status, sizeof(status), err);

	*stack = (struct filter_stack){ 0 };
	if (r < 0)
		return r;
	/* Nobody need be stopped, and no privilege had, to see that there is none. */
	if (status_field(status, "\nSeccomp:") == SECCOMP_MODE_DISABLED)
		return 0;
	if (status_field(status, "\nSeccomp:") == SECCOMP_MODE_STRICT)
		return error_set(err, -EOPNOTSUPP,
				 "process %d is in seccomp's strict mode: it may read, write, "
				 "exit and return from signals, and has no filter to read",
				 tid);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return error_oom(err);
	r = fetch_by_child(tid, shared, err);
	if (r == 0 && shared->step != STEP_DONE)
		r = explain(tid, shared, err);
	if (r == 0)
		r = to_stack(shared, stack, err);
	munmap(shared, sizeof(*shared));
	return r;
}
