/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter is the program that the kernel enforces: classic BPF over struct seccomp_data. Here it
 * is only data; compile.h makes one, decode.h reads any, compare.h proves two the same, simulate.h
 * runs one call through, fetch.h reads those of a live process.
 */
#ifndef WHITTLE_FILTER_FILTER_H
#define WHITTLE_FILTER_FILTER_H

#include "common/error.h"
#include "syscall/abi.h"

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct filter {
	struct sock_filter *instructions;
	size_t count; /* at most BPF_MAXINSNS */
};

void filter_free(struct filter *filter);

/* Whether the kernel would accept it as a seccomp filter (net/core/filter.c bpf_check_classic, and
 * kernel/seccomp.c seccomp_check_filter); the error names the instruction. */
int filter_check(const struct filter *filter, struct error *err);

/* image.c: from and to the bytes of a file, in the byte order of the machine that loads it; reading
 * detects the order. */
int filter_from_bytes(const void *data, size_t size, struct filter *filter, bool *big_endian,
		      struct error *err);
int filter_write(const struct filter *filter, bool big_endian, FILE *out, struct error *err);

/* Several filters of one process, oldest first. It owns the array and the filters. */
struct filter_stack {
	struct filter *filters;
	size_t count;
};
void filter_stack_free(struct filter_stack *stack);

/* fetch.c: every filter of a live thread, by PTRACE_SECCOMP_GET_FILTER: needs CAP_SYS_ADMIN and no
 * filter on the caller itself. The thread is stopped only while its filters are copied and always
 * continues, even if whittle dies (no PTRACE_O_EXITKILL; the kernel detaches). An unfiltered
 * process gives an empty stack. */
int filter_fetch(int tid, struct filter_stack *stack, struct error *err);

/* The data that the kernel of a machine of that ABI passes to a filter for this call, laid out so
 * that the 32-bit words at each offset are those that a filter for that machine loads there: if the
 * byte order differs from this machine's, the halves of 64-bit fields change places. */
void filter_data(enum abi abi, int nr, const uint64_t arguments[6], struct seccomp_data *data);

/* simulate.c: this program's answer to this call. -EINVAL if it is not a valid filter. */
int filter_simulate(const struct filter *filter, const struct seccomp_data *data, uint32_t *action,
		    struct error *err);

/* The same, with the indices of the executed instructions, in order, in PATH (room for
 * BPF_MAXINSNS; NULL: not wanted) and their number in *STEPS. */
int filter_trace(const struct filter *filter, const struct seccomp_data *data, uint32_t *action,
		 uint16_t *path, size_t *steps, struct error *err);

/* filter_run() through a stack, combined by the kernel's precedence; an empty stack allows. */
int filter_stack_simulate(const struct filter_stack *stack, const struct seccomp_data *data,
			  uint32_t *action, struct error *err);

#endif
