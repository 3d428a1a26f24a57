// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The type, and the kernel's own admission test. A program passes two checks on its way in:
 * net/core/filter.c bpf_check_classic() (any classic program: jumps, shifts, scratch memory) and
 * kernel/seccomp.c seccomp_check_filter() (the instructions that make sense on seccomp_data). A
 * program that passes reaches a `ret` in at most `count` steps: every jump is forward and inside.
 */
#include "filter/filter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void filter_free(struct filter *filter)
{
	free(filter->instructions);
	*filter = (struct filter){ 0 };
}

void filter_stack_free(struct filter_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		filter_free(&stack->filters[i]);
	free(stack->filters);
	*stack = (struct filter_stack){ 0 };
}

static int refuse(struct error *err, size_t at, const char *why)
{
	return error_set(err, -EINVAL, "instruction %zu: %s: the kernel would refuse this filter",
			 at, why);
}

static const char *check_load(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (in->k >= sizeof(struct seccomp_data))
			return "loads from behind the end of the call's data";
		return in->k & 3 ? "loads from an offset that is not a multiple of 4" : NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k >= BPF_MEMWORDS ? "uses scratch memory that does not exist" : NULL;
	default: /* immediates and the length of the data: always fine */
		return NULL;
	}
}

static const char *check_alu(const struct sock_filter *in)
{
	if (in->code == (BPF_ALU | BPF_DIV | BPF_K) && in->k == 0)
		return "divides by zero";
	if ((in->code == (BPF_ALU | BPF_LSH | BPF_K) || in->code == (BPF_ALU | BPF_RSH | BPF_K)) &&
	    in->k >= 32)
		return "shifts by more than 31 bits";
	return NULL;
}

static const char *check_jump(const struct sock_filter *in, size_t left)
{
	if (in->code == (BPF_JMP | BPF_JA))
		return in->k >= left ? "jumps behind the end" : NULL;
	return in->jt >= left || in->jf >= left ? "jumps behind the end" : NULL;
}

/* Whether seccomp admits the instruction; its operands come later. */
static bool is_admitted(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU: /* BPF_ADD and BPF_K are 0 */
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return true;
	default:
		return false;
	}
}

/* No scratch word is read on a path that did not write it (check_load_and_stores()). */
static int check_memory(const struct filter *filter, struct error *err)
{
	uint16_t written[BPF_MAXINSNS], now = 0;

	memset(written, 0xff, sizeof(written));
	for (size_t at = 0; at < filter->count; at++) {
		const struct sock_filter *in = &filter->instructions[at];

		now &= written[at];
		switch (in->code) {
		case BPF_ST:
		case BPF_STX:
			now |= (uint16_t)(1u << in->k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if (!(now & 1u << in->k))
				return refuse(err, at, "reads scratch memory that was not written");
			break;
		case BPF_JMP | BPF_JA:
			written[at + 1 + in->k] &= now;
			now = UINT16_MAX;
			break;
		default:
			if (BPF_CLASS(in->code) != BPF_JMP)
				break;
			written[at + 1 + in->jt] &= now;
			written[at + 1 + in->jf] &= now;
			now = UINT16_MAX;
		}
	}
	return 0;
}

int filter_check(const struct filter *filter, struct error *err)
{
	if (filter->count == 0)
		return error_set(err, -EINVAL, "the filter is empty");
	if (filter->count > BPF_MAXINSNS)
		return error_set(err, -EINVAL,
				 "the filter has %zu instructions, %zu more than the %d that the "
				 "kernel accepts",
				 filter->count, filter->count - BPF_MAXINSNS, BPF_MAXINSNS);
	for (size_t at = 0; at < filter->count; at++) {
		const struct sock_filter *in = &filter->instructions[at];
		const char *why = NULL;

		if (!is_admitted(in->code))
			return error_set(err, -EINVAL,
					 "instruction %zu: seccomp does not allow code 0x%02x", at,
					 in->code);
		if (BPF_CLASS(in->code) == BPF_ALU)
			why = check_alu(in);
		else if (BPF_CLASS(in->code) == BPF_JMP)
			why = check_jump(in, filter->count - at - 1);
		else
			why = check_load(in);
		if (why)
			return refuse(err, at, why);
	}
	if (BPF_CLASS(filter->instructions[filter->count - 1].code) != BPF_RET)
		return refuse(err, filter->count - 1, "the last instruction does not return");
	return check_memory(filter, err);
}

void filter_data(enum abi abi, int nr, const uint64_t arguments[6], struct seccomp_data *data)
{
	const struct abi_info *info = abi_info(abi);
	bool is_swapped = info->is_big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	*data = (struct seccomp_data){ .nr = nr, .arch = info->audit_arch };
	for (int i = 0; i < 6; i++)
		data->args[i] = is_swapped ? arguments[i] >> 32 | arguments[i] << 32 : arguments[i];
}
