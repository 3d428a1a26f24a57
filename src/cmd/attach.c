// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle attach`: enforces a policy on running processes: the whole policy, or the serving filter of
 * each process's role. After `apply --two-phase` the unit's own start runs the latter.
 */
#include "attach/attach.h"
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/operand.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "systemd/manager.h"
#include "systemd/unit.h"
#include "unit/applied.h"
#include "unit/serving.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct attach_arguments {
	const char *policy, *phase, *unit;
	struct option_list pids;
	uint64_t wait_ns, linger_ns;
	bool log, is_quiet, json;
};

static const struct option_row attach_rows[] = {
	{ 'p', "pid", OPTION_LIST, "PID", "a process; may be repeated",
	  offsetof(struct attach_arguments, pids), VALUE_PID, NULL },
	{ 'u', "unit", OPTION_STRING, "UNIT", "every process of this unit",
	  offsetof(struct attach_arguments, unit), VALUE_UNIT, NULL },
	{ 'P', "policy", OPTION_STRING, "FILE",
	  "a policy or a compiled filter; the default for a unit is\nthe policy that whittle applied to it",
	  offsetof(struct attach_arguments, policy), VALUE_FILE, NULL },
	{ 0, "phase", OPTION_STRING, "PHASE",
	  "all (the default): the whole policy; serving: for each\nprocess, only the calls of its role while serving",
	  offsetof(struct attach_arguments, phase), VALUE_CHOICE, "all serving" },
	{ 0, "wait", OPTION_DURATION, "TIME",
	  "with --unit and --phase=serving: time to wait until all\nprocesses of the unit serve (default 5s)",
	  offsetof(struct attach_arguments, wait_ns) },
	{ 0, "linger", OPTION_DURATION, "TIME",
	  "then look for new processes for this time (default 0)",
	  offsetof(struct attach_arguments, linger_ns) },
	{ 0, "log", OPTION_FLAG, NULL, "make the kernel log denied calls",
	  offsetof(struct attach_arguments, log), VALUE_ANY, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print nothing but errors",
	  offsetof(struct attach_arguments, is_quiet), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print one JSON object per process",
	  offsetof(struct attach_arguments, json), VALUE_ANY, NULL },
	OPTION_END,
};

static int parse_pid(const char *text, pid_t *pid, struct error *err)
{
	char *rest;
	long value;

	errno = 0;
	value = strtol(text, &rest, 10);
	if (*rest || errno || value < 1 || value > INT32_MAX)
		return error_set(err, -EINVAL, "\"%s\" is not a process id", text);
	*pid = (pid_t)value;
	return 0;
}

/* ---- the processes ---- */

struct targets {
	pid_t *pids;
	size_t count;
	char *unit; /* its full name; NULL: no unit */
	char *directory; /* of the unit's control group */
};

static void targets_free(struct targets *targets)
{
	free(targets->pids);
	free(targets->unit);
	free(targets->directory);
}

static int find_unit(const char *name, bool only_directory, struct targets *targets,
		     struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	int r = operand_load_unit(name, &manager, &unit, err);

	if (r >= 0 && !unit->cgroup_directory)
		return error_set(err, -EOPNOTSUPP,
				 "unit %s: no cgroup2 is mounted here, so its processes can't be "
				 "found",
				 unit->name);
	if (r >= 0 && !only_directory)
		r = unit_pids(manager, unit->name, &targets->pids, &targets->count, err);
	if (r < 0)
		return r;
	targets->unit = take(unit->name);
	targets->directory = take(unit->cgroup_directory);
	return 0;
}

static int find_targets(const struct attach_arguments *arguments, bool is_serving,
			struct targets *targets, struct error *err)
{
	size_t count = arguments->pids.count;

	if (arguments->unit)
		return find_unit(arguments->unit, is_serving, targets, err);
	targets->pids = calloc(count, sizeof(*targets->pids));
	if (!targets->pids)
		return error_oom(err);
	for (targets->count = 0; targets->count < count; targets->count++)
		if (parse_pid(arguments->pids.values[targets->count],
			      &targets->pids[targets->count], err) < 0)
			return err->code;
	return 0;
}

