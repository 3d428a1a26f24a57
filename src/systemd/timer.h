/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command that the service manager runs after some time, even if whittle has ended by then: a
 * transient timer with a transient service. Neither survives a reboot.
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
	/* If the command fails, it is run again every few seconds. This exit status counts as a
	 * success: no retry. 0: none such. */
	int status_nothing;
};

/* Replaces a timer of the same name. When this returns, the manager's clock is running. */
int timer_start(struct manager *manager, const struct timer *timer, uint64_t delay_ns,
		struct error *err);

/* Stops the timer alone: a command that has started continues. */
int timer_disarm(struct manager *manager, const char *name, struct error *err);

/* Stops the timer and the service, which may be running or waiting for a retry, if they exist. */
int timer_stop(struct manager *manager, const char *name, struct error *err);

/* Makes the manager run a command at once, without a wait: the timer's service alone, once. -EEXIST
 * while the previous one still runs. */
int timer_start_now(struct manager *manager, const struct timer *command, struct error *err);

#endif
