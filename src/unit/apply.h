/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy put on a unit, and taken off again. Every step that can fail is followed by the way
 * back: at the end the unit runs under what was decided, or as it did before.
 */
#ifndef WHITTLE_UNIT_APPLY_H
#define WHITTLE_UNIT_APPLY_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/unit.h"
#include "unit/serving.h"
#include "unit/verify.h"

#include <stdbool.h>
#include <stdint.h>

struct apply_options {
	const char *unit;
	const struct policy *policy; /* of apply; must outlive it */
	bool is_runtime; /* /run instead of /etc */
	bool no_restart;
	bool start; /* also a unit that is stopped */
	bool two_phase; /* the unit puts the lists of who serves on its processes */
	bool require_serving; /* and fails to start where it can't */
	bool force; /* revert: also what was edited since */
	uint64_t settle_ns;
	const char *check; /* NULL none */
	uint64_t check_timeout_ns;
	int cancel_fd; /* manager_set_cancel_fd() */
	/* A step is about to be taken ("restarting nginx.service"); a thing to know. NULL: nobody
	 * listens. */
	void (*progress)(void *context, const char *step);
	void (*warn)(void *context, const char *sentence);
	/* The unit is about to run under the policy for the first time; it has, and nothing is rolled
	 * back or kept yet. A negative errno means the way back; what the second returns after a
	 * failure is not asked. NULL: nobody wants to know. */
	int (*trial_begins)(void *context, struct error *err);
	int (*trial_ends)(void *context, struct error *err);
	void *context;
};

enum apply_end {
	APPLY_NOTHING, /* nothing was changed */
	APPLY_DONE,
	APPLY_ROLLED_BACK, /* it failed, and the former state is back */
	APPLY_BROKEN, /* it failed, and so did the way back: the error says what is left to do */
};

struct apply {
	struct apply_options options;
	struct manager *manager;
	struct unit *unit; /* before anything was changed */
	struct drop_in *drop_in;
	int lock;
	struct policy *own; /* what is enforced: the one given, or with what two phases need */
	char *serving_text, *serving_name; /* of two phases: the policy for the record */
	size_t serving_size;
	char *text; /* the drop-in */
	size_t text_size;
	struct policy *meaning; /* of the drop-in */
	bool restarts; /* whether the unit is (or would be) restarted or started */
	uint64_t started_us; /* when the unit was first touched; CLOCK_REALTIME, 0 not yet */
	enum apply_end end;
	bool is_verified; /* against the kernel */
	struct verification verification;
	/* Of two phases, by state: the processes of the started unit. */
	struct serving_result serving;
	char *journal; /* the unit's last lines where it failed; NULL none */
};

/* Looks at everything and makes the text; changes nothing. */
int apply_prepare(const struct apply_options *options, struct apply **apply, struct error *err);

/* Calls TELL for each call that the unit's present list allows and the new one does not ('-'), and
 * the other way round ('+'). False where the unit has no list now. */
bool apply_differences(const struct apply *apply,
		       void (*tell)(void *context, char sign, const char *name), void *context);

/* Does it. On failure the error says what failed, and `end` where that leaves the unit. */
int apply_run(struct apply *apply, struct error *err);
void apply_freep(struct apply **apply);

struct revert {
	struct unit *unit; /* as it was */
	char *paths[2]; /* of the drop-ins that were reverted */
	size_t paths_count;
	bool is_restarted, is_verified;
	size_t processes; /* that were found without the filter */
	char *journal;
};

/* Back to what was there before the first apply. -ENOENT where nothing was applied. */
int revert_run(const struct apply_options *options, struct revert *revert, struct error *err);
void revert_clean(struct revert *revert);

#endif
