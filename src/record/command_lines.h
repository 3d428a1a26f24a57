/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unit's command line for which a process was executed. */
#ifndef WHITTLE_RECORD_COMMAND_LINES_H
#define WHITTLE_RECORD_COMMAND_LINES_H

#include "recording/recording.h"
#include "systemd/unit.h"

/* The line that the service manager executed with these arguments, or NULL. */
const struct unit_command *command_lines_find(const struct unit *unit, char *const argv[]);

/* Adds every line of the unit to a run that has none, in their order, as not executed. */
int command_lines_add(const struct unit *unit, struct run *run, struct error *err);

/* Marks this line as executed, and so those with the same text, from which it cannot be
 * distinguished. */
void command_lines_mark_observed(const struct unit *unit, const struct unit_command *command,
				 struct run *run);

#endif
