/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays of paths, and which files are modules of a program. Private to closed_reach.c. */
#ifndef WHITTLE_DECIDE_CLOSED_PATHS_H
#define WHITTLE_DECIDE_CLOSED_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct closed_paths {
	char **items; /* NULL-terminated; owned by the array */
	size_t count;
};

void closed_paths_free(struct closed_paths *closed_paths);
/* 0 or -ENOMEM. */
int closed_paths_add(struct closed_paths *closed_paths, const char *path);
bool closed_paths_have(const struct closed_paths *closed_paths, const char *path);
void closed_paths_remove(struct closed_paths *closed_paths, const char *path);
/* Adds the shared objects in the directory of PATH that the array lacks, in order of their names; a
 * directory that cannot be read counts as empty. 0 or -ENOMEM. */
int closed_paths_add_beside(struct closed_paths *closed_paths, const char *path);

/* The part behind the last slash. */
const char *closed_paths_name(const char *path);

/* Whether the object lies deeper than libraries do: its loader opens it by its path. */
bool closed_paths_is_private(const char *path);

/* Whether the object is a module of the program that loads it: a module lies in a directory of its
 * program, not with the libraries (/usr/lib/nginx/modules). Objects that the C library or another
 * library loads (name services, converters, engines) are no part of the program. */
bool closed_paths_is_module(const char *path);

#endif
