// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /var/lib/dpkg/status has a paragraph for each package, /var/lib/dpkg/info/NAME.list the paths of its
 * files, one per line. Both belong to root, and yet are read as untrusted input: with bounds, and only
 * for names.
 */
#include "decide/packages.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_LIMIT   ((size_t)128 << 20)
#define LIST_LIMIT     ((size_t)16 << 20)
#define PACKAGES_LIMIT 65536
#define MODULES_LIMIT  1024 /* of a source */
#define FIELD_LIMIT    256

struct owned {
	char *path; /* as dpkg stores it: without /usr before /lib, /bin, /sbin */
	const struct package *package; /* NULL: none yet */
};

struct packages {
	char *directory; /* of the lists */
	struct package *items;
	size_t count;
	struct owned *owned;
	size_t owned_count;
};

void packages_freep(struct packages **packages)
{
	if (!*packages)
		return;
	for (size_t i = 0; i < (*packages)->count; i++) {
		free((*packages)->items[i].name);
		free((*packages)->items[i].source);
		free((*packages)->items[i].version);
	}
	for (size_t i = 0; i < (*packages)->owned_count; i++)
		free((*packages)->owned[i].path);
	free((*packages)->owned);
	free((*packages)->items);
	free((*packages)->directory);
	free(*packages);
	*packages = NULL;
}

/* ---- installed packages ---- */

struct field {
	const char *text;
	size_t length;
};

/* Whether it has only the characters of a name or version (deb-control(5)); a name goes into a path. */
static bool is_plain(struct field field)
{
	if (field.length == 0 || field.length > FIELD_LIMIT || *field.text == '.')
		return false;
	for (size_t i = 0; i < field.length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.:~",
			    field.text[i]) ||
		    !field.text[i])
			return false;
	return true;
}

static bool take_field(struct field line, const char *name, struct field *field)
{
	size_t length = strlen(name);

	if (line.length <= length || memcmp(line.text, name, length) != 0)
		return false;
	for (; length < line.length && line.text[length] == ' '; length++)
		;
	*field = (struct field){ line.text + length, line.length - length };
	return true;
}

static char *copy_field(struct field field)
{
	return strndup(field.text, field.length);
}

static int add_package(struct packages *packages, struct field name, struct field source,
		       struct field version)
{
	struct package *added;

	/* "Source: nginx (1.22.1-9)": the version is the source's where they differ. */
	for (size_t i = 0; i < source.length; i++)
		if (source.text[i] == ' ')
			source.length = i;
	if (source.length == 0)
		source = name;
	if (!is_plain(name) || !is_plain(source) || !is_plain(version) ||
	    packages->count == PACKAGES_LIMIT)
		return 0;
	added = array_grow_one(&packages->items, packages->count);
	if (!added)
		return -ENOMEM;
	packages->count++;
	*added = (struct package){ copy_field(name), copy_field(source), copy_field(version) };
	return added->name && added->source && added->version ? 0 : -ENOMEM;
}

static int read_status(struct packages *packages, const char *text, size_t size)
{
	struct field none = { "", 0 }, name = none, source = none, version = none;
	const char *end = text + size;

	for (const char *line = text; line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		struct field whole;

		next = next ? next : end;
		whole = (struct field){ line, (size_t)(next - line) };
		if (whole.length == 0) {
			if (add_package(packages, name, source, version) < 0)
				return -ENOMEM;
			name = source = version = none;
		} else if (!take_field(whole, "Package:", &name) &&
			   !take_field(whole, "Source:", &source)) {
			take_field(whole, "Version:", &version);
		}
		line = next + 1;
	}
	return add_package(packages, name, source, version);
}

int packages_open(const char *root, struct packages **result)
{
	_cleanup_(packages_freep) struct packages *packages = calloc(1, sizeof(*packages));
	_cleanup_free_ char *path = NULL, *text = NULL;
	struct error ignored = { 0 };
	size_t size;
	int r;

	if (!packages || asprintf(&packages->directory, "%s/var/lib/dpkg/info", root) < 0)
		return -ENOMEM;
	if (asprintf(&path, "%s/var/lib/dpkg/status", root) < 0)
		return -ENOMEM;
	r = file_read(path, STATUS_LIMIT, &text, &size, &ignored);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && read_status(packages, text, size) < 0)
		return -ENOMEM;
	*result = take(packages);
	return 0;
}

