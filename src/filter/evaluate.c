// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A symbolic run of a program over all calls at once. A register contains an expression over the
 * call's words; a jump whose test is not constant splits the run in two, whose answers are joined
 * by `condition ? a : b` on diagrams. The state at a split (instruction, registers that are still
 * read) is remembered with its answer, so a tail that many paths share is run once: the work grows
 * with the program, not with its paths. A path that no call takes needs no special care: its answer
 * disappears when the conditions on the way to it are joined.
 *
 * Any arithmetic is exact, bit by bit, as long as its diagrams stay small; otherwise the answer on
 * that path is unknown, and names the instruction.
 */
#include "filter/evaluate.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "filter/expression.h"

#include <errno.h>
#include <string.h>

#define STATES_MAX	 65536u
#define INSTRUCTIONS_RUN (4u << 20) /* in all states together */
#define RETURNED_MAX	 256 /* different values of one `ret A` */

struct state {
	uint16_t at;
	expression a, x, memory[BPF_MEMWORDS];
};

struct remembered {
	struct state state;
	node answer;
};

struct evaluator {
	struct diagrams *d;
	struct expressions *expressions;
	const struct filter *filter;
	size_t index; /* of the filter in its stack */
	unsigned side;
	uint32_t *live; /* per instruction: bit 0 X, from bit 1 on the scratch memory */
	struct remembered *states;
	uint32_t count;
	struct table by_state;
	uint32_t instructions; /* that may still be run */
	bool is_out_of_memory, is_out_of_states;
};

enum unknown_why { UNKNOWN_TEST, UNKNOWN_RETURN, UNKNOWN_DIVISION };

static node unknown(struct evaluator *e, size_t at, enum unknown_why why)
{
	return diagram_terminal(
		e->d, TERMINAL_UNKNOWN,
		(uint32_t)((size_t)e->side << 27 | e->index << 14 | at << 2 | (size_t)why));
}

int evaluate_explain_unknown(uint32_t value, size_t count, struct error *err)
{
	static const char *const reasons[] = {
		[UNKNOWN_TEST] =
			"tests a value that cannot be expressed exactly as conditions on arguments",
		[UNKNOWN_RETURN] = "returns a value computed from the call in too many ways",
		[UNKNOWN_DIVISION] = "divides by a value computed from the call",
	};

	return error_set(err, -EOPNOTSUPP, "filter %u of %zu: instruction %u %s",
			 (value >> 14 & 0x1fff) + 1, count, value >> 2 & 0xfff, reasons[value & 3]);
}

/* ---- which registers are read later: what is dead must not tell states apart ---- */

/* A is not among them: states are told apart at conditional jumps alone, and each of those reads it. */
#define LIVE_X	       1u
#define LIVE_MEMORY(k) (2u << (k))

static uint32_t live_before(const struct sock_filter *in, uint32_t after)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		return BPF_MODE(in->code) == BPF_MEM ? after | LIVE_MEMORY(in->k) : after;
	case BPF_LDX:
		after &= ~LIVE_X;
		return BPF_MODE(in->code) == BPF_MEM ? after | LIVE_MEMORY(in->k) : after;
	case BPF_ST:
		return after & ~LIVE_MEMORY(in->k);
	case BPF_STX:
		return (after & ~LIVE_MEMORY(in->k)) | LIVE_X;
	case BPF_ALU:
	case BPF_JMP:
		return BPF_SRC(in->code) == BPF_X ? after | LIVE_X : after;
	case BPF_RET:
		return 0;
	default: /* BPF_MISC */
		return in->code == (BPF_MISC | BPF_TAX) ? after & ~LIVE_X : after | LIVE_X;
	}
}

static void find_live(struct evaluator *e)
{
	for (size_t at = e->filter->count; at-- > 0;) {
		const struct sock_filter *in = &e->filter->instructions[at];
		uint32_t after = 0;

		if (BPF_CLASS(in->code) == BPF_JMP && BPF_OP(in->code) == BPF_JA)
			after = e->live[at + 1 + in->k];
		else if (BPF_CLASS(in->code) == BPF_JMP)
			after = e->live[at + 1 + in->jt] | e->live[at + 1 + in->jf];
		else if (BPF_CLASS(in->code) != BPF_RET)
			after = e->live[at + 1];
		e->live[at] = live_before(in, after);
	}
}

static void forget_dead_registers(const struct evaluator *e, struct state *state)
{
	uint32_t live = e->live[state->at];

	if (!(live & LIVE_X))
		state->x = EXPRESSION_ZERO;
	for (unsigned i = 0; i < BPF_MEMWORDS; i++)
		if (!(live & LIVE_MEMORY(i)))
			state->memory[i] = EXPRESSION_ZERO;
}

/* ---- states ---- */

