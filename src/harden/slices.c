// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records the unit from a restart on, in one observation without a gap, and evaluates it once per time
 * slice. At the end of each slice it saves the observed calls with those of earlier runs, adds the slice's
 * calls to the discovery curve, and checks the conditions to continue. So an abrupt end loses one slice at
 * most.
 *
 * Start-up calls happen once per start. They occur only in the slice of the restart and would look like
 * rare calls for ever, so that slice counts only its serving phase.
 */
#include "harden/stages.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "record/record.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"
#include "unit/check.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAMED_MAX 8

struct totals {
	struct total *rows;
	size_t count;
};

static void totals_clear(struct totals *totals)
{
	totals_free(totals->rows, totals->count);
	*totals = (struct totals){ 0 };
}

struct watching {
	struct harden *harden;
	struct recording *base; /* from earlier runs */
	struct totals known; /* of it */
	struct totals before; /* of this run, at the end of the previous slice */
	struct recording *latest; /* the recording that BEFORE points into */
	uint64_t slices;
	uint64_t earlier_ns; /* recorded by earlier runs */
	uint64_t wanted_ns, watched_ns, last_new_ns, serving;
	const struct policy *meaning;
	size_t *hits;
	char waits_for[256];
	struct discovery discovery;
};

static void watching_clear(struct watching *watching)
{
	totals_clear(&watching->known);
	totals_clear(&watching->before);
	recording_freep(&watching->base);
	recording_freep(&watching->latest);
}

static int compare_total(const void *a, const void *b)
{
	const struct total *one = a, *other = b;

	if (one->abi != other->abi)
		return one->abi < other->abi ? -1 : 1;
	return (one->nr > other->nr) - (one->nr < other->nr);
}

static const struct total *find_total(const struct totals *totals, const struct total *like)
{
	return totals->count ? bsearch(like, totals->rows, totals->count, sizeof(*totals->rows),
				       compare_total)
			     : NULL;
}

/* ---- the recording ---- */

static int read_base(struct watching *watching, struct error *err)
{
	const char *path = watching->harden->managed_unit.recording;
	const struct run *const *runs;
	struct error absent = { 0 };
	int r = path ? recording_read(path, &watching->base, &absent) : -ENOENT;
	size_t count;

	if (r < 0 && r != -ENOENT) {
		*err = absent;
		return r;
	}
	if (r == -ENOENT) {
		watching->base = recording_new();
		if (!watching->base)
			return error_oom(err);
	}
	count = recording_runs(watching->base, &runs);
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(watching->earlier_ns, runs[i]->duration_ns,
					   &watching->earlier_ns))
			watching->earlier_ns = UINT64_MAX / 2;
	return recording_totals(watching->base, false, &watching->known.rows,
				&watching->known.count, err);
}

/* Writes the calls of this run and of earlier ones. */
static int write_all(const struct watching *watching, const struct recording *so_far,
		     struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = recording_new();
	int r = all ? recording_merge(all, watching->base, err) : error_oom(err);

	if (r == 0)
		r = recording_merge(all, so_far, err);
	return r == 0 ? recording_save(all, watching->harden->managed_unit.recording, 0600, err)
		      : r;
}

/* ---- the curve of discovery ---- */

/* How often the call was made in this slice; the first slice counts only the serving phase. */
static uint64_t risen(const struct watching *watching, const struct total *now)
{
	const struct total *then = find_total(&watching->before, now);
	uint64_t serving =
		now->phase_count[PHASE_SERVING] - (then ? then->phase_count[PHASE_SERVING] : 0);
	uint64_t startup =
		now->phase_count[PHASE_STARTUP] - (then ? then->phase_count[PHASE_STARTUP] : 0);

	return watching->slices == 0 ? serving : serving + startup;
}

