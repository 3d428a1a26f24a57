/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes a unit through all stages: record, decide, trial, enforce, verify. Each stage is a row of a table
 * (road.c) with its description, its condition to continue and its function. The store keeps the unit's
 * stage, so that the workflow can be interrupted at any time, by Ctrl-C or a power loss, and continued.
 * A filter that is not confirmed yet is in /run, so that a reboot removes it, and systemd has a timer
 * that removes it if whittle does not.
 */
#ifndef WHITTLE_HARDEN_HARDEN_H
#define WHITTLE_HARDEN_HARDEN_H

#include "common/error.h"
#include "denial/aggregate.h"
#include "policy/policy.h"
#include "store/discovery.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* The progress of a stage that records or waits. */
struct harden_progress {
	uint64_t watched_ns; /* in this stage */
	size_t distinct; /* observed system calls */
	struct discovery discovery;
	const char *waits_for; /* "2 min 0 s more of recording; 30 s more without a new call" */
};

struct harden_options {
	const char *unit;
	const char *directory; /* of the store; NULL: the default */
	const char *program; /* absolute path of whittle, which the timer runs */
	bool again; /* start over, even after the last stage */
	const char *level; /* of the decision; NULL the default */
	const char *const *allow; /* NULL-terminated; NULL none */
	uint32_t default_action;
	bool is_widened; /* allow what the policy allows although the unit's own settings deny it */
	uint64_t record_ns, trial_ns; /* minimum time of recording */
	uint64_t quiet_ns; /* minimum time since the last new call */
	uint64_t slice_ns;
	uint64_t calls; /* minimum number of calls made while serving */
	uint64_t settle_ns, hold_ns;
	uint64_t deadline_ns; /* after the enforcing; then the timer removes the filter */
	const char *check; /* NULL none */
	uint64_t check_timeout_ns;
	int cancel_fd; /* interrupts when readable */
	int signal_fd; /* record_settings.signal_fd */

	/* Called when a stage begins, for each event in it, and while it waits. */
	void (*stage)(void *context, enum stage stage, const char *does, const char *goes_on);
	void (*tell)(void *context, const char *sentence);
	void (*wait)(void *context, const struct harden_progress *progress);
	void (*warn)(void *context, const char *sentence);
	/* Called for each kind of denied calls while the policy is enforced. */
	void (*refused)(void *context, const struct denial_group *group, uint64_t count);
	/* Called with lines (NULL-terminated) that somebody should know before the unit is enforced
	 * (unit/caution.h). A negative errno: do not go on. NULL: go on. */
	int (*consent)(void *context, const char *unit, char *const *lines, struct error *err);
	void *context;
};

/* Runs until the last stage (0), an interruption (-EINTR), or a failure, which restores the unit's former
 * state. -ECANCELED: the unit failed or was denied a call. *STAGE is the unit's stage at the end. */
int harden_run(const struct harden_options *options, enum stage *stage, struct error *err);

/* An apply that was not made by harden. */
struct harden_applied {
	const char *unit; /* canonical name */
	const struct policy *policy;
	bool is_two_phase;
	bool is_trial; /* nothing is denied */
	uint64_t deadline_us; /* CLOCK_REALTIME; 0: it is kept for good */
	/* NULL-terminated: the recordings that the policy was decided from. NULL: what the store has, or the file
	 * NEARBY, if that has the runs; it need not exist. */
	const char *const *recordings;
	const char *nearby;
};

/* -EINVAL: the policy was decided from other runs than those of the named recordings. */
int harden_check_recordings(const struct harden_applied *applied, struct error *err);

/* Called after a successful apply: the store (DIRECTORY NULL: the default) then has the unit as enforced, with its
 * policy and recordings. *HAS_RECORDING: there are some. */
int harden_note_apply(const char *directory, const struct harden_applied *applied,
		      bool *has_recording, struct error *err);

/* Called after a revert of UNIT: updates the store (DIRECTORY NULL: the default) if the unit is managed,
 * and disarms the timer that would revert it too. */
int harden_note_revert(const char *directory, const char *unit, struct error *err);

#endif
