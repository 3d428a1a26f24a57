// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/graph/result.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "reach/graph/constants.h"
#include "reach/graph/launch.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reach_result_freep(struct reach_result **result)
{
	if (!*result)
		return;
	for (size_t i = 0; i < (*result)->calls_count; i++) {
		walk_path_free((*result)->calls[i].path);
		free((*result)->calls[i].arguments);
	}
	for (size_t i = 0; i < (*result)->gaps_count; i++) {
		free((*result)->gaps[i].what);
		free((*result)->gaps[i].place);
		walk_path_free((*result)->gaps[i].path);
	}
	free((*result)->calls);
	free((*result)->gaps);
	free(*result);
	*result = NULL;
}

static unsigned chain_length(const struct numbers *numbers, uint32_t need)
{
	unsigned length = 0;

	for (; need != NO_INDEX; need = numbers->needs.items[need].parent)
		length++;
	return length;
}

/* The way to the function that decides on the number, then through those that pass it on. */
static char **number_path(const struct walk *walk, const struct numbers *numbers, uint32_t caller,
			  uint32_t need)
{
	char **start = walk_path(walk, caller, NULL), **path;
	size_t length = 0;

	while (start && start[length])
		length++;
	path = start ? calloc(length + chain_length(numbers, need) + 1, sizeof(*path)) : NULL;
	if (!path) {
		walk_path_free(start);
		return NULL;
	}
	memcpy(path, start, length * sizeof(*path));
	free(start);
	for (; need != NO_INDEX; need = numbers->needs.items[need].parent) {
		const struct need *at = &numbers->needs.items[need];

		path[length] =
			walk_node_name(walk, graph_function(walk->graph, at->object, at->function));
		if (!path[length++]) {
			walk_path_free(path);
			return NULL;
		}
	}
	return path;
}

struct best {
	const struct number *number;
	unsigned depth;
};

static int compare_best(const void *left, const void *right)
{
	const struct best *a = left, *b = right;

	if (a->number->abi != b->number->abi)
		return a->number->abi < b->number->abi ? -1 : 1;
	if (a->number->nr != b->number->nr)
		return a->number->nr < b->number->nr ? -1 : 1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	if (a->number->caller != b->number->caller)
		return a->number->caller < b->number->caller ? -1 : 1;
	return a->number->at < b->number->at ? -1 : a->number->at > b->number->at;
}

