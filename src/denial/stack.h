/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks of user space: who called who called the refused call. Programs are built without frame
 * pointers, so the kernel half copies the top of the stack and the registers, and here it is
 * unwound by the tables of each object (.eh_frame), as a debugger would.
 */
#ifndef WHITTLE_DENIAL_STACK_H
#define WHITTLE_DENIAL_STACK_H

#include "bpf/denial.h"

#define STACK_FRAMES 16 /* written; what calls these is left out */

struct stack_reader;

/* NULL: out of memory. */
struct stack_reader *stack_reader_new(void);
void stack_reader_freep(struct stack_reader **reader);

/* A mapping of the process whose event comes next. */
void stack_add_mapping(struct stack_reader *reader, const struct denial_mapping *mapping);

/* "brk <- sbrk <- malloc <- ngx_alloc", the caller's; frames without a symbol are
 * "libfoo.so.1+0x1234". NULL where nothing is known: the process has ended, or nothing is on it. */
char *stack_read(struct stack_reader *reader, const struct denial_event *event);

/* "/usr/sbin/nginx" of a path in the kernel half's writing, the caller's; NULL where it is empty. */
char *stack_join_path(const struct record_path *path);

#endif