/* ---- the policy ---- */

static int read_source(const struct attach_arguments *arguments, const struct targets *targets,
		       struct source *source, struct error *err)
{
	if (arguments->policy)
		return operand_read_file(arguments->policy, source, err);
	return applied_policy(targets->unit, &source->policy, NULL, err);
}

/* ---- the whole policy ---- */

/* A failure does not stop the loop. The last failure becomes the command's; earlier ones are printed. */
static void note_failure(struct error *err, const struct error *failure)
{
	if (err->code)
		report(err);
	*err = *failure;
}

/* STATE: "attached", or what serving_process says. */
static void print_json(pid_t pid, const char *role, const char *state, const struct error *failure)
{
	struct json_writer json = json_writer(stdout);

	json_write_object_line(&json, NULL);
	json_write_int(&json, "pid", pid);
	if (role)
		json_write_string(&json, "role", role);
	json_write_string(&json, "state", state);
	if (failure)
		json_write_string(&json, "error", failure->message);
	json_write_end_object(&json);
}

static void attach_one(const struct attach_arguments *arguments, pid_t pid,
		       const struct filter *filter, const char *role, struct error *err)
{
	const struct attach_options options = { .log = arguments->log };
	struct attach_result result = { 0 };
	struct error failure = { 0 };

	if (attach_filter(pid, filter, &options, &result, &failure) < 0) {
		if (arguments->json)
			print_json(pid, role, "failed", &failure);
		note_failure(err, &failure);
		return;
	}
	if (arguments->json)
		print_json(pid, role, "attached", NULL);
	else if (!arguments->is_quiet)
		print_text(stdout, "%d%s%s: confined with all its threads%s\n", pid,
			   role ? ", " : "", role ? role : "",
			   result.set_no_new_privs ? "; no_new_privs was set" : "");
}

static int attach_whole(const struct attach_arguments *arguments, const struct targets *targets,
			struct source *source, struct error *err)
{
	_cleanup_(filter_free) struct filter filter = { 0 };
	int r = operand_take_filter(source, arguments->policy ? arguments->policy : targets->unit,
				    &filter, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < targets->count; i++)
		attach_one(arguments, targets->pids[i], &filter, NULL, err);
	return err->code;
}

/* ---- serving filters ---- */

/* Processes given by --pid: the user must know whether they serve already. */
static int attach_named(const struct attach_arguments *arguments, const struct targets *targets,
			struct serving_lists *lists, struct error *err)
{
	for (size_t i = 0; i < targets->count; i++) {
		const struct filter *filter;
		struct error failure = { 0 };
		const char *role;

		if (serving_filter_of(lists, targets->pids[i], &filter, &role, &failure) < 0)
			note_failure(err, &failure);
		else
			attach_one(arguments, targets->pids[i], filter, role, err);
	}
	return err->code;
}

static void write_process(const struct serving_process *process)
{
	static const char *const states[] = {
		[SERVING_PUT] = "attached",	   [SERVING_HAS_IT] = "attached already",
		[SERVING_NOT_YET] = "not serving", [SERVING_WHOLE] = "whole policy",
		[SERVING_FAILED] = "failed",
	};

	if (process->state != SERVING_GONE)
		print_json(process->pid, process->role, states[process->state],
			   process->state == SERVING_FAILED ? &process->err : NULL);
}

static void tell_process(void *context, const struct serving_process *process)
{
	static const char *const ends[] = {
		[SERVING_PUT] = "serves: the filter of its role is installed",
		[SERVING_HAS_IT] = "serves: the filter of its role was installed already",
		[SERVING_NOT_YET] = "did not start serving in time: it keeps the whole policy",
		[SERVING_WHOLE] = "keeps the whole policy",
	};
	const struct attach_arguments *arguments = context;
	const char *role = process->role;

	if (arguments->json)
		write_process(process);
	if (process->state == SERVING_FAILED)
		report_warning("process %d (%s) keeps the whole policy: %s", process->pid,
			       role ? role : process->command, process->err.message);
	else if (process->state == SERVING_NOT_YET)
		report_warning("process %d (%s) %s", process->pid, role ? role : process->command,
			       ends[process->state]);
	else if (process->state != SERVING_GONE && !arguments->is_quiet && !arguments->json)
		print_text(stdout, "%d, %s: %s%s\n", process->pid, role ? role : process->command,
			   ends[process->state],
			   process->state != SERVING_WHOLE ? ""
			   : role			   ? ": its role needs it"
							   : ": its role was not recorded");
}

