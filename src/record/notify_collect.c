// SPDX-License-Identifier: LGPL-2.1-or-later
/* Turns the counts into a run: an image becomes a process, a count a call. */
#include "common/cleanup.h"
#include "common/title.h"
#include "record/environment.h"
#include "record/notify.h"
#include "record/rules.h"

#include <string.h>
#include <sys/prctl.h>

static int add_process(struct notify_image *image, struct run *run, struct error *err)
{
	struct process *process = run_add_process(run);

	if (!process)
		return error_oom(err);
	process->executable = take(image->executable);
	process->command = take(image->command);
	process->argv = take(image->argv);
	process->depth = image->depth;
	process->is_manager = image->is_manager;
	return titles_join(image->titles, &process->title, err);
}

static int add_stack(const struct observation *o, const struct notify_calls *calls, unsigned nr,
		     struct call *call, struct error *err)
{
	const char *symbol;

	if (calls->first[nr].object < 0)
		return 0;
	call->stack = calloc(1, sizeof(*call->stack));
	if (!call->stack)
		return error_oom(err);
	call->stack_count = 1;
	call->stack->object = calls->first[nr].object;
	call->stack->offset = calls->first[nr].offset;
	symbol = objects_symbol(o->objects, call->stack->object, call->stack->offset,
				&call->stack->symbol_offset);
	if (symbol) {
		call->stack->symbol = strdup(symbol);
		if (!call->stack->symbol)
			return error_oom(err);
	}
	return 0;
}

static int add_calls(const struct observation *o, struct notify_calls *calls, enum record_abi abi,
		     unsigned process, enum phase phase, struct run *run, struct error *err)
{
	for (unsigned nr = 0; nr < RECORD_RULES; nr++) {
		struct notify_arguments *arguments = calls->arguments[nr];
		struct call *call;
		int r;

		if (!calls->count[nr])
			continue;
		call = run_add_call(run);
		if (!call)
			return error_oom(err);
		call->abi = rules_abi(abi);
		call->nr = (int)(abi == RECORD_X32 ? nr | X32_BIT : nr);
		call->process = process;
		call->phase = phase;
		call->count = calls->count[nr];
		call->first_ns = calls->first_ns[nr];
		if (arguments && arguments->is_any) {
			call->arguments_any = true;
		} else if (arguments) {
			call->arguments = take(arguments->values);
			call->arguments_count = arguments->count;
		}
		r = add_stack(o, calls, nr, call, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_others(const struct observation *o, struct run *run, struct error *err)
{
	for (size_t i = 0; i < o->others_count; i++) {
		const struct notify_other *other = &o->others[i];
		struct call *call = run_add_call(run);

		if (!call)
			return error_oom(err);
		call->abi = rules_abi(other->abi);
		call->nr = other->nr;
		call->process = other->image;
		call->phase = (enum phase)other->phase;
		call->count = other->count;
		call->first_ns = other->first_ns;
	}
	return 0;
}

int notify_collect(struct observation *o, struct run *run, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < o->images_count && r == 0; i++) {
		struct notify_image *image = &o->images[i];

		r = add_process(image, run, err);
		for (unsigned at = 0; at < NOTIFY_PHASES * RECORD_ABIS && r == 0; at++) {
			unsigned phase = at / RECORD_ABIS, abi = at % RECORD_ABIS;

			if (image->calls[phase][abi])
				r = add_calls(o, image->calls[phase][abi], (enum record_abi)abi,
					      (unsigned)i, (enum phase)phase, run, err);
		}
	}
	if (r == 0)
		r = add_others(o, run, err);
	for (size_t i = 0; i < run->processes_count && r == 0; i++)
		if (!run->processes[i].is_manager)
			r = objects_note_path(o->objects, run->processes[i].executable, 0, err);
	if (r == 0)
		r = objects_add(o->objects, run, err);
	if (r < 0)
		return r;
	run->lost = o->lost;
	/* What whittle is under, the command is under. */
	run->filter = o->is_filtered || prctl(PR_GET_SECCOMP) == 2 ? FILTER_PRESENT : FILTER_ABSENT;
	return environment_fill(run, objects_find_file(o->objects, "libc.so"), 0, err);
}
