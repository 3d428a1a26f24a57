// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * All expressions are in one array, each once; constants are folded as they are made. Bits are
 * computed only when a test needs them, by school arithmetic on diagrams (carry, shift and add,
 * long division), and stored. One expression gets a share of the allowed work, so that a hard one
 * ends as unknown and the rest of the program is still read.
 */
#include "filter/expression.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "filter/operation.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#define EXPRESSIONS_MAX 65536u
#define STEPS_EACH	(1u << 16)

enum kind { KIND_CONSTANT, KIND_LOAD, KIND_COMPUTED };

struct term {
	uint16_t kind, operation;
	uint32_t a, b; /* constant: value; load: enum word; computed: expressions */
	node *bits; /* 32, NULL until asked for */
	bool is_hard; /* they were asked for in vain */
};

struct expressions {
	struct diagrams *d;
	bool big_endian;
	struct term *terms;
	uint32_t count;
	struct table by_term;
	bool is_out_of_memory;
};

struct expressions *expressions_new(struct diagrams *diagrams, bool big_endian)
{
	_cleanup_(expressions_freep) struct expressions *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->d = diagrams;
	e->big_endian = big_endian;
	return expression_constant(e, 0) == EXPRESSION_NONE ? NULL : take(e);
}

void expressions_freep(struct expressions **expressions)
{
	struct expressions *e = *expressions;

	if (!e)
		return;
	for (uint32_t i = 0; i < e->count; i++)
		free(e->terms[i].bits);
	free(e->terms);
	table_free(&e->by_term);
	free(e);
	*expressions = NULL;
}

bool expressions_are_out_of_memory(const struct expressions *e)
{
	return e->is_out_of_memory;
}

static uint32_t term_hash(const struct term *term)
{
	uint64_t h = (term->kind * 256u + term->operation) * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ (h >> 29) ^ term->a) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 32) ^ term->b) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h ^ (h >> 31));
}

static expression intern(struct expressions *e, struct term term)
{
	uint32_t hash = term_hash(&term);

	TABLE_EACH (index, &e->by_term, hash) {
		const struct term *there = &e->terms[index];

		if (there->kind == term.kind && there->operation == term.operation &&
		    there->a == term.a && there->b == term.b)
			return index;
	}
	if (e->count == EXPRESSIONS_MAX)
		return EXPRESSION_NONE;
	if (!array_grow_one(&e->terms, e->count) || !table_add(&e->by_term, hash, e->count)) {
		e->is_out_of_memory = true;
		return EXPRESSION_NONE;
	}
	e->terms[e->count] = term;
	return e->count++;
}

expression expression_constant(struct expressions *e, uint32_t value)
{
	return intern(e, (struct term){ .kind = KIND_CONSTANT, .a = value });
}

expression expression_load(struct expressions *e, uint32_t offset)
{
	enum word word;

	if (offset == offsetof(struct seccomp_data, nr)) {
		word = WORD_NR;
	} else if (offset == offsetof(struct seccomp_data, arch)) {
		word = WORD_ARCH;
	} else {
		bool is_high = (offset % 8 == 4) != e->big_endian;

		if (offset < offsetof(struct seccomp_data, args))
			word = is_high ? WORD_POINTER_HIGH : WORD_POINTER_LOW;
		else if (is_high)
			word = word_high((offset - 16) / 8);
		else
			word = word_low((offset - 16) / 8);
	}
	return intern(e, (struct term){ .kind = KIND_LOAD, .a = word });
}

bool expression_is_constant(const struct expressions *e, expression a, uint32_t *value)
{
	if (a == EXPRESSION_NONE || e->terms[a].kind != KIND_CONSTANT)
		return false;
	*value = e->terms[a].a;
	return true;
}

expression expression_compute(struct expressions *e, uint16_t operation, expression a, expression b)
{
	bool is_shift = operation == BPF_LSH || operation == BPF_RSH;
	uint32_t left, right = 0;
	bool b_known;

	if (operation == BPF_NEG)
		b = EXPRESSION_ZERO;
	if (a == EXPRESSION_NONE || b == EXPRESSION_NONE)
		return EXPRESSION_NONE;
	b_known = expression_is_constant(e, b, &right);
	/* By 32 and more, which only a shift by X can be, each machine does as it likes. */
	if (is_shift && (!b_known || right >= 32))
		return EXPRESSION_NONE;
	if (operation == BPF_DIV && (!b_known || right == 0))
		return EXPRESSION_NONE;
	if (b_known && expression_is_constant(e, a, &left))
		return expression_constant(e, operation_compute(operation, left, right));
	return intern(
		e, (struct term){ .kind = KIND_COMPUTED, .operation = operation, .a = a, .b = b });
}

/* ---- bits ---- */

