/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The method for kernels whose filters cannot be read; it costs more, since it also needs a program
 * at sys_enter. The kernel runs seccomp before that tracepoint (kernel/entry/common.c:
 * syscall_trace_enter), so a call that the filter refused has an exit and no entry. Each thread
 * therefore has a byte with its latest event; an exit after an exit is a refusal. There are two
 * exceptions:
 *
 * - a new thread returns from its parent's clone: fork marks it as inside a call; - an exec by a
 * thread that is not the first one changes the thread's number: exec marks the new   number as
 * inside a call.
 *
 * Part of denial.bpf.c.
 */
#define LISTENERS 64 /* number of filters inspected for a listener */

SEC("tp_btf/sys_enter")
int BPF_PROG(denial_sys_enter, struct pt_regs *regs, long nr)
{
	__u8 *state = state_of(bpf_get_current_task_btf()->pid);

	if (state)
		set_state(state, DENIAL_INSIDE);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(denial_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	__u8 *state = state_of(task->pid);

	if (state)
		set_state(state, DENIAL_INSIDE);
	return 0;
}

/* Whether someone answers calls for this filter (SECCOMP_FILTER_FLAG_NEW_LISTENER). */
static __always_inline bool has_listener(struct task_struct *task)
{
	struct seccomp_filter *filter = task->seccomp.filter;

	for (int i = 0; i < LISTENERS && filter; i++) {
		if (BPF_CORE_READ(filter, notif))
			return true;
		filter = BPF_CORE_READ(filter, prev);
	}
	return false;
}

/* The filter's action, inferred from its effects. */
static __always_inline __u32 action_of_pair(struct task_struct *task, struct pt_regs *regs,
					    long result)
{
	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return SECCOMP_RET_KILL_PROCESS;
	/* A tracer cancels a call by PTRACE_SYSEMU or by changing its number to -1. */
	if (is_emulated(task) || (task->ptrace && (int)regs->orig_ax == -1))
		return DENIAL_ANSWERED;
	if (is_trapped(task, regs, result))
		return SECCOMP_RET_TRAP;
	if (has_listener(task) || result > 0 || result < -MAX_ERRNO)
		return DENIAL_ANSWERED;
	return SECCOMP_RET_ERRNO | (__u32)-result;
}

static __always_inline int exit_of_pair(struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u8 *state = state_of(task->pid);
	__u8 before;

	if (!state)
		return 0;
	before = *state & ~DENIAL_FAMILY;
	set_state(state, DENIAL_OUTSIDE);
	/* If the filter killed the task, there is no doubt, whatever came before. */
	if (before != DENIAL_OUTSIDE && task->seccomp.mode != SECCOMP_MODE_DEAD)
		return 0;
	if (!task->seccomp.mode)
		return 0;
	return count_refusal(task, regs, action_of_pair(task, regs, result));
}
