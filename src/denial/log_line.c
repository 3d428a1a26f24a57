// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/log_line.h"

#include "common/cleanup.h"

#include <string.h>

#define STAMP_WITHIN 48 /* "Thu 2026-11-26 01:02:03.123456 CET [s=..." */

static size_t count_digits(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

static bool has(const char *line, size_t length, const char *word)
{
	return memmem(line, length, word, strlen(word));
}

static bool starts(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && memcmp(line, word, size) == 0;
}

/* "12:59:58" near the start of the line. */
static bool has_time_of_day(const char *line, size_t length)
{
	length = length < STAMP_WITHIN ? length : STAMP_WITHIN;
	for (size_t i = 0; i + 8 <= length; i++)
		if (count_digits(line + i, 2) == 2 && line[i + 2] == ':' &&
		    count_digits(line + i + 3, 2) == 2 && line[i + 5] == ':' &&
		    count_digits(line + i + 6, 2) == 2)
			return true;
	return false;
}

/* "12.345678": seconds since the boot or the epoch. */
static bool starts_with_seconds(const char *line, size_t length)
{
	size_t whole = count_digits(line, length);

	return whole > 0 && whole + 1 < length && line[whole] == '.' &&
	       count_digits(line + whole + 1, length - whole - 1) >= 3;
}

/* "[    1.5] ", "<6>..." */
static bool starts_as_kernel_line(const char *line, size_t length)
{
	size_t at = 1, digits;

	if (length < 3 || (line[0] != '[' && line[0] != '<'))
		return false;
	while (line[0] == '[' && at < length && line[at] == ' ')
		at++;
	digits = count_digits(line + at, length - at);
	at += digits;
	return digits && at < length && line[at] == (line[0] == '[' ? '.' : '>');
}

static bool is_log_line(const char *line, size_t length)
{
	static const char *const starting[] = {
		"__CURSOR=", "__REALTIME_TIMESTAMP=", "MESSAGE=", "PRIORITY=", "----", "-- ",
		"time->"
	};
	static const char *const within[] = { "audit(", "\"__REALTIME_TIMESTAMP\"",
					      "\"_TRANSPORT\"", "\"MESSAGE\"" };

	if (memchr(line, '\0', length))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(starting); i++)
		if (starts(line, length, starting[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(within); i++)
		if (has(line, length, within[i]))
			return true;
	while (length && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	/* A time in a string is a value of JSON. */
	if (length && (*line == '"' || *line == '{'))
		return false;
	return starts_as_kernel_line(line, length) || starts_with_seconds(line, length) ||
	       has_time_of_day(line, length);
}

bool log_line_is_in(const char *lines, size_t length)
{
	const char *end = lines + length;

	while (lines < end) {
		const char *newline = memchr(lines, '\n', (size_t)(end - lines));
		const char *stop = newline ? newline : end;

		if (is_log_line(lines, (size_t)(stop - lines)))
			return true;
		lines = stop + 1;
	}
	return false;
}
