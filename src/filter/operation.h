/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arithmetic and the tests of instructions, on numbers: for code that runs programs and code
 * that reads them. */
#ifndef WHITTLE_FILTER_OPERATION_H
#define WHITTLE_FILTER_OPERATION_H

#include <linux/bpf_common.h>
#include <stdbool.h>
#include <stdint.h>

/* BPF_ADD ... BPF_NEG. The caller handles division by 0 and shifts by more than 31, which each
 * machine executes differently. */
static inline uint32_t operation_compute(uint16_t operation, uint32_t a, uint32_t b)
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
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	default:
		return -a;
	}
}

/* BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET. */
static inline bool operation_holds(uint16_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return (a & b) != 0;
	}
}

#endif
