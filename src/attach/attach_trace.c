// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tracer: makes one thread of the target execute a single system call, as attach.c explains,
 * and restores it. */
#if defined(__x86_64__)

#include "attach/attach_job.h"

#include "common/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ATTEMPTS 200 /* per thread, a pause apart */
#define PAUSE_US 500

/* include/linux/errno.h: what a system call that was interrupted holds while its thread is stopped;
 * user space never sees them. */
#define ERESTARTSYS	      512
#define ERESTARTNOINTR	      513
#define ERESTARTNOHAND	      514
#define ERESTART_RESTARTBLOCK 516

enum stop { STOP_EVENT, STOP_SIGNAL, STOP_SYSCALL, STOP_GONE };

static enum stop wait_stop(pid_t thread, int *signal_number)
{
	int status;

	while (waitpid(thread, &status, __WALL) < 0)
		if (errno != EINTR)
			return STOP_GONE;
	if (!WIFSTOPPED(status))
		return STOP_GONE;
	*signal_number = WSTOPSIG(status);
	if (status >> 16 == PTRACE_EVENT_STOP)
		return STOP_EVENT;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		return STOP_SYSCALL;
	return STOP_SIGNAL;
}

/* Brings the thread to a stop of our own asking; signals on their way are let through first. */
static bool stop_thread(pid_t thread)
{
	int signal_number;

	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0)
		return false;
	for (;;) {
		switch (wait_stop(thread, &signal_number)) {
		case STOP_EVENT:
			return true;
		case STOP_GONE:
			return false;
		case STOP_SIGNAL:
			ptrace(PTRACE_CONT, thread, NULL, (void *)(long)signal_number);
			break;
		case STOP_SYSCALL:
			ptrace(PTRACE_CONT, thread, NULL, NULL);
			break;
		}
	}
}

/* A signal that waits for delivery decides how an interrupted call ends; it goes first. */
static bool has_pending_signal(pid_t pid, pid_t thread)
{
	_cleanup_fclose_ FILE *status = NULL;
	unsigned long long own = 0, shared = 0, blocked = 0;
	char path[64], *line = NULL;
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, thread);
	status = fopen(path, "re");
	while (status && getline(&line, &room, status) > 0) {
		sscanf(line, "SigPnd: %llx", &own);
		sscanf(line, "ShdPnd: %llx", &shared);
		sscanf(line, "SigBlk: %llx", &blocked);
	}
	free(line);
	return ((own | shared) & ~blocked) != 0;
}

/* The registers with which the routine sends the thread back when it is alone: a call that was
 * interrupted is made again, as arch_do_signal_or_restart() would have it without a signal. */
static struct user_regs_struct restarted(const struct user_regs_struct *stopped)
{
	struct user_regs_struct registers = *stopped;

	if ((long)stopped->orig_rax < 0)
		return registers;
	switch (-(long)stopped->rax) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		registers.rax = stopped->orig_rax;
		registers.rip -= 2;
		break;
	case ERESTART_RESTARTBLOCK:
		registers.rax = SYS_restart_syscall;
		registers.rip -= 2;
		break;
	}
	return registers;
}

/* What was overwritten, to be put back. */
struct saved {
	struct user_regs_struct registers;
	unsigned char routine[ROUTINE_MAX];
	unsigned char *below; /* from layout.program up to layout.eflags + 8 */
	size_t below_size;
};

static int write_below(const struct job *job, const struct layout *layout, uint64_t eflags)
{
	struct sock_fprog program = {
		.len = (unsigned short)job->filter->count,
		.filter = (struct sock_filter *)(uintptr_t)layout->instructions,
	};
	int r = attach_memory_write(job->pid, layout->program, &program, sizeof(program));

	if (r == 0)
		r = attach_memory_write(job->pid, layout->instructions, job->filter->instructions,
					job->filter->count * sizeof(struct sock_filter));
	if (r == 0)
		r = attach_memory_write(job->pid, layout->eflags, &eflags, sizeof(eflags));
	return r;
}

