/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes a unit through its life while it is recorded: reload, restart, stop, start, so that each of
 * its command lines is seen. It ends in the state in which it began.
 */
#ifndef WHITTLE_RECORD_CYCLE_H
#define WHITTLE_RECORD_CYCLE_H

#include "common/error.h"
#include "systemd/unit.h"

struct cycle;

/* MANAGER and UNIT (its state now) outlive the cycle. IS_NEVER_STOPPED: only a reload and a restart (a start, of
 * what is stopped), so that the unit comes up whatever becomes of us. NULL: no memory. */
struct cycle *cycle_new(struct manager *manager, const struct unit *unit, bool is_never_stopped);

/* Goes on without blocking; called a few times a second. 0: under way; 1: complete; negative: a job
 * failed, and the cycle is over. */
int cycle_step(struct cycle *cycle, struct error *err);

/* Brings the unit back to the state in which the cycle found it, and waits for that; nothing to do after
 * a complete cycle. */
int cycle_restore(struct cycle *cycle, struct error *err);

void cycle_freep(struct cycle **cycle);

#endif
