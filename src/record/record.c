// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The recording's loop: one poll over the signals, the observer and the target, with a tick for
 * changes that cause no event (progress, a control group that becomes empty). It ends for one of
 * the reasons in `ended`, and whatever the reason, the observations become a complete run.
 */
#include "record/record.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "record/cycle.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#define SECOND	  UINT64_C(1000000000)
#define TICK_MS	  100
#define FDS_FIXED 2
/* A command that was told to end gets this long, during which it is still recorded. */
#define GRACE_NS (5 * SECOND)
#define LOOK_NS	 (SECOND / 2)

struct loop {
	struct record_settings *settings;
	struct observation *observation;
	uint64_t started_ns, limit_ns; /* limit: UINT64_MAX none */
	const char *ended; /* NULL while it goes on */
	const char *ending; /* the reason why the command was told to end, NULL */
	bool was_populated;
	struct cycle *cycle; /* NULL: none, or complete */
	uint64_t next_look_ns; /* at a unit without processes */
	uint64_t started_us; /* CLOCK_REALTIME */
	uint64_t next_slice_ns;
};

static bool command_runs(const struct record_settings *settings)
{
	return settings->target->kind == TARGET_COMMAND && settings->command_status < 0;
}

static void reap(struct record_settings *settings)
{
	int status;

	if (command_runs(settings) && waitpid(settings->target->pids[0], &status, WNOHANG) > 0)
		settings->command_status = status;
}

/* Ends the recording, but lets a command of ours end first: how it does so belongs to what it is. */
static void end(struct loop *loop, const char *reason, int signal_for_command)
{
	struct record_settings *settings = loop->settings;

	if (!command_runs(settings) || loop->ending) {
		loop->ended = loop->ending ? loop->ending : reason;
		return;
	}
	if (signal_for_command)
		kill(settings->target->pids[0], signal_for_command);
	loop->ending = reason;
	loop->limit_ns = clock_now_ns() + GRACE_NS;
}

static void handle_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->settings->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(loop->settings);
			continue;
		}
		/* What the terminal sends goes to the whole foreground group, the command included. */
		end(loop, "interrupted", info.ssi_code == SI_KERNEL ? 0 : (int)info.ssi_signo);
	}
}

static bool all_ended(const struct target *target)
{
	for (size_t i = 0; i < target->pids_count; i++) {
		struct pollfd fd = { .fd = target->pidfds[i], .events = POLLIN };

		if (poll(&fd, 1, 0) < 1)
			return false;
	}
	return true;
}

/* Whether a control group has processes: -1 where it is gone. */
static int is_populated(const char *cgroup)
{
	_cleanup_free_ char *path = NULL, *line = NULL;
	_cleanup_fclose_ FILE *events = NULL;
	size_t room = 0;
	int populated = -1;

	if (asprintf(&path, "%s/cgroup.events", cgroup) < 0) {
		path = NULL;
		return 1;
	}
	events = fopen(path, "re");
	if (!events)
		return access(cgroup, F_OK) == 0 ? 1 : -1; /* the root has no such file */
	while (getline(&line, &room, events) > 0)
		if (strncmp(line, "populated ", 10) == 0)
			populated = line[10] == '1';
	return populated;
}

/* A unit without processes may be on its way up again: the manager knows. */
static int check_unit(struct loop *loop, struct error *err)
{
	const struct target *target = loop->settings->target;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	int r;

	if (loop->cycle || clock_now_ns() < loop->next_look_ns || is_populated(target->cgroup) == 1)
		return 0;
	loop->next_look_ns = clock_now_ns() + LOOK_NS;
	r = unit_load(target->manager, target->unit->name, &unit, err);
	if (r < 0)
		return r;
	if (!unit_is_running(unit))
		loop->ended = "target ended";
	return 0;
}

static int check_target(struct loop *loop, struct error *err)
{
	const struct target *target = loop->settings->target;
	int living, populated;

	switch (target->kind) {
	case TARGET_COMMAND:
	case TARGET_PID:
		if (!all_ended(target))
			return 0;
		reap(loop->settings);
		living = loop->settings->observer->living(loop->observation, err);
		if (living < 0)
			return living;
		if (living == 0)
			loop->ended = loop->ending ? loop->ending : "target ended";
		return 0;
	case TARGET_CGROUP:
		populated = is_populated(target->cgroup);
		loop->was_populated |= populated == 1;
		if (populated < 0 || (populated == 0 && loop->was_populated))
			loop->ended = "target ended";
		return 0;
	case TARGET_UNIT:
		return check_unit(loop, err);
	case TARGET_IMPORT:
		break;
	}
	return 0;
}

