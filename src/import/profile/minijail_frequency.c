// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file that @frequency of a minijail policy names: "read: 120", how often each call was made. A line looks
 * like a policy's, but every line has a number, and not all of them are 1.
 */
#include "import/common/importer.h"

#include "syscall/syscall.h"

/* The parts of a line; false for others. Comments and empty lines have no NAME. */
static bool split(const char *line, size_t length, const char **name, size_t *name_length,
		  uint64_t *count)
{
	const char *hash = memchr(line, '#', length), *end = hash ? hash : line + length;
	const char *at = line, *rest;
	size_t size;

	*name_length = 0;
	if (!import_word(&at, end, name, name_length))
		return true;
	if ((*name)[*name_length - 1] == ':')
		--*name_length;
	else if (!import_word(&at, end, &rest, &size) || size != 1 || *rest != ':')
		return false;
	return *name_length && import_word(&at, end, &rest, &size) &&
	       import_number(rest, size, count) && !import_word(&at, end, &rest, &size);
}

static const char *read_line(struct import *import, const char *line, size_t length)
{
	const char *name;
	size_t name_length;
	uint64_t count;

	if (!split(line, length, &name, &name_length, &count))
		return "\"name: number\" is expected";
	return name_length ? import_count_name(import, 0, name, name_length, count) : NULL;
}

static bool sniff(const char *path, const char *head, size_t length)
{
	const char *at = head, *end = head + length;
	bool has_count = false, has_name = false;

	(void)path;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *name;
		const char *stop = newline ? newline : end;
		char known[NAME_ROOM];
		size_t name_length;
		uint64_t count = 0;

		/* The last line may be cut. */
		if (!newline && length == IMPORT_BLOCK)
			break;
		if (!split(at, (size_t)(stop - at), &name, &name_length, &count) ||
		    name_length >= sizeof(known))
			return false;
		if (name_length) {
			snprintf(known, sizeof(known), "%.*s", (int)name_length, name);
			if (!syscall_is_known(known))
				return false;
			has_name = true;
			has_count |= count != 1;
		}
		at = stop + (newline != NULL);
	}
	return has_name && has_count;
}

const struct importer importer_minijail_frequency = {
	.name = "minijail-frequency",
	.summary = "counts of calls, as @frequency of a minijail policy names them",
	.sniff = sniff,
	.line = read_line,
};