/* The registers at the routine's start. orig_rax -1: the kernel must not take this for a call to be
 * restarted. */
static struct user_regs_struct entering(const struct job *job, const struct layout *layout,
					const struct user_regs_struct *stopped)
{
	struct user_regs_struct registers = *stopped;

	registers.orig_rax = (unsigned long)-1;
	registers.rsp = layout->stack;
	registers.rip = job->place;
	/* Single-stepping and the direction flag are not the routine's. */
	registers.eflags &= ~0x500ULL;
	if (!job->needs_no_new_privs) {
		registers.rip += attach_routine_seccomp_at;
		return registers;
	}
	registers.rax = SYS_prctl;
	registers.rdi = PR_SET_NO_NEW_PRIVS;
	registers.rsi = 1;
	registers.rdx = registers.r10 = registers.r8 = 0;
	return registers;
}

/* The kernel's answer to seccomp(2), in words. */
static int judge_result(struct job *job, long result)
{
	struct error *err = &job->err;

	if (result == 0)
		return 0;
	if (result > 0)
		return error_set(
			err, -EBUSY,
			"process %d: its thread %ld has filters that the other threads lack, so "
			"the kernel cannot install one filter in all of them",
			job->pid, result);
	if (result == -EACCES)
		return error_set(err, -EPERM,
				 "process %d: the kernel refuses the filter: the process has "
				 "neither CAP_SYS_ADMIN nor no_new_privs",
				 job->pid);
	return error_set_errno(err, (int)result, "process %d: the kernel refuses the filter",
			       job->pid);
}

/* Runs the routine until seccomp(2) has returned. 1: done, *RESULT is its answer. 0: a signal came,
 * *SIGNAL_NUMBER, before that. */
static int run_to_result(struct job *job, long *result, int *signal_number)
{
	const uint64_t done = job->place + attach_routine_done_at;
	struct user_regs_struct registers;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, job->thread, NULL, NULL) < 0)
			return -errno;
		switch (wait_stop(job->thread, signal_number)) {
		case STOP_GONE:
			return -ESRCH;
		case STOP_SIGNAL:
			return 0;
		case STOP_EVENT:
			continue; /* a group stop: the thread is ours and goes on */
		case STOP_SYSCALL:
			break;
		}
		if (ptrace(PTRACE_GETREGS, job->thread, NULL, &registers) < 0)
			return -errno;
		/* At the entry of a call rax is -ENOSYS; at its exit the instruction pointer, the same,
		 * stands behind the call. */
		if (registers.rip == done && registers.orig_rax == SYS_seccomp &&
		    registers.rax != (unsigned long)-ENOSYS) {
			*result = (long)registers.rax;
			return 1;
		}
	}
}

/* Everything as it was at the stop. The registers first: from then on nothing leads to the routine. */
static int give_back(struct job *job, const struct layout *layout, const struct saved *saved)
{
	if (ptrace(PTRACE_SETREGS, job->thread, NULL, &saved->registers) < 0)
		return -errno;
	attach_memory_poke(job->thread, job->place, saved->routine, attach_routine_size);
	attach_memory_write(job->pid, layout->program, saved->below, saved->below_size);
	return 0;
}

/* The thread is stopped at SAVED: one try. 1: it has the filter (or the kernel's refusal is in
 * job->err). 0: try again. */
