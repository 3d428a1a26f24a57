/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel enforces on a unit against what was decided. The filters of every thread are
 * read from the kernel, those that the manager itself has (in a container it inherits some) are set
 * aside, and what the rest means is compared with the policy, for every number of every ABI.
 *
 * A filter can only narrow what the others allow. So two things are proved: all filters together
 * allow nothing that the policy refuses, and some of them mean exactly the policy. Further ones, of
 * the unit's other settings or of the program itself, are counted and don't count as a difference.
 */
#ifndef WHITTLE_UNIT_VERIFY_H
#define WHITTLE_UNIT_VERIFY_H

#include "common/error.h"
#include "filter/filter.h"
#include "policy/policy.h"
#include "systemd/manager.h"
#include "systemd/unit.h"

#include <stddef.h>

struct verification {
	size_t processes, threads;
	size_t filters; /* that together mean the policy, on each thread */
	size_t further; /* the most that any thread has that refuse more */
	size_t inherited; /* the manager's own */
	size_t calls; /* numbers times ABIs that were run through the filters */
	/* The filters that mean the policy, of the last thread looked at. */
	struct filter_stack own;
};
void verification_clean(struct verification *verification);

/* Whether this process may read others' filters: -EPERM with the reason where it may not. To be
 * asked before anything is changed. */
int verify_is_possible(struct error *err);

/* The same with what a drop-in of POLICY means to the manager, as any release of its version takes
 * it. The error is that of the newest. */
int unit_verify_policy(struct manager *manager, const struct unit *unit,
		       const struct policy *policy, struct verification *verification,
		       struct error *err);

/* Whether no thread of UNIT's has all of FILTERS. 0, or -EUCLEAN naming one that has. */
int unit_verify_absent(struct manager *manager, const struct unit *unit,
		       const struct filter_stack *filters, size_t *processes, struct error *err);

/* What the manager has read against MEANING: -EUCLEAN where a call that the policy allows is not
 * on its list, since the manager's version or its libseccomp does not know the name. */
int unit_verify_property(const struct unit *unit, const struct policy *meaning, struct error *err);

#endif
