/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads back the meaning of filters: exactly, or not at all. */
#ifndef WHITTLE_FILTER_DECODE_H
#define WHITTLE_FILTER_DECODE_H

#include "filter/filter.h"
#include "policy/policy.h"

/*
 * The meaning of the stacked filters together, as a policy: for each ABI that they distinguish
 * (each of ABIS, at least) the rules, with conditions where the outcome depends on arguments.
 * -EOPNOTSUPP, with the filter and instruction, if a program cannot be read exactly (a load of the
 * instruction pointer that matters, arithmetic that has no form as conditions): never a guess.
 */
int filter_decode(const struct filter_stack *stack, const enum abi *abis, size_t abis_count,
		  struct policy **policy, struct error *err);

#endif
