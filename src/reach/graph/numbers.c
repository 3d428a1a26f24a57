// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/numbers.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "reach/graph/callers.h"

#include <errno.h>
#include <string.h>

#define NEEDS_LIMIT		 4096
#define POINTERS_FUNCTIONS_LIMIT 2000
#define POINTERS_LIMIT		 32

struct finder {
	struct numbers *numbers;
	const struct walk *walk;
	struct graph *graph;
	uint32_t *need_of; /* per node: 1 + the last need of the function, 0: none */
	uint32_t *previous; /* per need: 1 + the one before of the same function */
	/* the function that is looked at */
	uint32_t node, object;
	const struct code *code;
	const struct need *need;
	uint32_t need_index;
	bool was_called;
	bool was_missed; /* a call through a pointer with what is not known */
	unsigned pointers_count; /* objects whose calls through pointers were looked at */
	int result;
	struct error *err;
};

void numbers_free(struct numbers *numbers)
{
	array_free(&numbers->found);
	array_free(&numbers->unknown);
	array_free(&numbers->needs);
}

static void out_of_memory(struct finder *finder)
{
	finder->result = error_oom(finder->err);
}

static void found(struct finder *finder, struct number number)
{
	if (!array_push(&finder->numbers->found, number))
		out_of_memory(finder);
}

static void unknown(struct finder *finder, struct unknown_number number)
{
	if (!array_push(&finder->numbers->unknown, number))
		out_of_memory(finder);
}

static void add_need(struct finder *finder, struct need need)
{
	uint32_t node = graph_function(finder->graph, need.object, need.function);
	uint32_t index = (uint32_t)finder->numbers->needs.count, *previous;

	for (uint32_t at = finder->need_of[node]; at; at = finder->previous[at - 1]) {
		const struct need *other = &finder->numbers->needs.items[at - 1];

		if (other->abi == need.abi && origin_equal(&other->origin, &need.origin))
			return;
	}
	if (index >= NEEDS_LIMIT) {
		unknown(finder, (struct unknown_number){ need.abi, node, need.parent,
							 need.place_object, need.place_at,
							 "passed through too many functions" });
		return;
	}
	previous = array_grow_one(&finder->previous, index);
	if (!previous || !array_push(&finder->numbers->needs, need)) {
		out_of_memory(finder);
		return;
	}
	*previous = finder->need_of[node];
	finder->need_of[node] = index + 1;
}

/* The places in a function that was met itself. */
static void look_at_places(struct finder *finder, uint32_t node, uint32_t object, uint32_t function)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	uint32_t low = 0, high = summary->sites_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (summary->sites[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < summary->sites_count && summary->sites[low].function == function; low++) {
		const struct site *site = &summary->sites[low];

		if (site->kind == SITE_NUMBER && !walk_makes(finder->walk, node, site->value))
			continue;
		if (site->kind == SITE_NUMBER)
			found(finder, (struct number){ site->abi, site->value, node, NO_INDEX,
						       object, site->at });
		else if (site->kind == SITE_UNKNOWN)
			unknown(finder, (struct unknown_number){ site->abi, node, NO_INDEX, object,
								 site->at,
								 "its number is not a constant" });
		else
			add_need(finder, (struct need){ object, site->caller_function, site->origin,
							site->abi, NO_INDEX, object, site->at });
	}
}

/* One call in the function that is looked at. */
static void look_at_values(struct finder *finder, uint32_t at)
{
	const struct need need = *finder->need;
	_cleanup_(search_values_free) struct values values = { 0 };

	finder->was_called = true;
	if (code_values(finder->code, at, need.origin, &values, finder->err) < 0) {
		finder->result = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < values.constants.count; i++)
		found(finder,
		      (struct number){ need.abi, (uint32_t)values.constants.items[i], finder->node,
				       finder->need_index, need.place_object, need.place_at });
	for (size_t i = 0; i < values.origins.count; i++)
		add_need(finder,
			 (struct need){
				 finder->object,
				 graph_function_of(finder->graph, finder->object, finder->node),
				 values.origins.items[i], need.abi, finder->need_index,
				 need.place_object, need.place_at });
	if (values.is_unknown || values.globals.count > 0)
		unknown(finder,
			(struct unknown_number){ need.abi, finder->node, finder->need_index,
						 need.place_object, need.place_at,
						 "a caller passes what is not a constant" });
}

