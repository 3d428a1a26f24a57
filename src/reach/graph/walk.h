/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Breadth first over a graph, so that the way by which a node is met first is a shortest one. */
#ifndef WHITTLE_REACH_GRAPH_WALK_H
#define WHITTLE_REACH_GRAPH_WALK_H

#include "reach/code/vector.h"
#include "reach/graph/graph.h"
#include "reach/object/name_services.h"

/* Something that was met refers to the key of a guard. */
struct key_use {
	uint32_t key, from; /* nodes; the same where the key is a root */
	bool is_call;
};

struct walk {
	struct graph *graph;
	uint32_t *
		parents; /* per node: whence it was met; its own number for a root, NO_NODE: not met */
	uint16_t *depths; /* edges from a root, saturating */
	uint32_t *order; /* nodes as they were met */
	uint32_t count, done;
	const bool *is_barred; /* per object: nothing in it is met; NULL: in none */
	/* A text that happens to be a symbol's name leads nowhere, unless the object looks up
	 * constant names only, of which it is one. */
	bool ignores_texts;
	bool leaves_vain_out; /* see struct guard */
	bool *open; /* per guard of the graph: something that asks for it was met */
	VECTOR(struct key_use) uses;
	/* The databases that something asks the name service for, a bit each; those of which the
	 * modules have been followed; and who asked first. */
	uint32_t databases, served;
	bool *is_loaded; /* per object: for the name service */
	uint32_t asked_by[DATABASES_MAX];
	size_t *looked_at; /* per guard: that many of the uses do not ask for it */
	/* Another walk, from the program's start, that has run and tells which guards are open; NULL:
	 * this walk itself. */
	const struct walk *whole;
	struct error *err;
	int result; /* of what had to be looked up on the way */
};

int walk_make(struct walk *walk, struct graph *graph, struct error *err);
void walk_free(struct walk *walk);

void walk_add_root(struct walk *walk, uint32_t node);
/* The same, but that the search begins there asks for no guarded branch. */
void walk_begin_at(struct walk *walk, uint32_t node);
/* What an object exports. */
void walk_add_exports(struct walk *walk, uint32_t object);
/* Where the kernel and the loader start a process, and whatever an object exports that can be opened
 * by name, whether or not another object needs it too. */
void walk_add_start(struct walk *walk);

/* Until nothing new is met. */
int walk_run(struct walk *walk);

/* Whether a call that the function makes itself is asked for by anything. */
bool walk_makes(const struct walk *walk, uint32_t node, uint32_t nr);

static inline bool walk_has_met(const struct walk *walk, uint32_t node)
{
	return walk->parents[node] != NO_NODE;
}

/* The functions on the way to a node, from a root, as text: NULL-terminated, the caller frees it by
 * walk_path_free. LAST (NULL: none) is put behind them. */
char **walk_path(const struct walk *walk, uint32_t node, const char *last);
void walk_path_free(char **path);

/* "libc.so.6!madvise", "main" for one of the program itself; the caller frees it. */
char *walk_node_name(const struct walk *walk, uint32_t node);

#endif
