/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the level `closed` share; private to this folder. */
#ifndef WHITTLE_DECIDE_CLOSED_H
#define WHITTLE_DECIDE_CLOSED_H

#include "decide/levels.h"
#include "reach/graph/reach.h"

/* The result of analysing the programs of a recording. */
struct closed_reach {
	/* Calls that the programs' own code makes through the libraries below it, one wrapper deep;
	 * NULL where no program could be read. */
	struct reach_result *own;
	/* Calls that any code of the programs and their libraries can make. */
	struct reach_result *all;
	/* NULL-terminated: sentences on the programs that could not be analysed, and why. */
	char **unread;
	size_t unread_count;
	bool is_whole; /* there are programs, and all were analysed */
	/* Bit i: the own code of one of the programs has the older call of closed_pair(i) and not
	 * the newer. */
	unsigned lacks_newer;
	/* Bit i: the programs' own code imports one of the functions named in row i of
	 * closed_runtime_rows(). */
	uint64_t imports;
};

/* closed_reach.c. Fails only when out of memory: unreadable files are listed in `unread`. */
int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err);
void closed_reach_free(struct closed_reach *reach);

/* closed_table.c */

/* Whether allowing the call would grant a new privilege, so that it is allowed only if it was
 * observed. */
bool closed_is_new_privilege(const char *name);

/* Calls that the run-time library makes on paths that few recordings take. */
#define RUNTIME_IMPORTS_MAX 12
struct runtime_row {
	const char *name;
	const char *why;
	/* NULL-terminated: the row applies only where own code imports one of these functions;
	 * empty: always. */
	const char *imports[RUNTIME_IMPORTS_MAX];
};
#define CLOSED_RUNTIME_ROWS_MAX 64
size_t closed_runtime_rows(const struct runtime_row **rows);

/* Pairs of calls: code that knows both makes the older only if the kernel lacks the newer. */
struct closed_pair {
	const char *older, *newer;
};
size_t closed_pairs(const struct closed_pair **pairs);

/* Calls that work on objects which the program has already obtained by other calls; none of them
 * gives access to more. If one of a row was observed, another version or C library may make any
 * other of the row. */
#define KIN_MAX 48
struct equivalent_row {
	const char *purpose; /* "wait" */
	const char *names[KIN_MAX]; /* NULL-terminated */
};
size_t closed_equivalents(const struct equivalent_row **rows);

/* Whether PATH is one that never leads to this call at run time, whatever the code looks like. */
bool closed_fails_harmlessly(const char *name, char *const *path);

#endif
