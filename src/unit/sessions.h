/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units that open sessions or run programs of users: whatever the users execute is under the unit's filter too. */
#ifndef WHITTLE_UNIT_SESSIONS_H
#define WHITTLE_UNIT_SESSIONS_H

#include "common/error.h"

#include <sys/types.h>

/* The first of the programs (the executables of PATHS, NULL-terminated, and of the processes PIDS), or of the programs
 * that one of them names in its file, whose code opens sessions. *FOUND is "/usr/sbin/sshd calls pam_open_session()",
 * NULL: none; the caller frees it. A file that can't be read opens none. -ENOMEM is the only error. */
int sessions_find(char *const *paths, const pid_t *pids, size_t pids_count, char **found,
		  struct error *err);

#endif
