/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program whose very first instructions make a call (getppid), before any libc. */
	.globl _start
_start:
	mov	$110, %eax
	syscall
	mov	$60, %eax
	xor	%edi, %edi
	syscall
	.section .note.GNU-stack, "", @progbits
