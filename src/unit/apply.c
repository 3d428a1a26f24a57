// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/apply.h"

#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/systemd.h"
#include "syscall/syscall.h"
#include "unit/check.h"
#include "unit/drop_in.h"
#include "unit/progress.h"
#include "unit/start_watch.h"
#include "unit/two_phase.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void apply_freep(struct apply **at)
{
	struct apply *apply = *at;

	if (!apply)
		return;
	policy_freep(&apply->meaning);
	policy_freep(&apply->own);
	within_clean(&apply->within);
	free(apply->within_text);
	free(apply->serving_text);
	free(apply->serving_name);
	free(apply->text);
	free(apply->journal);
	verification_clean(&apply->verification);
	drop_in_closep(&apply->drop_in);
	closep(&apply->lock);
	unit_freep(&apply->unit);
	manager_closep(&apply->manager);
	free(apply);
	*at = NULL;
}

static void warn_of_another_target(const struct apply *apply)
{
	const char *target = apply->options.policy->target;
	char sentence[700];

	if (!target || strcmp(target, apply->unit->name) == 0)
		return;
	snprintf(sentence, sizeof(sentence), "the policy was computed for %.255s, not for %.255s",
		 target, apply->unit->name);
	apply->options.warn(apply->options.context, sentence);
}

/* A drop-in of the same name in /etc hides one in /run. */
static int check_not_hidden(const struct apply *apply, struct error *err)
{
	_cleanup_free_ char *hiding = NULL;

	if (!apply->options.is_runtime)
		return 0;
	if (asprintf(&hiding, "/etc/systemd/system/%s.d/" DROP_IN_NAME, apply->unit->name) < 0) {
		hiding = NULL;
		return error_oom(err);
	}
	if (access(hiding, F_OK) < 0)
		return 0;
	return error_set(
		err, -EALREADY,
		"%s would hide the drop-in that --runtime writes: run 'whittle revert %s' first",
		hiding, apply->unit->name);
}

static int decide_own(struct apply *apply, struct error *err)
{
	if (apply->options.two_phase)
		return two_phase_policy(apply->options.policy, &apply->own, err);
	apply->own = policy_copy(apply->options.policy);
	return apply->own ? 0 : error_oom(err);
}

static int emit_two_phase(struct apply *apply, FILE *out, struct error *err)
{
	struct two_phase_lines lines = { .on_reload = apply->unit->can_reload,
					 .is_required = apply->options.require_serving };
	_cleanup_free_ char *path = NULL;
	int r = two_phase_text(apply->own, &apply->serving_text, &apply->serving_size,
			       &apply->serving_name, err);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/%s", drop_in_record_path(apply->drop_in), apply->serving_name) <
	    0) {
		path = NULL;
		return error_oom(err);
	}
	drop_in_set_serving(apply->drop_in, apply->serving_name, apply->serving_text,
			    apply->serving_size);
	lines.policy_path = path;
	return two_phase_write(&lines, out, err);
}

static int emit_text(struct apply *apply, const struct emit_options *options, struct error *err)
{
	FILE *out = open_memstream(&apply->text, &apply->text_size);
	int r;

	if (!out)
		return error_oom(err);
	r = emit_policy(emitter_find("systemd"), apply->own, options, out, err);
	if (r >= 0 && apply->options.two_phase)
		r = emit_two_phase(apply, out, err);
	if (fclose(out) != 0 && r >= 0)
		r = error_oom(err);
	return r;
}

static int emit(struct apply *apply, struct error *err)
{
	struct emit_options options = {
		.unit = apply->unit->name,
		.systemd_version = manager_version_number(apply->manager),
		.within = &apply->within.settings,
		.is_widened = apply->within.is_widened,
		.has_later = apply->within.later,
		.remedy = apply->options.keeps_widened ? NULL : " (--widen allows it)",
		.with_reasons = true,
		.warn = apply->options.warn,
		.context = apply->options.context,
	};
	_cleanup_(settings_clean) struct unit_settings enforced = { 0 };
	int r = emit_text(apply, &options, err);

	if (r >= 0)
		r = within_enforce(&apply->within, apply->own, apply->text, apply->text_size,
				   &options, &enforced, err);
	if (r < 0)
		return r;
	return emit_meaning(emitter_find("systemd"), apply->own, &options, &apply->meaning, err);
}

/* A process installs the filter of its role by itself, which its unit's own settings may deny it. */
static int check_two_phase(const struct apply *apply, struct error *err)
{
	static const char *const needed[] = { "seccomp", "prctl" };
	struct systemd_target target;

	if (!apply->options.two_phase || apply->within.is_widened)
		return 0;
	systemd_target_find(
		apply->options.policy,
		&(struct emit_options){ .systemd_version = manager_version_number(apply->manager) },
		&target);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (systemd_settings_action(&apply->within.settings, &target, needed[i]) !=
		    SECCOMP_RET_ALLOW)
			return error_set(
				err, -EBADMSG,
				"unit %s: its own SystemCallFilter= denies %s, which its processes need to "
				"install the filters of --two-phase: --widen allows what the policy allows",
				apply->unit->name, needed[i]);
	return 0;
}

