/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The constant values of the arguments that matter (syscall/arguments.h), at each place that makes
 * a call: found like the numbers, through functions that only pass them on (libc's `socket`) into
 * their callers.
 */
#ifndef WHITTLE_REACH_GRAPH_CONSTANTS_H
#define WHITTLE_REACH_GRAPH_CONSTANTS_H

#include "reach/graph/numbers.h"
#include "reach/graph/result.h"

struct constants_scope {
	enum reach_asked calls; /* 0: look for none */
	const bool *is_runtime; /* per object of the walk's graph: the C library, its loader */
};

/* Fills `arguments`, `arguments_any` and the `beyond` members of the result's calls. */
int constants_find(const struct walk *walk, const struct numbers *numbers,
		   const struct constants_scope *scope, struct reach_result *result,
		   struct error *err);

#endif
