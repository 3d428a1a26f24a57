// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Brings a run into its canonical form: checks, sorts and merges the input of an observer or a
 * file. Sorting costs n log n in every array, whatever its contents, since the file may come from
 * anyone.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "recording/run.h"

#include <errno.h>
#include <string.h>

static const char count_overflow[] = "its counts add up to over 2^63 - 1";

typedef int (*compare_function)(const void *a, const void *b);

static int compare_places(const void *left, const void *right, void *compare)
{
	return (*(compare_function *)compare)(*(void *const *)left, *(void *const *)right);
}

/*
 * Sorts an array of elements that others refer to by index, and unites equal ones. (*MAP)[old index]
 * is the new one; the caller frees it.
 */
static int unite_indexed(void *array, size_t *count, size_t size, compare_function compare,
			 void (*free_element)(void *element), unsigned **map, struct error *err)
{
	void **base = array;
	_cleanup_free_ char *sorted = calloc(array_capacity(*count) + 1, size);
	_cleanup_free_ void **places = calloc(*count + 1, sizeof(*places));
	_cleanup_free_ unsigned *to = calloc(*count + 1, sizeof(*to));
	size_t kept = 0;

	if (!sorted || !places || !to)
		return error_oom(err);
	for (size_t i = 0; i < *count; i++)
		places[i] = (char *)*base + i * size;
	qsort_r(places, *count, sizeof(*places), compare_places, &compare);
	for (size_t i = 0; i < *count; i++) {
		size_t old = (size_t)((char *)places[i] - (char *)*base) / size;

		if (kept > 0 && compare(sorted + (kept - 1) * size, places[i]) == 0)
			free_element(places[i]);
		else
			memcpy(sorted + kept++ * size, places[i], size);
		to[old] = (unsigned)kept - 1;
	}
	free(*base);
	*base = take(sorted);
	*count = kept;
	*map = take(to);
	return 0;
}

static int error_call(const struct call *call, struct error *err, int code, const char *reason)
{
	char name[CALL_NAME_SIZE];

	if ((unsigned)call->abi >= ABI_COUNT)
		return error_set(err, code, "call %d: %s", call->nr, reason);
	return error_set(err, code, "%s of %s: %s", call_name(call->abi, call->nr, name),
			 abi_info(call->abi)->name, reason);
}

static int check_call(const struct run *run, const struct call *call, struct error *err)
{
	/* A number below 0 can be tried by a program as any other, and has all high bits. */
	bool is_x32 = call->nr >= 0 && (call->nr & X32_BIT);

	if ((unsigned)call->abi >= ABI_COUNT)
		return error_call(call, err, -EINVAL, "no such ABI");
	if ((unsigned)call->phase >= PHASE_COUNT)
		return error_call(call, err, -EINVAL, "no such phase");
	if ((call->abi == ABI_X32 && !is_x32) || (call->abi == ABI_X86_64 && is_x32))
		return error_call(call, err, -EINVAL,
				  "the number's x32 bit (0x40000000) contradicts the ABI");
	if (call->process >= run->processes_count)
		return error_call(call, err, -EINVAL, "its process is not in the run");
	if (call->count > JSON_UINT_MAX)
		return error_call(call, err, -EOVERFLOW, "its count is over 2^63 - 1");
	if (call->first_ns > JSON_UINT_MAX && call->first_ns != UINT64_MAX)
		return error_call(call, err, -EOVERFLOW,
				  "its first occurrence is over 2^63 - 1 ns");
	for (size_t i = 0; i < call->stack_count; i++) {
		int object = call->stack[i].object;

		if (object < -1 || (object >= 0 && (size_t)object >= run->objects_count))
			return error_call(call, err, -EINVAL, "a frame's object is not in the run");
	}
	return 0;
}

static int finish_arguments(struct call *call, struct error *err)
{
	const struct syscall_arguments *table = recording_call_arguments(call->abi, call->nr);
	size_t known = table ? table->count : 0;

	if (known == 0 && call->arguments_count > 0)
		return error_call(call, err, -EINVAL, "it has no arguments that are recorded");
	for (size_t i = 0; i < call->arguments_count; i++) {
		if (call->arguments[i].count > JSON_UINT_MAX)
			return error_call(call, err, -EOVERFLOW, "a count is over 2^63 - 1");
		for (size_t j = known; j < ARGUMENTS_MAX; j++)
			if (call->arguments[i].value[j] != 0)
				return error_call(call, err, -EINVAL,
						  "more arguments than are recorded of it");
	}
	if (known == 0)
		call->arguments_any = false;
	/* A call was made, so it had arguments: none seen is not "none allowed". */
	else if (call->arguments_count == 0)
		call->arguments_any = true;
	if (run_unite_values(call->arguments, &call->arguments_count) < 0)
		return error_call(call, err, -EOVERFLOW, count_overflow);
	return 0;
}

static int finish_call(struct call *call, const unsigned *objects, const unsigned *processes,
		       struct error *err)
{
	int status = finish_arguments(call, err);

	if (status < 0)
		return status;
	call->process = processes[call->process];
	for (size_t i = 0; i < call->stack_count; i++) {
		struct frame *frame = &call->stack[i];

		if (frame->object >= 0)
			frame->object = (int)objects[frame->object];
		if (!frame->symbol)
			frame->symbol_offset = 0;
	}
	return 0;
}

/*
 * The COUNT calls from CALL on have one key and become one, the first: it was seen earliest. All
 * tuples are gathered before they are united, so that many rows cost no more than one sort.
 */
