// SPDX-License-Identifier: LGPL-2.1-or-later
/* The steps that every level shares: it looks a call's rule up, adds one, and asks for the target's systemd. */
#include "decide/levels.h"

#include "syscall/groups.h"

#include <linux/seccomp.h>
#include <stdlib.h>

static struct rule *find_rule(const struct policy *policy, enum abi abi, int nr)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].abi == abi && policy->rules[i].nr == nr)
			return &policy->rules[i];
	return NULL;
}

bool decide_has(const struct policy *policy, enum abi abi, int nr)
{
	return find_rule(policy, abi, nr);
}

struct rule *decide_allow(struct policy *policy, enum abi abi, int nr)
{
	struct rule *rule = find_rule(policy, abi, nr);

	return rule ? rule : policy_add_verdict(policy, abi, nr, SECCOMP_RET_ALLOW);
}

unsigned decide_systemd_version(const struct policy *policy)
{
	unsigned version = policy->systemd ? (unsigned)strtoul(policy->systemd, NULL, 10) : 0;
	const unsigned *versions;
	size_t count = groups_versions(&versions);

	return version ? version : versions[count - 1];
}
