/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The branches of a C library that only certain callers can ask for: data. Private to guards.c. */
#ifndef WHITTLE_REACH_GRAPH_CONDITIONAL_EDGES_TABLE_H
#define WHITTLE_REACH_GRAPH_CONDITIONAL_EDGES_TABLE_H

#include "reach/graph/conditional_edges.h"

/* A function of the library's interface that asks for the branch: whenever it is called, or if all
 * tests are true for the arguments of one call, or if another object refers to it. */
struct key_row {
	const char *symbol; /* in all of its versions */
	struct argument_test tests[ARGUMENT_TESTS_MAX];
	bool from_outside;
};

/* The edges that only the keys open. */
struct branch_row {
	const char *calls[8]; /* by system call, ... */
	const char *targets[2]; /* or by the start of the names of the called functions */
	struct key_row keys[GUARD_KEYS_MAX];
	/* A program can come there, but then fails all the same, or goes on whatever the answer is. Of
	 * what the code can do it is a part (with no keys: always), of what the program needs it is none. */
	bool is_vain;
};

/*
 * The function and library of the branch. An exported function is known by its name. Another has
 * none once the library is stripped: it is identified by the system calls that it, or a function it
 * calls directly, makes (all of `signature`), by a function that it refers to, or by one that calls
 * it; several may match. `in_table`: not in a function, but in tables of functions, where one makes
 * all calls of `signature`.
 */
struct context_row {
	const char *library; /* a symbol that the library defines */
	const char *function;
	const char *signature[8];
	const char *refers_to;
	const char *called_by;
	bool in_table;
	const struct branch_row *branches; /* ends with an empty one */
};

extern const struct context_row conditional_edge_contexts[];
extern const size_t conditional_edge_contexts_count;

#endif
