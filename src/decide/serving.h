/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second, tighter allowlist, for a process that has started serving. It is the policy minus the
 * privileges that its role was not observed to use while it served: changing identity, executing
 * programs, changing the machine, binding and listening, creating processes where it creates none;
 * and minus the calls that set up a program once. It keeps the calls that the role made while it
 * served, the calls that the run-time library makes at any time, and all harmless calls, because
 * an error path may use them. (In research: temporal system call specialization, Ghavamnia et
 * al., USENIX Security 2020.)
 */
#ifndef WHITTLE_DECIDE_SERVING_H
#define WHITTLE_DECIDE_SERVING_H

#include "policy/policy.h"

/* In place of a role: calls that any of them needs. */
#define ROLE_ANY SIZE_MAX

/* Why a process of ROLE (an index), once it serves, loses a call that the rule of POLICY allows, in
 * words that complete "denied: "; NULL if it keeps the call. Static. */
const char *serving_why_not(const struct policy *policy, const struct rule *rule, size_t role);

/* A copy of POLICY without the rules that a serving process of ROLES does not keep (bits 1 <<
 * index: a process that may be in any of them; 0: calls that any role needs); *REMOVED is the
 * number of removed rules. */
int serving_policy(const struct policy *policy, uint64_t roles, struct policy **serving,
		   size_t *removed, struct error *err);

#endif
