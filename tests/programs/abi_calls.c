// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls by each of the ABIs of an x86-64 kernel, in numbers that tell them apart: getppid 1,000 times
 * as x86-64, 500 times as i386 (int 0x80), 250 times as x32; and number 39 once as i386, which is mkdir
 * there and getpid on x86-64. With an argument it first waits for a byte on standard input.
 */
#include <stdio.h>
#include <unistd.h>

static long call_x86_64(long nr)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(nr) : "rcx", "r11", "memory");
	return result;
}

static long call_i386(long nr)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(0L)
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}

int main(int argc, char *argv[])
{
	(void)argv;
	if (argc > 1 && getchar() == EOF)
		return 1;
	for (int i = 0; i < 1000; i++)
		call_x86_64(110);
	for (int i = 0; i < 500; i++)
		call_i386(64);
	for (int i = 0; i < 250; i++)
		call_x86_64(110 | 0x40000000);
	call_i386(39);
	return 0;
}
