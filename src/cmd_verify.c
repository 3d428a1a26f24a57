// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle verify`: whether the kernel enforces on a unit what was decided. */
#include "commands.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "unit/drop_in.h"
#include "systemd/unit.h"
#include "unit/verify.h"
#include "unit_output.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

struct verify_arguments {
	bool json;
};

static const struct option_row verify_rows[] = {
	{ 0, "json", OPTION_FLAG, NULL, "print the result as JSON",
	  offsetof(struct verify_arguments, json) },
	OPTION_END,
};

/* The policy that was applied: of the drop-in in /etc, which hides one in /run. */
static int applied_policy(const char *unit, struct policy **policy, struct error *err)
{
	_cleanup_close_ int lock = drop_in_lock("", unit, err);
	int r = lock;

	for (int is_runtime = 0; is_runtime <= 1 && r >= 0; is_runtime++) {
		_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;

		r = drop_in_open("", unit, is_runtime, &drop_in, err);
		if (r >= 0 && drop_in_is_applied(drop_in))
			return drop_in_policy(drop_in, policy, err);
	}
	return r < 0 ? r
		     : error_set(err, -ENOENT,
				 "unit %s: whittle has applied nothing to it; name a policy", unit);
}

static int verify(const char *name, const char *path, struct unit **unit,
		  struct verification *verification, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = verify_is_possible(err);

	if (r >= 0 && path)
		r = policy_read(path, &policy, err);
	if (r >= 0)
		r = manager_open(&manager, err);
	if (r >= 0)
		r = unit_load(manager, name, unit, err);
	if (r >= 0 && !path)
		r = applied_policy((*unit)->name, &policy, err);
	return r < 0 ? r : unit_verify_policy(manager, *unit, policy, verification, err);
}

static void print_json(const struct unit *unit, const struct verification *verification,
		       const struct error *err)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", unit->name);
	json_write_bool(&json, "holds", !err);
	if (err)
		json_write_string(&json, "error", err->message);
	else
		json_write_verification(&json, verification);
	json_write_end_object(&json);
}

static int run_verify(int argc, char *argv[])
{
	_cleanup_(verification_clean) struct verification verification = { 0 };
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct verify_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, code = 0;

	if (options_parse(&command_verify, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_verify, &err);
	if (argc - first < 1 || argc - first > 2) {
		error_set(&err, -EINVAL, "needs a unit, and perhaps a policy");
		return report_usage(&command_verify, &err);
	}
	if (verify(argv[first], argv[first + 1], &unit, &verification, &err) < 0)
		code = report(&err);
	if (arguments.json && unit)
		print_json(unit, &verification, code ? &err : NULL);
	else if (!code)
		print_verification(&verification);
	return code ? code : finish_output();
}

const struct command command_verify = {
	.name = "verify",
	.run = run_verify,
	.summary = "compare what the kernel enforces on a unit with a policy",
	.usage = "[OPTION]... UNIT [POLICY]",
	.options = verify_rows,
	.description =
		"Without a policy: with the one that was applied last. Exits with 0 where every\n"
		"thread of the unit is confined exactly as decided, and with 1 where one is not.",
	.operand = VALUE_UNIT,
};
