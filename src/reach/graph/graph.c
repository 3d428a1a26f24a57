// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/graph.h"

#include "reach/object/name_services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOT_BOUND_YET (UINT32_MAX - 1)

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

static bool is_definition(const struct symbol *symbol)
{
	return symbol->kind != SYMBOL_UNDEFINED && !symbol->is_local && symbol->name != 0;
}

static int make_names(struct table *table, const struct summary *summary)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < summary->symbols_count; i++)
		count += is_definition(&summary->symbols[i]);
	if (!table_reserve(table, count))
		return -ENOMEM;
	for (uint32_t i = 0; i < summary->symbols_count; i++) {
		const char *name = summary_text(summary, summary->symbols[i].name);

		if (is_definition(&summary->symbols[i]) && !table_add(table, hash_name(name), i))
			return -ENOMEM;
	}
	return 0;
}

static int find_lookup_functions(struct graph *graph, struct error *err)
{
	const struct link_map *link_map = &graph->link_map;

	graph->is_lookup = calloc((size_t)graph->nodes_count + 1, sizeof(*graph->is_lookup));
	if (!graph->is_lookup)
		return error_oom(err);
	for (uint32_t i = 0; i < link_map->count; i++) {
		const struct summary *summary = link_map->objects[i].summary;

		for (uint32_t k = 0; k < summary->symbols_count; k++) {
			const struct symbol *symbol = &summary->symbols[k];
			struct lookup_function found = { NO_NODE, 0 };

			if (symbol->kind != SYMBOL_FUNCTION || symbol->index == NO_INDEX)
				continue;
			found.databases = name_services_asked(summary_text(summary, symbol->name));
			if (!found.databases)
				continue;
			found.node = graph_function(graph, i, symbol->index);
			graph->is_lookup[found.node] = true;
			if (!array_push(&graph->lookup_functions, found))
				return error_oom(err);
		}
	}
	return 0;
}

int graph_make(struct graph *graph, struct error *err)
{
	size_t count = graph->link_map.count;
	uint64_t nodes = 0;

	graph->first_node = calloc(count + 1, sizeof(*graph->first_node));
	graph->names = calloc(count, sizeof(*graph->names));
	graph->bindings = calloc(count, sizeof(*graph->bindings));
	if (!graph->first_node || !graph->names || !graph->bindings)
		return error_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct summary *summary = graph->link_map.objects[i].summary;
		size_t bytes = ((size_t)summary->symbols_count + 1) * sizeof(**graph->bindings);

		graph->first_node[i] = (uint32_t)nodes;
		nodes += (uint64_t)summary->functions_count + summary->data_count;
		if (nodes >= NO_NODE)
			return error_set(err, -EFBIG, "%s: too much code to follow at once",
					 graph->link_map.objects[0].path);
		graph->bindings[i] = malloc(bytes);
		if (!graph->bindings[i] || make_names(&graph->names[i], summary) < 0)
			return error_oom(err);
		for (uint32_t k = 0; k < summary->symbols_count; k++)
			graph->bindings[i][k].object = NOT_BOUND_YET;
	}
	graph->first_node[count] = graph->nodes_count = (uint32_t)nodes;
	if (find_lookup_functions(graph, err) < 0)
		return err ? err->code : -ENOMEM;
	return conditional_edges_find(&graph->conditional_edges, graph, err);
}

void graph_unmake(struct graph *graph)
{
	for (size_t i = 0; i < graph->link_map.count; i++) {
		if (graph->names)
			table_free(&graph->names[i]);
		if (graph->bindings)
			free(graph->bindings[i]);
	}
	free(graph->is_lookup);
	array_free(&graph->lookup_functions);
	free(graph->first_node);
	free(graph->names);
	free(graph->bindings);
	conditional_edges_free(&graph->conditional_edges);
	graph->is_lookup = NULL;
	graph->first_node = NULL;
	graph->names = NULL;
	graph->bindings = NULL;
}

void graph_free(struct graph *graph)
{
	graph_unmake(graph);
	link_map_free(&graph->link_map);
}

uint32_t graph_object_of(const struct graph *graph, uint32_t node)
{
	size_t low = 0, high = graph->link_map.count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (graph->first_node[middle] <= node)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low;
}

uint32_t graph_function_of(const struct graph *graph, uint32_t object, uint32_t node)
{
	uint32_t index = node - graph->first_node[object];

	return index < graph->link_map.objects[object].summary->functions_count ? index : NO_INDEX;
}

/* ---- names ---- */

enum strictness { BY_VERSION, BY_DEFAULT, BY_NAME };

static uint32_t find_in(const struct graph *graph, uint32_t object, const char *name,
			const char *version, enum strictness how)
{
	const struct summary *summary = graph->link_map.objects[object].summary;
	uint32_t hash = hash_name(name);

	TABLE_EACH (at, &graph->names[object], hash) {
		const struct symbol *symbol = &summary->symbols[at];

		if (strcmp(summary_text(summary, symbol->name), name) != 0)
			continue;
		if (how == BY_NAME)
			return at;
		/* An object without versions serves any. */
		if (how == BY_VERSION && symbol->version &&
		    strcmp(summary_text(summary, symbol->version), version) != 0)
			continue;
		if (how == BY_DEFAULT && symbol->is_hidden_version)
			continue;
		return at;
	}
	return NO_INDEX;
}

