// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One thread with one poll(): BPF rings, the store's directory, the metrics' sockets and signals. Once a
 * second it reads the denials that the kernel only counted. On a quiet machine it does nothing else.
 */
#include "guard/guard.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "denial/aggregate.h"
#include "denial/kernel.h"
#include "guard/journal_entries.h"
#include "guard/metrics.h"
#include "guard/metrics_server.h"
#include "guard/react.h"
#include "guard/serving_events.h"
#include "guard/units.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#define SECOND	 UINT64_C(1000000000)
#define SWEEP_NS SECOND
#define REACT_NS \
	(SECOND / 2) /* from a denial to the reaction, which then includes further denials */
#define STORE_NS     (SECOND / 10) /* between two transactions */
#define AGAIN_NS     (30 * SECOND) /* minimum time between two reactions to one unit */
#define ATTACH_NS    (SECOND / 20) /* from the first arrival to the attaching of all new processes */
#define BUSY_NS	     SECOND /* until another try while the previous one still runs */
#define TELLS_MAX    300 /* entries of the journal ... */
#define TELLS_NS     (30 * SECOND) /* ... in this time; further ones are logged as a sum */
#define OPEN_NS	     (60 * SECOND) /* time limit for loading the programs, on a machine under load */
#define STATUS_BYTES 128
#define RING_SIZE    (1 << 20) /* for detailed denials, which are read as they come */

struct guard {
	const struct guard_options *options;
	struct store *store;
	struct guarded_units units;
	struct metrics *metrics;
	struct aggregate *stores; /* denials for the store, */
	struct aggregate *aggregate; /* and for the journal: these come with their stacks */
	struct denial_kernel *kernel;
	struct serving_events *serving_events; /* NULL: no unit has two phases */
	struct metrics_server *metrics_server;
	int watch_fd; /* inotify of the store's directory */
	bool store_changed;
	bool has_ended;
	uint64_t sweep_ns, load_ns, ping_ns, store_ns, told_since_ns;
	uint64_t watchdog_ns; /* between two pings; 0: no watchdog */
	uint64_t told, untold;
	uint64_t lost_arrivals;
	char status[STATUS_BYTES];
};

static void guard_clean(struct guard *guard)
{
	metrics_server_closep(&guard->metrics_server);
	serving_events_closep(&guard->serving_events);
	denial_kernel_closep(&guard->kernel);
	aggregate_freep(&guard->stores);
	aggregate_freep(&guard->aggregate);
	metrics_freep(&guard->metrics);
	guarded_units_clean(&guard->units);
	store_closep(&guard->store);
	closep(&guard->watch_fd);
}

static void warn(void *context, const char *sentence)
{
	const struct guard *guard = context;

	guard->options->warn(guard->options->context, sentence);
}

/* Warns of a failure that does not stop the guard. */
static void pass_over(struct guard *guard, struct error *failure)
{
	warn(guard, failure->message);
	error_clear(failure);
}

/* ---- denials ---- */

/* Schedules a reaction shortly after the denial, but not too soon after the previous one. */
static void plan_reaction(struct guarded_unit *unit)
{
	uint64_t at = clock_now_ns() + REACT_NS;

	if (unit->stage != STAGE_GUARDED || unit->reaction == REACTION_REPORT || unit->react_ns)
		return;
	if (unit->reacted_ns && unit->reacted_ns + AGAIN_NS > at)
		at = unit->reacted_ns + AGAIN_NS;
	unit->react_ns = at;
}

static int on_denial(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	struct guard *guard = context;
	struct guarded_unit *unit =
		guarded_units_find(&guard->units, denial->unit.data, denial->unit.length);

	if (!unit || guarded_unit_intends(unit, denial))
		return 0;
	unit->denials += count;
	if (metrics_count_denial(guard->metrics, unit->name, denial, count, err) < 0)
		return err->code;
	plan_reaction(unit);
	if (aggregate_add(guard->stores, denial, count, err) < 0)
		return err->code;
	return denial->stack_follows ? 0 : aggregate_add(guard->aggregate, denial, count, err);
}

