/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditional edges. Some functions of a C library do something only for an object (a mutex, spawn
 * attributes) that another function of its interface has prepared: everybody calls the code, few
 * take the branch. A table (guards_table.c) identifies such branches by the system calls that they
 * make, and lists the functions that alone can ask for them; as long as none of those is called,
 * the edge leads nowhere.
 */
#ifndef WHITTLE_REACH_GRAPH_CONDITIONAL_EDGES_H
#define WHITTLE_REACH_GRAPH_CONDITIONAL_EDGES_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;

/* The test of an argument of a call: it is VALUE itself, or has one of its bits. */
struct argument_test {
	uint8_t argument; /* 1: the first; 0: no test */
	bool is_whole;
	uint64_t value;
};

#define ARGUMENT_TESTS_MAX 2
#define GUARD_KEYS_MAX	   24

/* A function that asks for the branch: always, or if all tests are true for one call, or if another
 * object refers to it. */
struct conditional_edge_key {
	uint32_t node;
	struct argument_test tests[ARGUMENT_TESTS_MAX];
	bool from_outside;
};

/* An edge from a function or a data object to a function; if TO is NO_NODE, the calls of FROM
 * itself with number NR. */
struct guard {
	uint32_t from, to;
	uint32_t nr;
	struct conditional_edge_key keys[GUARD_KEYS_MAX];
	unsigned keys_count;
	bool is_vain; /* shut for a walk that looks for what the program needs */
};

struct conditional_edges {
	struct guard *items; /* sorted by from */
	size_t count, room;
	bool *is_key; /* per node */
};

int conditional_edges_find(struct conditional_edges *conditional_edges, const struct graph *graph,
			   struct error *err);
void conditional_edges_free(struct conditional_edges *conditional_edges);

/* The index of the guard of an edge, or of a call that the function makes itself; SIZE_MAX none. */
size_t conditional_edges_of_edge(const struct conditional_edges *conditional_edges, uint32_t from,
				 uint32_t to);
size_t conditional_edges_of_call(const struct conditional_edges *conditional_edges, uint32_t from,
				 uint32_t nr);

#endif
