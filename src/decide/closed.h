/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the level `closed` share; private to this folder. */
#ifndef WHITTLE_DECIDE_CLOSED_H
#define WHITTLE_DECIDE_CLOSED_H

#include "decide/levels.h"
#include "reach/graph/reach.h"

/* Why an object other than the executable is the program's own. */
struct closed_label {
	char *object; /* "libdovecot.so.0" */
	char *text; /* "dovecot-core 1:2.3.19, of the program's source package" */
};

/* The result of analysing the programs of a recording. */
struct closed_reach {
	/* Calls that the programs' own code makes, directly and through the C library; NULL where no
	 * program could be read. */
	struct reach_result *own;
	/* And through the modules of the name service. */
	struct reach_result *name_services;
	/* And through the other libraries, and the objects that these load. */
	struct reach_result *libraries;
	/* Calls that any code of the programs and their libraries can make. */
	struct reach_result *all;
	/* NULL-terminated: sentences on the programs that could not be analysed, and why. */
	char **unread;
	size_t unread_count;
	struct closed_label *labels;
	size_t labels_count;
	/* Programs that own code executes by name and that were not recorded. */
	struct closed_executed {
		char *path;
		struct reach_result *calls; /* NULL: not followed */
	} * executed;
	size_t executed_count;
	bool has_ffi; /* some object calls functions of any signature */
	bool is_whole; /* there are programs, and all were analysed */
};

/* closed_reach.c. Fails only when out of memory: unreadable files are listed in `unread`. */
int closed_reach_find(const struct recording *recording, const struct decide_options *options,
		      struct closed_reach *reach, struct error *err);
void closed_reach_free(struct closed_reach *reach);

/* closed_executed.c. RECORDED (NULL-terminated): programs that are analysed separately. */
int closed_executed_find(struct closed_reach *reach, char *const *recorded,
			 const struct decide_options *options, struct error *err);
void closed_executed_free(struct closed_reach *reach);

/* sandbox.c: settings of systemd that must be left out, because the code needs more than was observed.
 * -ENOMEM. */
int sandbox_add(const struct closed_reach *reach, const struct recording *recording,
		struct policy *policy);

/* closed_table.c */

/* Whether allowing the call would grant a new privilege, so that it is allowed only if it was
 * observed. */
bool closed_is_new_privilege(const char *name);

/* A call that grants nothing more than others that are allowed. */
#define GIVEN_MAX 16
struct equal_row {
	const char *name;
	/* NULL-terminated: any of these grants it; if `given_too` is not empty, together with any of those. */
	const char *given[GIVEN_MAX], *given_too[GIVEN_MAX];
};
size_t closed_equals(const struct equal_row **rows);

/* Calls that work on objects which the program has already obtained by other calls; none of them
 * gives access to more. If one of a row was observed, another version or C library may make any
 * other of the row. */
#define KIN_MAX 48
struct equivalent_row {
	const char *purpose; /* "wait" */
	const char *names[KIN_MAX]; /* NULL-terminated */
};
size_t closed_equivalents(const struct equivalent_row **rows);

#endif
