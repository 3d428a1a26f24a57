// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/walk.h"

#include "reach/graph/callers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int walk_make(struct walk *walk, struct graph *graph, struct error *err)
{
	size_t count = (size_t)graph->nodes_count + 1;

	walk->graph = graph;
	walk->parents = malloc(count * sizeof(*walk->parents));
	walk->order = malloc(count * sizeof(*walk->order));
	walk->depths = calloc(count, sizeof(*walk->depths));
	walk->open = calloc(graph->conditional_edges.count + 1, sizeof(*walk->open));
	walk->looked_at = calloc(graph->conditional_edges.count + 1, sizeof(*walk->looked_at));
	walk->err = err;
	walk->is_loaded = calloc(graph->link_map.count, sizeof(*walk->is_loaded));
	if (!walk->is_loaded || !walk->parents || !walk->order || !walk->depths || !walk->open ||
	    !walk->looked_at)
		return error_oom(err);
	memset(walk->parents, 0xff, count * sizeof(*walk->parents));
	return 0;
}

void walk_free(struct walk *walk)
{
	free(walk->parents);
	free(walk->order);
	free(walk->depths);
	free(walk->open);
	free(walk->is_loaded);
	free(walk->looked_at);
	array_free(&walk->uses);
}

/* Every reference passes here, whether its end is new or not. */
static void note_use(struct walk *walk, uint32_t node, uint32_t from, bool is_call)
{
	if (node != NO_NODE && walk->graph->conditional_edges.is_key[node] && !walk->whole &&
	    !array_push(&walk->uses, (struct key_use){ node, from, is_call }))
		walk->result = error_oom(walk->err);
}

static void note_lookup(struct walk *walk, uint32_t node)
{
	for (size_t i = 0; i < walk->graph->lookup_functions.count; i++) {
		const struct lookup_function *function = &walk->graph->lookup_functions.items[i];

		for (uint32_t bit = 0; function->node == node && bit < DATABASES_MAX; bit++)
			if (function->databases & ~walk->databases & UINT32_C(1) << bit) {
				walk->databases |= UINT32_C(1) << bit;
				walk->asked_by[bit] = node;
			}
	}
}

static void meet(struct walk *walk, uint32_t node, uint32_t from)
{
	unsigned depth;

	if (node == NO_NODE || walk->parents[node] != NO_NODE)
		return;
	if (walk->is_barred && walk->is_barred[graph_object_of(walk->graph, node)])
		return;
	depth = node == from ? 0 : walk->depths[from] + 1U;
	walk->parents[node] = from;
	walk->depths[node] = (uint16_t)(depth < UINT16_MAX ? depth : UINT16_MAX);
	walk->order[walk->count++] = node;
	if (walk->graph->is_lookup[node])
		note_lookup(walk, node);
}

static void add_root(struct walk *walk, uint32_t node)
{
	note_use(walk, node, node, false);
	meet(walk, node, node);
}

void walk_begin_at(struct walk *walk, uint32_t node)
{
	meet(walk, node, node);
}

static void add_all(struct walk *walk, uint32_t object)
{
	for (uint32_t node = walk->graph->first_node[object];
	     node < walk->graph->first_node[object + 1]; node++)
		add_root(walk, node);
}

static void add_exports(struct walk *walk, uint32_t object)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;

	for (uint32_t i = 0; i < summary->symbols_count; i++)
		if (summary->symbols[i].kind != SYMBOL_UNDEFINED && !summary->symbols[i].is_local)
			add_root(walk,
				 graph_symbol_node(walk->graph, (struct binding){ object, i }));
}

void walk_add_start(struct walk *walk)
{
	const struct link_map *link_map = &walk->graph->link_map;

	for (uint32_t i = 0; i < link_map->count; i++) {
		const struct loaded *object = &link_map->objects[i];
		const struct summary *summary = object->summary;

		if ((i == 0 || object->is_interpreter) && summary->entry != NO_INDEX)
			add_root(walk, graph_function(walk->graph, i, summary->entry));
		if (i == 0 && summary->program_part != NO_INDEX)
			add_root(walk, graph_function(walk->graph, i, summary->program_part));
	}
	for (uint32_t i = 0; i < link_map->count; i++) {
		const struct loaded *object = &link_map->objects[i];
		const struct summary *summary = object->summary;

		for (uint32_t k = 0; k < summary->roots_count; k++)
			add_root(walk, graph_function(walk->graph, i, summary->roots[k]));
		for (uint32_t k = 0; k < summary->pointer_roots_count; k++)
			add_root(walk,
				 graph_pointer_node(walk->graph, i, summary->pointer_roots[k]));
		if (summary->is_whole)
			add_all(walk, i);
		if (object->is_opened && object->is_named)
			add_exports(walk, i);
	}
}

