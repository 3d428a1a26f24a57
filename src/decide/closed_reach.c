// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Adds the results of static analysis to a recording's evidence, for the level `closed`. The
 * program's own code is the executable and the modules that it loads; it is followed to the end
 * through the C library and, as a part of its own, through the other libraries.
 *
 * Each rule depends on one object alone, or on the runs one by one, so that one more object or run
 * never removes a call.
 *
 * A file that differs from the recorded one (no such file here, another build-id) explains nothing;
 * for the program that maps it, the policy falls back to siblings.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "decide/closed.h"
#include "decide/closed_paths.h"
#include "decide/packages.h"
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
	for (size_t i = 0; i < reach->labels_count; i++) {
		free(reach->labels[i].object);
		free(reach->labels[i].text);
	}
	free(reach->labels);
	closed_executed_free(reach);
}

/* ---- is it the file that was recorded? ---- */

__attribute__((format(printf, 2, 3))) static int add_unread(struct closed_reach *reach,
							    const char *format, ...)
{
	_cleanup_free_ char *sentence = NULL;
	char **added;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&sentence, format, arguments);
	va_end(arguments);
	if (r < 0) {
		sentence = NULL;
		return -ENOMEM;
	}
	reach->is_whole = false;
	/* Several programs may have had the object. */
	for (size_t i = 0; i < reach->unread_count; i++)
		if (strcmp(reach->unread[i], sentence) == 0)
			return 0;
	added = array_grow_one(&reach->unread, reach->unread_count);
	if (!added)
		return -ENOMEM;
	reach->unread_count++;
	*added = take(sentence);
	return 0;
}

static bool has_program(const struct run *run, const char *path)
{
	for (size_t i = 0; i < run->processes_count; i++)
		if (run->processes[i].executable && strcmp(run->processes[i].executable, path) == 0)
			return true;
	return false;
}

/* Whether the file may be the one that the run had by this path. If the run lacks the path or its
 * build-id, any file may be. */
static bool may_be_of_run(const struct run *run, const char *path,
			  const struct reach_object *object)
{
	bool is_recorded = false;

	for (size_t k = 0; k < run->objects_count; k++) {
		const struct object *other = &run->objects[k];

		if (!other->path || strcmp(other->path, path) != 0)
			continue;
		is_recorded = true;
		if (!other->build_id || !*other->build_id ||
		    (object->build_id && strcmp(other->build_id, object->build_id) == 0))
			return true;
	}
	return !is_recorded;
}

/* Whether any run of the program may have had the file. The loader's path for an object and the
 * recording's may differ in links (/lib for /usr/lib). */
static bool is_as_recorded(const struct recording *recording, const char *program,
			   const struct reach_object *object)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);
	char real[PATH_MAX];
	bool is_link = realpath(object->path, real) && strcmp(real, object->path) != 0;

	for (size_t i = 0; i < count; i++)
		if (has_program(runs[i], program) && may_be_of_run(runs[i], object->path, object) &&
		    (!is_link || may_be_of_run(runs[i], real, object)))
			return true;
	return false;
}

/* The first replaced object: the program, or one that it is linked with; NULL: none. */
static const char *find_changed(const struct recording *recording, const char *program,
				const struct reach *reach)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++)
		if (!objects[i].is_opened && !is_as_recorded(recording, program, &objects[i]))
			return objects[i].path;
	return NULL;
}

/* ---- one program ---- */

struct analysis {
	const struct recording *recording;
	const struct decide_options *options;
	const struct recorded_program *program;
	const struct packages *packages;
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

/* The objects that were mapped. An object that is gone is reported, and the rest is followed without
 * it; a mapping without a path was never a file. */
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

/* Leaves out the objects that are another file now. */
static int drop_changed(const struct analysis *analysis, const struct reach *reach,
			struct closed_paths *opened, struct closed_reach *result)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++) {
		if (!objects[i].is_opened ||
		    is_as_recorded(analysis->recording, analysis->program->path, &objects[i]))
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

/* Whether any other mapped object is linked with this one: then no code need have opened it by its
 * name. */
static bool is_needed(const struct reach *reach, size_t object)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++)
		if (i != object && reach_needs(reach, i, object))
			return true;
	return false;
}

