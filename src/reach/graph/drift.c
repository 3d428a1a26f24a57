// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/drift.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/untrusted.h"
#include "elf/file.h"
#include "reach/object/recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether the way to the call leads through one of these objects ("libc.so.6"; "" is the program itself, whose
 * functions have no object's name before them). */
static bool is_through(const struct reach_call *call, char *const *names, size_t count)
{
	for (char **at = call->path; *at; at++) {
		const char *mark = strchr(*at, '!');
		size_t length = mark ? (size_t)(mark - *at) : 0;

		for (size_t i = 0; i < count; i++)
			if (strlen(names[i]) == length && strncmp(names[i], *at, length) == 0)
				return true;
	}
	return false;
}

static void free_call(struct reach_call *call)
{
	for (char **at = call->path; *at; at++)
		free(*at);
	free(call->path);
	free(call->arguments);
}

static bool was_seen(const struct total *totals, size_t count, const struct reach_call *call)
{
	for (size_t i = 0; i < count; i++)
		if (totals[i].abi == call->abi && totals[i].nr == call->nr)
			return true;
	return false;
}

int reach_keep_new(struct reach_result *result, const struct recording *recording,
		   char *const *names, size_t names_count, struct error *err)
{
	struct total *totals = NULL;
	size_t count, kept = 0;

	if (recording_totals(recording, false, &totals, &count, err) < 0)
		return err->code;
	for (size_t i = 0; i < result->calls_count; i++) {
		struct reach_call *call = &result->calls[i];

		if (was_seen(totals, count, call) || !is_through(call, names, names_count))
			free_call(call);
		else
			result->calls[kept++] = *call;
	}
	result->calls_count = kept;
	totals_free(totals, count);
	return 0;
}

void drift_clean(struct drift *drift)
{
	for (size_t i = 0; i < drift->objects_count; i++) {
		free(drift->objects[i].path);
		free(drift->objects[i].was);
		free(drift->objects[i].is);
	}
	for (size_t i = 0; i < drift->unread_count; i++)
		free(drift->unread[i]);
	free(drift->objects);
	free(drift->unread);
	reach_result_freep(&drift->calls);
	*drift = (struct drift){ 0 };
}

/* ---- objects ---- */

static bool build_id_of(const char *path, char text[BUILD_ID_TEXT])
{
	_cleanup_close_ int fd = untrusted_open(path);
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };

	return fd >= 0 && elf_file_read(&file, fd) && elf_file_build_id(&file, text);
}

static bool is_known(const struct drift *drift, const char *path)
{
	for (size_t i = 0; i < drift->objects_count; i++)
		if (strcmp(drift->objects[i].path, path) == 0)
			return true;
	return false;
}

static int add_object(struct drift *drift, const struct object *object, const char *now,
		      struct error *err)
{
	struct drift_object *added = array_grow_one(&drift->objects, drift->objects_count);

	if (!added)
		return error_oom(err);
	drift->objects_count++;
	*added = (struct drift_object){ .path = strdup(object->path),
					.was = strdup(object->build_id),
					.is = now ? strdup(now) : NULL };
	return added->path && added->was && (added->is || !now) ? 0 : error_oom(err);
}

static int compare_objects(const void *a, const void *b)
{
	return strcmp(((const struct drift_object *)a)->path,
		      ((const struct drift_object *)b)->path);
}

int drift_objects(const struct recording *recording, struct drift *drift, struct error *err)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);
	char now[BUILD_ID_TEXT];

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < runs[i]->objects_count; j++) {
			const struct object *object = &runs[i]->objects[j];
			bool has_one;

			/* The vDSO and the like have no file. */
			if (object->path[0] != '/' || !object->build_id ||
			    is_known(drift, object->path))
				continue;
			has_one = build_id_of(object->path, now);
			if (has_one && strcmp(now, object->build_id) == 0)
				continue;
			/* Another run may have had what is there now. */
			if (has_one && recorded_has_build_id(recording, object->path, now))
				continue;
			if (add_object(drift, object, has_one ? now : NULL, err) < 0)
				return err->code;
		}
	}
	if (drift->objects_count)
		qsort(drift->objects, drift->objects_count, sizeof(*drift->objects),
		      compare_objects);
	return 0;
}

/* ---- calls ---- */

static int add_unread(struct drift *drift, const struct error *failure, struct error *err)
{
	char **added = array_grow_one(&drift->unread, drift->unread_count);

	if (!added)
		return error_oom(err);
	*added = strdup(failure->message);
	if (!*added)
		return error_oom(err);
	drift->unread_count++;
	return 0;
}

/* The names by which a way tells objects apart, of those that have changed; borrowed. */
static size_t changed_names(const struct drift *drift, const struct recorded_program *program,
			    char **names)
{
	static char itself[] = "";
	size_t count = 0;

	for (size_t i = 0; i < drift->objects_count; i++) {
		char *path = drift->objects[i].path;

		names[count++] =
			strcmp(path, program->path) == 0 ? itself : path + (last_part(path) - path);
	}
	return count;
}

static int add_program(const struct recording *recording, const struct recorded_program *program,
		       const char *cache, struct drift *drift, struct error *err)
{
	const struct reach_options options = { .program = program->path,
					       .objects = (const char *const *)program->objects,
					       .cache = cache };
	_cleanup_free_ char **names = calloc(drift->objects_count + 1, sizeof(*names));
	_cleanup_(reach_result_freep) struct reach_result *result = NULL;
	_cleanup_(reach_freep) struct reach *reach = NULL;
	struct error failure = { 0 };
	int r;

	if (!names)
		return error_oom(err);
	r = reach_open(&options, &reach, &failure);
	if (r == 0)
		r = reach_from_start(reach, &result, &failure);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return add_unread(drift, &failure, err);
	r = reach_keep_new(result, recording, names, changed_names(drift, program, names), err);
	if (r < 0)
		return r;
	if (drift->calls)
		return reach_result_merge(drift->calls, result, err);
	drift->calls = take(result);
	return 0;
}

int drift_calls(const struct recording *recording, const char *cache, struct drift *drift,
		struct error *err)
{
	struct recorded_program *programs = NULL;
	size_t count = 0;
	int r = drift->objects_count ? recorded_programs(recording, &programs, &count, err) : 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_program(recording, &programs[i], cache, drift, err);
	recorded_programs_free(programs, count);
	return r;
}
