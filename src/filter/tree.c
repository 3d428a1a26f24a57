// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An optimal alphabetic tree: dynamic programming over intervals of ranges, with Knuth's bound on
 * where the best split can be (D. E. Knuth, Optimum binary search trees, Acta Informatica 1, 1971),
 * which makes it quadratic. Beside splits `value >= k` there are tests `value == k`: a single value
 * between ranges of one target costs one test instead of two, and a value that is asked for very
 * often is tested before everything else. (These two spoil the proof of the bound; it is kept as a
 * good guess, one step wider.)
 *
 * What is rare must not become arbitrarily slow: every range gets a little weight, and more until
 * the longest path is within two tests of the shortest possible.
 */
#include "filter/tree.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define OPTIMAL_MAX 1024 /* ranges; beyond, each split halves the weight */
#define CHAIN_MAX   4 /* single values tested one after the other */
#define PEEL_MAX    8 /* values tested before the tree */
#define PEEL_SHARE  0.15 /* of the whole weight, at least */

struct planner {
	struct tree_range *ranges;
	size_t count;
	double *sums; /* weight of all ranges before */
	float *costs; /* [first * count + last]: tests, times weight */
	uint16_t *splits; /* the first range of the right half; 0: a chain of single values */
	float *other_costs; /* of the plan before, to go back to */
	uint16_t *other_splits;
	struct tree *tree;
};

void tree_free(struct tree *tree)
{
	free(tree->nodes);
	*tree = (struct tree){ 0 };
}

static void planner_clear(struct planner *planner)
{
	free(planner->ranges);
	free(planner->sums);
	free(planner->costs);
	free(planner->splits);
	free(planner->other_costs);
	free(planner->other_splits);
}

