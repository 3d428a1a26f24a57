// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One thread of the target executes the call. While it is stopped, two things are written: a routine,
 * into bytes that the target maps as executable and never executes (the last page of a segment, behind
 * the segment's end), and the filter, below the thread's stack. Then one ptrace call, which the kernel
 * executes completely or not at all, sets the registers to the routine's start. The routine calls
 * seccomp(2), restores every register from a table of its own, and jumps to the place where the thread
 * was stopped. It depends on nobody: if the tracer dies at any point, the kernel detaches the thread,
 * and the thread either never left its place or returns to it by itself.
 *
 * A living tracer restores more exactly than the routine: once seccomp(2) has returned, it stops the
 * thread where the kernel checks for signals, and sets the registers of the first stop again. The kernel
 * then restarts an interrupted system call, or ends it with EINTR for a signal, by its own rules
 * (arch/x86/kernel/signal.c: arch_do_signal_or_restart()). If a signal arrives while the routine runs,
 * the tracer restores the registers at once, the signal is delivered, and the whole is tried again.
 *
 * The tracer is a child process: if it takes too long (a thread that sleeps in the kernel and cannot be
 * interrupted), it is killed, which is safe for the reasons above.
 */
#include "attach/attach.h"

#include "attach/attach_job.h"
#include "common/cleanup.h"

#include <errno.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TRACER_TIMEOUT_MS 20000

#if defined(__x86_64__)

static int wait_for_tracer(pid_t tracer, struct job *job)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, tracer, 0);
	struct pollfd waited = { .fd = pidfd, .events = POLLIN };
	int r;

	do {
		r = pidfd < 0 ? 0 : poll(&waited, 1, TRACER_TIMEOUT_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		kill(tracer, SIGKILL);
	while (waitpid(tracer, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (r > 0)
		return 0;
	job->outcome = JOB_TRY_ANOTHER;
	return error_set(
		&job->err, -ETIMEDOUT,
		"process %d: thread %d did not stop within %d s: it waits in the kernel and "
		"cannot be interrupted",
		job->pid, job->thread, TRACER_TIMEOUT_MS / 1000);
}

static int run_tracer(struct job *job)
{
	pid_t parent = getpid(), tracer = _Fork();

	if (tracer < 0) {
		job->outcome = JOB_FAILED;
		return error_set_errno(&job->err, -errno, "fork");
	}
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			attach_trace(job);
		_exit(0);
	}
	return wait_for_tracer(tracer, job);
}

/* Tries the threads in turn, the main one first: any one will do, the kernel gives the filter to all. */
static int try_threads(struct job *job, struct attach_result *result, struct error *err)
{
	_cleanup_closedir_ DIR *tasks = NULL;
	struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", job->pid);
	tasks = opendir(path);
	if (!tasks)
		return error_set(err, -ESRCH, "there is no process %d", job->pid);
	job->outcome = JOB_TRY_ANOTHER;
	error_set(&job->err, -ESRCH, "process %d ended meanwhile", job->pid);
	while (job->outcome == JOB_TRY_ANOTHER && (entry = readdir(tasks))) {
		job->thread = (pid_t)strtol(entry->d_name, NULL, 10);
		if (job->thread <= 0)
			continue;
		job->outcome = JOB_STARTED;
		run_tracer(job);
		if (job->outcome == JOB_STARTED)
			job->outcome = JOB_TRY_ANOTHER;
	}
	if (job->outcome != JOB_DONE) {
		*err = job->err;
		return err->code;
	}
	result->thread = job->thread;
	result->set_no_new_privs = job->needs_no_new_privs;
	return 0;
}

struct target_state {
	bool no_new_privs, has_admin;
	long seccomp_mode, tracer;
	bool has_memory; /* no kernel thread, no zombie */
};

static int read_state(pid_t pid, struct target_state *state, struct error *err)
{
	_cleanup_fclose_ FILE *status = NULL;
	char path[64], *line = NULL;
	unsigned long long effective = 0;
	size_t room = 0;
	long number;

	*state = (struct target_state){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status && errno == ENOENT)
		return error_set(err, -ESRCH, "there is no process %d", pid);
	if (!status)
		return error_set_errno(err, -errno, "%s", path);
	while (getline(&line, &room, status) > 0) {
		sscanf(line, "CapEff: %llx", &effective);
		sscanf(line, "TracerPid: %ld", &state->tracer);
		sscanf(line, "Seccomp: %ld", &state->seccomp_mode);
		if (sscanf(line, "NoNewPrivs: %ld", &number) == 1)
			state->no_new_privs = number != 0;
		if (strncmp(line, "VmSize:", 7) == 0)
			state->has_memory = true;
	}
	free(line);
	state->has_admin = effective >> 21 & 1; /* CAP_SYS_ADMIN */
	return 0;
}

/* The calls that the routine makes, and restart_syscall for who was sleeping, through the filters that
 * are there: a refusal must be known before the thread makes them, for it may be death. */
static int check_present_filters(const struct job *job, struct error *err)
{
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	struct seccomp_data calls[] = {
		{ .nr = SYS_seccomp,
		  .args = { SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_TSYNC |
				    (job->log ? SECCOMP_FILTER_FLAG_LOG : 0) } },
		{ .nr = SYS_prctl, .args = { PR_SET_NO_NEW_PRIVS, 1 } },
		{ .nr = SYS_restart_syscall },
	};
	const char *const names[] = { "seccomp", "prctl(PR_SET_NO_NEW_PRIVS)", "restart_syscall" };
	int r = filter_fetch(job->pid, &stack, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		uint32_t action;

		if (i == 1 && !job->needs_no_new_privs)
			continue;
		calls[i].arch = AUDIT_ARCH_X86_64;
		calls[i].instruction_pointer = job->place;
		r = filter_stack_simulate(&stack, &calls[i], &action, err);
		if (r < 0)
			return r;
		action &= SECCOMP_RET_ACTION_FULL;
		if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
			return error_set(
				err, -EOPNOTSUPP,
				"process %d is under a filter that denies %s, a call that it "
				"needs to install another filter",
				job->pid, names[i]);
	}
	return 0;
}

static int check_target(struct job *job, struct error *err)
{
	struct target_state state;
	int r = read_state(job->pid, &state, err);

	if (r < 0)
		return r;
	if (job->pid == getpid())
		return error_set(err, -EINVAL, "a process cannot attach a filter to itself");
	if (!state.has_memory)
		return error_set(err, -EOPNOTSUPP,
				 "process %d is a kernel thread or has ended: it makes no system "
				 "calls",
				 job->pid);
	if (state.tracer)
		return error_set(
			err, -EBUSY,
			"process %d is already traced by process %ld, and the kernel allows one "
			"tracer; end that one first",
			job->pid, state.tracer);
	if (state.seccomp_mode == SECCOMP_MODE_STRICT)
		return error_set(
			err, -EOPNOTSUPP,
			"process %d is in seccomp's strict mode, which allows no further filters",
			job->pid);
	job->needs_no_new_privs = !state.no_new_privs && !state.has_admin;
	job->place = attach_memory_find_place(job->pid);
	if (!job->place && (errno == EPERM || errno == EACCES))
		return error_set(err, -EPERM, "process %d may not be traced; run whittle as root",
				 job->pid);
	if (!job->place)
		return error_set(
			err, -EOPNOTSUPP,
			"process %d maps no executable page with %zu unused bytes at its end "
			"(or is no x86-64 process)",
			job->pid, attach_routine_size);
	return state.seccomp_mode == SECCOMP_MODE_FILTER ? check_present_filters(job, err) : 0;
}

int attach_filter(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err)
{
	struct job *job;
	int r = filter_check(filter, err);

	if (r < 0)
		return r;
	/* Shared with the tracer, which reports in it. */
	job = mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job == MAP_FAILED)
		return error_oom(err);
	job->pid = pid;
	job->log = options->log;
	job->filter = filter;
	r = check_target(job, err);
	if (r == 0)
		r = try_threads(job, result, err);
	munmap(job, sizeof(*job));
	return r;
}

#else

int attach_filter(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err)
{
	(void)filter;
	(void)options;
	(void)result;
	return error_set(err, -EOPNOTSUPP,
			 "process %d: a filter can be attached to a running process only on x86-64",
			 pid);
}

#endif
