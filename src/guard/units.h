/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The enforced units of the store, with the facts that the guard needs. */
#ifndef WHITTLE_GUARD_UNITS_H
#define WHITTLE_GUARD_UNITS_H

#include "common/error.h"
#include "denial/denial.h"
#include "denial/kernel.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

/* An intended error of the policy for a call, on which libraries fall back. */
struct guarded_answer {
	enum abi abi;
	int nr;
	uint32_t action;
};

struct guarded_unit {
	char *name; /* canonical */
	enum stage stage; /* enforce, verify or guarded */
	enum reaction reaction;
	bool is_two_phase;
	struct guarded_answer *answers;
	size_t answers_count;
	char *control_group; /* "/system.slice/nginx.service"; NULL unknown */
	uint64_t group; /* id of the present one; 0: there is none */
	/* CLOCK_MONOTONIC: when a reaction, or the serving filters, are due (0: not), and when the
	 * latest reaction started. */
	uint64_t react_ns, reacted_ns;
	uint64_t attach_ns;
	uint64_t denials; /* since the guard began to watch it */
	struct denial_kernel_share told_share; /* what the journal says was folded and lost, */
	uint64_t told_share_ns; /* and when it was written; CLOCK_MONOTONIC */
};

struct guarded_units {
	struct guarded_unit *units; /* by name */
	size_t count;
	uint64_t root; /* id of the root of control groups; 0 unknown */
};

/* Loads the units from the store and keeps the facts about units that stay. Calls WARN for unreadable
 * policies. */
int guarded_units_load(struct guarded_units *units, struct store *store,
		       void (*warn)(void *context, const char *sentence), void *context,
		       struct error *err);
void guarded_units_clean(struct guarded_units *units);

/* NULL: the unit is not enforced. */
struct guarded_unit *guarded_units_find(const struct guarded_units *units, const char *name,
					size_t length);

/* Selects the units' denials in the kernel, by the identity of their control groups. */
int guarded_units_select(const struct guarded_units *units, struct denial_kernel *kernel,
			 struct error *err);

/* Whether the policy intends the call to fail with this error. */
bool guarded_unit_intends(const struct guarded_unit *unit, const struct denial *denial);

#endif
