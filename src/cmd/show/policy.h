/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How `whittle show` prints a policy: the calls that each phase and role keeps, and why it loses
 * the rest. */
#ifndef WHITTLE_CMD_SHOW_POLICY_H
#define WHITTLE_CMD_SHOW_POLICY_H

#include "policy/policy.h"

#include <stdbool.h>
#include <stdio.h>

/* The number of the allowed calls that a serving process of ROLE keeps. */
size_t show_policy_kept(const struct policy *policy, size_t role);

/* To standard output. -ENOMEM. */
int show_policy_text(const struct policy *policy, bool colour);
void show_policy_json(const struct policy *policy, FILE *out);
/* The names that are allowed, one a line. */
void show_policy_names(const struct policy *policy, FILE *out);

#endif
