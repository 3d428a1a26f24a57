// SPDX-License-Identifier: LGPL-2.1-or-later
/* Notes of what can't be read, and the few steps of parsing that importers share. */
#include "import/common/importer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void import_mistake(struct import *import, uint64_t line, const char *reason, const char *text,
		    size_t length)
{
	struct import_result *result = &import->result;
	struct import_mistake *mistake;

	if (result->malformed++ < IMPORT_MISTAKES) {
		mistake = &result->mistakes[result->malformed - 1];
		mistake->line = line;
		snprintf(mistake->reason, sizeof(mistake->reason), "%s", reason);
		snprintf(mistake->excerpt, sizeof(mistake->excerpt), "%.*s",
			 (int)(length < IMPORT_EXCERPT ? length : IMPORT_EXCERPT), text);
	}
	if (!import->settings->is_strict || import->is_stopped)
		return;
	import->is_stopped = true;
	mistake = &result->mistakes[0];
	if (line)
		error_set(import->strict, -EBADMSG, "%s: line %llu: %s: \"%s\"", result->path,
			  (unsigned long long)line, reason, mistake->excerpt);
	else
		error_set(import->strict, -EBADMSG, "%s: %s: \"%s\"", result->path, reason,
			  mistake->excerpt);
}

void import_warn(struct import *import, const char *format, ...)
{
	char message[512];
	va_list arguments;

	if (!import->settings->warn)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	import->settings->warn(import->settings->context, import->result.path, message);
}

bool import_any_line(const char *head, size_t length, unsigned count,
		     bool (*look)(const char *line, size_t length))
{
	const char *end = head + length;

	while (head < end && count-- > 0) {
		const char *newline = memchr(head, '\n', (size_t)(end - head));
		const char *stop = newline ? newline : end;

		if (look(head, (size_t)(stop - head)))
			return true;
		head = newline ? newline + 1 : end;
	}
	return false;
}

bool import_word(const char **at, const char *end, const char **word, size_t *length)
{
	const char *start = *at, *stop;

	while (start < end && (*start == ' ' || *start == '\t' || *start == '\r'))
		start++;
	for (stop = start; stop < end && *stop != ' ' && *stop != '\t' && *stop != '\r';)
		stop++;
	*at = stop;
	*word = start;
	*length = (size_t)(stop - start);
	return stop > start;
}

bool import_number(const char *text, size_t length, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(text[i] - '0'), number))
			return false;
	return length > 0;
}
