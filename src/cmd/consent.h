/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions before a policy is enforced. */
#ifndef WHITTLE_CMD_CONSENT_H
#define WHITTLE_CMD_CONSENT_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/unit.h"

#include <stdbool.h>

/* Prints what should be known before the policy is enforced on the unit (unit/caution.h) to standard error. If there is
 * anything, asks on a terminal; 0: go on. IS_GIVEN: the user has agreed before. -ECANCELED: the answer was no, or there
 * is no terminal to ask on; -EINTR by CANCEL_FD (cmd/cancel.h). */
int consent_get(struct manager *manager, const struct unit *unit, const struct policy *policy,
		bool is_given, int cancel_fd, struct error *err);

/* The same for lines that are known already. */
int consent_ask(const char *unit, char *const *lines, bool is_given, int cancel_fd,
		struct error *err);

#endif
