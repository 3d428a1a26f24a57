/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Applies a policy to a unit, and reverts it. If any step fails, the former state is restored: at the
 * end the unit runs either under the policy or as before.
 */
#ifndef WHITTLE_UNIT_APPLY_H
#define WHITTLE_UNIT_APPLY_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/unit.h"
#include "unit/serving.h"
#include "unit/verify.h"
#include "unit/within.h"

#include <stdbool.h>
#include <stdint.h>

struct apply_options {
	const char *unit;
	const struct policy *policy; /* for apply; must outlive it */
	bool is_runtime; /* /run instead of /etc */
	bool no_restart;
	bool start; /* start a stopped unit */
	bool two_phase; /* the unit installs serving filters in its processes */
	bool require_serving; /* the unit fails to start if that fails */
	/* Allow what the policy allows although the unit's own settings deny it. KEEPS_WIDENED: do so
	 * if the last apply did. */
	bool is_widened, keeps_widened;
	bool force; /* revert even an edited drop-in */
	uint64_t settle_ns;
	const char *check; /* NULL none */
	uint64_t check_timeout_ns;
	int cancel_fd; /* manager_set_cancel_fd() */
	/* Called before each step ("restarting nginx.service"), and with each warning. May be
	 * NULL. */
	void (*progress)(void *context, const char *step);
	void (*warn)(void *context, const char *sentence);
	/* Called before the unit first runs under the policy, and after that, before anything is
	 * rolled back or committed. A negative errno causes a rollback; after a failure the result
	 * of the second is ignored. May be NULL. */
	int (*trial_begins)(void *context, struct error *err);
	int (*trial_ends)(void *context, struct error *err);
	/* While the unit starts under the policy: called when the descriptor (-1: none) is readable,
	 * and every 100 ms. IS_ANNOUNCED: the unit tells systemd when its start is complete. A negative
	 * errno ends the start and causes a rollback. Both may be NULL. */
	int (*start_fd)(void *context);
	int (*start_look)(void *context, bool is_announced, struct error *err);
	void *context;
};

enum apply_end {
	APPLY_NOTHING, /* nothing was changed */
	APPLY_DONE,
	APPLY_ROLLED_BACK, /* it failed, and the former state is restored */
	APPLY_BROKEN, /* it failed, and so did the rollback: the error says what is left to do */
};

struct apply {
	struct apply_options options;
	struct manager *manager;
	struct unit *unit; /* before anything was changed */
	struct drop_in *drop_in;
	int lock;
	struct within within; /* the unit's own settings */
	char *within_text; /* for the record */
	size_t within_size;
	struct policy
		*own; /* the enforced policy: the given one, plus the calls that two phases need */
	char *serving_text, *serving_name; /* two phases: the policy for the record */
	size_t serving_size;
	char *text; /* the drop-in */
	size_t text_size;
	struct policy *meaning; /* the policy that the drop-in means */
	bool restarts; /* whether the unit is (or would be) restarted or started */
	uint64_t started_us; /* when the unit was first touched; CLOCK_REALTIME, 0 not yet */
	enum apply_end end;
	bool was_ended; /* start_look() ended the start */
	bool is_verified; /* against the kernel */
	struct verification verification;
	/* Two phases: the processes of the started unit, by state. */
	struct serving_result serving;
	char *journal; /* the unit's last journal lines, if it failed; NULL none */
};

/* Checks all preconditions and writes the drop-in's text to memory. Changes nothing. */
int apply_prepare(const struct apply_options *options, struct apply **apply, struct error *err);

/* Calls TELL for each call that the unit's present SystemCallFilter= allows and the new one does not
 * ('-'), and vice versa ('+'). False if the unit has none now. */
bool apply_differences(const struct apply *apply,
		       void (*tell)(void *context, char sign, const char *name), void *context);

/* Applies the policy. On failure the error says what failed, and `end` the unit's state. */
int apply_run(struct apply *apply, struct error *err);
void apply_freep(struct apply **apply);

struct revert {
	struct unit *unit; /* before the revert */
	char *paths[2]; /* of the drop-ins that were reverted */
	size_t paths_count;
	bool is_restarted, is_verified;
	size_t processes; /* verified to run without the filter */
	char *journal;
};

/* Restores the state from before the first apply. -ENOENT: nothing was applied. */
int revert_run(const struct apply_options *options, struct revert *revert, struct error *err);
void revert_clean(struct revert *revert);

#endif
