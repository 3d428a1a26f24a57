// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The visited states of a search for values (an open hash) and the values found. Every limit that
 * is reached results in "unknown".
 */
#include "reach/code/search.h"

#include <string.h>

#define VALUES_LIMIT 128

void search_values_free(struct values *values)
{
	vector_free(&values->constants);
	vector_free(&values->origins);
	vector_free(&values->globals);
}

/* ---- states ---- */

static bool same_state(const struct state *a, const struct state *b)
{
	if (a->before != b->before || a->reg != b->reg || a->slot != b->slot ||
	    a->steps_count != b->steps_count)
		return false;
	for (unsigned i = 0; i < a->steps_count; i++)
		if (a->steps[i].kind != b->steps[i].kind ||
		    a->steps[i].constant != b->steps[i].constant ||
		    a->steps[i].before != b->steps[i].before)
			return false;
	return true;
}

static size_t hash_state(const struct state *state)
{
	uint64_t hash = state->before * 0x9e3779b97f4a7c15ULL;

	hash ^= (uint64_t)state->reg << 32 | (uint32_t)state->slot;
	hash *= 0xff51afd7ed558ccdULL;
	for (unsigned i = 0; i < state->steps_count; i++)
		hash = (hash ^ (uint64_t)state->steps[i].kind ^
			(uint64_t)state->steps[i].constant) *
		       0xc4ceb9fe1a85ec53ULL;
	return (size_t)(hash ^ hash >> 29);
}

static void place_state(struct state *table, size_t room, const struct state *state)
{
	size_t at = hash_state(state) & (room - 1);

	while (table[at].before != NO_INDEX)
		at = (at + 1) & (room - 1);
	table[at] = *state;
}

static bool grow_seen(struct search *search)
{
	size_t room = search->seen_room ? search->seen_room * 2 : 64;
	struct state *bigger = malloc(room * sizeof(*bigger));

	if (!bigger)
		return false;
	for (size_t i = 0; i < room; i++)
		bigger[i].before = NO_INDEX;
	for (size_t i = 0; i < search->seen_room; i++)
		if (search->seen[i].before != NO_INDEX)
			place_state(bigger, room, &search->seen[i]);
	free(search->seen);
	search->seen = bigger;
	search->seen_room = room;
	return true;
}

/* Whether it was met before; it is from now on. */
bool search_was_seen(struct search *search, const struct state *state)
{
	size_t at;

	if (search->seen_count * 2 >= search->seen_room && !grow_seen(search)) {
		search->out_of_memory = true;
		return true;
	}
	for (at = hash_state(state) & (search->seen_room - 1); search->seen[at].before != NO_INDEX;
	     at = (at + 1) & (search->seen_room - 1))
		if (same_state(&search->seen[at], state))
			return true;
	search->seen[at] = *state;
	search->seen_count++;
	return false;
}

/* ---- results ---- */

static uint64_t apply(const struct step *step, uint64_t value)
{
	uint64_t constant = (uint64_t)step->constant;

	switch (step->kind) {
	case STEP_ADD:
		return value + constant;
	case STEP_AND:
		return value & constant;
	case STEP_OR:
		return value | constant;
	case STEP_XOR:
		return value ^ constant;
	case STEP_SHIFT_LEFT:
		return constant < 64 ? value << constant : 0;
	case STEP_SHIFT_RIGHT:
		return constant < 64 ? value >> constant : 0;
	case STEP_READ:
		break;
	}
	return value;
}

void search_found_unknown(struct search *search)
{
	search->values->is_unknown = true;
}

void search_found_constant(struct search *search, const struct state *state, uint64_t value)
{
	const struct image *image = search->code->image;
	struct values *values = search->values;

	for (unsigned i = state->steps_count; i-- > 0;) {
		const struct step *step = &state->steps[i];
		uint64_t at = value + (uint64_t)step->constant - image->base;
		const uint8_t *bytes;

		if (step->kind != STEP_READ) {
			value = apply(step, value);
			continue;
		}
		/* A table of constants; what can be written may hold anything. */
		bytes = image_at(image, at, 8);
		if (!bytes || image_is_writable(image, at)) {
			search_found_unknown(search);
			return;
		}
		value = load64(bytes);
	}
	for (size_t i = 0; i < values->constants.count; i++)
		if (values->constants.items[i] == value)
			return;
	if (values->constants.count >= VALUES_LIMIT)
		search_found_unknown(search);
	else if (!vector_push(&values->constants, value))
		search->out_of_memory = true;
}

static void found_origin(struct search *search, struct origin origin)
{
	struct values *values = search->values;

	for (size_t i = 0; i < values->origins.count; i++)
		if (origin_equal(&values->origins.items[i], &origin))
			return;
	if (!vector_push(&values->origins, origin))
		search->out_of_memory = true;
}

/* A read behind a pointer is the only thing that may have been done to what comes from elsewhere;
 * OFFSET is then that of the read. */
static bool only_read(const struct state *state, bool *is_read, int32_t *offset)
{
	int64_t sum = 0;

	*is_read = false;
	for (unsigned i = state->steps_count; i-- > 0;) {
		const struct step *step = &state->steps[i];

		if (*is_read || (step->kind != STEP_ADD && step->kind != STEP_READ))
			return false;
		sum += step->constant;
		*is_read = step->kind == STEP_READ;
	}
	*offset = (int32_t)sum;
	return sum == *offset && (*is_read || sum == 0);
}

void search_found_entry(struct search *search, const struct state *state)
{
	struct origin origin;
	int32_t offset;
	bool is_read;

	memset(&origin, 0, sizeof(origin));
	if (!only_read(state, &is_read, &offset)) {
		search_found_unknown(search);
	} else if (state->reg != REGISTER_NONE) {
		origin.kind = is_read ? ORIGIN_MEMORY : ORIGIN_REGISTER;
		origin.reg = state->reg;
		origin.offset = is_read ? offset : 0;
		found_origin(search, origin);
	} else if (state->slot >= 8 && !is_read) {
		origin.kind = ORIGIN_STACK;
		origin.offset = state->slot;
		found_origin(search, origin);
	} else {
		search_found_unknown(search);
	}
}

void search_found_global(struct search *search, const struct state *state, int64_t rva,
			 unsigned size)
{
	const struct image *image = search->code->image;
	struct value_global global = { 0 };

	if (rva < 0 || rva >= image->span || size < 4) {
		search_found_unknown(search);
		return;
	}
	if (!image_is_writable(image, (uint64_t)rva) && image_at(image, (uint64_t)rva, size)) {
		const uint8_t *bytes = image_at(image, (uint64_t)rva, size);

		search_found_constant(search, state, size >= 8 ? load64(bytes) : load32(bytes));
		return;
	}
	global.rva = (uint32_t)rva;
	if (!only_read(state, &global.is_pointer, &global.offset))
		search_found_unknown(search);
	else if (!vector_push(&search->values->globals, global))
		search->out_of_memory = true;
}

void search_push(struct search *search, const struct state *state)
{
	if (!search_was_seen(search, state) && !vector_push(&search->todo, *state))
		search->out_of_memory = true;
}

bool search_add_step(struct state *state, enum step_kind kind, int64_t constant)
{
	if (kind == STEP_ADD && constant == 0)
		return true;
	if (state->steps_count == STEPS_LIMIT)
		return false;
	state->steps[state->steps_count++] = (struct step){ kind, constant, state->before };
	return true;
}
