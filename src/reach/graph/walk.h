/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a graph breadth first, so the first path found to a node is a shortest one. */
#ifndef WHITTLE_REACH_GRAPH_WALK_H
#define WHITTLE_REACH_GRAPH_WALK_H

#include "common/array.h"
#include "reach/graph/graph.h"
#include "reach/object/name_services.h"

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
	const bool *is_barred; /* per object: nothing in it is reached; NULL: in none */
	/* A text that happens to be a symbol's name leads nowhere, unless the object looks up
	 * constant names only, of which it is one. */
	bool ignores_texts;
	bool leaves_vain_out; /* see struct guard */
	bool *open; /* per guard of the graph: a reached node asks for it */
	ARRAY(struct key_use) uses;
	/* The databases that a reached node looks up in the name service, a bit each; those whose
	 * modules have been followed; and the first node that looked each up. */
	uint32_t databases, served;
	bool *is_loaded; /* per object: for the name service */
	uint32_t asked_by[DATABASES_MAX];
	size_t *looked_at; /* per guard: number of uses that do not ask for it */
	/* Another, finished walk from the program's start, which decides which guards are open;
	 * NULL: this one itself. */
	const struct walk *whole;
	struct error *err;
	int result; /* of names that had to be looked up on the way */
};

int walk_make(struct walk *walk, struct graph *graph, struct error *err);
void walk_free(struct walk *walk);

/* Starts the search at this node too; that alone asks for no guarded branch. */
void walk_begin_at(struct walk *walk, uint32_t node);
/* The places where the kernel and the loader start a process, and every function that an object
 * exports that can be opened by name, whether or not another object needs it too. */
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
