/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments that reached functions pass to another one. */
#ifndef WHITTLE_REACH_GRAPH_CALLERS_H
#define WHITTLE_REACH_GRAPH_CALLERS_H

#include "reach/code/value.h"
#include "reach/graph/walk.h"

/* The node that a call instruction of an object calls; IS_SLOT: through the pointer at TARGET. */
uint32_t callers_target(struct graph *graph, uint32_t object, uint32_t target, bool is_slot);

/* 1: some reached use of the key, from *LOOKED_AT of walk->uses on, asks for the branch that the
 * key opens; 0: none does; or a negative errno. Calls by the function EXCEPT do not count: a
 * function that calls itself passes on only what it was given. */
int callers_ask(const struct walk *walk, const struct conditional_edge_key *key, uint32_t except,
		size_t looked_at, struct error *err);

#endif
