/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The enforced units of the store, as the guard has to know them while it runs. */
#ifndef WHITTLE_GUARD_UNITS_H
#define WHITTLE_GUARD_UNITS_H

#include "bpf/denial.h"
#include "common/error.h"
#include "denial/denial.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

/* A call that the policy itself answers with an error of its own, on which libraries fall back. */
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
	char *directory; /* of its control group; NULL unknown */
	uint64_t group; /* the id that it was last seen with */
	/* CLOCK_MONOTONIC: when a reaction, the serving list is due, 0 not; when the latest was begun. */
	uint64_t react_ns, reacted_ns;
	uint64_t attach_ns;
	uint64_t denials; /* since the guard began to watch it */
};

struct guarded_units {
	struct guarded_unit *units; /* by name */
	size_t count;
};

/* What the store has now. What is known of units that stay is kept. Policies that can't be read are
 * told to WARN. */
int guarded_units_load(struct guarded_units *units, struct store *store,
		       void (*warn)(void *context, const char *sentence), void *context,
		       struct error *err);
void guarded_units_clean(struct guarded_units *units);

/* NULL: it is not enforced. */
struct guarded_unit *guarded_units_find(const struct guarded_units *units, const char *name,
					size_t length);

/* Whose a denied call is; NULL: of none that is enforced. A unit of the same name in a container is
 * another one. */
struct guarded_unit *guarded_units_of_event(const struct guarded_units *units,
					    const struct denial_event *event);

/* Whether the policy means the call to fail in this way. */
bool guarded_unit_intends(const struct guarded_unit *unit, const struct denial *denial);

#endif