static int load_within(struct apply *apply, struct error *err)
{
	int r = within_load(apply->manager, apply->unit, &apply->within, err);

	if (r < 0)
		return r;
	if (!apply->options.keeps_widened)
		apply->within.is_widened = apply->options.is_widened;
	apply->within_text = within_text(&apply->within, &apply->within_size);
	if (!apply->within_text)
		return error_oom(err);
	drop_in_set_within(apply->drop_in, apply->within_text, apply->within_size);
	return check_two_phase(apply, err);
}

static void no_words(void *context, const char *sentence)
{
	(void)context;
	(void)sentence;
}

int apply_prepare(const struct apply_options *options, struct apply **result, struct error *err)
{
	_cleanup_(apply_freep) struct apply *apply = calloc(1, sizeof(*apply));
	int r;

	if (!apply)
		return error_oom(err);
	apply->lock = -1;
	apply->options = *options;
	if (!apply->options.warn)
		apply->options.warn = no_words;
	r = verify_is_possible(err);
	if (r >= 0)
		r = manager_open(&apply->manager, err);
	if (r < 0)
		return r;
	manager_set_cancel_fd(apply->manager, options->cancel_fd);
	r = progress_load_service(apply->manager, options->unit, &apply->unit, err);
	if (r >= 0)
		r = check_not_hidden(apply, err);
	if (r >= 0)
		r = apply->lock = drop_in_lock("", apply->unit->name, err);
	if (r >= 0)
		r = drop_in_open("", apply->unit->name, options->is_runtime, &apply->drop_in, err);
	if (r >= 0)
		r = decide_own(apply, err);
	if (r >= 0)
		r = load_within(apply, err);
	if (r >= 0)
		r = emit(apply, err);
	if (r < 0)
		return r;
	warn_of_another_target(apply);
	apply->restarts = !options->no_restart && (unit_is_running(apply->unit) || options->start);
	*result = take(apply);
	return 0;
}

static bool is_allowed(const struct policy *policy, const char *name)
{
	int nr = syscall_number(abi_native(), name);
	const struct rule *rule = nr < 0 ? NULL : policy_find(policy, abi_native(), nr, NULL);

	return rule && rule_allows(rule);
}

/* Whether systemd reports that the unit's SystemCallFilter= allows the call; an entry may have an error. */
static bool is_allowed_now(const struct unit_calls *filter, const char *name)
{
	size_t length = strlen(name);

	for (char **at = filter->names; *at; at++)
		if (strncmp(*at, name, length) == 0 && (!(*at)[length] || (*at)[length] == ':'))
			return filter->is_allow_list && !(*at)[length];
	return !filter->is_allow_list;
}

bool apply_differences(const struct apply *apply,
		       void (*tell)(void *context, char sign, const char *name), void *context)
{
	const struct unit *unit = apply->unit;
	const struct syscall_entry *entries;
	size_t count = syscall_table(abi_native(), &entries);

	if (!unit->filter.names || !unit->filter.names[0])
		return false;
	for (size_t i = 0; i < count; i++) {
		bool now = is_allowed_now(&unit->filter, entries[i].name);
		bool then = is_allowed(apply->meaning, entries[i].name);

		if (now != then)
			tell(context, then ? '+' : '-', entries[i].name);
	}
	return true;
}

/* The files may have changed before systemd read them again, and the drop-in was written for the former ones. */
static int check_within(struct apply *apply, const struct unit *now, struct error *err)
{
	_cleanup_(within_clean) struct within within = { 0 };
	const char *name, *setting;
	int r = within_load(apply->manager, now, &within, err);

	if (r < 0)
		return r;
	setting = settings_difference(&apply->within.settings, &within.settings, &name);
	if (!setting)
		return 0;
	return error_set(
		err, -EUCLEAN,
		"unit %s: its own %s= was changed meanwhile, or systemd had not read it yet: "
		"try again",
		now->name, setting);
}

/* systemd must have found the file and must know every name in it. */
static int check_loaded(struct apply *apply, struct error *err)
{
	_cleanup_(unit_freep) struct unit *now = NULL;
	int r = unit_load(apply->manager, apply->unit->name, &now, err);

	if (r < 0)
		return r;
	if (!progress_list_has(now->drop_ins, drop_in_path(apply->drop_in)))
		return error_set(
			err, -EUCLEAN,
			"unit %s: systemd does not read %s: look for a file of the same name in "
			"another drop-in directory",
			now->name, drop_in_path(apply->drop_in));
	r = check_within(apply, now, err);
	return r < 0 ? r : unit_verify_property(now, apply->meaning, err);
}

