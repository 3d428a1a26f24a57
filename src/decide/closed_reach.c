// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Adds the results of static analysis to a recording's evidence, for the level `closed`. The
 * recording decides whose code counts as the program's own: the executable; the modules that it
 * loaded; and, where the executable makes too few calls to explain the observed ones (an
 * interpreter's stub, a daemon that is all library), the libraries that do the work.
 *
 * A file that differs from the recorded one (no such file here, another build-id) explains nothing;
 * for the program that maps it, the policy falls back to siblings.
 */
#include "common/array.h"
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
	reach_result_freep(&reach->all);
	for (size_t i = 0; i < reach->unread_count; i++)
		free(reach->unread[i]);
	free(reach->unread);
}

/* ---- is it the file that was recorded? ---- */

__attribute__((format(printf, 2, 3))) static int add_unread(struct closed_reach *reach,
							    const char *format, ...)
{
	char **added = array_grow_one(&reach->unread, reach->unread_count);
	va_list arguments;
	int r;

	if (!added)
		return -ENOMEM;
	va_start(arguments, format);
	r = vasprintf(added, format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	reach->unread_count++;
	reach->is_whole = false;
	return 0;
}

/* The loader's path for an object and the recording's may differ in links (/lib for /usr/lib). */
static const char *recorded_as(const struct recording *recording, const char *path,
			       char real[PATH_MAX])
{
	const char *build_id = recorded_build_id(recording, path);

	if (!build_id && realpath(path, real))
		build_id = recorded_build_id(recording, real);
	return build_id;
}

/* The first object that was replaced since, or NULL. */
static const char *find_changed(const struct recording *recording, const struct reach *reach)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);
	char real[PATH_MAX];

	for (size_t i = 0; i < count; i++) {
		const char *recorded = recorded_as(recording, objects[i].path, real);

		if (recorded && *recorded &&
		    (!objects[i].build_id || strcmp(recorded, objects[i].build_id) != 0))
			return objects[i].path;
	}
	return NULL;
}

/* ---- whose code is the program's own? ---- */

static bool is_in_closure(const struct reach *reach, const char *path)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);
	char real[PATH_MAX];

	for (size_t i = 0; i < count; i++)
		if (strcmp(objects[i].path, path) == 0 ||
		    (strcmp(closed_paths_name(objects[i].path), closed_paths_name(path)) == 0) ||
		    (realpath(objects[i].path, real) && strcmp(real, path) == 0))
			return true;
	return false;
}

