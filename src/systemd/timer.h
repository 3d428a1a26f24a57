/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command that the service manager runs after a time, whatever becomes of us meanwhile: a transient
 * timer with a transient service. Neither outlives a boot.
 */
#ifndef WHITTLE_SYSTEMD_TIMER_H
#define WHITTLE_SYSTEMD_TIMER_H

#include "common/error.h"
#include "systemd/manager.h"

#include <stdint.h>

struct timer {
	const char *name; /* of both units, without their suffixes */
	const char *description; /* of both */
	const char *const *argv; /* NULL-terminated, the first an absolute path */
	/* Where the command fails it is run again, every few seconds, but not after this exit status: it
	 * counts as a success. 0: none such. */
	int status_nothing;
};

/* Replaces one of the same name. When this returns the manager counts the time. */
int timer_start(struct manager *manager, const struct timer *timer, uint64_t delay_ns,
		struct error *err);

/* Stops the timer alone: the command, where it has begun, goes on. */
int timer_disarm(struct manager *manager, const char *name, struct error *err);

/* Stops the timer and the service, which may be at work or waiting for another try; neither need be there. */
int timer_stop(struct manager *manager, const char *name, struct error *err);

/* Has the manager run a command at once, and does not wait for it: the timer's service alone, once.
 * -EEXIST while the one before it still runs. */
int timer_start_now(struct manager *manager, const struct timer *command, struct error *err);

#endif
