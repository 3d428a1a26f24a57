// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads SystemCallFilter= of a unit file, a drop-in or the output of `systemctl cat`, as systemd does
 * (src/core/load-fragment.c: config_parse_syscall_filter). The first line decides whether the setting is an
 * allowlist, which includes @default, or (with "~") a denylist. Later lines add and remove calls; an empty
 * line resets the setting. An entry with an errno or "kill" is denied in both.
 */
#include "import/common/importer.h"

#include "common/cleanup.h"

struct unit_filter {
	enum { FILTER_NONE, FILTER_ALLOWS, FILTER_REFUSES } kind;
	struct call_set set; /* of what is allowed, in both kinds */
};

static void read_entry(struct import *import, struct unit_filter *filter, const char *entry,
		       size_t length, bool is_inverted)
{
	const char *colon = memchr(entry, ':', length);
	char name[NAME_ROOM];

	if (colon)
		length = (size_t)(colon - entry);
	if (length >= sizeof(name)) {
		import_mistake(import, 0, "too long for a name", entry, length);
		return;
	}
	memcpy(name, entry, length);
	name[length] = '\0';
	call_set_name(import, &filter->set, name, !is_inverted && !colon);
}

static void read_value(struct import *import, struct unit_filter *filter, const char *value,
		       const char *end)
{
	bool is_inverted = false;
	const char *word;
	size_t length;

	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	if (value == end) {
		*filter = (struct unit_filter){ 0 };
		return;
	}
	if (*value == '~') {
		is_inverted = true;
		value++;
	}
	if (filter->kind == FILTER_NONE && is_inverted)
		call_set_all(import, &filter->set);
	else if (filter->kind == FILTER_NONE)
		call_set_name(import, &filter->set, "@default", true);
	if (filter->kind == FILTER_NONE)
		filter->kind = is_inverted ? FILTER_REFUSES : FILTER_ALLOWS;
	while (import_word(&value, end, &word, &length))
		read_entry(import, filter, word, length, is_inverted);
}

/* The next line with what backslashes join to it, comments between left out; false at the end. */
static bool next_line(const char **at, const char *end, char *line, size_t room, size_t *length)
{
	bool is_continued = false;

	*length = 0;
	while (*at < end) {
		const char *newline = memchr(*at, '\n', (size_t)(end - *at));
		const char *start = *at, *stop = newline ? newline : end;

		*at = newline ? newline + 1 : end;
		while (start < stop && (*start == ' ' || *start == '\t'))
			start++;
		if (stop > start && stop[-1] == '\r')
			stop--;
		if (start < stop && (*start == '#' || *start == ';'))
			continue;
		is_continued = start < stop && stop[-1] == '\\';
		stop -= is_continued;
		if ((size_t)(stop - start) + 1 < room - *length) {
			memcpy(line + *length, start, (size_t)(stop - start));
			*length += (size_t)(stop - start);
			line[(*length)++] = ' ';
		}
		if (!is_continued)
			return true;
	}
	return *length > 0;
}

static int read_unit(struct import *import, const char *data, size_t size, struct error *err)
{
	static const char key[] = "SystemCallFilter";
	_cleanup_free_ struct unit_filter *filter = calloc(1, sizeof(*filter));
	_cleanup_free_ char *line = malloc(size + 2);
	const char *at = data, *end = data + size;
	size_t length;

	if (!filter || !line)
		return error_oom(err);
	while (next_line(&at, end, line, size + 2, &length)) {
		const char *value = line + sizeof(key) - 1, *stop = line + length;

		if (!has_prefix(line, length, key))
			continue;
		while (value < stop && (*value == ' ' || *value == '\t'))
			value++;
		if (value < stop && *value == '=')
			read_value(import, filter, value + 1, stop);
	}
	if (filter->kind == FILTER_NONE)
		return error_set(
			err, -EBADMSG,
			"%s: it has no SystemCallFilter=, or the last one is empty: every call is "
			"allowed",
			import->result.path);
	call_set_tally(import, &filter->set);
	return 0;
}

static bool is_setting(const char *line, size_t length)
{
	static const char *const starts[] = { "[Unit]",	  "[Service]",	      "[Install]",
					      "[Socket]", "[Mount]",	      "[Swap]",
					      "[Exec]",	  "SystemCallFilter=" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (has_prefix(line, length, starts[i]))
			return true;
	return false;
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 1000, is_setting);
}

const struct importer importer_systemd = {
	.name = "systemd",
	.summary = "SystemCallFilter= in a unit file or drop-in",
	.sniff = sniff,
	.document = read_unit,
};
