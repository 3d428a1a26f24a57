/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Equality of meaning, over all ABIs, numbers and arguments. */
#ifndef WHITTLE_FILTER_COMPARE_H
#define WHITTLE_FILTER_COMPARE_H

#include "policy/policy.h"

/* One call on which two policies differ, with arguments that show it. */
struct difference {
	enum abi abi;
	int nr;
	uint64_t arguments[6];
	bool depends_on_arguments; /* false: whatever the arguments */
	action left, right;
};

/* Calls REPORT once per (ABI, call, pair of actions) on which LEFT and RIGHT differ. Returns the number
 * of differences, 0 when the two are the same, or a negative errno. ABIs compared are those of
 * either side; numbers no table names are compared too. */
int policy_compare(const struct policy *left, const struct policy *right,
		   void (*report)(void *context, const struct difference *difference),
		   void *context, struct error *err);

#endif
