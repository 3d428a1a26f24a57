/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer of the current task's filters to its call: an interpreter runs them again, on the
 * registers that the kernel's own run saw. Both runs must agree: the programs are those that the
 * kernel keeps for PTRACE_SECCOMP_GET_FILTER (net/core/filter.c: bpf_prog_store_orig_filter, with
 * CONFIG_CHECKPOINT_RESTORE), and the rules are those of kernel/seccomp.c: seccomp_run_filters().
 * Jumps only go forward, so every run ends; there can be no more instructions than FILTER_STEPS.
 */
#ifndef WHITTLE_BPF_FILTER_BPF_H
#define WHITTLE_BPF_FILTER_BPF_H

#include "denial.h"
#include "kernel.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define FILTER_STEPS	   32768 /* kernel/seccomp.c: MAX_INSNS_PER_PATH, of all filters of a task */
#define FILTER_WORD_BITS   64
#define MAX_ERRNO	   4095
#define ENOSYS		   38
#define SECCOMP_DATA_WORDS (sizeof(struct seccomp_data) / sizeof(__u32))

/*
 * The kernel's bitmap (since Linux 5.11) of the numbers that the newest filter, and with it all of
 * them, allows with any arguments. Read from fixed places, since the verifier allows a kernel
 * pointer to be followed nowhere else; larger numbers are run through the filters.
 */
#define ALLOWED_WORD(i, bitmap)                 \
	case i:                                 \
		word = filter->cache.bitmap[i]; \
		barrier_var(word);              \
		break;
#define ALLOWED_WORDS(bitmap)   \
	ALLOWED_WORD(0, bitmap) \
	ALLOWED_WORD(1, bitmap) \
	ALLOWED_WORD(2, bitmap) \
	ALLOWED_WORD(3, bitmap) \
	ALLOWED_WORD(4, bitmap) \
	ALLOWED_WORD(5, bitmap) \
	ALLOWED_WORD(6, bitmap) \
	ALLOWED_WORD(7, bitmap)

static __always_inline bool filter_always_allows(struct seccomp_filter *filter, __u32 nr,
						 bool is_compat)
{
	__u32 index = nr / FILTER_WORD_BITS;
	unsigned long word = 0;

	if (!is_compat) {
		switch (index) {
			ALLOWED_WORDS(allow_native)
		}
	} else if (bpf_core_field_exists(filter->cache.allow_compat)) {
		/* Not in a kernel without 32-bit calls. */
		switch (index) {
			ALLOWED_WORDS(allow_compat)
		}
	}
	return word >> (nr % FILTER_WORD_BITS) & 1;
}

/* A program that is being read; both of the following begin with it. */
struct filter_position {
	__u64 filter; /* struct seccomp_filter; 0: there is no other */
	__u64 instructions;
	__u32 length, at;
};

static __always_inline bool filter_open(struct filter_position *position,
					struct seccomp_filter *filter)
{
	struct sock_fprog_kern *program = BPF_CORE_READ(filter, prog, orig_prog);

	position->filter = (__u64)filter;
	position->at = 0;
	position->length = BPF_CORE_READ(program, len);
	position->instructions = (__u64)BPF_CORE_READ(program, filter);
	return position->length && position->instructions;
}

/* The previous one; false: there is none, or it cannot be read. */
static __always_inline bool filter_open_previous(struct filter_position *position)
{
	struct seccomp_filter *filter = (struct seccomp_filter *)position->filter;
	struct seccomp_filter *previous = BPF_CORE_READ(filter, prev);

	if (previous)
		return filter_open(position, previous);
	position->filter = 0;
	return false;
}

static __always_inline bool filter_next(struct filter_position *position,
					struct sock_filter *instruction)
{
	if (position->at >= position->length)
		return false;
	return bpf_probe_read_kernel(instruction, sizeof(*instruction),
				     (void *)(position->instructions +
					      (__u64)position->at++ * sizeof(*instruction))) == 0;
}

struct filter_run {
	struct filter_position position; /* its filter is 0 when all have returned */
	__u64 decisive; /* the filter whose answer wins so far */
	__u32 action;
	__u32 a, x;
	__u32 memory[BPF_MEMWORDS];
	union {
		struct seccomp_data data;
		__u32 words[SECCOMP_DATA_WORDS];
	};
};

static __always_inline __u32 filter_compute(__u16 code, __u32 a, __u32 operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return operand ? a / operand : 0;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	default:
		return -a; /* BPF_NEG */
	}
}

static __always_inline bool filter_jumps(__u16 code, __u32 a, __u32 operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand; /* BPF_JSET */
	}
}

