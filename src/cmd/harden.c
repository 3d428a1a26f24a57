// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle harden`: takes a unit through all stages, from the first recording to the enforced filter. */
#include "harden/harden.h"
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/consent.h"
#include "cmd/report.h"
#include "cmd/unit_output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "denial/sentence.h"
#include "policy/action.h"
#include "record/record.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

struct harden_arguments {
	uint64_t record_ns, quiet_ns, slice_ns, calls, trial_ns, hold_ns, deadline_ns, settle_ns;
	const char *check;
	uint64_t check_timeout_ns;
	const char *level, *default_action;
	struct option_list allow;
	bool again, widen, yes, json;
};

#define FIELD(member) offsetof(struct harden_arguments, member)

static const struct option_row harden_rows[] = {
	{ 0, "Conditions to continue", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 'f', "for", OPTION_DURATION, "TIME", "record at least this long (default 10m)",
	  FIELD(record_ns) },
	{ 0, "quiet-for", OPTION_DURATION, "TIME",
	  "and until no new call was observed for this long\n(default 5m)", FIELD(quiet_ns) },
	{ 0, "load", OPTION_NUMBER, "N",
	  "and until the unit made N calls while serving\n(default 1000)", FIELD(calls) },
	{ 0, "trial-for", OPTION_DURATION, "TIME",
	  "then log, but do not deny, calls outside the policy for\nthis long (default 5m)",
	  FIELD(trial_ns) },
	{ 0, "hold", OPTION_DURATION, "TIME",
	  "keep the filter once the unit has run under it for this\nlong without a denial (default 5m)",
	  FIELD(hold_ns) },
	{ 0, "check", OPTION_STRING, "COMMAND",
	  "run COMMAND with /bin/sh before each step; it must exit\nwith 0", FIELD(check),
	  VALUE_COMMAND },
	{ 0, "check-timeout", OPTION_DURATION, "TIME", "time limit of the check (default 30s)",
	  FIELD(check_timeout_ns) },
	{ 0, "settle", OPTION_DURATION, "TIME",
	  "time for which the unit must stay up after its restart\n(default 2s)",
	  FIELD(settle_ns) },
	{ 0, "Rollback", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 0, "deadline", OPTION_DURATION, "TIME",
	  "time after which systemd removes the filter unless whittle\n"
	  "has confirmed it (default: --hold plus 3m)",
	  FIELD(deadline_ns) },
	{ 0, "Policy", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 'l', "level", OPTION_STRING, "LEVEL",
	  "observed: only the observed calls; closed (the default):\nalso those on other paths of the same code",
	  FIELD(level), VALUE_CHOICE, "observed closed" },
	{ 'a', "allow", OPTION_LIST, "NAME",
	  "also allow this call or systemd group; may be repeated", FIELD(allow), VALUE_SYSCALL },
	{ 0, "widen", OPTION_FLAG, NULL,
	  "allow what the policy allows, even if the unit's own\nsettings deny it", FIELD(widen) },
	{ 'd', "default", OPTION_STRING, "ACTION",
	  "action for all other calls: errno:EPERM (the default),\nerrno:NAME, kill_process",
	  FIELD(default_action) },
	{ 0, "Other", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 0, "again", OPTION_FLAG, NULL, "start over: remove the enforced filter and record again",
	  FIELD(again) },
	{ 'y', "yes", OPTION_FLAG, NULL,
	  "do not ask before enforcing a policy for a service that\nserved nobody while it was recorded, or that opens sessions",
	  FIELD(yes) },
	{ 0, "slice", OPTION_DURATION, "TIME",
	  "interval for saving the observed calls and estimating\nunobserved ones (default 1m)",
	  FIELD(slice_ns) },
	{ 'j', "json", OPTION_FLAG, NULL, "print only the result, as JSON", FIELD(json) },
	OPTION_END,
};

struct display {
	const char *unit;
	int cancel_fd;
	bool is_agreed; /* --yes */
	bool is_quiet, is_terminal, is_waiting;
	uint64_t shown_ns;
};

