/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Equality of meaning, over all ABIs, numbers and arguments. */
#ifndef WHITTLE_FILTER_COMPARE_H
#define WHITTLE_FILTER_COMPARE_H

#include "filter/filter.h"
#include "policy/policy.h"

/* Calls on which two policies or filters differ in the same way, with arguments that show it. */
struct difference {
	enum abi abi;
	int nr;
	int last; /* the same is true of each number up to this one (in unsigned order) */
	uint64_t arguments[6];
	uint64_t instruction_pointer; /* for the rare filter that looks at it */
	bool depends_on_arguments; /* false: whatever the arguments */
	action left, right;
	/* A rule whose clauses are all arguments of the call with this difference; NULL if it does
	 * not depend on them, or has no short form. Valid only during the call. */
	const struct rule *where;
	/* The difference concerns every ABI that neither side covers; this one and ARCH, an
	 * AUDIT_ARCH number, are examples. If both sides cover all named ABIs, ABI is ABI_COUNT. */
	bool is_foreign;
	uint32_t arch;
};

/* Either a policy or a stack of filters: the one that is not NULL. */
struct side {
	const struct policy *policy;
	const struct filter_stack *stack;
};

/* Calls REPORT once per (ABI, range of numbers, pair of actions) on which LEFT and RIGHT differ.
 * Returns the number of differences, 0 if the two are the same, or a negative errno (-EOPNOTSUPP if
 * a filter cannot be read exactly). Compares all numbers, including those in no table. */
int filter_compare(struct side left, struct side right,
		   void (*report)(void *context, const struct difference *difference),
		   void *context, struct error *err);

/* The same in a universe that already contains much of the two sides, which is faster. */
struct diagrams;
int filter_compare_within(struct diagrams *diagrams, struct side left, struct side right,
			  void (*report)(void *context, const struct difference *difference),
			  void *context, struct error *err);

/* The same of two policies. */
int compare_policies(const struct policy *left, const struct policy *right,
		     void (*report)(void *context, const struct difference *difference),
		     void *context, struct error *err);

#endif
