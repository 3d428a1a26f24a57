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

/* Adds the process's role ("worker process") to *TITLES, the roles of one image, NULL none: several
 * are separated by ", ", each occurs once, and their number is limited. Does nothing if the process
 * has no role. -ENOMEM. */
int title_note(pid_t pid, char **titles, struct error *err);

/* Whether TITLE is one of TITLES; NULL contains none. */
bool title_is_among(const char *titles, const char *title);

#endif
