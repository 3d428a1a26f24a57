// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A search, backward from an instruction. Its state is the place in the code, the place (register,
 * stack slot) that contains the wanted value there, and the operations on it so far: a short chain
 * of steps that are applied to a constant once one is found. Where paths meet, each is followed; a
 * state that was visited before is not followed again. Every limit that is reached results in
 * "unknown".
 */
#include "reach/code/search.h"

#include <errno.h>

#define STATES_LIMIT 20000 /* of one search */
#define WORK_LIMIT   400000 /* operations looked at in one search */
#define CODE_LIMIT   4000000 /* the same in all searches of one function */

static int32_t stack_place(const struct operation *operation)
{
	int64_t place;

	if (operation->index != REGISTER_NONE)
		return STACK_UNKNOWN;
	if (operation->base == REGISTER_RSP && operation->stack != STACK_UNKNOWN)
		place = operation->stack + operation->displacement;
	else if (operation->base == REGISTER_RBP && operation->frame != STACK_UNKNOWN)
		place = operation->frame + operation->displacement;
	else
		return STACK_UNKNOWN;
	return place > INT32_MIN && place < INT32_MAX ? (int32_t)place : STACK_UNKNOWN;
}

/* The address of a stack slot is what the register holds: only a read behind it can be followed,
 * from where it is done: what is stored there may be stored after the address was taken. */
static bool at_stack_address(struct search *search, struct state *state, int32_t place)
{
	int64_t slot = place;

	while (state->steps_count > 0 && state->steps[state->steps_count - 1].kind == STEP_ADD)
		slot += state->steps[--state->steps_count].constant;
	if (state->steps_count == 0 || state->steps[state->steps_count - 1].kind != STEP_READ ||
	    place == STACK_UNKNOWN) {
		search_found_any(search, state);
		return false;
	}
	slot += state->steps[--state->steps_count].constant;
	state->before = state->steps[state->steps_count].before;
	state->reg = REGISTER_NONE;
	state->slot = (int32_t)slot;
	search_push(search, state);
	return false;
}

static bool load_from(struct search *search, struct state *state, const struct operation *operation)
{
	int32_t place = stack_place(operation);

	if (place != STACK_UNKNOWN) {
		state->reg = REGISTER_NONE;
		state->slot = place;
		return true;
	}
	if (operation->base == REGISTER_NONE && operation->index == REGISTER_NONE) {
		search_found_global(search, state, operation->displacement, operation->size);
		return false;
	}
	if (operation->index != REGISTER_NONE || operation->base == REGISTER_RSP ||
	    operation->displacement == INT64_MIN || operation->base == REGISTER_NONE ||
	    !search_add_step(state, STEP_READ, operation->displacement)) {
		search_found_any(search, state);
		return false;
	}
	state->reg = operation->base;
	return true;
}

/* The register's value is made by this operation. Whether the search goes on before it, with the
 * state as it now is. */
