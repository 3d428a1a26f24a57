// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle apply`: enforces a policy on a unit and verifies it, or restores the former state. */
#include "unit/apply.h"
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/consent.h"
#include "cmd/report.h"
#include "cmd/unit_output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "harden/harden.h"
#include "harden/refusals.h"
#include "unit/deadline.h"
#include "unit/drop_in.h"
#include "unit/main_program.h"
#include "unit/make_permanent.h"
#include "unit/progress.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct apply_arguments {
	bool runtime, no_restart, start, trial, strict, two_phase, require_serving, widen, dry_run,
		json;
	bool without_start, yes, keep;
	uint64_t deadline_ns;
	struct option_list recordings;
	const char *policy; /* its path */
	uint64_t settle_ns;
	const char *check;
	uint64_t check_timeout_ns;
};

#define FIELD(member) offsetof(struct apply_arguments, member)

static const struct option_row apply_rows[] = {
	{ 0, "runtime", OPTION_FLAG, NULL,
	  "write to /run instead of /etc: until the next boot only", FIELD(runtime) },
	{ 0, "no-restart", OPTION_FLAG, NULL,
	  "do not restart the unit; the policy takes effect at its\nnext start",
	  FIELD(no_restart) },
	{ 0, "start", OPTION_FLAG, NULL, "start the unit if it is stopped", FIELD(start) },
	{ 't', "trial", OPTION_FLAG, NULL,
	  "deny nothing: let the kernel log calls outside the policy", FIELD(trial) },
	{ 0, "settle", OPTION_DURATION, "TIME", "time for which the unit must stay up (default 2s)",
	  FIELD(settle_ns) },
	{ 0, "check", OPTION_STRING, "COMMAND",
	  "run COMMAND with /bin/sh once the unit is up; it must\nexit with 0", FIELD(check),
	  VALUE_COMMAND },
	{ 0, "check-timeout", OPTION_DURATION, "TIME", "time limit of the check (default 30s)",
	  FIELD(check_timeout_ns) },
	{ 0, "strict", OPTION_FLAG, NULL, "fail if any call is denied meanwhile", FIELD(strict) },
	{ 0, "two-phase", OPTION_FLAG, NULL,
	  "after each start, install a tighter filter in each process\nthat has started serving: only the calls of its role",
	  FIELD(two_phase) },
	{ 0, "require-serving", OPTION_FLAG, NULL,
	  "with two phases: fail the start if the serving filter\ncannot be installed, instead of logging it to the journal",
	  FIELD(require_serving) },
	{ 'r', "recording", OPTION_LIST, "FILE",
	  "keep this recording, from which the policy was decided,\nfor drift and learn; may be repeated",
	  FIELD(recordings), VALUE_FILE },
	{ 0, "without-start", OPTION_FLAG, NULL,
	  "enforce the policy even if no recorded run contains a start\nof the unit",
	  FIELD(without_start) },
	{ 'y', "yes", OPTION_FLAG, NULL,
	  "do not ask before enforcing a policy for a service that\nserved nobody while it was recorded, or that opens sessions",
	  FIELD(yes) },
	{ 0, "deadline", OPTION_DURATION, "TIME",
	  "let systemd remove the filter after this time, unless it\nis confirmed with --keep",
	  FIELD(deadline_ns) },
	{ 0, "keep", OPTION_FLAG, NULL,
	  "confirm the policy that was applied to UNIT with\n--deadline: keep it for good",
	  FIELD(keep) },
	{ 0, "widen", OPTION_FLAG, NULL,
	  "allow what the policy allows, even if the unit's own\nsettings deny it", FIELD(widen) },
	{ 'n', "dry-run", OPTION_FLAG, NULL, "print all steps, but do nothing", FIELD(dry_run) },
	{ 'j', "json", OPTION_FLAG, NULL, "print the result as JSON", FIELD(json) },
	OPTION_END,
};

