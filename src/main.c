// SPDX-License-Identifier: LGPL-2.1-or-later
/* whittle: records the system calls of a service and restricts the service to them. */
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/print.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int print_help(FILE *out)
{
	fputs("Usage: whittle COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "Records the system calls of a service and restricts the service to them.\n\n",
	      out);
	for (unsigned group = GROUP_START; group < GROUP_COUNT; group++) {
		fprintf(out, "%s%s:\n", group > GROUP_START ? "\n" : "", command_groups[group]);
		for (const struct command *const *at = commands; *at; at++)
			if ((*at)->group == group)
				fprintf(out, "  %-12s %s\n", (*at)->name, (*at)->summary);
	}
	fputs("\nRun 'whittle COMMAND --help' for the options of a command, or see whittle(1).\n",
	      out);
	return out == stdout ? report_finish_output() : EX_USAGE;
}

int main(int argc, char *argv[])
{
	if (argc < 2)
		return print_help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return print_help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		puts("whittle " WHITTLE_VERSION);
		return report_finish_output();
	}
	for (const struct command *const *at = commands; *at; at++)
		if (strcmp(argv[1], (*at)->name) == 0)
			return (*at)->run(argc - 1, argv + 1);
	print_text(stderr, "whittle: %s %s\nTry 'whittle --help'.\n",
		   argv[1][0] == '-' ? "unknown option" : "no such command:", argv[1]);
	return EX_USAGE;
}
