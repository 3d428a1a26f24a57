/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recording from beginning to end: an observer, a target, and when to stop. */
#ifndef WHITTLE_RECORD_RECORD_H
#define WHITTLE_RECORD_RECORD_H

#include "record/observer.h"
#include "record/target.h"

/* How a run ends that a slice ended; a value in recordings. */
#define RECORD_ENDED_BY_SLICE "enough was seen" /* prose-lint: allow */

struct record_settings {
	const struct observer *observer; /* NULL: the best that may be used, which is then stored
					  * here */
	struct target *target;
	uint64_t duration_ns; /* 0: no limit */
	bool is_cycle; /* of a unit: take it through reload, restart, stop and start meanwhile, then
		        * end unless there is a time limit */
	bool is_never_stopped; /* the cycle without the stop: if whittle ends, the manager completes
			        * the job, and the unit runs */
	const struct recording *known; /* record only what it lacks; NULL: everything */
	int signal_fd; /* a signalfd of SIGINT, SIGTERM, SIGHUP and SIGCHLD, all blocked */

	/* Called once, when the observer is ready; NULL: never. */
	void (*started)(void *context, const struct record_settings *settings);
	/* Called a few times a second; NULL: never. */
	void (*progress)(void *context, const struct progress *progress);
	/*
	 * Called once per SLICE_NS, and not before a cycle is complete, with all observations since
	 * the start as a finished run, which the callee owns. Returns 0 to continue, 1 if the
	 * observations suffice, or an error. The observer must have snapshots (-EOPNOTSUPP). NULL:
	 * never.
	 */
	int (*slice)(void *context, struct run *so_far, struct error *err);
	uint64_t slice_ns;
	/* Called at the end with the finished run, which the callee owns, before the names of functions are
	 * looked up: that may take long, or be cut off. Not by every observer; NULL: never. */
	int (*preserve)(void *context, struct run *run, struct error *err);
	void *context;

	/* out */
	struct error instead; /* why no better observer is used; no code: it is the best, or was
			  * requested */
	struct error
		failure; /* the recording is complete, but the unit's cycle was not; code 0: fine */
	char *warning; /* a sentence on changes that the observer made to the target; owned by the
		        * caller; NULL none */
	int command_status; /* of a command, as of wait(2); -1: it still runs, or there is none */
};

/* -EPERM: this process may not load the BPF programs, which alone record units and running processes. */
int record_is_permitted(struct error *err);

/* Blocks the signals that end a recording, and opens their descriptor for record_settings. */
int record_block_signals(int *fd, struct error *err);

/* Records until the time limit, a signal or the target's end; *RUN is finished (run_finish). */
int record_run(struct record_settings *settings, struct run **run, struct error *err);

#endif
