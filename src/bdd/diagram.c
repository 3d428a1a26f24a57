// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * All nodes are in one array and are never freed singly; a hash table finds an existing node. A
 * second table, which forgets on collision, caches results of operations: without it the recursions
 * would be exponential, with it they take at most one step per combination of nodes. The recursions
 * are at most as deep as there are bits (512).
 */
#include "bdd/diagram.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "policy/action.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#define NODES_MAX   (1u << 20) /* 12 MB, and as much again to find them */
#define STEPS_MAX   (8u << 20) /* some tenths of a second; real filters take some 10,000 */
#define RESULTS_MAX (1u << 19)

struct entry {
	uint16_t level;
	uint16_t kind; /* of a terminal */
	node low, high; /* where the bit is 0, and 1; a terminal's value is in low */
};

enum operation { OP_NONE, OP_IF, OP_COMBINE, OP_NORMAL, OP_FIX, OP_REACHES };

struct result {
	uint32_t operation, a, b, c;
	node node;
};

struct diagrams {
	struct entry *nodes;
	uint32_t count, room;
	uint32_t *visits, visit; /* per node the last walk that came by */
	struct table by_entry;
	struct result *results;
	uint32_t results_mask;
	uint64_t steps; /* that may still be made */
	bool is_out_of_steps, is_out_of_nodes, is_out_of_memory;
};

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ (h >> 29) ^ b) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 32) ^ c) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h ^ (h >> 31));
}

struct diagrams *diagrams_new(void)
{
	_cleanup_(diagrams_freep) struct diagrams *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->room = 4096;
	d->results_mask = 4096 - 1;
	d->steps = STEPS_MAX;
	d->nodes = calloc(d->room, sizeof(*d->nodes));
	d->visits = calloc(d->room, sizeof(*d->visits));
	d->results = calloc(d->results_mask + 1, sizeof(*d->results));
	if (!d->nodes || !d->visits || !d->results || !table_reserve(&d->by_entry, d->room))
		return NULL;
	diagram_terminal(d, TERMINAL_TRUTH, 0);
	diagram_terminal(d, TERMINAL_TRUTH, 1);
	return take(d);
}

void diagrams_freep(struct diagrams **diagrams)
{
	struct diagrams *d = *diagrams;

	if (!d)
		return;
	free(d->nodes);
	free(d->visits);
	table_free(&d->by_entry);
	free(d->results);
	free(d);
	*diagrams = NULL;
}

void diagrams_refill(struct diagrams *d)
{
	d->steps = STEPS_MAX;
}

uint64_t diagrams_allow(struct diagrams *d, uint64_t steps)
{
	uint64_t before = d->steps;

	d->steps = steps;
	return before;
}

bool diagrams_spend(struct diagrams *d, uint64_t steps)
{
	if (d->steps < steps) {
		d->is_out_of_steps = true;
		return false;
	}
	d->steps -= steps;
	return true;
}

bool diagrams_recover(struct diagrams *d)
{
	d->is_out_of_steps = false;
	return !d->is_out_of_nodes && !d->is_out_of_memory;
}

int diagrams_error(const struct diagrams *d, struct error *err)
{
	if (d->is_out_of_memory)
		return error_oom(err);
	return error_set(err, -EOPNOTSUPP, "too complex to be read exactly within %s",
			 d->is_out_of_nodes ? "bounded memory" : "bounded time");
}

static bool grow(struct diagrams *d)
{
	uint32_t room = d->room * 2;
	struct result *results;

	if (d->room >= NODES_MAX) {
		d->is_out_of_nodes = true;
		return false;
	}
	d->is_out_of_memory = true; /* until all is had */
	/* Both double: their capacity is the count, which is a power of two. */
	if (!array_grow(&d->nodes, d->room, d->room) || !array_grow(&d->visits, d->room, d->room))
		return false;
	if (!table_reserve(&d->by_entry, room))
		return false;
	d->room = room;
	if (d->results_mask + 1 < RESULTS_MAX) {
		results = calloc((size_t)(d->results_mask + 1) * 2, sizeof(*results));
		if (!results)
			return false;
		free(d->results);
		d->results = results;
		d->results_mask = (d->results_mask + 1) * 2 - 1;
	}
	d->is_out_of_memory = false;
	return true;
}

