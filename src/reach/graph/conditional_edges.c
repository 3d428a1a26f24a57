// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/conditional_edges.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "reach/graph/conditional_edges_table.h"
#include "reach/graph/graph.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void conditional_edges_free(struct conditional_edges *conditional_edges)
{
	free(conditional_edges->items);
	free(conditional_edges->is_key);
	conditional_edges->items = NULL;
	conditional_edges->is_key = NULL;
	conditional_edges->count = conditional_edges->room = 0;
}

/* ---- which functions make which calls ---- */

/* The first place of the function that enters the kernel, or where it would stand. */
static uint32_t first_site(const struct summary *summary, uint32_t function)
{
	uint32_t low = 0, high = summary->sites_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (summary->sites[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool makes_itself(const struct summary *summary, uint32_t function, uint32_t nr)
{
	uint32_t at = first_site(summary, function);

	for (; at < summary->sites_count && summary->sites[at].function == function; at++)
		if (summary->sites[at].kind == SITE_NUMBER && summary->sites[at].value == nr &&
		    summary->sites[at].abi == ABI_X86_64)
			return true;
	return false;
}

static bool makes(const struct summary *summary, uint32_t function, uint32_t nr)
{
	if (makes_itself(summary, function, nr))
		return true;
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++)
		if (reference_kind(summary->references[i]) == REFERENCE_CALL &&
		    makes_itself(summary, reference_index(summary->references[i]), nr))
			return true;
	return false;
}

static bool refers_to(const struct summary *summary, uint32_t function, uint32_t other)
{
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++)
		if ((reference_kind(summary->references[i]) == REFERENCE_TAKE ||
		     reference_kind(summary->references[i]) == REFERENCE_CALL) &&
		    reference_index(summary->references[i]) == other)
			return true;
	return false;
}

/* The functions that the object defines by one name: another version may be another function. */
#define VERSIONS_MAX 4

struct named {
	uint32_t functions[VERSIONS_MAX];
	unsigned count;
};

/* False: none, or more than there is room for. */
static bool find_named(const struct graph *graph, uint32_t object, const char *name,
		       struct named *named)
{
	const struct summary *summary = graph->link_map.objects[object].summary;
	uint32_t at = NO_INDEX;

	named->count = 0;
	while ((at = graph_defined(graph, object, name, at)) != NO_INDEX) {
		const struct symbol *symbol = &summary->symbols[at];
		bool is_known = false;

		for (unsigned i = 0; i < named->count; i++)
			is_known |= named->functions[i] == symbol->index;
		if ((symbol->kind != SYMBOL_FUNCTION && symbol->kind != SYMBOL_RESOLVER) ||
		    is_known)
			continue;
		if (named->count == VERSIONS_MAX)
			return false;
		named->functions[named->count++] = symbol->index;
	}
	return named->count > 0;
}

static bool has_signature(const struct summary *summary, uint32_t function,
			  const struct context_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->signature) && row->signature[i]; i++)
		if (!makes(summary, function,
			   (uint32_t)syscall_number(ABI_X86_64, row->signature[i])))
			return false;
	return true;
}

/* A row with the functions that it names. */
struct context {
	const struct graph *graph;
	uint32_t object;
	const struct summary *summary;
	const struct context_row *row;
	struct named refers_to, called_by;
};

/* Whether the row describes the function, which has no name. */
static bool is_context(const struct context *context, uint32_t function)
{
	bool is_one = !context->row->refers_to, is_called = !context->row->called_by;

	for (unsigned i = 0; i < context->refers_to.count; i++)
		is_one |= refers_to(context->summary, function, context->refers_to.functions[i]);
	for (unsigned i = 0; i < context->called_by.count && is_one; i++)
		is_called |= refers_to(context->summary, context->called_by.functions[i], function);
	return is_one && is_called && has_signature(context->summary, function, context->row) &&
	       !summary_is_exported(context->summary, function);
}

/* ---- guards of a context ---- */

