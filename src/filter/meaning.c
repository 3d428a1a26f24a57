// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes a filter and a policy comparable: for each architecture that has a name here, a diagram
 * over the number and the arguments; and one for all others. Both treat calls that no kernel can
 * produce alike: a 32-bit call's arguments have no high halves (but x32's do: it passes whole
 * registers).
 */
#include "filter/evaluate.h"

#include "common/cleanup.h"
#include "policy/action.h"

#include <errno.h>
#include <linux/audit.h>

/* The order is enum abi's, with x32 in x86-64's row. */
static const struct audit_arch archs[] = {
	{ AUDIT_ARCH_X86_64, ABI_X86_64, false, false },
	{ AUDIT_ARCH_I386, ABI_I386, false, true },
	{ AUDIT_ARCH_AARCH64, ABI_AARCH64, false, false },
	{ AUDIT_ARCH_ARM, ABI_ARM, false, true },
	{ AUDIT_ARCH_RISCV64, ABI_RISCV64, false, false },
	{ AUDIT_ARCH_PPC64LE, ABI_PPC64LE, false, false },
	{ AUDIT_ARCH_S390X, ABI_S390X, true, false },
};

size_t audit_arch_table(const struct audit_arch **table)
{
	*table = archs;
	return ARRAY_SIZE(archs);
}

/* Whether a number of x86-64's AUDIT_ARCH is x32's (abi_from_audit). */
static node is_x32(struct diagrams *d)
{
	return diagram_and(d, diagram_at_least(d, WORD_NR, X32_BIT),
			   diagram_not(d, diagram_equal(d, WORD_NR, UINT32_MAX)));
}

/* ---- policies ---- */

static node at_least(struct diagrams *d, unsigned argument, uint64_t value)
{
	uint32_t high = (uint32_t)(value >> 32);
	node above = high == UINT32_MAX ? DIAGRAM_FALSE
					: diagram_at_least(d, word_high(argument), high + 1);
	node same = diagram_and(d, diagram_equal(d, word_high(argument), high),
				diagram_at_least(d, word_low(argument), (uint32_t)value));

	return diagram_or(d, above, same);
}

static node masked_equal(struct diagrams *d, unsigned argument, uint64_t mask, uint64_t value)
{
	return diagram_and(
		d,
		diagram_masked_equal(d, word_high(argument), (uint32_t)(mask >> 32),
				     (uint32_t)(value >> 32)),
		diagram_masked_equal(d, word_low(argument), (uint32_t)mask, (uint32_t)value));
}

static node above(struct diagrams *d, unsigned argument, uint64_t value)
{
	return value == UINT64_MAX ? DIAGRAM_FALSE : at_least(d, argument, value + 1);
}

node meaning_of_condition(struct diagrams *d, const struct condition *condition)
{
	unsigned argument = condition->argument;
	uint64_t value = condition->value;

	switch (condition->comparison) {
	case COMPARE_EQUAL:
		return masked_equal(d, argument, UINT64_MAX, value);
	case COMPARE_NOT_EQUAL:
		return diagram_not(d, masked_equal(d, argument, UINT64_MAX, value));
	case COMPARE_LESS:
		return diagram_not(d, at_least(d, argument, value));
	case COMPARE_LESS_EQUAL:
		return diagram_not(d, above(d, argument, value));
	case COMPARE_GREATER:
		return above(d, argument, value);
	case COMPARE_GREATER_EQUAL:
		return at_least(d, argument, value);
	case COMPARE_MASKED_EQUAL:
		return masked_equal(d, argument, condition->mask, value);
	}
	return DIAGRAM_FALSE;
}

node meaning_of_clause(struct diagrams *d, const struct clause *clause)
{
	node all = DIAGRAM_TRUE;

	for (size_t i = 0; i < clause->count; i++)
		all = diagram_and(d, all, meaning_of_condition(d, &clause->conditions[i]));
	return all;
}

/* `condition ? a : b` */
static node if_condition(struct diagrams *d, const struct condition *condition, node a, node b)
{
	unsigned argument = condition->argument;

	if (condition->comparison != COMPARE_EQUAL)
		return diagram_if(d, meaning_of_condition(d, condition), a, b);
	a = diagram_if_equal(d, word_low(argument), (uint32_t)condition->value, a, b);
	return diagram_if_equal(d, word_high(argument), (uint32_t)(condition->value >> 32), a, b);
}

