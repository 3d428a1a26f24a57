/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy that whittle has applied to a unit. */
#ifndef WHITTLE_UNIT_APPLIED_H
#define WHITTLE_UNIT_APPLIED_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>

/*
 * Reads the policy of the last successful apply. A drop-in in /etc hides one in /run. UNIT is the
 * canonical name. *IS_TWO_PHASE (may be NULL): the unit installs serving filters in its processes.
 * -ENOENT: nothing was applied. To exclude an apply in progress, take the unit's lock (drop_in_lock).
 */
int applied_policy(const char *unit, struct policy **policy, bool *is_two_phase, struct error *err);

#endif
