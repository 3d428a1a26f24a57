// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rows of all runs are flattened into items, sorted by (group, call, process), and equal neighbours
 * are added up. recording_totals() has already proved that no sum overflows: every sum here is a
 * part of one there.
 */
#include "cmd/show/view.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <string.h>

struct item {
	const struct run *run;
	const struct call *call;
	const char *who;
	unsigned group;
	size_t order; /* in the recording: makes sorting stable */
};

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The program's name; the comm too where a process calls itself something else; its title; and the
 * unit's line where that is not the main one. */
static char *label_of(const struct process *process)
{
	const char *program = base_name(process->executable);
	/* A comm is the first 15 bytes of the name unless it was set. */
	bool is_renamed = process->command[0] && strncmp(program, process->command, 15) != 0;
	bool is_main = !process->line || strcmp(process->line, "ExecStart") == 0;
	char *label;

	if (!program[0]) {
		program = process->command[0] ? process->command : "(unknown)";
		is_renamed = false;
	}
	if (asprintf(&label, "%s%s%s%s%s%s%s%s%s", program, is_renamed ? " (" : "",
		     is_renamed ? process->command : "", is_renamed ? ")" : "",
		     process->title ? "/" : "", process->title ? process->title : "",
		     is_main ? "" : " [", is_main ? "" : process->line, is_main ? "" : "]") < 0)
		return NULL;
	return label;
}

static int compare_labels(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int make_labels(struct view *view)
{
	const struct run *const *runs;
	size_t runs_count = recording_runs(view->recording, &runs), count = 0, kept = 0;

	for (size_t i = 0; i < runs_count; i++)
		count += runs[i]->processes_count;
	view->labels = calloc(count + 1, sizeof(*view->labels));
	if (!view->labels)
		return -1;
	for (size_t i = 0; i < runs_count; i++) {
		for (size_t j = 0; j < runs[i]->processes_count; j++) {
			char *label = label_of(&runs[i]->processes[j]);

			if (!label)
				return -1;
			view->labels[view->labels_count++] = label;
		}
	}
	qsort(view->labels, count, sizeof(*view->labels), compare_labels);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && strcmp(view->labels[kept - 1], view->labels[i]) == 0)
			free(view->labels[i]);
		else
			view->labels[kept++] = view->labels[i];
	}
	view->labels_count = kept;
	return 0;
}

/* The label's index, by a process of some run. */
static int find_label(const struct view *view, const struct process *process, size_t *index)
{
	_cleanup_free_ char *label = label_of(process);
	char **found;

	if (!label)
		return -1;
	found = bsearch(&label, view->labels, view->labels_count, sizeof(label), compare_labels);
	*index = (size_t)(found - view->labels);
	return 0;
}

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int order = COMPARE(a->group, b->group);

	order = order ? order : COMPARE(a->call->abi, b->call->abi);
	order = order ? order : COMPARE(a->call->nr, b->call->nr);
	order = order ? order : strcmp(a->who, b->who);
	return order ? order : COMPARE(a->order, b->order);
}

static int append_items(const struct view *view, const struct run *run, struct item *items,
			size_t *count)
{
	_cleanup_free_ size_t *labels = calloc(run->processes_count + 1, sizeof(*labels));

	if (!labels)
		return -1;
	for (size_t i = 0; i < run->processes_count; i++)
		if (find_label(view, &run->processes[i], &labels[i]) < 0)
			return -1;
	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];
		size_t label = labels[call->process];

		if (run->processes[call->process].is_manager != view->is_manager)
			continue;
		items[*count] = (struct item){
			.run = run,
			.call = call,
			.who = view->labels[label],
			.group = view->by == VIEW_BY_PROCESS ? (unsigned)label
				 : view->by == VIEW_BY_PHASE ? call->phase
							     : 0,
			.order = *count,
		};
		(*count)++;
	}
	return 0;
}

