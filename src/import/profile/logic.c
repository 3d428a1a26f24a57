// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A comparison of masked bits has no condition of its own but "equal". Any other becomes alternatives, one
 * for each bit that can make the difference: y > v if y has a bit that v lacks, and all bits above it are
 * alike; y != v if one bit differs.
 */
#include "import/profile/logic.h"

#include "common/cleanup.h"

static const char no_memory[] = "out of memory";

void logic_set_clear(struct logic_set *set)
{
	free(set->clauses);
	*set = (struct logic_set){ 0 };
}

static const char *add_clause(struct logic_set *set, const struct list_clause *clause)
{
	struct list_clause *grown;

	if (set->count == LOGIC_ALTERNATIVES)
		return "the expression has more than 256 alternatives";
	grown = reallocarray(set->clauses, set->count + 1, sizeof(*grown));
	if (!grown)
		return no_memory;
	set->clauses = grown;
	grown[set->count++] = *clause;
	return NULL;
}

static const char *add_condition(struct logic_set *set, uint8_t argument,
				 enum comparison comparison, uint64_t value, uint64_t mask)
{
	const struct list_clause clause = { { { argument, comparison, value, mask } }, 1, false };

	return add_clause(set, &clause);
}

static const char *add_truth(struct logic_set *set, bool is_true)
{
	return is_true ? add_clause(set, &(struct list_clause){ 0 }) : NULL;
}

static bool holds(uint64_t a, enum comparison op, uint64_t b)
{
	switch (op) {
	case COMPARE_EQUAL:
		return a == b;
	case COMPARE_NOT_EQUAL:
		return a != b;
	case COMPARE_LESS:
		return a < b;
	case COMPARE_LESS_EQUAL:
		return a <= b;
	case COMPARE_GREATER:
		return a > b;
	default:
		return a >= b;
	}
}

/* Whether (argument & MASK) | SET can have the bits of V among the bits ABOVE. */
static bool can_equal(uint64_t mask, uint64_t set, uint64_t v, uint64_t above)
{
	return ((v & above) & ~(mask | set)) == 0 && ((set & above) & ~v) == 0;
}

/* The argument's bits among the bits ABOVE are those of V. */
static const char *add_equal(struct logic_set *set, const struct logic_value *value, uint64_t v,
			     uint64_t above)
{
	uint64_t mask = value->mask & above;

	if (!can_equal(value->mask, value->set, v, above))
		return NULL;
	if (!mask)
		return add_truth(set, true);
	return add_condition(set, value->argument, COMPARE_MASKED_EQUAL, v & mask, mask);
}

/* Y > V (or, IS_LESS, Y < V): the highest bit that differs is set (or clear) in Y. */
static const char *add_order(struct logic_set *set, const struct logic_value *value, uint64_t v,
			     bool is_less)
{
	for (unsigned i = 64; i-- > 0;) {
		uint64_t bit = UINT64_C(1) << i, above = i == 63 ? 0 : ~((bit << 1) - 1);
		bool can_be = is_less ? !(value->set & bit) : (value->set | value->mask) & bit;
		uint64_t wanted = is_less ? 0 : bit;
		const char *wrong;

		if (((v & bit) != 0) != is_less || !can_be ||
		    !can_equal(value->mask, value->set, v, above))
			continue;
		if (value->mask & bit) {
			uint64_t mask = value->mask & (above | bit);

			wrong = add_condition(set, value->argument, COMPARE_MASKED_EQUAL,
					      ((v & above) | wanted) & mask, mask);
		} else {
			wrong = add_equal(set, value, v, above);
		}
		if (wrong)
			return wrong;
	}
	return NULL;
}

static const char *add_unequal(struct logic_set *set, const struct logic_value *value, uint64_t v)
{
	const char *wrong = NULL;

	if (!can_equal(value->mask, value->set, v, UINT64_MAX))
		return add_truth(set, true);
	for (unsigned i = 0; i < 64 && !wrong; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (value->mask & bit)
			wrong = add_condition(set, value->argument, COMPARE_MASKED_EQUAL, ~v & bit,
					      bit);
	}
	return wrong;
}

static const char *add_masked(struct logic_set *set, const struct logic_value *value,
			      enum comparison op, uint64_t v)
{
	const char *wrong = NULL;

	if (op == COMPARE_NOT_EQUAL)
		return add_unequal(set, value, v);
	if (op == COMPARE_EQUAL || op == COMPARE_LESS_EQUAL || op == COMPARE_GREATER_EQUAL)
		wrong = add_equal(set, value, v, UINT64_MAX);
	if (!wrong && (op == COMPARE_LESS || op == COMPARE_LESS_EQUAL))
		wrong = add_order(set, value, v, true);
	if (!wrong && (op == COMPARE_GREATER || op == COMPARE_GREATER_EQUAL))
		wrong = add_order(set, value, v, false);
	return wrong;
}

static enum comparison opposite(enum comparison op)
{
	static const enum comparison table[] = {
		[COMPARE_EQUAL] = COMPARE_NOT_EQUAL,	[COMPARE_NOT_EQUAL] = COMPARE_EQUAL,
		[COMPARE_LESS] = COMPARE_GREATER_EQUAL, [COMPARE_LESS_EQUAL] = COMPARE_GREATER,
		[COMPARE_GREATER] = COMPARE_LESS_EQUAL, [COMPARE_GREATER_EQUAL] = COMPARE_LESS,
	};

