/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last journal lines of a unit that failed. */
#ifndef WHITTLE_SYSTEMD_JOURNAL_H
#define WHITTLE_SYSTEMD_JOURNAL_H

#include "common/error.h"

#include <stdint.h>

/* The last COUNT lines that a unit's INVOCATION (struct unit), or the manager about it, wrote since
 * SINCE_US (CLOCK_REALTIME), each with a newline; owned by the caller. NULL if there are none or
 * the journal cannot be read. */
int journal_last_lines(const char *unit, const char *invocation, uint64_t since_us, unsigned count,
		       char **lines, struct error *err);

#endif
