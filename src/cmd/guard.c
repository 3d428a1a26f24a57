// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle guard`: the service that watches enforced units. The same command sets a unit's reaction to
 * denials (--on-denial) and runs one reaction (--react), which the service starts as a job of its own.
 */
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/print.h"
#include "guard/guard.h"
#include "guard/journal_entries.h"
#include "guard/react.h"
#include "store/store.h"
#include "systemd/unit.h"
#include "unit/applied.h"
#include "unit/drop_in.h"
#include "unit/progress.h"
#include "unit/two_phase.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <syslog.h>

struct guard_arguments {
	const char *state, *socket, *on_denial, *react, *recording;
	uint64_t port, pause_ns;
	bool no_socket;
};

#define FIELD(member) offsetof(struct guard_arguments, member)

static const struct option_row guard_rows[] = {
	{ 0, "socket", OPTION_STRING, "PATH",
	  "Unix socket of the metrics (default: " GUARD_SOCKET ")", FIELD(socket), VALUE_FILE,
	  NULL },
	{ 0, "no-socket", OPTION_FLAG, NULL, "open no Unix socket", FIELD(no_socket), VALUE_ANY,
	  NULL },
	{ 0, "port", OPTION_NUMBER, "PORT", "also serve the metrics on this port of 127.0.0.1",
	  FIELD(port), VALUE_ANY, NULL },
	{ 0, "pause", OPTION_DURATION, "TIME",
	  "write repeats of a denial to the journal at most once in\nthis time, with their count (default: 1m)",
	  FIELD(pause_ns), VALUE_ANY, NULL },
	{ 0, "state", OPTION_STRING, "DIRECTORY",
	  "whittle's state directory (default: " STORE_DIRECTORY ")", FIELD(state), VALUE_DIRECTORY,
	  NULL },
	{ 0, "For units", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 0, "on-denial", OPTION_STRING, "REACTION",
	  "set the reaction to a denial of these UNITs: report, relax\nor revert", FIELD(on_denial),
	  VALUE_CHOICE, "report relax revert" },
	{ 'r', "recording", OPTION_STRING, "FILE",
	  "with --on-denial, for a unit confined by `whittle apply`:\nthe recording of its policy",
	  FIELD(recording), VALUE_FILE, NULL },
	{ 0, "react", OPTION_STRING, "UNIT", "react once to the stored denials of UNIT",
	  FIELD(react), VALUE_UNIT, NULL },
	OPTION_END,
};

static void warn(void *context, const char *sentence)
{
	(void)context;
	report_warning("%s", sentence);
}

static void progress(void *context, const char *step)
{
	(void)context;
	print_text(stdout, "%s\n", step);
	fflush(stdout);
}

/* ---- the service ---- */

static int serve(const struct guard_arguments *arguments, struct error *err)
{
	_cleanup_close_ int signal_fd = cancel_open(err);
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (signal_fd < 0)
		return signal_fd;
	if (length < 0)
		return error_set_errno(err, -errno, "/proc/self/exe");
	program[length] = '\0';
	return guard_run(&(struct guard_options){ .directory = arguments->state,
						  .program = program,
						  .socket = arguments->no_socket ? NULL
							    : arguments->socket	 ? arguments->socket
										 : GUARD_SOCKET,
						  .port = (unsigned)arguments->port,
						  .pause_ns = arguments->pause_ns,
						  .signal_fd = signal_fd,
						  .warn = warn },
			 err);
}

/* ---- a reaction ---- */

static void tell_end(const char *unit, const struct react_result *result)
{
	_cleanup_free_ char *sentence = NULL;

	if (result->end == REACT_REVERTED)
		journal_entries_reaction(
			MESSAGE_ID_REVERTED, LOG_ERR, unit, NULL,
			"a call was denied: the filter was removed and the unit restarted");
	if (result->end == REACT_RELAXED &&
	    asprintf(&sentence, "%s allowed from now on; the unit was restarted",
		     result->allowed) >= 0)
		journal_entries_reaction(MESSAGE_ID_RELAXED, LOG_NOTICE, unit, result->allowed,
					 sentence);
	if (!result->refused)
		return;
	free(take(sentence));
	if (asprintf(
		    &sentence,
		    "%s stays denied: the guard may not allow calls of this risk; review them with "
		    "'whittle learn %s'",
		    result->refused, unit) >= 0)
		journal_entries_reaction(MESSAGE_ID_REACTION_FAILED, LOG_WARNING, unit,
					 result->refused, sentence);
}

static int react(const struct guard_arguments *arguments, struct error *err)
{
	_cleanup_(react_result_clean) struct react_result result = { 0 };
	_cleanup_close_ int cancel_fd = cancel_open(err);
	_cleanup_free_ char *unit = NULL;
	int r = cancel_fd < 0 ? cancel_fd : unit_name_complete(arguments->react, &unit, err);

	if (r < 0)
		return r;
	r = react_run(&(struct react_options){ .unit = unit,
					       .directory = arguments->state,
					       .settle_ns = 1000000000,
					       .cancel_fd = cancel_fd,
					       .progress = progress,
					       .warn = warn },
		      &result, err);
	if (r < 0)
		journal_entries_reaction(MESSAGE_ID_REACTION_FAILED, LOG_ERR, unit, NULL,
					 err->message);
	tell_end(unit, &result);
	if (r == 0 && result.end == REACT_NOTHING && !result.refused)
		print_text(stdout, "%s: nothing to do\n", unit);
	return r;
}

