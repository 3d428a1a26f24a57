// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/watch.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "denial/dedup.h"
#include "denial/live.h"
#include "denial/owner.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define SWEEP_NS      1000000000ULL /* between looks at what was only counted */
#define HOLD_NS	      2500000000ULL /* of records: longer than a sweep may take to come */
#define LAST_NS	      2000000000ULL /* at the most for the last records */
#define LAST_QUIET_MS 300
#define HELD	      4096 /* records; when one more comes, the oldest is decided upon early */

struct held {
	uint64_t until_ns;
	struct denial denial;
	char *strings;
};

struct denial_watch {
	struct denial_watch_events events;
	struct denial_kernel *kernel;
	struct denial_live *live;
	struct error lacks; /* why there is no BPF */
	char sources[64];
	uint64_t swept_ns;
	struct dedup dedup;
	size_t held_first, held_count;
	struct held held[HELD];
};

static int tell(struct denial_watch *watch, const struct denial *denial, uint64_t count,
		struct error *err)
{
	count = dedup_count(&watch->dedup, denial, count);
	return count ? watch->events.denial(watch->events.context, denial, count, err) : 0;
}

static int on_kernel(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	return tell(context, denial, count, err);
}

static int settle_first(struct denial_watch *watch, struct error *err)
{
	struct held *held = &watch->held[watch->held_first];
	int r = tell(watch, &held->denial, 1, err);

	free(take(held->strings));
	watch->held_first = (watch->held_first + 1) % HELD;
	watch->held_count--;
	return r;
}

