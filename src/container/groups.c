// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists the control groups. Groups may appear and vanish meanwhile, which is no error. */
#include "common/array.h"
#include "common/cleanup.h"
#include "container/catalogue.h"

#include <fcntl.h>
#include <fts.h>
#include <string.h>

void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->paths[i]);
	free(groups->paths);
	*groups = (struct groups){ 0 };
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int groups_read(const char *mount, struct groups *groups, struct error *err)
{
	_cleanup_free_ char *start = strdup(mount);
	char *const starts[] = { start, NULL };
	FTSENT *at;
	FTS *tree;
	int r = 0;

	if (!start)
		return error_oom(err);
	tree = fts_open(starts, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT | FTS_XDEV, NULL);
	if (!tree)
		return error_set_errno(err, -errno, "%s", mount);
	while (r == 0 && (at = fts_read(tree))) {
		char **path;

		if (at->fts_info != FTS_D || at->fts_level == 0)
			continue;
		path = array_grow_one(&groups->paths, groups->count);
		if (path)
			*path = strdup(at->fts_path);
		if (path && *path)
			groups->count++;
		else
			r = error_oom(err);
	}
	fts_close(tree);
	/* What comes first must not hang on the order that the kernel lists them in. */
	if (groups->count)
		qsort(groups->paths, groups->count, sizeof(*groups->paths), compare_paths);
	return r;
}

const char *groups_id(const char *path)
{
	static const char scope[] = ".scope", monitor[] = "conmon-";
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *id;
	size_t length = strlen(name), before;

	if (length > strlen(scope) && strcmp(name + length - strlen(scope), scope) == 0)
		length -= strlen(scope);
	if (length < CONTAINER_ID_LENGTH)
		return NULL;
	before = length - CONTAINER_ID_LENGTH;
	id = name + before;
	if (strspn(id, "0123456789abcdef") != CONTAINER_ID_LENGTH)
		return NULL;
	/* "libpod-": whole words only; conmon watches a container and is no part of it. */
	if (before > 0 && name[before - 1] != '-' && name[before - 1] != ':')
		return NULL;
	if (before >= strlen(monitor) &&
	    strncmp(id - strlen(monitor), monitor, strlen(monitor)) == 0)
		return NULL;
	return id;
}
