// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/callers.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

uint32_t call_target(struct graph *graph, uint32_t object, uint32_t target, bool is_slot)
{
	const struct summary *summary = graph->closure.objects[object].summary;
	uint32_t index;

	if (is_slot) {
		index = summary_pointer_at(summary, target);
		return index == NO_INDEX ? NO_NODE : graph_pointer_node(graph, object, index);
	}
	index = summary_function_at(summary, target);
	if (index == NO_INDEX)
		return NO_NODE;
	if (summary->functions[index].stub_of != NO_INDEX)
		return graph_pointer_node(graph, object, summary->functions[index].stub_of);
	return graph_function(graph, object, index);
}

struct caller {
	struct graph *graph;
	const struct code *code;
	uint32_t object, node;
	uint8_t reg;
	uint64_t mask;
	bool was_called;
	int result;
	struct error *err;
};

static void look_at_call(void *context, uint32_t at, uint32_t target, bool is_slot)
{
	struct caller *caller = context;
	_cleanup_(values_free) struct values values = { 0 };
	struct origin origin;
	int r;

	if (caller->result != 0 ||
	    call_target(caller->graph, caller->object, target, is_slot) != caller->node)
		return;
	caller->was_called = true;
	memset(&origin, 0, sizeof(origin));
	origin.kind = ORIGIN_REGISTER;
	origin.reg = caller->reg;
	r = code_values(caller->code, at, origin, &values, caller->err);
	if (r < 0)
		caller->result = r;
	else if (values.is_unknown || values.origins.count > 0 || values.globals.count > 0)
		caller->result = 1;
	for (size_t i = 0; i < values.constants.count && caller->result == 0; i++)
		if (values.constants.items[i] & caller->mask)
			caller->result = 1;
}

/* As callers_pass, for one function. */
static int caller_passes(struct caller *caller, uint32_t function)
{
	const struct summary *summary = caller->graph->closure.objects[caller->object].summary;
	bool is_call = false;

	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++) {
		enum reference_kind kind = reference_kind(summary->references[i]);
		uint32_t index = reference_index(summary->references[i]), target = NO_NODE;

		if (kind == REFERENCE_CALL || kind == REFERENCE_TAKE)
			target = graph_function(caller->graph, caller->object, index);
		else if (kind == REFERENCE_SLOT || kind == REFERENCE_CALL_SLOT)
			target = graph_pointer_node(caller->graph, caller->object, index);
		if (target != caller->node)
			continue;
		/* An address that is taken: called with anything. */
		if (kind == REFERENCE_TAKE || kind == REFERENCE_SLOT)
			return 1;
		is_call = true;
	}
	if (is_call) {
		_cleanup_(code_freep) struct code *code = NULL;
		const struct image *image;
		int r = closure_image(&caller->graph->closure, caller->object, &image, caller->err);

		if (r == 0)
			r = code_open(image, summary->functions, summary->functions_count, function,
				      &code, caller->err);
		if (r < 0)
			return r;
		caller->code = code;
		caller->was_called = false;
		code_calls(code, look_at_call, caller);
		return caller->result == 0 && !caller->was_called ? 1 : caller->result;
	}
	return 0;
}

static bool data_holds(const struct caller *caller, uint32_t data)
{
	const struct summary *summary = caller->graph->closure.objects[caller->object].summary;

	for (uint32_t i = summary->data[data].pointers; i < summary->data[data + 1].pointers; i++)
		if (summary->pointers[i].kind != POINTER_LINKAGE &&
		    graph_pointer_node(caller->graph, caller->object, i) == caller->node)
			return true;
	return false;
}

int callers_pass(const struct walk *walk, uint32_t node, uint8_t reg, uint64_t mask,
		 struct error *err)
{
	struct caller caller = {
		.graph = walk->graph, .node = node, .reg = reg, .mask = mask, .err = err
	};

	if (walk->parents[node] == node)
		return 1;
	for (uint32_t i = 0; i < walk->count; i++) {
		uint32_t from = walk->order[i], function;
		int r = 0;

		caller.object = graph_object_of(walk->graph, from);
		function = graph_function_of(walk->graph, caller.object, from);
		if (function != NO_INDEX)
			r = caller_passes(&caller, function);
		else if (data_holds(&caller, from - graph_data(walk->graph, caller.object, 0)))
			r = 1;
		if (r != 0)
			return r;
	}
	return 0;
}

bool callers_are_outside(const struct walk *walk, uint32_t node)
{
	uint32_t home = graph_object_of(walk->graph, node);

	for (uint32_t i = 0; i < walk->count; i++) {
		uint32_t object = graph_object_of(walk->graph, walk->order[i]), function;
		const struct summary *summary = walk->graph->closure.objects[object].summary;

		function = graph_function_of(walk->graph, object, walk->order[i]);
		if (object == home || function == NO_INDEX)
			continue;
		for (uint32_t k = summary->functions[function].references;
		     k < summary->functions[function + 1].references; k++) {
			enum reference_kind kind = reference_kind(summary->references[k]);

			if ((kind == REFERENCE_SLOT || kind == REFERENCE_CALL_SLOT) &&
			    graph_pointer_node(walk->graph, object,
					       reference_index(summary->references[k])) == node)
				return true;
		}
	}
	return false;
}