/* ---- edges ---- */

static bool is_open(const struct walk *walk, size_t guard)
{
	const struct guard *items = walk->graph->conditional_edges.items;

	if (guard != SIZE_MAX && items[guard].is_vain &&
	    (walk->leaves_vain_out || items[guard].keys_count == 0))
		return !walk->leaves_vain_out;
	return guard == SIZE_MAX || (walk->whole ? walk->whole->open[guard] : walk->open[guard]);
}

bool walk_makes(const struct walk *walk, uint32_t node, uint32_t nr)
{
	return is_open(walk, conditional_edges_of_call(&walk->graph->conditional_edges, node, nr));
}

static void follow(struct walk *walk, uint32_t node, uint32_t from, bool is_call)
{
	note_use(walk, node, from, is_call);
	if (is_open(walk, conditional_edges_of_edge(&walk->graph->conditional_edges, from, node)))
		meet(walk, node, from);
}

/* A text may be a name that is looked up: by an object that is not where the name is defined. Only
 * loaders (musl's) look names of their own up. */
static void follow_text(struct walk *walk, uint32_t object, uint32_t text, uint32_t from)
{
	const char *name = summary_text(walk->graph->link_map.objects[object].summary, text);
	struct binding binding = { NO_INDEX, NO_INDEX };

	while (!walk->ignores_texts ||
	       !walk->graph->link_map.objects[object].summary->looks_up_any) {
		binding = graph_find(walk->graph, name, binding);
		if (binding.object == NO_INDEX)
			return;
		if (binding.object != object ||
		    walk->graph->link_map.objects[object].is_interpreter)
			follow(walk, graph_symbol_node(walk->graph, binding), from, false);
	}
}

static void follow_pointer(struct walk *walk, uint32_t object, uint32_t index, uint32_t from,
			   bool is_call)
{
	const struct pointer *pointer =
		&walk->graph->link_map.objects[object].summary->pointers[index];

	if (pointer->kind == POINTER_TEXT && pointer->index != 0)
		follow_text(walk, object, pointer->index, from);
	else
		follow(walk, graph_pointer_node(walk->graph, object, index), from, is_call);
}

static void visit_function(struct walk *walk, uint32_t object, uint32_t function, uint32_t node)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;
	uint32_t end = summary->functions[function + 1].references;

	for (uint32_t i = summary->functions[function].references; i < end; i++) {
		uint32_t index = reference_index(summary->references[i]);
		enum reference_kind kind = reference_kind(summary->references[i]);

		switch (kind) {
		case REFERENCE_CALL:
		case REFERENCE_TAKE:
			follow(walk, graph_function(walk->graph, object, index), node,
			       kind == REFERENCE_CALL);
			break;
		case REFERENCE_DATA:
			meet(walk, graph_data(walk->graph, object, index), node);
			break;
		case REFERENCE_SLOT:
		case REFERENCE_CALL_SLOT:
			follow_pointer(walk, object, index, node, kind == REFERENCE_CALL_SLOT);
			break;
		case REFERENCE_TEXT:
			follow_text(walk, object, index, node);
			break;
		}
	}
}

static void visit_data(struct walk *walk, uint32_t object, uint32_t data, uint32_t node)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;
	uint32_t end = summary->data[data + 1].pointers;

	for (uint32_t i = summary->data[data].pointers; i < end; i++)
		if (summary->pointers[i].kind != POINTER_LINKAGE)
			follow_pointer(walk, object, i, node, false);
}

static void visit_all(struct walk *walk)
{
	while (walk->done < walk->count) {
		uint32_t node = walk->order[walk->done++];
		uint32_t object = graph_object_of(walk->graph, node);
		uint32_t function = graph_function_of(walk->graph, object, node);

		if (function != NO_INDEX)
			visit_function(walk, object, function, node);
		else
			visit_data(walk, object, node - graph_data(walk->graph, object, 0), node);
	}
}

static int is_asked_for(const struct walk *walk, const struct guard *guard, size_t looked_at)
{
	for (unsigned i = 0; i < guard->keys_count; i++) {
		int r = callers_ask(walk, &guard->keys[i], guard->from, looked_at, walk->err);

		if (r != 0)
			return r;
	}
	return 0;
}

