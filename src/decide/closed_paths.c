// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/closed_paths.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void closed_paths_free(struct closed_paths *closed_paths)
{
	for (size_t i = 0; i < closed_paths->count; i++)
		free(closed_paths->items[i]);
	free(closed_paths->items);
}

int closed_paths_add(struct closed_paths *closed_paths, const char *path)
{
	int r = array_add_text(&closed_paths->items, strdup(path));

	closed_paths->count += r == 0;
	return r;
}

bool closed_paths_have(const struct closed_paths *closed_paths, const char *path)
{
	for (size_t i = 0; i < closed_paths->count; i++)
		if (strcmp(closed_paths->items[i], path) == 0)
			return true;
	return false;
}

void closed_paths_remove(struct closed_paths *closed_paths, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < closed_paths->count; i++) {
		if (strcmp(closed_paths->items[i], path) == 0)
			free(closed_paths->items[i]);
		else
			closed_paths->items[kept++] = closed_paths->items[i];
	}
	closed_paths->count = kept;
	if (closed_paths->items)
		closed_paths->items[kept] = NULL;
}

const char *closed_paths_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int is_shared_object(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

int closed_paths_add_beside(struct closed_paths *closed_paths, const char *path)
{
	int length = (int)(closed_paths_name(path) - path), count, r = 0;
	_cleanup_free_ char *directory = strndup(path, (size_t)length);
	struct dirent **entries = NULL;

	if (!directory)
		return -ENOMEM;
	count = scandir(directory, &entries, is_shared_object, alphasort);
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *other = NULL;

		if (r == 0 && asprintf(&other, "%s%s", directory, entries[i]->d_name) < 0)
			r = -ENOMEM;
		if (r == 0 && !closed_paths_have(closed_paths, other))
			r = closed_paths_add(closed_paths, other);
		free(entries[i]);
	}
	free(entries);
	return r;
}

bool closed_paths_is_private(const char *path)
{
	const char *name = closed_paths_name(path), *in = strstr(path, "/lib");

	/* Below /usr/lib/ or /usr/lib/x86_64-linux-gnu/, but deeper. */
	in = in ? strchr(in + 1, '/') : NULL;
	if (in && strstr(in, "-linux-") && strchr(in + 1, '/'))
		in = strchr(in + 1, '/');
	return !in || in + 1 != name;
}

bool closed_paths_is_module(const char *path)
{
	static const char *const loaded_by_libraries[] = {
		"/gconv/", "/ossl-modules/", "/engines-3/", "/sasl2/",
		"/krb5/",  "/pkcs11/",	     "/security/",
	};
	const char *name = closed_paths_name(path);

	if (strncmp(name, "libnss_", 7) == 0 || strncmp(name, "ld-", 3) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(loaded_by_libraries); i++)
		if (strstr(path, loaded_by_libraries[i]))
			return false;
	return closed_paths_is_private(path);
}
