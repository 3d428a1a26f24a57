// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/callers.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

#define USES_LIMIT 4096 /* calls of one function of which the arguments are looked at */

uint32_t callers_target(struct graph *graph, uint32_t object, uint32_t target, bool is_slot)
{
	const struct summary *summary = graph->link_map.objects[object].summary;
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
	const struct conditional_edge_key *key;
	uint32_t object;
	bool was_called;
	int result;
	struct error *err;
};

/* Whether the call can't pass what the test wants; a negative errno. */
static int is_refuted(const struct caller *caller, uint32_t at, const struct argument_test *test)
{
	static const uint8_t registers[] = { REGISTER_RDI, REGISTER_RSI, REGISTER_RDX,
					     REGISTER_RCX };
	_cleanup_(search_values_free) struct values values = { 0 };
	struct origin origin;
	int r;

	memset(&origin, 0, sizeof(origin));
	origin.kind = ORIGIN_REGISTER;
	origin.reg = registers[test->argument - 1];
	r = code_values(caller->code, at, origin, &values, caller->err);
	if (r < 0)
		return r;
	if (values.is_unknown || values.origins.count > 0 || values.globals.count > 0)
		return 0;
	for (size_t i = 0; i < values.constants.count; i++) {
		uint64_t value = values.constants.items[i];

		if (test->is_whole ? (uint32_t)value == test->value : value & test->value)
			return 0;
	}
	return 1;
}

static void look_at_call(void *context, uint32_t at, uint32_t target, bool is_slot)
{
	struct caller *caller = context;
	int refuted = 0;

	if (caller->result != 0 ||
	    callers_target(caller->graph, caller->object, target, is_slot) != caller->key->node)
		return;
	caller->was_called = true;
	for (size_t i = 0; i < ARGUMENT_TESTS_MAX && refuted == 0; i++)
		if (caller->key->tests[i].argument)
			refuted = is_refuted(caller, at, &caller->key->tests[i]);
	if (refuted <= 0)
		caller->result = refuted < 0 ? refuted : 1;
}

/* 1 if some call in the function passes what the tests want. */
static int calls_pass(struct caller *caller, uint32_t function)
{
	const struct summary *summary = caller->graph->link_map.objects[caller->object].summary;
	_cleanup_(code_freep) struct code *code = NULL;
	const struct image *image;
	int r = link_map_image(&caller->graph->link_map, caller->object, &image, caller->err);

	if (r == 0)
		r = code_open(image, summary->functions, summary->functions_count, function, &code,
			      caller->err);
	if (r < 0)
		return r;
	caller->code = code;
	code_calls(code, look_at_call, caller);
	return caller->result == 0 && !caller->was_called ? 1 : caller->result;
}

static int asks(const struct walk *walk, const struct conditional_edge_key *key,
		const struct key_use *use, struct error *err)
{
	struct caller caller = { .graph = walk->graph, .key = key, .err = err };
	uint32_t function;

	caller.object = graph_object_of(walk->graph, use->from);
	if (key->from_outside)
		return caller.object != graph_object_of(walk->graph, key->node);
	function = graph_function_of(walk->graph, caller.object, use->from);
	/* An address that is taken, or found by its name: called with anything. */
	if (!use->is_call || key->tests[0].argument == 0 || function == NO_INDEX)
		return 1;
	return calls_pass(&caller, function);
}

int callers_ask(const struct walk *walk, const struct conditional_edge_key *key, uint32_t except,
		size_t looked_at, struct error *err)
{
	size_t count = 0;

	for (size_t i = looked_at; i < walk->uses.count; i++) {
		const struct key_use *use = &walk->uses.items[i];
		int r;

		if (use->key != key->node || (use->is_call && use->from == except))
			continue;
		if (++count > USES_LIMIT)
			return 1;
		r = asks(walk, key, use, err);
		if (r != 0)
			return r;
	}
	return 0;
}
