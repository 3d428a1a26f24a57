/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other files of a unit that speak of system calls. systemd reads drop-ins by name: what stands in
 * an earlier one is reset by whittle's, what stands in a later one is united with it. */
#ifndef WHITTLE_UNIT_CONFLICT_H
#define WHITTLE_UNIT_CONFLICT_H

#include "common/error.h"
#include "systemd/unit.h"

/* Calls TELL with a sentence for each such file; OWN is the path of whittle's own drop-in. */
int conflict_find(const struct unit *unit, const char *own,
		  void (*tell)(void *context, const char *sentence), void *context,
		  struct error *err);

#endif