/* The C library and its loader: what they do is the run-time's part, whoever the program is. */
static bool is_runtime(const char *name)
{
	static const char *const names[] = { "ld-linux",  "ld-musl",	"libc.",    "libc-",
					     "libm.",	  "libdl.",	"librt.",   "libpthread.",
					     "libgcc_s.", "libresolv.", "libutil.", "libstdc++." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* ---- one program ---- */

struct analysis {
	const struct recording *recording;
	const struct decide_options *options;
	const struct recorded_program *program;
	const struct total *totals;
	size_t totals_count;
};

static int open_program(const struct analysis *analysis, const struct closed_paths *objects,
			struct reach **reach, struct error *err)
{
	struct reach_options open = { .program = analysis->program->path,
				      .objects = (const char *const *)objects->items,
				      .cache = analysis->options->reach_cache };

	return reach_open(&open, reach, err);
}

/* The library right before the C library on the way to a call, by its index; SIZE_MAX: the program
 * itself, or the C library alone. */
static size_t worker_of(const struct reach_call *call, const struct reach_object *objects,
			size_t count)
{
	size_t worker = SIZE_MAX;

	for (char **at = call->path; *at; at++) {
		const char *mark = strchr(*at, '!');
		size_t length = mark ? (size_t)(mark - *at) : 0;

		for (size_t i = 1; mark && i < count; i++) {
			const char *name = closed_paths_name(objects[i].path);

			if (strlen(name) == length && strncmp(name, *at, length) == 0 &&
			    !is_runtime(name))
				worker = i;
		}
	}
	return worker;
}

/*
 * The libraries that make, as far as their code tells, what the program's own code does not ask the C
 * library for itself and yet was seen while it served: an interpreter's, or a layer between the
 * program and the system, such as Apache's libapr. Only where that is more than a third of it: an event
 * library or an allocator has few calls of its own, and a recording of any length shows them all.
 */
static int add_workers(const struct analysis *analysis, const struct reach *reach,
		       const struct reach_result *own, const struct reach_result *all,
		       struct closed_paths *objects)
{
	const struct reach_object *loaded;
	size_t count = reach_objects(reach, &loaded), seen = 0, unexplained = 0;
	_cleanup_free_ bool *works = calloc(count, sizeof(*works));

	if (!works)
		return -ENOMEM;
	for (size_t i = 0; i < analysis->totals_count; i++) {
		const struct total *total = &analysis->totals[i];
		const struct reach_call *call = reach_find(own, total->abi, total->nr);
		size_t worker;

		if (!(total->phases & 1U << PHASE_SERVING))
			continue;
		seen++;
		if (call && worker_of(call, loaded, count) == SIZE_MAX)
			continue;
		unexplained++;
		if (!call)
			call = reach_find(all, total->abi, total->nr);
		worker = call ? worker_of(call, loaded, count) : SIZE_MAX;
		if (worker != SIZE_MAX)
			works[worker] = true;
	}
	for (size_t i = 0; unexplained > seen / 3 && i < count; i++)
		if (works[i] && closed_paths_add(objects, loaded[i].path) < 0)
			return -ENOMEM;
	return 0;
}

/* What was mapped and is not linked: modules go to MODULES, and all to OPENED. One that is gone is
 * said, and the rest is followed without it; what has no path was never a file. */
static int find_opened(const struct recorded_program *program, const struct reach *reach,
		       struct closed_reach *result, struct closed_paths *modules,
		       struct closed_paths *opened)
{
	for (char **object = program->objects; *object; object++) {
		if (**object != '/' || is_in_closure(reach, *object))
			continue;
		if (access(*object, R_OK) < 0) {
			if (add_unread(result, "%s: %s", *object, strerrordesc_np(errno)) < 0)
				return -ENOMEM;
			continue;
		}
		if (closed_paths_add(opened, *object) < 0 ||
		    (closed_paths_is_module(*object) && closed_paths_add(modules, *object) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* What a helper makes is not judged by what the service that executes it knows. */
static void note_pairs(const struct reach_result *own, struct closed_reach *result)
{
	const struct closed_pair *pairs;
	size_t count = closed_pairs(&pairs);

	for (size_t i = 0; i < own->calls_count; i++) {
		const struct reach_call *call = &own->calls[i];
		const char *name = syscall_name(call->abi, call->nr);

		for (size_t k = 0; name && k < count; k++)
			if (strcmp(pairs[k].older, name) == 0 &&
			    !reach_find(own, call->abi, syscall_number(call->abi, pairs[k].newer)))
				result->lacks_newer |= 1U << k;
	}
}

/*
 * What lies beside a module that was loaded and takes something of the program is a module of the same
 * program, which another configuration or another request loads. Where they can't be read together,
 * there are none.
 */
static int add_neighbours(const struct analysis *analysis, const struct closed_paths *opened,
			  struct closed_paths *modules, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_(closed_paths_free) struct closed_paths beside = { 0 };
	struct error ignored = { 0 };
	int r;

	for (size_t i = 0; i < modules->count; i++)
		if (closed_paths_add_beside(&beside, modules->items[i]) < 0)
			return error_oom(err);
	if (beside.count == 0)
		return 0;
	r = open_program(analysis, &beside, &reach, &ignored);
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : 0;
	for (size_t i = 0; i < beside.count; i++)
		if (!closed_paths_have(opened, beside.items[i]) &&
		    reach_takes_from_program(reach, beside.items[i]) &&
		    closed_paths_add(modules, beside.items[i]) < 0)
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

static void note_imports(const struct reach *reach, struct closed_reach *result)
{
	const struct runtime_row *rows;
	size_t count = closed_runtime_rows(&rows);

	for (size_t i = 0; i < count; i++)
		for (const char *const *import = rows[i].imports; *import; import++)
			if (reach_imports(reach, *import))
				result->imports |= UINT64_C(1) << i;
}

/* With modules and, in a second look, with the libraries that do the work. */
static int find_own(const struct analysis *analysis, struct closed_paths *modules,
		    const struct reach_result *all, struct closed_reach *result,
		    struct reach_result **own, struct error *err)
{
	size_t count = modules->count;

	for (;;) {
		_cleanup_(reach_freep) struct reach *reach = NULL;
		int r = open_program(analysis, modules, &reach, err);

		if (r == 0)
			r = reach_first_party(reach, 1, own, err);
		if (r == 0)
			note_imports(reach, result);
		if (r < 0 || modules->count > count)
			return r;
		if (add_workers(analysis, reach, *own, all, modules) < 0)
			return error_oom(err);
		if (modules->count == count)
			return 0;
		reach_result_freep(own);
	}
}

static int follow(const struct analysis *analysis, struct closed_reach *result, struct error *err)
{
	_cleanup_(reach_freep) struct reach *linked = NULL, *whole = NULL;
	_cleanup_(reach_result_freep) struct reach_result *own = NULL, *all = NULL;
	_cleanup_(closed_paths_free) struct closed_paths none = { 0 }, modules = { 0 },
							 opened = { 0 };
	const char *changed;
	int r = open_program(analysis, &none, &linked, err);

	if (r < 0)
		return r;
	if (find_opened(analysis->program, linked, result, &modules, &opened) < 0)
		return error_oom(err);
	reach_freep(&linked);
	r = open_program(analysis, &opened, &whole, err);
	if (r < 0)
		return r;
	changed = find_changed(analysis->recording, whole);
	if (changed)
		return error_set(err, -ESTALE, "%s is not the file that was recorded", changed);
	r = reach_from_start(whole, &all, err);
	if (r == 0)
		r = add_neighbours(analysis, &opened, &modules, err);
	if (r == 0)
		r = find_own(analysis, &modules, all, result, &own, err);
	if (r == 0)
		note_pairs(own, result);
	if (r == 0)
		r = unite(&result->own, &own, err);
	return r < 0 ? r : unite(&result->all, &all, err);
}

int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err)
{
	struct analysis analysis = { .recording = recording, .options = options };
	struct recorded_program *programs = NULL;
	struct total *totals = NULL;
	size_t count = 0;
	int r = recording_totals(recording, false, &totals, &analysis.totals_count, err);

	if (r < 0)
		return r;
	analysis.totals = totals;
	r = recorded_programs(recording, &programs, &count, err);
	reach->is_whole = count > 0;
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
	totals_free(totals, analysis.totals_count);
	return r;
}