static int borrow(struct job *job, const struct layout *layout, struct saved *saved)
{
	struct user_regs_struct back = restarted(&saved->registers);
	struct user_regs_struct start = entering(job, layout, &saved->registers);
	unsigned char routine[ROUTINE_MAX];
	int signal_number = 0, r;
	long result = 0;

	attach_routine_fill(job, layout, &back, routine);
	r = write_below(job, layout, back.eflags);
	if (r == 0)
		r = attach_memory_poke(job->thread, job->place, routine, attach_routine_size);
	if (r == 0 && ptrace(PTRACE_SETREGS, job->thread, NULL, &start) < 0)
		r = -errno;
	if (r < 0) {
		give_back(job, layout, saved);
		return r;
	}
	r = run_to_result(job, &result, &signal_number);
	if (r < 0)
		return r;
	if (r == 0) {
		/* The thread as it was gets the signal, and all begins anew. */
		r = give_back(job, layout, saved);
		ptrace(PTRACE_CONT, job->thread, NULL, (void *)(long)signal_number);
		return r;
	}
	/* Once more to where signals are looked for: there the kernel restarts calls. Whatever signal comes
	 * first finds the thread as it was, too. */
	ptrace(PTRACE_INTERRUPT, job->thread, NULL, NULL);
	ptrace(PTRACE_CONT, job->thread, NULL, NULL);
	switch (wait_stop(job->thread, &signal_number)) {
	case STOP_EVENT:
		signal_number = 0;
		break;
	case STOP_SIGNAL:
		break;
	case STOP_SYSCALL:
	case STOP_GONE:
		return -ESRCH;
	}
	r = give_back(job, layout, saved);
	if (r < 0)
		return r;
	job->outcome = judge_result(job, result) == 0 ? JOB_DONE : JOB_FAILED;
	ptrace(PTRACE_DETACH, job->thread, NULL, (void *)(long)signal_number);
	return 1;
}

/* Stopped anywhere: whether the thread can be borrowed here. */
static bool is_good_place(struct job *job, const struct user_regs_struct *registers, size_t room)
{
	if (registers->cs == 0x23) {
		job->outcome = JOB_FAILED;
		error_set(
			&job->err, -EOPNOTSUPP,
			"process %d runs 32-bit code, and a filter can be attached only to x86-64 "
			"processes",
			job->pid);
		return false;
	}
	return attach_memory_has_room_below(job, registers, room + 1024) &&
	       !attach_memory_in_restartable_sequence(job->thread, registers->rip) &&
	       !has_pending_signal(job->pid, job->thread) &&
	       registers->rip - job->place >= attach_routine_size;
}

static int save(const struct job *job, const struct layout *layout, struct saved *saved)
{
	int r = attach_memory_read(job->pid, job->place, saved->routine, attach_routine_size);

	saved->below_size = (size_t)(layout->eflags + 8 - layout->program);
	saved->below = malloc(saved->below_size);
	if (!saved->below)
		return -ENOMEM;
	return r < 0 ? r
		     : attach_memory_read(job->pid, layout->program, saved->below,
					  saved->below_size);
}

void attach_trace(struct job *job)
{
	struct saved saved = { 0 };
	int r = 0;

	if (ptrace(PTRACE_SEIZE, job->thread, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0) {
		job->outcome = errno == ESRCH ? JOB_TRY_ANOTHER : JOB_FAILED;
		error_set_errno(&job->err, -errno, "process %d: thread %d can't be traced",
				job->pid, job->thread);
		return;
	}
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct layout layout;

		if (!stop_thread(job->thread) ||
		    ptrace(PTRACE_GETREGS, job->thread, NULL, &saved.registers) < 0)
			break;
		layout = attach_routine_lay_out(saved.registers.rsp, job->filter->count);
		if (is_good_place(job, &saved.registers, layout.size)) {
			free(saved.below);
			r = save(job, &layout, &saved);
			if (r == 0)
				r = borrow(job, &layout, &saved);
			if (r != 0)
				break;
		} else if (job->outcome == JOB_FAILED) {
			break;
		} else {
			ptrace(PTRACE_CONT, job->thread, NULL, NULL);
		}
		usleep(PAUSE_US);
	}
	free(saved.below);
	if (job->outcome != JOB_STARTED)
		return; /* the kernel detaches at our exit */
	job->outcome = JOB_TRY_ANOTHER;
	if (r < 0)
		error_set_errno(&job->err, r, "process %d: thread %d", job->pid, job->thread);
	else
		error_set(&job->err, -EBUSY,
			  "process %d: thread %d never reached a usable place: on its own stack, "
			  "with no signal pending, outside a restartable sequence",
			  job->pid, job->thread);
}

#endif