static node intern(struct diagrams *d, struct entry entry)
{
	uint32_t hash = mix(entry.level + (uint32_t)entry.kind * 1024, entry.low, entry.high);

	if (d->count == d->room && !grow(d))
		return DIAGRAM_NONE;
	TABLE_EACH (index, &d->by_entry, hash) {
		const struct entry *there = &d->nodes[index];

		if (there->level == entry.level && there->kind == entry.kind &&
		    there->low == entry.low && there->high == entry.high)
			return index;
	}
	/* grow() has made room in the table too. */
	if (!table_add(&d->by_entry, hash, d->count))
		return DIAGRAM_NONE;
	d->nodes[d->count] = entry;
	return d->count++;
}

node diagram_terminal(struct diagrams *d, enum terminal_kind kind, uint32_t value)
{
	return intern(d, (struct entry){ TERMINAL_LEVEL, (uint16_t)kind, value, 0 });
}

static node make(struct diagrams *d, unsigned level, node low, node high)
{
	if (low == DIAGRAM_NONE || high == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (low == high)
		return low;
	return intern(d, (struct entry){ (uint16_t)level, 0, low, high });
}

unsigned diagram_level(const struct diagrams *d, node a)
{
	return d->nodes[a].level;
}

node diagram_branch(const struct diagrams *d, node a, bool bit)
{
	return bit ? d->nodes[a].high : d->nodes[a].low;
}

enum terminal_kind diagram_kind(const struct diagrams *d, node terminal)
{
	return (enum terminal_kind)d->nodes[terminal].kind;
}

uint32_t diagram_value(const struct diagrams *d, node terminal)
{
	return d->nodes[terminal].low;
}

/* What NODE is when the bit of LEVEL, at or above its own, is known. */
static node cofactor(const struct diagrams *d, node a, unsigned level, bool bit)
{
	return d->nodes[a].level == level ? diagram_branch(d, a, bit) : a;
}

/* ---- conditions on one word, from its lowest bit up: no search, one new node a bit ---- */

static unsigned level_of(enum word word, unsigned bit)
{
	return (unsigned)word * 32 + 31 - bit;
}

node diagram_bit(struct diagrams *d, enum word word, unsigned bit)
{
	return make(d, level_of(word, bit), DIAGRAM_FALSE, DIAGRAM_TRUE);
}

node diagram_masked_equal(struct diagrams *d, enum word word, uint32_t mask, uint32_t value)
{
	node all = DIAGRAM_TRUE;

	if (value & ~mask)
		return DIAGRAM_FALSE;
	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(mask >> bit & 1))
			continue;
		if (value >> bit & 1)
			all = make(d, level_of(word, bit), DIAGRAM_FALSE, all);
		else
			all = make(d, level_of(word, bit), all, DIAGRAM_FALSE);
	}
	return all;
}

node diagram_equal(struct diagrams *d, enum word word, uint32_t value)
{
	return diagram_masked_equal(d, word, UINT32_MAX, value);
}

node diagram_at_least(struct diagrams *d, enum word word, uint32_t value)
{
	node rest = DIAGRAM_TRUE;

	for (unsigned bit = 0; bit < 32; bit++) {
		if (value >> bit & 1)
			rest = make(d, level_of(word, bit), DIAGRAM_FALSE, rest);
		else
			rest = make(d, level_of(word, bit), rest, DIAGRAM_TRUE);
	}
	return rest;
}

static node values_from(struct diagrams *d, unsigned level, unsigned bit,
			const struct word_value *values, size_t count, node otherwise)
{
	size_t low = 0;

	if (count == 0 || otherwise == DIAGRAM_NONE)
		return otherwise;
	if (bit == 0)
		return values->to;
	while (low < count && !(values[low].value >> (bit - 1) & 1))
		low++;
	return make(d, level,
		    values_from(d, level + 1, bit - 1, values, low,
				cofactor(d, otherwise, level, false)),
		    values_from(d, level + 1, bit - 1, values + low, count - low,
				cofactor(d, otherwise, level, true)));
}

