// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Argument by argument: the values of the first tested one fall into classes, each with the
 * conditions that remain on the others. A class is a set of 64-bit values, written in the shorter
 * of two ways: as intervals (with single values excluded by "not equal") or as masked equalities.
 * Every class is extended by the values of classes with weaker conditions: so `a or b` comes back
 * as two clauses of one condition each. A last pass drops superfluous clauses.
 */
#include "filter/conditions.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "filter/evaluate.h"

#include <errno.h>
#include <string.h>

#define CLAUSES_MAX   1024
#define CLASSES_MAX   64
#define INTERVALS_MAX 128
#define CUBES_MAX     128
#define WIDEN_STEPS   512 /* what a cube costs, in the diagrams' measure */
#define TIDY_MAX      64 /* clauses that the last pass still looks at */
#define SINGLES_MAX   3 /* an interval of so few values is written as equalities */

struct interval {
	uint64_t first, last;
};

struct cube {
	uint64_t mask, value;
};

struct set {
	struct interval intervals[INTERVALS_MAX];
	size_t intervals_count;
	bool intervals_fit;
	struct cube cubes[CUBES_MAX];
	size_t cubes_count;
	bool cubes_fit;
};

/* A conjunction on one argument. */
struct alternative {
	struct condition conditions[8];
	size_t count;
};

/* Grows as it is written. */
struct alternatives {
	struct alternative *items;
	size_t count, room;
	bool is_out_of_memory;
	struct alternative nowhere; /* what is written to then */
};

struct cover {
	struct diagrams *d;
	bool is_32_bit;
	struct rule *rule;
	struct condition prefix[6 * 8];
	size_t prefix_count;
	struct error *err;
};

/* ---- a set of values of one argument ---- */

static void add_interval(struct set *set, uint64_t first, uint64_t last)
{
	if (set->intervals_count > 0 &&
	    set->intervals[set->intervals_count - 1].last + 1 == first) {
		set->intervals[set->intervals_count - 1].last = last;
	} else if (set->intervals_count == INTERVALS_MAX) {
		set->intervals_fit = false;
	} else {
		set->intervals[set->intervals_count++] = (struct interval){ first, last };
	}
}

/* BITS: how many of the argument's bits are left below, LEVEL's own included. */
static void find_intervals(const struct diagrams *d, node a, unsigned level, unsigned bits,
			   uint64_t first, struct set *set)
{
	bool skips;

	if (a == DIAGRAM_FALSE || !set->intervals_fit)
		return;
	if (a == DIAGRAM_TRUE) {
		add_interval(set, first, first + ((bits == 64 ? 0 : UINT64_C(1) << bits) - 1));
		return;
	}
	skips = diagram_level(d, a) > level;
	find_intervals(d, skips ? a : diagram_branch(d, a, false), level + 1, bits - 1, first, set);
	find_intervals(d, skips ? a : diagram_branch(d, a, true), level + 1, bits - 1,
		       first + (UINT64_C(1) << (bits - 1)), set);
}

/* The values of the first path to TRUE; there is one. */
static struct cube first_path(const struct diagrams *d, node a, unsigned end)
{
	struct cube cube = { 0 };

	while (a != DIAGRAM_TRUE) {
		uint64_t bit = UINT64_C(1) << (end - 1 - diagram_level(d, a));
		bool is_one = diagram_branch(d, a, false) == DIAGRAM_FALSE;

		cube.mask |= bit;
		cube.value |= is_one ? bit : 0;
		a = diagram_branch(d, a, is_one);
	}
	return cube;
}

static struct condition cube_condition(unsigned argument, struct cube cube)
{
	if (cube.mask == UINT64_MAX)
		return (struct condition){ (uint8_t)argument, COMPARE_EQUAL, cube.value, 0 };
	return (struct condition){ (uint8_t)argument, COMPARE_MASKED_EQUAL, cube.value, cube.mask };
}

static bool implies(struct diagrams *d, node a, node b)
{
	return diagram_if(d, a, b, DIAGRAM_TRUE) == DIAGRAM_TRUE;
}

/* The cube without every bit that it can do without. */
static struct cube widen(struct diagrams *d, node whole, unsigned argument, struct cube cube)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		struct cube wider = { cube.mask & ~(UINT64_C(1) << bit),
				      cube.value & ~(UINT64_C(1) << bit) };
		struct condition condition = cube_condition(argument, wider);

		if (wider.mask != cube.mask &&
		    implies(d, meaning_of_condition(d, &condition), whole))
			cube = wider;
	}
	return cube;
}

/* A cube of what is not covered yet, as wide as WHOLE lets it be, until all is: at most LIMIT. */
static void find_cubes(struct diagrams *d, node whole, unsigned argument, size_t limit,
		       struct set *set)
{
	unsigned end = (unsigned)word_low(argument) * 32 + 32;
	node rest = whole;