/* A failure of the unit's is no failure of the recording's: what was seen is kept. */
static void step_cycle(struct loop *loop)
{
	struct record_settings *settings = loop->settings;
	int r = cycle_step(loop->cycle, &settings->failure);

	if (r == 0)
		return;
	if (r < 0)
		cycle_restore(loop->cycle, NULL);
	cycle_freep(&loop->cycle);
	if (r < 0)
		loop->ended = "unit failed";
	else if (!settings->duration_ns && !settings->slice)
		loop->ended = "cycle complete";
}

static int set_texts(struct run *run, const struct loop *loop, const char *ended, struct error *err)
{
	run->observer = strdup(loop->settings->observer->name);
	run->target = strdup(loop->settings->target->name);
	run->ended = strdup(ended);
	if (!run->observer || !run->target || !run->ended)
		return error_oom(err);
	run->started_us = loop->started_us;
	run->target_kind = loop->settings->target->kind;
	run->duration_ns = clock_now_ns() - loop->started_ns;
	return 0;
}

static int tell_slice(struct loop *loop, struct error *err)
{
	struct record_settings *settings = loop->settings;
	_cleanup_(run_freep) struct run *run = NULL;
	int r;

	if (!settings->slice || loop->cycle || loop->ended || clock_now_ns() < loop->next_slice_ns)
		return 0;
	run = run_new();
	if (!run)
		return error_oom(err);
	r = settings->observer->snapshot(loop->observation, run, err);
	if (r == 0)
		r = set_texts(run, loop, "not yet", err);
	if (r == 0)
		r = run_finish(run, err);
	if (r == 0)
		r = settings->slice(settings->context, take(run), err);
	if (r > 0)
		loop->ended = RECORD_ENDED_BY_SLICE;
	loop->next_slice_ns = clock_now_ns() + settings->slice_ns;
	return r < 0 ? r : 0;
}

static int tick(struct loop *loop, struct error *err)
{
	struct record_settings *settings = loop->settings;
	struct progress progress = { 0 };
	int r;

	if (loop->cycle)
		step_cycle(loop);
	/* A cycle under way is completed: half of one would leave the unit stopped. */
	if (clock_now_ns() >= loop->limit_ns && !loop->cycle)
		end(loop, "time limit", SIGTERM);
	r = settings->observer->handle(loop->observation, err);
	if (r == 0 && !loop->ended)
		r = check_target(loop, err);
	if (r < 0)
		return r;
	if (settings->progress) {
		settings->observer->progress(loop->observation, &progress);
		settings->progress(settings->context, &progress);
	}
	return tell_slice(loop, err);
}

static int wait_ms(const struct loop *loop)
{
	uint64_t now = clock_now_ns();

	if (now >= loop->limit_ns)
		return loop->cycle ? TICK_MS : 0;
	if (loop->limit_ns - now < TICK_MS * UINT64_C(1000000))
		return (int)((loop->limit_ns - now) / 1000000) + 1;
	return TICK_MS;
}