node diagram_values(struct diagrams *d, enum word word, const struct word_value *values,
		    size_t count, node otherwise)
{
	return values_from(d, (unsigned)word * 32, 32, values, count, otherwise);
}

/* ---- operations ---- */

static struct result *slot(struct diagrams *d, enum operation operation, uint32_t a, uint32_t b,
			   uint32_t c)
{
	return &d->results[mix(a + (uint32_t)operation * 0x1000193u, b, c) & d->results_mask];
}

/* One step of work on an operation: true where its result is known already. */
static bool recall(struct diagrams *d, enum operation operation, uint32_t a, uint32_t b, uint32_t c,
		   node *found)
{
	const struct result *at = slot(d, operation, a, b, c);

	if (at->operation == (uint32_t)operation && at->a == a && at->b == b && at->c == c) {
		*found = at->node;
		return true;
	}
	if (d->steps == 0) {
		d->is_out_of_steps = true;
		*found = DIAGRAM_NONE;
		return true;
	}
	d->steps--;
	return false;
}

static node remember(struct diagrams *d, enum operation operation, uint32_t a, uint32_t b,
		     uint32_t c, node found)
{
	if (found != DIAGRAM_NONE)
		*slot(d, operation, a, b, c) = (struct result){ operation, a, b, c, found };
	return found;
}

static unsigned top(const struct diagrams *d, node a, node b)
{
	unsigned left = d->nodes[a].level, right = d->nodes[b].level;

	return left < right ? left : right;
}

