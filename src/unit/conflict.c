// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/conflict.h"

#include "common/cleanup.h"
#include "common/file.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define UNIT_FILE_MAX ((size_t)1 << 20)

static const char *const settings[] = { "SystemCallFilter", "SystemCallErrorNumber",
					"SystemCallArchitectures" };

/* The first of the settings that TEXT assigns, or NULL. */
static const char *setting_in(const char *text)
{
	for (const char *line = text; *line;) {
		line += strspn(line, " \t\n");
		for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
			size_t length = strlen(settings[i]);

			if (strncmp(line, settings[i], length) == 0 &&
			    line[length + strspn(line + length, " \t")] == '=')
				return settings[i];
		}
		line += strcspn(line, "\n");
	}
	return NULL;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int conflict_find(const struct unit *unit, const char *own,
		  void (*tell)(void *context, const char *sentence), void *context,
		  struct error *err)
{
	for (char **at = unit->drop_ins; at && *at; at++) {
		_cleanup_free_ char *text = NULL, *sentence = NULL;
		struct error unread = { 0 };
		const char *setting;
		size_t size;

		if (strcmp(name_of(*at), name_of(own)) == 0 ||
		    file_read(*at, UNIT_FILE_MAX, &text, &size, &unread) < 0)
			continue;
		setting = setting_in(text);
		if (!setting)
			continue;
		if (asprintf(
			    &sentence,
			    strcmp(name_of(*at), name_of(own)) > 0
				    ? "%s sets %s= and is read after %s, so it changes the filter: remove "
				      "the setting to enforce exactly the policy"
				    : "%s sets %s=, but %s resets it: remove the setting, or rename the "
				      "file so that it is read later",
			    *at, setting, name_of(own)) < 0) {
			sentence = NULL;
			return error_oom(err);
		}
		tell(context, sentence);
	}
	return 0;
}