static const char *const ends[] = {
	[APPLY_NOTHING] = "nothing changed",
	[APPLY_DONE] = "applied",
	[APPLY_ROLLED_BACK] = "rolled back",
	[APPLY_BROKEN] = "broken",
};

static void print_indented(const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n");

		print_text(stdout, "    %.*s\n", (int)line, text);
		text += line + (text[line] == '\n');
	}
}

struct change_lists {
	char sign;
	size_t count;
};

static void print_change(void *context, char sign, const char *name)
{
	struct change_lists *lists = context;

	if (sign != lists->sign)
		return;
	if (lists->count++ == 0)
		printf(sign == '-'
			       ? "The policy would deny these calls, which the unit may make now:\n   "
			       : "The policy would allow these calls, which the unit may not make now:\n   ");
	print_text(stdout, " %s", name);
}

static void print_changes(const struct apply *apply)
{
	static const char signs[] = { '-', '+' };
	size_t changes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		struct change_lists lists = { .sign = signs[i] };

		if (!apply_differences(apply, print_change, &lists)) {
			printf("The unit has no SystemCallFilter= now.\n");
			return;
		}
		if (lists.count)
			putchar('\n');
		changes += lists.count;
	}
	if (changes == 0)
		printf("The unit's present SystemCallFilter= allows the same calls.\n");
}

static void print_plan(const struct apply *apply)
{
	const struct apply_options *options = &apply->options;
	const char *name = apply->unit->name, *former = drop_in_text(apply->drop_in);

	print_text(stdout, "Would %s %s:\n", former ? "replace" : "write",
		   drop_in_path(apply->drop_in));
	print_indented(apply->text);
	print_changes(apply);
	printf("Would then make systemd reload its unit files");
	if (!apply->restarts) {
		print_text(stdout,
			   ".\nWould not %s %s: the policy takes effect at its next start.\n",
			   unit_is_running(apply->unit) ? "restart" : "start", name);
		return;
	}
	print_text(stdout, ", %s %s,\nwatch it for %g s",
		   unit_is_running(apply->unit) ? "restart" : "start", name,
		   (double)options->settle_ns / 1e9);
	if (options->check)
		print_text(stdout, ", run '%s' (at most %g s)", options->check,
			   (double)options->check_timeout_ns / 1e9);
	printf(", and compare the kernel's\nfilters of each of its processes with the "
	       "policy. Any failure would restore the former state.\n");
}

static void add_change(void *context, char sign, const char *name)
{
	struct json_writer *json = context;
	char text[128];

	snprintf(text, sizeof(text), "%c%s", sign, name);
	json_write_string(json, NULL, text);
}

/* ---- calls denied meanwhile ---- */

struct trial {
	const struct unit *unit; /* known once the apply is prepared */
	const struct policy *policy;
	bool is_strict;
	struct own_filters *own; /* of the unit before */
	struct refusals *refusals; /* NULL: not watched */
};

static int begin_trial(void *context, struct error *err)
{
	struct trial *trial = context;
	struct error failure = { 0 };

	if (own_filters_read(trial->unit, &trial->own, &failure) >= 0 &&
	    refusals_open(trial->unit, trial->policy, trial->own, &trial->refusals, &failure) >= 0)
		return 0;
	if (trial->is_strict) {
		*err = failure;
		return error_prefix(err, "--strict must observe denied calls");
	}
	report_warning("calls denied meanwhile will not be reported: %s", failure.message);
	return 0;
}

static int start_fd(void *context)
{
	const struct trial *trial = context;

	return trial->refusals ? refusals_fd(trial->refusals) : -1;
}

static int look_at_start(void *context, bool is_announced, struct error *err)
{
	struct trial *trial = context;

	return trial->refusals ? refusals_check_start(trial->refusals, is_announced, err) : 0;
}

static int end_trial(void *context, struct error *err)
{
	struct trial *trial = context;
	int r = trial->refusals ? refusals_finish(trial->refusals, err) : 0;

	if (r >= 0 && trial->is_strict && refusals_count(trial->refusals))
		return error_set(err, -ECANCELED, "unit %s: %llu call%s denied", trial->unit->name,
				 (unsigned long long)refusals_count(trial->refusals),
				 refusals_count(trial->refusals) == 1 ? " was" : "s were");
	return r;
}