/* Calls that the kernel makes the process repeat after a stop, with restart_syscall. */
static bool is_restarted(const char *name)
{
	static const char *const names[] = { "nanosleep", "clock_nanosleep", "poll", "futex",
					     NULL };

	for (const char *const *at = names; name && *at; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

/* The way to a call, and then into the kernel; NULL: out of memory. */
static char **restart_path(const struct reach_call *from)
{
	size_t length = 0;
	char **path;

	while (from->path[length])
		length++;
	path = calloc(length + 2, sizeof(*path));
	for (size_t i = 0; path && i < length; i++) {
		path[i] = strdup(from->path[i]);
		if (!path[i]) {
			walk_path_free(path);
			return NULL;
		}
	}
	if (path && asprintf(&path[length], "kernel!%s", syscall_name(from->abi, from->nr)) < 0) {
		path[length] = NULL;
		walk_path_free(path);
		return NULL;
	}
	return path;
}

static int add_restart(struct reach_result *result, struct error *err)
{
	int nr = syscall_number(ABI_X86_64, "restart_syscall");
	struct reach_call call = { .abi = ABI_X86_64, .nr = nr };
	const struct reach_call *from = NULL;
	size_t at = 0;

	if (nr < 0 || reach_find(result, ABI_X86_64, nr))
		return 0;
	for (size_t i = 0; i < result->calls_count && !from; i++)
		if (result->calls[i].abi == ABI_X86_64 &&
		    is_restarted(syscall_name(ABI_X86_64, result->calls[i].nr)))
			from = &result->calls[i];
	if (!from)
		return 0;
	call.path = restart_path(from);
	if (!call.path)
		return error_oom(err);
	while (at < result->calls_count &&
	       (result->calls[at].abi < call.abi ||
		(result->calls[at].abi == call.abi && result->calls[at].nr < call.nr)))
		at++;
	memmove(result->calls + at + 1, result->calls + at,
		(result->calls_count - at) * sizeof(*result->calls));
	result->calls[at] = call;
	result->calls_count++;
	return 0;
}

/* Each call once, by its shortest way. */
static int add_calls(struct reach_result *result, const struct walk *walk,
		     const struct numbers *numbers, struct error *err)
{
	_cleanup_free_ struct best *best = calloc(numbers->found.count + 1, sizeof(*best));

	result->calls = calloc(numbers->found.count + 2, sizeof(*result->calls));
	if (!best || !result->calls)
		return error_oom(err);
	for (size_t i = 0; i < numbers->found.count; i++) {
		best[i].number = &numbers->found.items[i];
		best[i].depth = walk->depths[best[i].number->caller] +
				chain_length(numbers, best[i].number->need);
	}
	qsort(best, numbers->found.count, sizeof(*best), compare_best);
	for (size_t i = 0; i < numbers->found.count; i++) {
		const struct number *number = best[i].number;
		struct reach_call *call = &result->calls[result->calls_count];

		if (i > 0 && best[i - 1].number->abi == number->abi &&
		    best[i - 1].number->nr == number->nr)
			continue;
		/* A number that no kernel has is refused by it: a call of nothing. */
		if (!syscall_name((enum abi)number->abi, (int)number->nr))
			continue;
		call->abi = (enum abi)number->abi;
		call->nr = (int)number->nr;
		call->arguments_any = true;
		call->unbounded = UINT8_MAX;
		call->path = number_path(walk, numbers, number->caller, number->need);
		if (!call->path)
			return error_oom(err);
		result->calls_count++;
	}
	return add_restart(result, err);
}

const struct reach_call *reach_find(const struct reach_result *result, enum abi abi, int nr)
{
	for (size_t i = 0; i < result->calls_count; i++)
		if (result->calls[i].abi == abi && result->calls[i].nr == nr)
			return &result->calls[i];
	return NULL;
}

/* ---- named pipes ---- */

#define PIPE_LEVELS 3 /* mkfifo > mknod > mknodat, and one to spare */

static bool is_mkfifo(const struct walk *walk, uint32_t object, uint32_t function)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;
	const char *name = summary_text(summary, summary->functions[function].name);

	return strcmp(name, "mkfifo") == 0 || strcmp(name, "mkfifoat") == 0;
}

/* The node of a function that the reference leads to; NO_NODE none. */
static uint32_t referred_function(const struct walk *walk, uint32_t object, reference from)
{
	switch (reference_kind(from)) {
	case REFERENCE_CALL:
	case REFERENCE_TAKE:
		return graph_function(walk->graph, object, reference_index(from));
	case REFERENCE_SLOT:
	case REFERENCE_CALL_SLOT:
		return graph_pointer_node(walk->graph, object, reference_index(from));
	default:
		return NO_NODE;
	}
}

static bool has_pointer_to(const struct walk *walk, uint32_t object, uint32_t node, uint32_t target)
{
	const struct summary *summary = walk->graph->link_map.objects[object].summary;
	uint32_t data = node - graph_data(walk->graph, object, 0);

	for (uint32_t i = summary->data[data].pointers; i < summary->data[data + 1].pointers; i++)
		if (summary->pointers[i].kind != POINTER_LINKAGE &&
		    graph_pointer_node(walk->graph, object, i) == target)
			return true;
	return false;
}

/* Whether nothing that was met refers to MAKER, which makes the call, but mkfifo(3), or in LEVELS steps
 * what only mkfifo(3) refers to. */
static bool is_for_mkfifo(const struct walk *walk, uint32_t maker, unsigned levels)
{
	uint32_t object = graph_object_of(walk->graph, maker);

	if (is_mkfifo(walk, object, graph_function_of(walk->graph, object, maker)))
		return true;
	if (levels == 0 || walk->parents[maker] == maker)
		return false;
	for (uint32_t i = 0; i < walk->count; i++) {
		uint32_t node = walk->order[i], from = graph_object_of(walk->graph, node);
		const struct summary *summary = walk->graph->link_map.objects[from].summary;
		uint32_t function = graph_function_of(walk->graph, from, node);

		if (function == NO_INDEX) {
			if (has_pointer_to(walk, from, node, maker))
				return false;
			continue;
		}
		for (uint32_t k = summary->functions[function].references;
		     k < summary->functions[function + 1].references; k++)
			if (referred_function(walk, from, summary->references[k]) == maker &&
			    node != maker &&
			    (from != object || !is_for_mkfifo(walk, node, levels - 1)))
				return false;
	}
	return true;
}

/* A pipe needs no privilege, a device does: mkfifo(3) sets the type itself. */
static void find_pipes(struct reach_result *result, const struct walk *walk,
		       const struct numbers *numbers)
{
	for (size_t i = 0; i < result->calls_count; i++) {
		struct reach_call *call = &result->calls[i];
		const char *name = syscall_name(call->abi, call->nr);

		call->is_pipe_only = strcmp(name, "mknod") == 0 || strcmp(name, "mknodat") == 0;
		for (size_t k = 0; call->is_pipe_only && k < numbers->found.count; k++) {
			const struct number *number = &numbers->found.items[k];

			if (number->abi == call->abi && (int)number->nr == call->nr)
				call->is_pipe_only =
					number->need == NO_INDEX &&
					is_for_mkfifo(walk, number->caller, PIPE_LEVELS);
		}
	}
}

/* ---- gaps ---- */

struct reach_gap *result_add_gap(struct reach_result *result)
{
	struct reach_gap *gap = array_grow_one(&result->gaps, result->gaps_count);

	if (gap)
		result->gaps_count++;
	return gap;
}

static bool is_known_gap(const struct numbers *numbers, size_t index)
{
	const struct unknown_number *this = &numbers->unknown.items[index];

	for (size_t i = 0; i < index; i++) {
		const struct unknown_number *other = &numbers->unknown.items[i];

		if (other->object == this->object && other->at == this->at &&
		    other->caller == this->caller)
			return true;
	}
	return false;
}

static int add_unknown_numbers(struct reach_result *result, const struct walk *walk,
			       const struct numbers *numbers, struct error *err)
{
	for (size_t i = 0; i < numbers->unknown.count; i++) {
		const struct unknown_number *unknown = &numbers->unknown.items[i];
		const struct loaded *object = &walk->graph->link_map.objects[unknown->object];
		_cleanup_free_ char *caller = walk_node_name(walk, unknown->caller);
		struct reach_gap *gap;

		if (is_known_gap(numbers, i))
			continue;
		gap = result_add_gap(result);
		if (!gap || !caller)
			return error_oom(err);
		gap->kind = GAP_NUMBER;
		gap->what = strdup(unknown->why);
		if (asprintf(&gap->place, "%s!0x%" PRIx64 " in %s", object->name,
			     object->summary->base + unknown->at, caller) < 0)
			gap->place = NULL;
		gap->path = number_path(walk, numbers, unknown->caller, unknown->need);
		if (!gap->what || !gap->place || !gap->path)
			return error_oom(err);
		result->lacks_numbers = true;
		result->is_complete = false;
	}
	return 0;
}

static int compare_calls(const void *left, const void *right)
{
	const struct reach_call *a = left, *b = right;

	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static bool has_gap(const struct reach_result *result, const struct reach_gap *gap)
{
	for (size_t i = 0; i < result->gaps_count; i++) {
		const struct reach_gap *other = &result->gaps[i];

		if (other->kind == gap->kind && strcmp(other->place, gap->place) == 0 &&
		    strcmp(other->what ? other->what : "", gap->what ? gap->what : "") == 0)
			return true;
	}
	return false;
}

#define ARGUMENTS_LIMIT 64 /* of one call */

static int compare_arguments(const void *left, const void *right)
{
	const struct reach_arguments *a = left, *b = right;

	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		if (a->value[i] != b->value[i])
			return a->value[i] < b->value[i] ? -1 : 1;
	return (a->any > b->any) - (a->any < b->any);
}

int reach_call_add_arguments(struct reach_call *call, const struct reach_arguments *arguments)
{
	struct reach_arguments *added;
	size_t at = 0;
	int order = 1;

	while (at < call->arguments_count &&
	       (order = compare_arguments(&call->arguments[at], arguments)) < 0)
		at++;
	if (at < call->arguments_count && order == 0)
		return 0;
	call->unbounded |= arguments->any;
	call->arguments_any |= arguments->any != 0;
	if (call->arguments_count == ARGUMENTS_LIMIT) {
		call->unbounded = UINT8_MAX;
		call->arguments_any = true;
		return 0;
	}
	added = array_grow_one(&call->arguments, call->arguments_count);
	if (!added)
		return -ENOMEM;
	added = &call->arguments[at];
	memmove(added + 1, added, (call->arguments_count - at) * sizeof(*added));
	*added = *arguments;
	call->arguments_count++;
	return 0;
}

int reach_result_merge(struct reach_result *into, struct reach_result *from, struct error *err)
{
	size_t before = into->calls_count;
	struct reach_call *calls = calloc(before + from->calls_count + 1, sizeof(*calls));

	if (!calls)
		return error_oom(err);
	if (before)
		memcpy(calls, into->calls, before * sizeof(*calls));
	free(into->calls);
	into->calls = calls;
	for (size_t i = 0; i < from->calls_count; i++) {
		struct reach_call *call = &from->calls[i];

		struct reach_call *same =
			bsearch(call, calls, before, sizeof(*calls), compare_calls);

		/* The new ones stand behind the sorted part. */
		if (same) {
			same->is_pipe_only &= call->is_pipe_only;
			same->beyond_any |= call->beyond_any;
			for (size_t k = 0; k < ARGUMENTS_MAX; k++) {
				same->beyond_bits[k] |= call->beyond_bits[k];
				same->beyond_values[k] |= call->beyond_values[k];
			}
			same->unbounded |= call->unbounded;
			same->arguments_any |= call->arguments_any;
			for (size_t k = 0; k < call->arguments_count; k++)
				if (reach_call_add_arguments(same, &call->arguments[k]) < 0)
					return error_oom(err);
			continue;
		}
		calls[into->calls_count++] = *call;
		memset(call, 0, sizeof(*call));
	}
	qsort(calls, into->calls_count, sizeof(*calls), compare_calls);
	for (size_t i = 0; i < from->gaps_count; i++) {
		struct reach_gap *gap;

		if (has_gap(into, &from->gaps[i]))
			continue;
		gap = result_add_gap(into);
		if (!gap)
			return error_oom(err);
		*gap = from->gaps[i];
		memset(&from->gaps[i], 0, sizeof(from->gaps[i]));
	}
	into->is_complete &= from->is_complete;
	into->lacks_numbers |= from->lacks_numbers;
	into->functions_count += from->functions_count;
	return 0;
}

int result_make(const struct walk *walk, const struct constants_scope *scope,
		struct reach_result **out, struct error *err)
{
	_cleanup_(reach_result_freep) struct reach_result *result = calloc(1, sizeof(*result));
	_cleanup_(numbers_free) struct numbers numbers = { 0 };
	int r;

	if (!result)
		return error_oom(err);
	result->is_complete = true;
	for (uint32_t i = 0; i < walk->count; i++)
		if (graph_function_of(walk->graph, graph_object_of(walk->graph, walk->order[i]),
				      walk->order[i]) != NO_INDEX)
			result->functions_count++;
	r = numbers_find(&numbers, walk, err);
	if (r == 0)
		r = add_calls(result, walk, &numbers, err);
	if (r == 0)
		find_pipes(result, walk, &numbers);
	if (r == 0 && scope->calls)
		r = constants_find(walk, &numbers, scope, result, err);
	if (r == 0)
		r = add_unknown_numbers(result, walk, &numbers, err);
	if (r == 0)
		r = launch_find(walk, result, err);
	for (size_t i = 0; r == 0 && i < result->gaps_count; i++)
		result->is_complete &= result->gaps[i].kind != GAP_OBJECT &&
				       result->gaps[i].kind != GAP_OBJECT_UNKNOWN;
	if (r == 0)
		*out = take(result);
	return r;
}
