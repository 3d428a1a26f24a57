// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs with many joins: what a register holds where paths meet, and which of it is read later, decides
 * whether two states may be taken for one. Each random program is run over all calls at once
 * (filter/evaluate.c) and over single calls by an interpreter of this file's own, written from
 * net/core/filter.c. WHITTLE_SEED=N draws the programs of an earlier run.
 */
#include "common/cleanup.h"
#include "filter/evaluate.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PROGRAMS     20000
#define CALLS	     16 /* that each program is tried with */
#define LENGTH_MAX   24
#define SCRATCH_USED 2 /* words of the scratch memory */

#define STATEMENT(...) ((struct sock_filter)BPF_STMT(__VA_ARGS__))
#define JUMP(...)      ((struct sock_filter)BPF_JUMP(__VA_ARGS__))
#define LOAD(offset)   STATEMENT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action) STATEMENT(BPF_RET | BPF_K, action)

static uint64_t random_state;

static uint32_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20);
}

static uint32_t below(uint32_t end)
{
	return draw() % end;
}

/* ---- programs ---- */

/* Little numbers: so tests on sums and masks come out either way for some of the calls. */
static struct sock_filter draw_alu(void)
{
	static const uint16_t by_constant[] = { BPF_ADD, BPF_SUB, BPF_AND, BPF_OR,
						BPF_XOR, BPF_MUL, BPF_DIV };
	static const uint16_t by_x[] = { BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR };

	switch (below(8)) {
	case 0:
		return STATEMENT(BPF_ALU | BPF_NEG, 0);
	case 1:
		return STATEMENT(BPF_ALU | (below(2) ? BPF_LSH : BPF_RSH) | BPF_K, below(4));
	case 2:
	case 3:
	case 4:
		return STATEMENT(BPF_ALU | by_x[below(ARRAY_SIZE(by_x))] | BPF_X, 0);
	default:
		return STATEMENT(BPF_ALU | by_constant[below(ARRAY_SIZE(by_constant))] | BPF_K,
				 1 + below(4));
	}
}

/* Forward, and not far, so that paths meet again soon. LEFT: instructions behind it. */
static struct sock_filter draw_jump(uint32_t left)
{
	static const uint16_t tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint32_t reach = left < 5 ? left : 5;

	if (below(10) == 0)
		return STATEMENT(BPF_JMP | BPF_JA, below(reach));
	return JUMP(BPF_JMP | tests[below(4)] | (below(3) ? BPF_K : BPF_X), below(5),
		    (uint8_t)below(reach), (uint8_t)below(reach));
}

/* A word of the call, as a rule two bits of it: then sums and products of several stay within the
 * evaluator's means. LEFT: instructions behind the first of the two. */
static size_t draw_load(struct sock_filter *at, uint32_t left)
{
	static const uint32_t offsets[] = { 0, 4, 16, 20, 24 };

	at[0] = LOAD(offsets[below(ARRAY_SIZE(offsets))]);
	if (left < 2)
		return 1;
	at[1] = below(8) ? STATEMENT(BPF_ALU | BPF_AND | BPF_K, 1 + below(3)) : draw_jump(left - 1);
	return 2;
}

/* One or two instructions; LEFT: how many stand behind the first. */
static size_t draw_instructions(struct sock_filter *at, uint32_t left)
{
	static const action answers[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
					  SECCOMP_RET_LOG, SECCOMP_RET_KILL_THREAD };
	uint32_t memory = below(SCRATCH_USED);

	switch (below(24)) {
	case 0:
	case 1:
		*at = STATEMENT(BPF_MISC | BPF_TAX, 0);
		return 1;
	case 2:
		*at = STATEMENT(BPF_MISC | BPF_TXA, 0);
		return 1;
	case 3:
	case 4:
	case 5:
		*at = STATEMENT(below(2) ? BPF_ST : BPF_STX, memory);
		return 1;
	case 6:
	case 7:
		*at = STATEMENT((below(2) ? BPF_LD : BPF_LDX) | BPF_MEM, memory);
		return 1;
	case 8:
		*at = below(3) ? STATEMENT((below(2) ? BPF_LD : BPF_LDX) | BPF_IMM, below(5))
			       : STATEMENT((below(2) ? BPF_LD : BPF_LDX) | BPF_W | BPF_LEN, 0);
		return 1;
	case 9:
	case 10:
	case 11:
		*at = draw_alu();
		return 1;
	case 12:
		*at = below(3) ? RETURN(answers[below(4)]) : STATEMENT(BPF_RET | BPF_A, 0);
		return 1;
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
		return draw_load(at, left);
	default:
		*at = draw_jump(left);
		return 1;
	}
}