static uint32_t state_hash(const struct state *state)
{
	uint64_t h = state->at * UINT64_C(0x9e3779b97f4a7c15) + state->a;

	h = (h ^ h >> 31) * UINT64_C(0xbf58476d1ce4e5b9) + state->x;
	for (unsigned i = 0; i < BPF_MEMWORDS; i++)
		h = (h ^ h >> 29) * UINT64_C(0x94d049bb133111eb) + state->memory[i];
	return table_fold(h);
}

static bool state_equal(const struct state *a, const struct state *b)
{
	return a->at == b->at && a->a == b->a && a->x == b->x &&
	       memcmp(a->memory, b->memory, sizeof(a->memory)) == 0;
}

/* The state's place, new with no answer yet; UINT32_MAX past the bound. */
static uint32_t intern_state(struct evaluator *e, const struct state *state)
{
	uint32_t hash = state_hash(state);

	TABLE_EACH (index, &e->by_state, hash)
		if (state_equal(&e->states[index].state, state))
			return index;
	if (e->count == STATES_MAX) {
		e->is_out_of_states = true;
		return UINT32_MAX;
	}
	if (!array_grow_one(&e->states, e->count) || !table_add(&e->by_state, hash, e->count)) {
		e->is_out_of_memory = true;
		return UINT32_MAX;
	}
	e->states[e->count] = (struct remembered){ *state, DIAGRAM_NONE };
	return e->count++;
}

/* ---- the run ---- */

/* An outcome for each value that the bits from BIT down can have where CARE holds. */
static node split_return(struct evaluator *e, const node bits[32], int bit, uint32_t value,
			 node care, unsigned *values)
{
	node one, zero, care_one, care_zero;

	if (care == DIAGRAM_NONE || *values > RETURNED_MAX)
		return DIAGRAM_NONE;
	if (bit < 0) {
		++*values;
		return diagram_terminal(e->d, TERMINAL_ACTION, value);
	}
	care_one = diagram_and(e->d, care, bits[bit]);
	care_zero = diagram_if(e->d, bits[bit], DIAGRAM_FALSE, care);
	if (care_one == DIAGRAM_FALSE)
		return split_return(e, bits, bit - 1, value, care_zero, values);
	if (care_zero == DIAGRAM_FALSE)
		return split_return(e, bits, bit - 1, value | 1u << bit, care_one, values);
	zero = split_return(e, bits, bit - 1, value, care_zero, values);
	one = split_return(e, bits, bit - 1, value | 1u << bit, care_one, values);
	return diagram_if(e->d, bits[bit], one, zero);
}

static node answer_return(struct evaluator *e, const struct state *state)
{
	const struct sock_filter *in = &e->filter->instructions[state->at];
	uint32_t value = in->k;
	unsigned values = 0;
	const node *bits;
	node answer;

	if (BPF_RVAL(in->code) == BPF_K || expression_is_constant(e->expressions, state->a, &value))
		return diagram_terminal(e->d, TERMINAL_ACTION, value);
	bits = expression_bits(e->expressions, state->a);
	if (!bits)
		return unknown(e, state->at, UNKNOWN_RETURN);
	answer = split_return(e, bits, 31, 0, DIAGRAM_TRUE, &values);
	if (answer == DIAGRAM_NONE && values > RETURNED_MAX)
		return unknown(e, state->at, UNKNOWN_RETURN);
	return answer;
}

static expression load(struct evaluator *e, const struct state *state, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return expression_load(e->expressions, in->k);
	case BPF_MEM:
		return state->memory[in->k];
	case BPF_LEN:
		return expression_constant(e->expressions, sizeof(struct seccomp_data));
	default:
		return expression_constant(e->expressions, in->k);
	}
}

/* One instruction that neither jumps nor returns. */
static void step(struct evaluator *e, struct state *state, const struct sock_filter *in)
{
	expression operand = BPF_SRC(in->code) == BPF_X ? state->x : EXPRESSION_NONE;

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		state->a = load(e, state, in);
		break;
	case BPF_LDX:
		state->x = load(e, state, in);
		break;
	case BPF_ST:
		state->memory[in->k] = state->a;
		break;
	case BPF_STX:
		state->memory[in->k] = state->x;
		break;
	case BPF_MISC:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			state->x = state->a;
		else
			state->a = state->x;
		break;
	default: /* BPF_ALU */
		if (operand == EXPRESSION_NONE)
			operand = expression_constant(e->expressions, in->k);
		state->a = expression_compute(e->expressions, BPF_OP(in->code), state->a, operand);
	}
}

static node run(struct evaluator *e, struct state state);