static int run_loop(struct loop *loop, struct error *err)
{
	const struct target *target = loop->settings->target;
	/* Each process once: that one has ended stays readable. */
	size_t next = 0;

	while (!loop->ended) {
		struct pollfd fds[FDS_FIXED + 1] = {
			{ .fd = loop->settings->signal_fd, .events = POLLIN },
			{ .fd = loop->settings->observer->fd(loop->observation), .events = POLLIN },
			{ .fd = next < target->pids_count ? target->pidfds[next] : -1,
			  .events = POLLIN },
		};
		int r = poll(fds, FDS_FIXED + 1, wait_ms(loop));

		if (r < 0 && errno != EINTR)
			return error_set_errno(err, -errno, "waiting for events");
		if (r > 0 && fds[0].revents)
			handle_signals(loop);
		if (r > 0 && fds[2].revents)
			next++;
		r = tick(loop, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A command of ours does not outlive the recording: it was started for it. What it has left running
 * in the background (a daemon) stays. */
static void end_command(struct record_settings *settings)
{
	int status;

	if (!command_runs(settings))
		return;
	kill(settings->target->pids[0], SIGKILL);
	while (waitpid(settings->target->pids[0], &status, 0) < 0)
		if (errno != EINTR)
			return;
	settings->command_status = status;
}

static int complete(const struct loop *loop, struct run *run, struct error *err)
{
	const struct record_settings *settings = loop->settings;
	int r = set_texts(run, loop, loop->ended, err);

	if (r == 0)
		r = run_finish(run, err);
	if (r == 0 && settings->known)
		r = run_keep_news(run, settings->known, err);
	return r;
}

static int preserve(const struct loop *loop, struct error *err)
{
	const struct record_settings *settings = loop->settings;
	_cleanup_(run_freep) struct run *run = NULL;
	int r;

	if (!settings->preserve || !settings->observer->preserve)
		return 0;
	run = run_new();
	if (!run)
		return error_oom(err);
	r = settings->observer->preserve(loop->observation, run, err);
	if (r == 0)
		r = complete(loop, run, err);
	return r < 0 ? r : settings->preserve(settings->context, take(run), err);
}

static int record(struct loop *loop, struct run *run, struct error *err)
{
	struct record_settings *settings = loop->settings;
	struct timespec now;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	loop->started_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	loop->started_ns = clock_now_ns();
	loop->next_slice_ns = loop->started_ns + settings->slice_ns;
	loop->limit_ns = UINT64_MAX;
	if (settings->duration_ns)
		__builtin_add_overflow(loop->started_ns, settings->duration_ns, &loop->limit_ns);
	if (settings->is_cycle) {
		loop->cycle = cycle_new(settings->target->manager, settings->target->unit,
					settings->is_never_stopped);
		if (!loop->cycle)
			return error_oom(err);
	}
	r = settings->observer->start(loop->observation, err);
	if (r == 0 && settings->started)
		settings->started(settings->context, settings);
	if (r == 0)
		r = target_release(settings->target, err);
	if (r == 0)
		r = run_loop(loop, err);
	if (loop->cycle) /* interrupted */
		cycle_restore(loop->cycle, &settings->failure);
	if (r == 0)
		r = preserve(loop, err);
	if (r == 0)
		r = settings->observer->finish(loop->observation, run, err);
	end_command(settings);
	return r < 0 ? r : complete(loop, run, err);
}

const struct observer *const observers[] = { &observer_bpf, &observer_notify, NULL };

/* The observer that was asked for, or the first that may be used here and can record this target. When
 * none can, what the best one lacks is the error: that is what the user would have to get. */
static int open_observer(struct record_settings *settings, struct loop *loop, struct error *err)
{
	struct error other = { 0 }, best;
	int r;

	if (settings->observer)
		return settings->observer->open(settings->target, &loop->observation, err);
	settings->observer = observers[0];
	r = observers[0]->open(settings->target, &loop->observation, err);
	best = *err;
	for (size_t i = 1; observers[i] && (r == -EPERM || r == -EOPNOTSUPP); i++) {
		if (observers[i]->open(settings->target, &loop->observation, &other) == 0) {
			settings->observer = observers[i];
			settings->instead = *err;
			return 0;
		}
		if (settings->target->kind == TARGET_COMMAND)
			error_set(err, r, "%s; the observer %s fails too: %s", best.message,
				  observers[i]->name, other.message);
	}
	return r;
}

int record_block_signals(int *fd, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_set_errno(err, -errno, "blocking signals");
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd < 0 ? error_set_errno(err, -errno, "signalfd") : 0;
}

int record_run(struct record_settings *settings, struct run **run, struct error *err)
{
	_cleanup_(run_freep) struct run *made = run_new();
	struct loop loop = { .settings = settings };
	int r;

	settings->command_status = -1;
	if (!made)
		return error_oom(err);
	r = open_observer(settings, &loop, err);
	if (r < 0)
		return r;
	if (settings->slice && !settings->observer->snapshot)
		r = error_set(err, -EOPNOTSUPP,
			      "the observer %s cannot report its observations "
			      "before the end",
			      settings->observer->name);
	if (r == 0)
		r = record(&loop, made, err);
	cycle_freep(&loop.cycle);
	if (r == 0 && settings->observer->warning &&
	    settings->observer->warning(loop.observation)) {
		settings->warning = strdup(settings->observer->warning(loop.observation));
		if (!settings->warning)
			r = error_oom(err);
	}
	settings->observer->close(loop.observation);
	if (r < 0)
		return r;
	*run = take(made);
	return 0;
}
