/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An observer sees the system calls of a target and turns them into a run. How it does so is its
 * own affair behind this table of functions; the rest of the recorder knows only the table.
 */
#ifndef WHITTLE_RECORD_OBSERVER_H
#define WHITTLE_RECORD_OBSERVER_H

#include "record/target.h"
#include "recording/recording.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct observation;

/* Where a recording stands. */
struct progress {
	uint64_t elapsed_ns;
	uint64_t calls;
	uint64_t lost;
	size_t distinct; /* (ABI, call) pairs */
	uint64_t last_new_ns; /* when the latest of them came, since the start */
};

struct observer {
	const char *name; /* run.observer */
	const char *summary; /* one line: what it needs, what it costs */

	/* Makes everything ready, so that start() can be quick and what can fail fails here. The
	 * target outlives the observation. */
	int (*open)(struct target *target, struct observation **observation, struct error *err);

	/* From its return on each call of the target is seen. The caller then releases the target. */
	int (*start)(struct observation *observation, struct error *err);

	/* A descriptor that is readable when handle() has something to do; -1 none. */
	int (*fd)(struct observation *observation);
	/* Looks after what can't wait until the end; called when fd() is readable and at each tick. */
	int (*handle)(struct observation *observation, struct error *err);

	void (*progress)(struct observation *observation, struct progress *progress);

	/* How many recorded processes live; negative: an error. */
	int (*living)(struct observation *observation, struct error *err);

	/* Writes what was seen so far into RUN, which is not finished by this; the observing goes on. NULL: it
	 * can't. */
	int (*snapshot)(struct observation *observation, struct run *run, struct error *err);

	/* Stops observing and writes all that was seen into RUN: processes, calls, objects, losses. */
	int (*finish)(struct observation *observation, struct run *run, struct error *err);

	/* A sentence about what the observer changed in the target, after finish(); NULL none. It may
	 * itself be NULL. */
	const char *(*warning)(const struct observation *observation);

	void (*close)(struct observation *observation);
};

extern const struct observer observer_bpf;
extern const struct observer observer_notify; /* of a target_command only */

/* All of them, the best first; NULL-terminated. */
extern const struct observer *const observers[];

/* What observer_notify has a command's process do just before its execve: put the filter on itself, and
 * send who listens to it through SOCKET. A negative errno. */
int notify_confine(const struct target_filter *filter, int socket);

#endif
