// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/reach.h"

#include "common/cleanup.h"
#include "reach/graph/numbers.h"
#include "reach/graph/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reach {
	struct graph graph;
	struct reach_object *objects;
	bool with_arguments;
};

void reach_freep(struct reach **reach)
{
	if (!*reach)
		return;
	graph_free(&(*reach)->graph);
	free((*reach)->objects);
	free(*reach);
	*reach = NULL;
}

int reach_open(const struct reach_options *options, struct reach **result, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = calloc(1, sizeof(*reach));
	struct link_map *link_map;
	int r;

	if (!reach)
		return error_oom(err);
	link_map = &reach->graph.link_map;
	link_map->root = -1;
	reach->with_arguments = options->with_arguments;
	r = link_map_load(link_map, options->program, options->objects, options->sysroot,
			  options->cache, err);
	if (r == 0)
		r = graph_make(&reach->graph, err);
	if (r < 0)
		return r;
	reach->objects = calloc(link_map->count, sizeof(*reach->objects));
	if (!reach->objects)
		return error_oom(err);
	for (size_t i = 0; i < link_map->count; i++) {
		const struct loaded *object = &link_map->objects[i];

		reach->objects[i] = (struct reach_object){
			.path = object->path,
			.build_id = *object->build_id ? object->build_id : NULL,
			.is_opened = object->is_opened,
			.is_named = object->is_named,
		};
	}
	*result = take(reach);
	return 0;
}

bool reach_imports(const struct reach *reach, const char *name)
{
	const struct link_map *link_map = &reach->graph.link_map;

	for (size_t i = 0; i < link_map->count; i++) {
		const struct summary *summary = link_map->objects[i].summary;

		for (uint32_t k = 0; link_map->objects[i].is_named && k < summary->symbols_count;
		     k++)
			if (summary->symbols[k].kind == SYMBOL_UNDEFINED &&
			    strcmp(summary->text + summary->symbols[k].name, name) == 0)
				return true;
	}
	return false;
}

size_t reach_objects(const struct reach *reach, const struct reach_object **objects)
{
	*objects = reach->objects;
	return reach->graph.link_map.count;
}

/* The walk from where the program starts; freed by the caller, also on failure. */
static int walk_whole(struct reach *reach, struct walk *walk, struct error *err)
{
	int r = walk_make(walk, &reach->graph, err);

	if (r < 0)
		return r;
	walk_add_start(walk);
	return walk_run(walk);
}

int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err)
{
	_cleanup_(walk_free) struct walk walk = { 0 };
	int r = walk_whole(reach, &walk, err);

	return r < 0 ? r : result_make(&walk, reach->with_arguments, result, err);
}

/* Functions that are handed a number and hand it on, as all cancellable calls of glibc 2.41 go through:
 * they are no step of their own. */
static int find_free(const struct walk *start, struct walk *walk, struct error *err)
{
	_cleanup_(numbers_free) struct numbers numbers = { 0 };
	int r = numbers_find(&numbers, start, err);

	walk->is_free = calloc((size_t)walk->graph->nodes_count + 1, sizeof(*walk->is_free));
	if (!walk->is_free)
		return error_oom(err);
	for (size_t i = 0; i < numbers.needs.count; i++) {
		const struct need *need = &numbers.needs.items[i];

		walk->is_free[graph_function(walk->graph, need->object, need->function)] = true;
	}
	return r;
}

int reach_first_party(struct reach *reach, unsigned depth, struct reach_result **result,
		      struct error *err)
{
	_cleanup_(walk_free) struct walk start = { 0 }, walk = { 0 };
	struct graph *graph = &reach->graph;
	int r = walk_whole(reach, &start, err); /* tells what of the own code runs at all */

	if (r == 0)
		r = walk_make(&walk, graph, err);
	if (r == 0)
		r = find_free(&start, &walk, err);
	if (r < 0)
		return r;
	walk.whole = &start;
	walk.depth_limit = (uint16_t)(depth < UINT16_MAX ? depth : UINT16_MAX);
	/* "sync" and "shutdown" are words of a protocol far more often than names for dlsym(3). */
	walk.ignores_names = true;
	for (uint32_t i = 0; i < start.count; i++) {
		uint32_t object = graph_object_of(graph, start.order[i]);

		if (reach->objects[object].is_named)
			walk_add_root(&walk, start.order[i]);
	}
	for (uint32_t i = 0, own = walk.count; i < own; i++) {
		uint32_t node = walk.order[i], object = graph_object_of(graph, node);
		const struct summary *summary = graph->link_map.objects[object].summary;
		uint32_t function = graph_function_of(graph, object, node);

		if (function == NO_INDEX)
			continue;
		for (uint32_t k = summary->functions[function].references;
		     k < summary->functions[function + 1].references; k++) {
			enum reference_kind kind = reference_kind(summary->references[k]);
			uint32_t target;

			if (kind != REFERENCE_SLOT && kind != REFERENCE_CALL_SLOT)
				continue;
			target = graph_pointer_node(graph, object,
						    reference_index(summary->references[k]));
			if (target != NO_NODE)
				walk_add_root(&walk, target);
		}
	}
	r = walk_run(&walk);
	return r < 0 ? r : result_make(&walk, reach->with_arguments, result, err);
}

bool reach_takes_from_program(struct reach *reach, const char *path)
{
	const struct link_map *link_map = &reach->graph.link_map;
	const struct summary *program = link_map->objects[0].summary;

	for (uint32_t i = 1; i < link_map->count; i++) {
		const struct summary *summary = link_map->objects[i].summary;

		if (!link_map->objects[i].is_named || strcmp(link_map->objects[i].path, path) != 0)
			continue;
		for (uint32_t k = 0; k < summary->symbols_count; k++) {
			struct binding binding = { NO_INDEX, NO_INDEX };

			if (summary->symbols[k].kind == SYMBOL_UNDEFINED &&
			    summary->symbols[k].name)
				binding = graph_bind(&reach->graph, i, k);
			if (binding.object == 0 &&
			    program->symbols[binding.symbol].kind == SYMBOL_FUNCTION)
				return true;
		}
	}
	return false;
}
