/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a policy to the program that the kernel enforces. */
#ifndef WHITTLE_FILTER_COMPILE_H
#define WHITTLE_FILTER_COMPILE_H

#include "filter/filter.h"
#include "policy/policy.h"

struct compile_options {
	/* The ABIs to cover; a call of any other gets the policy's foreign action. Count 0: those
	 * of the policy. All of one byte order. */
	const enum abi *abis;
	size_t abis_count;
	/* Kernels before 5.11 run the program for every call; newer ones answer calls that are
	 * always allowed from a bitmap, so these need not be fast. */
	bool for_old_kernel;
};

/*
 * The program means exactly the same as the policy: it was read back and compared before this
 * returns. OPTIONS may be NULL. -E2BIG, with the excess, if the kernel would refuse it for its
 * length; -EINVAL if no machine has all of the ABIs.
 */
int filter_compile(const struct policy *policy, const struct compile_options *options,
		   struct filter *filter, struct error *err);

/* The same for this machine: for those of its ABIs that the policy covers, since calls of others
 * cannot be made here. -EINVAL if the policy is for another machine. */
int filter_compile_local(const struct policy *policy, struct filter *filter, struct error *err);

#endif
