// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the summary of `strace -c`: a head with the names of the columns (chosen by -U), a rule of dashes,
 * one row per call, a rule, the total. Column widths differ between versions, and numbers may exceed them.
 * So rows are read word by word; only `errors` may be empty.
 */
#include "import/trace/strace.h"

#include "common/word.h"

/* Which columns there are; false where one that is needed is not. */
static bool read_head(struct strace_table *table, const char *line, size_t length)
{
	const char *at = line, *end = line + length, *word;
	size_t size;

	table->columns = 0;
	table->calls = table->errors = table->name = STRACE_COLUMNS;
	while (import_word(&at, end, &word, &size) && table->columns < STRACE_COLUMNS) {
		if (is_word(word, size, "%")) /* "% time" */
			continue;
		if (is_word(word, size, "calls"))
			table->calls = table->columns;
		else if (is_word(word, size, "errors"))
			table->errors = table->columns;
		else if (is_word(word, size, "syscall"))
			table->name = table->columns;
		table->columns++;
	}
	return table->name < STRACE_COLUMNS && table->columns > 1;
}

bool strace_table_is_head(const char *line, size_t length)
{
	struct strace_table table;

	/* The cheap test first: this is asked of every line that is no call. */
	if (!length || (*line != '%' && *line != ' ' && *line != 's' && *line != 'c'))
		return false;
	return read_head(&table, line, length);
}

void strace_table_begin(struct strace_table *table, const char *line, size_t length)
{
	read_head(table, line, length);
	table->is_open = true;
}

bool strace_table_mode(enum abi native, const char *mode, size_t length, enum abi *abi)
{
	if (has_prefix(mode, length, "64 bit"))
		*abi = native == ABI_X32 || native == ABI_I386 ? ABI_X86_64 : native;
	else if (has_prefix(mode, length, "x32"))
		*abi = ABI_X32;
	else if (has_prefix(mode, length, "32 bit"))
		*abi = native == ABI_AARCH64 || native == ABI_ARM ? ABI_ARM : ABI_I386;
	else
		return false;
	return true;
}

bool strace_table_is_title(struct strace_table *table, const char *line, size_t length)
{
	static const char title[] = "System call usage summary for ";

	if (!has_prefix(line, length, title))
		return false;
	table->has_abi = strace_table_mode(table->abi, line + sizeof(title) - 1,
					   length - (sizeof(title) - 1), &table->abi);
	return true;
}

const char *strace_table_line(struct import *import, struct strace_table *table, bool is_counted,
			      const char *line, size_t length)
{
	const char *at = line, *end = line + length, *words[STRACE_COLUMNS];
	size_t sizes[STRACE_COLUMNS];
	unsigned count = 0, name = table->name, calls = table->calls;
	enum abi abi = table->has_abi ? table->abi : import->settings->abi;
	uint64_t number = 0;
	int nr;

	while (count < STRACE_COLUMNS && import_word(&at, end, &words[count], &sizes[count]))
		count++;
	if (count == 0 || words[0][0] == '-')
		return NULL;
	if (count == table->columns - 1 && table->errors < table->columns) {
		name -= name > table->errors;
		calls -= calls < STRACE_COLUMNS && calls > table->errors;
	} else if (count != table->columns) {
		return "a row of a summary with too few or too many columns";
	}
	if (is_word(words[name], sizes[name], "total")) {
		table->is_open = false;
		table->has_abi = false;
		return NULL;
	}
	if (calls < STRACE_COLUMNS && !import_number(words[calls], sizes[calls], &number))
		return "a row of a summary without a number of calls";
	if (!names_find(&import->run_builder->names, abi, words[name], sizes[name], &nr))
		return "no system call of this ABI has this name";
	/* Below a log (-C) the rows are of the same calls; those that the log lacks were lost from it. */
	if (!is_counted || !run_builder_has(import->run_builder, abi, nr))
		run_builder_add(import->run_builder,
				run_builder_image(import->run_builder, "", 0, false), abi, nr,
				number);
	return NULL;
}
