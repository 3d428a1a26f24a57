/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifies the filters of a unit. It reads the filters of every thread from the kernel, ignores those
 * that systemd itself has (in a container it inherits some), and compares the meaning of the rest with
 * the policy, for every number of every ABI.
 *
 * An additional filter can only deny more. So two things are verified: all filters together allow
 * nothing that the policy denies, and a subset of them means exactly the policy. Further filters, from
 * the unit's other settings or the program itself, are counted, but are no difference.
 */
#ifndef WHITTLE_UNIT_VERIFY_H
#define WHITTLE_UNIT_VERIFY_H

#include "common/error.h"
#include "filter/filter.h"
#include "policy/policy.h"
#include "systemd/manager.h"
#include "systemd/unit.h"
#include "unit/within.h"

#include <stddef.h>

struct verification {
	size_t processes, threads;
	size_t filters; /* of each thread that together mean the policy */
	size_t further; /* further filters that deny more: the maximum over all threads */
	size_t inherited; /* inherited from systemd */
	size_t calls; /* numbers, over all ABIs, that were run through the filters */
	/* The filters that mean the policy, of the last verified thread. */
	struct filter_stack own;
};
void verification_clean(struct verification *verification);

/* Whether this process has the capability to read the filters of others; -EPERM with the reason if not. */
int verify_is_permitted(struct error *err);

/* The same, and -EPERM if it cannot because it runs under a filter itself. Call it before any change. */
int verify_is_possible(struct error *err);

/* Compares every thread of UNIT with the meaning of a drop-in of POLICY to systemd, within the unit's own
 * settings. WITHIN NULL: reads them. 0: the kernel enforces it; -EUCLEAN: it does not, and the error names the first differing calls; -ESRCH: the unit has no process.
 * Any release of the running version may match; the error is that of the newest release. */
int unit_verify_policy(struct manager *manager, const struct unit *unit,
		       const struct policy *policy, const struct within *within,
		       struct verification *verification, struct error *err);

/* Checks that no thread of UNIT has all of FILTERS. -EUCLEAN names a thread that has them. */
int unit_verify_absent(struct manager *manager, const struct unit *unit,
		       const struct filter_stack *filters, size_t *processes, struct error *err);

/* Compares the setting that systemd has read with MEANING. -EUCLEAN: it lacks a call that the policy
 * allows, because this version of systemd, or of its libseccomp, does not know the name. */
int unit_verify_property(const struct unit *unit, const struct policy *meaning, struct error *err);

#endif
