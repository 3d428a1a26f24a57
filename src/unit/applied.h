/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What whittle has applied to a unit. */
#ifndef WHITTLE_UNIT_APPLIED_H
#define WHITTLE_UNIT_APPLIED_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>

/*
 * The policy of the last apply that succeeded: of the drop-in in /etc, which hides one in /run. UNIT
 * is its canonical name. *IS_TWO_PHASE (may be NULL): the unit puts the lists of who serves on its
 * processes. -ENOENT where nothing was applied. Who must not see an apply that is under way holds
 * the unit's lock (drop_in_lock).
 */
int applied_policy(const char *unit, struct policy **policy, bool *is_two_phase, struct error *err);

#endif
