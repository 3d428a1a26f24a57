/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WHITTLE_POLICY_MULTIPLEXED_H
#define WHITTLE_POLICY_MULTIPLEXED_H

#include "policy/policy.h"

/* A call that i386 also makes through socketcall or ipc. */
struct multiplexed {
	const char *name;
	const char *through;
	uint32_t number;
};
size_t multiplexed_calls(const struct multiplexed **rows);

/* Appends the rule that libseccomp adds for the multiplexer. -ENOMEM. */
int multiplexed_add(struct policy *meaning, const struct multiplexed *row, uint32_t verdict);

/* The row of a call, or NULL: it is behind no multiplexer. */
const struct multiplexed *multiplexed_find(const char *name);

#endif
