// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/known.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <string.h>

static bool is_for_observer(const char *name, const struct syscall_arguments *table)
{
	if (!name || strcmp(name, "execve") == 0 || strcmp(name, "execveat") == 0)
		return true;
	for (unsigned i = 0; table && i < table->count; i++)
		if (table->argument[i].pointee_offset >= 0)
			return true;
	return false;
}

static int add_tuple(struct rule *rule, const struct syscall_arguments *table,
		     const struct argument_values *values)
{
	struct clause *clause = rule_add_clause(rule);
	int r = clause ? 0 : -ENOMEM;

	for (unsigned i = 0; i < table->count && r == 0; i++) {
		struct condition condition = {
			.argument = table->argument[i].index,
			.comparison = COMPARE_MASKED_EQUAL,
			.value = values->value[i] & table->argument[i].mask,
			.mask = table->argument[i].mask,
		};
		uint64_t needed = syscall_argument_needs(table, i);

		/* A mode that is not read is no news whatever its register holds. */
		if (!needed || values->value[i - 1] & needed)
			r = clause_add(clause, condition);
	}
	return r < 0 ? r : rule_add_seen(rule, values);
}

static int add_call(struct policy *policy, const struct total *total, struct error *err)
{
	const char *name = syscall_name(total->abi, total->nr);
	const struct syscall_arguments *table =
		name ? syscall_arguments_of(total->abi, name) : NULL;
	struct rule *rule;

	if (!policy_has_abi(policy, total->abi) || is_for_observer(name, table) ||
	    (table && !total->arguments_any && total->arguments_count == 0))
		return 0;
	rule = policy_add_verdict(policy, total->abi, total->nr, SECCOMP_RET_ALLOW);
	if (!rule)
		return error_oom(err);
	rule->frequency = total->count;
	for (size_t i = 0; table && !total->arguments_any && i < total->arguments_count; i++)
		if (add_tuple(rule, table, &total->arguments[i]) < 0)
			return error_oom(err);
	return 0;
}

int known_policy(const struct recording *known, struct policy **policy, struct error *err)
{
	_cleanup_(policy_freep) struct policy *made = policy_new();
	enum abi abis[ABI_COUNT];
	unsigned abis_count = abi_local(abis);
	struct total *totals = NULL;
	size_t count = 0;
	int r = made ? 0 : error_oom(err);

	for (unsigned i = 0; i < abis_count && r == 0; i++)
		if (policy_add_abi(made, abis[i]) < 0)
			r = error_oom(err);
	if (r == 0)
		r = recording_totals(known, false, &totals, &count, err);
	if (r < 0)
		return r;
	made->default_action = made->foreign_action = SECCOMP_RET_USER_NOTIF;
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_call(made, &totals[i], err);
	totals_free(totals, count);
	if (r == 0)
		r = policy_finish(made, err);
	if (r == 0)
		*policy = take(made);
	return r;
}