/* The stack of a denial that is counted already. */
static int on_stack(void *context, const struct denial *denial, struct error *err)
{
	struct guard *guard = context;
	const struct guarded_unit *unit =
		guarded_units_find(&guard->units, denial->unit.data, denial->unit.length);

	if (!unit || guarded_unit_intends(unit, denial))
		return 0;
	if (denial->stack.length && aggregate_add(guard->stores, denial, 0, err) < 0)
		return err->code;
	return aggregate_add(guard->aggregate, denial, 1, err);
}

static int on_store(void *context, const struct denial_group *group, uint64_t count,
		    struct error *err)
{
	struct guard *guard = context;
	struct error failure = { 0 };

	(void)err;
	if (store_take_denial(guard->store, group->denial.unit.data, &group->denial, count,
			      &failure) < 0)
		pass_over(guard, &failure);
	return 0;
}

/* New kinds at once, repeats with a pause; all of them if PAUSE_NS is 0. */
static int keep_denials(struct guard *guard, uint64_t now, uint64_t pause_ns, struct error *err)
{
	struct error failure = { 0 };
	int r;

	if (!aggregate_is_pending(guard->stores) || (pause_ns && now < guard->store_ns))
		return 0;
	guard->store_ns = now + STORE_NS;
	/* One transaction for all of them: one sync. */
	if (store_begin(guard->store, &failure) < 0)
		pass_over(guard, &failure);
	r = aggregate_report(guard->stores, now, pause_ns, err);
	if (store_commit(guard->store, &failure) < 0) {
		store_rollback(guard->store);
		pass_over(guard, &failure);
	}
	return r;
}

/* Writes a group to the journal. */
static int on_group(void *context, const struct denial_group *group, uint64_t count,
		    struct error *err)
{
	struct guard *guard = context;
	const struct guarded_unit *unit = guarded_units_find(&guard->units, group->denial.unit.data,
							     group->denial.unit.length);

	(void)err;
	if (guard->told < TELLS_MAX) {
		guard->told++;
		journal_entries_denial(group, count, unit ? unit->reaction : REACTION_REPORT);
	} else {
		guard->untold += count;
		metrics_count_untold(guard->metrics, count);
	}
	return 0;
}

/* What was lost or folded of a unit since the last entry: the first at once. */
static void tell_losses(struct guard *guard, uint64_t now)
{
	for (size_t i = 0; i < guard->units.count; i++) {
		struct guarded_unit *unit = &guard->units.units[i];
		struct denial_kernel_share share = denial_kernel_share(guard->kernel, unit->name);

		if ((unit->told_share_ns && now - unit->told_share_ns < TELLS_NS) ||
		    (share.lost == unit->told_share.lost &&
		     share.folded == unit->told_share.folded))
			continue;
		journal_entries_lost(unit->name, share.folded - unit->told_share.folded,
				     share.lost - unit->told_share.lost);
		unit->told_share = share;
		unit->told_share_ns = now;
	}
}

static int tell_denials(struct guard *guard, uint64_t now, uint64_t pause_ns, struct error *err)
{
	if (now - guard->told_since_ns >= TELLS_NS) {
		guard->told_since_ns = now;
		guard->told = 0;
		if (guard->untold)
			journal_entries_omitted(guard->untold);
		guard->untold = 0;
	}
	return aggregate_report(guard->aggregate, now, pause_ns, err);
}

/* ---- jobs that systemd runs for the guard ---- */

static void begin_due(struct guard *guard, struct guarded_unit *unit, struct manager *manager,
		      uint64_t now)
{
	const char *program = guard->options->program;
	struct error failure = { 0 };
	int r;

	if (unit->react_ns && unit->react_ns <= now) {
		/* The reaction reads the denials from the store. */
		r = keep_denials(guard, now, 0, &failure);
		if (r == 0)
			r = react_start(manager, program, unit->name, &failure);
		unit->react_ns = r < 0 ? now + BUSY_NS : 0;
		unit->reacted_ns = now;
		if (r == 0)
			r = metrics_count_reaction(guard->metrics, unit->name, unit->reaction,
						   &failure);
		if (r < 0 && r != -EEXIST)
			pass_over(guard, &failure);
		error_clear(&failure);
	}
	if (unit->attach_ns && unit->attach_ns <= now) {
		r = react_start_attach(manager, program, unit->name, &failure);
		unit->attach_ns = r < 0 ? now + BUSY_NS / 5 : 0;
		if (r < 0 && r != -EEXIST)
			pass_over(guard, &failure);
	}
}

