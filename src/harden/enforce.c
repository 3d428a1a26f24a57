// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The stages that install a filter. Until it is verified, the drop-in is in /run, so that a power loss
 * restores the unit's former state. Before the filter is enforced, systemd gets a timer that reverts it.
 * The timer is stopped once the filter is moved to /etc. So if either whittle or systemd's timer fails,
 * the other brings the unit to one of the two states, and each step can be repeated.
 */
#include "harden/stages.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "emit/emit.h"
#include "harden/refusals.h"
#include "systemd/unit.h"
#include "unit/check.h"
#include "unit/deadline.h"
#include "unit/drop_in.h"
#include "unit/make_permanent.h"
#include "unit/progress.h"
#include "unit/verify.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
/* How often systemd is asked for the unit's state. */
#define LOOK_NS	 (SECOND / 2)
#define CHECK_NS (30 * SECOND)
/* Each trial finds a further call, or there is one that no policy may allow. */
#define TRIALS_MAX 20
static struct apply_options apply_options(const struct harden *harden, const struct policy *policy)
{
	const struct harden_options *options = harden->options;

	return (struct apply_options){ .unit = harden->managed_unit.unit,
				       .policy = policy,
				       .is_runtime = true,
				       .is_widened = options->is_widened,
				       .settle_ns = options->settle_ns,
				       .check = options->check,
				       .check_timeout_ns = options->check_timeout_ns,
				       .cancel_fd = options->cancel_fd,
				       .warn = options->warn,
				       .context = options->context };
}

/* ---- rollback ---- */

static int stop_timer(const struct harden *harden, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = manager_open(&manager, err);

	return r < 0 ? r : deadline_stop(manager, harden->managed_unit.unit, err);
}

static int start_timer(const struct harden *harden, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = manager_open(&manager, err);

	return r < 0 ? r
		     : deadline_arm(manager, harden->options->program, harden->managed_unit.unit,
				    harden->options->deadline_ns, err);
}

int harden_roll_back(struct harden *harden, struct error *err)
{
	struct apply_options options = apply_options(harden, NULL);
	_cleanup_(revert_clean) struct revert revert = { 0 };
	int r;

	/* A rollback is not interrupted. The filter may have stopped the unit, so it is started again. */
	options.cancel_fd = -1;
	options.start = true;
	/* In these stages, the drop-in in /etc is harden's own too. */
	options.is_runtime = harden->managed_unit.stage != STAGE_VERIFY &&
			     harden->managed_unit.stage != STAGE_GUARDED;
	r = revert_run(&options, &revert, err);
	if (r == -ENOENT) {
		error_clear(err);
		r = 0;
	}
	/* If it failed, the timer stays and tries again. */
	return r < 0 ? r : stop_timer(harden, err);
}

/* Rolls back because of FAILURE and sets the stage to STAGE. Returns the failure's code. */
static int go_back_for(struct harden *harden, enum stage stage, const struct error *failure,
		       struct error *err)
{
	struct error second = { 0 };
	int r = harden_roll_back(harden, &second);

	*err = *failure;
	if (r < 0)
		return error_set(err, failure->code, "%.1200s; the rollback failed too: %.600s",
				 failure->message, second.message);
	harden_report(harden, "the unit's former state is restored");
	harden->managed_unit.stage = stage;
	harden->managed_unit.since_us = progress_now_us();
	harden->managed_unit.deadline_us = 0;
	if (harden_set(&harden->managed_unit.note, failure->message, &second) < 0 ||
	    harden_save(harden, &second) < 0)
		return error_set(err, failure->code, "%.1200s; saving the state failed too: %.600s",
				 failure->message, second.message);
	return err->code;
}

/* ---- trial ---- */

/* Applies the policy with the log action for all other calls. */
static int put_on_trial(struct harden *harden, const struct policy *policy, struct error *err)
{
	_cleanup_(policy_freep) struct policy *trial = policy_copy(policy);
	_cleanup_(apply_freep) struct apply *apply = NULL;
	struct apply_options options;
	int r;

	if (!trial)
		return error_oom(err);
	trial->default_action = SECCOMP_RET_LOG;
	options = apply_options(harden, trial);
	/* The recording restarts it. */
	options.no_restart = true;
	r = apply_prepare(&options, &apply, err);
	return r < 0 ? r : apply_run(apply, err);
}

