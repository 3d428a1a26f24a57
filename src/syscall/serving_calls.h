/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls in which an idle server waits. With the first of them a process's start-up ends. */
#ifndef WHITTLE_SYSCALL_SERVING_CALLS_H
#define WHITTLE_SYSCALL_SERVING_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* When the call waits for work. */
enum serving_call_kind {
	WAIT_NEVER,
	WAIT_ALWAYS,
	WAIT_NONZERO, /* where (argument & mask) is not 0 */
	WAIT_ZERO, /* where it is 0: a "don't wait" flag is absent */
	WAIT_TIME, /* where the argument is NULL or points at a time that is not 0 */
};

struct serving_call {
	const char *name;
	enum serving_call_kind kind;
	uint8_t argument;
	uint64_t mask;
};

/* NULL: the call never waits for work. */
const struct serving_call *serving_call(const char *name);

#endif
