// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A table of calls. Each cell becomes text first, so that the columns are as wide as their
 * contents; a recording's strings are made safe to print, and their width is counted in characters.
 */
#include "cmd/show/text.h"
#include "cmd/show/words.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "syscall/syscall.h"

#define WHO_SHOWN    3
#define VALUES_SHOWN 12
#define GAP	     2 /* columns between columns */

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
	return row->count ? words_count(out, row->count) : utf8_print_safe(out, "?");
}

static size_t fill_call(FILE *out, const struct view_row *row, enum abi native)
{
	char name[CALL_NAME_SIZE];
	size_t columns = 0;

	if (row->abi != native)
		columns =
			utf8_print_safe(out, abi_info(row->abi)->name) + utf8_print_safe(out, ":");
	return columns + utf8_print_safe(out, call_name(row->abi, row->nr, name));
}

static size_t fill_phase(FILE *out, const struct view_row *row)
{
	size_t columns = 0;

	for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
		if (!(row->phases & (1u << phase)))
			continue;
		columns += utf8_print_safe(out, columns ? "+" : "");
		columns += utf8_print_safe(out, phase_name((enum phase)phase));
	}
	return columns;
}

static size_t fill_who(FILE *out, const struct view_row *row)
{
	size_t columns = 0;

	for (size_t i = 0; i < row->parts_count && i < WHO_SHOWN; i++) {
		columns += utf8_print_safe(out, i > 0 ? ", " : "");
		columns += utf8_print_safe(out, row->parts[i].who);
	}
	if (row->parts_count > WHO_SHOWN) {
		int more = fprintf(out, " and %zu more", row->parts_count - WHO_SHOWN);

		columns += more > 0 ? (size_t)more : 0;
	}
	return columns;
}

static size_t print_frame(FILE *out, const struct run *run, const struct frame *frame)
{
	_cleanup_free_ char *text = view_format_frame(run, frame);

	return text ? utf8_print_safe(out, text) : 0;
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
		cell->columns = utf8_print_safe(out, titles[column]);
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

static void print_value(enum abi abi, const struct syscall_arguments *table,
			const struct argument_values *values)
{
	uint64_t level = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->argument[i].kind == ARGUMENT_SOCKET_LEVEL)
			level = values->value[i];
	for (size_t i = 0; i < table->count; i++) {
		char buffer[256];

		printf("%s%s=%s", i ? " " : "", table->argument[i].label,
		       argument_format(abi, table->argument[i].kind, values->value[i], level,
				       buffer, sizeof(buffer)));
	}
	if (values->count > 0) {
		fputs("  x", stdout);
		words_count(stdout, values->count);
	}
}

/* Below the row, under the call's name. */
static void print_arguments(const struct view_row *row, size_t indent, bool colour)
{
	const struct total *total = row->total;
	const char *name = syscall_name(row->abi, row->nr);
	const struct syscall_arguments *table = name ? syscall_arguments_of(row->abi, name) : NULL;

	if (!table)
		return;
	for (size_t i = 0; i < total->arguments_count && i < VALUES_SHOWN; i++) {
		print_padding(indent + 2);
		fputs(DIM(colour), stdout);
		print_value(row->abi, table, &total->arguments[i]);
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
int show_table(const struct view_group *group, enum view_by by, enum abi native, bool colour)
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
