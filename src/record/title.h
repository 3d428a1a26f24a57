/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a living process calls itself, where it says more than its program's name. */
#ifndef WHITTLE_RECORD_TITLE_H
#define WHITTLE_RECORD_TITLE_H

#include "common/error.h"

#include <sys/types.h>

/* Adds the process's role ("worker process") to *TITLES, the roles of one image, NULL none: several are
 * parted by ", ", each stands once, and there is a bound. Nothing where it has none. -ENOMEM. */
int title_note(pid_t pid, char **titles, struct error *err);

#endif