	return table[op];
}

/* The same with the sides exchanged. */
static enum comparison mirrored(enum comparison op)
{
	static const enum comparison table[] = {
		[COMPARE_EQUAL] = COMPARE_EQUAL,  [COMPARE_NOT_EQUAL] = COMPARE_NOT_EQUAL,
		[COMPARE_LESS] = COMPARE_GREATER, [COMPARE_LESS_EQUAL] = COMPARE_GREATER_EQUAL,
		[COMPARE_GREATER] = COMPARE_LESS, [COMPARE_GREATER_EQUAL] = COMPARE_LESS_EQUAL,
	};

	return table[op];
}

/* Drops the half of a narrow argument that Kafel doesn't compare. */
static struct logic_value cut(const struct logic_value *value, const struct logic_value *constant)
{
	struct logic_value result = *value;

	if (value->is_narrow && !value->is_wide && constant->set <= UINT32_MAX)
		result.mask &= UINT32_MAX;
	return result;
}

const char *logic_compare(const struct logic_value *a, enum comparison op,
			  const struct logic_value *b, bool is_negated, struct logic_set *set)
{
	struct logic_value compared;
	const char *wrong;

	*set = (struct logic_set){ 0 };
	if (is_negated)
		op = opposite(op);
	if (a->is_argument && b->is_argument)
		return "two arguments are compared with each other, which a policy can't express";
	if (b->is_argument) {
		const struct logic_value *other = a;

		a = b;
		b = other;
		op = mirrored(op);
	}
	compared = cut(a, b);
	if (!a->is_argument)
		wrong = add_truth(set, holds(a->set, op, b->set));
	else if (compared.mask == UINT64_MAX)
		wrong = add_condition(set, a->argument, op, b->set, 0);
	else
		wrong = add_masked(set, &compared, op, b->set);
	if (wrong)
		logic_set_clear(set);
	return wrong;
}

const char *logic_combine(struct logic_value *value, bool is_or, const struct logic_value *other)
{
	struct logic_value constant = *other;

	if (value->is_argument && other->is_argument)
		return "two arguments are combined, which a policy can't express";
	if (other->is_argument) {
		constant = *value;
		*value = *other;
	}
	value->is_wide |= value->is_argument && constant.set > UINT32_MAX;
	if (is_or) {
		value->set |= constant.set;
		value->mask &= ~constant.set;
	} else {
		value->set &= constant.set;
		value->mask &= constant.set;
	}
	/* No bit of the argument counts: a constant. */
	if (!value->mask)
		value->is_argument = false;
	return NULL;
}

const char *logic_any_bit(uint8_t argument, uint64_t bits, struct logic_set *set)
{
	const char *wrong = NULL;

	*set = (struct logic_set){ 0 };
	for (unsigned i = 0; i < 64 && !wrong; i++)
		if (bits >> i & 1)
			wrong = add_condition(set, argument, COMPARE_MASKED_EQUAL, UINT64_C(1) << i,
					      UINT64_C(1) << i);
	return wrong;
}

const char *logic_no_other_bit(uint8_t argument, uint64_t bits, struct logic_set *set)
{
	*set = (struct logic_set){ 0 };
	if (bits == UINT64_MAX)
		return add_truth(set, true);
	return add_condition(set, argument, COMPARE_MASKED_EQUAL, 0, ~bits);
}

const char *logic_or(struct logic_set *a, const struct logic_set *b)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < b->count && !wrong; i++)
		wrong = add_clause(a, &b->clauses[i]);
	return wrong;
}

/* Adds a condition that must be true too; masked ones of an argument become one. False: both can't be. */
static bool join(struct list_clause *clause, const struct condition *condition)
{
	for (size_t i = 0; i < clause->count; i++) {
		struct condition *known = &clause->conditions[i];

		if (known->argument != condition->argument ||
		    known->comparison != COMPARE_MASKED_EQUAL ||
		    condition->comparison != COMPARE_MASKED_EQUAL)
			continue;
		if ((known->value ^ condition->value) & known->mask & condition->mask)
			return false;
		known->value |= condition->value;
		known->mask |= condition->mask;
		return true;
	}
	list_clause_add(clause, *condition);
	return true;
}

const char *logic_and(struct logic_set *a, const struct logic_set *b)
{
	struct logic_set product = { 0 };
	const char *wrong = NULL;

	for (size_t i = 0; i < a->count && !wrong; i++)
		for (size_t j = 0; j < b->count && !wrong; j++) {
			struct list_clause both = a->clauses[i];
			bool can_hold = true;

			for (size_t k = 0; k < b->clauses[j].count && can_hold; k++)
				can_hold = join(&both, &b->clauses[j].conditions[k]);
			if (both.is_full)
				wrong = "more than 16 conditions in one alternative";
			else if (can_hold)
				wrong = add_clause(&product, &both);
		}
	logic_set_clear(a);
	*a = product;
	if (wrong)
		logic_set_clear(a);
	return wrong;
}