static size_t merge(struct tree_range *ranges, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && ranges[kept - 1].target == ranges[i].target) {
			ranges[kept - 1].last = ranges[i].last;
			ranges[kept - 1].weight += ranges[i].weight;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

static bool is_single(const struct tree_range *range)
{
	return range->first == range->last;
}

/* ---- the plan ---- */

/* Whether the ranges alternate between one target and single values; *ORDER gets those, the
 * heaviest first. Returns how many, or 0. */
static size_t find_chain(const struct planner *p, size_t first, size_t last,
			 size_t order[CHAIN_MAX])
{
	size_t singles = (last - first) / 2;

	if ((last - first) % 2 != 0 || singles == 0 || singles > CHAIN_MAX)
		return 0;
	for (size_t i = first; i + 2 <= last; i += 2)
		if (p->ranges[i + 2].target != p->ranges[first].target ||
		    !is_single(&p->ranges[i + 1]))
			return 0;
	for (size_t i = 0; i < singles; i++) {
		size_t at = i, single = first + 1 + 2 * i;

		for (; at > 0 && p->ranges[order[at - 1]].weight < p->ranges[single].weight; at--)
			order[at] = order[at - 1];
		order[at] = single;
	}
	return singles;
}

static double weight_of(const struct planner *p, size_t first, size_t last)
{
	return p->sums[last + 1] - p->sums[first];
}

static void plan_interval(struct planner *p, size_t first, size_t last)
{
	size_t n = p->count, order[CHAIN_MAX], singles = find_chain(p, first, last, order);
	double whole = weight_of(p, first, last), best = -1;
	uint16_t low = p->splits[first * n + last - 1], high = p->splits[(first + 1) * n + last];
	uint16_t split = 0;

	low = low <= first + 1 ? (uint16_t)(first + 1) : (uint16_t)(low - 1);
	high = high == 0 || high >= last ? (uint16_t)last : (uint16_t)(high + 1);
	if (low > high) { /* only where chains have upset the order */
		low = (uint16_t)(first + 1);
		high = (uint16_t)last;
	}
	for (size_t k = low; k <= high; k++) {
		double cost = (double)p->costs[first * n + k - 1] + (double)p->costs[k * n + last];

		if (best < 0 || cost < best) {
			best = cost;
			split = (uint16_t)k;
		}
	}
	best += whole;
	if (singles > 0) {
		double rest = whole, cost = 0;

		for (size_t i = 0; i < singles; i++) {
			cost += rest;
			rest -= p->ranges[order[i]].weight;
		}
		if (cost <= best) {
			best = cost;
			split = 0;
		}
	}
	p->costs[first * n + last] = (float)best;
	p->splits[first * n + last] = split;
}

static void sum_up(struct planner *p)
{
	p->sums[0] = 0;
	for (size_t i = 0; i < p->count; i++)
		p->sums[i + 1] = p->sums[i] + p->ranges[i].weight;
}

static double plan(struct planner *p)
{
	sum_up(p);
	if (p->count > OPTIMAL_MAX)
		return p->sums[p->count];
	for (size_t i = 0; i < p->count; i++) {
		p->costs[i * p->count + i] = 0;
		p->splits[i * p->count + i] = (uint16_t)i;
	}
	for (size_t length = 1; length < p->count; length++)
		for (size_t first = 0; first + length < p->count; first++)
			plan_interval(p, first, first + length);
	return (double)p->costs[p->count - 1];
}

static void swap_plans(struct planner *p)
{
	float *costs = p->costs;
	uint16_t *splits = p->splits;

	p->costs = p->other_costs;
	p->splits = p->other_splits;
	p->other_costs = costs;
	p->other_splits = splits;
}

/* Tests on the longest path of what is planned. */
static unsigned planned_depth(const struct planner *p, size_t first, size_t last)
{
	size_t split = p->splits[first * p->count + last];
	unsigned no, yes;

	if (first == last)
		return 0;
	if (split == 0)
		return (unsigned)(last - first) / 2;
	no = planned_depth(p, first, split - 1);
	yes = planned_depth(p, split, last);
	return 1 + (no > yes ? no : yes);
}

/* ---- the tree ---- */

static int add_node(struct tree *tree, struct tree_node node, size_t *place, struct error *err)
{
	if (!array_grow_one(&tree->nodes, tree->count))
		return error_oom(err);
	if (node.kind != TREE_LEAF)
		node.size = 1 + tree->nodes[node.yes].size + tree->nodes[node.no].size;
	*place = tree->count;
	tree->nodes[tree->count++] = node;
	return 0;
}

static int add_leaf(struct tree *tree, const struct tree_range *range, size_t *place,
		    struct error *err)
{
	return add_node(tree,
			(struct tree_node){ .kind = TREE_LEAF,
					    .value = range->target,
					    .weight = range->weight },
			place, err);
}

static int build_chain(struct planner *p, const size_t *order, size_t singles, size_t first,
		       double whole, size_t *place, struct error *err)
{
	int r = add_leaf(p->tree, &p->ranges[first], place, err);

	/* From its end: the last test falls through to the target around the values. */
	for (size_t i = 0; i < singles; i++)
		whole -= p->ranges[order[i]].weight;
	for (size_t i = singles; r == 0 && i-- > 0;) {
		const struct tree_range *single = &p->ranges[order[i]];
		size_t yes = 0;

		whole += single->weight;
		r = add_leaf(p->tree, single, &yes, err);
		if (r == 0)
			r = add_node(p->tree,
				     (struct tree_node){ .kind = TREE_EQUAL,
							 .value = single->first,
							 .yes = yes,
							 .no = *place,
							 .weight = whole },
				     place, err);
	}
	return r;
}

static size_t halve(const struct planner *p, size_t first, size_t last)
{
	double middle = (p->sums[first] + p->sums[last + 1]) / 2;
	size_t low = first + 1, high = last;

	while (low < high) {
		size_t at = (low + high) / 2;

		if (p->sums[at] < middle)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

static int build(struct planner *p, size_t first, size_t last, size_t *place, struct error *err)
{
	size_t order[CHAIN_MAX], split, yes = 0, no = 0;
	double whole = weight_of(p, first, last);
	int r;

	if (first == last)
		return add_leaf(p->tree, &p->ranges[first], place, err);
	split = p->count > OPTIMAL_MAX ? halve(p, first, last) : p->splits[first * p->count + last];
	if (split == 0)
		return build_chain(p, order, find_chain(p, first, last, order), first, whole, place,
				   err);
	r = build(p, first, split - 1, &no, err);
	if (r == 0)
		r = build(p, split, last, &yes, err);
	if (r < 0)
		return r;
	return add_node(p->tree,
			(struct tree_node){ .kind = TREE_AT_LEAST,
					    .value = p->ranges[split].first,
					    .yes = yes,
					    .no = no,
					    .weight = whole },
			place, err);
}

static unsigned depth_of(const struct tree *tree, size_t at)
{
	unsigned yes, no;

	if (tree->nodes[at].kind == TREE_LEAF)
		return 0;
	yes = depth_of(tree, tree->nodes[at].yes);
	no = depth_of(tree, tree->nodes[at].no);
	return 1 + (yes > no ? yes : no);
}

/* ---- values tested first ---- */

/* The heaviest single value that makes up a good part of the whole; count where there is none. */
static size_t find_heavy(const struct planner *p)
{
	size_t heaviest = p->count;

	for (size_t i = 0; i < p->count; i++)
		if (is_single(&p->ranges[i]) &&
		    (heaviest == p->count || p->ranges[i].weight > p->ranges[heaviest].weight))
			heaviest = i;
	if (heaviest < p->count &&
	    p->ranges[heaviest].weight < PEEL_SHARE * weight_of(p, 0, p->count - 1))
		return p->count;
	return heaviest;
}

/* Without range AT, whose value no longer comes and so may belong to a neighbour. */
static size_t without(struct tree_range *ranges, size_t count, size_t at)
{
	if (at > 0)
		ranges[at - 1].last = ranges[at].last;
	else
		ranges[at + 1].first = ranges[at].first;
	memmove(&ranges[at], &ranges[at + 1], (count - at - 1) * sizeof(*ranges));
	return merge(ranges, count - 1);
}

/* Plans the ranges without their heaviest value; puts them back where that is no better. */
static int peel(struct planner *p, double *cost, struct tree_range *peeled, bool *is_better,
		struct error *err)
{
	_cleanup_free_ struct tree_range *saved = NULL;
	size_t heavy = find_heavy(p), count = p->count;
	double whole, rest;

	*is_better = false;
	if (heavy == count || count < 2 || count > OPTIMAL_MAX)
		return 0;
	saved = malloc(count * sizeof(*saved));
	if (!saved)
		return error_oom(err);
	memcpy(saved, p->ranges, count * sizeof(*saved));
	*peeled = saved[heavy];
	whole = weight_of(p, 0, count - 1);
	p->count = without(p->ranges, count, heavy);
	swap_plans(p);
	rest = whole + plan(p);
	*is_better = rest < *cost;
	if (*is_better) {
		*cost = rest - whole;
		return 0;
	}
	memcpy(p->ranges, saved, count * sizeof(*saved));
	p->count = count;
	swap_plans(p);
	sum_up(p);
	return 0;
}

/* Gives up, with a tree of no nodes, where it would be deeper than LIMIT in any case: to test values first
 * makes the others' paths no shorter than by one. */
static int build_whole(struct planner *p, unsigned limit, struct error *err)
{
	struct tree_range peeled[PEEL_MAX];
	double cost = plan(p);
	size_t count = 0;
	bool is_better = true;
	int r = 0;

	p->tree->count = 0;
	if (p->count <= OPTIMAL_MAX && planned_depth(p, 0, p->count - 1) > limit + 1)
		return 0;
	while (r == 0 && is_better && count < PEEL_MAX) {
		r = peel(p, &cost, &peeled[count], &is_better, err);
		count += is_better;
	}
	if (r == 0)
		r = build(p, 0, p->count - 1, &p->tree->root, err);
	while (r == 0 && count-- > 0) {
		double weight = p->tree->nodes[p->tree->root].weight + peeled[count].weight;
		size_t yes = 0;

		r = add_leaf(p->tree, &peeled[count], &yes, err);
		if (r == 0)
			r = add_node(p->tree,
				     (struct tree_node){ .kind = TREE_EQUAL,
							 .value = peeled[count].first,
							 .yes = yes,
							 .no = p->tree->root,
							 .weight = weight },
				     &p->tree->root, err);
	}
	if (r == 0)
		p->tree->depth = depth_of(p->tree, p->tree->root);
	return r;
}

static unsigned shortest_depth(size_t count)
{
	unsigned depth = 0;

	while (((size_t)1 << depth) < count)
		depth++;
	return depth;
}

int tree_build(struct tree_range *ranges, size_t count, struct tree *tree, struct error *err)
{
	_cleanup_(planner_clear) struct planner p = { .tree = tree };
	double whole = 0;
	int r = 0;

	*tree = (struct tree){ 0 };
	count = merge(ranges, count);
	if (count == 0)
		return error_set(err, -EINVAL, "there are no ranges");
	for (size_t i = 0; i < count; i++)
		whole += ranges[i].weight;
	p.ranges = calloc(count, sizeof(*p.ranges));
	p.sums = calloc(count + 1, sizeof(*p.sums));
	if (count <= OPTIMAL_MAX) {
		p.costs = calloc(count * count, sizeof(*p.costs));
		p.splits = calloc(count * count, sizeof(*p.splits));
		p.other_costs = calloc(count * count, sizeof(*p.other_costs));
		p.other_splits = calloc(count * count, sizeof(*p.other_splits));
	}
	if (!p.ranges || !p.sums ||
	    (count <= OPTIMAL_MAX && (!p.costs || !p.splits || !p.other_costs || !p.other_splits)))
		return error_oom(err);
	for (double share = 1.0 / 64; r == 0 && tree->count == 0; share *= 4) {
		double more = whole > 0 ? share * whole / (double)count : 1;
		bool is_last = share >= 16 || whole <= 0;
		unsigned limit = is_last ? UINT_MAX - 1 : shortest_depth(count) + 2;

		memcpy(p.ranges, ranges, count * sizeof(*ranges));
		p.count = count;
		for (size_t i = 0; i < count; i++)
			p.ranges[i].weight += more;
		r = build_whole(&p, limit, err);
		if (tree->depth > limit)
			tree->count = 0;
	}
	if (r < 0)
		tree_free(tree);
	return r;
}
