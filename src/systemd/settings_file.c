// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The syntax of unit files: src/shared/conf-parser.c, config_parse(). A line that ends on a backslash goes
 * on in the next one; comments and empty lines are left out before that, also in the middle of a
 * continued line.
 */
#include "systemd/settings.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "systemd/settings_line.h"

#include <errno.h>
#include <string.h>

#define UNIT_FILE_MAX ((size_t)1 << 20) /* LONG_LINE_MAX */
#define BLANKS	      " \t\r"

struct reader {
	struct unit_settings *settings;
	const char *path;
	unsigned line;
	bool is_service, is_section;
};

static char *strip(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	for (length = strlen(text); length && strchr(BLANKS, text[length - 1]); length--)
		text[length - 1] = '\0';
	return text;
}

static int read_line(struct reader *reader, char *line, struct error *err)
{
	char *equals;

	line = strip(line);
	if (*line == '[') {
		if (line[strlen(line) - 1] != ']')
			return error_set(err, -EBADMSG, "%s: line %u: section header without \"]\"",
					 reader->path, reader->line);
		reader->is_service = strcmp(line, "[Service]") == 0;
		reader->settings->has_section |= reader->is_service;
		return 0;
	}
	equals = strchr(line, '=');
	if (!equals || !reader->is_service)
		return 0;
	*equals = '\0';
	if (settings_set(reader->settings, strip(line), strip(equals + 1)) < 0)
		return error_oom(err);
	return 0;
}

/* Whether the line goes on in the next one: an odd number of backslashes at its end. */
static bool is_continued(const char *line, size_t length)
{
	size_t count = 0;

	while (count < length && line[length - 1 - count] == '\\')
		count++;
	return count % 2;
}

int settings_parse(struct unit_settings *settings, const char *path, const char *data, size_t size,
		   struct error *err)
{
	struct reader reader = { .settings = settings, .path = path };
	_cleanup_free_ char *joined = malloc(size + 1);
	const char *at = data, *end = data + size;
	size_t used = 0;
	int r = 0;

	if (!joined)
		return error_oom(err);
	if (memchr(data, '\0', size))
		return error_set(err, -EBADMSG, "%s: this is no unit file: it contains a NUL byte",
				 path);
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	while (r == 0 && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		size_t length = (size_t)(stop - at), blanks = 0;

		reader.line++;
		length -= length && at[length - 1] == '\r';
		while (blanks < length && strchr(BLANKS, at[blanks]))
			blanks++;
		if (blanks < length && at[blanks] != '#' && at[blanks] != ';') {
			memcpy(joined + used, at, length);
			used += length;
			if (is_continued(at, length)) {
				joined[used - 1] = ' ';
			} else {
				joined[used] = '\0';
				used = 0;
				r = read_line(&reader, joined, err);
			}
		}
		at = newline ? newline + 1 : end;
	}
	joined[used] = '\0';
	return r < 0 || !used ? r : read_line(&reader, joined, err);
}

int settings_read(struct unit_settings *settings, const char *path, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, UNIT_FILE_MAX, &text, &size, err);

	return r < 0 ? r : settings_parse(settings, path, text, size, err);
}
