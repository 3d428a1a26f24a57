// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/reach.h"

#include "common/cleanup.h"
#include "reach/graph/constants.h"
#include "reach/graph/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reach {
	struct graph graph;
	struct reach_object *objects;
	bool *is_runtime; /* per object */
	uint8_t *parts; /* per object, enum reach_part */
	struct walk start; /* from where the program starts; its graph is NULL until it has run */
	enum reach_asked arguments;
};

void reach_freep(struct reach **reach)
{
	if (!*reach)
		return;
	walk_free(&(*reach)->start);
	graph_free(&(*reach)->graph);
	free((*reach)->objects);
	free((*reach)->is_runtime);
	free((*reach)->parts);
	free(*reach);
	*reach = NULL;
}

/* What the run-time libraries of languages are called: what they do is their own part, whoever the
 * program is. */
static bool is_runtime(const struct loaded *object)
{
	static const char *const names[] = { "ld-linux",  "ld-musl",	"libc.",    "libc-",
					     "libm.",	  "libdl.",	"librt.",   "libpthread.",
					     "libgcc_s.", "libresolv.", "libutil.", "libstdc++.",
					     "libanl.",	  "libcrypt." };
	const char *name = object->summary->soname
				   ? summary_text(object->summary, object->summary->soname)
				   : object->name;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return object->is_interpreter;
}

/* The walk from where the program starts, run once. */
static int walk_whole(struct reach *reach, const struct walk **walk, struct error *err)
{
	int r = 0;

	*walk = &reach->start;
	if (reach->start.graph)
		return 0;
	r = walk_make(&reach->start, &reach->graph, err);
	if (r == 0) {
		walk_add_start(&reach->start);
		r = walk_run(&reach->start);
	}
	reach->start.err = NULL; /* the caller's */
	return r;
}

/* The modules of the name service, where the program looks a name up. */
static int add_name_services(struct reach *reach, struct error *err)
{
	struct link_map *link_map = &reach->graph.link_map;
	const struct walk *start;
	int r = walk_whole(reach, &start, err);

	if (r < 0 || !start->databases || link_map->is_musl)
		return r;
	walk_free(&reach->start);
	memset(&reach->start, 0, sizeof(reach->start));
	graph_unmake(&reach->graph);
	r = link_map_load_name_services(link_map, err);
	return r < 0 ? r : graph_make(&reach->graph, err);
}

static int list_objects(struct reach *reach, struct error *err)
{
	const struct link_map *link_map = &reach->graph.link_map;

	reach->objects = calloc(link_map->count, sizeof(*reach->objects));
	reach->parts = calloc(link_map->count, sizeof(*reach->parts));
	reach->is_runtime = calloc(link_map->count, sizeof(*reach->is_runtime));
	if (!reach->objects || !reach->parts || !reach->is_runtime)
		return error_oom(err);
	reach->parts[0] = REACH_PART_OWN;
	for (size_t i = 0; i < link_map->count; i++) {
		const struct loaded *object = &link_map->objects[i];

		reach->is_runtime[i] = i > 0 && is_runtime(object);
		reach->objects[i] = (struct reach_object){
			.path = object->path,
			.build_id = *object->build_id ? object->build_id : NULL,
			.is_opened = object->is_opened,
			.is_named = object->is_named,
			.is_name_service = object->databases != 0,
			.is_runtime = reach->is_runtime[i],
		};
	}
	return 0;
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
	reach->arguments = options->arguments;
	link_map->skips_unreadable = options->skips_unreadable;
	r = link_map_load(link_map, options->program, options->objects, options->sysroot,
			  options->cache, err);
	if (r == 0)
		r = graph_make(&reach->graph, err);
	if (r == 0)
		r = add_name_services(reach, err);
	if (r == 0)
		r = list_objects(reach, err);
	if (r == 0)
		*result = take(reach);
	return r;
}

size_t reach_objects(const struct reach *reach, const struct reach_object **objects)
{
	*objects = reach->objects;
	return reach->graph.link_map.count;
}

size_t reach_skipped(const struct reach *reach, char *const **sentences)
{
	*sentences = reach->graph.link_map.skipped;
	return reach->graph.link_map.skipped_count;
}