/* The next output overwrites the line that shows the wait. */
static void end_wait(struct display *display)
{
	if (display->is_waiting)
		fputs("\r\033[K", stderr);
	display->is_waiting = false;
}

static void show_stage(void *context, enum stage stage, const char *does, const char *goes_on)
{
	struct display *display = context;

	if (display->is_quiet)
		return;
	end_wait(display);
	print_text(stdout, "%s: %s: %s\n", display->unit, managed_unit_stage_name(stage), does);
	if (goes_on)
		print_text(stdout, "  waits for: %s\n", goes_on);
	fflush(stdout);
}

static void show_sentence(void *context, const char *sentence)
{
	struct display *display = context;

	if (display->is_quiet)
		return;
	end_wait(display);
	print_text(stdout, "  %s\n", sentence);
	fflush(stdout);
}

static void show_warning(void *context, const char *sentence)
{
	end_wait(context);
	unit_output_warning(NULL, sentence);
}

static void show_wait(void *context, const struct harden_progress *progress)
{
	struct display *display = context;
	const struct discovery *discovery = &progress->discovery;

	if (!display->is_terminal || progress->watched_ns - display->shown_ns < SECOND / 4)
		return;
	display->shown_ns = progress->watched_ns;
	display->is_waiting = true;
	fprintf(stderr, "\r  %.0f s", (double)progress->watched_ns / 1e9);
	if (progress->distinct)
		fprintf(stderr, ", %zu system calls", progress->distinct);
	if (discovery->is_known)
		fprintf(stderr,
			", %.2g new ones expected per slice, at least %.1f not yet observed",
			discovery->per_slice, discovery->unseen);
	fprintf(stderr, "; waits for: %s\033[K", progress->waits_for);
	fflush(stderr);
}

static void show_refused(void *context, const struct denial_group *group, uint64_t count)
{
	struct display *display = context;

	end_wait(display);
	fflush(stdout);
	sentence_print(stderr, group, count,
		       &(struct sentence_options){ .with_colour = report_use_colour(stderr) });
}

static int get_consent(void *context, const char *unit, char *const *lines, struct error *err)
{
	struct display *display = context;

	end_wait(display);
	return consent_ask(unit, lines, display->is_agreed, display->cancel_fd, err);
}

static void print_json(const struct display *display, enum stage stage, const struct error *err)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", display->unit);
	json_write_string(&json, "stage", managed_unit_stage_name(stage));
	if (err)
		json_write_string(&json, "error", err->message);
	json_write_end_object(&json);
}

static void print_end(const struct display *display, enum stage stage, const struct error *err)
{
	if (!err)
		print_text(
			stdout,
			"%s: done; 'whittle verify %s' checks the filter, 'whittle revert %s' removes it\n",
			display->unit, display->unit, display->unit);
	else if (stage == STAGE_ROLLED_BACK)
		print_text(
			stderr,
			"whittle: run 'whittle learn %s' to allow the denied calls, then 'whittle "
			"harden %s' to continue\n",
			display->unit, display->unit);
	else if (err->code == -EINTR)
		print_text(
			stderr,
			"whittle: interrupted in stage %s: run 'whittle harden %s' to continue\n",
			managed_unit_stage_name(stage), display->unit);
}