/* When the next job is due; UINT64_MAX: none is. */
static uint64_t next_due(const struct guard *guard)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < guard->units.count; i++) {
		const struct guarded_unit *unit = &guard->units.units[i];

		if (unit->react_ns && unit->react_ns < first)
			first = unit->react_ns;
		if (unit->attach_ns && unit->attach_ns < first)
			first = unit->attach_ns;
	}
	return first;
}

static void do_due(struct guard *guard, uint64_t now)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	struct error failure = { 0 };

	if (next_due(guard) > now)
		return;
	if (manager_open(&manager, &failure) < 0) {
		pass_over(guard, &failure);
		/* Try again later. */
		for (size_t i = 0; i < guard->units.count; i++) {
			if (guard->units.units[i].react_ns)
				guard->units.units[i].react_ns = now + AGAIN_NS;
			if (guard->units.units[i].attach_ns)
				guard->units.units[i].attach_ns = now + AGAIN_NS;
		}
		return;
	}
	for (size_t i = 0; i < guard->units.count; i++)
		begin_due(guard, &guard->units.units[i], manager, now);
}

/* ---- units ---- */

static void attach_soon(struct guarded_unit *unit)
{
	if (unit->is_two_phase && !unit->attach_ns)
		unit->attach_ns = clock_now_ns() + ATTACH_NS;
}

static void on_arrival(void *context, size_t index)
{
	struct guard *guard = context;

	/* The indices are those of the load before the programs were opened. */
	if (index < guard->units.count)
		attach_soon(&guard->units.units[index]);
}

/* Loads the programs only if a unit has two phases. */
static void watch_arrivals(struct guard *guard)
{
	_cleanup_free_ const char **names = calloc(guard->units.count + 1, sizeof(*names));
	struct error failure = { 0 };
	size_t wanted = 0;

	serving_events_closep(&guard->serving_events);
	guard->lost_arrivals = 0;
	for (size_t i = 0; names && i < guard->units.count; i++) {
		/* A name keeps its index; units without two phases get no arrivals. */
		names[i] = guard->units.units[i].is_two_phase ? guard->units.units[i].name : "/";
		wanted += guard->units.units[i].is_two_phase;
	}
	if (!wanted)
		return;
	if (serving_events_open(names, guard->units.count, on_arrival, guard,
				&guard->serving_events, &failure) < 0)
		pass_over(guard, &failure);
	/* Processes that came before the programs were loaded. */
	for (size_t i = 0; i < guard->units.count; i++)
		attach_soon(&guard->units.units[i]);
}

static bool names_differ(const struct guarded_units *units, char *const *before, size_t count)
{
	if (units->count != count)
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(units->units[i].name, before[i] + 1) != 0 ||
		    (before[i][0] == '2') != units->units[i].is_two_phase)
			return true;
	return false;
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; names && i < count; i++)
		free(names[i]);
	free(names);
}

/* Each name after a '2' or a '1': its phases. */
static char **keep_names(const struct guarded_units *units)
{
	char **names = calloc(units->count + 1, sizeof(*names));

	for (size_t i = 0; names && i < units->count; i++) {
		if (asprintf(&names[i], "%c%s", units->units[i].is_two_phase ? '2' : '1',
			     units->units[i].name) >= 0)
			continue;
		free_names(names, i);
		return NULL;
	}
	return names;
}

/* A unit that can't be selected is reported; the others are watched. */
static void select_units(struct guard *guard)
{
	struct error failure = { 0 };

	if (guarded_units_select(&guard->units, guard->kernel, &failure) < 0)
		pass_over(guard, &failure);
}

