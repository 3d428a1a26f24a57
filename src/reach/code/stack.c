// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The positions of the stack pointer and the frame pointer before each operation, relative to the
 * stack pointer at the function's entry: so a slot is the same slot through either register.
 */
#include "reach/code/code.h"

struct stack {
	int32_t stack, frame;
};

/* Far below anything that a frame holds: a stack pointer that was aligned or moved by an amount
 * that is not known begins a frame of its own. */
#define STACK_FRESH (1 << 20)

static int32_t moved(int32_t stack, int64_t by)
{
	int64_t result = stack + by;

	if (stack == STACK_UNKNOWN || by > STACK_FRESH || by < -STACK_FRESH ||
	    result > INT32_MAX / 2 || result < INT32_MIN / 2)
		return STACK_UNKNOWN;
	return (int32_t)result;
}

static struct stack stack_after(const struct operation *operation)
{
	struct stack after = { operation->stack, operation->frame };
	bool to_stack = operation->reg == REGISTER_RSP;
	int32_t from = operation->base == REGISTER_RSP	 ? operation->stack
		       : operation->base == REGISTER_RBP ? operation->frame
							 : STACK_UNKNOWN;

	switch (operation->kind) {
	case OPERATION_PUSH:
	case OPERATION_PUSH_LOAD:
		after.stack = moved(after.stack, -8);
		return after;
	case OPERATION_POP:
		after.stack = moved(after.stack, 8);
		if (operation->reg == REGISTER_RBP)
			after.frame = STACK_UNKNOWN;
		return after;
	case OPERATION_ADD:
		if (to_stack)
			after.stack = moved(after.stack, operation->constant);
		break;
	case OPERATION_AND:
		if (to_stack)
			after.stack = moved(after.stack, -STACK_FRESH);
		break;
	case OPERATION_MOVE:
		if (to_stack && operation->source == REGISTER_RBP)
			after.stack = after.frame;
		else if (operation->reg == REGISTER_RBP && operation->source == REGISTER_RSP)
			after.frame = after.stack;
		else
			break;
		return after;
	case OPERATION_ADDRESS:
		if (to_stack)
			after.stack = moved(from, operation->displacement);
		else if (operation->reg == REGISTER_RBP)
			after.frame = moved(from, operation->displacement);
		return after;
	default:
		/* leave */
		if (operation->writes & 1 << REGISTER_RSP && operation->writes & 1 << REGISTER_RBP)
			after.stack = moved(after.frame, 8);
		else if (operation->writes & 1 << REGISTER_RSP)
			after.stack = moved(after.stack, -STACK_FRESH);
		break;
	}
	if (operation->writes & 1 << REGISTER_RBP)
		after.frame = STACK_UNKNOWN;
	return after;
}

static bool flow_stack(struct code *code, size_t to, struct stack stack)
{
	struct operation *operation = &code->operations.items[to];

	if (operation->stack != STACK_UNKNOWN || stack.stack == STACK_UNKNOWN)
		return false;
	operation->stack = stack.stack;
	operation->frame = stack.frame;
	return true;
}

/* The stack pointer is the same on every way to an instruction (compilers keep it so): the first
 * way that is met decides. Loops to earlier code need a few rounds. */
void code_track_stack(struct code *code)
{
	bool is_changed = true;

	if (code->operations.count == 0)
		return;
	for (size_t i = 0; i < code->operations.count; i++)
		code->operations.items[i].stack = code->operations.items[i].frame = STACK_UNKNOWN;
	code->operations.items[0].stack = 0;
	for (int round = 0; round < 8 && is_changed; round++) {
		is_changed = false;
		for (size_t i = 0; i < code->operations.count; i++) {
			struct operation *operation = &code->operations.items[i];

			for (uint32_t edge = operation->predecessors; edge;
			     edge = code->edges.items[edge].next) {
				const struct operation *from =
					&code->operations.items[code->edges.items[edge].from];

				if (flow_stack(code, i, stack_after(from)))
					is_changed = true;
			}
			if (i + 1 < code->operations.count && !operation->ends &&
			    flow_stack(code, i + 1, stack_after(operation)))
				is_changed = true;
		}
	}
}
