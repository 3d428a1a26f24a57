// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A function's operations with the control flow between them: jumps, and switches through the
 * tables that the function refers to.
 */
#include "reach/code/code.h"

#include "common/cleanup.h"

#include <errno.h>

#define SWITCH_CASES_LIMIT 4096
#define EDGES_LIMIT	   (1U << 20)

void code_freep(struct code **code)
{
	if (!*code)
		return;
	array_free(&(*code)->operations);
	array_free(&(*code)->edges);
	array_free(&(*code)->switches);
	free(*code);
	*code = NULL;
}

uint32_t code_find(const struct code *code, uint32_t at)
{
	size_t low = 0, high = code->operations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code->operations.items[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < code->operations.count && code->operations.items[low].at == at ? (uint32_t)low
										    : NO_INDEX;
}

static bool add_edge(struct code *code, uint32_t from, uint32_t to)
{
	struct operation *operation = &code->operations.items[to];

	if (!array_push(&code->edges, (struct edge){ from, operation->predecessors }))
		return false;
	operation->predecessors = (uint32_t)code->edges.count - 1;
	return true;
}

static bool add_switch_target(struct code *code, uint64_t rva)
{
	uint32_t to = NO_INDEX;

	if (rva >= code->start && rva < code->end)
		to = code_find(code, (uint32_t)rva);
	if (to == NO_INDEX)
		return true;
	for (size_t i = 0; i < code->switches.count && !code->is_partial; i++) {
		code->is_partial = code->edges.count > EDGES_LIMIT;
		if (!add_edge(code, code->switches.items[i], to))
			return false;
	}
	return true;
}

/* The table at an rva, of distances from the table (position independent) or of addresses: the
 * entries while they lead into the function. Each is taken as a target of each switch. */
static bool add_table(struct code *code, uint32_t table)
{
	const struct image *image = code->image;
	uint32_t left = image_left(image, table);
	const uint8_t *at = left ? image_at(image, table, left) : NULL;

	if (!at || !image_is_data(image, table))
		return true;
	for (uint32_t i = 0; i < SWITCH_CASES_LIMIT && (i + 1) * 4 <= left; i++) {
		uint64_t rva = table + (uint64_t)(int64_t)(int32_t)load32(at + (size_t)i * 4);

		if (rva < code->start || rva >= code->end)
			break;
		if (!add_switch_target(code, rva))
			return false;
	}
	for (uint32_t i = 0; i < SWITCH_CASES_LIMIT && (i + 1) * 8 <= left; i++) {
		uint64_t rva = load64(at + (size_t)i * 8) - image->base;

		if (rva < code->start || rva >= code->end)
			break;
		if (!add_switch_target(code, rva))
			return false;
	}
	return true;
}

static bool add_edges(struct code *code)
{
	size_t count = code->operations.count;

	if (!array_push(&code->edges, (struct edge){ 0 }))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct operation *operation = &code->operations.items[i];
		uint32_t to;

		if (operation->kind != OPERATION_JUMP || operation->constant < code->start ||
		    operation->constant >= code->end)
			continue;
		to = code_find(code, (uint32_t)operation->constant);
		if (to != NO_INDEX && !add_edge(code, (uint32_t)i, to))
			return false;
	}
	for (size_t i = 0; code->switches.count > 0 && !code->is_partial && i < count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->displacement < 0 || operation->displacement > UINT32_MAX ||
		    operation->base != REGISTER_NONE)
			continue;
		if ((operation->kind == OPERATION_ADDRESS || operation->kind == OPERATION_SWITCH ||
		     operation->kind == OPERATION_LOAD) &&
		    !add_table(code, (uint32_t)operation->displacement))
			return false;
	}
	return true;
}

/* Padding that nothing leads to leads nowhere. */
static void find_dead_padding(struct code *code)
{
	for (size_t i = 1; i < code->operations.count; i++) {
		struct operation *operation = &code->operations.items[i];

		if (operation->kind == OPERATION_PADDING && operation[-1].ends &&
		    !operation->predecessors)
			operation->ends = true;
	}
}

static bool never_returns(const struct function *functions, size_t count, int64_t rva)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (functions[middle].start < rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && functions[low].start == rva && functions[low].never_returns;
}