static int make_items(const struct view *view, struct item **items, size_t *count)
{
	const struct run *const *runs;
	size_t runs_count = recording_runs(view->recording, &runs), room = 0;

	for (size_t i = 0; i < runs_count; i++)
		room += runs[i]->calls_count;
	*items = calloc(room + 1, sizeof(**items));
	if (!*items)
		return -1;
	for (size_t i = 0; i < runs_count; i++)
		if (append_items(view, runs[i], *items, count) < 0)
			return -1;
	qsort(*items, *count, sizeof(**items), compare_items);
	return 0;
}

/* ---- adding up ---- */

static int compare_parts(const void *left, const void *right)
{
	const struct view_part *a = left, *b = right;
	int order = COMPARE(b->count, a->count);

	return order ? order : strcmp(a->who, b->who);
}

static bool is_better_first(const struct call *call, const struct call *than)
{
	if (!call->stack_count != !than->stack_count)
		return call->stack_count > 0;
	return call->first_ns < than->first_ns;
}

static int compare_total(const void *left, const void *right)
{
	const struct total *a = left, *b = right;
	int order = COMPARE(a->abi, b->abi);

	return order ? order : COMPARE(a->nr, b->nr);
}

static int make_row(const struct view *view, struct view_row *row, const struct item *items,
		    size_t count)
{
	const struct total key = { .abi = items->call->abi, .nr = items->call->nr };

	*row = (struct view_row){
		.abi = key.abi,
		.nr = key.nr,
		.first = items->call,
		.first_run = items->run,
		.total =
			bsearch(&key, view->totals, view->totals_count, sizeof(key), compare_total),
		.parts = calloc(count, sizeof(*row->parts)),
	};
	if (!row->parts)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct call *call = items[i].call;

		if (i == 0 || strcmp(items[i].who, items[i - 1].who) != 0)
			row->parts[row->parts_count++].who = items[i].who;
		row->parts[row->parts_count - 1].count += call->count;
		row->count += call->count;
		row->phases |= 1u << call->phase;
		row->phase_count[call->phase] += call->count;
		if (is_better_first(call, row->first)) {
			row->first = call;
			row->first_run = items[i].run;
		}
	}
	if (view->by == VIEW_BY_CALL) {
		row->first = row->total->first;
		row->first_run = row->total->first_run;
	}
	qsort(row->parts, row->parts_count, sizeof(*row->parts), compare_parts);
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	const struct view_row *a = left, *b = right;
	char a_buffer[CALL_NAME_SIZE], b_buffer[CALL_NAME_SIZE];
	int order = strcmp(call_name(a->abi, a->nr, a_buffer), call_name(b->abi, b->nr, b_buffer));

	return order ? order : COMPARE(a->abi, b->abi);
}

static int compare_counts(const void *left, const void *right)
{
	const struct view_row *a = left, *b = right;
	int order = COMPARE(b->count, a->count);

	return order ? order : compare_names(left, right);
}

static bool is_same_call(const struct item *a, const struct item *b)
{
	return a->group == b->group && a->call->abi == b->call->abi && a->call->nr == b->call->nr;
}

static const char *title_of(const struct view *view, unsigned group)
{
	switch (view->by) {
	case VIEW_BY_PROCESS:
		return view->labels[group];
	case VIEW_BY_PHASE:
		return phase_name((enum phase)group);
	case VIEW_BY_CALL:
		break;
	}
	return NULL;
}

/* Not an error where it does not fit: only headings show sums over different calls. */
static void add_saturated(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = UINT64_MAX;
}

static uint64_t add_up(const struct total *totals, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		add_saturated(&sum, totals[i].count);
	return sum;
}

/* Makes room for a group's rows, which are no more than its items. */
static int open_group(struct view_group *group, const struct item *items, size_t count)
{
	size_t room = 0;

	while (room < count && items[room].group == items->group)
		room++;
	group->rows = calloc(room + 1, sizeof(*group->rows));
	return group->rows ? 0 : -1;
}

