// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A conditional jump reaches at most 255 instructions. A farther target is brought near first: a
 * `ret` by copying it, which costs no step, anything else by an unconditional jump. Both are
 * remembered and reused while they are near.
 */
#include "filter/assemble.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>

#define REACH	    255
#define RETURN_NEAR 64 /* how far back a `ret` is looked for */
#define COUNT_MAX   ((size_t)16 * BPF_MAXINSNS) /* where counting by how much it is too long ends */

void assembler_clear(struct assembler *a)
{
	free(a->code);
	free(a->nearest);
	*a = (struct assembler){ 0 };
}

bool assembler_is_full(const struct assembler *a)
{
	return a->is_out_of_memory || a->count == COUNT_MAX;
}

static label emit(struct assembler *a, struct sock_filter in)
{
	if (assembler_is_full(a))
		return (label)a->count;
	/* The first of the places is none. */
	if ((!a->nearest && !array_grow_one(&a->nearest, 0)) ||
	    !array_grow_one(&a->nearest, a->count + 1) || !array_grow_one(&a->code, a->count)) {
		a->is_out_of_memory = true;
		return (label)a->count;
	}
	a->code[a->count++] = in;
	return (label)a->count;
}

label assemble(struct assembler *a, uint16_t code, uint32_t k)
{
	return emit(a, (struct sock_filter)BPF_STMT(code, k));
}

/* The instruction at a place; places begin at 1. */
static const struct sock_filter *at(const struct assembler *a, label place)
{
	return &a->code[place - 1];
}

static bool is_return(const struct sock_filter *in)
{
	return in->code == (BPF_RET | BPF_K);
}

label assemble_return(struct assembler *a, uint32_t action)
{
	for (size_t back = 0; back < RETURN_NEAR && back < a->count; back++) {
		label there = (label)(a->count - back);

		if (is_return(at(a, there)) && at(a, there)->k == action)
			return there;
	}
	return assemble(a, BPF_RET | BPF_K, action);
}

/* Between the next instruction and the target. */
static size_t distance(const struct assembler *a, label target)
{
	return a->count - target;
}

static label bring_near(struct assembler *a, label target)
{
	label copy = a->nearest[target];

	if (copy && distance(a, copy) < REACH - 2)
		return copy;
	if (is_return(at(a, target)))
		copy = assemble(a, BPF_RET | BPF_K, at(a, target)->k);
	else
		copy = assemble(a, BPF_JMP | BPF_JA, (uint32_t)distance(a, target));
	a->nearest[target] = copy;
	return copy;
}

label assemble_jump(struct assembler *a, uint16_t operation, uint32_t value, label yes, label no)
{
	if (assembler_is_full(a) || yes == no)
		return yes;
	/* Bringing one near moves the other away by one. */
	if (distance(a, yes) >= REACH)
		yes = bring_near(a, yes);
	if (!assembler_is_full(a) && distance(a, no) >= REACH)
		no = bring_near(a, no);
	if (assembler_is_full(a))
		return yes;
	return emit(a, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | operation | BPF_K), value,
						    (uint8_t)distance(a, yes),
						    (uint8_t)distance(a, no)));
}

void assemble_continue(struct assembler *a, label target)
{
	if (assembler_is_full(a) || target == a->count)
		return;
	if (is_return(at(a, target)))
		assemble(a, BPF_RET | BPF_K, at(a, target)->k);
	else
		assemble(a, BPF_JMP | BPF_JA, (uint32_t)distance(a, target));
}

int assembler_finish(struct assembler *a, struct filter *filter, struct error *err)
{
	size_t count = a->count;

	if (a->is_out_of_memory)
		return error_oom(err);
	if (count > BPF_MAXINSNS)
		return error_set(
			err, -E2BIG,
			"the filter needs %s%zu instructions, %zu more than the %d that the "
			"kernel accepts: allow whole calls instead of some conditions",
			count == COUNT_MAX ? "at least " : "", count, count - BPF_MAXINSNS,
			BPF_MAXINSNS);
	filter->instructions = calloc(count, sizeof(*filter->instructions));
	if (!filter->instructions)
		return error_oom(err);
	filter->count = count;
	for (size_t i = 0; i < count; i++)
		filter->instructions[i] = a->code[count - 1 - i];
	assembler_clear(a);
	return 0;
}
