// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/start_watch.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "unit/progress.h"

#include <string.h>

/* A service that works stops within this time; one that is half started has little to save. */
#define STOP_NS UINT64_C(2000000000)

/* systemd counts these as started as soon as they are forked or executed. */
static bool is_announced(const struct unit *unit)
{
	return unit->type && strcmp(unit->type, "simple") != 0 && strcmp(unit->type, "exec") != 0 &&
	       strcmp(unit->type, "idle") != 0;
}

static int look_at_start(void *context, struct error *err)
{
	struct apply *apply = context;
	int r = apply->options.start_look(apply->options.context, is_announced(apply->unit), err);

	apply->was_ended |= r < 0;
	return r;
}

int start_watch_restart(struct apply *apply, struct error *err)
{
	const struct apply_options *options = &apply->options;
	const struct job_watch watch = {
		.fd = options->start_fd ? options->start_fd(options->context) : -1,
		.look = look_at_start,
		.context = apply,
	};
	const char *name = apply->unit->name;
	int r = options->start_look
			? manager_run_watched_job(apply->manager, JOB_RESTART, name, &watch, err)
			: manager_run_job(apply->manager, JOB_RESTART, name, UINT64_MAX, err);

	if (r < 0 && !apply->was_ended)
		return progress_explain_failure(apply->manager, name, err);
	return r;
}

struct stopping {
	struct apply *apply;
	uint64_t kill_ns; /* 0: done */
};

static int look_at_stop(void *context, struct error *err)
{
	struct stopping *stopping = context;
	struct manager *manager = stopping->apply->manager;
	const char *name = stopping->apply->unit->name;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error ignored = { 0 };

	(void)err;
	if (!stopping->kill_ns || clock_now_ns() < stopping->kill_ns)
		return 0;
	stopping->kill_ns = 0;
	if (unit_load(manager, name, &unit, &ignored) >= 0 &&
	    strcmp(unit->active_state, "deactivating") == 0)
		manager_kill(manager, name, &ignored);
	return 0;
}

int start_watch_restore(struct apply *apply, struct error *err)
{
	struct stopping stopping = { .apply = apply, .kill_ns = clock_now_ns() + STOP_NS };
	const struct job_watch watch = { .fd = -1, .look = look_at_stop, .context = &stopping };
	const char *name = apply->unit->name;
	int r = apply->was_ended
			? manager_run_watched_job(apply->manager, JOB_RESTART, name, &watch, err)
			: manager_run_job(apply->manager, JOB_RESTART, name, UINT64_MAX, err);

	return r < 0 ? progress_explain_failure(apply->manager, name, err) : 0;
}
