// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/constants.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "reach/graph/callers.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NEEDS_LIMIT  8192
#define DOMAINS_MAX  64 /* AF_MAX is 46 in Linux 6.18; socket(2) refuses any from there on */
#define LEVELS_LIMIT 4 /* functions that hand arguments on, one above the other */

struct slot {
	bool is_known;
	bool is_any; /* then it counts as known: the others are looked for all the same */
	uint64_t value;
	struct origin origin; /* where it is not known yet */
};

/* Values that a function gets from its callers, for a call of the result. */
struct tuple_need {
	uint32_t object, function;
	size_t call; /* in the result */
	struct slot slots[ARGUMENTS_MAX];
};

struct finder {
	const struct walk *walk;
	const struct constants_scope *scope;
	struct graph *graph;
	struct reach_result *result;
	ARRAY(struct tuple_need) needs;
	uint32_t *need_of; /* per node: 1 + the last need, 0 none */
	uint32_t *previous; /* per need */
	uint32_t object, function, first;
	bool is_last_level;
	const struct code *code;
	int failed;
	struct error *err;
};

/* A row without arguments where none of the call's matters. */
static const struct syscall_arguments *row_of(const struct reach_call *call)
{
	static const struct syscall_arguments none;
	const char *name = call->abi == ABI_X86_64 ? syscall_name(call->abi, call->nr) : NULL;
	const struct syscall_arguments *row = name ? syscall_arguments_of(call->abi, name) : NULL;

	return row ? row : &none;
}

/* The calls of REACH_ASKED_SANDBOX. */
static const char *const sandboxed[] = { "mmap", "mprotect", "pkey_mprotect", "shmat", "socket" };

static bool is_in_scope(const struct constants_scope *scope, const struct reach_call *call)
{
	const char *name = syscall_name(call->abi, call->nr);

	if (scope->calls == REACH_ASKED_ALL)
		return true;
	for (size_t i = 0; name && i < ARRAY_SIZE(sandboxed); i++)
		if (strcmp(sandboxed[i], name) == 0)
			return true;
	return false;
}

/* The code of OBJECT passes what is not constant. */
static void note_unknown(const struct finder *finder, struct reach_call *call, size_t slot,
			 uint32_t object)
{
	if (!finder->scope->is_runtime[object])
		call->beyond_any |= 1U << slot;
}

static void note_constant(const struct finder *finder, struct reach_call *call, size_t slot,
			  uint64_t value)
{
	value &= row_of(call)->argument[slot].mask;
	if (finder->scope->is_runtime[finder->object])
		return;
	call->beyond_bits[slot] |= value;
	if (value < 64)
		call->beyond_values[slot] |= UINT64_C(1) << value;
}

static void any_value(struct finder *finder, struct reach_call *call, uint32_t object)
{
	const struct reach_arguments any = { .any = (uint8_t)((1U << row_of(call)->count) - 1) };

	for (size_t i = 0; i < row_of(call)->count; i++)
		note_unknown(finder, call, i, object);
	if (reach_call_add_arguments(call, &any) < 0)
		finder->failed = error_oom(finder->err);
}

static void add_tuple(struct finder *finder, struct reach_call *call, const struct slot *slots)
{
	const struct syscall_arguments *row = row_of(call);
	struct reach_arguments tuple = { 0 };

	for (size_t i = 0; i < row->count; i++)
		if (slots[i].is_any)
			tuple.any |= (uint8_t)(1U << i);
		else
			tuple.value[i] = slots[i].value & row->argument[i].mask;
	if (reach_call_add_arguments(call, &tuple) < 0)
		finder->failed = error_oom(finder->err);
}

static bool same_need(const struct tuple_need *a, const struct tuple_need *b)
{
	if (a->object != b->object || a->function != b->function || a->call != b->call)
		return false;
	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		if (a->slots[i].is_known != b->slots[i].is_known ||
		    a->slots[i].is_any != b->slots[i].is_any ||
		    a->slots[i].value != b->slots[i].value ||
		    !origin_equal(&a->slots[i].origin, &b->slots[i].origin))
			return false;
	return true;
}

