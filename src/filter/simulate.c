// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An interpreter: one call through one program, as the kernel would run it. It is kept simple,
 * since the decoder and the compiler are tested against it.
 */
#include "filter/filter.h"
#include "filter/operation.h"

#include <errno.h>
#include <string.h>

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS]; /* the kernel clears A and X at the start */
};

static void load_or_store(struct machine *m, const struct sock_filter *in,
			  const struct seccomp_data *data)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		memcpy(&m->a, (const char *)data + in->k, sizeof(m->a));
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = sizeof(*data);
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = sizeof(*data);
		break;
	case BPF_LD | BPF_IMM:
		m->a = in->k;
		break;
	case BPF_LDX | BPF_IMM:
		m->x = in->k;
		break;
	case BPF_LD | BPF_MEM:
		m->a = m->memory[in->k];
		break;
	case BPF_LDX | BPF_MEM:
		m->x = m->memory[in->k];
		break;
	case BPF_ST:
		m->memory[in->k] = m->a;
		break;
	case BPF_STX:
		m->memory[in->k] = m->x;
		break;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		break;
	default:
		m->a = m->x;
	}
}

int filter_trace(const struct filter *filter, const struct seccomp_data *data, uint32_t *action,
		 uint16_t *path, size_t *steps, struct error *err)
{
	struct machine m = { 0 };
	size_t count = 0, at = 0;
	int r = filter_check(filter, err);

	if (r < 0)
		return r;
	for (;; at++) { /* ends: jumps are forward, and the last instruction returns */
		const struct sock_filter *in = &filter->instructions[at];
		uint32_t operand = BPF_SRC(in->code) == BPF_X ? m.x : in->k;

		if (path)
			path[count] = (uint16_t)at;
		count++;
		switch (BPF_CLASS(in->code)) {
		case BPF_RET:
			*action = BPF_RVAL(in->code) == BPF_A ? m.a : in->k;
			goto out;
		case BPF_ALU:
			if (BPF_OP(in->code) == BPF_DIV && operand == 0) {
				/* net/core/filter.c: bpf_convert_filter() has it return 0 */
				*action = SECCOMP_RET_KILL_THREAD;
				goto out;
			}
			m.a = operation_compute(BPF_OP(in->code), m.a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				at += in->k;
			else
				at += operation_holds(BPF_OP(in->code), m.a, operand) ? in->jt
										      : in->jf;
			break;
		default:
			load_or_store(&m, in, data);
		}
	}
out:
	if (steps)
		*steps = count;
	return 0;
}

int filter_simulate(const struct filter *filter, const struct seccomp_data *data, uint32_t *action,
		    struct error *err)
{
	return filter_trace(filter, data, action, NULL, NULL, err);
}

int filter_stack_simulate(const struct filter_stack *stack, const struct seccomp_data *data,
			  uint32_t *action, struct error *err)
{
	/* From the newest on: of two with the same action the newer one's data counts. */
	*action = SECCOMP_RET_ALLOW;
	for (size_t i = stack->count; i-- > 0;) {
		uint32_t one;
		int r = filter_simulate(&stack->filters[i], data, &one, err);

		if (r < 0)
			return error_prefix(err, "filter %zu of %zu", i + 1, stack->count);
		if ((int32_t)(one & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(*action & SECCOMP_RET_ACTION_FULL))
			*action = one;
	}
	return 0;
}