static bool through_register(struct search *search, struct state *state,
			     const struct operation *operation)
{
	struct state other = *state;
	static const enum step_kind steps[] = {
		[OPERATION_ADD] = STEP_ADD,
		[OPERATION_AND] = STEP_AND,
		[OPERATION_OR] = STEP_OR,
		[OPERATION_XOR] = STEP_XOR,
		[OPERATION_SHIFT_LEFT] = STEP_SHIFT_LEFT,
		[OPERATION_SHIFT_RIGHT] = STEP_SHIFT_RIGHT,
	};

	switch (operation->kind) {
	case OPERATION_CONSTANT:
		search_found_constant(search, state, (uint64_t)operation->constant);
		return false;
	case OPERATION_MOVE:
		state->reg = operation->source;
		if (state->reg != REGISTER_RSP)
			return true;
		return at_stack_address(search, state, operation->stack);
	case OPERATION_EXCHANGE:
		state->reg = state->reg == operation->reg ? operation->source : operation->reg;
		return true;
	case OPERATION_MOVE_IF:
		other.reg = operation->source;
		search_push(search, &other);
		return true;
	case OPERATION_LOAD_IF:
		if (load_from(search, &other, operation))
			search_push(search, &other);
		return true;
	case OPERATION_LOAD:
		return load_from(search, state, operation);
	case OPERATION_ADDRESS:
		if (operation->index != REGISTER_NONE || operation->displacement == INT64_MIN)
			break;
		if (operation->base == REGISTER_NONE) {
			search_found_constant(search, state,
					      (uint64_t)operation->displacement +
						      search->code->image->base);
			return false;
		}
		if (operation->base == REGISTER_RSP ||
		    (operation->base == REGISTER_RBP && operation->frame != STACK_UNKNOWN))
			return at_stack_address(search, state, stack_place(operation));
		state->reg = operation->base;
		if (search_add_step(state, STEP_ADD, operation->displacement))
			return true;
		break;
	case OPERATION_ADD:
	case OPERATION_AND:
	case OPERATION_OR:
	case OPERATION_XOR:
	case OPERATION_SHIFT_LEFT:
	case OPERATION_SHIFT_RIGHT:
		/* All ones, whatever it was: `or eax, -1`. */
		if (operation->kind == OPERATION_OR && operation->constant == -1) {
			search_found_constant(search, state, UINT64_MAX);
			return false;
		}
		if (search_add_step(state, steps[operation->kind], operation->constant))
			return true;
		break;
	case OPERATION_CONSTANT_LOW: {
		uint64_t mask = operation->size == 1 ? 0xff : 0xffff;

		if (search_add_step(state, STEP_OR,
				    (int64_t)((uint64_t)operation->constant & mask)) &&
		    search_add_step(state, STEP_AND, (int64_t)~mask))
			return true;
		break;
	}
	case OPERATION_FLAG:
		search_found_constant(search, state, 0);
		search_found_constant(search, state, 1);
		return false;
	case OPERATION_MASK:
		search_found_constant(search, state, 0);
		search_found_constant(search, state, UINT64_MAX);
		return false;
	case OPERATION_POP:
		if (operation->stack == STACK_UNKNOWN)
			break;
		state->reg = REGISTER_NONE;
		state->slot = operation->stack;
		return true;
	default:
		break;
	}
	search_found_any(search, state);
	return false;
}

/* The wanted stack slot: likewise. */
static bool through_slot(struct search *search, struct state *state,
			 const struct operation *operation)
{
	int32_t place = stack_place(operation);
	unsigned size = operation->size;

	if (operation->kind == OPERATION_PUSH || operation->kind == OPERATION_PUSH_LOAD) {
		place = operation->stack == STACK_UNKNOWN ? STACK_UNKNOWN : operation->stack - 8;
		size = 8;
	} else if (operation->kind != OPERATION_STORE &&
		   operation->kind != OPERATION_STORE_CONSTANT &&
		   operation->kind != OPERATION_STORE_OTHER) {
		return true;
	}
	if (place == STACK_UNKNOWN || state->slot + 4 <= place ||
	    (int64_t)state->slot >= (int64_t)place + size)
		return true;
	if (place != state->slot || operation->kind == OPERATION_STORE_OTHER || size < 4) {
		search_found_any(search, state);
		return false;
	}
	if (operation->kind == OPERATION_STORE_CONSTANT ||
	    (operation->kind == OPERATION_PUSH && operation->source == REGISTER_NONE)) {
		search_found_constant(search, state, (uint64_t)operation->constant);
		return false;
	}
	if (operation->kind == OPERATION_PUSH_LOAD)
		return load_from(search, state, operation);
	state->reg = operation->source;
	if (state->reg == REGISTER_RSP)
		return at_stack_address(search, state,
					operation->kind == OPERATION_PUSH ? STACK_UNKNOWN
									  : operation->stack);
	return true;
}

/* Whether the way from a jump (TAKEN or not) to here is only gone when the wanted register is equal
 * to a constant, which then is its value. */
static bool is_equal_here(struct search *search, const struct state *state, uint32_t jump,
			  bool taken)
{
	const struct operation *operation = &search->code->operations.items[jump];
	const struct operation *compare = operation - 1;

	if (jump == 0 || state->reg == REGISTER_NONE || operation->kind != OPERATION_JUMP ||
	    operation->condition != (taken ? 1 : -1) || operation->predecessors ||
	    compare->kind != OPERATION_COMPARE || compare->reg != state->reg)
		return false;
	search_found_constant(search, state, (uint64_t)compare->constant);
	return true;
}

