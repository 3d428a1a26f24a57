// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The view for people. Every string that comes from a recording goes through print_safe(): a process
 * may call itself anything, also what steers a terminal.
 */
#include "show/view.h"

#include "common/cleanup.h"
#include "common/utf8.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define RUNS_SHOWN   8 /* heads; of more runs only what is amiss */
#define WHO_SHOWN    3
#define VALUES_SHOWN 12
#define GAP	     2 /* columns between columns */

static const char *start_of(bool colour, const char *code)
{
	return colour ? code : "";
}

#define BOLD(colour)   start_of(colour, "\x1b[1m")
#define DIM(colour)    start_of(colour, "\x1b[2m")
#define YELLOW(colour) start_of(colour, "\x1b[33m")
#define PLAIN(colour)  start_of(colour, "\x1b[0m")

/* "12,345"; returns its length. */
static size_t print_count(FILE *out, uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			putc(',', out);
		putc(digits[i], out);
	}
	return (size_t)(length + (length - 1) / 3);
}

static void print_counted(FILE *out, uint64_t count, const char *one, const char *many)
{
	print_count(out, count);
	fprintf(out, " %s", count == 1 ? one : many);
}

static void print_duration(uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (s >= 86400)
		printf("%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		printf("%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		printf("%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		printf("%.1f s", (double)ns / 1e9);
}

static void print_time(uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm parts;
	char text[64];

	if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%F %T UTC", &parts) > 0)
		fputs(text, stdout);
	else
		printf("%" PRIu64 " s after 1970", us / 1000000);
}

/* ---- the head ---- */

static void print_label(const char *label)
{
	printf("  %-9s ", label);
}

static void print_environment(const struct run *run)
{
	const struct {
		const char *before;
		const char *value;
	} parts[] = {
		{ "", run->os },   { "Linux ", run->kernel },	 { "", run->machine },
		{ "", run->libc }, { "systemd ", run->systemd },
	};
	bool is_first = true;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].value)
			continue;
		if (is_first)
			print_label("System");
		else
			fputs(", ", stdout);
		is_first = false;
		fputs(parts[i].before, stdout);
		print_safe(stdout, parts[i].value);
	}
	if (!is_first)
		putchar('\n');
}

static void print_lost_part(uint64_t count, const char *one, const char *many, bool *is_first)
{
	if (count == 0)
		return;
	if (!*is_first)
		fputs("; ", stdout);
	*is_first = false;
	print_counted(stdout, count, one, many);
}

static bool is_lossy(const struct losses *lost)
{
	return lost->calls || lost->arguments || lost->stacks || lost->processes;
}

static void print_lost(const struct losses *lost, bool colour)
{
	bool is_first = true;

	print_label("Lost");
	if (!is_lossy(lost)) {
		puts("nothing");
		return;
	}
	fputs(YELLOW(colour), stdout);
	print_lost_part(lost->calls, "call not counted", "calls not counted", &is_first);
	print_lost_part(lost->arguments, "value of arguments (read: any value)",
			"values of arguments (read: any value)", &is_first);
	print_lost_part(lost->stacks, "first caller", "first callers", &is_first);
	print_lost_part(lost->processes, "process that shares a row with others",
			"processes that share a row with others", &is_first);
	printf("%s\n", PLAIN(colour));
}

static bool has_unseen_line(const struct run *run)
{
	for (size_t i = 0; i < run->lines_count; i++)
		if (!run->lines[i].is_seen)
			return true;
	return false;
}

static void print_unseen_lines(const struct run *run, bool colour)
{
	for (size_t i = 0; i < run->lines_count; i++) {
		const struct unit_line *line = &run->lines[i];

		if (line->is_seen)
			continue;
		print_label("Not seen");
		fputs(YELLOW(colour), stdout);
		print_safe(stdout, line->setting);
		putchar('=');
		print_safe(stdout, line->command);
		printf("%s never ran; its calls are not in this recording\n", PLAIN(colour));
	}
}

static void print_filter(const struct run *run, bool colour)
{
	if (run->filter != FILTER_PRESENT)
		return;
	print_label("Filter");
	printf("%sa filter was on the target: calls that it refuses were not seen%s\n",
	       YELLOW(colour), PLAIN(colour));
}

static void print_target(const struct run *run, bool colour)
{
	fputs(BOLD(colour), stdout);
	print_safe(stdout, run->target);
	printf("%s (%s)\n", PLAIN(colour), target_kind_name(run->target_kind));
}

static void print_run(const struct run *run, bool colour)
{
	print_target(run, colour);
	print_label("Recorded");
	print_time(run->started_us);
	fputs(" for ", stdout);
	print_duration(run->duration_ns);
	fputs(" by ", stdout);
	print_safe(stdout, run->observer);
	if (run->ended[0]) {
		fputs("; ended: ", stdout);
		print_safe(stdout, run->ended);
	}
	putchar('\n');
	print_environment(run);
	print_label("Run");
	puts(run->id);
	print_lost(&run->lost, colour);
	print_filter(run, colour);
	print_unseen_lines(run, colour);
	putchar('\n');
}