static void look_at_call(void *context, uint32_t at, uint32_t target, bool is_slot)
{
	struct finder *finder = context;

	if (finder->result == 0 &&
	    callers_target(finder->graph, finder->object, target, is_slot) ==
		    graph_function(finder->graph, finder->need->object, finder->need->function))
		look_at_values(finder, at);
}

/* ---- calls through pointers ---- */

/* No table of system calls has as many; an address, which other functions are called with, is more. */
#define NUMBERS_LIMIT 2048

/* Whether the pointers are the loader's to bind, so that what they lead to is known. */
static bool are_linkage(const struct finder *finder, const struct values *callee)
{
	const struct summary *summary = finder->graph->link_map.objects[finder->object].summary;

	for (size_t i = 0; i < callee->globals.count; i++) {
		uint32_t index = summary_pointer_at(summary, callee->globals.items[i].rva);

		if (callee->globals.items[i].is_pointer || index == NO_INDEX ||
		    summary->pointers[index].kind != POINTER_LINKAGE)
			return false;
	}
	return true;
}

static void look_at_indirect_call(void *context, uint32_t at)
{
	struct finder *finder = context;
	const struct need need = *finder->need;
	_cleanup_(search_values_free) struct values values = { 0 }, callee = { 0 };

	if (finder->result < 0)
		return;
	if (code_callee(finder->code, at, &callee, finder->err) < 0) {
		finder->result = -ENOMEM;
		return;
	}
	/* Through pointers at fixed places, as to another object's function: known where to. */
	if (!callee.is_unknown && callee.origins.count == 0 && callee.constants.count == 0 &&
	    are_linkage(finder, &callee))
		return;
	if (code_values(finder->code, at, need.origin, &values, finder->err) < 0) {
		finder->result = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < values.constants.count; i++)
		if (values.constants.items[i] < NUMBERS_LIMIT)
			found(finder,
			      (struct number){ need.abi, (uint32_t)values.constants.items[i],
					       finder->node, finder->need_index, need.place_object,
					       need.place_at });
	for (size_t i = 0; i < values.origins.count; i++)
		add_need(finder,
			 (struct need){
				 finder->object,
				 graph_function_of(finder->graph, finder->object, finder->node),
				 values.origins.items[i], need.abi, finder->need_index,
				 need.place_object, need.place_at });
	finder->was_missed |= values.is_unknown || values.globals.count > 0;
}

/*
 * The address of a function with a need is taken in an object: any call through a pointer that was
 * met in that object may be to it. In a small object all of them are looked at; where the function
 * is another object's, or exported, or a call passes what is not known, there may be other numbers,
 * and that is said.
 */
static void look_at_pointers(struct finder *finder, uint32_t object, uint32_t need_index,
			     uint32_t node, const char *why)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	const struct need need = finder->numbers->needs.items[need_index];
	bool is_whole = need.object == object && !summary_is_exported(summary, need.function) &&
			summary->functions_count <= POINTERS_FUNCTIONS_LIMIT &&
			finder->pointers_count++ < POINTERS_LIMIT;
	const struct image *image;

	finder->was_missed = false;
	if (summary->functions_count <= POINTERS_FUNCTIONS_LIMIT &&
	    finder->pointers_count <= POINTERS_LIMIT)
		finder->result =
			link_map_image(&finder->graph->link_map, object, &image, finder->err);
	else
		image = NULL;
	for (uint32_t i = 0; image && i < summary->functions_count && finder->result == 0; i++) {
		_cleanup_(code_freep) struct code *code = NULL;

		if (!walk_has_met(finder->walk, graph_function(finder->graph, object, i)))
			continue;
		finder->result = code_open(image, summary->functions, summary->functions_count, i,
					   &code, finder->err);
		if (finder->result < 0)
			return;
		finder->object = object;
		finder->node = graph_function(finder->graph, object, i);
		finder->need = &need;
		finder->need_index = need_index;
		finder->code = code;
		code_indirect_calls(code, look_at_indirect_call, finder);
	}
	if (!is_whole || finder->was_missed)
		unknown(finder, (struct unknown_number){ need.abi, node, need_index,
							 need.place_object, need.place_at, why });
}

/* NODE refers to a function that has needs, those from FIRST on: calls are looked at; a function
 * whose address is taken may be called with anything. */