/* All of the scratch memory that is used is written first: the kernel refuses else. The end gives a
 * register away, as an errno, so that what was wrong in it shows. */
static void draw_program(struct filter *filter)
{
	struct sock_filter *at = filter->instructions, *tail;
	uint32_t memory = below(SCRATCH_USED);

	filter->count = SCRATCH_USED + 8 + below(LENGTH_MAX - SCRATCH_USED - 8);
	tail = filter->instructions + filter->count - 4;
	for (unsigned i = 0; i < SCRATCH_USED; i++)
		*at++ = STATEMENT(BPF_ST, i);
	while (at < tail)
		at += draw_instructions(at, (uint32_t)(tail + 3 - at));
	/* A pair may have begun where the tail does. */
	tail[0] = below(4) == 0 ? STATEMENT(BPF_MISC | BPF_TXA, 0)
		  : below(3)	? STATEMENT(BPF_LD | BPF_MEM, memory)
				: STATEMENT(BPF_ALU | BPF_XOR | BPF_X, 0);
	tail[1] = STATEMENT(BPF_ALU | BPF_AND | BPF_K, 15);
	tail[2] = STATEMENT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	tail[3] = STATEMENT(BPF_RET | BPF_A, 0);
}

/* ---- one call ---- */

static uint32_t compute(uint16_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << b;
	case BPF_RSH:
		return a >> b;
	default: /* BPF_NEG */
		return -a;
	}
}

static bool holds(uint16_t operation, uint32_t a, uint32_t b)
{
	return operation == BPF_JEQ   ? a == b
	       : operation == BPF_JGT ? a > b
	       : operation == BPF_JGE ? a >= b
				      : (a & b) != 0;
}

/* What the program answers to the call whose words stand at their offsets, without a check. */
static uint32_t interpret(const struct filter *filter, const uint32_t words[16])
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = { 0 };

	for (size_t at = 0;; at++) {
		const struct sock_filter *in = &filter->instructions[at];
		uint32_t operand = in->code & BPF_X ? x : in->k, value = in->k;

		if (in->code == (BPF_LD | BPF_W | BPF_ABS))
			value = words[in->k / 4];
		else if (BPF_MODE(in->code) == BPF_MEM && BPF_CLASS(in->code) <= BPF_LDX)
			value = memory[in->k];
		else if (BPF_MODE(in->code) == BPF_LEN && BPF_CLASS(in->code) <= BPF_LDX)
			value = 64; /* sizeof(struct seccomp_data) */
		switch (BPF_CLASS(in->code)) {
		case BPF_LD:
			a = value;
			break;
		case BPF_LDX:
			x = value;
			break;
		case BPF_ST:
			memory[in->k] = a;
			break;
		case BPF_STX:
			memory[in->k] = x;
			break;
		case BPF_ALU:
			a = compute(BPF_OP(in->code), a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				at += in->k;
			else
				at += holds(BPF_OP(in->code), a, operand) ? in->jt : in->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(in->code) == BPF_A ? a : in->k;
		default:
			if (in->code == (BPF_MISC | BPF_TAX))
				x = a;
			else
				a = x;
		}
	}
}

/* kernel/seccomp.c, __seccomp_filter(): what is not an action kills the process; an errno is at most
 * MAX_ERRNO; only these carry data. */
