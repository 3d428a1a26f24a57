// SPDX-License-Identifier: LGPL-2.1-or-later
/* The public policy type: built rule by rule or read from text, and walked. */
#include "library/library.h"

#include "common/cleanup.h"

#include <errno.h>

static_assert(WHITTLE_EQUAL == (int)COMPARE_EQUAL && WHITTLE_NOT_EQUAL == (int)COMPARE_NOT_EQUAL &&
		      WHITTLE_LESS == (int)COMPARE_LESS &&
		      WHITTLE_LESS_EQUAL == (int)COMPARE_LESS_EQUAL &&
		      WHITTLE_GREATER == (int)COMPARE_GREATER &&
		      WHITTLE_GREATER_EQUAL == (int)COMPARE_GREATER_EQUAL &&
		      WHITTLE_MASKED_EQUAL == (int)COMPARE_MASKED_EQUAL && COMPARISON_COUNT == 7,
	      "the public numbers are the internal ones");

struct whittle_policy *library_wrap_policy(struct policy *policy)
{
	struct whittle_policy *wrapped = policy ? calloc(1, sizeof(*wrapped)) : NULL;

	if (wrapped)
		wrapped->policy = policy;
	else
		policy_freep(&policy);
	return wrapped;
}

struct whittle_policy *whittle_policy_new(void)
{
	return library_wrap_policy(policy_new());
}

void whittle_policy_free(struct whittle_policy *policy)
{
	if (!policy)
		return;
	policy_freep(&policy->policy);
	free(policy);
}

/* ---- text ---- */

static int wrap(int r, struct policy *read, struct whittle_policy **policy, struct error *err,
		struct whittle_error *error)
{
	struct whittle_policy *wrapped;

	if (r < 0)
		return hand_on(r, err, error);
	wrapped = library_wrap_policy(read);
	if (!wrapped)
		return hand_on(error_oom(err), err, error);
	*policy = wrapped;
	return 0;
}

int whittle_policy_parse(const char *name, const void *data, size_t size,
			 struct whittle_policy **policy, struct whittle_error *error)
{
	struct error err = { 0 };
	struct policy *read = NULL;
	int r = policy_parse(name, data, size, &read, &err);

	return wrap(r, read, policy, &err, error);
}

int whittle_policy_read(const char *path, struct whittle_policy **policy,
			struct whittle_error *error)
{
	struct error err = { 0 };
	struct policy *read = NULL;
	int r = policy_read(path, &read, &err);

	return wrap(r, read, policy, &err, error);
}

int whittle_policy_write(const struct whittle_policy *policy, FILE *out,
			 struct whittle_error *error)
{
	struct error err = { 0 };

	return hand_on(policy_write(policy->policy, out, &err), &err, error);
}

/* ---- building ---- */

int whittle_policy_add_abi(struct whittle_policy *policy, enum whittle_abi abi)
{
	return policy_add_abi(policy->policy, (enum abi)abi);
}

void whittle_policy_set_default(struct whittle_policy *policy, uint32_t outcome)
{
	policy->policy->default_action = outcome;
}

int whittle_policy_add_default(struct whittle_policy *policy, enum whittle_abi abi, uint32_t first,
			       uint32_t last, uint32_t outcome)
{
	struct error ignored = { 0 };
	int r;

	if (!whittle_policy_has_abi(policy, abi) || first > last)
		return -EINVAL;
	r = policy_add_span(policy->policy, (struct span){ (enum abi)abi, first, last, outcome });
	return r < 0 ? r : policy_finish(policy->policy, &ignored);
}

void whittle_policy_set_foreign(struct whittle_policy *policy, uint32_t outcome)
{
	policy->policy->foreign_action = outcome;
}

static int add_conditions(struct rule *rule, const struct whittle_condition *conditions,
			  size_t count, struct error *err)
{
	struct clause *clause = count > 0 ? rule_add_clause(rule) : NULL;

	if (count > 0 && !clause)
		return error_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct whittle_condition *from = &conditions[i];
		struct condition condition = {
			/* What does not fit in here must not become what does. */
			.argument = (uint8_t)(from->argument > 5 ? 6 : from->argument),
			.comparison = (enum comparison)from->comparison,
			.value = from->value,
			.mask = from->mask,
		};

		if (clause_add(clause, condition) < 0)
			return error_oom(err);
	}
	return 0;
}

int whittle_policy_add_rule(struct whittle_policy *policy, enum whittle_abi abi, int nr,
			    uint32_t outcome, const struct whittle_condition *conditions,
			    size_t count, uint64_t frequency, struct whittle_error *error)
{
	struct rule *rule = policy_add_rule(policy->policy);
	struct error err = { 0 };
	int r;

	if (!rule)
		return hand_on(error_oom(&err), &err, error);
	rule->abi = (enum abi)abi;
	rule->nr = nr;
	rule->action = outcome;
	rule->frequency = frequency;
	rule->seen_any = true;
	r = add_conditions(rule, conditions, count, &err);
	if (r == 0 &&
	    rule_add_reason(rule, REASON_ASKED, "added by a program through libwhittle") < 0)
		r = error_oom(&err);
	if (r == 0)
		r = policy_place_last_rule(policy->policy, &err);
	if (r < 0)
		policy_remove_rule(policy->policy, policy->policy->rules_count - 1);
	return hand_on(r, &err, error);
}

/* ---- walking ---- */

uint32_t whittle_policy_default(const struct whittle_policy *policy, enum whittle_abi abi, int nr)
{
	return whittle_policy_has_abi(policy, abi)
		       ? policy_default(policy->policy, (enum abi)abi, nr)
		       : policy->policy->foreign_action;
}

uint32_t whittle_policy_foreign(const struct whittle_policy *policy)
{
	return policy->policy->foreign_action;
}

bool whittle_policy_has_abi(const struct whittle_policy *policy, enum whittle_abi abi)
{
	return policy_has_abi(policy->policy, (enum abi)abi);
}

int whittle_policy_rule(const struct whittle_policy *policy, size_t index,
			struct whittle_rule *rule)
{
	const struct rule *from;

	if (index >= policy->policy->rules_count)
		return -ENOENT;
	from = &policy->policy->rules[index];
	*rule = (struct whittle_rule){ .abi = (enum whittle_abi)from->abi,
				       .nr = from->nr,
				       .action = from->action,
				       .frequency = from->frequency,
				       .clauses = from->clauses_count };
	return 0;
}

int whittle_policy_condition(const struct whittle_policy *policy, size_t rule, size_t clause,
			     size_t index, struct whittle_condition *condition)
{
	const struct policy *of = policy->policy;
	const struct condition *from;

	if (rule >= of->rules_count || clause >= of->rules[rule].clauses_count ||
	    index >= of->rules[rule].clauses[clause].count)
		return -ENOENT;
	from = &of->rules[rule].clauses[clause].conditions[index];
	*condition =
		(struct whittle_condition){ .argument = from->argument,
					    .comparison = (enum whittle_comparison)from->comparison,
					    .value = from->value,
					    .mask = from->mask };
	return 0;
}

uint32_t whittle_policy_evaluate(const struct whittle_policy *policy, enum whittle_abi abi, int nr,
				 const uint64_t arguments[6])
{
	return policy_evaluate(policy->policy, (enum abi)abi, nr, arguments);
}
