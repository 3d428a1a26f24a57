/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second, tighter list: for a process that has come to serve. It is the policy less the powers
 * that its role was not seen to use while it serves: to change identity, to execute programs, to
 * change the machine, to bind and listen, to make processes where it makes none; and less the calls
 * by which a program sets itself up, once. What remains is what the role made while it served, what
 * the run-time library does at any time, and harmless calls, whoever made them: an error path may
 * take them. (In research: temporal system call specialization, Ghavamnia et al., USENIX Security
 * 2020.)
 */
#ifndef WHITTLE_DECIDE_SERVING_H
#define WHITTLE_DECIDE_SERVING_H

#include "policy/policy.h"

/* In the place of a role: whatever any of them needs. */
#define ROLE_ANY SIZE_MAX

/* Why a process of ROLE (an index) does not keep, once it serves, what the rule of POLICY allows, in
 * words that complete "taken away: "; NULL where it keeps it. Static. */
const char *serving_why_not(const struct policy *policy, const struct rule *rule, size_t role);

/* A copy of POLICY without the rules that a serving process of ROLES does not keep (bits 1 << index:
 * a process that may be in any of them; 0: whatever any role needs); *REMOVED how many. */
int serving_policy(const struct policy *policy, uint64_t roles, struct policy **serving,
		   size_t *removed, struct error *err);

#endif