/* What the callers pass is not known, those of OBJECT among them. */
static void give_up(struct finder *finder, const struct tuple_need *need, uint32_t object)
{
	struct reach_call *call = &finder->result->calls[need->call];
	struct slot slots[ARGUMENTS_MAX];

	memcpy(slots, need->slots, sizeof(slots));
	for (size_t i = 0; i < row_of(call)->count; i++) {
		if (!slots[i].is_known)
			note_unknown(finder, call, i, object);
		slots[i].is_any |= !slots[i].is_known;
	}
	add_tuple(finder, call, slots);
}

static void add_need(struct finder *finder, const struct tuple_need *need)
{
	uint32_t node = graph_function(finder->graph, need->object, need->function);
	uint32_t index = (uint32_t)finder->needs.count, *previous;

	for (uint32_t at = finder->need_of[node]; at; at = finder->previous[at - 1])
		if (same_need(&finder->needs.items[at - 1], need))
			return;
	/* What starts a process, or is called from an object that can't be seen, gets anything. */
	if (finder->is_last_level || index >= NEEDS_LIMIT || finder->walk->parents[node] == node) {
		give_up(finder, need, need->object);
		return;
	}
	previous = array_grow_one(&finder->previous, index);
	if (!previous || !array_push(&finder->needs, *need)) {
		finder->failed = error_oom(finder->err);
		return;
	}
	*previous = finder->need_of[node];
	finder->need_of[node] = index + 1;
}

/* A protection that is both writable and executable. */
static bool is_both(uint64_t protection)
{
	return protection & PROT_WRITE && protection & PROT_EXEC;
}

/* Whether an object asks its loader for memory that is both. */
static bool wants_writable_code(const struct finder *finder)
{
	const struct link_map *link_map = &finder->graph->link_map;

	for (size_t i = 0; i < link_map->count; i++)
		if (link_map->objects[i].summary->wants_writable_code)
			return true;
	return false;
}

/*
 * Code that takes protections from the program headers of the loaded objects, so that memory is
 * writable and executable only where one of them asks for it:
 * - The dynamic loader. _dl_map_segments() and _dl_protect_relro() of glibc take it from p_flags, and
 *   _dl_make_stack_executable() runs for an object with an executable stack (elf/dl-load.c); so does
 *   map_library() of musl (ldso/dynlink.c).
 * - pthread_create() of glibc, whose stacks are executable where an object asked for that
 *   (nptl/allocatestack.c: GL (dl_stack_flags) & PF_X).
 */
static bool is_by_headers(const struct finder *finder)
{
	const struct loaded *object = &finder->graph->link_map.objects[finder->object];
	const struct function *function = &object->summary->functions[finder->function];

	return object->is_interpreter ||
	       strcmp(summary_text(object->summary, function->name), "pthread_create") == 0;
}

static void resolve(struct finder *finder, uint32_t at, const struct tuple_need *need, size_t from);

static void resolve_with(struct finder *finder, uint32_t at, const struct tuple_need *need,
			 size_t slot, uint64_t value)
{
	struct tuple_need next = *need;

	const struct argument *argument =
		&row_of(&finder->result->calls[need->call])->argument[slot];

	if (argument->kind == ARGUMENT_MEMORY_PROTECTION && is_both(value) &&
	    is_by_headers(finder) && !wants_writable_code(finder))
		return;
	/* A call that every kernel refuses is a call of nothing. */
	if (argument->kind == ARGUMENT_SOCKET_DOMAIN && (uint32_t)value >= DOMAINS_MAX)
		return;
	note_constant(finder, &finder->result->calls[need->call], slot, value);
	memset(&next.slots[slot], 0, sizeof(next.slots[slot]));
	next.slots[slot].is_known = true;
	next.slots[slot].value = value;
	resolve(finder, at, &next, slot + 1);
}

static bool is_protection_of_loader(const struct finder *finder, const struct tuple_need *need,
				    size_t slot)
{
	return row_of(&finder->result->calls[need->call])->argument[slot].kind ==
		       ARGUMENT_MEMORY_PROTECTION &&
	       finder->graph->link_map.objects[finder->object].is_interpreter;
}