static int settle(struct denial_watch *watch, uint64_t now, struct error *err)
{
	while (watch->held_count && watch->held[watch->held_first].until_ns <= now) {
		int r = settle_first(watch, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static void move_text(struct text *text, char **to)
{
	if (text->length)
		memcpy(*to, text->data, text->length);
	text->data = *to;
	*to += text->length;
}

static int hold(struct denial_watch *watch, const struct denial *denial, struct error *err)
{
	struct held *held;
	char *to;
	int r = watch->held_count == HELD ? settle_first(watch, err) : 0;

	if (r < 0)
		return r;
	held = &watch->held[(watch->held_first + watch->held_count) % HELD];
	held->denial = *denial;
	held->denial.scratch = NULL;
	held->until_ns = clock_now_ns() + HOLD_NS;
	held->strings = to = malloc(denial->name.length + denial->comm.length + denial->exe.length +
				    denial->unit.length + 1);
	if (!to)
		return error_oom(err);
	move_text(&held->denial.name, &to);
	move_text(&held->denial.comm, &to);
	move_text(&held->denial.exe, &to);
	move_text(&held->denial.unit, &to);
	watch->held_count++;
	return 0;
}

static int on_record(void *context, const struct denial *record, struct error *err)
{
	struct denial_watch *watch = context;
	struct denial denial = *record;
	char unit[OWNER_MAX];

	if (owner_of_process(denial.pid, unit, sizeof(unit)))
		denial.unit = (struct text){ unit, strlen(unit) };
	if (watch->events.wants_record &&
	    !watch->events.wants_record(watch->events.context, &denial))
		return 0;
	/* BPF never reports an allowed call, so there is nothing to wait for. */
	if (!watch->kernel || (denial.has_action && denial_verdict(&denial) == SECCOMP_RET_LOG))
		return tell(watch, &denial, 1, err);
	return hold(watch, &denial, err);
}

int denial_watch_open(const struct denial_watch_events *events, struct denial_watch **opened,
		      struct error *err)
{
	_cleanup_(denial_watch_closep) struct denial_watch *watch = calloc(1, sizeof(*watch));
	struct denial_kernel_events of_kernel = {
		.denial = on_kernel,
		.is_selective = events->is_selective,
		.family = events->family,
	};
	struct error of_live = { 0 };

	if (!watch)
		return error_oom(err);
	of_kernel.context = watch;
	watch->events = *events;
	denial_live_open(on_record, watch, &watch->live, &of_live);
	denial_kernel_open(&of_kernel, &watch->kernel, &watch->lacks);
	if (!watch->kernel && !watch->live)
		return error_set(err, watch->lacks.code, "%s", watch->lacks.message);
	snprintf(watch->sources, sizeof(watch->sources), "%s%s%s", watch->kernel ? "BPF" : "",
		 watch->kernel && watch->live ? " and " : "",
		 watch->live ? denial_live_name(watch->live) : "");
	*opened = take(watch);
	return 0;
}

void denial_watch_closep(struct denial_watch **at)
{
	struct denial_watch *watch = take(*at);

	if (!watch)
		return;
	denial_kernel_closep(&watch->kernel);
	denial_live_closep(&watch->live);
	for (size_t i = 0; i < HELD; i++)
		free(watch->held[i].strings);
	free(watch);
}

int denial_watch_select(struct denial_watch *watch, uint64_t root,
			const struct denial_select *selects, size_t count, struct error *err)
{
	return watch->kernel ? denial_kernel_select(watch->kernel, root, selects, count, err) : 0;
}

bool denial_watch_is_family(const struct denial_watch *watch, int64_t pid)
{
	return watch->kernel ? denial_kernel_is_family(watch->kernel, pid)
			     : pid == watch->events.family;
}

const char *denial_watch_sources(const struct denial_watch *watch)
{
	return watch->sources;
}

const char *denial_watch_lacks(const struct denial_watch *watch)
{
	return watch->kernel ? NULL : watch->lacks.message;
}

/* Reads all sources. BPF comes first, because it has more details of the same denial. */
static int read_sources(struct denial_watch *watch, struct error *err)
{
	int r = watch->kernel ? denial_kernel_read(watch->kernel, err) : 0;

	if (r == 0 && watch->live)
		r = denial_live_read(watch->live, err);
	return r;
}

static int do_chores(struct denial_watch *watch, struct error *err)
{
	uint64_t now = clock_now_ns();
	int r = 0;

	if (watch->kernel && now - watch->swept_ns >= SWEEP_NS) {
		watch->swept_ns = now;
		r = denial_kernel_sweep(watch->kernel, err);
	}
	return r < 0 ? r : settle(watch, now, err);
}

int denial_watch_wait(struct denial_watch *watch, int timeout_ms, const sigset_t *mask,
		      struct error *err)
{
	struct timespec timeout = { timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000 };
	struct pollfd fds[2] = {
		{ .fd = watch->kernel ? denial_kernel_fd(watch->kernel) : -1, .events = POLLIN },
		{ .fd = watch->live ? denial_live_fd(watch->live) : -1, .events = POLLIN },
	};
	int r;

	if (ppoll(fds, 2, &timeout, mask) < 0 && errno != EINTR)
		return error_set_errno(err, -errno, "waiting for denials");
	r = read_sources(watch, err);
	return r < 0 ? r : do_chores(watch, err);
}

/* A kernel thread (kauditd) writes records a little after the call. They are complete when none has
 * come for a while. */
static int read_last_records(struct denial_watch *watch, struct error *err)
{
	struct pollfd poll_fd = { .fd = denial_live_fd(watch->live), .events = POLLIN };
	uint64_t end = clock_now_ns() + LAST_NS;
	int r = 0;

	while (r == 0 && clock_now_ns() < end && poll(&poll_fd, 1, LAST_QUIET_MS) > 0)
		r = denial_live_read(watch->live, err);
	return r;
}

int denial_watch_finish(struct denial_watch *watch, struct error *err)
{
	int r;

	if (watch->kernel)
		denial_kernel_stop(watch->kernel);
	r = read_sources(watch, err);
	if (r == 0 && watch->live)
		r = read_last_records(watch, err);
	if (r == 0 && watch->kernel)
		r = denial_kernel_sweep(watch->kernel, err);
	return r < 0 ? r : settle(watch, UINT64_MAX, err);
}

void denial_watch_totals(const struct denial_watch *watch, struct denial_watch_totals *totals)
{
	*totals = (struct denial_watch_totals){ 0 };
	if (watch->kernel) {
		denial_kernel_totals(watch->kernel, &totals->kernel);
		totals->share = denial_kernel_share(watch->kernel, NULL);
	}
	if (watch->live)
		totals->records_lost = denial_live_lost(watch->live);
}