/* `clause ? a : b`, from the last argument to the first: so the diagrams grow at their top. */
static node if_clause(struct diagrams *d, const struct clause *clause, const uint8_t places[6],
		      node a, node b)
{
	for (unsigned argument = 6; argument-- > 0;)
		for (size_t i = 0; i < clause->count; i++) {
			struct condition condition = clause->conditions[i];

			if (places)
				condition.argument = places[condition.argument];
			if (condition.argument == argument)
				a = if_condition(d, &condition, a, b);
		}
	return a;
}

static node action_terminal(struct diagrams *d, action outcome)
{
	return diagram_terminal(d, TERMINAL_ACTION, action_outcome(outcome));
}

node meaning_of_call(struct diagrams *d, const struct rule *rules, size_t count,
		     action default_action, const uint8_t places[6])
{
	node answer = action_terminal(d, default_action);

	/* The first that matches decides: so it is put on top, last. */
	for (size_t i = count; i-- > 0;) {
		node outcome = action_terminal(d, rules[i].action);

		if (rules[i].clauses_count == 0)
			answer = outcome;
		for (size_t j = rules[i].clauses_count; j-- > 0;)
			answer = if_clause(d, &rules[i].clauses[j], places, outcome, answer);
	}
	return answer;
}

static node span_condition(struct diagrams *d, const struct span *span)
{
	node above = span->last == UINT32_MAX ? DIAGRAM_FALSE
					      : diagram_at_least(d, WORD_NR, span->last + 1);

	return diagram_if(d, above, DIAGRAM_FALSE, diagram_at_least(d, WORD_NR, span->first));
}

/* What becomes of the ABI's numbers that no rule is for. */
static node meaning_of_defaults(struct diagrams *d, const struct policy *policy, enum abi abi)
{
	node answer = action_terminal(d, policy->default_action);

	/* The first that holds a number decides: so it is put on top, last. */
	for (size_t i = policy->spans_count; i-- > 0;)
		if (policy->spans[i].abi == abi)
			answer = diagram_if(d, span_condition(d, &policy->spans[i]),
					    action_terminal(d, policy->spans[i].action), answer);
	return answer;
}

/* NUMBERS has room for every rule. */
static node meaning_of_abi(struct diagrams *d, const struct policy *policy, enum abi abi,
			   struct word_value *numbers)
{
	size_t found = 0;

	if (!policy_has_abi(policy, abi))
		return action_terminal(d, policy->foreign_action);
	for (size_t i = 0, count; i < policy->rules_count; i += count) {
		const struct rule *rules = &policy->rules[i];

		for (count = 1; i + count < policy->rules_count; count++)
			if (rule_compare_call(&rules[count], rules) != 0)
				break;
		if (rules->abi != abi)
			continue;
		numbers[found].value = (uint32_t)rules->nr;
		numbers[found++].to = meaning_of_call(d, rules, count,
						      policy_default(policy, abi, rules->nr), NULL);
	}
	return diagram_values(d, WORD_NR, numbers, found, meaning_of_defaults(d, policy, abi));
}

node meaning_without_high_halves(struct diagrams *d, node a)
{
	for (unsigned i = 0; i < 6; i++)
		a = diagram_fix(d, a, word_high(i), 0);
	return a;
}

/* A diagram by architecture in which those with a name are marked, as of no interest. */
static node mark_named(struct diagrams *d, node by_arch)
{
	node mark = diagram_terminal(d, TERMINAL_MARK, 0);

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		by_arch =
			diagram_if(d, diagram_equal(d, WORD_ARCH, archs[i].number), mark, by_arch);
	return by_arch;
}

static int is_whole(struct diagrams *d, const struct meaning *meaning, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (meaning->by_arch[i] == DIAGRAM_NONE)
			return diagrams_error(d, err);
	return meaning->foreign == DIAGRAM_NONE ? diagrams_error(d, err) : 0;
}