uint32_t graph_defined(const struct graph *graph, uint32_t object, const char *name, uint32_t after)
{
	const struct summary *summary = graph->link_map.objects[object].summary;
	uint32_t hash = hash_name(name);

	/* They come in the order of the symbols. */
	TABLE_EACH (at, &graph->names[object], hash)
		if ((after == NO_INDEX || at > after) &&
		    strcmp(summary_text(summary, summary->symbols[at].name), name) == 0)
			return at;
	return NO_INDEX;
}

/* The objects that OBJECT needs, itself first, then all that were opened: the scope of an opened
 * object behind the program's. */
static struct binding find_opened(const struct graph *graph, uint32_t object, const char *name,
				  const char *version, enum strictness how)
{
	const struct loaded *loaded = &graph->link_map.objects[object];
	struct binding binding = { object, find_in(graph, object, name, version, how) };

	for (uint32_t i = 0; binding.symbol == NO_INDEX && i < loaded->summary->needed_count; i++)
		binding = (struct binding){ loaded->needed[i],
					    find_in(graph, loaded->needed[i], name, version, how) };
	for (uint32_t i = 0; binding.symbol == NO_INDEX && i < graph->link_map.count; i++)
		if (graph->link_map.objects[i].is_opened)
			binding = (struct binding){ i, find_in(graph, i, name, version, how) };
	return binding;
}

static struct binding find_global(const struct graph *graph, uint32_t object, const char *name,
				  const char *version, enum strictness how)
{
	struct binding binding = { NO_INDEX, NO_INDEX };

	if (graph->link_map.objects[object].summary->is_symbolic)
		binding = (struct binding){ object, find_in(graph, object, name, version, how) };
	for (uint32_t i = 0; binding.symbol == NO_INDEX && i < graph->link_map.count; i++)
		if (!graph->link_map.objects[i].is_opened)
			binding = (struct binding){ i, find_in(graph, i, name, version, how) };
	if (binding.symbol == NO_INDEX)
		binding = find_opened(graph, object, name, version, how);
	return binding;
}

struct binding graph_bind(struct graph *graph, uint32_t object, uint32_t index)
{
	struct binding *binding = &graph->bindings[object][index];
	const struct summary *summary = graph->link_map.objects[object].summary;
	const struct symbol *symbol = &summary->symbols[index];
	const char *name = summary_text(summary, symbol->name);
	const char *version = symbol->version ? summary_text(summary, symbol->version) : NULL;

	if (binding->object != NOT_BOUND_YET)
		return *binding;
	if (symbol->is_local && symbol->kind != SYMBOL_UNDEFINED) {
		*binding = (struct binding){ object, index };
		return *binding;
	}
	*binding = find_global(graph, object, name, version, version ? BY_VERSION : BY_DEFAULT);
	/* The loader would refuse, or take what is there: so is it taken here. */
	if (binding->symbol == NO_INDEX)
		*binding = find_global(graph, object, name, version, BY_NAME);
	if (binding->symbol == NO_INDEX)
		binding->object = NO_INDEX;
	return *binding;
}

struct binding graph_find(const struct graph *graph, const char *name, struct binding after)
{
	uint32_t from = after.object == NO_INDEX ? 0 : after.object + 1;

	for (uint32_t i = from; i < graph->link_map.count; i++) {
		uint32_t symbol = find_in(graph, i, name, NULL, BY_DEFAULT);

		if (symbol == NO_INDEX)
			symbol = find_in(graph, i, name, NULL, BY_NAME);
		if (symbol != NO_INDEX)
			return (struct binding){ i, symbol };
	}
	return (struct binding){ NO_INDEX, NO_INDEX };
}

uint32_t graph_symbol_node(const struct graph *graph, struct binding binding)
{
	const struct symbol *symbol;

	if (binding.object == NO_INDEX)
		return NO_NODE;
	symbol = &graph->link_map.objects[binding.object].summary->symbols[binding.symbol];
	if (symbol->index == NO_INDEX)
		return NO_NODE;
	switch (symbol->kind) {
	case SYMBOL_FUNCTION:
	case SYMBOL_RESOLVER:
		return graph_function(graph, binding.object, symbol->index);
	case SYMBOL_DATA:
		return graph_data(graph, binding.object, symbol->index);
	default:
		return NO_NODE;
	}
}

/* The definition that the loader copies from: any but the program's own copy. */
static struct binding find_copied(const struct graph *graph, uint32_t object, uint32_t symbol)
{
	const struct summary *summary = graph->link_map.objects[object].summary;
	const char *name = summary_text(summary, summary->symbols[symbol].name);
	struct binding binding = { NO_INDEX, NO_INDEX };

	do
		binding = graph_find(graph, name, binding);
	while (binding.object == object);
	return binding;
}

uint32_t graph_pointer_node(struct graph *graph, uint32_t object, uint32_t index)
{
	const struct pointer *pointer = &graph->link_map.objects[object].summary->pointers[index];

	switch (pointer->kind) {
	case POINTER_FUNCTION:
	case POINTER_RESOLVER:
		return graph_function(graph, object, pointer->index);
	case POINTER_DATA:
		return graph_data(graph, object, pointer->index);
	case POINTER_SYMBOL:
	case POINTER_LINKAGE:
		return graph_symbol_node(graph, graph_bind(graph, object, pointer->index));
	case POINTER_COPY:
		return graph_symbol_node(graph, find_copied(graph, object, pointer->index));
	default:
		return NO_NODE;
	}
}