static void print_amiss(const struct run *run, bool colour)
{
	if (!is_lossy(&run->lost) && run->filter != FILTER_PRESENT && !has_unseen_line(run))
		return;
	print_target(run, colour);
	print_label("Run");
	puts(run->id);
	print_lost(&run->lost, colour);
	print_filter(run, colour);
	print_unseen_lines(run, colour);
	putchar('\n');
}

static void print_head(const struct view *view, bool colour)
{
	const struct run *const *runs;
	size_t count = recording_runs(view->recording, &runs);

	for (size_t i = 0; i < count && i < RUNS_SHOWN; i++)
		print_run(runs[i], colour);
	if (count > RUNS_SHOWN) {
		print_counted(stdout, count - RUNS_SHOWN, "run", "runs");
		fputs(" more; of these only what is amiss:\n\n", stdout);
	}
	for (size_t i = RUNS_SHOWN; i < count; i++)
		print_amiss(runs[i], colour);
}

static void print_sum(const struct view *view)
{
	const char *other = view->is_manager ? "The target's own part" : "The manager's part";

	print_counted(stdout, view->totals_count, "system call", "system calls");
	fputs(", made ", stdout);
	print_counted(stdout, view->count, "time", "times");
	fputs(view->is_manager ? " by the manager, before the program was executed.\n" : ".\n",
	      stdout);
	if (view->other_totals_count == 0)
		return;
	printf("%s is kept apart: ", other);
	print_counted(stdout, view->other_totals_count, "call", "calls");
	fputs(", ", stdout);
	print_counted(stdout, view->other_count, "time", "times");
	fputs(view->is_manager ? ".\n" : " (--manager shows it).\n", stdout);
}

/* ---- the table ---- */

/* Text that is safe to print, and the columns that it takes. */
struct cell {
	char *text;
	size_t size;
	size_t columns;
};

enum column { COLUMN_COUNT, COLUMN_CALL, COLUMN_PHASE, COLUMN_WHO, COLUMN_FIRST, COLUMNS };

static const char *const titles[COLUMNS] = { "COUNT", "CALL", "PHASE", "WHO", "FIRST CALLER" };

/* Each of these writes a cell and returns its columns. */

static size_t fill_count(FILE *out, const struct view_row *row)
{
	return row->count ? print_count(out, row->count) : print_safe(out, "?");
}

static size_t fill_call(FILE *out, const struct view_row *row, enum abi native)
{
	char name[CALL_NAME_SIZE];
	size_t columns = 0;

	if (row->abi != native)
		columns = print_safe(out, abi_info(row->abi)->name) + print_safe(out, ":");
	return columns + print_safe(out, call_name(row->abi, row->nr, name));
}

static size_t fill_phase(FILE *out, const struct view_row *row)
{
	size_t columns = 0;

	for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
		if (!(row->phases & (1u << phase)))
			continue;
		columns += print_safe(out, columns ? "+" : "");
		columns += print_safe(out, phase_name((enum phase)phase));
	}
	return columns;
}

static size_t fill_who(FILE *out, const struct view_row *row)
{
	size_t columns = 0;

	for (size_t i = 0; i < row->parts_count && i < WHO_SHOWN; i++) {
		columns += print_safe(out, i > 0 ? ", " : "");
		columns += print_safe(out, row->parts[i].who);
	}
	if (row->parts_count > WHO_SHOWN) {
		int more = fprintf(out, " and %zu more", row->parts_count - WHO_SHOWN);

		columns += more > 0 ? (size_t)more : 0;
	}
	return columns;
}

static size_t print_frame(FILE *out, const struct run *run, const struct frame *frame)
{
	_cleanup_free_ char *text = frame_format(run, frame);

	return text ? print_safe(out, text) : 0;
}

/* The innermost frame, which is the library's as a rule, and the first outside of its object. */
static size_t fill_first(FILE *out, const struct view_row *row)
{
	const struct frame *stack = row->first->stack;
	size_t columns = 0;

	if (row->first->stack_count == 0)
		return 0;
	columns = print_frame(out, row->first_run, &stack[0]);
	for (size_t i = 1; i < row->first->stack_count; i++) {
		if (stack[i].object == stack[0].object)
			continue;
		fputs(" < ", out);
		columns += 3 + print_frame(out, row->first_run, &stack[i]);
		break;
	}
	return columns;
}

static size_t fill_column(FILE *out, enum column column, const struct view_row *row,
			  enum abi native)
{
	switch (column) {
	case COLUMN_COUNT:
		return fill_count(out, row);
	case COLUMN_CALL:
		return fill_call(out, row, native);
	case COLUMN_PHASE:
		return fill_phase(out, row);
	case COLUMN_WHO:
		return fill_who(out, row);
	case COLUMN_FIRST:
	case COLUMNS:
		break;
	}
	return fill_first(out, row);
}

/* ROW NULL: the column's title. */
static int fill_cell(struct cell *cell, enum column column, const struct view_row *row,
		     enum abi native)
{
	FILE *out = open_memstream(&cell->text, &cell->size);

