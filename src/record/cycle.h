/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes a unit through its life while it is recorded: reload, restart, stop, start, so that each of
 * its command lines is observed. The unit ends in the state in which it began.
 */
#ifndef WHITTLE_RECORD_CYCLE_H
#define WHITTLE_RECORD_CYCLE_H

#include "common/error.h"
#include "systemd/unit.h"

struct cycle;

/* MANAGER and UNIT (its current state) outlive the cycle. IS_NEVER_STOPPED: only a reload and a
 * restart (of a stopped unit: a start), so that the unit starts even if whittle ends. NULL: no
 * memory. */
struct cycle *cycle_new(struct manager *manager, const struct unit *unit, bool is_never_stopped);

/* Proceeds without blocking; called a few times a second. 0: running; 1: complete; negative: a job
 * failed, and the cycle is over. */
int cycle_step(struct cycle *cycle, struct error *err);

/* Restores the state in which the cycle found the unit, and waits for that; does nothing after a
 * complete cycle. */
int cycle_restore(struct cycle *cycle, struct error *err);

void cycle_freep(struct cycle **cycle);

#endif
