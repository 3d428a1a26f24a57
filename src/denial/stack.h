/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User-space stacks: the functions that led to the denied call. Most programs are built without frame
 * pointers. So the BPF program copies the top of the stack and the registers, and this code unwinds the
 * copy with the tables of each object (.eh_frame), like a debugger; where an object has none, by frame
 * pointers.
 */
#ifndef WHITTLE_DENIAL_STACK_H
#define WHITTLE_DENIAL_STACK_H

#include "bpf/denial.h"

#define STACK_FRAMES 16 /* written; what calls these is left out */

/* Gathers what a stack is resolved from. */
struct stack_reader;

/* NULL: out of memory. */
struct stack_reader *stack_reader_new(void);
void stack_reader_freep(struct stack_reader **reader);

/* Adds a mapping of the process of the next event. */
void stack_add_mapping(struct stack_reader *reader, const struct denial_mapping *mapping);

/* A stack that is not resolved yet: copies of the event and of the mappings. NULL: there is none, or no
 * memory. */
struct stack *stack_take(struct stack_reader *reader, const struct denial_event *event);
void stack_freep(struct stack **stack);

/*
 * "brk <- sbrk <- malloc <- ngx_alloc", which the caller frees. Frames without a symbol are
 * "libfoo.so.1+0x1234". NULL: the process has ended, or the stack is empty.
 *
 * The files are the service's, which may be hostile: they are read by pread(), within bounds of memory and of
 * bytes. But an open or a read may still take any time (a file system in user space), so another thread calls
 * this: denial/resolver.h.
 */
char *stack_resolve(struct stack *stack);

/* Joins a path from the BPF program to "/usr/sbin/nginx", which the caller frees. NULL: it is empty. */
char *stack_join_path(const struct record_path *path);

#endif
