// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes one system call, by number, with arguments of -1, and exits with its errno: 0 when it went
 * through. Without a C library, whose own start would make calls that the list under test may
 * not have: `gcc -static -nostdlib -ffreestanding -fno-stack-protector`.
 */
static long call(long number, long first)
{
	register long r10 __asm__("r10") = -1, r8 __asm__("r8") = -1, r9 __asm__("r9") = -1;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(-1L), "d"(-1L), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

__attribute__((used)) static void run(const long *stack)
{
	const char *digits = stack[0] > 1 ? (const char *)stack[2] : "0";
	long number = 0, result;

	while (*digits >= '0' && *digits <= '9')
		number = number * 10 + *digits++ - '0';
	result = call(number, -1);
	call(231 /* exit_group */, result < 0 && result > -4096 ? -result : 0);
	__builtin_unreachable();
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