	while (rest != DIAGRAM_FALSE && rest != DIAGRAM_NONE && set->cubes_count < limit &&
	       diagrams_spend(d, WIDEN_STEPS)) {
		struct cube cube = widen(d, whole, argument, first_path(d, rest, end));
		struct condition condition = cube_condition(argument, cube);

		set->cubes[set->cubes_count++] = cube;
		rest = diagram_if(d, meaning_of_condition(d, &condition), DIAGRAM_FALSE, rest);
	}
	set->cubes_fit = rest == DIAGRAM_FALSE;
}

/* ---- the two ways to write it ---- */

static void put(struct alternative *alternative, unsigned argument, enum comparison comparison,
		uint64_t value)
{
	alternative->conditions[alternative->count++] =
		(struct condition){ (uint8_t)argument, comparison, value, 0 };
}

/* The conditions from FIRST to LAST; HIGHEST is the greatest value that there is. */
static void put_bounds(struct alternative *alternative, unsigned argument, uint64_t first,
		       uint64_t last, uint64_t highest)
{
	if (first == last) {
		put(alternative, argument, COMPARE_EQUAL, first);
		return;
	}
	if (first > 0)
		put(alternative, argument, COMPARE_GREATER_EQUAL, first);
	if (last < highest)
		put(alternative, argument, COMPARE_LESS_EQUAL, last);
}

static struct alternative *next(struct alternatives *alternatives)
{
	if (!array_reserve(alternatives, 1)) {
		alternatives->is_out_of_memory = true;
		alternatives->nowhere.count = 0;
		return &alternatives->nowhere;
	}
	alternatives->items[alternatives->count].count = 0;
	return &alternatives->items[alternatives->count++];
}

/* Intervals that are one value apart become one, without that value. */
static void write_intervals(const struct set *set, unsigned argument, uint64_t highest,
			    struct alternatives *out)
{
	for (size_t i = 0; i < set->intervals_count;) {
		const struct interval *at = &set->intervals[i];
		struct alternative *made;
		size_t end = i + 1;

		if (at->last - at->first < SINGLES_MAX && at->last != highest && at->first != 0) {
			for (uint64_t value = at->first; value <= at->last; value++)
				put(next(out), argument, COMPARE_EQUAL, value);
			i++;
			continue;
		}
		while (end < set->intervals_count && end - i < 5 &&
		       set->intervals[end].first - set->intervals[end - 1].last == 2 &&
		       set->intervals[end].last > set->intervals[end].first)
			end++;
		made = next(out);
		put_bounds(made, argument, at->first, set->intervals[end - 1].last, highest);
		for (; i + 1 < end; i++)
			put(made, argument, COMPARE_NOT_EQUAL, set->intervals[i].last + 1);
		i = end;
	}
}

static void write_cubes(const struct set *set, unsigned argument, struct alternatives *out)
{
	out->count = 0;
	for (size_t i = 0; i < set->cubes_count; i++) {
		struct alternative *made = next(out);

		made->conditions[made->count++] = cube_condition(argument, set->cubes[i]);
	}
}

/* The set's conditions into OUT. */
static int write_set(struct cover *cover, node whole, unsigned argument, struct alternatives *out)
{
	_cleanup_free_ struct set *set = malloc(sizeof(*set));
	unsigned end = (unsigned)word_low(argument) * 32 + 32;
	unsigned bits = cover->is_32_bit ? 32 : 64;
	uint64_t highest = cover->is_32_bit ? UINT32_MAX : UINT64_MAX;

	if (!set)
		return error_oom(cover->err);
	set->intervals_count = set->cubes_count = 0;
	set->intervals_fit = set->cubes_fit = true;
	find_intervals(cover->d, whole, end - bits, bits, 0, set);
	if (set->intervals_fit)
		write_intervals(set, argument, highest, out);
	/* Masks are tried only where they could be shorter: widening them is slow. */
	if (!set->intervals_fit || out->count > 2) {
		size_t limit = set->intervals_fit ? out->count - 1 : CUBES_MAX;

		find_cubes(cover->d, whole, argument, limit < CUBES_MAX ? limit : CUBES_MAX, set);
		if (set->cubes_fit)
			write_cubes(set, argument, out);
		else if (!set->intervals_fit)
			return error_set(cover->err, -EOPNOTSUPP,
					 "its condition on argument %u has no short form",
					 argument);
	}
	return out->is_out_of_memory ? error_oom(cover->err) : 0;
}

/* ---- all arguments ---- */

static int emit_clause(struct cover *cover)
{
	struct clause *clause;

	if (cover->rule->clauses_count == CLAUSES_MAX)
		return error_set(cover->err, -EOPNOTSUPP,
				 "its conditions take more than %d clauses", CLAUSES_MAX);
	clause = rule_add_clause(cover->rule);
	if (!clause)
		return error_oom(cover->err);
	for (size_t i = 0; i < cover->prefix_count; i++)
		if (clause_add(clause, cover->prefix[i]) < 0)
			return error_oom(cover->err);
	return 0;
}

static int cover_walk(struct cover *cover, node a);