static void resolve_unknown(struct finder *finder, uint32_t at, const struct tuple_need *need,
			    size_t slot)
{
	static const uint64_t protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
						PROT_READ | PROT_EXEC,
						PROT_READ | PROT_WRITE | PROT_EXEC };
	struct tuple_need next = *need;

	if (is_protection_of_loader(finder, need, slot)) {
		for (size_t i = 0; i < ARRAY_SIZE(protections) && !finder->failed; i++)
			resolve_with(finder, at, need, slot, protections[i]);
		return;
	}
	note_unknown(finder, &finder->result->calls[need->call], slot, finder->object);
	memset(&next.slots[slot], 0, sizeof(next.slots[slot]));
	next.slots[slot].is_known = next.slots[slot].is_any = true;
	resolve(finder, at, &next, slot + 1);
}

/* Goes on with each value that the first slot which is not known can have at this instruction. */
static void resolve(struct finder *finder, uint32_t at, const struct tuple_need *need, size_t from)
{
	struct reach_call *call = &finder->result->calls[need->call];
	const struct syscall_arguments *row = row_of(call);
	_cleanup_(search_values_free) struct values values = { .wants_partial = true };
	struct tuple_need next = *need;
	bool is_whole = true;

	for (size_t i = 0; i < row->count; i++)
		is_whole &= need->slots[i].is_known;
	if (is_whole) {
		add_tuple(finder, call, need->slots);
		return;
	}
	while (from < row->count && need->slots[from].is_known)
		from++;
	if (from == row->count) {
		add_need(finder, need);
		return;
	}
	if (code_values(finder->code, at, need->slots[from].origin, &values, finder->err) < 0) {
		finder->failed = -ENOMEM;
		return;
	}
	if (values.is_unknown || values.globals.count > 0 ||
	    (values.partial.count > 0 && is_protection_of_loader(finder, need, from)))
		resolve_unknown(finder, at, need, from);
	for (size_t i = 0; i < values.constants.count && !finder->failed; i++)
		resolve_with(finder, at, need, from, values.constants.items[i]);
	for (size_t i = 0; i < values.partial.count && !finder->failed; i++)
		if (!is_protection_of_loader(finder, need, from))
			resolve_with(finder, at, need, from, values.partial.items[i]);
	for (size_t i = 0; i < values.origins.count && !finder->failed; i++) {
		memset(&next.slots[from], 0, sizeof(next.slots[from]));
		next.slots[from].origin = values.origins.items[i];
		resolve(finder, at, &next, from + 1);
	}
}

static int open_code(struct finder *finder, uint32_t object, uint32_t function, struct code **code)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	const struct image *image;
	int r = link_map_image(&finder->graph->link_map, object, &image, finder->err);

	if (r == 0)
		r = code_open(image, summary->functions, summary->functions_count, function, code,
			      finder->err);
	finder->object = object;
	finder->function = function;
	finder->code = *code;
	return r;
}

/* The place itself: the arguments are in the registers that the kernel takes them from. */
static void look_at_place(struct finder *finder, const struct number *number, size_t call)
{
	static const uint8_t registers[] = { REGISTER_RDI, REGISTER_RSI, REGISTER_RDX,
					     REGISTER_R10, REGISTER_R8,	 REGISTER_R9 };
	const struct summary *summary = finder->graph->link_map.objects[number->object].summary;
	const struct syscall_arguments *row = row_of(&finder->result->calls[call]);
	uint32_t function = summary_function_at(summary, number->at);
	_cleanup_(code_freep) struct code *code = NULL;
	struct tuple_need need;

	if (function == NO_INDEX || number->need != NO_INDEX) {
		any_value(finder, &finder->result->calls[call],
			  graph_object_of(finder->graph, number->caller));
		return;
	}
	memset(&need, 0, sizeof(need));
	need.object = number->object;
	need.function = function;
	need.call = call;
	for (size_t i = 0; i < row->count; i++) {
		need.slots[i].origin.reg = registers[row->argument[i].index];
		need.slots[i].origin.kind =
			row->argument[i].pointee_offset >= 0 ? ORIGIN_MEMORY : ORIGIN_REGISTER;
		if (row->argument[i].pointee_offset >= 0)
			need.slots[i].origin.offset = row->argument[i].pointee_offset;
	}
	finder->failed = open_code(finder, number->object, function, &code);
	if (!finder->failed)
		resolve(finder, number->at, &need, 0);
}

/* ---- callers ---- */