/* ---- the package of a file ---- */

/* /usr/lib is /lib for dpkg where a package is older than the merge of the two. */
static const char *merged(const char *path)
{
	static const char *const moved[] = { "/lib", "/bin/", "/sbin/" };

	for (size_t i = 0; strncmp(path, "/usr/", 5) == 0 && i < ARRAY_SIZE(moved); i++)
		if (strncmp(path + 4, moved[i], strlen(moved[i])) == 0)
			return path + 4;
	return path;
}

static int compare_owned(const void *left, const void *right)
{
	const struct owned *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* Reads the list of a package; *TEXT stays NULL where there is none. It ends with a zero. */
static int read_list(const struct packages *packages, const struct package *package, char **text)
{
	static const char *const ends[] = { "", ":amd64" };
	struct error ignored = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_free_ char *path = NULL;
		size_t size;
		int r;

		if (asprintf(&path, "%s/%s%s.list", packages->directory, package->name, ends[i]) <
		    0)
			return -ENOMEM;
		r = file_read(path, LIST_LIMIT, text, &size, &ignored);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			return 0;
	}
	return 0;
}

/* The next line, which it terminates with a zero; NULL: no more. */
static char *next_line(char **at)
{
	char *line = *at, *end = line;

	if (!line || !*line)
		return NULL;
	/* By hand: the sanitizers' strchr(3) reads on to the end of the text, for every line of it. */
	while (*end && *end != '\n')
		end++;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

int packages_find(struct packages *packages, const char *const *paths)
{
	size_t count = 0;

	while (paths && paths[count])
		count++;
	packages->owned = calloc(count + 1, sizeof(*packages->owned));
	if (!packages->owned)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		packages->owned[i].path = strdup(merged(paths[i]));
		packages->owned_count++;
		if (!packages->owned[i].path)
			return -ENOMEM;
	}
	qsort(packages->owned, count, sizeof(*packages->owned), compare_owned);
	for (size_t i = 0; count > 0 && i < packages->count; i++) {
		_cleanup_free_ char *text = NULL;
		char *at, *line;

		if (read_list(packages, &packages->items[i], &text) < 0)
			return -ENOMEM;
		at = text;
		while ((line = next_line(&at))) {
			struct owned wanted = { (char *)(uintptr_t)merged(line), NULL }, *found;

			found = bsearch(&wanted, packages->owned, count, sizeof(wanted),
					compare_owned);
			if (found && !found->package)
				found->package = &packages->items[i];
		}
	}
	return 0;
}

const struct package *packages_of(const struct packages *packages, const char *path)
{
	struct owned wanted = { (char *)(uintptr_t)merged(path), NULL }, *found = NULL;

	if (packages->owned_count > 0)
		found = bsearch(&wanted, packages->owned, packages->owned_count, sizeof(wanted),
				compare_owned);
	return found ? found->package : NULL;
}

int packages_modules(const struct packages *packages, const char *source,
		     const struct package *package, struct closed_paths *modules)
{
	size_t added = 0;

	for (size_t i = 0; i < packages->count; i++) {
		const struct package *item = &packages->items[i];
		_cleanup_free_ char *text = NULL;
		char *at, *line;

		if (source ? strcmp(item->source, source) != 0 : item != package)
			continue;
		if (read_list(packages, item, &text) < 0)
			return -ENOMEM;
		at = text;
		while ((line = next_line(&at))) {
			size_t length = strlen(line);

			if (length <= 3 || strcmp(line + length - 3, ".so") != 0 ||
			    !closed_paths_is_module(line) || closed_paths_have(modules, line) ||
			    ++added > MODULES_LIMIT)
				continue;
			if (closed_paths_add(modules, line) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}