static void look_at_caller(struct finder *finder, uint32_t object, uint32_t function,
			   uint32_t callee, reference from, uint32_t first)
{
	enum reference_kind kind = reference_kind(from);
	bool is_call = kind == REFERENCE_CALL || kind == REFERENCE_CALL_SLOT;
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	_cleanup_(code_freep) struct code *code = NULL;
	const struct image *image;
	uint32_t entry = NO_INDEX; /* of the callee, where it is in the same object */

	if (graph_object_of(finder->graph, callee) == object)
		entry = summary->functions[graph_function_of(finder->graph, object, callee)].start;
	for (uint32_t at = finder->need_of[callee]; at > first; at = finder->previous[at - 1]) {
		const struct need need = finder->numbers->needs.items[at - 1];

		finder->object = object;
		finder->node = graph_function(finder->graph, object, function);
		finder->need = &need;
		finder->need_index = at - 1;
		finder->was_called = false;
		if (!code) {
			finder->result = link_map_image(&finder->graph->link_map, object, &image,
							finder->err);
			if (finder->result == 0)
				finder->result = code_open(image, summary->functions,
							   summary->functions_count, function,
							   &code, finder->err);
			if (finder->result < 0)
				return;
		}
		finder->code = code;
		if (is_call)
			code_calls(code, look_at_call, finder);
		if (finder->result < 0)
			return;
		/* Control that could only run into it from before, and does not. */
		if (!finder->was_called && is_call &&
		    callee == graph_function(finder->graph, object, function + 1))
			continue;
		if (!finder->was_called && !code_only_compares(code, entry))
			look_at_pointers(finder, object, at - 1, finder->node,
					 "its address is taken, so calls may come from code that "
					 "whittle cannot see");
	}
}

static void look_at_function(struct finder *finder, uint32_t object, uint32_t function,
			     uint32_t first)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;
	uint32_t end = summary->functions[function + 1].references;

	for (uint32_t i = summary->functions[function].references; i < end && finder->result == 0;
	     i++) {
		enum reference_kind kind = reference_kind(summary->references[i]);
		uint32_t index = reference_index(summary->references[i]), callee;

		if (kind == REFERENCE_CALL || kind == REFERENCE_TAKE)
			callee = graph_function(finder->graph, object, index);
		else if (kind == REFERENCE_SLOT || kind == REFERENCE_CALL_SLOT)
			callee = graph_pointer_node(finder->graph, object, index);
		else
			continue;
		if (callee != NO_NODE && finder->need_of[callee] > first)
			look_at_caller(finder, object, function, callee, summary->references[i],
				       first);
	}
}

/* A data object that holds the address of such a function. */
static void look_at_data(struct finder *finder, uint32_t object, uint32_t data, uint32_t node,
			 uint32_t first)
{
	const struct summary *summary = finder->graph->link_map.objects[object].summary;

	for (uint32_t i = summary->data[data].pointers; i < summary->data[data + 1].pointers; i++) {
		uint32_t callee = summary->pointers[i].kind == POINTER_LINKAGE
					  ? NO_NODE
					  : graph_pointer_node(finder->graph, object, i);

		if (callee == NO_NODE)
			continue;
		for (uint32_t at = finder->need_of[callee]; at > first;
		     at = finder->previous[at - 1])
			look_at_pointers(finder, object, at - 1, node,
					 "its address is in a table, so calls may come from code "
					 "that whittle cannot see");
	}
}

int numbers_find(struct numbers *numbers, const struct walk *walk, struct error *err)
{
	struct finder finder = {
		.numbers = numbers, .walk = walk, .graph = walk->graph, .err = err
	};
	uint32_t first = 0;

	finder.need_of = calloc((size_t)walk->graph->nodes_count + 1, sizeof(*finder.need_of));
	if (!finder.need_of)
		return error_oom(err);
	for (uint32_t i = 0; i < walk->count && finder.result == 0; i++) {
		uint32_t node = walk->order[i], object = graph_object_of(walk->graph, node);
		uint32_t function = graph_function_of(walk->graph, object, node);

		if (function != NO_INDEX)
			look_at_places(&finder, node, object, function);
	}
	while (first < numbers->needs.count && finder.result == 0) {
		uint32_t next = (uint32_t)numbers->needs.count;

		for (uint32_t i = 0; i < walk->count && finder.result == 0; i++) {
			uint32_t node = walk->order[i], object = graph_object_of(walk->graph, node);
			uint32_t function = graph_function_of(walk->graph, object, node);

			if (function != NO_INDEX)
				look_at_function(&finder, object, function, first);
			else
				look_at_data(&finder, object,
					     node - graph_data(walk->graph, object, 0), node,
					     first);
		}
		first = next;
	}
	free(finder.need_of);
	free(finder.previous);
	return finder.result;
}
