/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that a unit is denied without whittle's policy: by its own SystemCallFilter= and by all the
 * filters that systemd derives from its other settings.
 */
#ifndef WHITTLE_UNIT_OWN_FILTERS_H
#define WHITTLE_UNIT_OWN_FILTERS_H

#include "common/error.h"
#include "syscall/abi.h"
#include "systemd/unit.h"

#include <stdbool.h>
#include <stdint.h>

struct own_filters;

/* Reads the settings of UNIT, and where it runs without a policy of whittle (or with one on trial) the filters
 * of its main process. */
int own_filters_read(const struct unit *unit, struct own_filters **own, struct error *err);
void own_filters_freep(struct own_filters **own);

/* Whether the call is denied. ARGUMENTS NULL: they are unknown, and the call is denied whatever they are. */
bool own_filters_deny(const struct own_filters *own, enum abi abi, int nr,
		      const uint64_t arguments[6]);

#endif