static int enforced_meaning(const struct harden *harden, const struct policy *policy,
			    struct policy **meaning, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = manager_open(&manager, err);

	return r < 0 ? r
		     : emit_meaning(emitter_find("systemd"), policy,
				    &(struct emit_options){
					    .unit = harden->managed_unit.unit,
					    .systemd_version = manager_version_number(manager) },
				    meaning, err);
}

int enforce_trial(struct harden *harden, enum stage *next, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL, *meaning = NULL;
	struct error failure = { 0 };
	size_t hits = 0;
	int r = policy_read(harden->managed_unit.policy, &policy, err);

	if (r >= 0)
		r = enforced_meaning(harden, policy, &meaning, err);
	if (r >= 0)
		r = put_on_trial(harden, policy, err);
	if (r < 0)
		return r;
	r = slices_record(harden, harden->options->trial_ns, meaning, &hits, &failure);
	if (r < 0)
		return go_back_for(harden, STAGE_TRIAL, &failure, err);
	/* The calls are in the recording now, so the next policy allows them. */
	*next = hits ? STAGE_DECIDE : STAGE_ENFORCE;
	harden->trials += hits > 0;
	if (harden->trials <= TRIALS_MAX)
		return 0;
	error_set(
		&failure, -ECANCELED,
		"unit %s: after %d trials the policy still lacks calls of the unit: record it for "
		"longer, or allow calls with --allow",
		harden->managed_unit.unit, TRIALS_MAX);
	return go_back_for(harden, STAGE_ROLLED_BACK, &failure, err);
}

/* ---- enforce ---- */

struct holding {
	struct harden *harden;
	struct refusals *refusals;
	char invocation[33];
	unsigned restarts;
	uint64_t until_ns, next_look_ns, next_check_ns;
};

static int look_at_unit(struct holding *holding, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	char why[512];
	int r = manager_open(&manager, err);

	if (r >= 0)
		r = unit_load(manager, holding->harden->managed_unit.unit, &unit, err);
	if (r < 0)
		return r;
	if (!holding->invocation[0]) {
		memcpy(holding->invocation, unit->invocation, sizeof(holding->invocation));
		holding->restarts = unit->restarts;
	}
	if (!unit_is_running(unit))
		return error_set(err, -ECANCELED, "unit %s: %s", unit->name,
				 unit_failure(unit, why, sizeof(why)));
	/* A manual restart resets the count; an automatic one means that the unit had failed. */
	if (unit->restarts > holding->restarts)
		return error_set(err, -ECANCELED, "unit %s: it failed and systemd restarted it",
				 unit->name);
	return 0;
}

static int check(const struct holding *holding, struct error *err)
{
	const struct harden_options *options = holding->harden->options;

	return options->check ? check_run(options->check, options->check_timeout_ns,
					  options->cancel_fd, err)
			      : 0;
}

static int refused(const struct holding *holding, struct error *err)
{
	uint64_t count = refusals_count(holding->refusals);

	return count ? error_set(err, -ECANCELED, "unit %s: %llu call%s denied",
				 holding->harden->managed_unit.unit, (unsigned long long)count,
				 count == 1 ? " was" : "s were")
		     : 0;
}

static void show_wait(const struct holding *holding)
{
	const struct harden_options *options = holding->harden->options;
	uint64_t now = clock_now_ns(), more = holding->until_ns > now ? holding->until_ns - now : 0;
	char text[TIME_TEXT], waits_for[64];

	if (!options->wait)
		return;
	snprintf(waits_for, sizeof(waits_for), "%s more without a denial",
		 stages_format_duration(more, text));
	options->wait(options->context,
		      &(struct harden_progress){ .watched_ns = options->hold_ns - more,
						 .waits_for = waits_for });
}

