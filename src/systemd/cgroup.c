// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where control groups are mounted. A machine may have cgroup2 at /sys/fs/cgroup, at
 * /sys/fs/cgroup/unified beside version 1, or not at all; in a container the mount may show only a
 * part of the hierarchy, which mountinfo's "root" field names (proc(5), cgroup_namespaces(7)).
 */
#include "systemd/unit.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* mountinfo writes blanks and backslashes as \ooo. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] && at[3]) {
			*out++ = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 3;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
}

/* Splits one line of mountinfo: "36 35 98:0 ROOT MOUNTPOINT options [optional]... - TYPE source
 * options". */
static bool is_cgroup2(char *line, char **root, char **mount_point)
{
	char *type = strstr(line, " - "), *rest = NULL;

	if (!type || strncmp(type + 3, "cgroup2 ", 8) != 0)
		return false;
	*type = '\0';
	*root = NULL;
	*mount_point = NULL;
	for (int field = 0; field < 5; field++) {
		char *word = strtok_r(field ? NULL : line, " ", &rest);

		if (!word)
			return false;
		if (field == 3)
			*root = word;
		if (field == 4)
			*mount_point = word;
	}
	if (!*root || !*mount_point)
		return false;
	unescape(*root);
	unescape(*mount_point);
	return true;
}

/* Whether PATH lies below ROOT; *REST is then the part of it that does. */
static bool is_below(const char *path, const char *root, const char **rest)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return false;
	*rest = path + length;
	return true;
}

bool cgroup_is_within(const char *path, const char *group)
{
	const char *rest;

	return is_below(path, group, &rest);
}

int cgroup_directory(const char *control_group, char **directory, struct error *err)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL, *found = NULL;
	size_t room = 0;

	if (!mounts)
		return error_set_errno(err, -errno, "/proc/self/mountinfo");
	while (getline(&line, &room, mounts) > 0) {
		char *root, *mount_point;
		const char *rest;

		if (!is_cgroup2(line, &root, &mount_point) || !is_below(control_group, root, &rest))
			continue;
		/* Of mounts over each other the last one is the one that is seen. */
		free(found);
		if (asprintf(&found, "%s%s", mount_point, strcmp(rest, "/") == 0 ? "" : rest) < 0) {
			found = NULL;
			return error_oom(err);
		}
	}
	*directory = take(found);
	return 0;
}

static int identify(const char *control_group, uint64_t *id, struct error *err)
{
	_cleanup_free_ char *directory = NULL;
	struct stat status;
	int r = cgroup_directory(control_group, &directory, err);

	/* The inode of a control group's directory is its id (fs/kernfs/inode.c). */
	*id = r == 0 && directory && stat(directory, &status) == 0 ? status.st_ino : 0;
	return r;
}

int cgroup_identify(const char *control_group, struct cgroup_identity *identity, struct error *err)
{
	int r = identify("/", &identity->root, err);

	return r < 0 ? r : identify(control_group, &identity->id, err);
}
