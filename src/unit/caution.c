// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/caution.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/syscall.h"
#include "unit/listening.h"
#include "unit/main_program.h"
#include "unit/sessions.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void caution_free(char ***lines)
{
	for (char **line = *lines; line && *line; line++)
		free(*line);
	free(*lines);
	*lines = NULL;
}

__attribute__((format(printf, 2, 3))) static int add(char ***lines, const char *format, ...)
{
	va_list ap;
	char *line;
	int r;

	va_start(ap, format);
	r = vasprintf(&line, format, ap);
	va_end(ap);
	return r < 0 ? -ENOMEM : array_add_text(lines, line);
}

/* ---- served nobody ---- */

static int add_withheld(const struct policy *policy, char ***lines)
{
	bool is_first = true;

	for (size_t i = 0; i < policy->withheld_count; i++) {
		const struct withheld_call *call = &policy->withheld[i];
		char name[CALL_NAME_SIZE];

		if (!call->is_own)
			continue;
		if (is_first &&
		    add(lines, "Its own code can make these calls, which the policy denies:") < 0)
			return -ENOMEM;
		is_first = false;
		if (add(lines, "  %s, on the path %s", call_name(call->abi, call->nr, name),
			call->path) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_idle(const struct policy *policy, const char *target, char ***lines)
{
	if (add(lines,
		"%s listens for clients, but served none while it was recorded: the policy may deny "
		"calls that it makes only for a client. Record it while clients use it.",
		target) < 0)
		return -ENOMEM;
	return add_withheld(policy, lines);
}

int caution_add_idle(const struct policy *policy, char ***lines)
{
	return policy->is_idle
		       ? add_idle(policy, policy->target ? policy->target : "the target", lines)
		       : 0;
}

static bool is_evidence(enum reason_kind kind)
{
	return kind == REASON_SEEN || kind == REASON_DENIED || kind == REASON_ASKED ||
	       kind == REASON_IMPORTED;
}

/* Whether a call by which a service gets its work was observed. */
static bool has_work(const struct policy *policy)
{
	static const char *const names[] = { "accept",	 "accept4",   "io_uring_enter",
					     "recvfrom", "recvmmsg",  "recvmmsg_time64",
					     "recvmsg",	 "socketcall" };

	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		for (size_t k = 0; name && k < ARRAY_SIZE(names); k++)
			for (size_t n = 0; strcmp(names[k], name) == 0 && n < rule->reasons_count;
			     n++)
				if (is_evidence(rule->reasons[n].kind))
					return true;
	}
	return false;
}

/* A policy that no recording led to was made by somebody who knows the unit. */
static bool is_decided(const struct policy *policy)
{
	return policy->level && policy->recordings_count > 0;
}

/* ---- all ---- */

static int add_sessions(const struct unit *unit, const pid_t *pids, size_t count, char ***lines,
			struct error *err)
{
	_cleanup_(main_program_free) char **paths = NULL;
	_cleanup_free_ char *session = NULL;
	int r = main_program_paths(unit, &paths, err);

	if (r == 0)
		r = sessions_find(paths, pids, count, &session, err);
	if (r == 0 && session &&
	    add(lines,
		"%s opens sessions of users (%s): every program that they run is under the filter "
		"too, and may be denied calls.",
		unit->name, session) < 0)
		return error_oom(err);
	return r;
}

static int find_pids(struct manager *manager, const struct unit *unit, pid_t **pids, size_t *count,
		     struct error *err)
{
	return unit_is_running(unit) ? unit_pids(manager, unit->name, pids, count, err) : 0;
}

int caution_add_sessions(struct manager *manager, const struct unit *unit, char ***lines,
			 struct error *err)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	int r = find_pids(manager, unit, &pids, &count, err);

	return r < 0 ? r : add_sessions(unit, pids, count, lines, err);
}

int caution_find(struct manager *manager, const struct unit *unit, const struct policy *policy,
		 char ***lines, struct error *err)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	int r = find_pids(manager, unit, &pids, &count, err);

	*lines = NULL;
	if (r < 0)
		return r;
	if ((policy->is_idle ||
	     (is_decided(policy) && !has_work(policy) && listening_is_any(pids, count))) &&
	    add_idle(policy, unit->name, lines) < 0)
		return error_oom(err);
	return add_sessions(unit, pids, count, lines, err);
}
