/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second, tighter list: for a process that has come to serve. It is the whole list less the
 * powers that were seen in start-up alone: to change identity, to execute programs, to change the
 * machine (mounts, namespaces, chroot ...), to bind and listen. Other calls that only start-up made
 * stay: they give nothing away, and an error path may take them. (In research: temporal system call
 * specialization, Ghavamnia et al., USENIX Security 2020.)
 */
#ifndef WHITTLE_POLICY_SERVING_H
#define WHITTLE_POLICY_SERVING_H

#include "policy/policy.h"

/* Whether a serving process keeps what the rule allows. */
bool rule_is_for_serving(const struct rule *rule);

/* A copy of POLICY without the rules that a serving process does not keep; *REMOVED how many. */
int policy_serving(const struct policy *policy, struct policy **serving, size_t *removed,
		   struct error *err);

#endif
