// SPDX-License-Identifier: LGPL-2.1-or-later
#include "harden/stages.h"

#include "common/cleanup.h"
#include "decide/decide.h"
#include "reach/code/cache.h"
#include "systemd/unit.h"
#include "unit/caution.h"
#include "unit/drop_in.h"
#include "unit/file_snapshot.h"
#include "unit/progress.h"
#include "unit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STALE_S \
	3600 /* a temporary file that was not written to for so long has no writer any more */

static int record(struct harden *harden, enum stage *next, struct error *err);
static int decide(struct harden *harden, enum stage *next, struct error *err);
static int enter(struct harden *harden, enum stage stage, const char *note, struct error *err);

/* The stages: for each the description, the condition to continue, and the function. A stage without a
 * function does nothing. */
static const struct row {
	const char *does;
	const char *goes_on; /* what it waits for */
	int (*run)(struct harden *harden, enum stage *next, struct error *err);
} road[STAGE_COUNT] = {
	[STAGE_RECORD] = { "restarts the unit once and records it during normal operation",
			   "enough time and load, a period without new calls, and the check",
			   record },
	[STAGE_DECIDE] = { "computes the policy from all recorded calls", NULL, decide },
	[STAGE_TRIAL] = { "logs calls outside the policy, denies nothing, and records again",
			  "a period in which the policy would deny no call", enforce_trial },
	[STAGE_ENFORCE] = { "enforces the policy; a denial or a failure removes the filter",
			    "a period without a denial or a failure", enforce_stage },
	[STAGE_VERIFY] = { "compares the unit's filters in the kernel with the policy again, and "
			   "keeps the filter for good",
			   NULL, enforce_verify },
	[STAGE_GUARDED] = { "the policy is enforced for good", NULL, NULL },
	[STAGE_ROLLED_BACK] = { "was rolled back; recording starts again and keeps all earlier evidence",
				NULL, NULL },
};

void harden_report(const struct harden *harden, const char *format, ...)
{
	char sentence[1024];
	va_list ap;

	if (!harden->options->tell)
		return;
	va_start(ap, format);
	vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	harden->options->tell(harden->options->context, sentence);
}

int harden_set(char **field, const char *value, struct error *err)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return error_oom(err);
	free(*field);
	*field = copy;
	return 0;
}

int harden_save(struct harden *harden, struct error *err)
{
	return store_put(harden->store, &harden->managed_unit, err);
}