static void bits_of_constant(uint32_t value, node bits[32])
{
	for (unsigned i = 0; i < 32; i++)
		bits[i] = value >> i & 1 ? DIAGRAM_TRUE : DIAGRAM_FALSE;
}

static node exclusive(struct diagrams *d, node a, node b)
{
	return diagram_if(d, a, diagram_not(d, b), b);
}

/* OUT = A + B + CARRY; OUT may be A. */
static void bits_add(struct diagrams *d, const node a[32], const node b[32], node carry,
		     node out[32])
{
	for (unsigned i = 0; i < 32; i++) {
		node sum = exclusive(d, a[i], b[i]);
		node next = diagram_if(d, sum, carry, a[i]);

		out[i] = exclusive(d, sum, carry);
		carry = next;
	}
}

static void bits_subtract(struct diagrams *d, const node a[32], const node b[32], node out[32])
{
	node inverse[32];

	for (unsigned i = 0; i < 32; i++)
		inverse[i] = diagram_not(d, b[i]);
	bits_add(d, a, inverse, DIAGRAM_TRUE, out);
}

static void bits_multiply(struct diagrams *d, const node a[32], const node b[32], node out[32])
{
	bits_of_constant(0, out);
	for (unsigned shift = 0; shift < 32; shift++) {
		node part[32];

		if (b[shift] == DIAGRAM_FALSE)
			continue;
		for (unsigned i = 0; i < 32; i++)
			part[i] =
				i < shift ? DIAGRAM_FALSE : diagram_and(d, a[i - shift], b[shift]);
		bits_add(d, out, part, DIAGRAM_FALSE, out);
	}
}

/* Whether a > b, or a >= b, from the lowest bit up. */
static node bits_greater(struct diagrams *d, const node a[32], const node b[32], bool or_equal)
{
	node rest = or_equal ? DIAGRAM_TRUE : DIAGRAM_FALSE;

	for (unsigned i = 0; i < 32; i++)
		rest = diagram_if(d, a[i], diagram_if(d, b[i], rest, DIAGRAM_TRUE),
				  diagram_if(d, b[i], DIAGRAM_FALSE, rest));
	return rest;
}

/* By a constant: the remainder is shifted left and, where the divisor fits, lessened by it. A
 * divisor above 2^31 needs a bit more than 32, but then the quotient is 0 or 1. */
static void bits_divide(struct diagrams *d, const node a[32], const node b[32], uint32_t divisor,
			node out[32])
{
	node remainder[32];

	bits_of_constant(0, out);
	if (divisor > UINT32_C(1) << 31) {
		out[0] = bits_greater(d, a, b, true);
		return;
	}
	bits_of_constant(0, remainder);
	for (unsigned i = 32; i-- > 0;) {
		node less[32], fits;

		memmove(&remainder[1], &remainder[0], 31 * sizeof(remainder[0]));
		remainder[0] = a[i];
		fits = bits_greater(d, remainder, b, true);
		bits_subtract(d, remainder, b, less);
		for (unsigned j = 0; j < 32; j++)
			remainder[j] = diagram_if(d, fits, less[j], remainder[j]);
		out[i] = fits;
	}
}

static void bits_shift(const node a[32], uint16_t operation, uint32_t by, node out[32])
{
	for (unsigned i = 0; i < 32; i++) {
		if (operation == BPF_LSH)
			out[i] = i < by ? DIAGRAM_FALSE : a[i - by];
		else
			out[i] = i + by < 32 ? a[i + by] : DIAGRAM_FALSE;
	}
}

static void bits_compute(struct expressions *e, const struct term *term, const node a[32],
			 const node b[32], node out[32])
{
	struct diagrams *d = e->d;
	uint32_t constant = 0;

	expression_is_constant(e, term->b, &constant);
	switch (term->operation) {
	case BPF_ADD:
		bits_add(d, a, b, DIAGRAM_FALSE, out);
		return;
	case BPF_SUB:
		bits_subtract(d, a, b, out);
		return;
	case BPF_NEG: /* 0 - a, and b is 0 */
		bits_subtract(d, b, a, out);
		return;
	case BPF_MUL:
		bits_multiply(d, a, b, out);
		return;
	case BPF_DIV:
		bits_divide(d, a, b, constant, out);
		return;
	case BPF_LSH:
	case BPF_RSH:
		bits_shift(a, term->operation, constant, out);
		return;
	default:
		break;
	}
	for (unsigned i = 0; i < 32; i++) {
		if (term->operation == BPF_AND)
			out[i] = diagram_and(d, a[i], b[i]);
		else if (term->operation == BPF_OR)
			out[i] = diagram_or(d, a[i], b[i]);
		else
			out[i] = exclusive(d, a[i], b[i]);
	}
}