	if (!out)
		return -1;
	if (row)
		cell->columns = fill_column(out, column, row, native);
	else
		cell->columns = print_safe(out, titles[column]);
	return fclose(out) == 0 ? 0 : -1;
}

static void print_padding(size_t columns)
{
	printf("%*s", (int)columns, "");
}

/* A table of one process or phase does not repeat it in each row. */
static bool is_shown(enum column column, enum view_by by)
{
	return !(column == COLUMN_WHO && by == VIEW_BY_PROCESS) &&
	       !(column == COLUMN_PHASE && by == VIEW_BY_PHASE);
}

/* The first column stands right, the others left; nothing follows the last text of a line. */
static void print_row(const struct cell *cells, const size_t *widths, enum view_by by, bool colour)
{
	size_t gap = 0;

	for (int column = 0; column < COLUMNS; column++) {
		const struct cell *cell = &cells[column];
		bool is_name = column == COLUMN_CALL;

		if (!is_shown((enum column)column, by))
			continue;
		if (column == COLUMN_COUNT)
			gap = widths[column] - cell->columns;
		if (cell->columns > 0) {
			print_padding(gap);
			printf("%s%s%s", is_name ? BOLD(colour) : "", cell->text,
			       is_name ? PLAIN(colour) : "");
			gap = 0;
		}
		gap += GAP + (column == COLUMN_COUNT ? 0 : widths[column] - cell->columns);
	}
	putchar('\n');
}

static void print_value(const struct syscall_arguments *table, const struct argument_values *values)
{
	uint64_t level = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->argument[i].kind == ARGUMENT_SOCKET_LEVEL)
			level = values->value[i];
	for (size_t i = 0; i < table->count; i++) {
		char buffer[256];

		printf("%s%s=%s", i ? " " : "", table->argument[i].label,
		       argument_format(table->argument[i].kind, values->value[i], level, buffer,
				       sizeof(buffer)));
	}
	if (values->count > 0) {
		fputs("  x", stdout);
		print_count(stdout, values->count);
	}
}

/* Below the row, under the call's name. */
static void print_arguments(const struct view_row *row, size_t indent, bool colour)
{
	const struct total *total = row->total;
	const char *name = syscall_name(row->abi, row->nr);
	const struct syscall_arguments *table = name ? syscall_arguments(name) : NULL;

	if (!table)
		return;
	for (size_t i = 0; i < total->arguments_count && i < VALUES_SHOWN; i++) {
		print_padding(indent + 2);
		fputs(DIM(colour), stdout);
		print_value(table, &total->arguments[i]);
		printf("%s\n", PLAIN(colour));
	}
	if (total->arguments_count > VALUES_SHOWN) {
		print_padding(indent + 2);
		printf("%sand %zu values more (--json has all)%s\n", DIM(colour),
		       total->arguments_count - VALUES_SHOWN, PLAIN(colour));
	}
	if (total->arguments_any) {
		print_padding(indent + 2);
		printf("%sany value: %s%s\n", DIM(colour),
		       total->arguments_count ? "not all were recorded" : "none was recorded",
		       PLAIN(colour));
	}
}

/* The titles are the first row of the table. */
static int print_group(const struct view_group *group, enum view_by by, enum abi native,
		       bool colour)
{
	size_t widths[COLUMNS] = { 0 }, rows = group->rows_count + 1;
	struct cell *cells = calloc(rows * COLUMNS, sizeof(*cells));
	int status = cells ? 0 : -1;

	for (size_t i = 0; i < rows * COLUMNS && status == 0; i++) {
		enum column column = (enum column)(i % COLUMNS);
		size_t row = i / COLUMNS;

		status = fill_cell(&cells[i], column, row ? &group->rows[row - 1] : NULL, native);
		if (cells[i].columns > widths[column])
			widths[column] = cells[i].columns;
	}
	for (size_t row = 0; row < rows && status == 0; row++) {
		print_row(cells + row * COLUMNS, widths, by, colour);
		if (row > 0 && !group->title)
			print_arguments(&group->rows[row - 1], widths[COLUMN_COUNT] + GAP, colour);
	}
	for (size_t i = 0; cells && i < rows * COLUMNS; i++)
		free(cells[i].text);
	free(cells);
	return status;
}

int show_text(const struct view *view, bool colour)
{
	enum abi native = view_native(view->recording);

	print_head(view, colour);
	print_sum(view);
	for (size_t i = 0; i < view->groups_count; i++) {
		const struct view_group *group = &view->groups[i];

		putchar('\n');
		if (group->title) {
			fputs(BOLD(colour), stdout);
			print_safe(stdout, group->title);
			fputs(PLAIN(colour), stdout);
			fputs(": ", stdout);
			print_counted(stdout, group->rows_count, "call", "calls");
			fputs(", ", stdout);
			print_counted(stdout, group->count, "time", "times");
			putchar('\n');
		}
		if (print_group(group, view->by, native, colour) < 0)
			return -1;
	}
	return 0;
}