static int load(struct guard *guard, struct error *err)
{
	size_t count = guard->units.count;
	char **before = keep_names(&guard->units);
	int r = before ? guarded_units_load(&guard->units, guard->store, warn, guard, err)
		       : error_oom(err);

	guard->store_changed = false;
	guard->load_ns = clock_now_ns();
	if (r == 0 && names_differ(&guard->units, before, count))
		watch_arrivals(guard);
	if (r == 0 && guard->kernel)
		select_units(guard);
	/* Policies are read completely, but only a few numbers of each are kept. */
	malloc_trim(0);
	free_names(before, count);
	return r;
}

/* ---- the service manager ---- */

static void tell_status(struct guard *guard)
{
	char status[STATUS_BYTES];

	snprintf(status, sizeof(status), "%zu unit%s, %" PRIu64 " denial%s", guard->units.count,
		 guard->units.count == 1 ? "" : "s", metrics_denials(guard->metrics),
		 metrics_denials(guard->metrics) == 1 ? "" : "s");
	if (strcmp(status, guard->status) == 0)
		return;
	memcpy(guard->status, status, sizeof(status));
	sd_notifyf(0, "STATUS=%s", status);
}

static int reload(struct guard *guard, struct error *err)
{
	int r;

	/* With the time, as Type=notify-reload wants it (systemd 253). */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_ns() / 1000);
	r = load(guard, err);
	tell_status(guard);
	sd_notify(0, "READY=1");
	return r;
}

