/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the level `closed` share; private to this folder. */
#ifndef WHITTLE_DECIDE_CLOSED_H
#define WHITTLE_DECIDE_CLOSED_H

#include "decide/levels.h"
#include "reach/graph/reach.h"

/* What static analysis says about the programs of a recording. */
struct closed_reach {
	/* What the programs' own code asks of the libraries below it, one wrapper deep; NULL where no
	 * program could be read. */
	struct reach_result *own;
	/* Whatever any code of them and of their libraries can do. */
	struct reach_result *all;
	/* NULL-terminated: sentences on the programs that could not be followed, and why. */
	char **unread;
	size_t unread_count;
	bool is_whole; /* there are programs, and all were followed */
	/* Bit i: the own code of one of the programs has the older call of closed_pair(i) and not
	 * the newer. */
	unsigned lacks_newer;
	/* Bit i: the programs' own code imports what row i of closed_runtime_rows() asks for. */
	uint64_t imports;
};

/* closed_reach.c. Only want of memory is an error: what can't be read is said in `unread`. */
int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err);
void closed_reach_free(struct closed_reach *reach);

/* closed_table.c */

/* Whether to allow the call is to give a new power, so that nothing but a sight of it does. */
bool closed_is_new_privilege(const char *name);

/* What the run-time library does on paths that hardly any recording takes. */
#define RUNTIME_IMPORTS_MAX 12
struct runtime_row {
	const char *name;
	const char *why;
	/* NULL-terminated: only where own code asks a library for one of these functions; empty: always. */
	const char *imports[RUNTIME_IMPORTS_MAX];
};
#define CLOSED_RUNTIME_ROWS_MAX 64
size_t closed_runtime_rows(const struct runtime_row **rows);

/* Calls of which who knows both makes the older only where the kernel lacks the newer. */
struct closed_pair {
	const char *older, *newer;
};
size_t closed_pairs(const struct closed_pair **pairs);

/* Calls that do something with what a program has by other calls, of which none gives more: who was
 * seen to make one may make any other, in another version or by another C library. */
#define KIN_MAX 48
struct equivalent_row {
	const char *purpose; /* "waits" */
	const char *names[KIN_MAX]; /* NULL-terminated */
};
size_t closed_equivalents(const struct equivalent_row **rows);

/* Whether PATH is one that is not taken to this call, whatever its code says. */
bool closed_fails_harmlessly(const char *name, char *const *path);

#endif
