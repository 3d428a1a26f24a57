// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle guard`: the service that watches enforced units; and what its user and it itself ask for from
 * outside of it: how a unit's denials are answered, and that one is.
 */
#include "cmd/cancel.h"
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "guard/guard.h"
#include "guard/journal_entries.h"
#include "guard/react.h"
#include "store/store.h"
#include "systemd/unit.h"
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
	{ 's', "socket", OPTION_STRING, "PATH",
	  "the metrics' unix socket (default: " GUARD_SOCKET ")", FIELD(socket), VALUE_FILE, NULL },
	{ 0, "no-socket", OPTION_FLAG, NULL, "no unix socket", FIELD(no_socket), VALUE_ANY, NULL },
	{ 'p', "port", OPTION_NUMBER, "PORT", "the metrics on this port of 127.0.0.1 too",
	  FIELD(port), VALUE_ANY, NULL },
	{ 0, "pause", OPTION_DURATION, "TIME",
	  "tell the journal of repeats of a denial once in this time, with\ntheir count (default: 1m)",
	  FIELD(pause_ns), VALUE_ANY, NULL },
	{ 0, "state", OPTION_STRING, "DIRECTORY", "whittle's state (default: " STORE_DIRECTORY ")",
	  FIELD(state), VALUE_DIRECTORY, NULL },
	{ 0, "About units", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 'd', "on-denial", OPTION_STRING, "REACTION",
	  "what a denial does to these UNITs: report, relax or revert", FIELD(on_denial),
	  VALUE_CHOICE, "report relax revert" },
	{ 'r', "recording", OPTION_STRING, "FILE",
	  "with --on-denial, of a unit that `whittle apply` confined: what\nits policy was decided from",
	  FIELD(recording), VALUE_FILE, NULL },
	{ 0, "react", OPTION_STRING, "UNIT", "answer the denials that the state has of UNIT, once",
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
	puts(step);
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
		journal_entry_reaction(
			MESSAGE_ID_REVERTED, LOG_ERR, unit, NULL,
			"a call was denied: the list was taken off and the unit restarted");
	if (result->end == REACT_RELAXED &&
	    asprintf(&sentence, "%s allowed from now on, and the unit was restarted",
		     result->allowed) >= 0)
		journal_entry_reaction(MESSAGE_ID_RELAXED, LOG_NOTICE, unit, result->allowed,
				       sentence);
	if (!result->refused)
		return;
	free(take(sentence));
	if (asprintf(
		    &sentence,
		    "%s stays denied: to allow it gives away more than a guard may; 'whittle learn "
		    "%s' takes a look",
		    result->refused, unit) >= 0)
		journal_entry_reaction(MESSAGE_ID_REACTION_FAILED, LOG_WARNING, unit,
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
		journal_entry_reaction(MESSAGE_ID_REACTION_FAILED, LOG_ERR, unit, NULL,
				       err->message);
	tell_end(unit, &result);
	if (r == 0 && result.end == REACT_NOTHING && !result.refused)
		printf("%s: nothing to do\n", unit);
	return r;
}

/* ---- the choice ---- */

/* What whittle has applied to the unit; *POLICY stays NULL where that is nothing. */
static int find_applied(const char *unit, struct policy **policy, bool *is_two_phase,
			struct error *err)
{
	int r = 0;

	for (int is_runtime = 0; is_runtime < 2 && r == 0 && !*policy; is_runtime++) {
		_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;

		r = drop_in_open("", unit, is_runtime, &drop_in, err);
		if (r < 0 || !drop_in_is_applied(drop_in))
			continue;
		*is_two_phase = two_phase_is_in(drop_in_text(drop_in));
		r = drop_in_policy(drop_in, policy, err);
	}
	return r;
}

/* Takes a unit under care that `whittle apply` has confined, with the policy that it applied. */
static int manage_unit(const struct policy *policy, struct store *store, const char *unit,
		       struct managed_unit *managed_unit, struct error *err)
{
	if (!policy)
		return error_set(
			err, -ENOENT,
			"unit %s: whittle has applied nothing to it; see whittle-harden(1) and "
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
		printf("%s: a denial is answered by: %s\n", unit,
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
		return error_set(err, -EINVAL, "--port: a port is at most 65535");
	if (!arguments->on_denial != !operands)
		return error_set(err, -EINVAL, "--on-denial and units go together");
	if (arguments->recording && operands != 1)
		return error_set(err, -EINVAL, "--recording is one unit's");
	if (arguments->react && arguments->on_denial)
		return error_set(err, -EINVAL, "--react and --on-denial don't go together");
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

const struct command command_guard = {
	.name = "guard",
	.run = cmd_guard,
	.summary = "Watch enforced units, and answer what they are denied",
	.usage = "[OPTION]...\n       whittle guard --on-denial REACTION UNIT...",
	.options = guard_rows,
	.description =
		"Without UNIT it is the service whittle-guard.service: each denial of a unit that is\n"
		"enforced goes to the journal and is counted for Prometheus. What a denial does to a\n"
		"unit is chosen by --on-denial: it is told (report, the default), that call is allowed\n"
		"from then on if it gives no more than files, the network or other processes (relax),\n"
		"or the whole list is taken off (revert).",
	.operand = VALUE_UNIT,
};