/* The object that defines a key: the context's own, else the first of all. */
static uint32_t key_object(const struct context *context, const char *symbol)
{
	struct binding binding = { NO_INDEX, NO_INDEX };

	if (graph_defined(context->graph, context->object, symbol, NO_INDEX) == NO_INDEX)
		binding = graph_find(context->graph, symbol, binding);
	return binding.object == NO_INDEX ? context->object : binding.object;
}

/* False: there are more than a guard can hold. */
static bool set_keys(const struct context *context, const struct branch_row *row,
		     struct guard *guard)
{
	for (size_t i = 0; i < GUARD_KEYS_MAX && row->keys[i].symbol; i++) {
		struct named named;
		uint32_t object = key_object(context, row->keys[i].symbol);

		if (!find_named(context->graph, object, row->keys[i].symbol, &named) &&
		    named.count > 0)
			return false;
		for (unsigned k = 0; k < named.count; k++) {
			struct conditional_edge_key *key = &guard->keys[guard->keys_count];

			if (guard->keys_count == GUARD_KEYS_MAX)
				return false;
			key->node = graph_function(context->graph, object, named.functions[k]);
			memcpy(key->tests, row->keys[i].tests, sizeof(key->tests));
			key->from_outside = row->keys[i].from_outside;
			guard->keys_count++;
		}
	}
	return true;
}

static bool add(struct conditional_edges *conditional_edges, const struct guard *guard)
{
	return array_push(conditional_edges, *guard);
}

static bool is_in_row(const struct branch_row *row, const struct site *site)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->calls) && row->calls[i]; i++)
		if (site->kind == SITE_NUMBER && site->abi == ABI_X86_64 &&
		    (int)site->value == syscall_number(ABI_X86_64, row->calls[i]))
			return true;
	return false;
}

/* Whether all that the function asks of the kernel itself is calls of this row. */
static bool is_only_for(const struct summary *summary, uint32_t function,
			const struct branch_row *row)
{
	uint32_t at = first_site(summary, function);
	bool is_one = false;

	for (; at < summary->sites_count && summary->sites[at].function == function; at++) {
		if (!is_in_row(row, &summary->sites[at]))
			return false;
		is_one = true;
	}
	return is_one;
}

static bool has_target_name(const struct summary *summary, uint32_t function,
			    const struct branch_row *row)
{
	const char *name = summary_text(summary, summary->functions[function].name);

	for (size_t i = 0; i < ARRAY_SIZE(row->targets) && row->targets[i]; i++)
		if (strncmp(name, row->targets[i], strlen(row->targets[i])) == 0)
			return true;
	return false;
}

static bool add_branch(struct conditional_edges *conditional_edges, const struct context *context,
		       uint32_t function, const struct branch_row *row)
{
	const struct summary *summary = context->summary;
	struct guard guard = { .from = graph_function(context->graph, context->object, function),
			       .is_vain = row->is_vain };

	if (!set_keys(context, row, &guard))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(row->calls) && row->calls[i]; i++) {
		guard.to = NO_NODE;
		guard.nr = (uint32_t)syscall_number(ABI_X86_64, row->calls[i]);
		if (makes_itself(summary, function, guard.nr) && !add(conditional_edges, &guard))
			return false;
	}
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++) {
		uint32_t target = reference_index(summary->references[i]);

		if (reference_kind(summary->references[i]) != REFERENCE_CALL &&
		    reference_kind(summary->references[i]) != REFERENCE_TAKE)
			continue;
		if (!is_only_for(summary, target, row) && !has_target_name(summary, target, row))
			continue;
		guard.to = graph_function(context->graph, context->object, target);
		guard.nr = NO_INDEX;
		if (!add(conditional_edges, &guard))
			return false;
	}
	return true;
}

static bool add_branches(struct conditional_edges *conditional_edges, const struct context *context,
			 uint32_t function)
{
	for (const struct branch_row *branch = context->row->branches;
	     branch->calls[0] || branch->targets[0]; branch++)
		if (!add_branch(conditional_edges, context, function, branch))
			return false;
	return true;
}

