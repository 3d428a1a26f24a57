/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other code that a walk can bring in: objects loaded by name, executed programs. */
#ifndef WHITTLE_REACH_GRAPH_LAUNCH_H
#define WHITTLE_REACH_GRAPH_LAUNCH_H

#include "reach/graph/result.h"
#include "reach/graph/walk.h"

/* Adds a gap for each name passed to dlopen and execve and similar functions; names of objects that
 * are present are no gap. */
int launch_find(const struct walk *walk, struct reach_result *result, struct error *err);

#endif
