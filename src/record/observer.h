/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An observer records the system calls of a target and turns them into a run. Its method is
 * private, behind this table of functions; the rest of the recorder uses only the table.
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

/* The progress of a recording. */
struct progress {
	uint64_t elapsed_ns;
	uint64_t calls;
	uint64_t lost;
	size_t distinct; /* (ABI, call) pairs */
	uint64_t last_new_ns; /* when the latest of them came, since the start */
};

struct observer {
	const char *name; /* run.observer */
	const char *summary; /* one line: requirements and cost */

	/* Prepares everything, so that start() is quick and failures happen here. The target
	 * outlives the observation. */
	int (*open)(struct target *target, struct observation **observation, struct error *err);

	/* Observes each call of the target once it returns. The caller then releases the target. */
	int (*start)(struct observation *observation, struct error *err);

	/* A descriptor that is readable when handle() has something to do; -1 none. */
	int (*fd)(struct observation *observation);
	/* Does work that cannot wait for the end; called when fd() is readable and at each tick. */
	int (*handle)(struct observation *observation, struct error *err);

	void (*progress)(struct observation *observation, struct progress *progress);

	/* Number of recorded processes that live; negative: an error. */
	int (*living)(struct observation *observation, struct error *err);

	/* Writes the observations so far into RUN, without finishing it; the observer continues.
	 * NULL: not supported. */
	int (*snapshot)(struct observation *observation, struct run *run, struct error *err);

	/* Stops, and writes all observations into RUN but the names of functions, which are in files of the
	 * target's and may take long; finish() follows. NULL: not supported. */
	int (*preserve)(struct observation *observation, struct run *run, struct error *err);

	/* Stops and writes all observations into RUN: processes, calls, objects, losses. */
	int (*finish)(struct observation *observation, struct run *run, struct error *err);

	/* A sentence about changes that the observer made to the target, after finish(); NULL none.
	 * It may itself be NULL. */
	const char *(*warning)(const struct observation *observation);

	void (*close)(struct observation *observation);
};

extern const struct observer observer_bpf;
extern const struct observer observer_notify; /* of a target_command only */

/* All of them, the best first; NULL-terminated. */
extern const struct observer *const observers[];

/* What the process of a command does for observer_notify just before its execve: installs the
 * filter, and sends its listener through SOCKET. A negative errno. */
int notify_confine(const struct target_filter *filter, int socket);

#endif
