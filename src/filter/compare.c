// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Both sides become diagrams in one universe, where the same meaning is the same node: equality is
 * one comparison per architecture. Only where the nodes differ are both walked together, number by
 * number and then bit by bit, to the first arguments that show each pair of outcomes.
 */
#include "filter/compare.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "filter/conditions.h"
#include "filter/evaluate.h"

#include <errno.h>

#define RANGES_MAX 65536
#define PAIRS_MAX  64 /* of outcomes, of one call */
#define WHERE_MAX  (1u << 20) /* steps for the short forms of all differences */
#define SEEN_MAX   (1u << 15) /* pairs of nodes that a walk remembers */

struct comparison_run {
	struct diagrams *d;
	struct meaning left, right;
	void (*report)(void *context, const struct difference *difference);
	void *context;
	int differences;
	/* The pairs of nodes that one walk has been at. */
	uint64_t *seen;
	uint32_t seen_count;
	struct table by_pair;
	/* Its findings. */
	struct {
		node left, right;
	} pairs[PAIRS_MAX];
	size_t pairs_count;
	uint32_t words[WORD_COUNT];
	node whole_left, whole_right; /* what the walk started from */
	bool is_32_bit;
	struct difference found;
	uint64_t where_steps; /* that all short forms together may still take */
	struct error *err;
};

static void clear_clauses(struct rule *rule)
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		free(rule->clauses[i].conditions);
	free(rule->clauses);
}

/* All arguments that have this pair of outcomes. */
static void find_where(struct comparison_run *run, node left, node right, struct rule *rule)
{
	struct diagrams *d = run->d;
	uint64_t left_over = diagrams_allow(d, run->where_steps);
	node condition = diagram_and(d, diagram_reaches(d, run->whole_left, TERMINAL_LEVEL, left),
				     diagram_reaches(d, run->whole_right, TERMINAL_LEVEL, right));
	struct error ignored = { 0 };

	*rule = (struct rule){ .abi = run->found.abi, .nr = run->found.nr };
	if (run->found.depends_on_arguments && condition != DIAGRAM_NONE &&
	    conditions_add(d, condition, run->is_32_bit, rule, &ignored) == 0)
		run->found.where = rule;
	run->where_steps = diagrams_allow(d, left_over);
	/* What has no form in that time has none; the comparison goes on. */
	diagrams_recover(d);
}

static void report(struct comparison_run *run, node left, node right)
{
	_cleanup_(clear_clauses) struct rule rule = { 0 };

	run->found.where = NULL;
	if (run->report && !run->found.is_foreign)
		find_where(run, left, right, &rule);
	if (run->report)
		run->report(run->context, &run->found);
	if (run->differences < INT32_MAX)
		run->differences++;
}

/* True where this pair was seen in this walk. What there is no room for is walked again. */
static bool was_seen(struct comparison_run *run, node left, node right)
{
	uint64_t key = (uint64_t)left << 32 | right;
	uint32_t hash = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	hash ^= hash >> 16;
	TABLE_EACH (index, &run->by_pair, hash)
		if (run->seen[index] == key)
			return true;
	if (run->seen_count < SEEN_MAX && array_grow_one(&run->seen, run->seen_count) &&
	    table_add(&run->by_pair, hash, run->seen_count))
		run->seen[run->seen_count++] = key;
	return false;
}

static int explain_unknown(struct comparison_run *run, node left, node right)
{
	const struct meaning *of = &run->left;
	node unknown = left;

	if (diagram_kind(run->d, left) != TERMINAL_UNKNOWN) {
		unknown = right;
		of = &run->right;
	}
	evaluate_explain_unknown(diagram_value(run->d, unknown), of->filters, run->err);
	return error_prefix(run->err, "the %s side", of == &run->left ? "left" : "right");
}

