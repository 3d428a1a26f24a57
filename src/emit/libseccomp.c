// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How libseccomp compiles a rule (read in its src/db.c and src/arch-x86.c, and compared with its
 * output): it looks rules up by name and translates them for every ABI of the filter; if i386 also
 * makes a call through a multiplexer, libseccomp filters it there too.
 */
#include "emit/libseccomp.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

/* ---- meaning ---- */

static void narrow_clauses(struct rule *rule)
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		for (size_t j = 0; j < rule->clauses[i].count; j++) {
			struct condition *condition = &rule->clauses[i].conditions[j];

			if (condition->comparison == COMPARE_EQUAL) {
				condition->comparison = COMPARE_MASKED_EQUAL;
				condition->mask = UINT32_MAX;
			}
		}
}

static bool is_known(const struct policy *policy, const struct rule *rule)
{
	const char *name = syscall_name(rule->abi, rule->nr);

	/* What another machine's libseccomp knows is not known here. */
	if (emit_native_abi(policy) != abi_native() || !name)
		return true;
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

static int add_multiplexed(struct policy *meaning)
{
	const struct multiplexed *rows;
	size_t count = multiplexed_calls(&rows);

	for (size_t i = 0; i < count; i++) {
		int through = syscall_number(ABI_I386, rows[i].through);
		int nr = syscall_number(ABI_I386, rows[i].name);
		const struct rule *rule = NULL;

		for (size_t j = 0; j < meaning->rules_count; j++) {
			if (meaning->rules[j].abi != ABI_I386)
				continue;
			/* A rule for the multiplexer itself covers all that is behind it. */
			if (meaning->rules[j].nr == through && !meaning->rules[j].clauses_count) {
				rule = NULL;
				break;
			}
			if (meaning->rules[j].nr == nr && !meaning->rules[j].clauses_count)
				rule = &meaning->rules[j];
		}
		if (rule && multiplexed_add(meaning, &rows[i], rule->action) < 0)
			return -ENOMEM;
	}
	return 0;
}

int libseccomp_meaning(const struct policy *policy, const struct emit_options *options,
		       struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *meaning = policy_copy(policy);
	int r;

	(void)options;
	if (!meaning)
		return error_oom(err);
	for (size_t i = meaning->rules_count; i-- > 0;) {
		struct rule *rule = &meaning->rules[i];

		if (!abi_info(rule->abi)->is_64_bit)
			narrow_clauses(rule);
		if (!is_known(policy, rule))
			policy_remove_rule(meaning, i);
	}
	if (policy_has_abi(meaning, ABI_I386) && add_multiplexed(meaning) < 0)
		return error_oom(err);
	r = policy_finish(meaning, err);
	if (r < 0)
		return r;
	*result = take(meaning);
	return 0;
}
