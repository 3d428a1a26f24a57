/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other drop-ins of a unit that set system call filters. systemd reads drop-ins in order of their
 * names. Whittle's drop-in resets the settings of earlier ones; later ones are merged with it. */
#ifndef WHITTLE_UNIT_CONFLICT_H
#define WHITTLE_UNIT_CONFLICT_H

#include "common/error.h"
#include "systemd/unit.h"

/* Calls TELL with a sentence for each such file; OWN is the path of whittle's own drop-in. */
int conflict_find(const struct unit *unit, const char *own,
		  void (*tell)(void *context, const char *sentence), void *context,
		  struct error *err);

#endif
