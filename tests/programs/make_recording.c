// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints recordings for tests: `random SEED` any, `rows N` one run with N rows, `runs N` so many
 * runs of 8 rows each.
 */
#include "../unit/random_recording.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <string.h>

#define CALLS 300 /* a process makes, in the large ones */

static struct process *add_process(struct run *run, size_t index)
{
	struct process *process = run_add_process(run);

	if (!process || asprintf(&process->executable, "/usr/bin/program-%zu", index) < 0 ||
	    !(process->command = strdup("program")))
		abort();
	return process;
}

static void add_stack(struct call *call)
{
	call->stack_count = 3;
	call->stack = calloc(call->stack_count, sizeof(*call->stack));
	if (!call->stack)
		abort();
	for (size_t i = 0; i < call->stack_count; i++) {
		call->stack[i] = (struct frame){ .object = (int)(i > 0),
						 .offset = 0x1000 * i + (unsigned)call->nr,
						 .symbol = strdup("a_function_of_it"),
						 .symbol_offset = i };
		if (!call->stack[i].symbol)
			abort();
	}
}

static void add_call(struct run *run, size_t index)
{
	const struct syscall_entry *entries;
	size_t known = syscall_table(ABI_X86_64, &entries);
	struct call *call = run_add_call(run);

	if (!call)
		abort();
	call->abi = ABI_X86_64;
	call->nr = entries[index % CALLS % known].nr;
	call->process = (unsigned)(index / CALLS);
	call->phase = PHASE_SERVING;
	call->count = index + 1;
	call->first_ns = index;
	if (syscall_arguments(entries[index % CALLS % known].name)) {
		call->arguments = calloc(1, sizeof(*call->arguments));
		if (!call->arguments)
			abort();
		call->arguments_count = 1;
		call->arguments[0].value[0] = index;
		call->arguments[0].count = index + 1;
	}
	add_stack(call);
}

static struct run *make_run(size_t rows, struct error *err)
{
	struct run *run = run_new();

	if (!run)
		abort();
	for (size_t i = 0; i < 2; i++) {
		struct object *object = run_add_object(run);

		if (!object || !(object->path = strdup(i ? "/usr/bin/program" : "/lib/libc.so.6")))
			abort();
	}
	for (size_t i = 0; i < rows; i++) {
		if (i % CALLS == 0)
			add_process(run, i / CALLS);
		add_call(run, i);
	}
	if (run_finish(run, err) < 0)
		run_freep(&run);
	return run;
}

int main(int argc, char *argv[])
{
	_cleanup_(recording_freep) struct recording *recording = NULL;
	struct error err = { 0 };
	size_t number = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (argc != 3)
		return 64;
	if (strcmp(argv[1], "random") == 0) {
		recording = random_recording(number);
	} else {
		bool is_runs = strcmp(argv[1], "runs") == 0;

		recording = recording_new();
		for (size_t i = 0; i < (is_runs ? number : 1) && err.code == 0; i++) {
			struct run *run = make_run(is_runs ? 8 : number, &err);

			if (run)
				recording_add(recording, run, &err);
		}
	}
	if (err.code < 0 || recording_write(recording, stdout, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