/* ---- the choice ---- */

/* Reads the policy that whittle applied to the unit. *POLICY stays NULL if there is none. */
static int find_applied(const char *unit, struct policy **policy, bool *is_two_phase,
			struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = applied_drop_in(unit, &drop_in, err);

	if (r < 0 || !drop_in)
		return r;
	*is_two_phase = two_phase_is_in(drop_in_text(drop_in));
	return drop_in_policy(drop_in, policy, err);
}

/* Makes a unit that `whittle apply` confined a managed unit, with the applied policy. */
static int manage_unit(const struct policy *policy, struct store *store, const char *unit,
		       struct managed_unit *managed_unit, struct error *err)
{
	if (!policy)
		return error_set(
			err, -ENOENT,
			"unit %s: whittle has applied no policy to it; see whittle-harden(1) and "
			"whittle-apply(1)",
			unit);
	*managed_unit = (struct managed_unit){ .unit = strdup(unit),
					       .stage = STAGE_GUARDED,
					       .since_us = progress_now_us(),
					       .policy = store_path(store, unit, ".policy") };
	if (!managed_unit->unit || !managed_unit->policy)
		return error_oom(err);
	return policy_save(policy, managed_unit->policy, 0644, err);
}

static int set_recording(const char *path, struct managed_unit *managed_unit, struct error *err)
{
	char resolved[PATH_MAX];

	if (!realpath(path, resolved))
		return error_set_errno(err, -errno, "%s", path);
	free(managed_unit->recording);
	managed_unit->recording = strdup(resolved);
	return managed_unit->recording ? 0 : error_oom(err);
}

static int choose_for(const struct guard_arguments *arguments, struct store *store,
		      const char *name, enum reaction reaction, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(managed_unit_clean) struct managed_unit managed_unit = { 0 };
	_cleanup_free_ char *unit = NULL;
	bool is_two_phase = false;
	int r = unit_name_complete(name, &unit, err);

	if (r == 0)
		r = find_applied(unit, &policy, &is_two_phase, err);
	if (r == 0)
		r = store_get(store, unit, &managed_unit, err);
	if (r == -ENOENT)
		r = manage_unit(policy, store, unit, &managed_unit, err);
	if (r == 0 && arguments->recording)
		r = set_recording(arguments->recording, &managed_unit, err);
	if (r < 0)
		return r;
	managed_unit.reaction = reaction;
	managed_unit.is_two_phase = is_two_phase;
	r = store_put(store, &managed_unit, err);
	if (r == 0)
		print_text(stdout, "%s: reaction to a denial: %s\n", unit,
			   managed_unit_reaction_name(reaction));
	return r;
}

static int choose(const struct guard_arguments *arguments, char *units[], int count,
		  struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	int reaction = managed_unit_reaction_parse(arguments->on_denial);
	int r = store_open(arguments->state, &store, err);

	for (int i = 0; r == 0 && i < count; i++)
		r = choose_for(arguments, store, units[i], (enum reaction)reaction, err);
	return r;
}

static int check_arguments(const struct guard_arguments *arguments, int operands, struct error *err)
{
	if (arguments->port > 65535)
		return error_set(err, -EINVAL, "--port: the highest port is 65535");
	if (!arguments->on_denial != !operands)
		return error_set(err, -EINVAL,
				 "--on-denial needs units, and units need --on-denial");
	if (arguments->recording && operands != 1)
		return error_set(err, -EINVAL, "--recording needs exactly one unit");
	if (arguments->react && arguments->on_denial)
		return error_set(err, -EINVAL, "--react and --on-denial can't be combined");
	return 0;
}

static int cmd_guard(int argc, char *argv[])
{
	struct guard_arguments arguments = { .pause_ns = 60000000000 };
	struct error err = { 0 };
	int first, r = options_parse(&command_guard, argc, argv, &arguments, &first, &err);

	if (r == 0)
		r = check_arguments(&arguments, argc - first, &err);
	if (r < 0)
		return report_usage(&command_guard, &err);
	if (arguments.on_denial)
		r = choose(&arguments, argv + first, argc - first, &err);
	else if (arguments.react)
		r = react(&arguments, &err);
	else
		r = serve(&arguments, &err);
	return r < 0 ? report(&err) : report_finish_output();
}

static const struct renamed_option guard_renamed[] = {
	{ "-d", "--on-denial" },
	{ "-p", "--port" },
	{ "-s", "--socket" },
	{ NULL, NULL },
};

const struct command command_guard = {
	.name = "guard",
	.group = GROUP_STEPS,
	.run = cmd_guard,
	.summary = "watch enforced units and react to denials",
	.usage = "[OPTION]...\n       whittle guard --on-denial REACTION UNIT...",
	.options = guard_rows,
	.description =
		"Without UNIT it runs the service whittle-guard.service, which writes each denial of an\n"
		"enforced unit to the journal and counts it for Prometheus. --on-denial sets a unit's\n"
		"reaction: report (the default) only reports the denial; relax allows the call from\n"
		"then on if it gives access to no more than files, the network or other processes;\n"
		"revert removes the filter.",
	.operand = VALUE_UNIT,
	.renamed = guard_renamed,
};
