/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of attach: the job, the routine that the target's thread runs, and the layout
 * in the target's memory meanwhile. Only for x86-64. */
#ifndef WHITTLE_ATTACH_ATTACH_JOB_H
#define WHITTLE_ATTACH_ATTACH_JOB_H

#include "attach/attach.h"
#include "attach/routine.h"

#include <sys/user.h>

#define RED_ZONE    128 /* System V ABI: bytes below the stack pointer that belong to the function */
#define ROUTINE_MAX 512

/* The tracer's input; it lives in memory shared with the child, which reports in it. */
struct job {
	pid_t pid, thread;
	bool needs_no_new_privs;
	bool log;
	uint64_t place; /* for the routine */
	const struct filter *filter;

	enum { JOB_STARTED, JOB_TRY_ANOTHER, JOB_FAILED, JOB_DONE } outcome;
	struct error err;
};

/* ---- attach_routine.c ---- */

/* The layout while the routine runs, from the stack pointer down. */
struct layout {
	uint64_t eflags, instructions, program, stack;
	size_t size; /* of all of it with the red zone */
};

struct layout attach_routine_lay_out(uint64_t rsp, size_t count);

/* The routine, with the values that it needs to call seccomp(2) and to return to BACK. */
void attach_routine_fill(const struct job *job, const struct layout *layout,
			 const struct user_regs_struct *back, unsigned char *routine);

/* ---- attach_memory.c: the target's memory ---- */

int attach_memory_read(pid_t pid, uint64_t address, void *data, size_t size);
int attach_memory_write(pid_t pid, uint64_t address, const void *data, size_t size);
/* Only a tracer's poke can write executable pages; it gives the process a private copy of the page.
 * ADDRESS and SIZE are multiples of 8. */
int attach_memory_poke(pid_t thread, uint64_t address, const void *data, size_t size);

/* Space for the routine that nothing executes: behind the end of an executable segment, up to the
 * end of its page. 0 if there is none. */
uint64_t attach_memory_find_place(pid_t pid);

/*
 * Whether SIZE bytes below the stack pointer are the thread's own stack. The main thread's is the
 * kernel's [stack]. Those that glibc and musl make for other threads hold the thread's control block at
 * their upper end and begin with a guard page, which keeps them from merging with what is mapped
 * below. Elsewhere (a goroutine's or a coroutine's stack, an alternate signal stack) what lies below
 * may be somebody else's.
 */
bool attach_memory_has_room_below(const struct job *job, const struct user_regs_struct *registers,
				  size_t size);

/* The kernel must abort an interrupted restartable sequence, and for that it reads the instruction
 * pointer, which must not be moved away before. (rseq(2); linux/ptrace.h, since 5.13.) */
bool attach_memory_in_restartable_sequence(pid_t thread, uint64_t rip);

/* ---- attach_trace.c ---- */

/* The tracer's life, in a child of its own: uses job->thread, and reports in the job. */
void attach_trace(struct job *job);

#endif