static void print_refusals(const struct trial *trial)
{
	uint64_t count = refusals_count(trial->refusals);

	if (!count)
		return;
	fflush(stdout);
	print_text(stderr, "During the trial, %llu call%s denied:\n", (unsigned long long)count,
		   count == 1 ? " was" : "s were");
	refusals_print(trial->refusals, stderr, report_use_colour(stderr));
}

/* ---- the result ---- */

static void print_json(const struct apply *apply, const struct trial *trial, bool is_dry_run,
		       const struct error *err)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", apply->unit->name);
	json_write_string(&json, "drop_in", drop_in_path(apply->drop_in));
	json_write_string(&json, "result", is_dry_run ? "dry run" : ends[apply->end]);
	json_write_bool(&json, "restarts", apply->restarts);
	if (is_dry_run) {
		json_write_string(&json, "text", apply->text);
		json_write_string(&json, "former_text", drop_in_text(apply->drop_in));
		json_write_array_line(&json, "changes");
		apply_differences(apply, add_change, &json);
		json_write_end_array(&json);
	}
	if (apply->is_verified)
		unit_output_json_verification(&json, &apply->verification);
	if (apply->is_verified && apply->options.two_phase)
		unit_output_json_serving(&json, &apply->serving);
	if (err)
		json_write_string(&json, "error", err->message);
	if (trial->refusals)
		refusals_write_json(trial->refusals, &json, "refused");
	unit_output_json_journal(&json, apply->journal);
	json_write_end_object(&json);
}

static void print_result(const struct apply *apply)
{
	const char *name = apply->unit->name;

	if (apply->options.policy->default_action == SECCOMP_RET_LOG)
		print_text(
			stdout,
			"%s: on trial with %s: nothing is denied; calls outside the policy are logged\n"
			"'whittle watch %s' prints them, 'whittle learn %s' adds them to the recording\n",
			name, drop_in_path(apply->drop_in), name, name);
	else
		print_text(stdout, "%s: applied as %s\n", name, drop_in_path(apply->drop_in));
	if (apply->is_verified)
		unit_output_verification(&apply->verification);
	if (apply->is_verified && apply->options.two_phase)
		unit_output_serving(&apply->serving);
	if (apply->is_verified)
		return;
	if (apply->restarts)
		printf("not verified: the unit has finished and no process is left to check\n");
	else
		print_text(
			stdout,
			"not verified: the policy takes effect at the next start of %s; then run "
			"'whittle verify %s'\n",
			name, name);
}

static int report_failure(const struct apply *apply, const struct error *err)
{
	int code = report(err);

	if (apply->end == APPLY_ROLLED_BACK)
		print_text(
			stderr, "whittle: the former state is restored: %s %s\n", apply->unit->name,
			unit_is_running(apply->unit) ? "runs as before" : "is stopped as before");
	unit_output_journal(apply->unit->name, apply->journal);
	return code;
}

/* What must be known or answered before anything changes. A trial denies nothing. */
static int check_evidence(const struct apply *apply, const struct apply_arguments *arguments,
			  struct error *err)
{
	int r = 0;

	if (arguments->trial)
		return 0;
	if (!arguments->without_start)
		r = main_program_check_start(apply->unit, apply->options.policy, err);
	return r < 0 ? r
		     : consent_get(apply->manager, apply->unit, apply->options.policy,
				   arguments->yes || arguments->dry_run, apply->options.cancel_fd,
				   err);
}

/* ---- the deadline ---- */

static int arm(const struct apply *apply, const struct apply_arguments *arguments,
	       struct error *err)
{
	char program[PATH_MAX];
	ssize_t length;

