// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/apply.h"
#include "unit/drop_in.h"
#include "unit/progress.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

/* The possible drop-ins: in /etc and in /run. */
struct reverting {
	const struct apply_options *options;
	struct manager *manager;
	int lock;
	struct drop_in *drop_in[2];
	size_t count;
	struct verification verification; /* of the present filters */
};

static void reverting_clean(struct reverting *reverting)
{
	verification_clean(&reverting->verification);
	for (size_t i = 0; i < reverting->count; i++)
		drop_in_closep(&reverting->drop_in[i]);
	closep(&reverting->lock);
	manager_closep(&reverting->manager);
}

void revert_clean(struct revert *revert)
{
	unit_freep(&revert->unit);
	for (size_t i = 0; i < revert->paths_count; i++)
		free(revert->paths[i]);
	free(revert->journal);
	*revert = (struct revert){ 0 };
}

static int open_drop_in(struct reverting *reverting, const char *unit, bool is_runtime,
			struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = drop_in_open("", unit, is_runtime, &drop_in, err);

	if (r < 0)
		return r;
	/* A killed revert may have left a part of the record. */
	if (!drop_in_is_applied(drop_in))
		return drop_in_forget(drop_in, err);
	if (drop_in_is_edited(drop_in) && !reverting->options->force)
		return error_set(err, -EALREADY,
				 "%s: was edited since whittle wrote it; use --force to revert it "
				 "anyway",
				 drop_in_path(drop_in));
	reverting->drop_in[reverting->count++] = take(drop_in);
	return 0;
}

/* Reads the unit's present filters, to check later that they are removed. Finds none if the unit is stopped,
 * or was not restarted after the apply. */
static void look_at_filters(struct reverting *reverting, const struct unit *unit)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error ignored = { 0 };

	if (!unit_is_running(unit) || drop_in_policy(reverting->drop_in[0], &policy, &ignored) < 0)
		return;
	unit_verify_policy(reverting->manager, unit, policy, NULL, &reverting->verification,
			   &ignored);
}

static int restart(struct reverting *reverting, struct revert *revert, struct error *err)
{
	const struct apply_options *options = reverting->options;
	const char *name = revert->unit->name;
	uint64_t started_us = progress_now_us();
	struct error ignored = { 0 };
	int r;

	progress_step(options, "restarting %s", name);
	manager_reset_failed(reverting->manager, name, &ignored);
	r = manager_run_job(reverting->manager, JOB_RESTART, name, UINT64_MAX, err);
	if (r < 0) {
		revert->journal = progress_journal_tail(reverting->manager, name, started_us);
		return progress_explain_failure(reverting->manager, name, err);
	}
	revert->is_restarted = true;
	if (reverting->verification.own.count == 0)
		return 0;
	progress_step(options, "checking that the filter is removed");
	r = unit_verify_absent(reverting->manager, revert->unit, &reverting->verification.own,
			       &revert->processes, err);
	revert->is_verified = r >= 0;
	return r;
}

static int restore_files(struct reverting *reverting, struct revert *revert, struct error *err)
{
	for (size_t i = 0; i < reverting->count; i++) {
		const char *path = drop_in_path(reverting->drop_in[i]);
		int r;

		progress_step(reverting->options, "restoring %s", path);
		r = drop_in_restore(reverting->drop_in[i], err);
		if (r < 0)
			return r;
		revert->paths[revert->paths_count] = strdup(path);
		if (!revert->paths[revert->paths_count++])
			return error_oom(err);
	}
	return 0;
}

/* Only at the end, so that an interrupted revert can be repeated. */
static int forget(struct reverting *reverting, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < reverting->count && r >= 0; i++)
		r = drop_in_forget(reverting->drop_in[i], err);
	return r;
}

int revert_run(const struct apply_options *options, struct revert *revert, struct error *err)
{
	_cleanup_(reverting_clean) struct reverting reverting = { .options = options, .lock = -1 };
	struct error ignored = { 0 };
	int r;

	if (geteuid() != 0)
		return error_set(err, -EPERM, "changing a unit needs root");
	r = manager_open(&reverting.manager, err);
	if (r < 0)
		return r;
	r = progress_load_service(reverting.manager, options->unit, &revert->unit, err);
	if (r >= 0)
		r = reverting.lock = drop_in_lock("", revert->unit->name, err);
	/* A drop-in in /etc hides one in /run, so the unit runs under the former. */
	if (r >= 0 && !options->is_runtime)
		r = open_drop_in(&reverting, revert->unit->name, false, err);
	if (r >= 0)
		r = open_drop_in(&reverting, revert->unit->name, true, err);
	if (r < 0)
		return r;
	if (reverting.count == 0)
		return error_set(err, -ENOENT, "unit %s: whittle has applied no policy to it",
				 revert->unit->name);
	if (!options->no_restart)
		look_at_filters(&reverting, revert->unit);
	r = restore_files(&reverting, revert, err);
	if (r < 0)
		return r;
	progress_step(options, "reloading the unit files");
	r = manager_reload(reverting.manager, err);
	/* The files are always restored; only the wait for the restart can be interrupted. */
	manager_set_cancel_fd(reverting.manager, options->cancel_fd);
	if (r >= 0 && !options->no_restart && (unit_is_running(revert->unit) || options->start))
		r = restart(&reverting, revert, err);
	if (r >= 0)
		return forget(&reverting, err);
	/* systemd restarts the unit even after an interruption. */
	if (r == -EINTR)
		forget(&reverting, &ignored);
	return r;
}
