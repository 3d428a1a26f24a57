// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Completes a policy: sorts it, checks ranges and removes duplicates, so that two policies with the
 * same meaning are written as the same bytes.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "policy/parts.h"
#include "policy/policy.h"

#include <errno.h>
#include <string.h>

/* qsort(3) is not stable by contract; a merge sort is, and rules of one call keep their order. */
static void sort_rules(struct rule *rules, struct rule *scratch, size_t count)
{
	size_t half = count / 2, left = 0, right = half;

	if (count < 2)
		return;
	sort_rules(rules, scratch, half);
	sort_rules(rules + half, scratch, count - half);
	for (size_t i = 0; i < count; i++) {
		bool take_left =
			right == count ||
			(left < half && rule_compare_call(&rules[left], &rules[right]) <= 0);

		scratch[i] = take_left ? rules[left++] : rules[right++];
	}
	memcpy(rules, scratch, count * sizeof(*rules));
}

static int check_conditions(const struct rule *rule, struct error *err)
{
	for (size_t i = 0; i < rule->clauses_count; i++) {
		for (size_t j = 0; j < rule->clauses[i].count; j++) {
			const struct condition *condition = &rule->clauses[i].conditions[j];

			if (condition->argument > 5)
				return error_set(err, -EINVAL,
						 "call %d: a condition tests argument %u; "
						 "arguments are numbered 0 to 5",
						 rule->nr, condition->argument);
			if ((unsigned)condition->comparison > COMPARE_MASKED_EQUAL)
				return error_set(err, -EINVAL, "call %d: unknown comparison %d",
						 rule->nr, (int)condition->comparison);
			if (condition->comparison != COMPARE_MASKED_EQUAL && condition->mask)
				return error_set(err, -EINVAL,
						 "call %d: only the masked comparison takes a mask",
						 rule->nr);
		}
	}
	return 0;
}

/* A clause without a condition always holds, and so does a rule that has one: as one that has no
 * clause at all. */
static void drop_empty_clauses(struct rule *rule)
{
	bool always = false;

	for (size_t i = 0; i < rule->clauses_count; i++)
		always |= rule->clauses[i].count == 0;
	if (!always)
		return;
	for (size_t i = 0; i < rule->clauses_count; i++)
		free(rule->clauses[i].conditions);
	free(rule->clauses);
	rule->clauses = NULL;
	rule->clauses_count = 0;
}

static int compare_values(const void *left, const void *right)
{
	const struct argument_values *a = left, *b = right;

	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		if (a->value[i] != b->value[i])
			return a->value[i] < b->value[i] ? -1 : 1;
	return 0;
}

/* What the file can't hold (JSON_UINT_MAX) counts as that many. */
static uint64_t saturate(uint64_t count)
{
	return count > JSON_UINT_MAX ? JSON_UINT_MAX : count;
}

static void unite_seen(struct rule *rule)
{
	size_t kept = 0;

	rule->frequency = saturate(rule->frequency);
	if (rule->seen_count == 0)
		return;
	qsort(rule->seen, rule->seen_count, sizeof(*rule->seen), compare_values);
	for (size_t i = 0; i < rule->seen_count; i++) {
		struct argument_values *last = kept ? &rule->seen[kept - 1] : NULL;

		if (last && compare_values(last, &rule->seen[i]) == 0)
			last->count = saturate(last->count + saturate(rule->seen[i].count));
		else
			rule->seen[kept++] = rule->seen[i];
		rule->seen[kept - 1].count = saturate(rule->seen[kept - 1].count);
	}
	rule->seen_count = kept;
}

static int check_rule(const struct policy *policy, const struct rule *rule, struct error *err)
{
	if (rule->nr < 0)
		return error_set(err, -EINVAL, "a rule for call %d: call numbers are not negative",
				 rule->nr);
	if ((unsigned)rule->abi >= ABI_COUNT || !policy_has_abi(policy, rule->abi))
		return error_set(err, -EINVAL,
				 "a rule for call %d of an ABI that the policy does not list",
				 rule->nr);
	if ((rule->abi == ABI_X32) != ((rule->nr & X32_BIT) != 0) &&
	    (rule->abi == ABI_X32 || rule->abi == ABI_X86_64))
		return error_set(err, -EINVAL,
				 "a rule for call %d: x32's numbers, and only they, have bit 30 "
				 "(0x40000000) set",
				 rule->nr);
	if (rule->phases >= 1U << PHASE_COUNT)
		return error_set(err, -EINVAL, "call %d: unknown phase", rule->nr);
	if (parts_check_reasons(rule->reasons, rule->reasons_count, err) < 0)
		return error_prefix(err, "call %d", rule->nr);
	if (policy->roles_count < ROLES_MAX &&
	    (rule->serving_roles | rule->startup_roles) >> policy->roles_count)
		return error_set(err, -EINVAL, "call %d: unknown role", rule->nr);
	return check_conditions(rule, err);
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct policy *)NULL)->recordings[0]));
}

