/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contents of `whittle show`, before they become text or JSON: the recording's rows added up by
 * call in groups (one, or one per process or phase), each with the processes that made the calls.
 */
#ifndef WHITTLE_CMD_SHOW_VIEW_H
#define WHITTLE_CMD_SHOW_VIEW_H

#include "recording/recording.h"

enum view_by { VIEW_BY_CALL, VIEW_BY_PROCESS, VIEW_BY_PHASE };
enum view_sort { VIEW_SORT_COUNT, VIEW_SORT_NAME };

/* A process image's part in a row. */
struct view_part {
	const char *who; /* "nginx/worker process [ExecReload]" */
	uint64_t count;
};

struct view_row {
	enum abi abi;
	int nr;
	uint64_t count;
	uint64_t phase_count[PHASE_COUNT];
	unsigned phases; /* bits 1 << enum phase */
	const struct run *first_run;
	const struct call *first;
	const struct total *total; /* of this call over all groups: its arguments */
	struct view_part *parts; /* by count, most first */
	size_t parts_count;
};

struct view_group {
	const char *title; /* NULL: the one group */
	uint64_t count;
	struct view_row *rows;
	size_t rows_count;
};

struct view {
	const struct recording *recording;
	enum view_by by;
	bool is_manager; /* show the manager's part instead of the rest */
	struct view_group *groups;
	size_t groups_count;
	struct total *totals, *other_totals; /* the shown part, and the other one */
	size_t totals_count, other_totals_count;
	uint64_t count, other_count; /* sums over the totals */
	char **labels;
	size_t labels_count;
};

int view_new(const struct recording *recording, bool manager, enum view_by by, enum view_sort sort,
	     struct view **view, struct error *err);
void view_freep(struct view **view);

/* The ABI that needs no mention: of the machine that all runs were made on; ABI_COUNT if they
 * differ; this program's if no run names one. */
enum abi view_native(const struct recording *recording);

/* "libc.so.6!epoll_wait+0x1e", into a malloc'd string; NULL: out of memory. */
char *view_format_frame(const struct run *run, const struct frame *frame);

/* To standard output; -1: out of memory. */
int show_text(const struct view *view, bool colour);
void show_json(const struct view *view, FILE *out);

#endif
