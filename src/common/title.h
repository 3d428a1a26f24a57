/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The title that a living process gives itself, if it differs from its program's name. */
#ifndef WHITTLE_COMMON_TITLE_H
#define WHITTLE_COMMON_TITLE_H

#include "common/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define TITLE_SIZE 64

/* The process's role ("worker process"); -ENOENT: it has none, or has ended. */
int title_read(pid_t pid, char title[TITLE_SIZE]);

/*
 * The titles that the processes of one image have, while they are recorded. A title is a role if two
 * processes had it, or one process for as long as it was seen serving: "worker process", and not the
 * address of a client or the request that is being answered. NULL: none yet. Numbers of titles and
 * processes are limited.
 */
struct titles;

/* Reads the title that PID has now. Does nothing if it has none. -ENOMEM. */
int titles_note(struct titles **titles, pid_t pid, bool is_serving, struct error *err);

/* The roles, at most eight, separated by ", "; the caller frees *TEXT, which is NULL if there are
 * none. */
int titles_join(const struct titles *titles, char **text, struct error *err);

void titles_free(struct titles *titles);

/* Whether TITLE is one of TITLES; NULL contains none. */
bool title_is_among(const char *titles, const char *title);

#endif
