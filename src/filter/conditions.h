/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a diagram over arguments back to conditions that people read. */
#ifndef WHITTLE_FILTER_CONDITIONS_H
#define WHITTLE_FILTER_CONDITIONS_H

#include "bdd/diagram.h"
#include "policy/policy.h"

/*
 * Adds clauses to RULE that are true exactly where the condition is, with whole 64-bit comparisons
 * where possible, and masked ones otherwise. IS_32_BIT: high halves are always 0. The condition
 * must not be constant. -EOPNOTSUPP if that would take more than some hundreds of clauses.
 */
int conditions_add(struct diagrams *diagrams, node condition, bool is_32_bit, struct rule *rule,
		   struct error *err);

#endif
