/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back of a unit whose filter is not confirmed yet: a timer of the service manager that runs `whittle revert`,
 * even if whittle has ended, or its user cannot log in any more. A reboot removes the timer, and the drop-in too if that
 * is in /run.
 */
#ifndef WHITTLE_UNIT_DEADLINE_H
#define WHITTLE_UNIT_DEADLINE_H

#include "common/error.h"
#include "systemd/manager.h"

#include <stdint.h>

/* Reverts UNIT (its canonical name) after that time. PROGRAM: the absolute path of whittle. Replaces an earlier
 * timer of the unit. */
int deadline_arm(struct manager *manager, const char *program, const char *unit, uint64_t after_ns,
		 struct error *err);

/* Stops the timer, and a revert that it has begun; 0 also if there is none. */
int deadline_stop(struct manager *manager, const char *unit, struct error *err);

/* Stops the timer alone: for the revert that it has begun. */
int deadline_disarm(struct manager *manager, const char *unit, struct error *err);

#endif