/* Two different outcomes. */
static int find_pair(struct comparison_run *run, node left, node right)
{
	if (diagram_kind(run->d, left) == TERMINAL_UNKNOWN ||
	    diagram_kind(run->d, right) == TERMINAL_UNKNOWN)
		return explain_unknown(run, left, right);
	for (size_t i = 0; i < run->pairs_count; i++)
		if (run->pairs[i].left == left && run->pairs[i].right == right)
			return 0;
	if (run->pairs_count == PAIRS_MAX)
		return 0;
	run->pairs[run->pairs_count].left = left;
	run->pairs[run->pairs_count++].right = right;
	run->found.left = diagram_value(run->d, left);
	run->found.right = diagram_value(run->d, right);
	run->found.instruction_pointer =
		(uint64_t)run->words[WORD_POINTER_HIGH] << 32 | run->words[WORD_POINTER_LOW];
	if (run->found.is_foreign) {
		run->found.arch = run->words[WORD_ARCH];
		run->found.nr = run->found.last = (int)run->words[WORD_NR];
	}
	for (unsigned i = 0; i < 6; i++)
		run->found.arguments[i] =
			(uint64_t)run->words[word_high(i)] << 32 | run->words[word_low(i)];
	report(run, left, right);
	return 0;
}

static int walk(struct comparison_run *run, node left, node right)
{
	unsigned level = diagram_level(run->d, left), other = diagram_level(run->d, right);

	if (left == right)
		return 0;
	if (level == TERMINAL_LEVEL && other == TERMINAL_LEVEL)
		return find_pair(run, left, right);
	if (was_seen(run, left, right))
		return 0;
	level = other < level ? other : level;
	for (unsigned bit = 0; bit < 2; bit++) {
		uint32_t *word = &run->words[level / 32], mask = UINT32_C(1) << (31 - level % 32);
		int r;

		*word = bit ? *word | mask : *word & ~mask;
		r = walk(run,
			 diagram_level(run->d, left) == level ? diagram_branch(run->d, left, bit)
							      : left,
			 diagram_level(run->d, right) == level ? diagram_branch(run->d, right, bit)
							       : right);
		*word &= ~mask;
		if (r < 0)
			return r;
	}
	return 0;
}

static void start_walk(struct comparison_run *run)
{
	table_clear(&run->by_pair);
	run->seen_count = 0;
	run->pairs_count = 0;
}

/* The numbers from FIRST to LAST, on which each side has one answer. */
static int compare_range(struct comparison_run *run, uint32_t arch, uint32_t first, uint32_t last,
			 node left, node right)
{
	enum abi abi;

	if (left == right)
		return 0;
	if (abi_from_audit(arch, (int)first, &abi) < 0)
		return error_set(run->err, -EINVAL, "unknown architecture: 0x%x", arch);
	run->found = (struct difference){ .abi = abi,
					  .nr = (int)first,
					  .last = (int)last,
					  .arch = arch,
					  .depends_on_arguments =
						  diagram_level(run->d, left) < TERMINAL_LEVEL ||
						  diagram_level(run->d, right) < TERMINAL_LEVEL };
	run->whole_left = left;
	run->whole_right = right;
	run->is_32_bit = !abi_info(abi)->is_64_bit && abi != ABI_X32;
	start_walk(run);
	return walk(run, left, right);
}

/* Where x86-64's numbers become x32's, and where those end. */
static uint32_t end_within_abi(uint32_t arch, uint32_t first, uint32_t last)
{
	static const uint32_t starts[] = { X32_BIT, UINT32_MAX };

	for (unsigned i = 0; i < 2 && arch == abi_info(ABI_X32)->audit_arch; i++)
		if (first < starts[i] && last >= starts[i])
			return starts[i] - 1;
	return last;
}

