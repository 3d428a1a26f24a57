/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a drop-in in /run permanent. */
#ifndef WHITTLE_UNIT_MAKE_PERMANENT_H
#define WHITTLE_UNIT_MAKE_PERMANENT_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/manager.h"

/*
 * Moves the drop-in that `apply` wrote to /run for UNIT (its canonical name) to /etc, with its record and
 * POLICY. The unit is not restarted and never without a drop-in. After an interruption, even a reboot,
 * the call can be repeated. Returns 0 also if it was done before; -ENOENT: nothing was applied.
 */
int unit_make_permanent(struct manager *manager, const char *unit, const struct policy *policy,
			struct error *err);

#endif