void reach_set_part(struct reach *reach, size_t object, enum reach_part part)
{
	reach->parts[object] = (uint8_t)part;
}

void reach_set_arguments(struct reach *reach, enum reach_asked arguments)
{
	reach->arguments = arguments;
}

static int make_result(const struct reach *reach, const struct walk *walk,
		       struct reach_result **result, struct error *err)
{
	return result_make(walk,
			   &(struct constants_scope){ .calls = reach->arguments,
						      .is_runtime = reach->is_runtime },
			   result, err);
}

int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err)
{
	const struct walk *start;
	int r = walk_whole(reach, &start, err);

	return r < 0 ? r : make_result(reach, start, result, err);
}

/* Adds the objects that these need. */
static void let_in_needed(const struct reach *reach, bool *is_barred)
{
	const struct link_map *link_map = &reach->graph.link_map;
	bool is_any;

	do {
		is_any = false;
		for (size_t i = 0; i < link_map->count; i++)
			for (uint32_t k = 0; !is_barred[i] && reach->parts[i] != REACH_PART_OWN &&
					     k < link_map->objects[i].summary->needed_count;
			     k++) {
				is_any |= is_barred[link_map->objects[i].needed[k]];
				is_barred[link_map->objects[i].needed[k]] = false;
			}
	} while (is_any);
}

/* The objects that the search must not enter; NULL: out of memory. */
static bool *find_barred(const struct reach *reach, enum reach_extent extent)
{
	bool *is_barred = calloc(reach->graph.link_map.count, sizeof(*is_barred));

	for (size_t i = 0; is_barred && i < reach->graph.link_map.count; i++)
		is_barred[i] = extent != REACH_EXTENT_LIBRARIES &&
			       reach->parts[i] != REACH_PART_OWN && !reach->objects[i].is_runtime &&
			       !(extent == REACH_EXTENT_NAME_SERVICES &&
				 reach->objects[i].is_name_service);
	if (is_barred && extent == REACH_EXTENT_NAME_SERVICES)
		let_in_needed(reach, is_barred);
	return is_barred;
}

int reach_own(struct reach *reach, enum reach_extent extent, struct reach_result **result,
	      struct error *err)
{
	_cleanup_(walk_free) struct walk walk = { 0 };
	_cleanup_free_ bool *is_barred = find_barred(reach, extent);
	const struct walk *start; /* tells what of the own code runs at all */
	int r = is_barred ? walk_whole(reach, &start, err) : error_oom(err);

	if (r == 0)
		r = walk_make(&walk, &reach->graph, err);
	if (r < 0)
		return r;
	walk.is_barred = is_barred;
	walk.ignores_texts = true;
	walk.leaves_vain_out = true;
	for (uint32_t i = 0; i < start->count; i++) {
		enum reach_part part =
			reach->parts[graph_object_of(&reach->graph, start->order[i])];

		if (part == REACH_PART_OWN ||
		    (part == REACH_PART_PLUGIN && extent == REACH_EXTENT_LIBRARIES))
			walk_begin_at(&walk, start->order[i]);
	}
	r = walk_run(&walk);
	return r < 0 ? r : make_result(reach, &walk, result, err);
}

bool reach_takes_from_own(struct reach *reach, size_t object)
{
	const struct link_map *link_map = &reach->graph.link_map;
	const struct summary *summary = link_map->objects[object].summary;

	for (uint32_t k = 0; k < summary->symbols_count; k++) {
		struct binding binding = { NO_INDEX, NO_INDEX };

		if (summary->symbols[k].kind == SYMBOL_UNDEFINED && summary->symbols[k].name)
			binding = graph_bind(&reach->graph, (uint32_t)object, k);
		if (binding.object != NO_INDEX && binding.object != object &&
		    reach->parts[binding.object] == REACH_PART_OWN &&
		    link_map->objects[binding.object].summary->symbols[binding.symbol].kind ==
			    SYMBOL_FUNCTION)
			return true;
	}
	return false;
}

bool reach_needs(const struct reach *reach, size_t object, size_t needed)
{
	const struct loaded *loaded = &reach->graph.link_map.objects[object];

	for (uint32_t i = 0; i < loaded->summary->needed_count; i++)
		if (loaded->needed[i] == needed)
			return true;
	return false;
}