static int read_signals(struct guard *guard, struct error *err)
{
	struct signalfd_siginfo info;

	while (read(guard->options->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			guard->has_ended = true;
		else if (reload(guard, err) < 0)
			return err->code;
	}
	return 0;
}

/* ---- the loop ---- */

static int write_metrics(void *context, char **text, size_t *size, struct error *err)
{
	struct guard *guard = context;
	struct denial_kernel_totals totals;

	/* Include the denials that were only counted until now. */
	if (denial_kernel_read(guard->kernel, err) < 0 ||
	    denial_kernel_sweep(guard->kernel, err) < 0)
		return err->code;
	metrics_count_scrape(guard->metrics);
	denial_kernel_totals(guard->kernel, &totals);
	return metrics_text(guard->metrics, &guard->units, guard->kernel, &totals, text, size, err);
}

static void drain(int fd)
{
	char events[4096] __attribute__((aligned(8)));

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The time at which something is due without an event. */
static int timeout_ms(const struct guard *guard, uint64_t now)
{
	uint64_t at = earlier(guard->sweep_ns, next_due(guard));

	if (aggregate_is_pending(guard->stores))
		at = earlier(at, guard->store_ns);
	at = earlier(at, metrics_server_deadline(guard->metrics_server));
	if (guard->watchdog_ns)
		at = earlier(at, guard->ping_ns);
	return at <= now ? 0 : (int)((at - now) / 1000000) + 1;
}

static int wait_for_events(struct guard *guard, struct error *err)
{
	struct pollfd fds[4 + METRICS_REQUEST_FDS] = {
		{ denial_kernel_fd(guard->kernel), POLLIN, 0 },
		{ guard->options->signal_fd, POLLIN, 0 },
		{ guard->watch_fd, POLLIN, 0 },
		{ guard->serving_events ? serving_events_fd(guard->serving_events) : -1, POLLIN,
		  0 },
	};
	size_t count = 4 + metrics_server_poll(guard->metrics_server, fds + 4);

	if (poll(fds, count, timeout_ms(guard, clock_now_ns())) < 0 && errno != EINTR)
		return error_set_errno(err, -errno, "waiting for events");
	if (fds[2].revents) {
		drain(guard->watch_fd);
		guard->store_changed = true;
	}
	return read_signals(guard, err);
}

static int read_arrivals(struct guard *guard, struct error *err)
{
	uint64_t lost;

	if (!guard->serving_events)
		return 0;
	if (serving_events_read(guard->serving_events, err) < 0)
		return err->code;
	lost = serving_events_lost(guard->serving_events);
	for (size_t i = 0; lost != guard->lost_arrivals && i < guard->units.count; i++)
		attach_soon(&guard->units.units[i]);
	guard->lost_arrivals = lost;
	return 0;
}

static int work(struct guard *guard, struct error *err)
{
	uint64_t now = clock_now_ns();
	int r = denial_kernel_read(guard->kernel, err);

	if (r == 0 && now >= guard->sweep_ns) {
		guard->sweep_ns = now + SWEEP_NS;
		r = denial_kernel_sweep(guard->kernel, err);
		tell_losses(guard, now);
		/* Our own writes to the store wake us too, so the reload is rate-limited. */
		if (r == 0 && guard->store_changed)
			r = load(guard, err);
		tell_status(guard);
	}
	if (r == 0)
		r = keep_denials(guard, now, SWEEP_NS, err);
	if (r == 0)
		r = tell_denials(guard, now, guard->options->pause_ns, err);
	if (r == 0)
		r = read_arrivals(guard, err);
	if (r == 0)
		r = metrics_server_serve(guard->metrics_server, now, err);
	if (r < 0)
		return r;
	do_due(guard, now);
	if (guard->watchdog_ns && now >= guard->ping_ns) {
		guard->ping_ns = now + guard->watchdog_ns;
		sd_notify(0, "WATCHDOG=1");
	}
	return 0;
}

static int watch_store(struct guard *guard, struct error *err)
{
	const char *directory =
		guard->options->directory ? guard->options->directory : STORE_DIRECTORY;

	guard->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (guard->watch_fd < 0 ||
	    inotify_add_watch(guard->watch_fd, directory,
			      IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE) < 0)
		return error_set_errno(err, -errno, "%s: can't be watched", directory);
	return 0;
}

/* systemd starts the guard at boot, when a new kernel takes effect. */
static void look_for_drift(struct guard *guard)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	struct error failure = { 0 };
	int r;

	if (!guard->units.count)
		return;
	r = manager_open(&manager, &failure);
	if (r == 0)
		r = react_start_drift(manager, guard->options->program, &failure);
	if (r < 0 && r != -EEXIST)
		pass_over(guard, &failure);
}

static int begin(struct guard *guard, struct error *err)
{
	const struct guard_options *options = guard->options;
	uint64_t watchdog_us = 0;
	int r = store_open(options->directory, &guard->store, err);

	guard->metrics = metrics_new();
	guard->stores = aggregate_new(on_store, guard);
	guard->aggregate = aggregate_new(on_group, guard);
	if (!guard->metrics || !guard->stores || !guard->aggregate)
		return error_oom(err);
	if (r == 0)
		r = watch_store(guard, err);
	if (r == 0)
		r = load(guard, err);
	if (r == 0)
		r = denial_kernel_open_within(
			&(struct denial_kernel_events){ .denial = on_denial,
							.stack = on_stack,
							.is_selective = true,
							.ring_size = RING_SIZE,
							.context = guard },
			OPEN_NS, &guard->kernel, err);
	if (r == 0)
		select_units(guard);
	if (r == 0)
		r = metrics_server_open(options->socket, options->port, write_metrics, guard,
					&guard->metrics_server, err);
	if (r < 0)
		return r;
	/* The kernel's types took megabytes and are no longer needed. */
	malloc_trim(0);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		guard->watchdog_ns = watchdog_us * 1000 / 3;
	tell_status(guard);
	sd_notify(0, "READY=1");
	look_for_drift(guard);
	return 0;
}

int guard_run(const struct guard_options *options, struct error *err)
{
	_cleanup_(guard_clean) struct guard guard = { .options = options, .watch_fd = -1 };
	int r = begin(&guard, err);

	while (r == 0 && !guard.has_ended) {
		r = wait_for_events(&guard, err);
		if (r == 0)
			r = work(&guard, err);
	}
	sd_notify(0, "STOPPING=1");
	if (r < 0 || !guard.kernel)
		return r;
	/* Report the observed denials before ending. */
	denial_kernel_stop(guard.kernel);
	r = denial_kernel_read(guard.kernel, err);
	if (r == 0)
		r = denial_kernel_sweep(guard.kernel, err);
	if (r == 0)
		r = keep_denials(&guard, clock_now_ns(), 0, err);
	if (r == 0)
		r = tell_denials(&guard, clock_now_ns(), 0, err);
	if (guard.untold)
		journal_entries_omitted(guard.untold);
	return r;
}
