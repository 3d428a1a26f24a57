/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two phases of a unit: its drop-in makes systemd run `whittle attach --phase serving` after each start,
 * and after each reload, which may start new workers. That command reads the policy from whittle's record
 * of the unit. The policy's name there contains a hash of its content, so that any drop-in, old or new,
 * names the policy that it was written with.
 */
#ifndef WHITTLE_UNIT_TWO_PHASE_H
#define WHITTLE_UNIT_TWO_PHASE_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* Prefix of the policies' names in the record. */
#define TWO_PHASE_PREFIX "serving-"

/* Copies POLICY and adds the calls that install the second filter. The serving filter denies them
 * again. */
int two_phase_policy(const struct policy *policy, struct policy **with, struct error *err);

/* The policy's text and its name in the record. The caller frees both. */
int two_phase_text(const struct policy *policy, char **text, size_t *size, char **name,
		   struct error *err);

struct two_phase_lines {
	const char *policy_path; /* in the record */
	bool on_reload; /* the unit can be reloaded */
	bool is_required; /* a process without its serving filter fails the start */
};

/* Writes the lines for the end of the drop-in's [Service] section. -EINVAL: a unit file can't express
 * whittle's own path. */
int two_phase_write(const struct two_phase_lines *lines, FILE *out, struct error *err);

/* Whether a drop-in's text has such lines; false for NULL. */
bool two_phase_is_in(const char *text);

#endif
