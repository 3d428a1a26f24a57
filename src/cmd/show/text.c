// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The view for people. Every string from a recording is printed by utf8_print_safe(): a process may give
 * itself any name, even one that controls a terminal.
 */
#include "cmd/show/text.h"

#include "cmd/show/words.h"
#include "common/utf8.h"

static void print_sum(const struct view *view)
{
	const char *other = view->is_manager ? "The target's own part" : "The manager's part";

	words_counted(stdout, view->totals_count, "system call", "system calls");
	fputs(", made ", stdout);
	words_counted(stdout, view->count, "time", "times");
	fputs(view->is_manager ? " by the manager, before the program was executed.\n" : ".\n",
	      stdout);
	if (view->other_totals_count == 0)
		return;
	printf("%s is counted separately: ", other);
	words_counted(stdout, view->other_totals_count, "call", "calls");
	fputs(", ", stdout);
	words_counted(stdout, view->other_count, "time", "times");
	fputs(view->is_manager ? ".\n" : " (--manager shows it).\n", stdout);
}

int show_text(const struct view *view, bool colour)
{
	enum abi native = view_native(view->recording);

	show_head(view, colour);
	print_sum(view);
	for (size_t i = 0; i < view->groups_count; i++) {
		const struct view_group *group = &view->groups[i];

		putchar('\n');
		if (group->title) {
			fputs(BOLD(colour), stdout);
			utf8_print_safe(stdout, group->title);
			fputs(PLAIN(colour), stdout);
			fputs(": ", stdout);
			words_counted(stdout, group->rows_count, "call", "calls");
			fputs(", ", stdout);
			words_counted(stdout, group->count, "time", "times");
			putchar('\n');
		}
		if (show_table(group, view->by, native, colour) < 0)
			return -1;
	}
	return 0;
}
