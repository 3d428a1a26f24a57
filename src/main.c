// SPDX-License-Identifier: LGPL-2.1-or-later
/* whittle: finds out which system calls a service makes, and locks it down to them. */
#include "commands.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* In the order of the flow, which is the order of --help; a row a command. */
/* clang-format off */
const struct command *const commands[] = {
	&command_record,
	&command_oci_hook,
	&command_import,
	&command_learn,
	&command_show,
	&command_merge,
	&command_watch,
	&command_status,
	&command_guard,
	&command_drift,
	&command_decide,
	&command_emit,
	&command_reach,
	&command_apply,
	&command_verify,
	&command_revert,
	&command_explain,
	&command_lookup,
	&command_compile,
	&command_decode,
	&command_compare,
	&command_test,
	&command_exec,
	&command_harden,
	&command_attach,
	&command_completion,
	NULL,
};
/* clang-format on */

static int print_help(FILE *out)
{
	fputs("Usage: whittle COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "Finds out which system calls a service makes, and locks it down to them.\n\n"
	      "Commands:\n",
	      out);
	for (const struct command *const *at = commands; *at; at++)
		fprintf(out, "  %-12s %s\n", (*at)->name, (*at)->summary);
	fputs("\n'whittle COMMAND --help' tells more, and so does whittle(1).\n", out);
	return out == stdout ? finish_output() : EX_USAGE;
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
		return finish_output();
	}
	for (const struct command *const *at = commands; *at; at++)
		if (strcmp(argv[1], (*at)->name) == 0)
			return (*at)->run(argc - 1, argv + 1);
	fprintf(stderr, "whittle: no such command: %s\nTry 'whittle --help'.\n", argv[1]);
	return EX_USAGE;
}