int meaning_of_policy(struct diagrams *d, const struct policy *policy, struct meaning *meaning,
		      struct error *err)
{
	_cleanup_free_ struct word_value *numbers =
		calloc(policy->rules_count + 1, sizeof(*numbers));

	*meaning = (struct meaning){ .diagrams = d };
	if (!numbers)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		node answer = meaning_of_abi(d, policy, archs[i].abi, numbers);

		if (archs[i].abi == ABI_X86_64)
			answer = diagram_if(d, is_x32(d),
					    meaning_of_abi(d, policy, ABI_X32, numbers), answer);
		if (archs[i].is_32_bit)
			answer = meaning_without_high_halves(d, answer);
		meaning->by_arch[i] = answer;
	}
	meaning->foreign = mark_named(d, action_terminal(d, policy->foreign_action));
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		meaning->lists[abi] = policy_has_abi(policy, (enum abi)abi);
	return is_whole(d, meaning, err);
}

/* ---- filters ---- */

static bool is_terminal(const struct diagrams *d, node a)
{
	return a != DIAGRAM_NONE && diagram_level(d, a) == TERMINAL_LEVEL;
}

node meaning_foreign_only(struct meaning *meaning)
{
	struct diagrams *d = meaning->diagrams;
	node mark = diagram_terminal(d, TERMINAL_MARK, 0), only = DIAGRAM_NONE;
	_cleanup_free_ node *nodes = NULL;
	size_t count = 0;

	/* Past the limit there is surely more than one. */
	if (diagram_cut(d, meaning->foreign, 32, 64, &nodes, &count, NULL) < 0)
		return DIAGRAM_NONE;
	for (size_t i = 0; i < count; i++) {
		if (nodes[i] == mark)
			continue;
		if (only != DIAGRAM_NONE)
			return DIAGRAM_NONE;
		only = nodes[i];
	}
	return is_terminal(d, only) ? only : DIAGRAM_NONE;
}

node meaning_of_abi_part(struct meaning *meaning, size_t arch, enum abi abi, node elsewhere)
{
	struct diagrams *d = meaning->diagrams;
	node answer = meaning->by_arch[arch];

	if (abi == ABI_X32)
		return diagram_if(d, is_x32(d), answer, elsewhere);
	if (abi == ABI_X86_64)
		return diagram_if(d, is_x32(d), elsewhere, answer);
	return answer;
}

/* A filter tells an ABI apart where it answers otherwise than to an architecture without a name. */
static void find_listed(struct meaning *meaning)
{
	node foreign = meaning_foreign_only(meaning);

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		enum abi abi = archs[i].abi;

		meaning->lists[abi] = foreign == DIAGRAM_NONE ||
				      meaning_of_abi_part(meaning, i, abi, foreign) != foreign;
		if (abi == ABI_X86_64)
			meaning->lists[ABI_X32] =
				foreign == DIAGRAM_NONE ||
				meaning_of_abi_part(meaning, i, ABI_X32, foreign) != foreign;
	}
}

int meaning_of_stack(struct diagrams *d, const struct filter_stack *stack, unsigned side,
		     struct meaning *meaning, struct error *err)
{
	node root, other = DIAGRAM_NONE;
	int r = evaluate_stack(d, stack, side, false, &root, err);

	if (r < 0)
		return r;
	*meaning = (struct meaning){ .diagrams = d, .filters = stack->count };
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		node answer = diagram_fix(d, root, WORD_ARCH, archs[i].number);

		/* A constant answer is the same in either byte order. */
		if (archs[i].is_big_endian && answer != DIAGRAM_NONE && !is_terminal(d, answer)) {
			if (other == DIAGRAM_NONE)
				r = evaluate_stack(d, stack, side, true, &other, err);
			if (r < 0)
				return r;
			answer = diagram_fix(d, other, WORD_ARCH, archs[i].number);
		}
		if (archs[i].is_32_bit)
			answer = meaning_without_high_halves(d, answer);
		meaning->by_arch[i] = answer;
	}
	meaning->foreign = mark_named(d, root);
	r = is_whole(d, meaning, err);
	if (r == 0)
		find_listed(meaning);
	return r;
}