static int check_arguments(struct harden_arguments *arguments, uint32_t *verdict, struct error *err)
{
	if (!arguments->deadline_ns &&
	    __builtin_add_overflow(arguments->hold_ns, 180 * SECOND, &arguments->deadline_ns))
		return error_set(err, -EINVAL, "--hold: too long");
	if (arguments->deadline_ns <= arguments->hold_ns)
		return error_set(err, -EINVAL,
				 "--deadline must be longer than --hold, with time for a restart "
				 "and the check");
	if (arguments->slice_ns < SECOND / 10)
		return error_set(err, -EINVAL, "--slice: the minimum is 100ms");
	*verdict = SECCOMP_RET_ERRNO | EPERM;
	if (!arguments->default_action)
		return 0;
	if (action_parse(arguments->default_action, verdict) < 0 ||
	    ((*verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO &&
	     *verdict != SECCOMP_RET_KILL_PROCESS))
		return error_set(err, -EINVAL,
				 "--default: \"%s\" is not errno:NAME or kill_process",
				 arguments->default_action);
	return 0;
}

static int harden(const struct harden_arguments *arguments, const char *unit, uint32_t verdict)
{
	struct display display = { .unit = unit,
				   .is_agreed = arguments->yes,
				   .is_quiet = arguments->json,
				   .is_terminal = isatty(STDERR_FILENO) && !arguments->json };
	_cleanup_close_ int cancel_fd = -1, signal_fd = -1;
	enum stage stage = STAGE_RECORD;
	struct error err = { 0 };
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int r;

	if (length < 0)
		return report((error_set_errno(&err, -errno, "/proc/self/exe"), &err));
	program[length] = '\0';
	cancel_fd = cancel_open(&err);
	if (cancel_fd < 0 || record_block_signals(&signal_fd, &err) < 0)
		return report(&err);
	display.cancel_fd = cancel_fd;
	r = harden_run(&(struct harden_options){ .unit = unit,
						 .program = program,
						 .again = arguments->again,
						 .level = arguments->level,
						 .allow = arguments->allow.values,
						 .default_action = verdict,
						 .is_widened = arguments->widen,
						 .record_ns = arguments->record_ns,
						 .trial_ns = arguments->trial_ns,
						 .quiet_ns = arguments->quiet_ns,
						 .slice_ns = arguments->slice_ns,
						 .calls = arguments->calls,
						 .settle_ns = arguments->settle_ns,
						 .hold_ns = arguments->hold_ns,
						 .deadline_ns = arguments->deadline_ns,
						 .check = arguments->check,
						 .check_timeout_ns = arguments->check_timeout_ns,
						 .cancel_fd = cancel_fd,
						 .signal_fd = signal_fd,
						 .stage = show_stage,
						 .tell = show_sentence,
						 .wait = show_wait,
						 .warn = show_warning,
						 .refused = show_refused,
						 .consent = get_consent,
						 .context = &display },
		       &stage, &err);
	end_wait(&display);
	if (arguments->json)
		print_json(&display, stage, r < 0 ? &err : NULL);
	r = r < 0 ? report(&err) : 0;
	if (!arguments->json)
		print_end(&display, stage, r ? &err : NULL);
	return r ? r : report_finish_output();
}

static int run_harden(int argc, char *argv[])
{
	struct harden_arguments arguments = {
		.record_ns = 600 * SECOND,
		.quiet_ns = 300 * SECOND,
		.slice_ns = 60 * SECOND,
		.calls = 1000,
		.trial_ns = 300 * SECOND,
		.hold_ns = 300 * SECOND,
		.settle_ns = 2 * SECOND,
		.check_timeout_ns = 30 * SECOND,
		.level = "closed",
	};
	struct error err = { 0 };
	uint32_t verdict = 0;
	int first = argc, r;

	r = options_parse(&command_harden, argc, argv, &arguments, &first, &err);
	if (r == 0 && argc - first != 1)
		r = error_set(&err, -EINVAL, "name a unit");
	if (r == 0)
		r = check_arguments(&arguments, &verdict, &err);
	r = r < 0 ? report_usage(&command_harden, &err) : harden(&arguments, argv[first], verdict);
	options_list_free(&arguments.allow);
	return r;
}

static const struct renamed_option harden_renamed[] = {
	{ "--trial", "--trial-for" },
	{ NULL, NULL },
};

const struct command command_harden = {
	.name = "harden",
	.group = GROUP_START,
	.run = run_harden,
	.summary = "take a unit through all stages from recording to enforcement",
	.usage = "[OPTION]... UNIT",
	.options = harden_rows,
	.description =
		"Records the unit, computes its policy, tries the policy while nothing is denied,\n"
		"enforces it with an automatic rollback, and keeps it if the unit runs without a denial.\n"
		"Ctrl-C interrupts the command; the same command continues it.",
	.operand = VALUE_UNIT,
	.renamed = harden_renamed,
};
