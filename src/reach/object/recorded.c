// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/object/recorded.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void recorded_programs_free(struct recorded_program *programs, size_t count)
{
	for (size_t i = 0; programs && i < count; i++) {
		for (char **at = programs[i].objects; at && *at; at++)
			free(*at);
		free(programs[i].objects);
		free(programs[i].path);
	}
	free(programs);
}

static struct recorded_program *find_program(struct recorded_program *programs, size_t count,
					     const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(programs[i].path, path) == 0)
			return &programs[i];
	return NULL;
}

/* Adds to a NULL-terminated list what is not in it. */
static int add_object(struct recorded_program *program, const char *path)
{
	for (char **at = program->objects; at && *at; at++)
		if (strcmp(*at, path) == 0)
			return 0;
	return array_add_text(&program->objects, strdup(path));
}

static bool is_executable_of(const struct run *run, const char *path)
{
	for (size_t i = 0; i < run->processes_count; i++)
		if (run->processes[i].executable && strcmp(run->processes[i].executable, path) == 0)
			return true;
	return false;
}

static int add_run(struct recorded_program *programs, size_t *count, const struct run *run)
{
	for (size_t i = 0; i < run->processes_count; i++) {
		const struct process *process = &run->processes[i];
		struct recorded_program *program;

		if (process->is_manager || !process->executable || *process->executable != '/')
			continue;
		program = find_program(programs, *count, process->executable);
		if (!program) {
			program = &programs[*count];
			program->path = strdup(process->executable);
			program->objects = calloc(1, sizeof(*program->objects));
			++*count;
			if (!program->path || !program->objects)
				return -ENOMEM;
		}
		/* Which process had which object mapped is not recorded: each may have any. */
		for (size_t k = 0; k < run->objects_count; k++) {
			const char *path = run->objects[k].path;

			if (path && *path == '/' && !is_executable_of(run, path) &&
			    add_object(program, path) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int compare_programs(const void *left, const void *right)
{
	const struct recorded_program *a = left, *b = right;

	return strcmp(a->path, b->path);
}

int recorded_programs(const struct recording *recording, struct recorded_program **programs,
		      size_t *count, struct error *err)
{
	const struct run *const *runs;
	size_t runs_count = recording_runs(recording, &runs), room = 1;

	for (size_t i = 0; i < runs_count; i++)
		room += runs[i]->processes_count;
	*count = 0;
	*programs = calloc(room, sizeof(**programs));
	if (!*programs)
		return error_oom(err);
	for (size_t i = 0; i < runs_count; i++)
		if (add_run(*programs, count, runs[i]) < 0) {
			recorded_programs_free(*programs, *count);
			*programs = NULL;
			*count = 0;
			return error_oom(err);
		}
	qsort(*programs, *count, sizeof(**programs), compare_programs);
	return 0;
}

const char *recorded_build_id(const struct recording *recording, const char *path)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = count; i-- > 0;)
		for (size_t k = 0; k < runs[i]->objects_count; k++)
			if (runs[i]->objects[k].path && strcmp(runs[i]->objects[k].path, path) == 0)
				return runs[i]->objects[k].build_id;
	return NULL;
}

bool recorded_has_build_id(const struct recording *recording, const char *path,
			   const char *build_id)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < runs[i]->objects_count; k++) {
			const struct object *object = &runs[i]->objects[k];

			if (object->path && object->build_id && strcmp(object->path, path) == 0 &&
			    strcmp(object->build_id, build_id) == 0)
				return true;
		}
	}
	return false;
}
