/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The package of a file, and the packages built from the same source, by dpkg's data. Other package
 * managers keep theirs in databases of their own formats; without dpkg's there are no packages.
 */
#ifndef WHITTLE_DECIDE_PACKAGES_H
#define WHITTLE_DECIDE_PACKAGES_H

#include "decide/closed_paths.h"

struct package {
	char *name; /* "nginx", with ":amd64" where dpkg's list is called so */
	char *source; /* "nginx" */
	char *version;
};

struct packages;

/* Reads the packages installed below ROOT ("" is /). Data that is missing, too large or in another
 * format yields no packages. 0 or -ENOMEM. */
int packages_open(const char *root, struct packages **packages);
void packages_freep(struct packages **packages);

/* Looks up the packages of these files (NULL-terminated) in one pass. 0 or -ENOMEM. */
int packages_find(struct packages *packages, const char *const *paths);

/* The package of a file that packages_find() was given; NULL: none. */
const struct package *packages_of(const struct packages *packages, const char *path);

/* Adds the modules that the packages of the source have, or the one package where SOURCE is NULL: shared
 * objects without a version in their names, deeper than libraries lie. 0 or -ENOMEM. */
int packages_modules(const struct packages *packages, const char *source,
		     const struct package *package, struct closed_paths *modules);

#endif