static uint32_t acted_on(uint32_t answer)
{
	uint32_t data = answer & 0xffff;

	switch (answer & 0xffff0000) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data > 4095 ? 4095 : data);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return answer;
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return answer & 0xffff0000;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/* seccomp_run_filters(): newest first, and only what is less as a signed number takes its place. */
static uint32_t interpret_stack(const struct filter_stack *stack, const uint32_t words[16])
{
	uint32_t least = SECCOMP_RET_ALLOW;

	for (size_t i = stack->count; i-- > 0;) {
		uint32_t answer = interpret(&stack->filters[i], words);

		if ((int32_t)(answer & 0xffff0000) < (int32_t)(least & 0xffff0000))
			least = answer;
	}
	return acted_on(least);
}

/* ---- all calls ---- */

/* Where struct seccomp_data has the diagrams' words: number, architecture, instruction pointer, arguments;
 * of 64 bits the low half comes first, or, on the other byte order, the high one. */
static unsigned place_of(unsigned word, bool big_endian)
{
	bool is_high = word == WORD_POINTER_HIGH || (word < WORD_POINTER_HIGH && word % 2 == 0);
	unsigned second = is_high != big_endian;

	if (word == WORD_NR)
		return 0;
	if (word == WORD_ARCH)
		return 1;
	if (word >= WORD_POINTER_HIGH)
		return 2 + second;
	return 4 + (word - WORD_ARGUMENTS) / 2 * 2 + second;
}

static node follow(const struct diagrams *d, node at, const uint32_t words[16], bool big_endian)
{
	for (unsigned level; (level = diagram_level(d, at)) < TERMINAL_LEVEL;)
		at = diagram_branch(
			d, at, words[place_of(level / 32, big_endian)] >> (31 - level % 32) & 1);
	return at;
}

static uint32_t draw_word(void)
{
	return below(8) ? below(6) : below(2) ? UINT32_MAX - below(4) : draw();
}

struct tally {
	unsigned long known, unknown, programs, given_up;
};

static void try_calls(const struct diagrams *d, node root, const struct filter_stack *stack,
		      bool big_endian, unsigned long round, struct tally *tally)
{
	for (unsigned i = 0; i < CALLS; i++) {
		uint32_t words[16], wanted;
		node at;

		for (unsigned j = 0; j < 16; j++)
			words[j] = draw_word();
		at = follow(d, root, words, big_endian);
		if (diagram_kind(d, at) == TERMINAL_UNKNOWN) {
			tally->unknown++;
			continue;
		}
		tally->known++;
		wanted = interpret_stack(stack, words);
		if (diagram_value(d, at) == wanted)
			continue;
		for (size_t j = 0; j < stack->count; j++)
			for (size_t k = 0; k < stack->filters[j].count; k++) {
				const struct sock_filter *in = &stack->filters[j].instructions[k];

				print_message("# filter %zu: %2zu: { 0x%02x, %u, %u, %u }\n", j, k,
					      in->code, in->jt, in->jf, in->k);
			}
		fail_msg("program %lu: nr %u, arch %u, arguments %u %u %u: expected %#x, got %#x",
			 round, words[0], words[1], words[4], words[5], words[6], wanted,
			 diagram_value(d, at));
	}
}

static uint64_t seed;

static void paths_that_meet_are_kept_apart_where_it_matters(void **state)
{
	/* Fewer where each instruction is checked (valgrind). */
	unsigned long programs = getenv("WHITTLE_TEST_SLOW_MACHINE") ? PROGRAMS / 40 : PROGRAMS;
	_cleanup_(diagrams_freep) struct diagrams *d = NULL;
	struct sock_filter room[3][LENGTH_MAX];
	struct filter filters[3];
	struct tally tally = { 0 };
	struct error err = { 0 };

	(void)state;
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (unsigned long round = 0; round < programs; round++) {
		struct filter_stack stack = { filters, round % 8 ? 1 : 2 + below(2) };
		bool big_endian = below(4) == 0;
		node root;

		if (round % 64 == 0) {
			diagrams_freep(&d);
			d = diagrams_new();
			assert_non_null(d);
		}
		/* What is harder than so is of no use here. */
		diagrams_allow(d, 1U << 17);
		for (size_t i = 0; i < stack.count; i++) {
			filters[i].instructions = room[i];
			draw_program(&filters[i]);
		}
		tally.programs++;
		if (evaluate_stack(d, &stack, 0, big_endian, &root, &err) < 0) {
			/* A universe that is full is another matter. */
			assert_int_equal(err.code, -EOPNOTSUPP);
			error_clear(&err);
			diagrams_freep(&d);
			d = diagrams_new();
			tally.given_up++;
			continue;
		}
		try_calls(d, root, &stack, big_endian, round, &tally);
	}
	print_message("# %lu programs (%lu given up), %lu calls, %lu of them unknown\n",
		      tally.programs, tally.given_up, tally.known, tally.unknown);
	assert_true(tally.given_up * 100 < tally.programs);
	assert_true(tally.unknown * 10 < tally.known);
}

