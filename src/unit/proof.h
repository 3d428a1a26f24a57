/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One thread's filters against a policy. A filter can only narrow what the others allow, so that of
 * a stack two things are to be proved: all together allow nothing that the policy refuses, and some
 * of them mean exactly the policy. What remains is somebody else's.
 */
#ifndef WHITTLE_UNIT_PROOF_H
#define WHITTLE_UNIT_PROOF_H

#include "unit/verify.h"

#include <stdbool.h>

bool filters_are_same(const struct filter *a, const struct filter *b);
bool stacks_are_same(const struct filter_stack *a, const struct filter_stack *b);

/* Proves WHOLE without its first INHERITED filters, by comparing meanings and, independently, by
 * running every number through the programs; adds what it found to VERIFICATION. -EUCLEAN with the
 * first differences in words. */
int prove_stack(const struct filter_stack *whole, size_t inherited, const struct policy *meaning,
		struct verification *verification, struct error *err);

/* The second of the two alone: runs every number of every ABI through the programs, and for each
 * clause of the policy a call that meets it. *CALLS counts the numbers. -EUCLEAN with the first call
 * that is answered otherwise. */
int prove_every_number(const struct filter_stack *stack, const struct policy *meaning,
		       size_t *calls, struct error *err);

/* Copies of those filters of a proven stack that are needed to mean the policy. */
int own_filters(const struct filter_stack *whole, size_t inherited, const struct policy *meaning,
		struct filter_stack *own, struct error *err);

#endif
