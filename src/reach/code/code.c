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

/* A call through a register that was loaded from a fixed place: a call through that place. */
static void resolve_call(const struct code *code, const struct operation *operation, code_call call,
			 void *context)
{
	struct error ignored = { 0 };
	struct values callee = { 0 };

	if (code_callee(code, operation->at, &callee, &ignored) == 0)
		for (size_t i = 0; i < callee.globals.count; i++)
			if (!callee.globals.items[i].is_pointer)
				call(context, operation->at, callee.globals.items[i].rva, true);
	search_values_free(&callee);
}

void code_calls(const struct code *code, code_call call, void *context)
{
	for (size_t i = 0; i < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->source != REGISTER_NONE &&
		    (operation->kind == OPERATION_CALL || operation->kind == OPERATION_SWITCH))
			resolve_call(code, operation, call, context);
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

/* ---- what becomes of a value in a register ---- */

/* What a callee is handed in registers. */
#define ARGUMENT_REGISTERS                                                                   \
	(1U << REGISTER_RDI | 1U << REGISTER_RSI | 1U << REGISTER_RDX | 1U << REGISTER_RCX | \
	 1U << REGISTER_R8 | 1U << REGISTER_R9)

/* Before the operation, the register has the value. */
struct holder {
	uint32_t operation;
	uint8_t reg;
};

struct spread {
	const struct code *code;
	uint16_t *seen; /* per operation, a bit per register */
	ARRAY(struct holder) todo;
	bool out_of_memory;
};

static void spread_to(struct spread *spread, uint32_t operation, uint8_t reg)
{
	if (operation >= spread->code->operations.count || spread->seen[operation] & 1U << reg)
		return;
	spread->seen[operation] |= (uint16_t)(1U << reg);
	spread->out_of_memory |= !array_push(&spread->todo, (struct holder){ operation, reg });
}

/* Whether the operation does nothing with the value but call it, or look whether it is null. */
static bool is_harmless(const struct operation *operation, uint8_t reg)
{
	unsigned bit = 1U << reg;

	switch (operation->kind) {
	case OPERATION_CALL:
		return operation->source == reg
			       ? operation->base != reg
			       : !(bit & ARGUMENT_REGISTERS) && operation->base != reg &&
					 operation->index != reg;
	case OPERATION_SWITCH:
		return operation->source == reg;
	case OPERATION_JUMP:
		/* Out of the function: called at its end. */
		return operation->constant >= 0 || !(operation->reads & bit);
	case OPERATION_MOVE:
		return operation->source == reg || !(operation->reads & bit);
	case OPERATION_COMPARE:
		return true;
	default:
		return !(operation->reads & bit) || operation->compared == reg;
	}
}

static bool spread_through(struct spread *spread, struct holder holder)
{
	const struct code *code = spread->code;
	const struct operation *operation = &code->operations.items[holder.operation];

	if (!is_harmless(operation, holder.reg) ||
	    /* Returned, perhaps. */
	    (operation->ends && holder.reg == REGISTER_RAX && operation->kind == OPERATION_OTHER))
		return false;
	if (operation->kind == OPERATION_MOVE && operation->source == holder.reg &&
	    operation->reg != REGISTER_NONE)
		spread_to(spread, holder.operation + 1, operation->reg);
	if (operation->writes & 1U << holder.reg)
		return true;
	if (operation->kind == OPERATION_JUMP && operation->constant >= code->start &&
	    operation->constant < code->end) {
		uint32_t to = code_find(code, (uint32_t)operation->constant);

		if (to != NO_INDEX)
			spread_to(spread, to, holder.reg);
	} else if (operation->kind == OPERATION_JUMP && (1U << holder.reg) & ARGUMENT_REGISTERS) {
		return false;
	}
	if (!operation->ends)
		spread_to(spread, holder.operation + 1, holder.reg);
	return true;
}

int code_only_calls(const struct code *code, uint32_t at)
{
	uint32_t first = code_find(code, at);
	struct spread spread = { .code = code };
	const struct operation *load = first == NO_INDEX ? NULL : &code->operations.items[first];
	int result = 1;

	if (!load || load->kind != OPERATION_LOAD || load->reg == REGISTER_NONE ||
	    code->is_partial || load->ends)
		return 0;
	spread.seen = calloc(code->operations.count, sizeof(*spread.seen));
	if (!spread.seen)
		return -ENOMEM;
	spread_to(&spread, first + 1, load->reg);
	while (result == 1 && spread.todo.count > 0 && !spread.out_of_memory)
		result = spread_through(&spread, spread.todo.items[--spread.todo.count]);
	array_free(&spread.todo);
	free(spread.seen);
	return spread.out_of_memory ? -ENOMEM : result;
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