/* ---- bounds ---- */

/* The accumulator that a bit goes into: X, or one of two words of the scratch memory. */
static struct sock_filter from(bool in_x, unsigned bit)
{
	return in_x ? STATEMENT(BPF_MISC | BPF_TXA, 0) : STATEMENT(BPF_LD | BPF_MEM, bit % 2);
}

static struct sock_filter into(bool in_x, unsigned bit)
{
	return in_x ? STATEMENT(BPF_MISC | BPF_TAX, 0) : STATEMENT(BPF_ST, bit % 2);
}

/* One bit after the other of the first argument's low half goes into an accumulator: twice as many states
 * after each. All bits are the errno in the end. FILLING instructions that do nothing stand before that. */
static int evaluate_diamonds(unsigned bits, size_t filling, bool in_x, struct error *err)
{
	_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
	_cleanup_free_ struct sock_filter *room = calloc(BPF_MAXINSNS, sizeof(*room));
	struct filter filter = { room, 0 };
	struct filter_stack stack = { &filter, 1 };
	uint32_t words[16] = { 0 };
	node root;
	int r;

	room[filter.count++] = into(in_x, 0);
	room[filter.count++] = into(in_x, 1);
	for (unsigned bit = 0; bit < bits; bit++) {
		room[filter.count++] = LOAD(16);
		room[filter.count++] = JUMP(BPF_JMP | BPF_JSET | BPF_K, 1U << bit, 0, 3);
		room[filter.count++] = from(in_x, bit);
		room[filter.count++] = STATEMENT(BPF_ALU | BPF_OR | BPF_K, 1U << bit);
		room[filter.count++] = into(in_x, bit);
	}
	for (size_t i = 0; i < filling; i++)
		room[filter.count++] = LOAD(16);
	room[filter.count++] = from(in_x, 1);
	room[filter.count++] = STATEMENT(BPF_MISC | BPF_TAX, 0);
	room[filter.count++] = from(in_x, 0);
	/* More of them would be too many constants. */
	if (bits > 11)
		room[filter.count++] = JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 2);
	room[filter.count++] = STATEMENT(BPF_ALU | BPF_OR | BPF_X, 0);
	room[filter.count++] = STATEMENT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	room[filter.count++] =
		bits > 11 ? RETURN(SECCOMP_RET_ALLOW) : STATEMENT(BPF_RET | BPF_A, 0);
	r = evaluate_stack(d, &stack, 0, false, &root, err);
	for (words[4] = 0; r == 0 && bits < 12 && words[4] < 1U << bits; words[4]++)
		assert_int_equal(diagram_value(d, follow(d, root, words, false)),
				 SECCOMP_RET_ERRNO | words[4]);
	return r;
}

static void many_states_are_told_apart(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(evaluate_diamonds(11, 0, false, &err), 0);
	assert_int_equal(evaluate_diamonds(11, 0, true, &err), 0);
}

static void too_many_states_or_steps_are_refused(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(evaluate_diamonds(11, 400, false, &err), 0);
	/* 2^11 ways through 3,900 instructions are 8 million. */
	assert_int_equal(evaluate_diamonds(11, 3900, false, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "too many paths"));
	err = (struct error){ 0 };
	assert_int_equal(evaluate_diamonds(18, 0, false, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "filter 1 of 1: has too many paths"));
}

/* ---- what is not known ---- */

