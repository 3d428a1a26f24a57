// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What static analysis adds to a recording's evidence, for the level `closed`. The program's own code
 * is the executable and the modules that it loads; it is followed to the end through the C library
 * and, as a part of its own, through the other libraries.
 *
 * Each rule depends on one object alone, or on the runs one by one, so that an object or a run more
 * never gives a name less.
 *
 * A file that is not the one that was recorded (no such file here, another build-id) explains
 * nothing, and the program that maps it is left to its siblings.
 */
#include "common/cleanup.h"
#include "decide/closed.h"
#include "decide/closed_paths.h"
#include "reach/object/recorded.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void closed_reach_free(struct closed_reach *reach)
{
	reach_result_freep(&reach->own);
	reach_result_freep(&reach->name_services);
	reach_result_freep(&reach->libraries);
	reach_result_freep(&reach->all);
	for (size_t i = 0; i < reach->unread_count; i++)
		free(reach->unread[i]);
	free(reach->unread);
}

/* ---- is it the file that was recorded? ---- */

__attribute__((format(printf, 2, 3))) static int add_unread(struct closed_reach *reach,
							    const char *format, ...)
{
	char **bigger = reallocarray(reach->unread, reach->unread_count + 1, sizeof(*bigger));
	va_list arguments;
	int r;

	if (!bigger)
		return -ENOMEM;
	reach->unread = bigger;
	va_start(arguments, format);
	r = vasprintf(&bigger[reach->unread_count], format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	reach->unread_count++;
	reach->is_whole = false;
	return 0;
}

/* The loader's path for an object and the recording's may differ in links (/lib for /usr/lib). */
static bool is_as_recorded(const struct recording *recording, const struct reach_object *object)
{
	const char *path = object->path, *recorded = recorded_build_id(recording, path);
	char real[PATH_MAX];

	if (!recorded && realpath(path, real)) {
		path = real;
		recorded = recorded_build_id(recording, path);
	}
	return !recorded || !*recorded ||
	       (object->build_id && recorded_has_build_id(recording, path, object->build_id));
}

/* The first object that the program is linked with, or the program, that was replaced since; NULL. */
static const char *find_changed(const struct recording *recording, const struct reach *reach)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++)
		if (!objects[i].is_opened && !is_as_recorded(recording, &objects[i]))
			return objects[i].path;
	return NULL;
}

/* ---- one program ---- */

struct analysis {
	const struct recording *recording;
	const struct decide_options *options;
	const struct recorded_program *program;
};

static int open_program(const struct analysis *analysis, const struct closed_paths *objects,
			struct reach **reach, struct error *err)
{
	struct reach_options open = { .program = analysis->program->path,
				      .objects = (const char *const *)objects->items,
				      .skips_unreadable = true,
				      .cache = analysis->options->reach_cache };

	return reach_open(&open, reach, err);
}

/* What was mapped. An object that is gone is reported, and the rest is followed without it; what has no
 * path was never a file. */
