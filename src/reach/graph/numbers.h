/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call numbers at the places that a walk has reached. If a number comes from the caller
 * (syscall(2)'s function, a cancellable variant), every reached call is inspected, through as many
 * functions as necessary.
 */
#ifndef WHITTLE_REACH_GRAPH_NUMBERS_H
#define WHITTLE_REACH_GRAPH_NUMBERS_H

#include "reach/code/value.h"
#include "reach/graph/walk.h"

/* One number that a place can have. CALLER is the node of the function that determines it: the one
 * that contains the place, or one that calls it, possibly through more functions. */
struct number {
	uint32_t abi;
	uint32_t nr;
	uint32_t caller;
	uint32_t need; /* index of the chain of functions it was passed through; NO_INDEX: none */
	uint32_t object, at; /* the place that enters the kernel */
};

/* A place whose number is not known, or not completely. */
struct unknown_number {
	uint32_t abi;
	uint32_t caller;
	uint32_t need;
	uint32_t object, at; /* the place that enters the kernel */
	const char *why;
};

/* The value that a function's callers must provide. */
struct need {
	uint32_t object, function;
	struct origin origin;
	uint32_t abi;
	uint32_t parent; /* the need of the function that this one calls; NO_INDEX: it contains the
			 * place */
	uint32_t place_object, place_at;
};

struct numbers {
	ARRAY(struct number) found;
	ARRAY(struct unknown_number) unknown;
	ARRAY(struct need) needs;
};

int numbers_find(struct numbers *numbers, const struct walk *walk, struct error *err);
void numbers_free(struct numbers *numbers);

#endif
