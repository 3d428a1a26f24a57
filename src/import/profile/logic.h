/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions of other languages as alternatives of conditions, the only form that a policy has. A value is
 * a constant or one argument with bits masked out and others set, (argument & mask) | set, a form that "&"
 * and "|" with constants keep. Two arguments can't be compared in a policy.
 */
#ifndef WHITTLE_IMPORT_PROFILE_LOGIC_H
#define WHITTLE_IMPORT_PROFILE_LOGIC_H

#include "import/profile/list_policy.h"

struct logic_value {
	bool is_argument;
	uint8_t argument;
	uint64_t mask; /* of the argument's bits that count */
	uint64_t set; /* bits that are set in any case; the whole value of a constant */
	/* Kafel compares the low half of a narrow argument, unless a constant of the comparison has bits in the
	 * high half. */
	bool is_narrow, is_wide;
};

#define LOGIC_ALTERNATIVES 256

/* Alternatives; none is false, and one without conditions is true. */
struct logic_set {
	struct list_clause *clauses; /* owned */
	size_t count;
};

void logic_set_clear(struct logic_set *set);

/* A op B, or its opposite. Each returns NULL, or what is wrong (static text); then the set is empty. */
const char *logic_compare(const struct logic_value *a, enum comparison op,
			  const struct logic_value *b, bool is_negated, struct logic_set *set);
const char *logic_combine(struct logic_value *value, bool is_or, const struct logic_value *other);

/* Any of the BITS is set; no other bit than the BITS is. */
const char *logic_any_bit(uint8_t argument, uint64_t bits, struct logic_set *set);
const char *logic_no_other_bit(uint8_t argument, uint64_t bits, struct logic_set *set);

/* Adds to A what B has; both sets own their memory as before. */
const char *logic_or(struct logic_set *a, const struct logic_set *b);
const char *logic_and(struct logic_set *a, const struct logic_set *b);

#endif
