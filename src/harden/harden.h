/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole road of a unit: recorded, decided, tried, enforced, proved. Each stage is a row of a table
 * (road.c): what it does, what it waits for, where it leads; where the unit stands is kept in the
 * store, so that the road can be left at any moment, by a Ctrl-C or a loss of power, and be taken up
 * again. A list that is not proved yet lies in /run, where no boot finds it, and the service manager
 * has a timer that takes it off should nobody else do.
 */
#ifndef WHITTLE_HARDEN_HARDEN_H
#define WHITTLE_HARDEN_HARDEN_H

#include "common/error.h"
#include "denial/aggregate.h"
#include "store/discovery.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* While a stage watches. */
struct harden_progress {
	uint64_t watched_ns; /* in this stage */
	size_t distinct; /* system calls seen */
	struct discovery discovery;
	const char *waits_for; /* "2m more of watching; 30s without a new call" */
};

struct harden_options {
	const char *unit;
	const char *directory; /* of the store; NULL: the usual one */
	const char *program; /* absolute path of whittle: what the timer runs */
	bool again; /* from the start, of a unit that has come to the end */
	const char *level; /* of the decision; NULL the default */
	const char *const *allow; /* NULL-terminated; NULL none */
	uint32_t default_action;
	uint64_t record_ns, trial_ns; /* how long to watch, at least */
	uint64_t quiet_ns; /* since the last new call, at least */
	uint64_t slice_ns;
	uint64_t calls; /* made while serving, at least */
	uint64_t settle_ns, hold_ns;
	uint64_t deadline_ns; /* since the enforcing: then the timer takes it off */
	const char *check; /* NULL none */
	uint64_t check_timeout_ns;
	int cancel_fd; /* readable: leave */
	int signal_fd; /* record_settings.signal_fd */

	/* The stage begins; something was done or found in it; it is being waited in. */
	void (*stage)(void *context, enum stage stage, const char *does, const char *goes_on);
	void (*tell)(void *context, const char *sentence);
	void (*wait)(void *context, const struct harden_progress *progress);
	void (*warn)(void *context, const char *sentence);
	/* What was refused while it was enforced, each kind once. */
	void (*refused)(void *context, const struct denial_group *group, uint64_t count);
	void *context;
};

/* Goes on until the end of the road (0), the cancel descriptor (-EINTR), or a failure, which leaves the unit
 * as it was before: -ECANCELED where the list did not hold. *STAGE is where it stands then. */
int harden_run(const struct harden_options *options, enum stage *stage, struct error *err);

/* A revert took whittle's list off UNIT: notes it in the store (DIRECTORY NULL: the usual one), where the unit is
 * under care, and disarms the timer that would do the same. */
int harden_note_revert(const char *directory, const char *unit, struct error *err);

#endif