static int make_groups(struct view *view, enum view_sort sort)
{
	_cleanup_free_ struct item *items = NULL;
	size_t count = 0, same;
	struct view_group *group = NULL;

	if (make_items(view, &items, &count) < 0)
		return -1;
	view->groups = calloc(count + 1, sizeof(*view->groups));
	if (!view->groups)
		return -1;
	for (size_t i = 0; i < count; i += same) {
		if (i == 0 || items[i].group != items[i - 1].group) {
			group = &view->groups[view->groups_count++];
			group->title = title_of(view, items[i].group);
			if (open_group(group, items + i, count - i) < 0)
				return -1;
		}
		for (same = 1; i + same < count && is_same_call(&items[i], &items[i + same]);)
			same++;
		if (make_row(view, &group->rows[group->rows_count++], items + i, same) < 0)
			return -1;
		add_saturated(&group->count, group->rows[group->rows_count - 1].count);
	}
	for (size_t i = 0; i < view->groups_count && view->groups[i].rows; i++)
		qsort(view->groups[i].rows, view->groups[i].rows_count, sizeof(*group->rows),
		      sort == VIEW_SORT_NAME ? compare_names : compare_counts);
	return 0;
}

int view_new(const struct recording *recording, bool manager, enum view_by by, enum view_sort sort,
	     struct view **result, struct error *err)
{
	_cleanup_(view_freep) struct view *view = calloc(1, sizeof(*view));
	int status;

	if (!view)
		return error_oom(err);
	view->recording = recording;
	view->by = by;
	view->is_manager = manager;
	status = recording_totals(recording, manager, &view->totals, &view->totals_count, err);
	if (status < 0)
		return status;
	status = recording_totals(recording, !manager, &view->other_totals,
				  &view->other_totals_count, err);
	if (status < 0)
		return status;
	view->count = add_up(view->totals, view->totals_count);
	view->other_count = add_up(view->other_totals, view->other_totals_count);
	if (make_labels(view) < 0 || make_groups(view, sort) < 0)
		return error_oom(err);
	*result = take(view);
	return 0;
}

void view_freep(struct view **pointer)
{
	struct view *view = take(*pointer);

	if (!view)
		return;
	for (size_t i = 0; i < view->groups_count; i++) {
		for (size_t j = 0; j < view->groups[i].rows_count; j++)
			free(view->groups[i].rows[j].parts);
		free(view->groups[i].rows);
	}
	free(view->groups);
	for (size_t i = 0; i < view->labels_count; i++)
		free(view->labels[i]);
	free(view->labels);
	totals_free(view->totals, view->totals_count);
	totals_free(view->other_totals, view->other_totals_count);
	free(view);
}

enum abi view_native(const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);
	enum abi native = abi_native(), abi;
	bool is_told = false;

	for (size_t i = 0; i < count; i++) {
		if (!runs[i]->machine || abi_from_name(runs[i]->machine, &abi) < 0)
			continue;
		if (is_told && abi != native)
			return ABI_COUNT;
		native = abi;
		is_told = true;
	}
	return native;
}

char *view_format_frame(const struct run *run, const struct frame *frame)
{
	const char *object =
		frame->object >= 0 ? base_name(run->objects[frame->object].path) : NULL;
	char *text;
	int length;

	if (frame->symbol && frame->symbol_offset == 0)
		length = asprintf(&text, "%s!%s", object ? object : "?", frame->symbol);
	else if (frame->symbol)
		length = asprintf(&text, "%s!%s+0x%" PRIx64, object ? object : "?", frame->symbol,
				  frame->symbol_offset);
	else if (object)
		length = asprintf(&text, "%s+0x%" PRIx64, object, frame->offset);
	else
		length = asprintf(&text, "0x%" PRIx64, frame->offset);
	return length < 0 ? NULL : text;
}
