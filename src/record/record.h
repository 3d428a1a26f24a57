/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recording from beginning to end: an observer, a target, and when to stop. */
#ifndef WHITTLE_RECORD_RECORD_H
#define WHITTLE_RECORD_RECORD_H

#include "record/observer.h"
#include "record/target.h"

struct record_settings {
	const struct observer *observer; /* NULL: the best that may be used; then set to it */
	struct target *target;
	uint64_t duration_ns; /* 0: no limit */
	bool is_cycle; /* of a unit: take it through reload, restart, stop and start meanwhile, then
			  end unless there is a time limit */
	bool is_never_stopped; /* the cycle without the stop: whenever we end, the manager sees through
				  what was begun, and the unit runs */
	const struct recording *known; /* only what it lacks is wanted; NULL: everything */
	int signal_fd; /* a signalfd of SIGINT, SIGTERM, SIGHUP and SIGCHLD, all blocked */

	/* Called once, when the observer is ready; NULL: never. */
	void (*started)(void *context, const struct record_settings *settings);
	/* Called a few times a second; NULL: never. */
	void (*progress)(void *context, const struct progress *progress);
	/*
	 * Called once in SLICE_NS, and not before a cycle is complete, with all that was seen since the
	 * start as a finished run, which is the callee's. It returns 0 to go on, 1 where enough was
	 * seen, or an error. The observer must have snapshots (-EOPNOTSUPP). NULL: never.
	 */
	int (*slice)(void *context, struct run *so_far, struct error *err);
	uint64_t slice_ns;
	void *context;

	/* out */
	struct error
		instead; /* why not a better observer; no code: it is the best, or was asked for */
	struct error
		failure; /* the recording is whole, but the unit's cycle was not; code 0: fine */
	char *warning; /* what the observer changed in the target, a sentence; the caller's; NULL none */
	int command_status; /* of a command, as of wait(2); -1: it still runs, or there is none */
};

/* Blocks the signals by which a recording ends, and opens their descriptor for record_settings. */
int record_block_signals(int *fd, struct error *err);

/* Records until the time limit, a signal or the target's end; *RUN is finished (run_finish). */
int record_run(struct record_settings *settings, struct run **run, struct error *err);

#endif
