/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a walk met that brings in other code: objects loaded by name, programs executed. */
#ifndef WHITTLE_REACH_GRAPH_LAUNCH_H
#define WHITTLE_REACH_GRAPH_LAUNCH_H

#include "reach/graph/result.h"
#include "reach/graph/walk.h"

/* Adds a gap for each name passed to dlopen and execve and their kin; names of objects that are
 * there are no gap. */
int launch_find(const struct walk *walk, struct reach_result *result, struct error *err);

#endif
