// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fills in a copy of the routine that a borrowed thread runs (routine_x86_64.S), and lays out its data below
 * the thread's stack.
 */
#if defined(__x86_64__)

#include "attach/attach_job.h"

#include <string.h>
#include <sys/syscall.h>

struct layout attach_routine_lay_out(uint64_t rsp, size_t count)
{
	struct layout layout;

	layout.eflags = ((rsp - RED_ZONE) & ~15ULL) - 16;
	layout.instructions = (layout.eflags - count * sizeof(struct sock_filter)) & ~15ULL;
	layout.program = layout.instructions - sizeof(struct sock_fprog);
	/* A signal's frame would be built below this. */
	layout.stack = (layout.program - RED_ZONE) & ~15ULL;
	layout.size = (size_t)(rsp - layout.stack);
	return layout;
}

void attach_routine_fill(const struct job *job, const struct layout *layout,
			 const struct user_regs_struct *back, unsigned char *routine)
{
	struct attach_routine_values values = {
		.seccomp_nr = SYS_seccomp,
		.operation = SECCOMP_SET_MODE_FILTER,
		.flags = SECCOMP_FILTER_FLAG_TSYNC | (job->log ? SECCOMP_FILTER_FLAG_LOG : 0),
		.program = layout->program,
		.eflags_at = layout->eflags,
		.rax = back->rax,
		.rbx = back->rbx,
		.rcx = back->rcx,
		.rdx = back->rdx,
		.rsi = back->rsi,
		.rdi = back->rdi,
		.rbp = back->rbp,
		.r8 = back->r8,
		.r9 = back->r9,
		.r10 = back->r10,
		.r11 = back->r11,
		.r12 = back->r12,
		.r13 = back->r13,
		.r14 = back->r14,
		.r15 = back->r15,
		.rsp = back->rsp,
		.rip = back->rip,
	};

	memcpy(routine, attach_routine, attach_routine_size);
	memcpy(routine + attach_routine_values_at, &values, sizeof(values));
}

#endif
