/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The routine that a borrowed thread runs. whittle never executes it: attach_routine_fill() copies the code
 * and the values behind it into the target. Therefore it is read-only data, and it is position-independent.
 *
 * It is entered at its start to set no_new_privs first, or at .Lseccomp; the caller has set the registers of
 * the first call. It uses no floating-point state and no memory except the saved flags below the stack, and it
 * executes neither `call` nor `ret`, so that a shadow stack stays as it is.
 */
#include "attach/routine.h"

	.section .rodata
	.balign 8
	.globl attach_routine
	.hidden attach_routine
	.type attach_routine, @object
attach_routine:
	syscall
.Lseccomp:
	mov .Lseccomp_nr(%rip), %rax
	mov .Loperation(%rip), %rdi
	mov .Lflags(%rip), %rsi
	mov .Lprogram(%rip), %rdx
	syscall
.Ldone:
	mov .Leflags_at(%rip), %rsp
	popfq
	mov .Lrax(%rip), %rax
	mov .Lrbx(%rip), %rbx
	mov .Lrcx(%rip), %rcx
	mov .Lrdx(%rip), %rdx
	mov .Lrsi(%rip), %rsi
	mov .Lrdi(%rip), %rdi
	mov .Lrbp(%rip), %rbp
	mov .Lr8(%rip), %r8
	mov .Lr9(%rip), %r9
	mov .Lr10(%rip), %r10
	mov .Lr11(%rip), %r11
	mov .Lr12(%rip), %r12
	mov .Lr13(%rip), %r13
	mov .Lr14(%rip), %r14
	mov .Lr15(%rip), %r15
	mov .Lrsp(%rip), %rsp
	jmp *.Lrip(%rip)

	.balign 8
.Lvalues:
#define VALUE(name) .L##name: .quad 0;
ATTACH_ROUTINE_VALUES(VALUE)
.Lend:
	.size attach_routine, . - attach_routine

/* A number that C reads. */
#define NUMBER(name, value)   \
	.balign 8;            \
	.globl name;          \
	.hidden name;         \
	.type name, @object;  \
	.size name, 8;        \
	name: .quad value

	NUMBER(attach_routine_size, .Lend - attach_routine)
	NUMBER(attach_routine_seccomp_at, .Lseccomp - attach_routine)
	NUMBER(attach_routine_done_at, .Ldone - attach_routine)
	NUMBER(attach_routine_values_at, .Lvalues - attach_routine)

	.section .note.GNU-stack, "", @progbits

/* Nothing here is a target of an indirect branch or touches a shadow stack. The note lets the linker mark the
 * whole program so. <cet.h> writes it under -fcf-protection. */
#ifdef __CET__
#include <cet.h>
#endif