node diagram_if(struct diagrams *d, node condition, node a, node b)
{
	unsigned level;
	node low, high;

	if (condition == DIAGRAM_NONE || a == DIAGRAM_NONE || b == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (condition == DIAGRAM_TRUE || a == b)
		return a;
	if (condition == DIAGRAM_FALSE)
		return b;
	if (a == DIAGRAM_TRUE && b == DIAGRAM_FALSE)
		return condition;
	if (recall(d, OP_IF, condition, a, b, &low))
		return low;
	level = top(d, a, b);
	if (d->nodes[condition].level < level)
		level = d->nodes[condition].level;
	low = diagram_if(d, cofactor(d, condition, level, false), cofactor(d, a, level, false),
			 cofactor(d, b, level, false));
	if (low == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	high = diagram_if(d, cofactor(d, condition, level, true), cofactor(d, a, level, true),
			  cofactor(d, b, level, true));
	return remember(d, OP_IF, condition, a, b, make(d, level, low, high));
}

node diagram_and(struct diagrams *d, node a, node b)
{
	return diagram_if(d, a, b, DIAGRAM_FALSE);
}

node diagram_or(struct diagrams *d, node a, node b)
{
	return diagram_if(d, a, DIAGRAM_TRUE, b);
}

node diagram_not(struct diagrams *d, node a)
{
	return diagram_if(d, a, DIAGRAM_FALSE, DIAGRAM_TRUE);
}

/* Follows VALUE from the word's highest bit down; what leaves its path is decided. */
static node if_on_path(struct diagrams *d, unsigned level, unsigned bit, uint32_t value,
		       bool is_equal, node a, node b)
{
	bool is_one;
	node on_path, beside;

	if (a == b || bit == 0)
		return a;
	is_one = value >> (bit - 1) & 1;
	/* Beside a 0 the word is greater, beside a 1 it is less. */
	beside = cofactor(d, is_one || is_equal ? b : a, level, !is_one);
	on_path = if_on_path(d, level + 1, bit - 1, value, is_equal, cofactor(d, a, level, is_one),
			     cofactor(d, b, level, is_one));
	return is_one ? make(d, level, beside, on_path) : make(d, level, on_path, beside);
}

node diagram_if_equal(struct diagrams *d, enum word word, uint32_t value, node a, node b)
{
	if (a == DIAGRAM_NONE || b == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (top(d, a, b) < (unsigned)word * 32)
		return diagram_if(d, diagram_equal(d, word, value), a, b);
	return if_on_path(d, (unsigned)word * 32, 32, value, true, a, b);
}

node diagram_if_at_least(struct diagrams *d, enum word word, uint32_t value, node a, node b)
{
	if (a == DIAGRAM_NONE || b == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (top(d, a, b) < (unsigned)word * 32)
		return diagram_if(d, diagram_at_least(d, word, value), a, b);
	return if_on_path(d, (unsigned)word * 32, 32, value, false, a, b);
}

static bool is_terminal(const struct diagrams *d, node a)
{
	return d->nodes[a].level == TERMINAL_LEVEL;
}

static int32_t precedence(uint32_t action)
{
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/* Of two terminals the one that wins: the least action, and of equal ones the newer's. What is
 * unknown wins unless the other can't be beaten. */
static node stronger(const struct diagrams *d, node newer, node older)
{
	bool unknown = d->nodes[newer].kind == TERMINAL_UNKNOWN;

	if (unknown || d->nodes[older].kind == TERMINAL_UNKNOWN) {
		node known = unknown ? older : newer;

		if (d->nodes[known].kind == TERMINAL_ACTION &&
		    precedence(d->nodes[known].low) == INT32_MIN)
			return known;
		return unknown ? newer : older;
	}
	return precedence(d->nodes[newer].low) <= precedence(d->nodes[older].low) ? newer : older;
}

node diagram_combine(struct diagrams *d, node newer, node older)
{
	unsigned level;
	node low, high;

	if (newer == DIAGRAM_NONE || older == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (newer == older)
		return newer;
	if (is_terminal(d, newer) && is_terminal(d, older))
		return stronger(d, newer, older);
	if (recall(d, OP_COMBINE, newer, older, 0, &low))
		return low;
	level = top(d, newer, older);
	low = diagram_combine(d, cofactor(d, newer, level, false),
			      cofactor(d, older, level, false));
	if (low == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	high = diagram_combine(d, cofactor(d, newer, level, true), cofactor(d, older, level, true));
	return remember(d, OP_COMBINE, newer, older, 0, make(d, level, low, high));
}

node diagram_normal(struct diagrams *d, node a)
{
	node low, high;

	if (a == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (is_terminal(d, a))
		return d->nodes[a].kind == TERMINAL_ACTION
			       ? diagram_terminal(d, TERMINAL_ACTION,
						  action_outcome(d->nodes[a].low))
			       : a;
	if (recall(d, OP_NORMAL, a, 0, 0, &low))
		return low;
	low = diagram_normal(d, d->nodes[a].low);
	high = diagram_normal(d, d->nodes[a].high);
	return remember(d, OP_NORMAL, a, 0, 0, make(d, d->nodes[a].level, low, high));
}

node diagram_fix(struct diagrams *d, node a, enum word word, uint32_t value)
{
	unsigned first = (unsigned)word * 32;
	node low, high;

	if (a == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	while (d->nodes[a].level >= first && d->nodes[a].level < first + 32)
		a = diagram_branch(d, a, value >> (31 - (d->nodes[a].level - first)) & 1);
	if (d->nodes[a].level >= first)
		return a;
	if (recall(d, OP_FIX, a, (uint32_t)word, value, &low))
		return low;
	low = diagram_fix(d, d->nodes[a].low, word, value);
	high = diagram_fix(d, d->nodes[a].high, word, value);
	return remember(d, OP_FIX, a, (uint32_t)word, value, make(d, d->nodes[a].level, low, high));
}

node diagram_reaches(struct diagrams *d, node a, unsigned level, node target)
{
	node low, high;

	if (a == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (d->nodes[a].level >= level)
		return a == target ? DIAGRAM_TRUE : DIAGRAM_FALSE;
	if (recall(d, OP_REACHES, a, level, target, &low))
		return low;
	low = diagram_reaches(d, d->nodes[a].low, level, target);
	high = diagram_reaches(d, d->nodes[a].high, level, target);
	return remember(d, OP_REACHES, a, level, target, make(d, d->nodes[a].level, low, high));
}

/* ---- reading ---- */

struct range_list {
	const struct diagrams *d;
	struct word_range *ranges;
	size_t count, limit;
	unsigned end; /* the first level below the word */
};

static int range_append(struct range_list *list, uint32_t first, uint32_t last, node to,
			struct error *err)
{
	struct word_range *added;

	if (list->count > 0 && list->ranges[list->count - 1].to == to) {
		list->ranges[list->count - 1].last = last;
		return 0;
	}
	if (list->count == list->limit)
		return error_set(err, -EOPNOTSUPP,
				 "distinguishes more than %zu ranges of one 32-bit word",
				 list->limit);
	added = array_grow_one(&list->ranges, list->count);
	if (!added)
		return error_oom(err);
	*added = (struct word_range){ first, last, to };
	list->count++;
	return 0;
}

static int range_walk(struct range_list *list, node a, unsigned level, uint32_t first,
		      struct error *err)
{
	const struct entry *entry = &list->d->nodes[a];
	uint32_t half;
	int r;

	if (entry->level >= list->end) {
		uint64_t width = UINT64_C(1) << (list->end - level);

		return range_append(list, first, (uint32_t)(first + (width - 1)), a, err);
	}
	/* A bit that is not tested: both halves are alike. */
	half = UINT32_C(1) << (list->end - level - 1);
	r = range_walk(list, cofactor(list->d, a, level, false), level + 1, first, err);
	if (r < 0)
		return r;
	return range_walk(list, cofactor(list->d, a, level, true), level + 1, first + half, err);
}

int diagram_ranges(struct diagrams *d, node a, enum word word, size_t limit,
		   struct word_range **ranges, size_t *count, struct error *err)
{
	struct range_list list = { .d = d, .limit = limit, .end = (unsigned)word * 32 + 32 };
	int r;

	if (a == DIAGRAM_NONE)
		return diagrams_error(d, err);
	r = range_walk(&list, a, (unsigned)word * 32, 0, err);
	if (r < 0) {
		free(list.ranges);
		return r;
	}
	*ranges = list.ranges;
	*count = list.count;
	return 0;
}

struct cut {
	struct diagrams *d;
	node *nodes;
	size_t count, limit;
	unsigned level;
};

static int cut_append(struct cut *cut, node a, struct error *err)
{
	if (cut->count == cut->limit)
		return error_set(err, -EOPNOTSUPP, "distinguishes more than %zu cases", cut->limit);
	if (!array_grow_one(&cut->nodes, cut->count))
		return error_oom(err);
	cut->nodes[cut->count++] = a;
	return 0;
}

static int cut_walk(struct cut *cut, node a, struct error *err)
{
	const struct entry *entry = &cut->d->nodes[a];
	int r;

	if (cut->d->visits[a] == cut->d->visit)
		return 0;
	cut->d->visits[a] = cut->d->visit;
	if (entry->level >= cut->level)
		return cut_append(cut, a, err);
	r = cut_walk(cut, entry->low, err);
	return r < 0 ? r : cut_walk(cut, entry->high, err);
}

int diagram_cut(struct diagrams *d, node a, unsigned level, size_t limit, node **nodes,
		size_t *count, struct error *err)
{
	struct cut cut = { .d = d, .limit = limit, .level = level };
	int r;

	if (a == DIAGRAM_NONE)
		return diagrams_error(d, err);
	if (d->visit == UINT32_MAX) {
		memset(d->visits, 0, d->room * sizeof(*d->visits));
		d->visit = 0;
	}
	d->visit++;
	r = cut_walk(&cut, a, err);
	if (r < 0) {
		free(cut.nodes);
		return r;
	}
	*nodes = cut.nodes;
	*count = cut.count;
	return 0;
}
