// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One run: built by an observer, brought into its canonical order by run_finish(), and not changed
 * afterwards.
 *
 * A finished run is canonical: objects, processes, lines, calls and tuples are sorted and unique,
 * so that two runs of equal content are equal field by field, whatever order they were built in.
 * All recordings that contain the run share it without a copy: each run is allocated behind its
 * reference count and the name of the file that it came from.
 *
 * The arrays have no capacity field: an array of N elements has room for the next power of two, at
 * least 4; only array_grow() and run_array_capacity() know this.
 */
#include "recording/run.h"

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

size_t run_array_capacity(size_t count)
{
	size_t capacity = 4;

	while (capacity < count)
		capacity *= 2;
	return capacity;
}

/* Makes room for one more and zeroes it; false when out of memory. */
static bool array_grow(void *array, size_t *count, size_t size)
{
	void **base = array;
	size_t capacity = run_array_capacity(*count);

	if (!*base || *count == capacity) {
		size_t bytes;
		void *bigger;

		if (__builtin_mul_overflow(*base ? capacity * 2 : capacity, size, &bytes))
			return false;
		bigger = realloc(*base, bytes);
		if (!bigger)
			return false;
		*base = bigger;
	}
	memset((char *)*base + *count * size, 0, size);
	(*count)++;
	return true;
}

struct object *run_add_object(struct run *run)
{
	if (!array_grow(&run->objects, &run->objects_count, sizeof(*run->objects)))
		return NULL;
	return &run->objects[run->objects_count - 1];
}

struct process *run_add_process(struct run *run)
{
	if (!array_grow(&run->processes, &run->processes_count, sizeof(*run->processes)))
		return NULL;
	return &run->processes[run->processes_count - 1];
}

struct call *run_add_call(struct run *run)
{
	if (!array_grow(&run->calls, &run->calls_count, sizeof(*run->calls)))
		return NULL;
	return &run->calls[run->calls_count - 1];
}

struct unit_line *run_add_line(struct run *run)
{
	if (!array_grow(&run->lines, &run->lines_count, sizeof(*run->lines)))
		return NULL;
	return &run->lines[run->lines_count - 1];
}
