/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engines' files and the control groups tell, before anything is chosen. */
#ifndef WHITTLE_CONTAINER_CATALOGUE_H
#define WHITTLE_CONTAINER_CATALOGUE_H

#include "container/container.h"

#include <stddef.h>

/* A container that an engine has written down; it need not run. */
struct entry {
	char *id;
	const char *engine;
	char *namespace; /* of containerd's, the parent of its control group; NULL */
	char **names;
	size_t names_count;
	char *pods[2]; /* names of its pod: POD and NAMESPACE/POD; NULL */
};

struct catalogue {
	struct entry *entries;
	size_t count;
};
void catalogue_clear(struct catalogue *catalogue);
int catalogue_read(const char *root, struct catalogue *catalogue, struct error *err);

/* One file's text, by which of the engines' places it is from (below CATALOGUE_PLACES). What can't be
 * understood adds nothing; -ENOMEM. */
#define CATALOGUE_PLACES 6
int catalogue_parse(struct catalogue *catalogue, size_t place, const char *path, const char *text,
		    size_t size);

/* The control groups below a directory. */
struct groups {
	char **paths;
	size_t count;
};
void groups_clear(struct groups *groups);
int groups_read(const char *mount, struct groups *groups, struct error *err);

/* The 64 hex digits at the end of a control group's name that make it a container's: "libpod-ID.scope",
 * "docker-ID.scope", "ID"; NULL: it is none's, or that of a monitor. */
const char *groups_id(const char *path);
#define CONTAINER_ID_LENGTH 64

#endif