static __always_inline void filter_load_or_store(struct filter_run *run, __u16 code, __u32 k)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
		run->a = run->words[k / sizeof(__u32) & (SECCOMP_DATA_WORDS - 1)];
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		run->a = sizeof(struct seccomp_data);
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		run->x = sizeof(struct seccomp_data);
		break;
	case BPF_LD | BPF_IMM:
		run->a = k;
		break;
	case BPF_LDX | BPF_IMM:
		run->x = k;
		break;
	case BPF_LD | BPF_MEM:
		run->a = run->memory[k & (BPF_MEMWORDS - 1)];
		break;
	case BPF_LDX | BPF_MEM:
		run->x = run->memory[k & (BPF_MEMWORDS - 1)];
		break;
	case BPF_ST:
		run->memory[k & (BPF_MEMWORDS - 1)] = run->a;
		break;
	case BPF_STX:
		run->memory[k & (BPF_MEMWORDS - 1)] = run->x;
		break;
	case BPF_MISC | BPF_TAX:
		run->x = run->a;
		break;
	case BPF_MISC | BPF_TXA:
		run->a = run->x;
		break;
	}
}

/* A filter returns; the kernel clears A and X for the next one. The strictest answer wins, of two
 * equal ones the newer filter's. */
static __always_inline long filter_return(struct filter_run *run, __u32 action)
{
	if ((__s32)(action & SECCOMP_RET_ACTION_FULL) <
	    (__s32)(run->action & SECCOMP_RET_ACTION_FULL)) {
		run->action = action;
		run->decisive = run->position.filter;
	}
	run->a = run->x = 0;
	return !filter_open_previous(&run->position);
}

/* One instruction. If it cannot be read, position.filter is unchanged. */
static long filter_step(__u32 step, struct filter_run *run)
{
	struct sock_filter in;
	__u32 operand;

	if (!filter_next(&run->position, &in))
		return 1;
	operand = BPF_SRC(in.code) == BPF_X ? run->x : in.k;
	switch (BPF_CLASS(in.code)) {
	case BPF_RET:
		return filter_return(run, BPF_RVAL(in.code) == BPF_A ? run->a : in.k);
	case BPF_ALU:
		/* net/core/filter.c: bpf_convert_filter() has a division by 0 return 0. */
		if (BPF_OP(in.code) == BPF_DIV && !operand)
			return filter_return(run, SECCOMP_RET_KILL_THREAD);
		run->a = filter_compute(in.code, run->a, operand);
		return 0;
	case BPF_JMP:
		if (BPF_OP(in.code) == BPF_JA)
			run->position.at += in.k;
		else
			run->position.at += filter_jumps(in.code, run->a, operand) ? in.jt : in.jf;
		return 0;
	default:
		filter_load_or_store(run, in.code, in.k);
		return 0;
	}
}

/* As in kernel/seccomp.c: populate_seccomp_data(); also for the high halves of an i386 call's
 * arguments. */
static __always_inline void filter_fill_data(struct filter_run *run, struct pt_regs *regs,
					     bool is_compat)
{
	struct seccomp_data *data = &run->data;

	data->nr = (int)regs->orig_ax;
	data->arch = is_compat ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	data->instruction_pointer = regs->ip;
	data->args[0] = is_compat ? regs->bx : regs->di;
	data->args[1] = is_compat ? regs->cx : regs->si;
	data->args[2] = regs->dx;
	data->args[3] = is_compat ? regs->si : regs->r10;
	data->args[4] = is_compat ? regs->di : regs->r8;
	data->args[5] = is_compat ? regs->bp : regs->r9;
}

/* False: the programs cannot be read. */
static __always_inline bool filter_run_all(struct filter_run *run, struct seccomp_filter *newest)
{
	run->action = SECCOMP_RET_ALLOW;
	if (!filter_open(&run->position, newest))
		return false;
	bpf_loop(FILTER_STEPS, filter_step, run, 0);
	return !run->position.filter;
}

/* The errnos that some call could return by a filter's answer. */
struct filter_scan {
	struct filter_position position;
	__u64 errnos[DENIAL_ERRNO_WORDS];
};

static __always_inline void filter_add_errno(struct filter_scan *scan, __u32 number)
{
	if (number < DENIAL_ERRNO_WORDS * FILTER_WORD_BITS)
		scan->errnos[number / FILTER_WORD_BITS] |= 1ULL << (number % FILTER_WORD_BITS);
}

static long filter_scan_step(__u32 step, struct filter_scan *scan)
{
	struct sock_filter in;

	if (!filter_next(&scan->position, &in))
		return 1;
	if (BPF_CLASS(in.code) == BPF_RET) {
		if (BPF_RVAL(in.code) == BPF_A) {
			for (int i = 0; i < DENIAL_ERRNO_WORDS; i++)
				scan->errnos[i] = ~0ULL;
		} else if ((in.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
			filter_add_errno(scan, in.k & SECCOMP_RET_DATA);
		} else {
			/* If there is no tracer or listener. */
			filter_add_errno(scan, ENOSYS);
		}
	}
	return scan->position.at >= scan->position.length && !filter_open_previous(&scan->position);
}

/* All of them if the programs cannot be read. */
static __always_inline void filter_scan_all(struct filter_scan *scan, struct seccomp_filter *newest)
{
	if (filter_open(&scan->position, newest))
		bpf_loop(FILTER_STEPS, filter_scan_step, scan, 0);
	if (scan->position.filter)
		for (int i = 0; i < DENIAL_ERRNO_WORDS; i++)
			scan->errnos[i] = ~0ULL;
}

#endif
