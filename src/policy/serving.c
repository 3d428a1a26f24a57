// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which powers end with start-up comes from the table's risk classes, with the exceptions below. */
#include "policy/serving.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <string.h>

/* Of a class that gives nothing away, and yet a power that a process has no use for once it serves. */
static const char *const powers[] = { "bind", "listen", "pivot_root", "ptrace", "setsid" };

/* Of a class that gives much away, and yet what malloc and the loader of a plug-in need at any time; what
 * they may do is bounded by their arguments, not by their names. */
static const char *const needed[] = { "memfd_create", "mmap",	       "mmap2", "mprotect",
				      "mremap",	      "pkey_mprotect", "prctl", "shmat" };

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_power(const char *name)
{
	const struct syscall_info *info = syscall_info(name);

	if (is_in(powers, ARRAY_SIZE(powers), name))
		return true;
	if (!info || is_in(needed, ARRAY_SIZE(needed), name))
		return false;
	return info->risk == RISK_IDENTITY || info->risk == RISK_EXECUTE ||
	       info->risk == RISK_SYSTEM;
}

static bool is_base(const struct rule *rule)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != REASON_BASE)
			return false;
	return rule->reasons_count > 0;
}

bool rule_is_for_serving(const struct rule *rule)
{
	const char *name = syscall_name(rule->abi, rule->nr);

	/* Refusals stay as they are, and so does what no recording tells the phase of, but for the
	 * base's execve, which is there for the start itself. */
	if (rule->action != SECCOMP_RET_ALLOW || !name || !is_power(name))
		return true;
	if (!rule->phases)
		return !is_base(rule);
	return (rule->phases & (1u << PHASE_SERVING | 1u << PHASE_UNKNOWN)) != 0;
}

int policy_serving(const struct policy *policy, struct policy **serving, size_t *removed,
		   struct error *err)
{
	_cleanup_(policy_freep) struct policy *made = policy_copy(policy);
	size_t kept = 0;

	if (!made)
		return error_oom(err);
	*removed = 0;
	while (kept < made->rules_count) {
		if (rule_is_for_serving(&made->rules[kept])) {
			kept++;
			continue;
		}
		policy_remove_rule(made, kept);
		++*removed;
	}
	*serving = take(made);
	return 0;
}
