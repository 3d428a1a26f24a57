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
	array_free(&values->constants);
	array_free(&values->partial);
	array_free(&values->origins);
	array_free(&values->globals);
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

static uint32_t hash_state(const struct state *state)
{
	uint64_t hash = state->before * 0x9e3779b97f4a7c15ULL;

	hash ^= (uint64_t)state->reg << 32 | (uint32_t)state->slot;
	hash *= 0xff51afd7ed558ccdULL;
	for (unsigned i = 0; i < state->steps_count; i++)
		hash = (hash ^ (uint64_t)state->steps[i].kind ^
			(uint64_t)state->steps[i].constant) *
		       0xc4ceb9fe1a85ec53ULL;
	return (uint32_t)(hash ^ hash >> 29);
}

bool search_was_seen(struct search *search, const struct state *state)
{
	uint32_t hash = hash_state(state);

	TABLE_EACH (index, &search->met_by_hash, hash)
		if (same_state(&search->met.items[index], state))
			return true;
	/* One that is in the array and not in the table is met again, at worst. */
	if (array_push(&search->met, *state) &&
	    table_add(&search->met_by_hash, hash, (uint32_t)search->met.count - 1))
		return false;
	search->out_of_memory = true;
	return true;
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

static bool has_value(const uint64_t *values, size_t count, uint64_t value)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] == value)
			return true;
	return false;
}

#define PARTIAL_BITS 3

void search_found_any(struct search *search, const struct state *state)
{
	struct values *values = search->values;
	unsigned mask = state->steps_count;
	uint64_t bits, value = 0;

	/* From the mask that is applied last there are only arithmetic steps. */
	for (unsigned i = 0; i < state->steps_count && mask == state->steps_count; i++) {
		if (state->steps[i].kind == STEP_READ)
			break;
		if (state->steps[i].kind == STEP_AND &&
		    __builtin_popcountll((uint64_t)state->steps[i].constant) <= PARTIAL_BITS)
			mask = i;
	}
	if (!values->wants_partial || mask == state->steps_count) {
		search_found_unknown(search);
		return;
	}
	bits = (uint64_t)state->steps[mask].constant;
	do {
		uint64_t result = value;

		for (unsigned i = mask; i-- > 0;)
			result = apply(&state->steps[i], result);
		if (!has_value(values->partial.items, values->partial.count, result) &&
		    !array_push(&values->partial, result))
			search->out_of_memory = true;
		value = (value - bits) & bits;
	} while (value != 0);
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
	if (has_value(values->constants.items, values->constants.count, value))
		return;
	if (values->constants.count >= VALUES_LIMIT)
		search_found_unknown(search);
	else if (!array_push(&values->constants, value))
		search->out_of_memory = true;
}

static void found_origin(struct search *search, struct origin origin)
{
	struct values *values = search->values;

	for (size_t i = 0; i < values->origins.count; i++)
		if (origin_equal(&values->origins.items[i], &origin))
			return;
	if (!array_push(&values->origins, origin))
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
		search_found_any(search, state);
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
		search_found_any(search, state);
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
		search_found_any(search, state);
	else if (!array_push(&search->values->globals, global))
		search->out_of_memory = true;
}

void search_push(struct search *search, const struct state *state)
{
	if (!search_was_seen(search, state) && !array_push(&search->todo, *state))
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
