// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/launch.h"

#include "common/cleanup.h"
#include "reach/graph/numbers.h"
#include "reach/graph/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The interfaces of the C library by which other code comes in, and which argument names it. */
static const struct launcher {
	const char *name;
	enum reach_gap_kind kind;
	uint8_t reg;
} launchers[] = {
	{ "dlmopen", GAP_OBJECT, REGISTER_RSI },       { "dlopen", GAP_OBJECT, REGISTER_RDI },
	{ "execl", GAP_PROGRAM, REGISTER_RDI },	       { "execle", GAP_PROGRAM, REGISTER_RDI },
	{ "execlp", GAP_PROGRAM, REGISTER_RDI },       { "execv", GAP_PROGRAM, REGISTER_RDI },
	{ "execve", GAP_PROGRAM, REGISTER_RDI },       { "execvp", GAP_PROGRAM, REGISTER_RDI },
	{ "execvpe", GAP_PROGRAM, REGISTER_RDI },      { "fexecve", GAP_PROGRAM, REGISTER_NONE },
	{ "popen", GAP_PROGRAM, REGISTER_NONE },       { "posix_spawn", GAP_PROGRAM, REGISTER_RSI },
	{ "posix_spawnp", GAP_PROGRAM, REGISTER_RSI }, { "system", GAP_PROGRAM, REGISTER_NONE },
};

struct finder {
	const struct walk *walk;
	struct graph *graph;
	struct reach_result *result;
	const struct image *image;
	const struct code *code;
	uint32_t object, node;
	int failed;
	struct error *err;
};

static const struct launcher *find_launcher(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(launchers); i++)
		if (strcmp(launchers[i].name, name) == 0)
			return &launchers[i];
	return NULL;
}

static const struct launcher *pointer_launcher(const struct summary *summary, uint32_t index)
{
	const struct pointer *pointer = &summary->pointers[index];

	if (pointer->kind != POINTER_LINKAGE)
		return NULL;
	return find_launcher(summary_text(summary, summary->symbols[pointer->index].name));
}

static bool is_loaded(const struct graph *graph, const char *name)
{
	for (size_t i = 0; i < graph->link_map.count; i++) {
		const struct loaded *object = &graph->link_map.objects[i];

		if (strcmp(object->name, name) == 0 || strcmp(object->path, name) == 0 ||
		    (object->summary->soname &&
		     strcmp(summary_text(object->summary, object->summary->soname), name) == 0))
			return true;
	}
	return false;
}

static void add_gap(struct finder *finder, enum reach_gap_kind kind, const char *what)
{
	struct reach_gap *gap;

	if (kind == GAP_OBJECT && is_loaded(finder->graph, what))
		return;
	for (size_t i = 0; i < finder->result->gaps_count; i++) {
		gap = &finder->result->gaps[i];
		if (gap->kind == kind && what && gap->what && strcmp(gap->what, what) == 0)
			return;
	}
	gap = result_add_gap(finder->result);
	if (!gap) {
		finder->failed = error_oom(finder->err);
		return;
	}
	gap->kind = kind;
	gap->what = what ? strdup(what) : NULL;
	gap->place = walk_node_name(finder->walk, finder->node);
	gap->path = walk_path(finder->walk, finder->node, NULL);
	if ((what && !gap->what) || !gap->place || !gap->path)
		finder->failed = error_oom(finder->err);
}

static void look_at_call(void *context, uint32_t at, uint32_t target, bool is_slot)
{
	struct finder *finder = context;
	const struct summary *summary = finder->graph->link_map.objects[finder->object].summary;
	_cleanup_(search_values_free) struct values values = { 0 };
	const struct launcher *launcher = NULL;
	struct origin origin = { 0 };
	bool is_unknown;
	uint32_t index = target;

	if (finder->failed)
		return;
	if (!is_slot) {
		uint32_t function = summary_function_at(summary, target);

		if (function == NO_INDEX || summary->functions[function].stub_of == NO_INDEX)
			return;
		index = summary->functions[function].stub_of;
	} else {
		index = summary_pointer_at(summary, target);
	}
	if (index != NO_INDEX)
		launcher = pointer_launcher(summary, index);
	if (!launcher)
		return;
	if (launcher->reg == REGISTER_NONE) {
		add_gap(finder, launcher->kind,
			strcmp(launcher->name, "fexecve") == 0 ? NULL : "/bin/sh");
		return;
	}
	origin.kind = ORIGIN_REGISTER;
	origin.reg = launcher->reg;
	if (code_values(finder->code, at, origin, &values, finder->err) < 0) {
		finder->failed = -ENOMEM;
		return;
	}
	is_unknown = values.is_unknown || values.origins.count > 0 || values.globals.count > 0;
	for (size_t i = 0; i < values.constants.count; i++) {
		const char *text =
			image_text(finder->image, values.constants.items[i] - summary->base, 4096);

		/* No name is the program itself. */
		if (values.constants.items[i] == 0)
			continue;
		if (text)
			add_gap(finder, launcher->kind, text);
		else
			is_unknown = true;
	}
	if (is_unknown)
		add_gap(finder,
			launcher->kind == GAP_OBJECT ? GAP_OBJECT_UNKNOWN : GAP_PROGRAM_UNKNOWN,
			NULL);
}

static bool calls_launcher(const struct summary *summary, uint32_t function)
{
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++)
		if (reference_kind(summary->references[i]) == REFERENCE_CALL_SLOT &&
		    pointer_launcher(summary, reference_index(summary->references[i])))
			return true;
	return false;
}

int launch_find(const struct walk *walk, struct reach_result *result, struct error *err)
{
	struct finder finder = { .walk = walk, .graph = walk->graph, .result = result, .err = err };

	for (uint32_t i = 0; i < walk->count && !finder.failed; i++) {
		uint32_t node = walk->order[i], object = graph_object_of(walk->graph, node);
		const struct summary *summary = walk->graph->link_map.objects[object].summary;
		uint32_t function = graph_function_of(walk->graph, object, node);
		_cleanup_(code_freep) struct code *code = NULL;

		if (function == NO_INDEX || !calls_launcher(summary, function))
			continue;
		finder.object = object;
		finder.node = node;
		finder.failed = link_map_image(&walk->graph->link_map, object, &finder.image, err);
		if (!finder.failed)
			finder.failed = code_open(finder.image, summary->functions,
						  summary->functions_count, function, &code, err);
		finder.code = code;
		if (!finder.failed)
			code_calls(code, look_at_call, &finder);
	}
	return finder.failed;
}
