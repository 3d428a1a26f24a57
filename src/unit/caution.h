/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What somebody should know before a policy is enforced on a unit, in lines for a terminal. */
#ifndef WHITTLE_UNIT_CAUTION_H
#define WHITTLE_UNIT_CAUTION_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/unit.h"

/* If the target listened and served nobody while it was recorded: sentences that say so, then the withheld calls that
 * its own code makes, one a line. Appends to *LINES (NULL-terminated; NULL: none); -ENOMEM. */
int caution_add_idle(const struct policy *policy, char ***lines);

/* If the unit opens sessions of users: a sentence that says so. Appends to *LINES as above. */
int caution_add_sessions(struct manager *manager, const struct unit *unit, char ***lines,
			 struct error *err);

/* Both, the first also by the unit's present sockets. The caller frees the
 * lines: caution_free(). */
int caution_find(struct manager *manager, const struct unit *unit, const struct policy *policy,
		 char ***lines, struct error *err);
void caution_free(char ***lines);

#endif