static int cover_class(struct cover *cover, node whole, unsigned argument, node rest)
{
	struct alternatives alternatives = { 0 };
	size_t before = cover->prefix_count;
	int r;

	if (whole == DIAGRAM_TRUE)
		return cover_walk(cover, rest);
	r = write_set(cover, whole, argument, &alternatives);
	for (size_t i = 0; r == 0 && i < alternatives.count; i++) {
		const struct alternative *one = &alternatives.items[i];

		memcpy(&cover->prefix[before], one->conditions,
		       one->count * sizeof(cover->prefix[0]));
		cover->prefix_count = before + one->count;
		r = cover_walk(cover, rest);
	}
	cover->prefix_count = before;
	free(alternatives.items);
	return r;
}

static int cover_walk(struct cover *cover, node a)
{
	struct diagrams *d = cover->d;
	_cleanup_free_ node *classes = NULL;
	unsigned argument, end;
	size_t count;
	int r;

	if (a == DIAGRAM_NONE)
		return diagrams_error(d, cover->err);
	if (a == DIAGRAM_FALSE)
		return 0;
	if (a == DIAGRAM_TRUE)
		return emit_clause(cover);
	argument = (diagram_level(d, a) / 32 - WORD_ARGUMENTS) / 2;
	end = (unsigned)word_low(argument) * 32 + 32;
	r = diagram_cut(d, a, end, CLASSES_MAX, &classes, &count, cover->err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		node whole = DIAGRAM_FALSE;

		if (classes[i] == DIAGRAM_FALSE)
			continue;
		for (size_t j = 0; j < count; j++)
			if (implies(d, classes[i], classes[j]))
				whole = diagram_or(d, whole,
						   diagram_reaches(d, a, end, classes[j]));
		if (whole == DIAGRAM_NONE)
			return diagrams_error(d, cover->err);
		r = cover_class(cover, whole, argument, classes[i]);
	}
	return r;
}

/* ---- the last pass ---- */

static node area_of(struct cover *cover, const struct clause *clause)
{
	node area = meaning_of_clause(cover->d, clause);

	for (unsigned i = 0; cover->is_32_bit && i < 6; i++)
		area = diagram_fix(cover->d, area, word_high(i), 0);
	return area;
}

static void drop_conditions(struct cover *cover, struct clause *clause, node condition)
{
	for (size_t i = 0; i < clause->count;) {
		struct condition dropped = clause->conditions[i];

		clause->conditions[i] = clause->conditions[--clause->count];
		if (implies(cover->d, area_of(cover, clause), condition))
			continue;
		clause->conditions[clause->count++] = clause->conditions[i];
		clause->conditions[i++] = dropped;
	}
}

static int by_argument(const void *a, const void *b)
{
	const struct condition *left = a, *right = b;

	if (left->argument != right->argument)
		return left->argument < right->argument ? -1 : 1;
	if (left->comparison != right->comparison)
		return left->comparison < right->comparison ? -1 : 1;
	return (left->value > right->value) - (left->value < right->value);
}

/* Drops clauses that add nothing to the others: those before, and those after that are kept. */
static void drop_clauses(struct cover *cover, size_t from, node condition)
{
	struct rule *rule = cover->rule;
	node before[TIDY_MAX + 1] = { DIAGRAM_FALSE }, after = DIAGRAM_FALSE;
	size_t count = rule->clauses_count - from;

	for (size_t i = 0; i < count; i++)
		before[i + 1] =
			diagram_or(cover->d, before[i], area_of(cover, &rule->clauses[from + i]));
	for (size_t i = count; i-- > 0;) {
		struct clause *clause = &rule->clauses[from + i];

		if (diagram_or(cover->d, before[i], after) != condition) {
			after = diagram_or(cover->d, after, area_of(cover, clause));
			continue;
		}
		free(clause->conditions);
		memmove(clause, clause + 1, (--rule->clauses_count - from - i) * sizeof(*clause));
	}
}

static void tidy(struct cover *cover, size_t from, node condition)
{
	struct rule *rule = cover->rule;

	for (size_t i = from; i < rule->clauses_count; i++)
		drop_conditions(cover, &rule->clauses[i], condition);
	drop_clauses(cover, from, condition);
	for (size_t i = from; i < rule->clauses_count; i++)
		qsort(rule->clauses[i].conditions, rule->clauses[i].count, sizeof(struct condition),
		      by_argument);
}

int conditions_add(struct diagrams *diagrams, node condition, bool is_32_bit, struct rule *rule,
		   struct error *err)
{
	struct cover cover = { .d = diagrams, .is_32_bit = is_32_bit, .rule = rule, .err = err };
	_cleanup_free_ node *ends = NULL;
	size_t from = rule->clauses_count, count;
	int r = diagram_cut(diagrams, condition, WORD_POINTER_HIGH * 32, CLASSES_MAX, &ends, &count,
			    err);

	for (size_t i = 0; r == 0 && i < count; i++)
		if (diagram_level(diagrams, ends[i]) < TERMINAL_LEVEL)
			r = error_set(err, -EOPNOTSUPP, "depends on the instruction pointer");
	if (r == 0)
		r = cover_walk(&cover, condition);

	if (r == 0 && rule->clauses_count - from <= TIDY_MAX)
		tidy(&cover, from, condition);
	return r;
}