/* Back along one straight piece of code to where it begins, then on to what jumps there. */
static void follow(struct search *search, struct state state)
{
	const struct code *code = search->code;
	bool is_first = true;

	for (;;) {
		const struct operation *here = &code->operations.items[state.before];
		bool is_entered = state.before == 0;
		const struct operation *before = is_entered ? NULL : here - 1;

		if (here->predecessors && !is_first && search_was_seen(search, &state))
			return;
		is_first = false;
		for (uint32_t edge = here->predecessors; edge;
		     edge = code->edges.items[edge].next) {
			struct state other = state;

			other.before = code->edges.items[edge].from;
			if (!is_equal_here(search, &state, other.before, true))
				search_push(search, &other);
		}
		if (is_entered || before->ends) {
			/* What nothing here leads to is entered from outside, as the first is: a
			 * part of another function jumps there. */
			if (is_entered || !here->predecessors)
				search_found_entry(search, &state);
			return;
		}
		if (++search->work > WORK_LIMIT) {
			search_found_unknown(search);
			return;
		}
		state.before--;
		if (is_equal_here(search, &state, state.before, false))
			return;
		if (state.reg != REGISTER_NONE) {
			if (before->kind == OPERATION_FLAG ? before->reg == state.reg
							   : before->writes & 1U << state.reg)
				if (!through_register(search, &state, before))
					return;
		} else if (!through_slot(search, &state, before)) {
			return;
		}
	}
}

static int run(struct search *search, const struct state *first, struct error *err)
{
	/* What was looked at counts against the function, whoever searches in it. */
	struct code *code = (struct code *)(uintptr_t)search->code;

	if (code->is_partial || code->work > CODE_LIMIT) {
		search_found_unknown(search);
		return 0;
	}
	search_push(search, first);
	while (search->todo.count > 0 && !search->out_of_memory) {
		struct state state = search->todo.items[--search->todo.count];

		if (search->met.count > STATES_LIMIT || search->work > WORK_LIMIT) {
			search_found_unknown(search);
			break;
		}
		follow(search, state);
	}
	code->work += search->work;
	array_free(&search->todo);
	array_free(&search->met);
	table_free(&search->met_by_hash);
	return search->out_of_memory ? error_oom(err) : 0;
}

int code_values(const struct code *code, uint32_t at, struct origin origin, struct values *values,
		struct error *err)
{
	struct search search = { .code = code, .values = values };
	struct state state = { .before = code_find(code, at), .reg = origin.reg };
	const struct operation *operation;
	int64_t slot;

	if (state.before == NO_INDEX) {
		values->is_unknown = true;
		return 0;
	}
	operation = &code->operations.items[state.before];
	if (origin.kind == ORIGIN_MEMORY)
		search_add_step(&state, STEP_READ, origin.offset);
	if (origin.kind == ORIGIN_STACK) {
		/* The callee's stack pointer at entry, as this function counts. */
		slot = (int64_t)operation->stack + origin.offset -
		       (operation->kind == OPERATION_CALL ? 8 : 0);
		if (operation->stack == STACK_UNKNOWN) {
			values->is_unknown = true;
			return 0;
		}
		state.reg = REGISTER_NONE;
		state.slot = (int32_t)slot;
	}
	return run(&search, &state, err);
}

int code_stored(const struct code *code, uint32_t at, bool is_pointer, int32_t offset,
		struct values *values, struct error *err)
{
	struct search search = { .code = code, .values = values };
	struct state state = { .before = code_find(code, at) };
	const struct operation *operation;

	if (state.before == NO_INDEX) {
		values->is_unknown = true;
		return 0;
	}
	operation = &code->operations.items[state.before];
	if (is_pointer)
		search_add_step(&state, STEP_READ, offset);
	if (operation->kind == OPERATION_STORE_CONSTANT) {
		/* A null pointer is not read behind. */
		if (!is_pointer || operation->constant != 0)
			search_found_constant(&search, &state, (uint64_t)operation->constant);
		return search.out_of_memory ? error_oom(err) : 0;
	}
	if (operation->kind != OPERATION_STORE) {
		values->is_unknown = true;
		return 0;
	}
	state.reg = operation->source;
	return run(&search, &state, err);
}

int code_callee(const struct code *code, uint32_t at, struct values *values, struct error *err)
{
	struct search search = { .code = code, .values = values };
	struct state state = { .before = code_find(code, at), .reg = REGISTER_NONE };
	const struct operation *operation;

	if (state.before == NO_INDEX) {
		values->is_unknown = true;
		return 0;
	}
	operation = &code->operations.items[state.before];
	if (operation->source != REGISTER_NONE)
		state.reg = operation->source;
	else if (!load_from(&search, &state, operation))
		return search.out_of_memory ? error_oom(err) : 0;
	return run(&search, &state, err);
}
