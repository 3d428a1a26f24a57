// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record/cycle.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>

#define SECOND UINT64_C(1000000000)
/* After each job the service gets this long to do what it does in that state. */
#define SETTLE_NS (1 * SECOND)
/* For the way back: as long as systemd gives a unit by default (DefaultTimeoutStartSec=). */
#define RESTORE_NS (90 * SECOND)

#define STEPS_MAX 4

struct cycle {
	struct manager *manager;
	const struct unit *unit;
	enum job_kind steps[STEPS_MAX];
	unsigned count, next; /* next: the step that has not begun, or whose job is under way */
	struct job *job;
	uint64_t settled_ns; /* when the next step may begin */
	bool was_running;
};

struct cycle *cycle_new(struct manager *manager, const struct unit *unit, bool is_never_stopped)
{
	struct cycle *cycle = calloc(1, sizeof(*cycle));

	if (!cycle)
		return NULL;
	cycle->manager = manager;
	cycle->unit = unit;
	cycle->was_running = unit_is_running(unit);
	if (!cycle->was_running)
		cycle->steps[cycle->count++] = JOB_START;
	if (unit->can_reload)
		cycle->steps[cycle->count++] = JOB_RELOAD;
	cycle->steps[cycle->count++] = JOB_RESTART;
	if (is_never_stopped)
		return cycle;
	cycle->steps[cycle->count++] = JOB_STOP;
	if (cycle->was_running)
		cycle->steps[cycle->count++] = JOB_START;
	return cycle;
}

int cycle_step(struct cycle *cycle, struct error *err)
{
	enum job_kind step;
	int r;

	if (clock_now_ns() < cycle->settled_ns)
		return 0;
	if (cycle->next == cycle->count)
		return 1;
	step = cycle->steps[cycle->next];
	if (!cycle->job)
		return job_begin(cycle->manager, step, cycle->unit->name, &cycle->job, err);
	r = job_poll(cycle->job, err);
	if (r == 0)
		return 0;
	job_freep(&cycle->job);
	if (r < 0)
		return error_prefix(err, "%s: %s", cycle->unit->name, job_kind_name(step));
	cycle->settled_ns = clock_now_ns() + SETTLE_NS;
	cycle->next++;
	return 0;
}

int cycle_restore(struct cycle *cycle, struct error *err)
{
	int r;

	if (cycle->next == cycle->count)
		return 0;
	/* A job under way goes on by itself; ours is queued behind it. */
	job_freep(&cycle->job);
	r = manager_run_job(cycle->manager, cycle->was_running ? JOB_START : JOB_STOP,
			    cycle->unit->name, RESTORE_NS, err);
	return r < 0 ? error_prefix(err, "%s: cannot be restored to its previous state",
				    cycle->unit->name)
		     : 0;
}

void cycle_freep(struct cycle **cycle)
{
	if (!*cycle)
		return;
	job_freep(&(*cycle)->job);
	free(*cycle);
	*cycle = NULL;
}
