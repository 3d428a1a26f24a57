/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of files, and which of them are modules of a program. Private to closed_reach.c. */
#ifndef WHITTLE_DECIDE_CLOSED_PATHS_H
#define WHITTLE_DECIDE_CLOSED_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct closed_paths {
	char **items; /* NULL-terminated; the list's own */
	size_t count;
};

void closed_paths_free(struct closed_paths *closed_paths);
/* 0 or -ENOMEM. */
int closed_paths_add(struct closed_paths *closed_paths, const char *path);
bool closed_paths_have(const struct closed_paths *closed_paths, const char *path);
void closed_paths_remove(struct closed_paths *closed_paths, const char *path);
/* Adds the shared objects in the directory of PATH that are not in the list yet, in order of their
 * names; a directory that can't be read has none. 0 or -ENOMEM. */
int closed_paths_add_beside(struct closed_paths *closed_paths, const char *path);

/* What is behind the last slash. */
const char *closed_path_name(const char *path);

/* Whether the object lies deeper than libraries do: who loads it opens it by its path. */
bool closed_path_is_private(const char *path);

/* Whether the object is a module of the program that loads it: one lies in a directory of its
 * program's, not with the libraries (/usr/lib/nginx/modules). What the C library or another library
 * loads (name services, converters, engines) is no part of the program. */
bool closed_path_is_module(const char *path);

#endif