static int unite_calls(struct call *call, size_t count, struct error *err)
{
	_cleanup_free_ struct argument_values *all = NULL;
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += call[i].arguments_count;
	all = calloc(sum + 1, sizeof(*all));
	if (!all)
		return error_oom(err);
	sum = 0;
	for (size_t i = 0; i < count; i++) {
		if (call[i].arguments_count > 0)
			memcpy(all + sum, call[i].arguments,
			       call[i].arguments_count * sizeof(*all));
		sum += call[i].arguments_count;
		if (i == 0)
			continue;
		call->arguments_any |= call[i].arguments_any;
		if (run_add_count(&call->count, call[i].count) < 0)
			return error_call(call, err, -EOVERFLOW, count_overflow);
		if (call->stack_count == 0) {
			struct call first = *call;

			call->stack = call[i].stack;
			call->stack_count = call[i].stack_count;
			call[i].stack = first.stack;
			call[i].stack_count = 0;
		}
		run_free_call(&call[i]);
		call[i] = (struct call){ 0 };
	}
	if (run_unite_values(all, &sum) < 0)
		return error_call(call, err, -EOVERFLOW, count_overflow);
	free(call->arguments);
	call->arguments = take(all);
	call->arguments_count = sum;
	return 0;
}

static int finish_calls(struct run *run, struct error *err)
{
	struct call *calls = run->calls;
	size_t kept = 0, same;

	if (run->calls_count == 0)
		return 0;
	qsort(calls, run->calls_count, sizeof(*calls), run_compare_calls);
	for (size_t i = 0; i < run->calls_count; i += same) {
		struct call moved;

		same = 1;
		while (i + same < run->calls_count &&
		       run_compare_call_keys(&calls[i], &calls[i + same]) == 0)
			same++;
		if (same > 1) {
			int status = unite_calls(&calls[i], same, err);

			if (status < 0)
				return status;
		}
		/* What is between the kept and the coming is zeroed: run_freep can free at any step. */
		moved = calls[i];
		calls[i] = (struct call){ 0 };
		calls[kept++] = moved;
	}
	run->calls_count = kept;
	return 0;
}

static int finish_lines(struct run *run, struct error *err)
{
	size_t kept = 0;

	if (run->lines_count == 0)
		return 0;
	for (size_t i = 0; i < run->lines_count; i++)
		if (!run->lines[i].setting || !run->lines[i].command)
			return error_set(err, -EINVAL,
					 "a line of a unit without setting or "
					 "command");
	qsort(run->lines, run->lines_count, sizeof(*run->lines), run_compare_lines);
	for (size_t i = 1; i < run->lines_count; i++) {
		struct unit_line *last = &run->lines[kept], moved = run->lines[i];

		if (strcmp(last->setting, moved.setting) == 0 && last->index == moved.index) {
			if (strcmp(last->command, moved.command) != 0)
				return error_set(err, -EINVAL,
						 "two lines are both number %u of %s=", last->index,
						 last->setting);
			last->is_seen |= moved.is_seen;
			run_free_line(&run->lines[i]);
		} else {
			run->lines[++kept] = moved;
		}
		if (kept != i)
			run->lines[i] = (struct unit_line){ 0 };
	}
	run->lines_count = kept + 1;
	return 0;
}

/* "" where an observer does not know: who reads a recording needs no test for NULL. */
static int fill_text(char **text, struct error *err)
{
	if (!*text)
		*text = strdup("");
	return *text ? 0 : error_oom(err);
}

static int check_head(struct run *run, struct error *err)
{
	char **const needed[] = { &run->observer, &run->target, &run->ended };

	if (strlen(run->id) != 32 || strspn(run->id, "0123456789abcdef") != 32)
		return error_set(err, -EINVAL, "a run's id must be 32 lower-case hex digits");
	if ((unsigned)run->target_kind > TARGET_IMPORT || (unsigned)run->filter > FILTER_UNKNOWN)
		return error_set(err, -EINVAL, "run %s: unknown kind of target or filter", run->id);
	if (run->started_us > JSON_UINT_MAX || run->duration_ns > JSON_UINT_MAX ||
	    run->lost.calls > JSON_UINT_MAX || run->lost.arguments > JSON_UINT_MAX ||
	    run->lost.stacks > JSON_UINT_MAX || run->lost.processes > JSON_UINT_MAX)
		return error_set(err, -EOVERFLOW, "run %s: a time or a loss is over 2^63 - 1",
				 run->id);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (fill_text(needed[i], err) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < run->objects_count; i++)
		if (fill_text(&run->objects[i].path, err) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < run->processes_count; i++) {
		if (fill_text(&run->processes[i].executable, err) < 0 ||
		    fill_text(&run->processes[i].command, err) < 0)
			return -ENOMEM;
		if (!run->processes[i].line)
			run->processes[i].line_index = 0;
	}
	return 0;
}

int run_finish(struct run *run, struct error *err)
{
	_cleanup_free_ unsigned *objects = NULL, *processes = NULL;
	int status = check_head(run, err);

	for (size_t i = 0; i < run->calls_count && status == 0; i++)
		status = check_call(run, &run->calls[i], err);
	if (status < 0)
		return status;
	status = unite_indexed(&run->objects, &run->objects_count, sizeof(*run->objects),
			       run_compare_objects, run_free_object, &objects, err);
	if (status < 0)
		return status;
	status = unite_indexed(&run->processes, &run->processes_count, sizeof(*run->processes),
			       run_compare_processes, run_free_process, &processes, err);
	for (size_t i = 0; i < run->calls_count && status == 0; i++)
		status = finish_call(&run->calls[i], objects, processes, err);
	if (status == 0)
		status = finish_calls(run, err);
	return status < 0 ? status : finish_lines(run, err);
}