/* Scripts decide which calls an embedded interpreter makes: all that its code can make. */
static bool is_interpreter(const char *path)
{
	static const char *const names[] = {
		"libpython", "libperl.", "libruby", "liblua",	"libphp",  "libjvm.",
		"libtcl",    "libguile", "libR.",   "libnode.", "libmono", "libcoreclr.",
	};
	const char *name = closed_paths_name(path);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The package of the file, if it has the same source as the program's package; NULL: none. */
static const struct package *find_same_source(const struct analysis *analysis, const char *path)
{
	const struct package *own = packages_of(analysis->packages, analysis->program->path),
			     *other = packages_of(analysis->packages, path);

	return own && other && strcmp(own->source, other->source) == 0 ? other : NULL;
}

/* Whether the file is in a directory that has only the program's own objects. */
static bool is_beside_program(const struct analysis *analysis, const char *path)
{
	const char *program = analysis->program->path;
	size_t length = (size_t)(closed_paths_name(path) - path);

	return closed_paths_is_private(path) && strncmp(program, path, length) == 0;
}

static int add_label(struct closed_reach *result, const char *path, const char *text)
{
	const char *name = closed_paths_name(path);
	struct closed_label *label;

	for (size_t i = 0; i < result->labels_count; i++)
		if (strcmp(result->labels[i].object, name) == 0)
			return 0;
	label = array_grow_one(&result->labels, result->labels_count);
	if (!label)
		return -ENOMEM;
	result->labels_count++;
	label->object = strdup(name);
	label->text = strdup(text);
	return label->object && label->text ? 0 : -ENOMEM;
}

/* Why the object is the program's own, for its reasons. The caller frees *TEXT; NULL: it isn't. */
static int find_label(const struct analysis *analysis, const struct reach_object *object,
		      char **text)
{
	const struct package *package = find_same_source(analysis, object->path);

	*text = NULL;
	if (package)
		return asprintf(text, "%s %s, of the program's source package", package->name,
				package->version);
	/* One that only a neighbour of a module needs is not there yet. */
	if (is_interpreter(object->path) && (object->is_named || !object->is_opened))
		return asprintf(text, "an interpreter that the program embeds");
	if (object->is_opened && closed_paths_is_module(object->path))
		return asprintf(text, "a module in a directory of its own");
	if (is_beside_program(analysis, object->path))
		return asprintf(text, "in the program's directory");
	return 0;
}

/* Sets the part of each object that the program need not be linked with. */
static int set_parts(const struct analysis *analysis, struct reach *reach,
		     struct closed_reach *result)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 1; i < count; i++) {
		_cleanup_free_ char *label = NULL;

		if (objects[i].is_runtime || objects[i].is_name_service)
			continue;
		result->has_ffi |= strncmp(closed_paths_name(objects[i].path), "libffi.", 7) == 0 ||
				   strncmp(closed_paths_name(objects[i].path), "libluajit", 9) == 0;
		if (find_label(analysis, &objects[i], &label) < 0) {
			label = NULL;
			return -ENOMEM;
		}
		if (label) {
			reach_set_part(reach, i, REACH_PART_OWN);
			if (add_label(result, objects[i].path, label) < 0)
				return -ENOMEM;
		} else if (objects[i].is_opened && objects[i].is_named &&
			   (closed_paths_is_private(objects[i].path) || !is_needed(reach, i))) {
			reach_set_part(reach, i, REACH_PART_PLUGIN);
		}
	}
	return 0;
}

/* Objects that were not loaded and may be: those beside a module that was, those of an interpreter's
 * source package, and the plug-ins that a library's package brings along. */
