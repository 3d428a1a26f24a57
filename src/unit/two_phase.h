/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two phases of a unit: its drop-in has the manager run `whittle attach --phase serving` after each
 * start, and after each reload, which may have made new workers. The policy that it reads is kept in
 * whittle's record of the unit under a name made from its content, so that a drop-in, old or new,
 * always names the policy that it was written with.
 */
#ifndef WHITTLE_UNIT_TWO_PHASE_H
#define WHITTLE_UNIT_TWO_PHASE_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* How the policies' names begin in the record. */
#define TWO_PHASE_PREFIX "serving-"

/* POLICY and the calls by which a process takes the second filter; the list of who serves takes them
 * away again. */
int two_phase_policy(const struct policy *policy, struct policy **with, struct error *err);

/* The policy's text and the name for it in the record; both the caller's. */
int two_phase_text(const struct policy *policy, char **text, size_t *size, char **name,
		   struct error *err);

struct two_phase_lines {
	const char *policy_path; /* in the record */
	bool on_reload; /* the unit can be reloaded */
	bool is_required; /* who can't be tightened fails the start */
};

/* What the drop-in's [Service] section gets at its end. -EINVAL where whittle's own path is not one
 * that a unit file can hold. */
int two_phase_write(const struct two_phase_lines *lines, FILE *out, struct error *err);

/* Whether a drop-in's text has such lines; NULL has none. */
bool two_phase_is_in(const char *text);

#endif
