/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which package a file is of, and what else is made of the same source: dpkg's data. Other package
 * managers keep theirs in data bases of their own formats; without dpkg's there are no packages.
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

/* Reads what is installed below ROOT ("" is the machine's own). Data that is missing, too large or no
 * such data has no packages. 0 or -ENOMEM. */
int packages_open(const char *root, struct packages **packages);
void packages_freep(struct packages **packages);

/* Notes which of these files (NULL-terminated) is of which package, in one pass. 0 or -ENOMEM. */
int packages_find(struct packages *packages, const char *const *paths);

/* The package of a file that packages_find() was given; NULL: of none. */
const struct package *packages_of(const struct packages *packages, const char *path);

/* Adds the modules that the packages of the source have, or the one package where SOURCE is NULL: shared
 * objects without a version in their names, deeper than libraries lie. 0 or -ENOMEM. */
int packages_modules(const struct packages *packages, const char *source,
		     const struct package *package, struct closed_paths *modules);

#endif