static int find_opened(const struct recorded_program *program, struct closed_reach *result,
		       struct closed_paths *opened)
{
	for (char **object = program->objects; *object; object++) {
		if (**object != '/')
			continue;
		if (access(*object, R_OK) < 0) {
			if (add_unread(result, "%s: %s", *object, strerrordesc_np(errno)) < 0)
				return -ENOMEM;
			continue;
		}
		if (closed_paths_add(opened, *object) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Leaves out what is another file now. */
static int drop_changed(const struct analysis *analysis, const struct reach *reach,
			struct closed_paths *opened, struct closed_reach *result)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++) {
		if (!objects[i].is_opened || is_as_recorded(analysis->recording, &objects[i]))
			continue;
		closed_paths_remove(opened, objects[i].path);
		if (add_unread(result, "%s is not the file that was recorded", objects[i].path) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int note_skipped(const struct reach *reach, struct closed_reach *result)
{
	char *const *sentences;
	size_t count = reach_skipped(reach, &sentences);

	for (size_t i = 0; i < count; i++)
		if (add_unread(result, "%s", sentences[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* Whether any other object of those that were mapped is linked with this one: then nobody need have
 * opened it by its name. */
static bool is_needed(const struct reach *reach, size_t object)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++)
		if (i != object && reach_needs(reach, i, object))
			return true;
	return false;
}

/* Whose part each object is that was opened while the program ran. */
static void set_parts(struct reach *reach)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 1; i < count; i++) {
		if (!objects[i].is_opened || objects[i].is_runtime || objects[i].is_name_service)
			continue;
		if (closed_path_is_module(objects[i].path))
			reach_set_part(reach, i, REACH_PART_OWN);
		else if (objects[i].is_named &&
			 (closed_path_is_private(objects[i].path) || !is_needed(reach, i)))
			reach_set_part(reach, i, REACH_PART_PLUGIN);
	}
}

/*
 * What lies beside a module that was loaded and takes something of the program is a module of the same
 * program, which another configuration or another request loads.
 */
static int add_neighbours(const struct analysis *analysis, const struct closed_paths *opened,
			  struct closed_paths *neighbours, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_(closed_paths_free) struct closed_paths all = { 0 };
	const struct reach_object *objects;
	size_t count;
	int r = 0;

	for (size_t i = 0; i < opened->count; i++)
		if (closed_paths_add(&all, opened->items[i]) < 0)
			return error_oom(err);
	for (size_t i = 0; i < opened->count; i++)
		if (closed_path_is_module(opened->items[i]) &&
		    closed_paths_add_beside(&all, opened->items[i]) < 0)
			return error_oom(err);
	if (all.count == opened->count)
		return 0;
	r = open_program(analysis, &all, &reach, err);
	if (r < 0)
		return r;
	set_parts(reach);
	count = reach_objects(reach, &objects);
	for (size_t i = 1; i < count; i++)
		if (objects[i].is_opened && objects[i].is_named &&
		    !closed_paths_have(opened, objects[i].path) && reach_takes_from_own(reach, i) &&
		    closed_paths_add(neighbours, objects[i].path) < 0)
			return error_oom(err);
	return 0;
}

static int unite(struct reach_result **into, struct reach_result **from, struct error *err)
{
	if (*into)
		return reach_result_merge(*into, *from, err);
	*into = take(*from);
	return 0;
}

static int find_calls(struct reach *reach, struct closed_reach *result, struct error *err)
{
	_cleanup_(reach_result_freep) struct reach_result *own = NULL, *name_services = NULL,
							  *libraries = NULL, *all = NULL;
	int r = reach_from_start(reach, &all, err);

	if (r == 0)
		r = reach_own(reach, REACH_EXTENT_OWN, &own, err);
	if (r == 0)
		r = reach_own(reach, REACH_EXTENT_NAME_SERVICES, &name_services, err);
	if (r == 0)
		r = reach_own(reach, REACH_EXTENT_LIBRARIES, &libraries, err);
	if (r == 0)
		r = unite(&result->own, &own, err);
	if (r == 0)
		r = unite(&result->name_services, &name_services, err);
	if (r == 0)
		r = unite(&result->libraries, &libraries, err);
	return r < 0 ? r : unite(&result->all, &all, err);
}

static int follow(const struct analysis *analysis, struct closed_reach *result, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_(closed_paths_free) struct closed_paths opened = { 0 }, neighbours = { 0 };
	const char *changed;
	int r;

	if (find_opened(analysis->program, result, &opened) < 0)
		return error_oom(err);
	r = open_program(analysis, &opened, &reach, err);
	if (r < 0)
		return r;
	changed = find_changed(analysis->recording, reach);
	if (changed)
		return error_set(err, -ESTALE, "%s is not the file that was recorded", changed);
	if (drop_changed(analysis, reach, &opened, result) < 0 || note_skipped(reach, result) < 0)
		return error_oom(err);
	r = add_neighbours(analysis, &opened, &neighbours, err);
	for (size_t i = 0; r == 0 && i < neighbours.count; i++)
		if (closed_paths_add(&opened, neighbours.items[i]) < 0)
			return error_oom(err);
	if (r == 0 && (neighbours.count > 0 || result->unread_count > 0)) {
		reach_freep(&reach);
		r = open_program(analysis, &opened, &reach, err);
	}
	if (r < 0)
		return r;
	set_parts(reach);
	return find_calls(reach, result, err);
}

/* Whether each run names a program: another observer may have seen nothing but calls. */
static bool knows_programs(const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		bool is_known = runs[i]->calls_count == 0;

		for (size_t k = 0; k < runs[i]->processes_count && !is_known; k++)
			is_known = !runs[i]->processes[k].is_manager &&
				   runs[i]->processes[k].executable &&
				   *runs[i]->processes[k].executable == '/';
		if (!is_known)
			return false;
	}
	return count > 0;
}

int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err)
{
	struct analysis analysis = { .recording = recording, .options = options };
	struct recorded_program *programs = NULL;
	size_t count = 0;
	int r;

	r = recorded_programs(recording, &programs, &count, err);
	reach->is_whole = r == 0 && knows_programs(recording);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct error why = { 0 };
		bool is_named;

		/* A process that ended before anyone could tell what it was: by its calls it is
		 * known, and by nothing else. */
		if (!programs[i].path[0])
			continue;
		analysis.program = &programs[i];
		r = follow(&analysis, reach, &why);
		is_named = strncmp(why.message, programs[i].path, strlen(programs[i].path)) == 0;
		if (r == -ENOMEM)
			error_oom(err);
		else if (r < 0)
			r = add_unread(reach, "%s%s%s", is_named ? "" : programs[i].path,
				       is_named ? "" : ": ", why.message) < 0
				    ? error_oom(err)
				    : 0;
	}
	recorded_programs_free(programs, count);
	return r;
}
