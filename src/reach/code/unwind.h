/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where functions begin and end, from the tables that exception handling and profilers use for
 * unwinding (.eh_frame). Compilers write them for every function, and strip(1) has to leave them.
 */
#ifndef WHITTLE_REACH_CODE_UNWIND_H
#define WHITTLE_REACH_CODE_UNWIND_H

#include "common/array.h"
#include "elf/image.h"

typedef ARRAY(struct range) range_array;

/* Appends the range of each frame description that lies in code, sorted, none overlapping. A broken
 * table ends where it breaks: the sweep finds the rest. */
int unwind_ranges(const struct image *image, range_array *ranges, struct error *err);

#endif
