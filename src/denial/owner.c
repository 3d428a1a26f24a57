// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/owner.h"

#include "common/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In the order of preference nothing: the innermost one counts, whatever its kind. Slices hold units
 * and are none of a program's. */
static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

static bool has_suffix(const char *start, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && memcmp(start + length - suffix, suffixes[i], suffix) == 0)
			return true;
	}
	return false;
}

void owner_of_cgroup(const char *path, char *unit, size_t size)
{
	const char *found = NULL;
	size_t found_length = 0;

	for (const char *at = path; *at;) {
		size_t length;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (has_suffix(at, length)) {
			found = at;
			found_length = length;
		}
		at += length;
	}
	if (found)
		snprintf(unit, size, "%.*s", (int)found_length, found);
	else
		snprintf(unit, size, "%s", strcmp(path, "/") == 0 ? "" : path);
}

static FILE *open_cgroups(int64_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	return fopen(path, "re");
}

char *owner_cgroup(int64_t pid)
{
	_cleanup_fclose_ FILE *file = open_cgroups(pid);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			return strdup(line + 3);
	}
	return NULL;
}

bool owner_of_process(int64_t pid, char *unit, size_t size)
{
	_cleanup_fclose_ FILE *file = open_cgroups(pid);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	unit[0] = '\0';
	if (!file)
		return false;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		/* cgroup2's line; where version 1 rules, systemd's own hierarchy is named. */
		if (strncmp(line, "0::", 3) == 0)
			owner_of_cgroup(line + 3, unit, size);
		else if (!unit[0] && strstr(line, ":name=systemd:"))
			owner_of_cgroup(strrchr(line, ':') + 1, unit, size);
	}
	return unit[0] != '\0';
}

/* uid_t of systemd's DynamicUser= (systemd.exec(5), docs/UIDS-GIDS.md). */
#define DYNAMIC_FIRST 61184
#define DYNAMIC_LAST  65519
#define SYSTEM_LAST   999 /* login.defs(5): SYS_UID_MAX */

bool owner_is_own_user(int64_t uid, int64_t unit_uid)
{
	if (uid <= 0)
		return uid == 0;
	if (unit_uid > 0)
		return uid == unit_uid;
	return uid <= SYSTEM_LAST || (unit_uid < 0 && uid >= DYNAMIC_FIRST && uid <= DYNAMIC_LAST);
}

bool owner_is_same(int64_t pid, const char *exe, const char *comm)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], now[4096];
	ssize_t length;

	if (exe[0]) {
		snprintf(path, sizeof(path), "/proc/%" PRId64 "/exe", pid);
		length = readlink(path, now, sizeof(now) - 1);
		if (length < 0)
			return false;
		now[length] = '\0';
		return strcmp(now, exe) == 0;
	}
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(now, sizeof(now), file))
		return false;
	now[strcspn(now, "\n")] = '\0';
	return strcmp(now, comm) == 0;
}