/* Opens the guards that something which was met asks for; false: there were none to open. */
static bool open_guards(struct walk *walk)
{
	const struct conditional_edges *conditional_edges = &walk->graph->conditional_edges;
	bool is_any = false;

	for (size_t i = 0; i < conditional_edges->count && !walk->whole; i++) {
		const struct guard *guard = &conditional_edges->items[i];
		int r;

		if (walk->open[i] || !walk_has_met(walk, guard->from) ||
		    (guard->is_vain && walk->leaves_vain_out))
			continue;
		r = is_asked_for(walk, guard, walk->looked_at[i]);
		walk->looked_at[i] = walk->uses.count;
		if (r < 0) {
			walk->result = r;
			return false;
		}
		if (r == 0)
			continue;
		walk->open[i] = is_any = true;
		if (guard->to != NO_NODE)
			meet(walk, guard->to, guard->from);
	}
	return is_any;
}

/* ---- the name service ---- */

/* What runs because the object is loaded, and all that it needs with it. */
static void load(struct walk *walk, uint32_t object, uint32_t from)
{
	const struct loaded *loaded = &walk->graph->link_map.objects[object];
	const struct summary *summary = loaded->summary;

	if (!loaded->is_opened || walk->is_loaded[object])
		return;
	walk->is_loaded[object] = true;
	for (uint32_t k = 0; k < summary->roots_count; k++)
		meet(walk, graph_function(walk->graph, object, summary->roots[k]), from);
	for (uint32_t k = 0; k < summary->pointer_roots_count; k++)
		meet(walk, graph_pointer_node(walk->graph, object, summary->pointer_roots[k]),
		     from);
	for (uint32_t i = 0; i < summary->needed_count; i++)
		load(walk, loaded->needed[i], from);
}

static void serve(struct walk *walk, uint32_t object, uint32_t databases)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;

	for (uint32_t i = 0; i < summary->symbols_count; i++) {
		const struct symbol *symbol = &summary->symbols[i];
		uint32_t served;

		if (symbol->kind != SYMBOL_FUNCTION || symbol->is_local)
			continue;
		served = name_services_served(summary_text(summary, symbol->name)) & databases;
		if (served)
			load(walk, object, walk->asked_by[__builtin_ctz(served)]);
		if (served)
			meet(walk, graph_symbol_node(walk->graph, (struct binding){ object, i }),
			     walk->asked_by[__builtin_ctz(served)]);
	}
}

/* Goes on into the modules of the databases that were asked for since; false: there are none. */
static bool serve_databases(struct walk *walk)
{
	uint32_t databases = walk->databases & ~walk->served;

	walk->served |= databases;
	for (uint32_t i = 0; databases && i < walk->graph->link_map.count; i++)
		if (walk->graph->link_map.objects[i].databases & databases)
			serve(walk, i, databases & walk->graph->link_map.objects[i].databases);
	return databases != 0;
}

int walk_run(struct walk *walk)
{
	do
		visit_all(walk);
	while (serve_databases(walk) || open_guards(walk));
	return walk->result;
}

/* ---- paths ---- */

char *walk_node_name(const struct walk *walk, uint32_t node)
{
	uint32_t object = graph_object_of(walk->graph, node);
	const struct loaded *loaded = &walk->graph->link_map.objects[object];
	const struct summary *summary = loaded->summary;
	uint32_t function = graph_function_of(walk->graph, object, node);
	const char *prefix = object == 0 ? "" : loaded->name, *mark = object == 0 ? "" : "!";
	char *name = NULL;
	int r;

	if (function == NO_INDEX)
		r = asprintf(&name, "%s%s[0x%" PRIx64 "]", prefix, mark,
			     (summary->base +
			      summary->data[node - graph_data(walk->graph, object, 0)].start));
	else if (summary->functions[function].name)
		r = asprintf(&name, "%s%s%s", prefix, mark,
			     summary_text(summary, summary->functions[function].name));
	else
		r = asprintf(&name, "%s%s0x%" PRIx64, prefix, mark,
			     summary->base + summary->functions[function].start);
	return r < 0 ? NULL : name;
}

void walk_path_free(char **path)
{
	for (char **at = path; path && *at; at++)
		free(*at);
	free(path);
}

char **walk_path(const struct walk *walk, uint32_t node, const char *last)
{
	size_t length = 1, left;
	char **path;

	for (uint32_t at = node; walk->parents[at] != at; at = walk->parents[at])
		length++;
	path = calloc(length + 2, sizeof(*path));
	if (!path)
		return NULL;
	left = length;
	if (last) {
		path[length] = strdup(last);
		if (!path[length])
			goto failed;
	}
	for (uint32_t at = node;; at = walk->parents[at]) {
		path[--left] = walk_node_name(walk, at);
		if (!path[left])
			goto failed;
		if (walk->parents[at] == at)
			return path;
	}
failed:
	/* Filled from the end: all before is NULL still. */
	for (size_t i = 0; i < length + 2; i++)
		free(path[i]);
	free(path);
	return NULL;
}
