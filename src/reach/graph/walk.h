/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a graph breadth first, so the first path found to a node is a shortest one. */
#ifndef WHITTLE_REACH_GRAPH_WALK_H
#define WHITTLE_REACH_GRAPH_WALK_H

#include "common/array.h"
#include "reach/graph/graph.h"

/* A reached node that refers to the key of a guard. */
struct key_use {
	uint32_t key, from; /* nodes; the same where the key is a root */
	bool is_call;
};

struct walk {
	struct graph *graph;
	uint32_t *parents; /* per node: its predecessor on the path; its own number for a root,
			  * NO_NODE: not reached */
	uint16_t *depths; /* edges from a root, saturating */
	uint32_t *order; /* nodes in the order in which they were reached */
	uint32_t count, done;
	uint16_t depth_limit; /* deeper nodes are not reached */
	bool *is_free; /* per node: entering it does not add to the depth; NULL: nowhere */
	bool ignores_names; /* a text that happens to be a symbol's name leads nowhere */
	bool *open; /* per guard of the graph: a reached node asks for it */
	ARRAY(struct key_use) uses;
	size_t *looked_at; /* per guard: number of uses that do not ask for it */
	/* Another, finished walk from the program's start, which decides which guards are open;
	 * NULL: this one itself. */
	const struct walk *whole;
	struct error *err;
	int result; /* of names that had to be looked up on the way */
};

int walk_make(struct walk *walk, struct graph *graph, struct error *err);
void walk_free(struct walk *walk);

void walk_add_root(struct walk *walk, uint32_t node);
/* The places where the kernel and the loader start a process; with ONLY_OPENED, other code that
 * runs because objects are opened later. */
void walk_add_start(struct walk *walk);

/* Continues until nothing new is reached. */
int walk_run(struct walk *walk);

/* Whether anything asks for a call that the function makes itself. */
bool walk_makes(const struct walk *walk, uint32_t node, uint32_t nr);

static inline bool walk_has_met(const struct walk *walk, uint32_t node)
{
	return walk->parents[node] != NO_NODE;
}

/* The functions on the path to a node, from a root, as text: NULL-terminated, the caller frees it
 * with walk_path_free. LAST (NULL: none) is appended. */
char **walk_path(const struct walk *walk, uint32_t node, const char *last);
void walk_path_free(char **path);

/* "libc.so.6!madvise", "main" for one of the program itself; the caller frees it. */
char *walk_node_name(const struct walk *walk, uint32_t node);

#endif