static void look_at_call(void *context, uint32_t at, uint32_t target, bool is_slot)
{
	struct finder *finder = context;
	uint32_t node = callers_target(finder->graph, finder->object, target, is_slot);

	if (node == NO_NODE)
		return;
	for (uint32_t i = finder->need_of[node]; i > finder->first && !finder->failed;
	     i = finder->previous[i - 1]) {
		struct tuple_need need = finder->needs.items[i - 1];

		/* What is not known here is this function's callers' to tell. */
		need.object = finder->object;
		need.function = finder->function;
		resolve(finder, at, &need, 0);
	}
}

/* The code of OBJECT takes the address of a function that passes arguments on. */
static void any_for(struct finder *finder, uint32_t node, uint32_t object)
{
	for (uint32_t i = node == NO_NODE ? 0 : finder->need_of[node];
	     i > finder->first && !finder->failed; i = finder->previous[i - 1])
		give_up(finder, &finder->needs.items[i - 1], object);
}

static void look_at_function(struct finder *finder, uint32_t object, uint32_t function)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	_cleanup_(code_freep) struct code *code = NULL;
	bool is_caller = false;

	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++) {
		enum reference_kind kind = reference_kind(summary->references[i]);
		uint32_t index = reference_index(summary->references[i]), node = NO_NODE;

		if (kind == REFERENCE_CALL || kind == REFERENCE_TAKE)
			node = graph_function(finder->graph, object, index);
		else if (kind == REFERENCE_SLOT || kind == REFERENCE_CALL_SLOT)
			node = graph_pointer_node(finder->graph, object, index);
		if (node == NO_NODE || finder->need_of[node] <= finder->first)
			continue;
		if (kind == REFERENCE_TAKE || kind == REFERENCE_SLOT)
			any_for(finder, node, object);
		else
			is_caller = true;
	}
	if (!is_caller)
		return;
	finder->failed = open_code(finder, object, function, &code);
	if (!finder->failed)
		code_calls(code, look_at_call, finder);
}

static void look_at_data(struct finder *finder, uint32_t object, uint32_t data)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;

	for (uint32_t i = summary->data[data].pointers; i < summary->data[data + 1].pointers; i++)
		if (summary->pointers[i].kind != POINTER_LINKAGE)
			any_for(finder, graph_pointer_node(finder->graph, object, i), object);
}

static void look_at_callers(struct finder *finder)
{
	for (uint32_t i = 0; i < finder->walk->count && !finder->failed; i++) {
		uint32_t node = finder->walk->order[i];
		uint32_t object = graph_object_of(finder->graph, node);
		uint32_t function = graph_function_of(finder->graph, object, node);

		if (function != NO_INDEX)
			look_at_function(finder, object, function);
		else
			look_at_data(finder, object, node - graph_data(finder->graph, object, 0));
	}
}

int constants_find(const struct walk *walk, const struct numbers *numbers,
		   const struct constants_scope *scope, struct reach_result *result,
		   struct error *err)
{
	struct finder finder = {
		.walk = walk, .scope = scope, .graph = walk->graph, .result = result, .err = err
	};

	finder.need_of = calloc((size_t)walk->graph->nodes_count + 1, sizeof(*finder.need_of));
	if (!finder.need_of)
		return error_oom(err);
	for (size_t i = 0; i < result->calls_count; i++) {
		if (!is_in_scope(scope, &result->calls[i]))
			continue;
		result->calls[i].arguments_any = row_of(&result->calls[i])->count == 0;
		result->calls[i].unbounded = 0;
	}
	for (size_t i = 0; i < numbers->found.count && !finder.failed; i++) {
		const struct number *number = &numbers->found.items[i];
		const struct reach_call *call =
			reach_find(result, (enum abi)number->abi, (int)number->nr);

		if (call && row_of(call)->count > 0 && is_in_scope(scope, call))
			look_at_place(&finder, number, (size_t)(call - result->calls));
	}
	for (int level = 0;
	     level < LEVELS_LIMIT && finder.first < finder.needs.count && !finder.failed; level++) {
		uint32_t next = (uint32_t)finder.needs.count;

		finder.is_last_level = level == LEVELS_LIMIT - 1;
		look_at_callers(&finder);
		finder.first = next;
	}
	for (size_t i = finder.first; i < finder.needs.count && !finder.failed; i++)
		give_up(&finder, &finder.needs.items[i], finder.needs.items[i].object);
	array_free(&finder.needs);
	free(finder.need_of);
	free(finder.previous);
	return finder.failed;
}
