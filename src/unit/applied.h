/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy that whittle has applied to a unit. */
#ifndef WHITTLE_UNIT_APPLIED_H
#define WHITTLE_UNIT_APPLIED_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>

struct drop_in;

/* The drop-in of the last successful apply, which the caller closes; NULL: none. One in /etc hides one in
 * /run. UNIT is the canonical name. */
int applied_drop_in(const char *unit, struct drop_in **drop_in, struct error *err);

/*
 * Reads the policy of the last successful apply. UNIT is the canonical name. *IS_TWO_PHASE (may be NULL):
 * the unit installs serving filters in its processes.
 * -ENOENT: nothing was applied. To exclude an apply in progress, take the unit's lock (drop_in_lock).
 */
int applied_policy(const char *unit, struct policy **policy, bool *is_two_phase, struct error *err);

#endif
