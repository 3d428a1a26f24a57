// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle verify`: compares the filters of a unit in the kernel with its policy. */
#include "unit/verify.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/unit_output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "systemd/unit.h"
#include "unit/applied.h"
#include "unit/drop_in.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

struct verify_arguments {
	bool json;
};

static const struct option_row verify_rows[] = {
	{ 'j', "json", OPTION_FLAG, NULL, "print the result as JSON",
	  offsetof(struct verify_arguments, json) },
	OPTION_END,
};

/* Takes the lock, so that no apply is in progress. */
static int read_applied(const char *unit, struct policy **policy, bool *is_two_phase,
			struct error *err)
{
	_cleanup_close_ int lock = drop_in_lock("", unit, err);

	return lock < 0 ? lock : applied_policy(unit, policy, is_two_phase, err);
}

struct verified {
	struct unit *unit;
	struct verification verification;
	bool is_two_phase;
	struct serving_result serving;
};

static void verified_clean(struct verified *verified)
{
	verification_clean(&verified->verification);
	unit_freep(&verified->unit);
}

static int verify(const char *name, const char *path, struct verified *verified, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = verify_is_possible(err);

	if (r >= 0 && path)
		r = policy_read(path, &policy, err);
	if (r >= 0)
		r = manager_open(&manager, err);
	if (r >= 0)
		r = unit_load(manager, name, &verified->unit, err);
	if (r >= 0 && !path)
		r = read_applied(verified->unit->name, &policy, &verified->is_two_phase, err);
	if (r >= 0)
		r = unit_verify_policy(manager, verified->unit, policy, NULL,
				       &verified->verification, err);
	if (r >= 0 && verified->is_two_phase)
		r = serving_look_at_unit(policy, verified->unit, &verified->serving, err);
	return r;
}

static void print_json(const struct verified *verified, const struct error *err)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", verified->unit->name);
	json_write_bool(&json, "holds", !err);
	if (err)
		json_write_string(&json, "error", err->message);
	else
		unit_output_json_verification(&json, &verified->verification);
	if (!err && verified->is_two_phase)
		unit_output_json_serving(&json, &verified->serving);
	json_write_end_object(&json);
}

static void print_text(const struct verified *verified)
{
	unit_output_verification(&verified->verification);
	if (verified->is_two_phase)
		unit_output_serving(&verified->serving);
}

static int run_verify(int argc, char *argv[])
{
	_cleanup_(verified_clean) struct verified verified = { 0 };
	struct verify_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, code = 0;

	if (options_parse(&command_verify, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_verify, &err);
	if (argc - first < 1 || argc - first > 2) {
		error_set(&err, -EINVAL, "name a unit, and optionally a policy");
		return report_usage(&command_verify, &err);
	}
	if (verify(argv[first], argv[first + 1], &verified, &err) < 0)
		code = report(&err);
	if (arguments.json && verified.unit)
		print_json(&verified, code ? &err : NULL);
	else if (!code)
		print_text(&verified);
	return code ? code : report_finish_output();
}

const struct command command_verify = {
	.name = "verify",
	.group = GROUP_STEPS,
	.run = run_verify,
	.summary = "compare a unit's filters in the kernel with a policy",
	.usage = "[OPTION]... UNIT [POLICY]",
	.options = verify_rows,
	.description =
		"POLICY defaults to the policy that was applied last. The exit code is 0 if every thread\n"
		"of the unit is confined exactly by the policy, and 1 otherwise.",
	.operand = VALUE_UNIT,
	.further = VALUE_POLICY,
};
