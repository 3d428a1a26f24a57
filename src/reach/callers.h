/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What those functions that were met pass to another one. */
#ifndef WHITTLE_REACH_CALLERS_H
#define WHITTLE_REACH_CALLERS_H

#include "reach/value.h"
#include "reach/walk.h"

/* The node that a call instruction of an object leads to; IS_SLOT: through the pointer at TARGET. */
uint32_t call_target(struct graph *graph, uint32_t object, uint32_t target, bool is_slot);

/* 1: some function that was met may call NODE with a register that has one of the bits of MASK; 0:
 * none does, each passes constants without; or a negative errno. */
int callers_pass(const struct walk *walk, uint32_t node, uint8_t reg, uint64_t mask,
		 struct error *err);

/* Whether a function of another object refers to NODE. */
bool callers_are_outside(const struct walk *walk, uint32_t node);

#endif