static void sort_recordings(struct policy *policy)
{
	size_t kept = 0;

	if (policy->recordings_count == 0)
		return;
	qsort(policy->recordings, policy->recordings_count, sizeof(policy->recordings[0]),
	      compare_ids);
	for (size_t i = 0; i < policy->recordings_count; i++)
		if (i == 0 || compare_ids(policy->recordings[i], policy->recordings[kept - 1]) != 0)
			memmove(policy->recordings[kept++], policy->recordings[i],
				sizeof(policy->recordings[0]));
	policy->recordings_count = kept;
}

/* By ABI; those of one keep their order. They are few. */
static int sort_spans(struct policy *policy, struct error *err)
{
	for (size_t i = 0; i < policy->spans_count; i++) {
		struct span span = policy->spans[i];
		size_t at = i;

		if ((unsigned)span.abi >= ABI_COUNT || !policy_has_abi(policy, span.abi) ||
		    span.first > span.last)
			return error_set(err, -EINVAL,
					 "a default for numbers %u to %u of an ABI: the range is "
					 "empty, or the policy does not list the ABI",
					 span.first, span.last);
		for (; at > 0 && policy->spans[at - 1].abi > span.abi; at--)
			policy->spans[at] = policy->spans[at - 1];
		policy->spans[at] = span;
	}
	return 0;
}

int policy_place_last_rule(struct policy *policy, struct error *err)
{
	size_t last = policy->rules_count - 1, at = last;
	struct rule rule = policy->rules[last];
	int r = check_rule(policy, &rule, err);

	if (r < 0)
		return r;
	while (at > 0 && rule_compare_call(&policy->rules[at - 1], &rule) > 0)
		at--;
	memmove(&policy->rules[at + 1], &policy->rules[at], (last - at) * sizeof(rule));
	policy->rules[at] = rule;
	drop_empty_clauses(&policy->rules[at]);
	unite_seen(&policy->rules[at]);
	return 0;
}

static int check_roles(const struct policy *policy, struct error *err)
{
	for (size_t i = 0; i < policy->roles_count; i++) {
		const struct role *role = &policy->roles[i];

		if (!role->name || !*role->name || !role->executable)
			return error_set(err, -EINVAL, "a role without a name or an executable");
		for (size_t j = 0; j < i; j++)
			if (strcmp(policy->roles[j].name, role->name) == 0)
				return error_set(err, -EINVAL, "two roles are named \"%s\"",
						 role->name);
	}
	return 0;
}

int policy_finish(struct policy *policy, struct error *err)
{
	enum abi listed[ABI_COUNT];
	size_t count = policy->abis_count;
	_cleanup_free_ struct rule *scratch = NULL;
	int r;

	if (count > ABI_COUNT)
		return error_set(err, -EINVAL, "a policy for %zu ABIs: there are only %d", count,
				 ABI_COUNT);
	memcpy(listed, policy->abis, sizeof(listed));
	policy->abis_count = 0;
	for (size_t i = 0; i < count; i++)
		if (policy_add_abi(policy, listed[i]) < 0)
			return error_set(err, -EINVAL, "a policy for an unknown ABI: %d",
					 (int)listed[i]);
	r = sort_spans(policy, err);
	if (r < 0)
		return r;
	sort_recordings(policy);
	if (check_roles(policy, err) < 0 || parts_finish(policy, err) < 0)
		return err->code;
	for (size_t i = 0; i < policy->rules_count; i++) {
		r = check_rule(policy, &policy->rules[i], err);
		if (r < 0)
			return r;
		drop_empty_clauses(&policy->rules[i]);
		unite_seen(&policy->rules[i]);
	}
	if (policy->rules_count < 2)
		return 0;
	scratch = calloc(policy->rules_count, sizeof(*scratch));
	if (!scratch)
		return error_oom(err);
	sort_rules(policy->rules, scratch, policy->rules_count);
	return 0;
}
