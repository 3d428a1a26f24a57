// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/report.h"

#include "common/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int report(const struct error *err)
{
	fflush(stdout);
	print_text(stderr, "whittle: %s\n", err->message);
	return error_exit_code(err);
}

int report_usage(const struct command *command, const struct error *err)
{
	print_text(stderr, "whittle %s: %s\nTry 'whittle %s --help'.\n", command->name,
		   err->message, command->name);
	return EX_USAGE;
}

void report_warning(const char *format, ...)
{
	va_list ap;

	fputs("whittle: warning: ", stderr);
	va_start(ap, format);
	print_text_arguments(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int report_finish_output(void)
{
	struct error err = { 0 };
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return EXIT_SUCCESS;
	error_set_errno(&err, errno ? -errno : -EIO, "standard output");
	return report(&err);
}

bool report_use_colour(FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no_colour && *no_colour) &&
	       !(term && strcmp(term, "dumb") == 0);
}
