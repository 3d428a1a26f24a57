/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One assignment of a unit file; private to this folder. */
#ifndef WHITTLE_SYSTEMD_SETTINGS_LINE_H
#define WHITTLE_SYSTEMD_SETTINGS_LINE_H

#include "systemd/settings.h"

/* Does what "KEY=VALUE" in [Service] does; VALUE has no blanks around it. Keys that restrict no system call
 * are ignored. -ENOMEM. */
int settings_set(struct unit_settings *settings, const char *key, const char *value);

#endif
