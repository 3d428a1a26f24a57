/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One search for values: its states, visited and found. Private to search.c, which stores them, and
 * value.c, which advances them. */
#ifndef WHITTLE_REACH_CODE_SEARCH_H
#define WHITTLE_REACH_CODE_SEARCH_H

#include "common/array.h"
#include "common/table.h"
#include "reach/code/code.h"

#define STEPS_LIMIT 6

enum step_kind {
	STEP_ADD,
	STEP_AND,
	STEP_OR,
	STEP_XOR,
	STEP_SHIFT_LEFT,
	STEP_SHIFT_RIGHT,
	STEP_READ
};

struct step {
	enum step_kind kind;
	int64_t constant; /* of READ: the offset behind the pointer */
	uint32_t before; /* of READ: the operation that it is done by, or before */
};

/* The wanted value: a register, or if that is NONE the stack slot. */
struct state {
	uint32_t before; /* the operation before which it is wanted */
	uint8_t reg;
	uint8_t steps_count;
	int32_t slot; /* from rsp at entry */
	struct step steps[STEPS_LIMIT]; /* the last one is the first to be applied */
};

struct search {
	const struct code *code;
	struct values *values;
	ARRAY(struct state) todo;
	ARRAY(struct state) met;
	struct table met_by_hash;
	size_t work;
	bool out_of_memory;
};

/* Whether the state was visited before; marks it as visited. */
bool search_was_seen(struct search *search, const struct state *state);

/* Continues with this state, if it was not visited before. */
void search_push(struct search *search, const struct state *state);

/* One more step between the wanted place and the value; false: too many. */
bool search_add_step(struct state *state, enum step_kind kind, int64_t constant);

/* The end of a search path: a constant, a place that the function received at its entry, memory at
 * a fixed place of SIZE bytes, or an unknown value. */
void search_found_unknown(struct search *search);
/* The same, before the steps of the state: a mask may leave few values. */
void search_found_any(struct search *search, const struct state *state);
void search_found_constant(struct search *search, const struct state *state, uint64_t value);
void search_found_entry(struct search *search, const struct state *state);
void search_found_global(struct search *search, const struct state *state, int64_t rva,
			 unsigned size);

#endif
