/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joined objects: each function and data object is a node, with one numbering for all; a reference
 * is an edge to the definition that the loader would bind it to.
 */
#ifndef WHITTLE_REACH_GRAPH_GRAPH_H
#define WHITTLE_REACH_GRAPH_GRAPH_H

#include "common/array.h"
#include "common/table.h"
#include "reach/graph/conditional_edges.h"
#include "reach/object/link_map.h"

#define NO_NODE UINT32_MAX

/* The definition that a name is bound to. */
struct binding {
	uint32_t object; /* NO_INDEX: nothing */
	uint32_t symbol;
};

/* A function of the C library that looks names up. */
struct lookup_function {
	uint32_t node;
	uint32_t databases; /* a bit each */
};

struct graph {
	struct link_map link_map;
	/* per object */
	uint32_t *first_node; /* functions, then data; one more at the end */
	struct table *names; /* of the symbols that it defines */
	struct binding **bindings; /* per symbol, object UINT32_MAX - 1: not looked up yet */
	uint32_t nodes_count;
	ARRAY(struct lookup_function) lookup_functions;
	bool *is_lookup; /* per node: it is one of them */
	struct conditional_edges conditional_edges;
};

int graph_make(struct graph *graph, struct error *err);
/* All but the objects. */
void graph_unmake(struct graph *graph);
void graph_free(struct graph *graph);

static inline uint32_t graph_function(const struct graph *graph, uint32_t object, uint32_t function)
{
	return graph->first_node[object] + function;
}

static inline uint32_t graph_data(const struct graph *graph, uint32_t object, uint32_t data)
{
	return graph->first_node[object] +
	       graph->link_map.objects[object].summary->functions_count + data;
}

uint32_t graph_object_of(const struct graph *graph, uint32_t node);

/* The function that the node is, or NO_INDEX where it is data. */
uint32_t graph_function_of(const struct graph *graph, uint32_t object, uint32_t node);

/* What the loader binds a symbol of an object to. */
struct binding graph_bind(struct graph *graph, uint32_t object, uint32_t symbol);
/* The definitions that dlsym finds by name alone, called by OBJECT; the last one found is AFTER
 * (object NO_INDEX: none yet). Several: each opened object may have one. */
struct binding graph_find(const struct graph *graph, const char *name, struct binding after);
/* The symbols of this name that the object defines, for all versions: the first one where AFTER is
 * NO_INDEX, else the next; NO_INDEX: no more. */
uint32_t graph_defined(const struct graph *graph, uint32_t object, const char *name,
		       uint32_t after);
/* The node of a symbol's definition, NO_NODE if there is nothing to follow. */
uint32_t graph_symbol_node(const struct graph *graph, struct binding binding);
/* The node that a pointer points to; NO_NODE none. */
uint32_t graph_pointer_node(struct graph *graph, uint32_t object, uint32_t pointer);

#endif
