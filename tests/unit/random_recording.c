// SPDX-License-Identifier: LGPL-2.1-or-later
#include "random_recording.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Without cmocka, since programs use it too. */
static void *must(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

static void must_succeed(int status, uint64_t seed, const struct error *err)
{
	if (status == 0)
		return;
	fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, err->message);
	abort();
}

/* splitmix64 (Vigna, 2015): small, and good enough for tests. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t *state, uint64_t bound)
{
	return next(state) % bound;
}

static bool one_in(uint64_t *state, unsigned n)
{
	return below(state, n) == 0;
}

/* Mostly words, at times bytes of any kind. */
static char *text(uint64_t *state)
{
	static const char *const words[] = { "nginx",	 "/usr/sbin/nginx",   "worker process",
					     "C:\\path", "\xc3\xa9t\xc3\xa9", "",
					     "a\"b",	 "\xff\xfe",	      "line\nline\x1b[m" };
	char *bytes;
	size_t length;

	if (!one_in(state, 4))
		return strdup(words[below(state, ARRAY_SIZE(words))]);
	length = below(state, 12);
	bytes = calloc(length + 1, 1);
	must(bytes);
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(1 + below(state, 255));
	return bytes;
}

static char *maybe_text(uint64_t *state)
{
	return one_in(state, 3) ? NULL : text(state);
}

/* Small often, large at times, never so large that a few of them overflow. */
static uint64_t count(uint64_t *state)
{
	return one_in(state, 5) ? below(state, (uint64_t)1 << 55) : below(state, 1000);
}

static void add_process(struct run *run, uint64_t *state)
{
	struct process *process = run_add_process(run);

	must(process);
	process->executable = text(state);
	process->command = text(state);
	process->title = maybe_text(state);
	if (one_in(state, 2)) {
		size_t words = below(state, 4);

		process->argv = calloc(words + 1, sizeof(*process->argv));
		must(process->argv);
		for (size_t i = 0; i < words; i++)
			process->argv[i] = text(state);
	}
	process->depth = (unsigned)below(state, 4);
	process->line = maybe_text(state);
	process->line_index = (unsigned)below(state, 3);
	process->is_manager = one_in(state, 4);
}

static void random_number(struct call *call, uint64_t *state)
{
	const struct syscall_entry *entries;
	size_t known;

	call->abi = (enum abi)below(state, ABI_COUNT);
	known = syscall_table(call->abi, &entries);
	if (one_in(state, 10))
		call->nr = (call->abi == ABI_X32 ? X32_BIT : 0) + (int)(600 + below(state, 500));
	else
		call->nr = entries[below(state, known)].nr;
	if (one_in(state, 50) && call->abi != ABI_X32)
		call->nr = one_in(state, 2) ? -1 : INT_MIN;
}

static void add_arguments(struct call *call, uint64_t *state)
{
	const char *name = syscall_name(call->abi, call->nr);
	const struct syscall_arguments *table = name ? syscall_arguments(name) : NULL;

	call->arguments_any = one_in(state, 5);
	if (!table)
		return;
	call->arguments_count = below(state, 5);
	call->arguments = calloc(call->arguments_count + 1, sizeof(*call->arguments));
	must(call->arguments);
	for (size_t i = 0; i < call->arguments_count; i++) {
		for (size_t j = 0; j < table->count; j++)
			call->arguments[i].value[j] =
				one_in(state, 4) ? next(state) : below(state, 3);
		call->arguments[i].count = count(state);
	}
}

static void add_stack(struct run *run, struct call *call, uint64_t *state)
{
	call->stack_count = below(state, 4);
	call->stack = calloc(call->stack_count + 1, sizeof(*call->stack));
	must(call->stack);
	for (size_t i = 0; i < call->stack_count; i++) {
		struct frame *frame = &call->stack[i];

		frame->object = (int)below(state, run->objects_count + 1) - 1;
		frame->offset = next(state) >> below(state, 64);
		frame->symbol = maybe_text(state);
		frame->symbol_offset = next(state) >> below(state, 64);
	}
}

