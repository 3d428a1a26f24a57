/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit's start under a policy. A service manager waits up to 90 seconds for a service that was denied the call by
 * which it reports that it is ready; whittle does not wait for that.
 */
#ifndef WHITTLE_UNIT_START_WATCH_H
#define WHITTLE_UNIT_START_WATCH_H

#include "unit/apply.h"

/* Restarts the unit, and ends the wait as soon as start_look() asks for it: then `was_ended` is set. */
int start_watch_restart(struct apply *apply, struct error *err);

/* Restarts the unit in its former state. If the start was ended, the processes that do not stop within a few seconds
 * are killed: they may lack the very call that a stop needs. */
int start_watch_restore(struct apply *apply, struct error *err);

#endif
