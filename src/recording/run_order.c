// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The canonical order of everything in a run, which also defines equality. No comparison uses an
 * address, so the order is the same in every process and on every machine.
 */
#include "common/json.h"
#include "recording/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* NULL comes first. */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return COMPARE(!!a, !!b);
	return strcmp(a, b);
}

static int compare_strings(char *const *a, char *const *b)
{
	if (!a || !b)
		return COMPARE(!!a, !!b);
	for (; *a && *b; a++, b++) {
		int order = strcmp(*a, *b);

		if (order)
			return order;
	}
	return COMPARE(!!*a, !!*b);
}

int run_compare_objects(const void *left, const void *right)
{
	const struct object *a = left, *b = right;
	int order = compare_text(a->path, b->path);

	return order ? order : compare_text(a->build_id, b->build_id);
}

/* The manager's part last; then by the unit's line, then by image. */
int run_compare_processes(const void *left, const void *right)
{
	const struct process *a = left, *b = right;
	int order = COMPARE(a->is_manager, b->is_manager);

	order = order ? order : compare_text(a->line, b->line);
	order = order ? order : COMPARE(a->line_index, b->line_index);
	order = order ? order : compare_text(a->executable, b->executable);
	order = order ? order : COMPARE(a->depth, b->depth);
	order = order ? order : compare_text(a->command, b->command);
	order = order ? order : compare_text(a->title, b->title);
	return order ? order : compare_strings(a->argv, b->argv);
}

int run_compare_lines(const void *left, const void *right)
{
	const struct unit_line *a = left, *b = right;
	int order = compare_text(a->setting, b->setting);

	order = order ? order : COMPARE(a->index, b->index);
	order = order ? order : compare_text(a->command, b->command);
	return order ? order : COMPARE(a->is_seen, b->is_seen);
}

int run_compare_call_keys(const struct call *a, const struct call *b)
{
	int order = COMPARE(a->abi, b->abi);

	order = order ? order : COMPARE(a->nr, b->nr);
	order = order ? order : COMPARE(a->process, b->process);
	return order ? order : COMPARE(a->phase, b->phase);
}

/* The earlier sight first among rows that will become one, and with a stack before without. */
int run_compare_calls(const void *left, const void *right)
{
	const struct call *a = left, *b = right;
	int order = run_compare_call_keys(a, b);

	order = order ? order : COMPARE(a->first_ns, b->first_ns);
	return order ? order : COMPARE(b->stack_count, a->stack_count);
}

static int compare_values(const struct argument_values *a, const struct argument_values *b)
{
	int order = 0;

	for (size_t i = 0; i < ARGUMENTS_MAX && order == 0; i++)
		order = COMPARE(a->value[i], b->value[i]);
	return order;
}

static int compare_arguments(const void *left, const void *right)
{
	return compare_values(left, right);
}

int run_unite_values(struct argument_values *values, size_t *count)
{
	size_t kept = 0;

	if (*count == 0)
		return 0;
	qsort(values, *count, sizeof(*values), compare_arguments);
	for (size_t i = 1; i < *count; i++) {
		if (compare_values(&values[kept], &values[i]) != 0)
			values[++kept] = values[i];
		else if (run_add_count(&values[kept].count, values[i].count) < 0)
			return -EOVERFLOW;
	}
	*count = kept + 1;
	return 0;
}

int run_add_count(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum) || *sum > JSON_UINT_MAX)
		return -EOVERFLOW;
	return 0;
}

static bool stacks_equal(const struct call *a, const struct call *b)
{
	if (a->stack_count != b->stack_count)
		return false;
	for (size_t i = 0; i < a->stack_count; i++) {
		const struct frame *left = &a->stack[i], *right = &b->stack[i];

		if (left->object != right->object || left->offset != right->offset ||
		    left->symbol_offset != right->symbol_offset ||
		    compare_text(left->symbol, right->symbol) != 0)
			return false;
	}
	return true;
}

static bool calls_equal(const struct call *a, const struct call *b)
{
	if (run_compare_call_keys(a, b) != 0 || a->count != b->count ||
	    a->first_ns != b->first_ns || a->arguments_any != b->arguments_any ||
	    a->arguments_count != b->arguments_count)
		return false;
	for (size_t i = 0; i < a->arguments_count; i++)
		if (compare_values(&a->arguments[i], &b->arguments[i]) != 0 ||
		    a->arguments[i].count != b->arguments[i].count)
			return false;
	return stacks_equal(a, b);
}

static bool heads_equal(const struct run *a, const struct run *b)
{
	return strcmp(a->id, b->id) == 0 && compare_text(a->observer, b->observer) == 0 &&
	       a->target_kind == b->target_kind && compare_text(a->target, b->target) == 0 &&
	       a->started_us == b->started_us && a->duration_ns == b->duration_ns &&
	       compare_text(a->ended, b->ended) == 0 && a->lost.calls == b->lost.calls &&
	       a->lost.arguments == b->lost.arguments && a->lost.stacks == b->lost.stacks &&
	       a->lost.processes == b->lost.processes && a->filter == b->filter &&
	       a->is_news == b->is_news && compare_text(a->kernel, b->kernel) == 0 &&
	       compare_text(a->machine, b->machine) == 0 && compare_text(a->libc, b->libc) == 0 &&
	       compare_text(a->systemd, b->systemd) == 0 && compare_text(a->os, b->os) == 0 &&
	       compare_text(a->whittle, b->whittle) == 0;
}

bool run_equal(const struct run *a, const struct run *b)
{
	if (a == b)
		return true;
	if (!heads_equal(a, b) || a->lines_count != b->lines_count ||
	    a->objects_count != b->objects_count || a->processes_count != b->processes_count ||
	    a->calls_count != b->calls_count)
		return false;
	for (size_t i = 0; i < a->lines_count; i++)
		if (run_compare_lines(&a->lines[i], &b->lines[i]) != 0)
			return false;
	for (size_t i = 0; i < a->objects_count; i++)
		if (run_compare_objects(&a->objects[i], &b->objects[i]) != 0)
			return false;
	for (size_t i = 0; i < a->processes_count; i++)
		if (run_compare_processes(&a->processes[i], &b->processes[i]) != 0)
			return false;
	for (size_t i = 0; i < a->calls_count; i++)
		if (!calls_equal(&a->calls[i], &b->calls[i]))
			return false;
	return true;
}
