// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/print.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

#define WIDTH 80 /* of a terminal that does not tell it */

/* The first characters of TEXT, COLUMNS at most. */
static size_t fitting(const char *text, size_t columns)
{
	const char *end = text;

	for (; *end && columns > 0; columns--) {
		uint32_t code;
		size_t length = utf8_length(end, &code);

		end += length ? length : 1;
	}
	return (size_t)(end - text);
}

void report_progress(const char *line)
{
	_cleanup_free_ char *safe = NULL;
	struct winsize window = { 0 };
	size_t room = WIDTH, columns, size;
	FILE *out = open_memstream(&safe, &size);

	if (!out)
		return;
	columns = utf8_print_safe(out, line);
	if (fclose(out) != 0)
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		room = window.ws_col;
	room--; /* some terminals wrap once the last column is used */
	if (columns <= room)
		fprintf(stderr, "\r%s\033[K", safe);
	else
		fprintf(stderr, "\r%.*s...\033[K", (int)fitting(safe, room > 3 ? room - 3 : 0),
			safe);
	fflush(stderr);
}

bool report_use_colour(FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no_colour && *no_colour) &&
	       !(term && strcmp(term, "dumb") == 0);
}