static void an_unknown_answer_says_which_instruction(void **state)
{
	struct sock_filter plain[] = { RETURN(SECCOMP_RET_ALLOW) };
	struct sock_filter divides[] = {
		LOAD(16), STATEMENT(BPF_MISC | BPF_TAX, 0),	   LOAD(24),
		LOAD(24), STATEMENT(BPF_ALU | BPF_DIV | BPF_X, 0), STATEMENT(BPF_RET | BPF_A, 0)
	};
	struct sock_filter returns[] = { LOAD(16), STATEMENT(BPF_RET | BPF_A, 0) };
	struct sock_filter tests[] = {
		LOAD(16),
		STATEMENT(BPF_MISC | BPF_TAX, 0),
		LOAD(24),
		STATEMENT(BPF_ALU | BPF_MUL | BPF_X, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 1),
		RETURN(SECCOMP_RET_KILL_THREAD),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct {
		struct filter filter;
		const char *says;
	} rows[] = {
		{ { divides, ARRAY_SIZE(divides) }, "filter 2 of 3: instruction 4 divides by" },
		{ { returns, ARRAY_SIZE(returns) },
		  "filter 2 of 3: instruction 1 returns a value" },
		{ { tests, ARRAY_SIZE(tests) }, "filter 2 of 3: instruction 4 tests a value" },
	};
	uint32_t words[16] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
		struct filter filters[] = { { plain, 1 }, rows[i].filter, { plain, 1 } };
		struct filter_stack stack = { filters, 3 };
		struct error err = { 0 };
		node root[2];

		words[4] = 7;
		for (unsigned side = 0; side < 2; side++) {
			assert_int_equal(evaluate_stack(d, &stack, side, false, &root[side], &err),
					 0);
			root[side] = follow(d, root[side], words, false);
			assert_int_equal(diagram_kind(d, root[side]), TERMINAL_UNKNOWN);
			assert_int_equal(
				evaluate_explain_unknown(diagram_value(d, root[side]), 3, &err),
				-EOPNOTSUPP);
			if (!strstr(err.message, rows[i].says))
				fail_msg("expected \"%s\" in: %s", rows[i].says, err.message);
			error_clear(&err);
		}
		/* What neither knows is not the same. */
		assert_int_not_equal(root[0], root[1]);
	}
}

static void a_returned_register_may_have_so_many_values(void **state)
{
	struct sock_filter masked[] = { LOAD(16), STATEMENT(BPF_ALU | BPF_AND | BPF_K, 0xff),
					STATEMENT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
					STATEMENT(BPF_RET | BPF_A, 0) };
	struct sock_filter wide[] = { LOAD(16), STATEMENT(BPF_ALU | BPF_AND | BPF_K, 0x1ff),
				      STATEMENT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
				      STATEMENT(BPF_RET | BPF_A, 0) };
	struct filter filter = { masked, ARRAY_SIZE(masked) };
	struct filter_stack stack = { &filter, 1 };
	_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
	struct error err = { 0 };
	uint32_t words[16] = { 0 };
	node root;

	(void)state;
	assert_int_equal(evaluate_stack(d, &stack, 0, false, &root, &err), 0);
	for (words[4] = 0; words[4] < 256; words[4]++)
		assert_int_equal(diagram_value(d, follow(d, root, words, false)),
				 SECCOMP_RET_ERRNO | words[4]);
	filter.instructions = wide;
	assert_int_equal(evaluate_stack(d, &stack, 0, false, &root, &err), 0);
	assert_int_equal(diagram_kind(d, follow(d, root, words, false)), TERMINAL_UNKNOWN);
}

