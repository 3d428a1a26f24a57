// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One run: built by an observer, brought into its canonical order by run_finish(), and not changed
 * afterwards.
 *
 * A finished run is canonical: objects, processes, lines, calls and tuples are sorted and unique,
 * so that two runs of equal content are equal field by field, whatever order they were built in.
 * All recordings that contain the run share it without a copy: each run is allocated behind its
 * reference count and the name of the file that it came from.
 */
#include "recording/run.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct shared_run {
	size_t references;
	char *source; /* the file that it was read from; NULL: made in this process */
	struct run run;
};

static struct shared_run *shared_of(const struct run *run)
{
	return (struct shared_run *)((uintptr_t)run - offsetof(struct shared_run, run));
}

struct run *run_new(void)
{
	struct shared_run *shared = calloc(1, sizeof(*shared));
	unsigned char noise[16];

	if (!shared)
		return NULL;
	/* 16 bytes come whole once the kernel's generator is up; before that this waits for it. */
	while (getrandom(noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
		continue;
	for (size_t i = 0; i < sizeof(noise); i++)
		snprintf(shared->run.id + 2 * i, 3, "%02x", noise[i]);
	shared->references = 1;
	shared->run.filter = FILTER_UNKNOWN;
	return &shared->run;
}

struct run *run_share(const struct run *run)
{
	struct shared_run *shared = shared_of(run);

	shared->references++;
	return &shared->run;
}

void run_free_object(void *element)
{
	struct object *object = element;

	free(object->path);
	free(object->build_id);
}

int run_set_source(struct run *run, const char *path)
{
	free(shared_of(run)->source);
	shared_of(run)->source = strdup(path);
	return shared_of(run)->source ? 0 : -ENOMEM;
}

const char *run_source(const struct run *run)
{
	return shared_of(run)->source;
}

static void free_strings(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

void run_free_process(void *element)
{
	struct process *process = element;

	free(process->executable);
	free(process->command);
	free(process->title);
	free_strings(process->argv);
	free(process->line);
}

void run_free_call(struct call *call)
{
	for (size_t i = 0; i < call->stack_count; i++)
		free(call->stack[i].symbol);
	free(call->stack);
	free(call->arguments);
}

void run_free_line(void *element)
{
	struct unit_line *line = element;

	free(line->setting);
	free(line->command);
}

void run_freep(struct run **pointer)
{
	struct run *run = take(*pointer);

	if (!run || --shared_of(run)->references > 0)
		return;
	free(shared_of(run)->source);
	free(run->observer);
	free(run->target);
	free(run->ended);
	free(run->kernel);
	free(run->machine);
	free(run->libc);
	free(run->systemd);
	free(run->os);
	free(run->whittle);
	for (size_t i = 0; i < run->lines_count; i++)
		run_free_line(&run->lines[i]);
	free(run->lines);
	for (size_t i = 0; i < run->objects_count; i++)
		run_free_object(&run->objects[i]);
	free(run->objects);
	for (size_t i = 0; i < run->processes_count; i++)
		run_free_process(&run->processes[i]);
	free(run->processes);
	for (size_t i = 0; i < run->calls_count; i++)
		run_free_call(&run->calls[i]);
	free(run->calls);
	free(shared_of(run));
}

/* ---- arrays ---- */

struct object *run_add_object(struct run *run)
{
	struct object *added = array_grow_one(&run->objects, run->objects_count);

	if (added)
		run->objects_count++;
	return added;
}

struct process *run_add_process(struct run *run)
{
	struct process *added = array_grow_one(&run->processes, run->processes_count);

	if (added)
		run->processes_count++;
	return added;
}

struct call *run_add_call(struct run *run)
{
	struct call *added = array_grow_one(&run->calls, run->calls_count);

	if (added)
		run->calls_count++;
	return added;
}

struct unit_line *run_add_line(struct run *run)
{
	struct unit_line *added = array_grow_one(&run->lines, run->lines_count);

	if (added)
		run->lines_count++;
	return added;
}