/* One round: denials, the unit's state, and the check. */
static int look(struct holding *holding, struct error *err)
{
	int r = refusals_read(holding->refusals, err);

	if (r >= 0)
		r = refused(holding, err);
	if (r >= 0 && clock_now_ns() >= holding->next_look_ns) {
		holding->next_look_ns = clock_now_ns() + LOOK_NS;
		r = look_at_unit(holding, err);
		show_wait(holding);
	}
	if (r >= 0 && clock_now_ns() >= holding->next_check_ns) {
		holding->next_check_ns = clock_now_ns() + CHECK_NS;
		r = check(holding, err);
	}
	return r;
}

static int hold(struct holding *holding, struct error *err)
{
	const struct harden_options *options = holding->harden->options;
	struct pollfd fds[2] = {
		{ .fd = refusals_fd(holding->refusals), .events = POLLIN },
		{ .fd = options->cancel_fd, .events = POLLIN },
	};
	int r = 0;

	holding->until_ns = clock_now_ns() + options->hold_ns;
	holding->next_check_ns = clock_now_ns() + CHECK_NS;
	while (r >= 0 && clock_now_ns() < holding->until_ns) {
		uint64_t more = holding->until_ns - clock_now_ns();

		if (poll(fds, 2, (int)((more < LOOK_NS ? more : LOOK_NS) / 1000000) + 1) < 0 &&
		    errno != EINTR)
			return error_set_errno(err, -errno, "waiting for events");
		r = fds[1].revents ? error_set(err, -EINTR, "interrupted") : look(holding, err);
	}
	/* At the end, run the check again and count the denials that it causes. */
	if (r >= 0)
		r = check(holding, err);
	holding->next_look_ns = 0;
	return r < 0 ? r : look(holding, err);
}

static void warn_holding(void *context, const char *sentence)
{
	const struct harden_options *options = ((struct holding *)context)->harden->options;

	if (options->warn)
		options->warn(options->context, sentence);
}

static int start_fd(void *context)
{
	return refusals_fd(((struct holding *)context)->refusals);
}

static int look_at_start(void *context, bool is_announced, struct error *err)
{
	return refusals_check_start(((struct holding *)context)->refusals, is_announced, err);
}

static int put_on(struct holding *holding, const struct policy *policy, struct error *err)
{
	struct apply_options options = apply_options(holding->harden, policy);
	_cleanup_(apply_freep) struct apply *apply = NULL;
	int r;

	options.start_fd = start_fd;
	options.start_look = look_at_start;
	options.context = holding;
	options.warn = warn_holding;
	r = apply_prepare(&options, &apply, err);
	if (r >= 0)
		r = apply_run(apply, err);
	/* hold() checks for interruptions again. */
	return r < 0 ? r : hold(holding, err);
}

/* Denials are evidence of calls that the unit needs. */
static int keep_denial(void *context, const struct denial_group *group, uint64_t count,
		       struct error *err)
{
	const struct harden *harden = context;
	const struct harden_options *options = harden->options;

	if (options->refused)
		options->refused(options->context, group, count);
	return store_take_denial(harden->store, harden->managed_unit.unit, &group->denial, count,
				 err);
}

static int arm(struct harden *harden, struct error *err)
{
	harden->managed_unit.deadline_us = progress_now_us() + harden->options->deadline_ns / 1000;
	if (harden_save(harden, err) < 0)
		return err->code;
	return start_timer(harden, err);
}

static int load_unit(const struct harden *harden, struct unit **unit, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = manager_open(&manager, err);

	return r < 0 ? r : unit_load(manager, harden->managed_unit.unit, unit, err);
}