static int compare_arch(struct comparison_run *run, size_t arch, uint32_t number)
{
	_cleanup_free_ struct word_range *left = NULL, *right = NULL;
	size_t left_count, right_count;
	int r;

	if (run->left.by_arch[arch] == run->right.by_arch[arch])
		return 0;
	r = diagram_ranges(run->d, run->left.by_arch[arch], WORD_NR, RANGES_MAX, &left, &left_count,
			   run->err);
	if (r < 0)
		return r;
	r = diagram_ranges(run->d, run->right.by_arch[arch], WORD_NR, RANGES_MAX, &right,
			   &right_count, run->err);
	if (r < 0)
		return r;
	for (size_t i = 0, j = 0; r == 0 && i < left_count && j < right_count;) {
		uint32_t first = left[i].first > right[j].first ? left[i].first : right[j].first;
		uint32_t last = left[i].last < right[j].last ? left[i].last : right[j].last;

		for (uint32_t from = first, to;; from = to + 1) {
			to = end_within_abi(number, from, last);
			r = compare_range(run, number, from, to, left[i].to, right[j].to);
			if (r < 0 || to == last)
				break;
		}
		i += left[i].last == last;
		j += right[j].last == last;
	}
	return r;
}

static bool is_spoken_for(const struct comparison_run *run, enum abi abi)
{
	return run->left.lists[abi] || run->right.lists[abi];
}

/* Architectures without a name here, and those with one that neither side speaks for: both are
 * "foreign" to both. */
static int compare_foreign(struct comparison_run *run)
{
	unsigned abi = 0;

	if (run->left.foreign == run->right.foreign)
		return 0;
	while (abi < ABI_COUNT && is_spoken_for(run, (enum abi)abi))
		abi++;
	run->found = (struct difference){ .abi = (enum abi)abi, .is_foreign = true };
	start_walk(run);
	return walk(run, run->left.foreign, run->right.foreign);
}

static int compare_all(struct comparison_run *run)
{
	const struct audit_arch *archs;
	size_t count = audit_arch_table(&archs);

	for (size_t i = 0; i < count; i++) {
		bool spoken_for = is_spoken_for(run, archs[i].abi) ||
				  (archs[i].abi == ABI_X86_64 && is_spoken_for(run, ABI_X32));
		int r = spoken_for ? compare_arch(run, i, archs[i].number) : 0;

		if (r < 0)
			return r;
	}
	return compare_foreign(run);
}

static int to_meaning(struct diagrams *d, struct side side, unsigned place, const char *name,
		      struct meaning *meaning, struct error *err)
{
	int r;

	if (side.policy)
		return meaning_of_policy(d, side.policy, meaning, err);
	r = meaning_of_stack(d, side.stack, place, meaning, err);
	return r < 0 ? error_prefix(err, "the %s side", name) : 0;
}

static void run_clear(struct comparison_run *run)
{
	free(run->seen);
	table_free(&run->by_pair);
}

int filter_compare_within(struct diagrams *diagrams, struct side left, struct side right,
			  void (*report_difference)(void *context,
						    const struct difference *difference),
			  void *context, struct error *err)
{
	_cleanup_(run_clear) struct comparison_run run = { .d = diagrams,
							   .report = report_difference,
							   .context = context,
							   .where_steps = WHERE_MAX,
							   .err = err };
	int r = to_meaning(run.d, left, 0, "left", &run.left, err);

	if (r == 0)
		r = to_meaning(run.d, right, 1, "right", &run.right, err);
	if (r == 0)
		r = compare_all(&run);
	return r < 0 ? r : run.differences;
}

int filter_compare(struct side left, struct side right,
		   void (*report_difference)(void *context, const struct difference *difference),
		   void *context, struct error *err)
{
	_cleanup_(diagrams_freep) struct diagrams *diagrams = diagrams_new();

	if (!diagrams)
		return error_oom(err);
	return filter_compare_within(diagrams, left, right, report_difference, context, err);
}

int compare_policies(const struct policy *left, const struct policy *right,
		     void (*report_difference)(void *context, const struct difference *difference),
		     void *context, struct error *err)
{
	return filter_compare((struct side){ .policy = left }, (struct side){ .policy = right },
			      report_difference, context, err);
}
