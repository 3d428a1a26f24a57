/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A drop-in that was on trial until the next boot, and is to stay. */
#ifndef WHITTLE_UNIT_MAKE_PERMANENT_H
#define WHITTLE_UNIT_MAKE_PERMANENT_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/manager.h"

/*
 * Moves what `apply` put into /run for UNIT (its canonical name) to /etc, with its record and policy;
 * the unit is not restarted, and at no moment without it. POLICY is what it was made of. Stopped
 * anywhere, also by a boot, it can be done again. 0 also where that has been done before; -ENOENT
 * where whittle has applied nothing to the unit.
 */
int unit_make_permanent(struct manager *manager, const char *unit, const struct policy *policy,
			struct error *err);

#endif
