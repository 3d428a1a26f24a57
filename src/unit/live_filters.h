/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the filters of one thread with a policy. An additional filter can only deny more. So a stack
 * is correct if all filters together allow nothing that the policy denies, and if a subset means exactly
 * the policy. The other filters come from elsewhere.
 */
#ifndef WHITTLE_UNIT_LIVE_FILTERS_H
#define WHITTLE_UNIT_LIVE_FILTERS_H

#include "unit/verify.h"

#include <stdbool.h>

bool live_filters_equal(const struct filter *a, const struct filter *b);
bool live_filters_stacks_equal(const struct filter_stack *a, const struct filter_stack *b);

/* Verifies WHOLE without its first INHERITED filters: compares the meanings and, independently, runs
 * every number through the programs. Adds the counts to VERIFICATION. -EUCLEAN: the error names the first
 * differences. */
int live_filters_verify(const struct filter_stack *whole, size_t inherited,
			const struct policy *meaning, struct verification *verification,
			struct error *err);

/* The second half of it alone: runs every number of every ABI through the programs, and for each clause of
 * MEANING a call that matches it. Counts the numbers in *CALLS. -EUCLEAN: the error names the first call
 * with another answer. */
int live_filters_verify_numbers(const struct filter_stack *stack, const struct policy *meaning,
				size_t *calls, struct error *err);

/* Copies the filters of a verified stack that together mean the policy. */
int live_filters_of_policy(const struct filter_stack *whole, size_t inherited,
			   const struct policy *meaning, struct filter_stack *own,
			   struct error *err);

#endif