int enforce_stage(struct harden *harden, enum stage *next, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	_cleanup_(own_filters_freep) struct own_filters *own = NULL;
	_cleanup_(refusals_freep) struct refusals *refusals = NULL;
	struct holding holding = { .harden = harden };
	struct error failure = { 0 }, second = { 0 };
	int r = policy_read(harden->managed_unit.policy, &policy, err);

	if (r >= 0)
		r = load_unit(harden, &unit, err);
	if (r >= 0)
		r = own_filters_read(unit, &own, err);
	if (r >= 0)
		r = refusals_open(unit, policy, own, &refusals, err);
	/* Before the filter is enforced: from here on it is either kept or reverted. */
	if (r >= 0)
		r = arm(harden, err);
	if (r < 0)
		return r;
	holding.refusals = refusals;
	r = put_on(&holding, policy, &failure);
	if (refusals_finish(refusals, &second) >= 0 && r >= 0)
		r = refused(&holding, &failure);
	if (refusals_count_own(refusals))
		harden_report(harden,
			      "%llu call%s denied that the unit's own settings deny, as before",
			      (unsigned long long)refusals_count_own(refusals),
			      refusals_count_own(refusals) == 1 ? " was" : "s were");
	if (r >= 0) {
		*next = STAGE_VERIFY;
		return 0;
	}
	refusals_tell(refusals, keep_denial, harden, &second);
	/* An interruption decides nothing: the next run tries the policy again. */
	return go_back_for(harden, r == -EINTR ? STAGE_TRIAL : STAGE_ROLLED_BACK, &failure, err);
}

/* ---- verify ---- */

/* 1: in /run or in /etc. A record without a drop-in is left from an interrupted step. */
static int is_applied(const char *unit, struct error *err)
{
	bool applied = false;
	int r = 0;

	for (unsigned i = 0; i < 2 && r >= 0; i++) {
		_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;

		r = drop_in_open("", unit, i == 0, &drop_in, err);
		applied |= r >= 0 && drop_in_is_applied(drop_in) && drop_in_text(drop_in);
	}
	return r < 0 ? r : applied;
}

int enforce_verify(struct harden *harden, enum stage *next, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(verification_clean) struct verification verification = { 0 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error failure = { 0 };
	int r = is_applied(harden->managed_unit.unit, err);

	/* The timer has reverted it, or the machine has rebooted. */
	if (r == 0) {
		*next = STAGE_TRIAL;
		return 0;
	}
	if (r > 0)
		r = policy_read(harden->managed_unit.policy, &policy, err);
	if (r >= 0)
		r = manager_open(&manager, err);
	if (r >= 0)
		r = unit_load(manager, harden->managed_unit.unit, &unit, err);
	if (r < 0)
		return r;
	r = unit_verify_policy(manager, unit, policy, NULL, &verification, &failure);
	if (r >= 0)
		r = unit_make_permanent(manager, harden->managed_unit.unit, policy, &failure);
	if (r < 0)
		return go_back_for(harden, STAGE_ROLLED_BACK, &failure, err);
	r = stop_timer(harden, err);
	if (r < 0)
		return r;
	harden_report(
		harden,
		"the kernel enforces the policy on %zu process%s; compared %zu system call numbers",
		verification.processes, verification.processes == 1 ? "" : "es",
		verification.calls);
	*next = STAGE_GUARDED;
	return 0;
}

/* ---- a revert by the user or the timer ---- */

static int note(struct store *store, const char *unit, struct error *err)
{
	_cleanup_(managed_unit_clean) struct managed_unit managed_unit = { 0 };
	int r = store_get(store, unit, &managed_unit, err);

	if (r == -ENOENT || (r == 0 && managed_unit.stage < STAGE_TRIAL))
		return 0;
	if (r == 0)
		r = harden_set(&managed_unit.note, "'whittle revert' removed the filter", err);
	if (r < 0)
		return r;
	managed_unit.stage = STAGE_ROLLED_BACK;
	managed_unit.since_us = progress_now_us();
	managed_unit.deadline_us = 0;
	return store_put(store, &managed_unit, err);
}

int harden_note_revert(const char *directory, const char *unit, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL, *reading = NULL;
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = store_open_reading(directory, &reading, err);

	/* Do not create a database for this. */
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = store_open(directory, &store, err);
	if (r == 0)
		r = note(store, unit, err);
	if (r == 0)
		r = manager_open(&manager, err);
	return r < 0 ? r : deadline_disarm(manager, unit, err);
}