int code_open(const struct image *image, const struct function *functions, size_t count,
	      size_t index, struct code **result, struct error *err)
{
	_cleanup_(code_freep) struct code *code = calloc(1, sizeof(*code));
	uint32_t whole =
		functions[index].part_of == NO_INDEX ? (uint32_t)index : functions[index].part_of;
	uint32_t start = functions[whole].start, end = functions[whole].end;
	const uint8_t *bytes = image_at(image, start, end - start);

	if (!code)
		return error_oom(err);
	if (!bytes || end < start)
		return error_set(err, -ENOEXEC, "%s: the function at 0x%x is not in the file",
				 image->path, start);
	code->image = image;
	code->start = start;
	code->end = end;
	if (code_decode(code, bytes, end - start, err) < 0)
		return err ? err->code : -ENOMEM;
	for (size_t i = 0; i < code->operations.count; i++)
		if (code->operations.items[i].kind == OPERATION_CALL &&
		    never_returns(functions, count, code->operations.items[i].constant))
			code->operations.items[i].ends = true;
	if (!add_edges(code))
		return error_oom(err);
	find_dead_padding(code);
	code_track_stack(code);
	*result = take(code);
	return 0;
}

void code_calls(const struct code *code, code_call call, void *context)
{
	for (size_t i = 0; i < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->kind != OPERATION_CALL && operation->kind != OPERATION_JUMP)
			continue;
		if (operation->has_slot && operation->displacement >= 0 &&
		    operation->displacement <= UINT32_MAX)
			call(context, operation->at, (uint32_t)operation->displacement, true);
		else if (!operation->has_slot && operation->constant >= 0 &&
			 operation->constant <= UINT32_MAX &&
			 (operation->kind == OPERATION_CALL || operation->constant < code->start ||
			  operation->constant >= code->end))
			call(context, operation->at, (uint32_t)operation->constant, false);
	}
	if (code->operations.count > 1 && !code->operations.items[code->operations.count - 2].ends)
		call(context, code->end, code->end, false);
}

void code_indirect_calls(const struct code *code, code_indirect_call call, void *context)
{
	/* A jump through a register is a switch where tables were found, else a call at the end. */
	bool has_table = false;

	for (size_t i = 1; i < code->edges.count; i++)
		has_table |=
			code->operations.items[code->edges.items[i].from].kind == OPERATION_SWITCH;
	for (size_t i = 0; i < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if ((operation->kind == OPERATION_CALL && !operation->has_slot &&
		     operation->constant < 0) ||
		    (operation->kind == OPERATION_SWITCH && !has_table))
			call(context, operation->at);
	}
}

bool code_only_compares(const struct code *code, uint32_t address)
{
	bool is_taken = false;

	for (size_t i = 0; i + 1 < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->kind != OPERATION_ADDRESS || operation->base != REGISTER_NONE ||
		    operation->displacement != address)
			continue;
		if (operation[1].compared == REGISTER_NONE ||
		    (operation[1].compared != operation->reg && operation[1].reg != operation->reg))
			return false;
		is_taken = true;
	}
	return is_taken;
}

static bool is_reached_at(const struct code *code, uint32_t at, uint32_t jump, bool never_taken,
			  const bool *stops, const bool *reached)
{
	const struct operation *operation = &code->operations.items[at];
	bool is_led_to = operation->predecessors != 0;

	if (at == 0)
		return true;
	for (uint32_t edge = operation->predecessors; edge; edge = code->edges.items[edge].next) {
		uint32_t from = code->edges.items[edge].from;

		if (reached[from] && !(from == jump && never_taken))
			return true;
	}
	if (!operation[-1].ends)
		return reached[at - 1] && !(at - 1 == jump && !never_taken) &&
		       !(stops && stops[at - 1]);
	/* What nothing leads to may be led to from elsewhere; behind a call, by the call, which comes
	 * back then after all. */
	return !is_led_to && operation->kind != OPERATION_PADDING &&
	       (operation[-1].kind != OPERATION_CALL || reached[at - 1]);
}

void code_reached(const struct code *code, uint32_t jump, bool never_taken, const bool *stops,
		  bool *reached)
{
	bool is_changed = true;

	while (is_changed) {
		is_changed = false;
		for (uint32_t i = 0; i < code->operations.count; i++) {
			if (reached[i] ||
			    !is_reached_at(code, i, jump, never_taken, stops, reached))
				continue;
			reached[i] = is_changed = true;
		}
	}
}
