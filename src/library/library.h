/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the public interface is made of: its opaque types around the stages' own, and the way from
 * their errors to its own. Nothing but what whittle.h declares is visible outside the library.
 */
#ifndef WHITTLE_LIBRARY_LIBRARY_H
#define WHITTLE_LIBRARY_LIBRARY_H

#define WHITTLE_API __attribute__((visibility("default")))

#include "filter/filter.h"
#include "library/whittle.h"
#include "policy/policy.h"

#include <assert.h>

struct whittle_policy {
	struct policy *policy; /* always finished: policy_finish() */
};

struct whittle_filter {
	struct filter_stack stack;
};

/* The outcome of a stage, handed on: R where it is no failure. */
static inline int hand_on(int r, const struct error *from, struct whittle_error *to)
{
	if (r >= 0 || !to)
		return r;
	to->code = r;
	snprintf(to->message, sizeof(to->message), "%s", from->message);
	return r;
}

static inline bool is_abi(enum whittle_abi abi)
{
	return (unsigned)abi < ABI_COUNT;
}

/* Takes the policy over; NULL where memory ran out, and the policy is gone then too. */
struct whittle_policy *library_wrap_policy(struct policy *policy);

#endif