	if (!arguments->deadline_ns)
		return 0;
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length < 0)
		return error_set_errno(err, -errno, "/proc/self/exe");
	program[length] = '\0';
	return deadline_arm(apply->manager, program, apply->unit->name, arguments->deadline_ns,
			    err);
}

/* After a rollback there is nothing to revert. */
static void disarm(const struct apply *apply, const struct apply_arguments *arguments)
{
	struct error failure = { 0 };

	if (arguments->deadline_ns && apply->end == APPLY_ROLLED_BACK &&
	    deadline_stop(apply->manager, apply->unit->name, &failure) < 0)
		report_warning("%s", failure.message);
}

static void print_deadline(const struct apply *apply, uint64_t deadline_ns)
{
	if (deadline_ns)
		printf("systemd removes the filter in %g s, unless 'whittle apply --keep %s' confirms "
		       "it\n",
		       (double)deadline_ns / 1e9, apply->unit->name);
}

/* ---- the store ---- */

/* "nginx.rec" for "nginx.policy". */
static char *nearby_recording(const char *policy)
{
	size_t length = strlen(policy);
	char *path;

	if (length > 7 && strcmp(policy + length - 7, ".policy") == 0)
		length -= 7;
	return asprintf(&path, "%.*s.rec", (int)length, policy) < 0 ? NULL : path;
}

static struct harden_applied describe(const struct apply *apply,
				      const struct apply_arguments *arguments, const char *nearby)
{
	return (struct harden_applied){
		.unit = apply->unit->name,
		.policy = apply->options.policy,
		.is_two_phase = apply->options.two_phase,
		.is_trial = arguments->trial,
		.deadline_us = arguments->deadline_ns
				       ? progress_now_us() + arguments->deadline_ns / 1000
				       : 0,
		.recordings = arguments->recordings.count ? arguments->recordings.values : NULL,
		.nearby = nearby,
	};
}

/* The unit runs under the policy, whatever becomes of this: a failure is a warning. */
static void note_apply(const struct apply *apply, const struct apply_arguments *arguments)
{
	_cleanup_free_ char *nearby = nearby_recording(arguments->policy);
	const struct harden_applied applied = describe(apply, arguments, nearby);
	struct error failure = { 0 };
	bool has_recording;

	if (harden_note_apply(NULL, &applied, &has_recording, &failure) < 0)
		report_warning("'whittle status' and the guard do not know the new policy: %s",
			       failure.message);
}

static int keep(const char *name, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error failure = { 0 };
	bool has_recording;
	int r = manager_open(&manager, err);

	if (r >= 0)
		r = unit_load(manager, name, &unit, err);
	if (r >= 0)
		r = drop_in_open("", unit->name, true, &drop_in, err);
	if (r >= 0 && !drop_in_is_applied(drop_in))
		r = error_set(err, -ENOENT, "unit %s: no policy with a deadline is applied to it",
			      unit->name);
	if (r >= 0)
		r = drop_in_policy(drop_in, &policy, err);
	drop_in_closep(&drop_in);
	if (r >= 0)
		r = unit_make_permanent(manager, unit->name, policy, err);
	if (r >= 0)
		r = deadline_stop(manager, unit->name, err);
	if (r < 0)
		return report(err);
	if (harden_note_apply(NULL,
			      &(struct harden_applied){ .unit = unit->name, .policy = policy },
			      &has_recording, &failure) < 0)
		report_warning("'whittle status' and the guard do not know it: %s",
			       failure.message);
	printf("%s: the policy is kept\n", unit->name);
	return report_finish_output();
}

static int apply_policy(const struct apply_options *given, const struct apply_arguments *arguments,
			struct error *err)
{
	_cleanup_(apply_freep) struct apply *apply = NULL;
	struct trial trial = { .policy = given->policy, .is_strict = arguments->strict };
	struct apply_options options = *given;
	struct harden_applied applied;
	int code = 0;