static int attach_unit(const struct attach_arguments *arguments, const struct targets *targets,
		       struct serving_lists *lists, struct error *err)
{
	_cleanup_close_ int cancel_fd = cancel_open(err);
	struct serving_options options = { .wait_ns = arguments->wait_ns,
					   .linger_ns = arguments->linger_ns,
					   .cancel_fd = cancel_fd,
					   .log = arguments->log,
					   .tell = tell_process,
					   .context = (void *)(uintptr_t)arguments };
	struct serving_result result;
	size_t failed;
	int r = cancel_fd < 0
			? cancel_fd
			: serving_attach_unit(lists, targets->directory, &options, &result, err);

	if (r < 0)
		return r;
	failed = result.counts[SERVING_FAILED] + result.counts[SERVING_NOT_YET];
	if (failed)
		return error_set(err, -EBUSY, "unit %s: %zu %s without a serving filter",
				 targets->unit, failed,
				 failed == 1 ? "process is" : "processes are");
	return 0;
}

static int attach_serving(const struct attach_arguments *arguments, const struct targets *targets,
			  const struct source *source, struct error *err)
{
	_cleanup_(serving_lists_freep) struct serving_lists *lists = NULL;
	int r;

	if (!source->policy)
		return error_set(err, -EINVAL,
				 "%s: --phase needs a policy, but this is a compiled filter",
				 arguments->policy);
	r = serving_lists_new(source->policy, &lists, err);
	if (r < 0)
		return r;
	return arguments->unit ? attach_unit(arguments, targets, lists, err)
			       : attach_named(arguments, targets, lists, err);
}

static int attach(const struct attach_arguments *arguments, struct error *err)
{
	bool is_serving = arguments->phase && strcmp(arguments->phase, "serving") == 0;
	_cleanup_(targets_free) struct targets targets = { 0 };
	_cleanup_(operand_clear) struct source source = { 0 };
	int r = find_targets(arguments, is_serving, &targets, err);

	if (r == 0)
		r = read_source(arguments, &targets, &source, err);
	if (r < 0)
		return r;
	return is_serving ? attach_serving(arguments, &targets, &source, err)
			  : attach_whole(arguments, &targets, &source, err);
}

static int cmd_attach(int argc, char *argv[])
{
	struct attach_arguments arguments = { .wait_ns = 5000000000 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_attach, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_attach, &err);
	if (first < argc || !arguments.unit == !arguments.pids.count ||
	    (!arguments.unit && !arguments.policy)) {
		error_set(
			&err, -EINVAL,
			"name a unit with --unit, or a policy with --policy and processes with --pid");
		return report_usage(&command_attach, &err);
	}
	r = attach(&arguments, &err);
	options_list_free(&arguments.pids);
	fflush(stdout);
	return r < 0 ? report(&err) : report_finish_output();
}

static const struct renamed_option attach_renamed[] = {
	{ "-l", "--log" },
	{ NULL, NULL },
};

const struct command command_attach = {
	.name = "attach",
	.group = GROUP_FILES,
	.run = cmd_attach,
	.summary = "enforce a policy on running processes",
	.usage = "--policy FILE --pid PID... [OPTION]...\n"
		 "       whittle attach --unit UNIT [OPTION]...",
	.options = attach_rows,
	.description =
		"Installs the filter in all threads of each process, without a restart. An installed\n"
		"filter cannot be removed. If whittle fails or dies, the process keeps running.",
	.operand = VALUE_ANY,
	.renamed = attach_renamed,
};