static void add_call(struct run *run, uint64_t *state)
{
	struct call *call = run_add_call(run);

	must(call);
	random_number(call, state);
	call->process = (unsigned)below(state, run->processes_count);
	call->phase = (enum phase)below(state, PHASE_COUNT);
	call->count = count(state);
	call->first_ns = one_in(state, 4) ? UINT64_MAX : below(state, 1000000);
	add_arguments(call, state);
	add_stack(run, call, state);
}

static void fill_head(struct run *run, uint64_t *state)
{
	run->observer = text(state);
	run->target_kind = (enum target_kind)below(state, TARGET_IMPORT + 1);
	run->target = text(state);
	run->started_us = one_in(state, 2) ? below(state, 1000) : below(state, INT64_MAX);
	run->duration_ns = below(state, INT64_MAX);
	run->ended = text(state);
	run->lost = (struct losses){ count(state), count(state), count(state), count(state) };
	run->filter = (enum filter_presence)below(state, FILTER_UNKNOWN + 1);
	run->is_news = below(state, 4) == 0;
	run->kernel = maybe_text(state);
	run->machine = maybe_text(state);
	run->libc = maybe_text(state);
	run->systemd = maybe_text(state);
	run->os = maybe_text(state);
	run->whittle = maybe_text(state);
}

struct run *random_run(uint64_t seed)
{
	uint64_t state = seed;
	struct run *run = run_new();
	struct error err = { 0 };

	must(run);
	snprintf(run->id, sizeof(run->id), "%016llx%016llx", (unsigned long long)next(&state),
		 (unsigned long long)next(&state));
	fill_head(run, &state);
	for (unsigned i = 0; i < below(&state, 3); i++) {
		struct unit_line *line = run_add_line(run);

		line->setting = strdup(i ? "ExecStart" : "ExecStartPre");
		line->index = i;
		line->command = text(&state);
		line->is_seen = one_in(&state, 2);
	}
	for (uint64_t i = below(&state, 5); i > 0; i--) {
		struct object *object = run_add_object(run);

		object->path = text(&state);
		object->build_id = maybe_text(&state);
	}
	for (uint64_t i = 1 + below(&state, 5); i > 0; i--)
		add_process(run, &state);
	for (uint64_t i = below(&state, 30); i > 0; i--)
		add_call(run, &state);
	must_succeed(run_finish(run, &err), seed, &err);
	return run;
}

struct run *random_sister(uint64_t seed, uint64_t number)
{
	struct run *run = random_run(seed);
	uint64_t state = seed * 31 + number;

	snprintf(run->id, sizeof(run->id), "%016llx%016llx", (unsigned long long)next(&state),
		 (unsigned long long)next(&state));
	run->started_us = below(&state, INT64_MAX);
	for (size_t i = 0; i < run->calls_count && number % 2 == 0; i++) {
		struct call *call = &run->calls[i];

		call->count = below(&state, 10000);
		call->first_ns = one_in(&state, 4) ? UINT64_MAX : below(&state, INT64_MAX);
		for (size_t j = 0; j < call->arguments_count; j++)
			call->arguments[j].count = below(&state, 100);
	}
	return run;
}

struct recording *random_recording(uint64_t seed)
{
	uint64_t state = seed;
	struct recording *recording = recording_new();
	struct error err = { 0 };

	must(recording);
	for (uint64_t i = below(&state, 5); i > 0; i--) {
		uint64_t one = below(&state, 300);

		must_succeed(recording_add(recording, random_run(one), &err), seed, &err);
		for (uint64_t sisters = one_in(&state, 3) ? below(&state, 4) : 0; sisters > 0;
		     sisters--)
			must_succeed(recording_add(recording, random_sister(one, sisters), &err),
				     seed, &err);
	}
	return recording;
}
