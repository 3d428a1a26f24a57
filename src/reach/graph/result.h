/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a walk to what the user is told. Private to reach.c and result.c. */
#ifndef WHITTLE_REACH_GRAPH_RESULT_H
#define WHITTLE_REACH_GRAPH_RESULT_H

#include "reach/graph/numbers.h"
#include "reach/graph/reach.h"

/* The calls and gaps of a walk that has run. */
int result_make(const struct walk *walk, bool with_arguments, struct reach_result **result,
		struct error *err);

/* Appends an empty one; NULL: out of memory. */
struct reach_gap *result_add_gap(struct reach_result *result);

#endif
