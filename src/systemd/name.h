/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of units: from a person's input to the manager's name, and from a name to the unit's place
 * in the tree of control groups. */
#ifndef WHITTLE_SYSTEMD_NAME_H
#define WHITTLE_SYSTEMD_NAME_H

#include "common/error.h"
#include "systemd/manager.h"

/* Always -ENOENT: "no such unit", with up to three similar known names. */
int name_suggest(struct manager *manager, const char *name, struct error *err);

/* The control group in which the manager will place a unit that does not run yet: ROOT is the
 * manager's own control group, SLICE the unit's. systemd.slice(5) has the rule,
 * src/basic/cgroup-util.c the escapes. */
int systemd_cgroup_predict(const char *root, const char *slice, const char *unit, char **path,
			   struct error *err);

#endif