static int check_kernel(struct apply *apply, const struct unit *started, struct error *err)
{
	struct error end = { 0 };
	int r;

	progress_step(&apply->options, "reading the unit's filters from the kernel");
	r = unit_verify_policy(apply->manager, started, apply->own, &apply->within,
			       &apply->verification, err);
	apply->is_verified = r >= 0;
	if (r >= 0 && apply->options.two_phase)
		r = serving_look_at_unit(apply->own, started, &apply->serving, err);
	/* A unit that died meanwhile has no filters either; then the death is the error to report. */
	if ((r >= 0 || r == -ESRCH) && unit_settle(apply->manager, started, 0, &end) < 0) {
		*err = end;
		return end.code;
	}
	return r;
}

/* Checks that the unit comes up under the new filter and stays up. */
static int try_out(struct apply *apply, struct error *err)
{
	const struct apply_options *options = &apply->options;
	_cleanup_(unit_freep) struct unit *started = NULL;
	struct error ignored = { 0 };
	bool is_done;
	int r;

	progress_step(options, "restarting %s", apply->unit->name);
	apply->started_us = progress_now_us();
	/* Earlier starts, including whittle's own, must not count against the unit's start limit. */
	manager_reset_failed(apply->manager, apply->unit->name, &ignored);
	r = start_watch_restart(apply, err);
	if (r < 0)
		return r;
	r = unit_load(apply->manager, apply->unit->name, &started, err);
	if (r < 0)
		return r;
	/* A command that has finished: it came up, and no process is left to check. */
	is_done = progress_is_done(started);
	if (options->settle_ns && !is_done) {
		progress_step(options, "watching the unit for %g s",
			      (double)options->settle_ns / 1e9);
		r = unit_settle(apply->manager, started, options->settle_ns, err);
	}
	if (r >= 0 && options->check) {
		progress_step(options, "running the check");
		r = check_run(options->check, options->check_timeout_ns, options->cancel_fd, err);
	}
	return r < 0 || is_done ? r : check_kernel(apply, started, err);
}

static int hold_trial(struct apply *apply, struct error *err)
{
	const struct apply_options *options = &apply->options;
	struct error ignored = { 0 };
	int r = options->trial_begins ? options->trial_begins(options->context, err) : 0;

	if (r < 0)
		return r;
	r = try_out(apply, err);
	if (options->trial_ends && r < 0)
		options->trial_ends(options->context, &ignored);
	else if (options->trial_ends)
		r = options->trial_ends(options->context, err);
	return r;
}

static int install_and_try(struct apply *apply, struct error *err)
{
	const struct apply_options *options = &apply->options;
	int r;

	progress_step(options, "writing %s", drop_in_path(apply->drop_in));
	r = drop_in_install(apply->drop_in, apply->text, apply->text_size, err);
	if (r < 0)
		return r;
	progress_step(options, "reloading the unit files");
	r = manager_reload(apply->manager, err);
	if (r >= 0)
		r = check_loaded(apply, err);
	if (r >= 0)
		r = progress_check_cancelled(options, err);
	if (r >= 0 && apply->restarts)
		r = hold_trial(apply, err);
	/* The last moment at which an interruption still leads to a rollback. */
	if (r >= 0)
		r = progress_check_cancelled(options, err);
	return r;
}

/* Starts or stops the unit, as it was before. */
static int restore_unit(struct apply *apply, struct error *err)
{
	const char *name = apply->unit->name;
	struct error ignored = { 0 };
	bool was_failed = strcmp(apply->unit->active_state, "failed") == 0;
	int r;

	if (!apply->started_us)
		return 0;
	/* Failures under the filter must not count against the following start. */
	manager_reset_failed(apply->manager, name, &ignored);
	if (unit_is_running(apply->unit)) {
		progress_step(&apply->options, "restarting %s in its former state", name);
		return start_watch_restore(apply, err);
	}
	progress_step(&apply->options, "stopping %s again", name);
	r = manager_run_job(apply->manager, JOB_STOP, name, UINT64_MAX, err);
	if (!was_failed)
		manager_reset_failed(apply->manager, name, &ignored);
	return r;
}

static int roll_back(struct apply *apply, struct error *err)
{
	int r;

	/* From here on nothing is interrupted. */
	manager_set_cancel_fd(apply->manager, -1);
	progress_step(&apply->options, "restoring the former state");
	r = drop_in_roll_back(apply->drop_in, err);
	if (r < 0)
		return r;
	r = manager_reload(apply->manager, err);
	return r < 0 ? r : restore_unit(apply, err);
}

int apply_run(struct apply *apply, struct error *err)
{
	struct error first, second = { 0 };
	int r = install_and_try(apply, err);

	if (r >= 0)
		r = drop_in_commit(apply->drop_in, apply->own, err);
	if (r >= 0) {
		apply->end = APPLY_DONE;
		return 0;
	}
	if (apply->started_us)
		apply->journal =
			progress_journal_tail(apply->manager, apply->unit->name, apply->started_us);
	if (roll_back(apply, &second) >= 0) {
		apply->end = APPLY_ROLLED_BACK;
		return r;
	}
	apply->end = APPLY_BROKEN;
	first = *err;
	return error_set(err, first.code, "%.1200s; the rollback failed too: %.600s", first.message,
			 second.message);
}