static int find_candidates(const struct analysis *analysis, const struct reach *reach,
			   const struct closed_paths *opened, struct closed_paths *beside,
			   struct closed_paths *plugins)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < opened->count; i++)
		if (closed_paths_is_module(opened->items[i]) &&
		    closed_paths_add_beside(beside, opened->items[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct package *package = packages_of(analysis->packages, objects[i].path);

		if (!package || objects[i].is_runtime || objects[i].is_name_service)
			continue;
		if (is_interpreter(objects[i].path)
			    ? packages_modules(analysis->packages, package->source, NULL, beside) <
				      0
			    : !find_same_source(analysis, objects[i].path) &&
				      packages_modules(analysis->packages, NULL, package, plugins) <
					      0)
			return -ENOMEM;
	}
	return 0;
}

static int append(struct closed_paths *to, const struct closed_paths *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (!closed_paths_have(to, from->items[i]) &&
		    closed_paths_add(to, from->items[i]) < 0)
			return -ENOMEM;
	return 0;
}

/*
 * What lies beside a module that was loaded and takes something of the program is a module of the same
 * program, which another configuration or another request loads. A library's plug-ins need
 * not take anything of it.
 */
static int add_neighbours(const struct analysis *analysis, struct reach *known,
			  const struct closed_paths *opened, struct closed_paths *neighbours,
			  struct closed_reach *result, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_(closed_paths_free) struct closed_paths all = { 0 }, beside = { 0 },
							 plugins = { 0 };
	const struct reach_object *objects;
	size_t count;
	int r = 0;

	if (find_candidates(analysis, known, opened, &beside, &plugins) < 0 ||
	    append(&all, opened) < 0 || append(&all, &beside) < 0 || append(&all, &plugins) < 0)
		return error_oom(err);
	if (all.count == opened->count)
		return 0;
	r = open_program(analysis, &all, &reach, err);
	if (r < 0)
		return r;
	if (set_parts(analysis, reach, result) < 0)
		return error_oom(err);
	count = reach_objects(reach, &objects);
	for (size_t i = 1; i < count; i++)
		if (objects[i].is_opened && objects[i].is_named && !objects[i].is_name_service &&
		    !closed_paths_have(opened, objects[i].path) &&
		    (closed_paths_have(&plugins, objects[i].path) ||
		     reach_takes_from_own(reach, i)) &&
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
	/* What maps memory or creates sockets, with what arguments: for sandbox.c. */
	reach_set_arguments(reach, REACH_ASKED_SANDBOX);
	if (r == 0)
		r = reach_own(reach, REACH_EXTENT_LIBRARIES, &libraries, err);
	reach_set_arguments(reach, REACH_ASKED_NONE);
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
	changed = find_changed(analysis->recording, analysis->program->path, reach);
	if (changed)
		return error_set(err, -ESTALE, "%s is not the file that was recorded", changed);
	if (drop_changed(analysis, reach, &opened, result) < 0 || note_skipped(reach, result) < 0)
		return error_oom(err);
	r = add_neighbours(analysis, reach, &opened, &neighbours, result, err);
	for (size_t i = 0; r == 0 && i < neighbours.count; i++)
		if (closed_paths_add(&opened, neighbours.items[i]) < 0)
			return error_oom(err);
	if (r == 0 && (neighbours.count > 0 || result->unread_count > 0)) {
		reach_freep(&reach);
		r = open_program(analysis, &opened, &reach, err);
	}
	if (r < 0)
		return r;
	if (set_parts(analysis, reach, result) < 0)
		return error_oom(err);
	return find_calls(reach, result, err);
}

/* Whether each run names a program: another observer may have recorded nothing but calls. */
static bool knows_programs(const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		bool is_known =
			runs[i]->calls_count == 0 ||
			strcmp(runs[i]->observer ? runs[i]->observer : "", OBSERVER_DENIALS) == 0;

		for (size_t k = 0; k < runs[i]->processes_count && !is_known; k++)
			is_known = !runs[i]->processes[k].is_manager &&
				   runs[i]->processes[k].executable &&
				   *runs[i]->processes[k].executable == '/';
		if (!is_known)
			return false;
	}
	return count > 0;
}

/* All files that a recording names, so that their packages are looked up once. */
static int find_packages(struct recorded_program *programs, size_t count,
			 struct packages **packages)
{
	_cleanup_(closed_paths_free) struct closed_paths paths = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (closed_paths_add(&paths, programs[i].path) < 0)
			return -ENOMEM;
		for (char **object = programs[i].objects; *object; object++)
			if (!closed_paths_have(&paths, *object) &&
			    closed_paths_add(&paths, *object) < 0)
				return -ENOMEM;
	}
	if (packages_open("", packages) < 0)
		return -ENOMEM;
	return packages_find(*packages, (const char *const *)paths.items);
}

static int find_executed(const struct recorded_program *programs, size_t count,
			 const struct decide_options *options, struct closed_reach *reach,
			 struct error *err)
{
	_cleanup_free_ char **recorded = calloc(count + 1, sizeof(*recorded));

	if (!recorded)
		return error_oom(err);
	for (size_t i = 0; i < count; i++)
		recorded[i] = programs[i].path;
	return closed_executed_find(reach, recorded, options, err);
}

int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err)
{
	struct analysis analysis = { .recording = recording, .options = options };
	_cleanup_(packages_freep) struct packages *packages = NULL;
	struct recorded_program *programs = NULL;
	size_t count = 0;
	int r;

	r = recorded_programs(recording, &programs, &count, err);
	if (r == 0 && find_packages(programs, count, &packages) < 0)
		r = error_oom(err);
	analysis.packages = packages;
	reach->is_whole = r == 0 && knows_programs(recording);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct error why = { 0 };
		bool is_named;

		/* A process that ended before its program could be read: only its calls are
		 * known. */
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
	if (r == 0)
		r = find_executed(programs, count, options, reach, err);
	recorded_programs_free(programs, count);
	return r;
}
