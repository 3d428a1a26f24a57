// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Code for a diagram over arguments, word by word: load the word, then distinguish its values. The
 * method depends on the values: ranges go into a tree of comparisons; where only some bits matter,
 * they are masked out first, or tested in place. Each word is reduced to the values that its
 * outcome depends on, so the high half of several 64-bit comparisons is loaded once, and no word is
 * loaded without need.
 */
#include "filter/block.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "filter/tree.h"

#include <errno.h>
#include <string.h>

#define RANGES_MAX   256
#define CHILDREN_MAX 4096

struct block {
	node node;
	uint32_t order;
	bool is_loaded; /* the word is in A already, and still whole */
	label place;
};

/* One word's decision while it is being made. */
struct decision {
	struct blocks *blocks;
	enum word word;
	unsigned end; /* the first level below the word */
	const struct order *order;
	struct sample *samples;
	size_t samples_count;
	struct error *err;
};

void blocks_clear(struct blocks *blocks)
{
	free(blocks->made);
	table_free(&blocks->by_node);
}

static uint32_t pack(const struct order *order)
{
	uint32_t packed = 0;

	for (unsigned i = 0; i < 6; i++)
		packed = packed << 3 | order->argument[i];
	return packed;
}

/* ---- what was emitted already ---- */

static uint32_t hash(node a, uint32_t order, bool is_loaded)
{
	uint64_t h = (a * UINT64_C(2) + is_loaded) * UINT64_C(0x9e3779b97f4a7c15) + order;

	return (uint32_t)((h * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
}

static struct block *find(const struct blocks *blocks, node a, uint32_t order, bool is_loaded)
{
	uint32_t key = hash(a, order, is_loaded);

	TABLE_EACH (index, &blocks->by_node, key) {
		struct block *block = &blocks->made[index];

		if (block->node == a && block->order == order && block->is_loaded == is_loaded)
			return block;
	}
	return NULL;
}

static int add(struct blocks *blocks, struct block block, struct error *err)
{
	if (!array_grow_one(&blocks->made, blocks->count) ||
	    !table_add(&blocks->by_node, hash(block.node, block.order, block.is_loaded),
		       (uint32_t)blocks->count))
		return error_oom(err);
	blocks->made[blocks->count++] = block;
	return 0;
}

/* ---- samples ---- */

static uint32_t word_of(const struct sample *sample, enum word word, const struct order *order)
{
	unsigned slot = (word - WORD_ARGUMENTS) / 2;
	uint64_t value = sample->arguments[order->argument[slot]];

	return (uint32_t)(word == word_high(slot) ? value >> 32 : value);
}

/* Where a value of the word leads. */
static node follow(const struct diagrams *d, node a, unsigned end, uint32_t value)
{
	while (diagram_level(d, a) < end)
		a = diagram_branch(d, a, value >> (end - 1 - diagram_level(d, a)) & 1);
	return a;
}

/* Puts the samples that go on to TO first; returns how many. */
static size_t partition(const struct decision *decision, node a, node to)
{
	size_t count = 0;

	for (size_t i = 0; i < decision->samples_count; i++) {
		struct sample sample = decision->samples[i];

		if (follow(decision->blocks->diagrams, a, decision->end,
			   word_of(&sample, decision->word, decision->order)) != to)
			continue;
		decision->samples[i] = decision->samples[count];
		decision->samples[count++] = sample;
	}
	return count;
}

static double weight_between(const struct decision *decision, uint32_t mask, uint32_t first,
			     uint32_t last)
{
	double weight = 0;

	if (decision->samples_count == 0)
		return 1;
	for (size_t i = 0; i < decision->samples_count; i++) {
		uint32_t value =
			word_of(&decision->samples[i], decision->word, decision->order) & mask;

		if (value >= first && value <= last)
			weight += decision->samples[i].weight;
	}
	return weight;
}

/* ---- telling a word's values apart ---- */

/* The bits that are tested. */
static int find_support(const struct decision *decision, node a, uint32_t *mask)
{
	struct diagrams *d = decision->blocks->diagrams;

	*mask = 0;
	for (unsigned level = decision->end - 32; level < decision->end; level++) {
		_cleanup_free_ node *nodes = NULL;
		size_t count;
		int r = diagram_cut(d, a, level, CHILDREN_MAX, &nodes, &count, decision->err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < count; i++)
			if (diagram_level(d, nodes[i]) == level)
				*mask |= UINT32_C(1) << (decision->end - 1 - level);
	}
	return 0;
}

struct masked {
	const struct decision *decision;
	uint32_t mask;
	struct tree_range *ranges;
	size_t count;
	bool fits;
};

/* The values of the masked word in their order, as ranges. */
static void find_masked(struct masked *masked, node a, unsigned level, uint32_t value)
{
	const struct diagrams *d = masked->decision->blocks->diagrams;
	/* Behind the last level there is no bit left. */
	uint32_t bit = level < masked->decision->end
			       ? UINT32_C(1) << (masked->decision->end - 1 - level)
			       : 0;
	bool is_tested;

	if (!masked->fits)
		return;
	if (diagram_level(d, a) >= masked->decision->end) {
		uint32_t last = value;

		/* All values of the bits that are left. */
		if (bit)
			last |= masked->mask & (bit | (bit - 1));
		if (masked->count > 0 && masked->ranges[masked->count - 1].target == a)
			masked->ranges[masked->count - 1].last = last;
		else if (masked->count == RANGES_MAX)
			masked->fits = false;
		else
			masked->ranges[masked->count++] = (struct tree_range){ value, last, a, 0 };
		return;
	}
	if (!(masked->mask & bit)) {
		find_masked(masked, a, level + 1, value);
		return;
	}
	is_tested = diagram_level(d, a) == level;
	find_masked(masked, is_tested ? diagram_branch(d, a, false) : a, level + 1, value);
	find_masked(masked, is_tested ? diagram_branch(d, a, true) : a, level + 1, value | bit);
}

static label place_of(const struct decision *decision, node child)
{
	const struct block *block = find(decision->blocks, child, pack(decision->order), false);

	return block ? block->place : 0;
}

/* The leaves' values are the children. */
static label emit_tree(const struct decision *decision, const struct tree *tree, size_t at)
{
	const struct tree_node *test = &tree->nodes[at];
	label yes, no;

	if (test->kind == TREE_LEAF)
		return place_of(decision, test->value);
	if (tree->nodes[test->yes].size > tree->nodes[test->no].size) {
		yes = emit_tree(decision, tree, test->yes);
		no = emit_tree(decision, tree, test->no);
	} else {
		no = emit_tree(decision, tree, test->no);
		yes = emit_tree(decision, tree, test->yes);
	}
	return assemble_jump(decision->blocks->assembler,
			     test->kind == TREE_EQUAL ? BPF_JEQ : BPF_JGE, test->value, yes, no);
}

static int emit_ranges(const struct decision *decision, uint32_t mask, struct tree_range *ranges,
		       size_t count, label *place, struct error *err)
{
	_cleanup_(tree_free) struct tree tree = { 0 };
	int r;

	for (size_t i = 0; i < count; i++)
		ranges[i].weight = weight_between(decision, mask, ranges[i].first, ranges[i].last);
	r = tree_build(ranges, count, &tree, err);
	if (r == 0)
		*place = emit_tree(decision, &tree, tree.root);
	return r;
}

static int plain_ranges(const struct decision *decision, node a, struct tree_range *out,
			size_t *count)
{
	_cleanup_free_ struct word_range *ranges = NULL;
	int r = diagram_ranges(decision->blocks->diagrams, a, decision->word, RANGES_MAX, &ranges,
			       count, NULL);

	for (size_t i = 0; r == 0 && i < *count; i++)
		out[i] = (struct tree_range){ ranges[i].first, ranges[i].last, ranges[i].to, 0 };
	return r;
}

static int emit_tests(const struct decision *decision, node a, label *place);

/* Neither ranges nor masks are few: one bit is decided, the word stays in A. */
static int emit_bit(const struct decision *decision, node a, label *place)
{
	struct diagrams *d = decision->blocks->diagrams;
	uint32_t bit = UINT32_C(1) << (decision->end - 1 - diagram_level(d, a));
	uint32_t yes = 0, no = 0;
	int r = emit_tests(decision, diagram_branch(d, a, false), &no);

	if (r == 0)
		r = emit_tests(decision, diagram_branch(d, a, true), &yes);
	if (r == 0)
		*place = assemble_jump(decision->blocks->assembler, BPF_JSET, bit, yes, no);
	return r;
}

static int choose_tests(const struct decision *decision, node a, label *place)
{
	_cleanup_free_ struct tree_range *ranges = calloc((size_t)2 * RANGES_MAX, sizeof(*ranges));
	struct assembler *assembler = decision->blocks->assembler;
	struct masked masked = { .decision = decision, .fits = true };
	size_t count = 0;
	bool fits;
	int r;

	if (!ranges)
		return error_oom(decision->err);
	masked.ranges = ranges + RANGES_MAX;
	fits = plain_ranges(decision, a, ranges, &count) == 0;
	if (fits && count <= 3)
		return emit_ranges(decision, UINT32_MAX, ranges, count, place, decision->err);
	r = find_support(decision, a, &masked.mask);
	if (r < 0)
		return r;
	find_masked(&masked, a, decision->end - 32, 0);
	if (masked.fits && masked.count == 2 && masked.ranges[0].last == 0) {
		*place = assemble_jump(assembler, BPF_JSET, masked.mask,
				       place_of(decision, masked.ranges[1].target),
				       place_of(decision, masked.ranges[0].target));
		return 0;
	}
	if (fits && (!masked.fits || count <= masked.count + 2))
		return emit_ranges(decision, UINT32_MAX, ranges, count, place, decision->err);
	if (!masked.fits)
		return emit_bit(decision, a, place);
	r = emit_ranges(decision, masked.mask, masked.ranges, masked.count, place, decision->err);
	if (r == 0) {
		assemble_continue(assembler, *place);
		*place = assemble(assembler, BPF_ALU | BPF_AND | BPF_K, masked.mask);
	}
	return r;
}

static int emit_tests(const struct decision *decision, node a, label *place)
{
	struct blocks *blocks = decision->blocks;
	uint32_t order = pack(decision->order);
	const struct block *made;
	int r;

	if (diagram_level(blocks->diagrams, a) >= decision->end) {
		*place = place_of(decision, a);
		return 0;
	}
	made = find(blocks, a, order, true);
	if (made) {
		*place = made->place;
		return 0;
	}
	r = choose_tests(decision, a, place);
	if (r == 0)
		r = add(blocks, (struct block){ a, order, true, *place }, decision->err);
	return r;
}

/* ---- blocks ---- */

static uint32_t offset_of(const struct blocks *blocks, enum word word, const struct order *order)
{
	unsigned slot = (word - WORD_ARGUMENTS) / 2;
	bool is_second = (word == word_high(slot)) != blocks->big_endian;

	return (uint32_t)(offsetof(struct seccomp_data, args) + (size_t)8 * order->argument[slot] +
			  (is_second ? 4u : 0u));
}

struct child {
	node node;
	double weight;
};

static int by_weight(const void *a, const void *b)
{
	const struct child *left = a, *right = b;

	if (left->weight != right->weight)
		return left->weight < right->weight ? -1 : 1;
	return (left->node > right->node) - (left->node < right->node);
}

/* What the word leads to, the coldest first: what is emitted last is nearest. */
static int emit_children(const struct decision *decision, node a)
{
	struct diagrams *d = decision->blocks->diagrams;
	_cleanup_free_ struct child *children = NULL;
	_cleanup_free_ node *nodes = NULL;
	size_t count;
	int r = diagram_cut(d, a, decision->end, CHILDREN_MAX, &nodes, &count, decision->err);

	if (r < 0)
		return r;
	children = calloc(count, sizeof(*children));
	if (!children)
		return error_oom(decision->err);
	for (size_t i = 0; i < count; i++) {
		size_t samples = partition(decision, a, nodes[i]);

		children[i].node = nodes[i];
		for (size_t j = 0; j < samples; j++)
			children[i].weight += decision->samples[j].weight;
	}
	qsort(children, count, sizeof(*children), by_weight);
	for (size_t i = 0; r == 0 && i < count; i++) {
		size_t samples = partition(decision, a, children[i].node);
		label place;

		r = block_emit(decision->blocks, children[i].node, decision->order,
			       decision->samples, samples, &place, decision->err);
	}
	return r;
}

int block_emit(struct blocks *blocks, node answer, const struct order *order,
	       struct sample *samples, size_t count, label *place, struct error *err)
{
	struct diagrams *d = blocks->diagrams;
	struct decision decision = { .blocks = blocks,
				     .order = order,
				     .samples = samples,
				     .samples_count = count,
				     .err = err };
	const struct block *made = find(blocks, answer, pack(order), false);
	uint32_t tests = 0;
	int r;

	if (made) {
		*place = made->place;
		return 0;
	}
	if (diagram_level(d, answer) == TERMINAL_LEVEL) {
		*place = assemble_return(blocks->assembler, diagram_value(d, answer));
		return add(blocks, (struct block){ answer, pack(order), false, *place }, err);
	}
	if (assembler_is_full(blocks->assembler)) {
		*place = (uint32_t)blocks->assembler->count;
		return 0;
	}
	decision.word = (enum word)(diagram_level(d, answer) / 32);
	decision.end = (unsigned)decision.word * 32 + 32;
	r = emit_children(&decision, answer);
	if (r == 0)
		r = emit_tests(&decision, answer, &tests);
	if (r < 0)
		return r;
	assemble_continue(blocks->assembler, tests);
	*place = assemble(blocks->assembler, BPF_LD | BPF_W | BPF_ABS,
			  offset_of(blocks, decision.word, order));
	return add(blocks, (struct block){ answer, pack(order), false, *place }, err);
}

/* ---- what an order costs ---- */

/* How many different words a diagram's nodes stand at, roughly: each one is a load. */
static double count_words(struct blocks *blocks, node answer)
{
	double words = 0;

	for (unsigned word = WORD_ARGUMENTS; word < WORD_POINTER_HIGH; word++) {
		_cleanup_free_ node *nodes = NULL;
		size_t count;

		if (diagram_cut(blocks->diagrams, answer, word * 32, CHILDREN_MAX, &nodes, &count,
				NULL) < 0)
			return CHILDREN_MAX;
		for (size_t i = 0; i < count; i++)
			words += diagram_level(blocks->diagrams, nodes[i]) < word * 32 + 32;
	}
	return words;
}

double block_cost(struct blocks *blocks, node answer, const struct order *order,
		  const struct sample *samples, size_t count)
{
	const struct diagrams *d = blocks->diagrams;
	double words = 0, weight = 0;

	for (size_t i = 0; i < count; i++) {
		node at = answer;

		while (diagram_level(d, at) < TERMINAL_LEVEL) {
			enum word word = (enum word)(diagram_level(d, at) / 32);

			at = follow(d, at, (unsigned)word * 32 + 32,
				    word_of(&samples[i], word, order));
			words += samples[i].weight;
		}
		weight += samples[i].weight;
	}
	/* Of two that cost the same the shorter. */
	return (weight > 0 ? words / weight : 0) + count_words(blocks, answer) / CHILDREN_MAX;
}
