/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of the public interface: its opaque types around the stages' own, and the translation
 * of errors. Only declarations of whittle.h are visible outside the library.
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

/* Passes on the outcome of a stage: R if it is no failure. */
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

/* Takes ownership of the policy; NULL if memory ran out, and the policy is freed then too. */
struct whittle_policy *library_wrap_policy(struct policy *policy);

#endif