/* Works out the bits of one whose operands' bits are there. */
static bool find_bits(struct expressions *e, expression a)
{
	struct term *term = &e->terms[a];
	node *bits = calloc(32, sizeof(*bits));
	uint64_t before, share, left;
	bool is_hard = false;

	if (!bits) {
		e->is_out_of_memory = true;
		return false;
	}
	term->bits = bits;
	if (term->kind == KIND_CONSTANT) {
		bits_of_constant(term->a, bits);
		return true;
	}
	if (term->kind == KIND_LOAD) {
		for (unsigned i = 0; i < 32; i++)
			bits[i] = diagram_bit(e->d, (enum word)term->a, i);
		return true;
	}
	before = diagrams_allow(e->d, 0);
	share = before < STEPS_EACH ? before : STEPS_EACH;
	diagrams_allow(e->d, share);
	bits_compute(e, term, e->terms[term->a].bits, e->terms[term->b].bits, bits);
	left = diagrams_allow(e->d, 0);
	diagrams_allow(e->d, before - share + left);
	for (unsigned i = 0; i < 32; i++)
		is_hard = is_hard || bits[i] == DIAGRAM_NONE;
	return !is_hard;
}

const node *expression_bits(struct expressions *e, expression asked)
{
	/* Depth first without recursion: operands are always older than what is made of them. */
	_cleanup_free_ expression *stack = NULL;
	uint32_t depth = 0;

	if (asked == EXPRESSION_NONE || e->terms[asked].is_hard)
		return NULL;
	if (e->terms[asked].bits)
		return e->terms[asked].bits;
	stack = calloc((size_t)asked * 2 + 2, sizeof(*stack));
	if (!stack) {
		e->is_out_of_memory = true;
		return NULL;
	}
	stack[depth++] = asked;
	while (depth > 0) {
		struct term *term = &e->terms[stack[depth - 1]];
		bool waits = false;

		if (term->bits || term->is_hard) {
			depth--;
			continue;
		}
		if (term->kind == KIND_COMPUTED) {
			const expression operands[] = { term->a, term->b };

			for (unsigned i = 0; i < 2; i++) {
				const struct term *operand = &e->terms[operands[i]];

				term->is_hard = term->is_hard || operand->is_hard;
				if (!operand->bits && !operand->is_hard) {
					stack[depth++] = operands[i];
					waits = true;
				}
			}
		}
		if (waits || term->is_hard)
			continue;
		if (!find_bits(e, stack[depth - 1])) {
			free(term->bits);
			term->bits = NULL;
			term->is_hard = true;
			if (!diagrams_recover(e->d))
				return NULL;
		}
	}
	return e->terms[asked].bits;
}

/* ---- tests ---- */

bool expression_test_constant(const struct expressions *e, uint16_t operation, expression a,
			      expression b, bool *holds)
{
	uint32_t left, right;

	if (!expression_is_constant(e, a, &left) || !expression_is_constant(e, b, &right))
		return false;
	*holds = operation_holds(operation, left, right);
	return true;
}

bool expression_choose(const struct expressions *e, uint16_t operation, expression a, expression b,
		       node yes, node no, node *result)
{
	struct diagrams *d = e->d;
	enum word word;
	uint32_t value;

	if (a == EXPRESSION_NONE || e->terms[a].kind != KIND_LOAD ||
	    !expression_is_constant(e, b, &value))
		return false;
	word = (enum word)e->terms[a].a;
	switch (operation) {
	case BPF_JEQ:
		*result = diagram_if_equal(d, word, value, yes, no);
		break;
	case BPF_JGE:
		*result = diagram_if_at_least(d, word, value, yes, no);
		break;
	case BPF_JGT:
		*result =
			value == UINT32_MAX ? no : diagram_if_at_least(d, word, value + 1, yes, no);
		break;
	default:
		*result = diagram_if(d, diagram_masked_equal(d, word, value, 0), no, yes);
	}
	return true;
}

node expression_test(struct expressions *e, uint16_t operation, expression a, expression b)
{
	struct diagrams *d = e->d;
	const node *left, *right;
	node all = DIAGRAM_TRUE;

	if (a == EXPRESSION_NONE || b == EXPRESSION_NONE)
		return DIAGRAM_NONE;
	left = expression_bits(e, a);
	right = expression_bits(e, b);
	if (!left || !right)
		return DIAGRAM_NONE;
	if (operation == BPF_JGT || operation == BPF_JGE)
		return bits_greater(d, left, right, operation == BPF_JGE);
	for (unsigned i = 0; i < 32; i++) {
		if (operation == BPF_JEQ)
			all = diagram_and(d, all, diagram_not(d, exclusive(d, left[i], right[i])));
		else
			all = diagram_and(d, all,
					  diagram_not(d, diagram_and(d, left[i], right[i])));
	}
	return operation == BPF_JEQ ? all : diagram_not(d, all);
}