/* A jump whose test depends on the call. */
static node run_both(struct evaluator *e, struct state *state, expression operand)
{
	const struct sock_filter *in = &e->filter->instructions[state->at];
	struct state taken, not_taken;
	node condition, yes, no, answer;
	uint32_t place;

	forget_dead_registers(e, state);
	place = intern_state(e, state);
	if (place == UINT32_MAX)
		return DIAGRAM_NONE;
	if (e->states[place].answer != DIAGRAM_NONE)
		return e->states[place].answer;
	taken = not_taken = *state;
	taken.at = (uint16_t)(state->at + 1 + in->jt);
	not_taken.at = (uint16_t)(state->at + 1 + in->jf);
	no = run(e, not_taken);
	yes = no == DIAGRAM_NONE ? DIAGRAM_NONE : run(e, taken);
	if (yes == DIAGRAM_NONE)
		return DIAGRAM_NONE;
	if (!expression_choose(e->expressions, BPF_OP(in->code), state->a, operand, yes, no,
			       &answer)) {
		condition = expression_test(e->expressions, BPF_OP(in->code), state->a, operand);
		if (condition != DIAGRAM_NONE)
			answer = diagram_if(e->d, condition, yes, no);
		else if (!diagrams_recover(e->d))
			return DIAGRAM_NONE;
		else
			answer = yes == no ? yes : unknown(e, state->at, UNKNOWN_TEST);
	}
	e->states[place].answer = answer;
	return answer;
}

static node run(struct evaluator *e, struct state state)
{
	for (;;) {
		const struct sock_filter *in = &e->filter->instructions[state.at];
		expression operand = state.x;
		bool holds;

		if (e->instructions == 0)
			e->is_out_of_states = true;
		if (e->is_out_of_states || e->is_out_of_memory)
			return DIAGRAM_NONE;
		e->instructions--;
		switch (BPF_CLASS(in->code)) {
		case BPF_RET:
			return answer_return(e, &state);
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA) {
				state.at = (uint16_t)(state.at + 1 + in->k);
				continue;
			}
			if (BPF_SRC(in->code) == BPF_K)
				operand = expression_constant(e->expressions, in->k);
			if (!expression_test_constant(e->expressions, BPF_OP(in->code), state.a,
						      operand, &holds))
				return run_both(e, &state, operand);
			state.at = (uint16_t)(state.at + 1 + (holds ? in->jt : in->jf));
			continue;
		default:
			if (in->code == (BPF_ALU | BPF_DIV | BPF_X)) {
				uint32_t divisor;

				if (!expression_is_constant(e->expressions, state.x, &divisor))
					return unknown(e, state.at, UNKNOWN_DIVISION);
				/* net/core/filter.c: bpf_convert_filter() has it return 0 */
				if (divisor == 0)
					return diagram_terminal(e->d, TERMINAL_ACTION, 0);
			}
			step(e, &state, in);
			state.at++;
		}
	}
}

static void evaluator_clear(struct evaluator *e)
{
	expressions_freep(&e->expressions);
	free(e->live);
	free(e->states);
	table_free(&e->by_state);
}

static int evaluate(struct evaluator *e, bool big_endian, node *result, struct error *err)
{
	struct state start = { 0 }; /* the kernel clears A and X; EXPRESSION_ZERO is 0 */
	int r = filter_check(e->filter, err);

	if (r < 0)
		return r;
	e->expressions = expressions_new(e->d, big_endian);
	e->live = calloc(e->filter->count, sizeof(*e->live));
	if (!e->expressions || !e->live)
		return error_oom(err);
	find_live(e);
	*result = run(e, start);
	if (e->is_out_of_memory || expressions_are_out_of_memory(e->expressions))
		return error_oom(err);
	if (e->is_out_of_states)
		return error_set(err, -EOPNOTSUPP,
				 "has too many paths to be read exactly within bounded time");
	return *result == DIAGRAM_NONE ? diagrams_error(e->d, err) : 0;
}

int evaluate_stack(struct diagrams *diagrams, const struct filter_stack *stack, unsigned side,
		   bool big_endian, node *result, struct error *err)
{
	/* The kernel starts from "allow", which every answer beats or equals. */
	*result = diagram_terminal(diagrams, TERMINAL_ACTION, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < stack->count; i++) {
		_cleanup_(evaluator_clear) struct evaluator e = { .d = diagrams,
								  .filter = &stack->filters[i],
								  .index = i,
								  .side = side,
								  .instructions =
									  INSTRUCTIONS_RUN };
		node one = DIAGRAM_NONE;
		int r = evaluate(&e, big_endian, &one, err);

		if (r < 0)
			return error_prefix(err, "filter %zu of %zu", i + 1, stack->count);
		*result = i == 0 ? one : diagram_combine(diagrams, one, *result);
	}
	*result = diagram_normal(diagrams, *result);
	return *result == DIAGRAM_NONE ? diagrams_error(diagrams, err) : 0;
}