const char *stages_format_duration(uint64_t ns, char buffer[TIME_TEXT])
{
	uint64_t seconds = ns / 1000000000 + (ns % 1000000000 >= 500000000);

	if (ns < UINT64_C(10000000000))
		snprintf(buffer, TIME_TEXT, "%.1f s", (double)ns / 1e9);
	else if (seconds < 60)
		snprintf(buffer, TIME_TEXT, "%u s", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(buffer, TIME_TEXT, "%u min %u s", (unsigned)(seconds / 60),
			 (unsigned)(seconds % 60));
	else
		snprintf(buffer, TIME_TEXT, "%llu h %u min", (unsigned long long)(seconds / 3600),
			 (unsigned)(seconds / 60 % 60));
	return buffer;
}

/* -EINTR where the cancel descriptor is readable. */
static int check_cancel(const struct harden *harden, struct error *err)
{
	struct pollfd fd = { .fd = harden->options->cancel_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0 ? error_set(err, -EINTR, "interrupted") : 0;
}

/* ---- the stages that do not change the unit ---- */

static int record(struct harden *harden, enum stage *next, struct error *err)
{
	_cleanup_free_ char *path = store_path(harden->store, harden->managed_unit.unit, ".rec");
	int r = path ? 0 : error_oom(err);

	if (r == 0 && !harden->managed_unit.recording) {
		r = harden_set(&harden->managed_unit.recording, path, err);
		if (r == 0)
			r = harden_save(harden, err);
	}
	harden_report(
		harden,
		"restarts it 3 times in all: now, for the trial, and to enforce the policy; again if "
		"the trial finds new calls");
	if (r == 0)
		r = slices_record(harden, harden->options->record_ns, NULL, NULL, err);
	*next = STAGE_DECIDE;
	return r;
}

/* Stores the objects that any run had mapped, to detect changes later. */
static int note_objects(struct harden *harden, const struct recording *recording, struct error *err)
{
	const struct run *const *runs;
	size_t runs_count = recording_runs(recording, &runs), count = 0;
	_cleanup_free_ struct store_object *objects = NULL;

	for (size_t i = 0; i < runs_count; i++)
		count += runs[i]->objects_count;
	objects = calloc(count + 1, sizeof(*objects));
	if (!objects)
		return error_oom(err);
	count = 0;
	for (size_t i = 0; i < runs_count; i++)
		for (size_t at = 0; at < runs[i]->objects_count; at++)
			objects[count++] =
				(struct store_object){ .path = runs[i]->objects[at].path,
						       .build_id = runs[i]->objects[at].build_id };
	return store_set_objects(harden->store, harden->managed_unit.unit, objects, count, err);
}

static int ask(const struct harden *harden, const char *unit, char *const *lines, struct error *err)
{
	const struct harden_options *options = harden->options;

	return lines && options->consent ? options->consent(options->context, unit, lines, err) : 0;
}

/* Who does not want a policy from a recording without work gets another recording next time. */
static int ask_about_work(struct harden *harden, const struct policy *policy, struct error *err)
{
	_cleanup_(caution_free) char **lines = NULL;
	struct error ignored = { 0 };
	int r = caution_add_idle(policy, &lines) < 0
			? error_oom(err)
			: ask(harden, harden->managed_unit.unit, lines, err);

	if (r < 0)
		enter(harden, STAGE_RECORD, "the unit served nobody while it was recorded",
		      &ignored);
	return r;
}

static int decide(struct harden *harden, enum stage *next, struct error *err)
{
	const struct harden_options *options = harden->options;
	_cleanup_free_ char *path = store_path(harden->store, harden->managed_unit.unit, ".policy");
	_cleanup_free_ char *cache = cache_directory();
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const struct decide_options deciding = { .level = options->level,
						 .default_action = options->default_action,
						 .foreign_action = SECCOMP_RET_KILL_PROCESS,
						 .reach_cache = cache,
						 .allow = options->allow };
	size_t allowed = 0;
	int r = path ? recording_read(harden->managed_unit.recording, &recording, err)
		     : error_oom(err);

	if (r == 0)
		r = decide_policy(recording, &deciding, &policy, err);
	if (r == 0)
		r = harden_set(&policy->target, harden->managed_unit.unit, err);
	if (r == 0)
		r = policy_save(policy, path, 0600, err);
	if (r == 0)
		r = note_objects(harden, recording, err);
	if (r == 0)
		r = harden_set(&harden->managed_unit.policy, path, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < policy->rules_count; i++)
		allowed += policy->rules[i].action == SECCOMP_RET_ALLOW;
	r = ask_about_work(harden, policy, err);
	if (r < 0)
		return r;
	harden_report(harden, "%zu calls are allowed at level %s: %s", allowed, policy->level,
		      path);
	*next = STAGE_TRIAL;
	return 0;
}

/* ---- the workflow ---- */

static int enter(struct harden *harden, enum stage stage, const char *note, struct error *err)
{
	int r = harden_set(&harden->managed_unit.note, note, err);

	if (r < 0)
		return r;
	harden->managed_unit.stage = stage;
	harden->managed_unit.since_us = progress_now_us();
	harden->managed_unit.deadline_us = 0;
	return harden_save(harden, err);
}

/* A policy that `apply` put into /etc is enforced: its denied calls would not be recorded. */
static int check_is_free(const struct harden *harden, struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = drop_in_open("", harden->managed_unit.unit, false, &drop_in, err);

	if (r < 0 || !drop_in_is_applied(drop_in))
		return r;
	return error_set(err, -EALREADY,
			 "unit %s: a policy is applied to it already, so denied calls would not be "
			 "recorded: run 'whittle revert %s' first",
			 harden->managed_unit.unit, harden->managed_unit.unit);
}

/* Removes temporary files of processes that were killed while they wrote a file of the unit. Other
 * commands write such files too, but none for so long. */
static void sweep(const struct harden *harden)
{
	static const char *const suffixes[] = { ".rec", ".policy" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path =
			store_path(harden->store, harden->managed_unit.unit, suffixes[i]);
		char *name = path ? strrchr(path, '/') : NULL;
		_cleanup_close_ int directory = -1;

		if (!name)
			continue;
		*name = '\0';
		directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (directory >= 0)
			file_snapshot_sweep(directory, name + 1, STALE_S);
	}
}

/* Before the recording, which takes a while. */
static int ask_about_sessions(const struct harden *harden, struct manager *manager,
			      const struct unit *unit, struct error *err)
{
	_cleanup_(caution_free) char **lines = NULL;
	int r = caution_add_sessions(manager, unit, &lines, err);

	return r < 0 ? r : ask(harden, unit->name, lines, err);
}

static int begin(struct harden *harden, struct error *err)
{
	const char *unit = harden->options->unit;
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *loaded = NULL;
	_cleanup_free_ char *lock_name = NULL;
	int r = verify_is_possible(err);

	if (r >= 0)
		r = manager_open(&manager, err);
	if (r >= 0)
		r = progress_load_service(manager, unit, &loaded, err);
	if (r >= 0 && !unit_is_running(loaded))
		r = error_set(err, -ESRCH, "unit %s: it is not running: start it first",
			      loaded->name);
	/* Two commands on one unit would disturb each other. */
	if (r >= 0 && asprintf(&lock_name, "%s.harden", loaded->name) < 0) {
		lock_name = NULL;
		r = error_oom(err);
	}
	if (r >= 0)
		r = harden->lock = drop_in_lock("", lock_name, err);
	if (r >= 0)
		r = store_open(harden->options->directory, &harden->store, err);
	if (r < 0)
		return r;
	r = store_get(harden->store, loaded->name, &harden->managed_unit, err);
	if (r == -ENOENT) {
		harden->managed_unit = (struct managed_unit){ .stage = STAGE_RECORD };
		r = harden_set(&harden->managed_unit.unit, loaded->name, err);
		if (r == 0)
			r = enter(harden, STAGE_RECORD, NULL, err);
	}
	if (r == 0 && (harden->managed_unit.stage != STAGE_GUARDED || harden->options->again))
		r = ask_about_sessions(harden, manager, loaded, err);
	if (r == 0)
		sweep(harden);
	if (r == 0 && harden->options->again) {
		r = harden_roll_back(harden, err);
		if (r == 0)
			r = enter(harden, STAGE_RECORD, NULL, err);
	}
	return r;
}

static int walk(struct harden *harden, struct error *err)
{
	const struct harden_options *options = harden->options;
	char note[512];

	for (;;) {
		const struct row *row = &road[harden->managed_unit.stage];
		enum stage next = STAGE_RECORD;
		int r;

		if (options->stage)
			options->stage(options->context, harden->managed_unit.stage, row->does,
				       row->goes_on);
		if (harden->managed_unit.stage == STAGE_GUARDED)
			return 0;
		r = harden->managed_unit.stage == STAGE_RECORD ? check_is_free(harden, err) : 0;
		if (r == 0 && row->run)
			r = row->run(harden, &next, err);
		if (r < 0)
			return r;
		snprintf(note, sizeof(note), "%s",
			 road[next].goes_on ? road[next].goes_on : road[next].does);
		r = enter(harden, next, note, err);
		if (r == 0)
			r = check_cancel(harden, err);
		if (r < 0)
			return r;
	}
}

int harden_run(const struct harden_options *options, enum stage *stage, struct error *err)
{
	struct harden harden = { .options = options, .lock = -1 };
	int r = begin(&harden, err);

	if (r >= 0)
		r = walk(&harden, err);
	*stage = harden.managed_unit.stage;
	managed_unit_clean(&harden.managed_unit);
	store_closep(&harden.store);
	closep(&harden.lock);
	return r < 0 ? r : 0;
}