/* Functions in tables: the edge to each from the data object that holds its address. */
static bool add_tables(struct conditional_edges *conditional_edges, const struct context *context)
{
	const struct summary *summary = context->summary;

	for (uint32_t i = 0; i < summary->data_count; i++)
		for (uint32_t k = summary->data[i].pointers; k < summary->data[i + 1].pointers;
		     k++) {
			const struct pointer *pointer = &summary->pointers[k];
			struct guard guard = { .nr = NO_INDEX };

			if (pointer->kind != POINTER_FUNCTION ||
			    !is_context(context, pointer->index))
				continue;
			guard.from = graph_data(context->graph, context->object, i);
			guard.to = graph_function(context->graph, context->object, pointer->index);
			if (set_keys(context, context->row->branches, &guard) &&
			    !add(conditional_edges, &guard))
				return false;
		}
	return true;
}

static int compare_guards(const void *left, const void *right)
{
	const struct guard *a = left, *b = right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static bool add_contexts(struct conditional_edges *conditional_edges, const struct graph *graph,
			 uint32_t object, const struct context_row *row)
{
	struct context context = { graph, object,	  graph->link_map.objects[object].summary,
				   row,	  { .count = 0 }, { .count = 0 } };
	struct named named;

	if (!find_named(graph, object, row->library, &named) ||
	    (row->refers_to && !find_named(graph, object, row->refers_to, &context.refers_to)) ||
	    (row->called_by && !find_named(graph, object, row->called_by, &context.called_by)))
		return true;
	if (row->in_table)
		return add_tables(conditional_edges, &context);
	if (row->function) {
		if (!find_named(graph, object, row->function, &named))
			return true;
		for (unsigned i = 0; i < named.count; i++)
			if (!add_branches(conditional_edges, &context, named.functions[i]))
				return false;
		return true;
	}
	for (uint32_t i = 0; i < context.summary->functions_count; i++)
		if (is_context(&context, i) && !add_branches(conditional_edges, &context, i))
			return false;
	return true;
}

int conditional_edges_find(struct conditional_edges *conditional_edges, const struct graph *graph,
			   struct error *err)
{
	conditional_edges->is_key =
		calloc((size_t)graph->nodes_count + 1, sizeof(*conditional_edges->is_key));
	if (!conditional_edges->is_key)
		return error_oom(err);
	for (uint32_t i = 0; i < graph->link_map.count; i++)
		for (size_t k = 0; k < conditional_edge_contexts_count; k++)
			if (!add_contexts(conditional_edges, graph, i,
					  &conditional_edge_contexts[k]))
				return error_oom(err);
	for (size_t i = 0; i < conditional_edges->count; i++)
		for (unsigned k = 0; k < conditional_edges->items[i].keys_count; k++)
			conditional_edges->is_key[conditional_edges->items[i].keys[k].node] = true;
	if (conditional_edges->count > 0)
		qsort(conditional_edges->items, conditional_edges->count,
		      sizeof(*conditional_edges->items), compare_guards);
	return 0;
}

static size_t find(const struct conditional_edges *conditional_edges, struct guard wanted)
{
	const struct guard *found = NULL;

	if (conditional_edges->count > 0)
		found = bsearch(&wanted, conditional_edges->items, conditional_edges->count,
				sizeof(*conditional_edges->items), compare_guards);
	return found ? (size_t)(found - conditional_edges->items) : SIZE_MAX;
}

size_t conditional_edges_of_edge(const struct conditional_edges *conditional_edges, uint32_t from,
				 uint32_t to)
{
	return find(conditional_edges, (struct guard){ .from = from, .to = to, .nr = NO_INDEX });
}

size_t conditional_edges_of_call(const struct conditional_edges *conditional_edges, uint32_t from,
				 uint32_t nr)
{
	return find(conditional_edges, (struct guard){ .from = from, .to = NO_NODE, .nr = nr });
}
