// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/name.h"

#include "common/cleanup.h"
#include "systemd/bus.h"
#include "systemd/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNIT_NAME_MAX 255 /* systemd's, without the NUL */

static const char *const suffixes[] = {
	".service", ".slice",  ".scope", ".socket", ".target",	  ".mount",
	".timer",   ".device", ".path",	 ".swap",   ".automount",
};

static bool has_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(dot, suffixes[i]) == 0)
			return true;
	return false;
}

int unit_name_complete(const char *name, char **result, struct error *err)
{
	static const char valid[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    ":-_.\\@";
	_cleanup_free_ char *complete = NULL;
	const char *at, *dot;

	if (!*name || name[strspn(name, valid)] || *name == '@' || *name == '.')
		return error_set(err, -EINVAL, "\"%.300s\" is not a valid unit name", name);
	if (asprintf(&complete, "%s%s", name, has_suffix(name) ? "" : ".service") < 0) {
		complete = NULL;
		return error_oom(err);
	}
	if (strlen(complete) > UNIT_NAME_MAX)
		return error_set(err, -EINVAL, "\"%.300s\" is too long for a unit name", name);
	at = strchr(complete, '@');
	dot = strrchr(complete, '.');
	if (at && at + 1 == dot)
		return error_set(err, -EINVAL,
				 "%s is a template: name one of its instances, such as %.*sNAME%s",
				 complete, (int)(dot - complete), complete, dot);
	*result = take(complete);
	return 0;
}

#define CLOSE_NAMES 3

struct close_names {
	const char *wanted;
	char *name[CLOSE_NAMES];
	size_t distance[CLOSE_NAMES];
	size_t count;
};

static void close_names_clean(struct close_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
}

/* Levenshtein's, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[UNIT_NAME_MAX + 1], width = strlen(b);

	if (width > UNIT_NAME_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= width; i++)
		row[i] = i;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[width];
}

/* "redis" for "redis-server.service" is close too, whatever the distance. */
static size_t closeness(const char *wanted, const char *candidate)
{
	size_t stem = strcspn(wanted, ".@"), distance;

	distance = edit_distance(wanted, candidate);
	if (stem >= 3 && memmem(candidate, strlen(candidate), wanted, stem))
		return distance < 2 ? distance : 2;
	return distance;
}

static int consider(struct close_names *names, const char *candidate)
{
	size_t distance = closeness(names->wanted, candidate), at = names->count;
	size_t bound = strlen(names->wanted) / 4 + 1;
	const char *dot = strrchr(candidate, '.');

	/* Another type of unit, or a template, is not what was meant. */
	if (!dot || strcmp(dot, strrchr(names->wanted, '.')) != 0 || strstr(candidate, "@."))
		return 0;
	if (distance > (bound > 4 ? 4 : bound))
		return 0;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], candidate) == 0)
			return 0;
	while (at > 0 && names->distance[at - 1] > distance)
		at--;
	if (at == CLOSE_NAMES)
		return 0;
	if (names->count == CLOSE_NAMES)
		free(names->name[--names->count]);
	memmove(&names->name[at + 1], &names->name[at], (names->count - at) * sizeof(char *));
	memmove(&names->distance[at + 1], &names->distance[at],
		(names->count - at) * sizeof(size_t));
	names->name[at] = strdup(candidate);
	names->distance[at] = distance;
	names->count++;
	return names->name[at] ? 0 : -ENOMEM;
}

/* ListUnitFiles: a(ss), path and state. */
static int consider_files(struct manager *manager, struct close_names *names, struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	int r = manager_call(manager, "ListUnitFiles", &reply, "listing units", err, NULL);

	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'a', "(ss)");
	while (r >= 0) {
		const char *path, *state, *slash;

		r = sd_bus_message_read(reply, "(ss)", &path, &state);
		if (r <= 0)
			break;
		slash = strrchr(path, '/');
		r = consider(names, slash ? slash + 1 : path);
	}
	return r;
}

int name_suggest(struct manager *manager, const char *name, struct error *err)
{
	_cleanup_(close_names_clean) struct close_names names = { .wanted = name };
	struct error ignored = { 0 };

	/* Only a service to the reader: without the list the answer is the same. */
	consider_files(manager, &names, &ignored);
	if (names.count == 0)
		return error_set(err, -ENOENT, "there is no such unit");
	return error_set(err, -ENOENT, "there is no such unit; did you mean %s%s%s%s%s?",
			 names.name[0], names.count > 1 ? ", " : "",
			 names.count > 1 ? names.name[1] : "", names.count > 2 ? ", " : "",
			 names.count > 2 ? names.name[2] : "");
}

/* Names that would clash with the kernel's own files get a "_": cg_needs_escape(). */
static bool needs_escape(const char *name)
{
	static const char *const controllers[] = { "cpu",   "cpuacct", "cpuset",  "io",
						   "blkio", "memory",  "devices", "pids",
						   "misc",  "rdma",    "hugetlb", "perf_event" };
	size_t stem = strcspn(name, ".");

	if (name[0] == '_' || name[0] == '.' || strncmp(name, "cgroup.", 7) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		if (strlen(controllers[i]) == stem && strncmp(name, controllers[i], stem) == 0)
			return true;
	return false;
}

/* "a-b.slice" lies in "a.slice": appends "/a.slice/a-b.slice". "-.slice" is the root. */
static void print_slice(FILE *out, const char *slice)
{
	size_t length = strlen(slice) - strlen(".slice");

	if (strcmp(slice, "-.slice") == 0)
		return;
	for (size_t i = 1; i <= length; i++)
		if (i == length || slice[i] == '-')
			fprintf(out, "/%.*s.slice", (int)i, slice);
}

int systemd_cgroup_predict(const char *root, const char *slice, const char *unit, char **path,
			   struct error *err)
{
	const char *suffix = strrchr(unit, '.');
	_cleanup_fclose_ FILE *out = NULL;
	size_t size;

	*path = NULL;
	out = open_memstream(path, &size);
	if (!out)
		return error_oom(err);
	fputs(strcmp(root, "/") == 0 ? "" : root, out);
	if (slice && strlen(slice) > strlen(".slice"))
		print_slice(out, slice);
	if (suffix && strcmp(suffix, ".slice") == 0)
		print_slice(out, unit);
	else
		fprintf(out, "/%s%s", needs_escape(unit) ? "_" : "", unit);
	if (fflush(out) != 0)
		return error_oom(err);
	return 0;
}
