// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The routine that a borrowed thread runs, as bytes to be copied into the target, and the layout of
 * what it works with below the thread's stack.
 */
#if defined(__x86_64__)

#include "attach/attach_job.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/*
 * The routine, position-independent, and the table of values behind it. It is entered at its start
 * to set no_new_privs first, or at attach_seccomp; the caller has set the registers of the first
 * call. It touches no floating-point state and no memory but the flags' slot below the stack, and
 * it never executes a `ret`, so that shadow stacks stay as they are.
 */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"attach_routine:\n"
	"	syscall\n"
	"attach_seccomp:\n"
	"	mov attach_seccomp_nr(%rip), %rax\n"
	"	mov attach_operation(%rip), %rdi\n"
	"	mov attach_flags(%rip), %rsi\n"
	"	mov attach_program(%rip), %rdx\n"
	"	syscall\n"
	"attach_done:\n"
	"	mov attach_eflags_at(%rip), %rsp\n"
	"	popfq\n"
	"	mov attach_rax(%rip), %rax\n"
	"	mov attach_rbx(%rip), %rbx\n"
	"	mov attach_rcx(%rip), %rcx\n"
	"	mov attach_rdx(%rip), %rdx\n"
	"	mov attach_rsi(%rip), %rsi\n"
	"	mov attach_rdi(%rip), %rdi\n"
	"	mov attach_rbp(%rip), %rbp\n"
	"	mov attach_r8(%rip), %r8\n"
	"	mov attach_r9(%rip), %r9\n"
	"	mov attach_r10(%rip), %r10\n"
	"	mov attach_r11(%rip), %r11\n"
	"	mov attach_r12(%rip), %r12\n"
	"	mov attach_r13(%rip), %r13\n"
	"	mov attach_r14(%rip), %r14\n"
	"	mov attach_r15(%rip), %r15\n"
	"	mov attach_rsp(%rip), %rsp\n"
	"	jmp *attach_rip(%rip)\n"
	"	.balign 8\n"
	"attach_values:\n"
	"attach_seccomp_nr:	.quad 0\n"
	"attach_operation:	.quad 0\n"
	"attach_flags:		.quad 0\n"
	"attach_program:	.quad 0\n"
	"attach_eflags_at:	.quad 0\n"
	"attach_rax:		.quad 0\n"
	"attach_rbx:		.quad 0\n"
	"attach_rcx:		.quad 0\n"
	"attach_rdx:		.quad 0\n"
	"attach_rsi:		.quad 0\n"
	"attach_rdi:		.quad 0\n"
	"attach_rbp:		.quad 0\n"
	"attach_r8:		.quad 0\n"
	"attach_r9:		.quad 0\n"
	"attach_r10:		.quad 0\n"
	"attach_r11:		.quad 0\n"
	"attach_r12:		.quad 0\n"
	"attach_r13:		.quad 0\n"
	"attach_r14:		.quad 0\n"
	"attach_r15:		.quad 0\n"
	"attach_rsp:		.quad 0\n"
	"attach_rip:		.quad 0\n"
	"attach_end:\n"
	".popsection\n");

/* The table, in the routine's order. */
struct routine_values {
	uint64_t seccomp_nr, operation, flags, program, eflags_at;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rsp, rip;
};

extern const unsigned char attach_routine[] __attribute__((visibility("hidden")));
extern const unsigned char attach_seccomp[] __attribute__((visibility("hidden")));
extern const unsigned char attach_done[] __attribute__((visibility("hidden")));
extern const unsigned char attach_values[] __attribute__((visibility("hidden")));
extern const unsigned char attach_end[] __attribute__((visibility("hidden")));

/* Where a label of the routine stands in it. */
static size_t routine_offset(const unsigned char *label)
{
	return (uintptr_t)label - (uintptr_t)attach_routine;
}

size_t attach_routine_size(void)
{
	return routine_offset(attach_end);
}

size_t attach_routine_seccomp(void)
{
	return routine_offset(attach_seccomp);
}

size_t attach_routine_done(void)
{
	return routine_offset(attach_done);
}

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
	struct routine_values values = {
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

	memcpy(routine, attach_routine, attach_routine_size());
	memcpy(routine + routine_offset(attach_values), &values, sizeof(values));
}

#endif
