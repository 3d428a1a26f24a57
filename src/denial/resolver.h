/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resolves stacks in a thread of its own, one after the other. The files that it reads are a service's: a file
 * system in user space can let each open and each read wait for ever. A stack that takes too long is given up,
 * and its thread is left alone; after a few such threads, until one of them ends, no stack is resolved.
 */
#ifndef WHITTLE_DENIAL_RESOLVER_H
#define WHITTLE_DENIAL_RESOLVER_H

#include "denial/stack.h"

#include <stdbool.h>

#define RESOLVER_LIMIT_NS UINT64_C(1000000000) /* for one stack */
#define RESOLVER_WAITING  64 /* stacks */
#define RESOLVER_STUCK	  4 /* threads */

struct resolver;

struct resolver_calls {
	/* Called by resolver_read() once for each stack, with the owner that came with it and the text, which
	 * the callee frees; NULL: there is none, or it took too long. */
	void (*tell)(void *context, void *owner, char *text);
	/* Called instead when the resolver is freed before. */
	void (*drop)(void *owner);
	void *context;
};

/* NULL: out of memory or descriptors. */
struct resolver *resolver_new(const struct resolver_calls *calls);
void resolver_freep(struct resolver **resolver);

/* Takes STACK in any case; false: it will not be resolved, and neither is called. */
bool resolver_add(struct resolver *resolver, struct stack *stack, void *owner);

/* Readable when a stack is resolved. */
int resolver_fd(const struct resolver *resolver);

/* Call it when the descriptor is readable, and regularly. */
void resolver_read(struct resolver *resolver);

/* Waits for the stacks that are there, each within its limit. */
void resolver_finish(struct resolver *resolver);

#endif
