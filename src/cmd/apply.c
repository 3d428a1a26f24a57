// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle apply`: enforces a policy on a unit and verifies it, or restores the former state. */
#include "unit/apply.h"
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/unit_output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "harden/refusals.h"
#include "unit/drop_in.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct apply_arguments {
	bool runtime, no_restart, start, trial, strict, two_phase, require_serving, widen, dry_run,
		json;
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

		printf("    %.*s\n", (int)line, text);
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
	printf(" %s", name);
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

	printf("Would %s %s:\n", former ? "replace" : "write", drop_in_path(apply->drop_in));
	print_indented(apply->text);
	print_changes(apply);
	printf("Would then make systemd reload its unit files");
	if (!apply->restarts) {
		printf(".\nWould not %s %s: the policy takes effect at its next start.\n",
		       unit_is_running(apply->unit) ? "restart" : "start", name);
		return;
	}
	printf(", %s %s,\nwatch it for %g s", unit_is_running(apply->unit) ? "restart" : "start",
	       name, (double)options->settle_ns / 1e9);
	if (options->check)
		printf(", run '%s' (at most %g s)", options->check,
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
	fprintf(stderr, "During the trial, %llu call%s denied:\n", (unsigned long long)count,
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
		printf("%s: on trial with %s: nothing is denied; calls outside the policy are logged\n"
		       "'whittle watch %s' prints them, 'whittle learn %s' adds them to the recording\n",
		       name, drop_in_path(apply->drop_in), name, name);
	else
		printf("%s: applied as %s\n", name, drop_in_path(apply->drop_in));
	if (apply->is_verified)
		unit_output_verification(&apply->verification);
	if (apply->is_verified && apply->options.two_phase)
		unit_output_serving(&apply->serving);
	if (apply->is_verified)
		return;
	if (apply->restarts)
		printf("not verified: the unit has finished and no process is left to check\n");
	else
		printf("not verified: the policy takes effect at the next start of %s; then run "
		       "'whittle verify %s'\n",
		       name, name);
}

static int report_failure(const struct apply *apply, const struct error *err)
{
	int code = report(err);

	if (apply->end == APPLY_ROLLED_BACK)
		fprintf(stderr, "whittle: the former state is restored: %s %s\n", apply->unit->name,
			unit_is_running(apply->unit) ? "runs as before" : "is stopped as before");
	unit_output_journal(apply->unit->name, apply->journal);
	return code;
}

static int apply_policy(const struct apply_options *given, const struct apply_arguments *arguments,
			struct error *err)
{
	_cleanup_(apply_freep) struct apply *apply = NULL;
	struct trial trial = { .policy = given->policy, .is_strict = arguments->strict };
	struct apply_options options = *given;
	int code = 0;

	options.context = &trial;
	if (apply_prepare(&options, &apply, err) < 0)
		return report(err);
	trial.unit = apply->unit;
	if (!arguments->dry_run && apply_run(apply, err) < 0)
		code = report_failure(apply, err);
	if (arguments->json)
		print_json(apply, &trial, arguments->dry_run, code ? err : NULL);
	else if (arguments->dry_run)
		print_plan(apply);
	else if (!code)
		print_result(apply);
	if (!arguments->json)
		print_refusals(&trial);
	refusals_freep(&trial.refusals);
	own_filters_freep(&trial.own);
	return code ? code : report_finish_output();
}

static int run_apply(int argc, char *argv[])
{
	struct apply_arguments arguments = { .settle_ns = 2000000000,
					     .check_timeout_ns = 30000000000 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_close_ int cancel_fd = -1;
	struct error err = { 0 };
	int first;

	if (options_parse(&command_apply, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_apply, &err);
	if (argc - first != 2) {
		error_set(&err, -EINVAL, "name a unit and a policy");
		return report_usage(&command_apply, &err);
	}
	if (policy_read(argv[first + 1], &policy, &err) < 0)
		return report(&err);
	if (arguments.trial)
		policy->default_action = SECCOMP_RET_LOG;
	cancel_fd = cancel_open(&err);
	if (cancel_fd < 0)
		return report(&err);
	return apply_policy(&(struct apply_options){ .unit = argv[first],
						     .policy = policy,
						     .is_runtime = arguments.runtime,
						     .no_restart = arguments.no_restart,
						     .start = arguments.start,
						     .two_phase = arguments.two_phase ||
								  arguments.require_serving,
						     .require_serving = arguments.require_serving,
						     .is_widened = arguments.widen,
						     .settle_ns = arguments.settle_ns,
						     .check = arguments.check,
						     .check_timeout_ns = arguments.check_timeout_ns,
						     .cancel_fd = cancel_fd,
						     .progress = unit_output_step,
						     .warn = unit_output_warning,
						     .trial_begins = begin_trial,
						     .trial_ends = end_trial },
			    &arguments, &err);
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
