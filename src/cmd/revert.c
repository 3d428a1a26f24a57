// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle revert`: restores a unit's state from before whittle's first apply. */
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/unit_output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "harden/harden.h"
#include "unit/apply.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

struct revert_arguments {
	bool runtime, no_restart, start, force, json;
};

#define FIELD(member) offsetof(struct revert_arguments, member)

static const struct option_row revert_rows[] = {
	{ 0, "runtime", OPTION_FLAG, NULL, "revert only 'apply --runtime'", FIELD(runtime) },
	{ 0, "no-restart", OPTION_FLAG, NULL,
	  "do not restart the unit; its processes keep the filter\nuntil its next start",
	  FIELD(no_restart) },
	{ 0, "start", OPTION_FLAG, NULL, "start the unit if it is stopped", FIELD(start) },
	{ 0, "force", OPTION_FLAG, NULL, "revert even if the drop-in was edited since",
	  FIELD(force) },
	{ 'j', "json", OPTION_FLAG, NULL, "print the result as JSON", FIELD(json) },
	OPTION_END,
};

static void print_json(const struct revert *revert, const struct error *err)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", revert->unit->name);
	json_write_array(&json, "reverted");
	for (size_t i = 0; i < revert->paths_count; i++)
		json_write_string(&json, NULL, revert->paths[i]);
	json_write_end_array(&json);
	json_write_bool(&json, "restarted", revert->is_restarted);
	json_write_bool(&json, "verified", revert->is_verified);
	if (err)
		json_write_string(&json, "error", err->message);
	unit_output_json_journal(&json, revert->journal);
	json_write_end_object(&json);
}

static void print_result(const struct revert *revert)
{
	const char *name = revert->unit->name;

	for (size_t i = 0; i < revert->paths_count; i++)
		print_text(stdout, "%s: restored %s\n", name, revert->paths[i]);
	if (revert->is_verified)
		print_text(stdout, "verified: the filter is removed from %zu process%s\n",
			   revert->processes, revert->processes == 1 ? "" : "es");
	else if (!revert->is_restarted && unit_is_running(revert->unit))
		print_text(
			stdout,
			"%s was not restarted: its processes keep the filter until its next start\n",
			name);
}

static int run_revert(int argc, char *argv[])
{
	_cleanup_(revert_clean) struct revert revert = { 0 };
	struct revert_arguments arguments = { 0 };
	_cleanup_close_ int cancel_fd = -1;
	struct apply_options options;
	struct error err = { 0 };
	int first, code = 0;

	if (options_parse(&command_revert, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_revert, &err);
	if (argc - first != 1) {
		error_set(&err, -EINVAL, "name a unit");
		return report_usage(&command_revert, &err);
	}
	cancel_fd = cancel_open(&err);
	if (cancel_fd < 0)
		return report(&err);
	options = (struct apply_options){
		.unit = argv[first],
		.is_runtime = arguments.runtime,
		.no_restart = arguments.no_restart,
		.start = arguments.start,
		.force = arguments.force,
		.cancel_fd = cancel_fd,
		.progress = unit_output_step,
		.warn = unit_output_warning,
	};
	if (revert_run(&options, &revert, &err) < 0) {
		code = report(&err);
		if (revert.unit)
			unit_output_journal(revert.unit->name, revert.journal);
	}
	if (!code && harden_note_revert(NULL, revert.unit->name, &err) < 0)
		report_warning("%s", err.message);
	if (arguments.json && revert.unit)
		print_json(&revert, code ? &err : NULL);
	else if (!code && revert.unit)
		print_result(&revert);
	return code ? code : report_finish_output();
}

const struct command command_revert = {
	.name = "revert",
	.group = GROUP_START,
	.run = run_revert,
	.summary = "restore a unit's state from before the first apply",
	.usage = "[OPTION]... UNIT",
	.options = revert_rows,
	.description =
		"Restores the unit's files from before whittle's first apply, byte for byte, restarts\n"
		"the unit, and checks that no process has the filter any more.",
	.operand = VALUE_UNIT,
};