/* net/core/filter.c, bpf_convert_filter(): a division by X is preceded by `if X == 0 return 0`. */
static void a_division_by_a_register_that_is_zero_ends_the_program(void **state)
{
	static const struct {
		uint32_t x, first, wanted; /* of argument 0 */
	} rows[] = {
		{ 0, 5, SECCOMP_RET_KILL_THREAD },	  { 1, 5, SECCOMP_RET_ERRNO | 5 },
		{ 2, 5, SECCOMP_RET_ERRNO | 2 },	  { 2, 7, SECCOMP_RET_ERRNO | 3 },
		{ 0x80000001, 5, SECCOMP_RET_ERRNO | 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock_filter divides[] = {
			STATEMENT(BPF_LDX | BPF_IMM, rows[i].x),
			LOAD(16),
			STATEMENT(BPF_ALU | BPF_AND | BPF_K, 7),
			STATEMENT(BPF_ALU | BPF_DIV | BPF_X, 0),
			STATEMENT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
			STATEMENT(BPF_RET | BPF_A, 0),
		};
		struct filter filter = { divides, ARRAY_SIZE(divides) };
		struct filter_stack stack = { &filter, 1 };
		_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
		struct error err = { 0 };
		uint32_t words[16] = { [4] = rows[i].first };
		node root;

		assert_int_equal(evaluate_stack(d, &stack, 0, false, &root, &err), 0);
		assert_int_equal(diagram_value(d, follow(d, root, words, false)), rows[i].wanted);
	}
}

/* No filter at all allows all; and the answer is what the kernel acts on. */
static void a_stack_answers_as_the_kernel_acts(void **state)
{
	static const struct {
		uint32_t newer, older, wanted;
	} rows[] = {
		{ SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
		{ SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM },
		{ SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | EPERM },
		{ SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | ENOSYS,
		  SECCOMP_RET_ERRNO | EPERM },
		{ SECCOMP_RET_TRAP | 3, SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_TRAP | 3 },
		{ SECCOMP_RET_LOG, SECCOMP_RET_TRACE | 9, SECCOMP_RET_TRACE | 9 },
		{ SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS },
		{ SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS },
		{ SECCOMP_RET_LOG | 5, SECCOMP_RET_ALLOW | 6, SECCOMP_RET_LOG },
		{ SECCOMP_RET_ERRNO | 5000, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 4095 },
		{ SECCOMP_RET_USER_NOTIF | 1, SECCOMP_RET_LOG, SECCOMP_RET_USER_NOTIF },
		{ 0x12340000, SECCOMP_RET_LOG, SECCOMP_RET_KILL_PROCESS },
		/* Not below zero, and above nothing that is an action: "allow" is the least. */
		{ 0x7fff0001, SECCOMP_RET_LOG, SECCOMP_RET_LOG },
		{ 0x80010000, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
		struct sock_filter older[] = { RETURN(rows[i].older) };
		struct sock_filter newer[] = { RETURN(rows[i].newer) };
		struct filter filters[] = { { older, 1 }, { newer, 1 } };
		struct filter_stack stack = { filters, 2 };
		struct error err = { 0 };
		node root;

		assert_int_equal(evaluate_stack(d, &stack, 0, false, &root, &err), 0);
		if (diagram_value(d, root) != rows[i].wanted)
			fail_msg("%#x over %#x: expected %#x, got %#x", rows[i].newer,
				 rows[i].older, rows[i].wanted, diagram_value(d, root));
		stack.count = 0;
		assert_int_equal(evaluate_stack(d, &stack, 0, false, &root, &err), 0);
		assert_int_equal(diagram_value(d, root), SECCOMP_RET_ALLOW);
	}
}

/* A setup runs after the line of TAP's version, which must be the first. */
static int choose_seed(void **state)
{
	const char *asked = getenv("WHITTLE_SEED");

	(void)state;
	seed = asked ? strtoull(asked, NULL, 0) : (uint64_t)time(NULL);
	print_message("# WHITTLE_SEED=%llu\n", (unsigned long long)seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_meet_are_kept_apart_where_it_matters),
		cmocka_unit_test(many_states_are_told_apart),
		cmocka_unit_test(too_many_states_or_steps_are_refused),
		cmocka_unit_test(an_unknown_answer_says_which_instruction),
		cmocka_unit_test(a_returned_register_may_have_so_many_values),
		cmocka_unit_test(a_division_by_a_register_that_is_zero_ends_the_program),
		cmocka_unit_test(a_stack_answers_as_the_kernel_acts),
	};

	return cmocka_run_group_tests_name("evaluation", tests, choose_seed, NULL);
}