	options.context = &trial;
	if (apply_prepare(&options, &apply, err) < 0)
		return report(err);
	trial.unit = apply->unit;
	applied = describe(apply, arguments, NULL);
	if (check_evidence(apply, arguments, err) < 0 || harden_check_recordings(&applied, err) < 0)
		return report(err);
	if (!arguments->dry_run && arm(apply, arguments, err) < 0)
		return report(err);
	if (!arguments->dry_run && apply_run(apply, err) < 0)
		code = report_failure(apply, err);
	disarm(apply, arguments);
	/* The store outlives the boot, and what --runtime writes does not. */
	if (!arguments->dry_run && !code && !arguments->runtime)
		note_apply(apply, arguments);
	if (arguments->json)
		print_json(apply, &trial, arguments->dry_run, code ? err : NULL);
	else if (arguments->dry_run)
		print_plan(apply);
	else if (!code) {
		print_result(apply);
		print_deadline(apply, arguments->deadline_ns);
	}
	if (!arguments->json)
		print_refusals(&trial);
	refusals_freep(&trial.refusals);
	own_filters_freep(&trial.own);
	return code ? code : report_finish_output();
}

static int parse_and_apply(int argc, char *argv[], struct apply_arguments *arguments)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_close_ int cancel_fd = -1;
	struct error err = { 0 };
	int first;

	if (options_parse(&command_apply, argc, argv, arguments, &first, &err) < 0)
		return report_usage(&command_apply, &err);
	if (arguments->keep && argc - first == 1)
		return keep(argv[first], &err);
	if (arguments->deadline_ns && (arguments->two_phase || arguments->require_serving)) {
		error_set(&err, -EINVAL, "--deadline and --two-phase exclude each other");
		return report_usage(&command_apply, &err);
	}
	if (arguments->keep) {
		error_set(&err, -EINVAL, "--keep takes a unit and no policy");
		return report_usage(&command_apply, &err);
	}
	if (argc - first != 2) {
		error_set(&err, -EINVAL, "name a unit and a policy");
		return report_usage(&command_apply, &err);
	}
	arguments->policy = argv[first + 1];
	if (policy_read(argv[first + 1], &policy, &err) < 0)
		return report(&err);
	if (arguments->trial)
		policy->default_action = SECCOMP_RET_LOG;
	cancel_fd = cancel_open(&err);
	if (cancel_fd < 0)
		return report(&err);
	return apply_policy(
		&(struct apply_options){ .unit = argv[first],
					 .policy = policy,
					 .is_runtime = arguments->runtime || arguments->deadline_ns,
					 .no_restart = arguments->no_restart,
					 .start = arguments->start,
					 .two_phase =
						 arguments->two_phase || arguments->require_serving,
					 .require_serving = arguments->require_serving,
					 .is_widened = arguments->widen,
					 .settle_ns = arguments->settle_ns,
					 .check = arguments->check,
					 .check_timeout_ns = arguments->check_timeout_ns,
					 .cancel_fd = cancel_fd,
					 .progress = unit_output_step,
					 .warn = unit_output_warning,
					 .trial_begins = begin_trial,
					 .trial_ends = end_trial,
					 .start_fd = start_fd,
					 .start_look = look_at_start },
		arguments, &err);
}

static int run_apply(int argc, char *argv[])
{
	struct apply_arguments arguments = { .settle_ns = 2000000000,
					     .check_timeout_ns = 30000000000 };
	int code = parse_and_apply(argc, argv, &arguments);

	options_list_free(&arguments.recordings);
	return code;
}

const struct command command_apply = {
	.name = "apply",
	.group = GROUP_STEPS,
	.run = run_apply,
	.summary = "enforce a policy on a unit, verify it, or roll back",
	.usage = "[OPTION]... UNIT POLICY",
	.options = apply_rows,
	.description =
		"Writes a drop-in, restarts the unit, waits until the unit has stayed up for a while,\n"
		"and compares its filters in the kernel with the policy, call by call. On any failure, and on\n"
		"Ctrl-C, it restores the former state.",
	.operand = VALUE_UNIT,
	.further = VALUE_POLICY,
};