static int add_slice(struct watching *watching, const struct totals *now, struct error *err)
{
	_cleanup_free_ struct store_call *calls = calloc(now->count + 1, sizeof(*calls));
	const char *unit = watching->harden->managed_unit.unit;
	struct managed_unit fresh = { 0 };
	struct timespec time;
	size_t count = 0;
	int r;

	if (!calls)
		return error_oom(err);
	for (size_t i = 0; i < now->count; i++)
		if (risen(watching, &now->rows[i]))
			calls[count++] = (struct store_call){ now->rows[i].abi, now->rows[i].nr };
	clock_gettime(CLOCK_REALTIME, &time);
	r = store_add_slice(watching->harden->store, unit, calls, count,
			    (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000, err);
	if (r == 0)
		r = store_get(watching->harden->store, unit, &fresh, err);
	if (r < 0)
		return r;
	watching->discovery =
		discovery_estimate(fresh.slices, fresh.once, fresh.twice, fresh.kinds);
	managed_unit_clean(&fresh);
	return 0;
}

/* ---- the policy on trial ---- */

static bool is_refused(const struct policy *meaning, const struct total *total)
{
	const char *name = syscall_name(total->abi, total->nr);
	const struct syscall_arguments *table =
		name ? syscall_arguments_of(total->abi, name) : NULL;
	const struct rule *rule = policy_find(meaning, total->abi, total->nr, NULL);
	uint64_t arguments[6] = { 0 };

	if (!table || total->arguments_any || total->arguments_count == 0)
		return policy_evaluate(meaning, total->abi, total->nr, arguments) !=
			       SECCOMP_RET_ALLOW &&
		       (!rule || rule->clauses_count == 0);
	for (size_t i = 0; i < total->arguments_count; i++) {
		memset(arguments, 0, sizeof(arguments));
		for (unsigned at = 0; at < table->count; at++)
			if (table->argument[at].pointee_offset < 0)
				arguments[table->argument[at].index] =
					total->arguments[i].value[at];
		if (policy_evaluate(meaning, total->abi, total->nr, arguments) != SECCOMP_RET_ALLOW)
			return true;
	}
	return false;
}

/* A call that the policy denies with ENOSYS on purpose, so that libcs fall back, is no hit. */
static bool is_intended(const struct policy *meaning, const struct total *total)
{
	const struct rule *rule = policy_find(meaning, total->abi, total->nr, NULL);

	return rule && rule->clauses_count == 0 &&
	       (rule->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (rule->action & SECCOMP_RET_DATA) == ENOSYS;
}

static void look_for_hits(struct watching *watching, const struct totals *now)
{
	char names[512] = "", buffer[CALL_NAME_SIZE];
	size_t used = 0;

	*watching->hits = 0;
	for (size_t i = 0; i < now->count; i++) {
		const struct total *total = &now->rows[i];

		if (!is_refused(watching->meaning, total) || is_intended(watching->meaning, total))
			continue;
		if (++*watching->hits <= NAMED_MAX)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "",
						 call_name(total->abi, total->nr, buffer));
	}
	if (*watching->hits)
		harden_report(watching->harden, "the policy on trial would have denied %s%s", names,
			      *watching->hits > NAMED_MAX ? " and more" : "");
}

/* ---- the conditions to continue ---- */

static void note_news(struct watching *watching, const struct totals *now)
{
	watching->serving = 0;
	for (size_t i = 0; i < now->count; i++) {
		const struct total *total = &now->rows[i];
		uint64_t first_ns = total->first ? total->first->first_ns : UINT64_MAX;

		watching->serving += total->phase_count[PHASE_SERVING];
		if (find_total(&watching->known, total) || find_total(&watching->before, total))
			continue;
		if (first_ns == UINT64_MAX)
			first_ns = watching->watched_ns;
		if (first_ns > watching->last_new_ns)
			watching->last_new_ns = first_ns;
	}
}

/* A service waits for work, and its calls from then on are the load. A program that has not waited once in
 * this time, such as a shell loop that sleeps, has no load to count. */
#define SERVES_WITHIN_NS UINT64_C(10000000000)

static bool never_serves(const struct watching *watching)
{
	return watching->serving == 0 && watching->watched_ns >= SERVES_WITHIN_NS;
}

static uint64_t left(uint64_t wanted, uint64_t have)
{
	return wanted > have ? wanted - have : 0;
}

/* 1 if all conditions are met. */
static int judge(struct watching *watching, struct error *err)
{
	const struct harden_options *options = watching->harden->options;
	uint64_t watched = watching->earlier_ns + watching->watched_ns;
	uint64_t more = left(watching->wanted_ns, watched);
	uint64_t quiet = left(options->quiet_ns, watching->watched_ns - watching->last_new_ns);
	uint64_t calls = never_serves(watching) ? 0 : left(options->calls, watching->serving);
	char *out = watching->waits_for, *end = out + sizeof(watching->waits_for);
	char text[TIME_TEXT];
	struct error failure = { 0 };
	int r;

	*out = '\0';
	if (more)
		out += snprintf(out, (size_t)(end - out), "%s more of recording; ",
				stages_format_duration(more, text));
	if (quiet)
		out += snprintf(out, (size_t)(end - out), "%s more without a new call; ",
				stages_format_duration(quiet, text));
	if (calls)
		out += snprintf(out, (size_t)(end - out),
				watching->serving
					? "%llu more calls while serving; "
					: "the start of serving, and %llu calls from then on; ",
				(unsigned long long)calls);
	if (out != watching->waits_for) {
		out[-2] = '\0';
		return 0;
	}
	if (options->calls && never_serves(watching))
		harden_report(
			watching->harden,
			"no process waited for work, as a service does: the load was not counted");
	if (!options->check)
		return 1;
	r = check_run(options->check, options->check_timeout_ns, options->cancel_fd, &failure);
	if (r == -EINTR) {
		*err = failure;
		return r;
	}
	if (r < 0)
		snprintf(watching->waits_for, sizeof(watching->waits_for), "%.250s",
			 failure.message);
	return r >= 0;
}

/* RUN has all calls observed so far. Takes ownership of it. */
static int take_slice(struct watching *watching, struct run *run, struct error *err)
{
	_cleanup_(recording_freep) struct recording *so_far = recording_new();
	_cleanup_(totals_clear) struct totals now = { 0 };
	int r;

	watching->watched_ns = run->duration_ns;
	if (!so_far) {
		run_freep(&run);
		return error_oom(err);
	}
	r = recording_add(so_far, run, err);
	if (r == 0)
		r = recording_totals(so_far, false, &now.rows, &now.count, err);
	if (r == 0)
		r = write_all(watching, so_far, err);
	if (r == 0)
		r = add_slice(watching, &now, err);
	if (r < 0)
		return r;
	note_news(watching, &now);
	if (watching->meaning)
		look_for_hits(watching, &now);
	watching->slices++;
	totals_clear(&watching->before);
	recording_freep(&watching->latest);
	watching->before = now;
	watching->latest = take(so_far);
	now = (struct totals){ 0 };
	return 0;
}

static int on_slice(void *context, struct run *run, struct error *err)
{
	struct watching *watching = context;
	int r = take_slice(watching, run, err);

	if (r < 0)
		return r;
	return watching->hits && *watching->hits ? 1 : judge(watching, err);
}

static void on_progress(void *context, const struct progress *progress)
{
	struct watching *watching = context;
	const struct harden_options *options = watching->harden->options;

	if (options->wait)
		options->wait(options->context,
			      &(struct harden_progress){ .watched_ns = progress->elapsed_ns,
							 .distinct = progress->distinct,
							 .discovery = watching->discovery,
							 .waits_for = watching->waits_for });
}

/* ---- one observation ---- */

/* The final run, which includes the calls since the last slice. */
static int take_end(struct watching *watching, struct run *run,
		    const struct record_settings *settings, struct error *err)
{
	bool is_interrupted = strcmp(run->ended, "interrupted") == 0;
	char ended[64];
	int r;

	snprintf(ended, sizeof(ended), "%.60s", run->ended);
	if (run->lost.calls)
		harden_report(watching->harden, "%llu calls could not be recorded",
			      (unsigned long long)run->lost.calls);
	/* Only for its evidence: the conditions were checked at the last slice. */
	r = take_slice(watching, run, err);
	if (r < 0)
		return r;
	if (settings->failure.code) {
		*err = settings->failure;
		return err->code;
	}
	if (is_interrupted)
		return error_set(err, -EINTR, "interrupted");
	if (strcmp(ended, RECORD_ENDED_BY_SLICE) != 0)
		return error_set(err, -ECANCELED, "unit %s: the recording ended: %s",
				 watching->harden->managed_unit.unit, ended);
	return 0;
}

static void tell_discovery(const struct watching *watching)
{
	char slice[TIME_TEXT];

	if (!watching->discovery.is_known) {
		harden_report(
			watching->harden,
			"no estimate of the calls that are not yet observed: too few slices of time, or too few calls in several");
		return;
	}
	harden_report(
		watching->harden,
		"%.2g new calls are expected in the next %s; at least %.1f calls are not yet observed",
		watching->discovery.per_slice,
		stages_format_duration(watching->harden->options->slice_ns, slice),
		watching->discovery.unseen);
}

int slices_record(struct harden *harden, uint64_t wanted_ns, const struct policy *meaning,
		  size_t *hits, struct error *err)
{
	_cleanup_(watching_clear) struct watching watching = {
		.harden = harden,
		.wanted_ns = wanted_ns,
		.meaning = meaning,
		.hits = hits,
		.waits_for = "the restart",
	};
	_cleanup_(target_freep) struct target *target = NULL;
	_cleanup_(run_freep) struct run *run = NULL;
	struct record_settings settings = {
		.observer = &observer_bpf,
		.is_cycle = true,
		.is_never_stopped = true,
		.signal_fd = harden->options->signal_fd,
		.progress = on_progress,
		.slice = on_slice,
		.slice_ns = harden->options->slice_ns,
		.context = &watching,
	};
	int r = read_base(&watching, err);

	/* A trial counts its own time. */
	if (meaning)
		watching.earlier_ns = 0;
	if (r == 0)
		r = target_open_unit(harden->managed_unit.unit, false, &target, err);
	settings.target = target;
	if (r == 0)
		r = record_run(&settings, &run, err);
	if (r == 0)
		r = take_end(&watching, take(run), &settings, err);
	if (r == 0)
		tell_discovery(&watching);
	return r;
}
