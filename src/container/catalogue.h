/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers in the engines' files and the control groups. find.c chooses among them. */
#ifndef WHITTLE_CONTAINER_CATALOGUE_H
#define WHITTLE_CONTAINER_CATALOGUE_H

#include "container/container.h"

#include <stddef.h>

/* A container in an engine's files; it may not be running. */
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

/* Adds the containers of one file's text. PLACE (below CATALOGUE_PLACES) selects the parser. Text that
 * can't be parsed adds nothing; -ENOMEM. */
#define CATALOGUE_PLACES 6
int catalogue_parse(struct catalogue *catalogue, size_t place, const char *path, const char *text,
		    size_t size);

/* Adds the control groups below a directory. */
struct groups {
	char **paths;
	size_t count;
};
void groups_clear(struct groups *groups);
int groups_read(const char *mount, struct groups *groups, struct error *err);

/* The container id, 64 hex digits, in a control group's name: "libpod-ID.scope", "docker-ID.scope",
 * "ID". NULL: the control group is not a container's, or that of a monitor. */
const char *groups_id(const char *path);
#define CONTAINER_ID_LENGTH 64

#endif
