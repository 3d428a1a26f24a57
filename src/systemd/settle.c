// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "active" right after a start means little: a service that dies on its first request was active,
 * too. So this code watches the unit for a while through the manager's signals. An automatic
 * restart counts as a failure even if the unit is active again when it is checked: its invocation
 * has changed.
 */
#include "systemd/bus.h"
#include "systemd/unit.h"
#include "systemd/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* systemd's own exit codes for what fails between fork and execve: systemd.exec(5). */
static const char *exit_meaning(int status)
{
	switch (status) {
	case 203:
		return ": the program could not be executed";
	case 228:
		return ": the service manager could not install the filter";
	default:
		return "";
	}
}

static const char *describe_end(const char *who, int code, int status, char *buffer, size_t size)
{
	if (code == CLD_EXITED)
		snprintf(buffer, size, "%s exited with status %d%s", who, status,
			 exit_meaning(status));
	else
		snprintf(buffer, size, "%s was killed by SIG%s%s", who,
			 sigabbrev_np(status) ? sigabbrev_np(status) : "?",
			 status == SIGSYS ? ": it made a system call that the filter denies" : "");
	return buffer;
}

static bool is_bad_end(int code, int status)
{
	return (code == CLD_EXITED && status != 0) || code == CLD_KILLED || code == CLD_DUMPED;
}

const char *unit_failure(const struct unit *unit, char *buffer, size_t size)
{
	const struct unit_command *last = NULL;

	if (is_bad_end(unit->main_code, unit->main_status))
		return describe_end("its main process", unit->main_code, unit->main_status, buffer,
				    size);
	for (size_t i = 0; i < unit->commands_count; i++)
		if (is_bad_end(unit->commands[i].code, unit->commands[i].status))
			last = &unit->commands[i];
	if (last) {
		char who[256];

		snprintf(who, sizeof(who), "%s= (%.200s)", last->setting, last->text);
		return describe_end(who, last->code, last->status, buffer, size);
	}
	if (unit->result && strcmp(unit->result, "success") != 0)
		snprintf(buffer, size, "it is %s (%s), result %s", unit->active_state,
			 unit->sub_state, unit->result);
	else
		snprintf(buffer, size, "it is %s (%s)", unit->active_state, unit->sub_state);
	return buffer;
}

static int properties_changed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	bool *changed = context;

	(void)message;
	(void)error;
	*changed = true;
	return 0;
}

static int check_up(struct manager *manager, const struct unit *started, struct error *err)
{
	_cleanup_(unit_freep) struct unit *now = NULL;
	char failure[512];
	int r = unit_load(manager, started->name, &now, err);

	if (r < 0)
		return r;
	if (strcmp(now->invocation, started->invocation) != 0)
		return error_set(err, -ECANCELED,
				 "unit %s did not stay active: the service manager restarted it",
				 now->name);
	if (strcmp(now->active_state, "active") != 0 && strcmp(now->active_state, "reloading") != 0)
		return error_set(err, -ECANCELED, "unit %s did not stay active: %s", now->name,
				 unit_failure(now, failure, sizeof(failure)));
	return 0;
}

/* Until something of the unit changes (1) or the time is over (0). */
static int await_change(struct manager *manager, const bool *changed, uint64_t deadline_ns)
{
	for (;;) {
		int r;

		do
			r = sd_bus_process(manager_bus(manager), NULL);
		while (r > 0);
		if (r < 0)
			return r;
		if (*changed)
			return 1;
		r = wait_bus(manager_bus(manager), manager_cancel_fd(manager), deadline_ns);
		if (r < 0)
			return r == -ETIMEDOUT ? 0 : r;
	}
}

int unit_settle(struct manager *manager, const struct unit *unit, uint64_t settle_ns,
		struct error *err)
{
	_cleanup_(sd_bus_slot_unrefp) sd_bus_slot *match = NULL;
	uint64_t deadline = wait_deadline_after(settle_ns);
	_cleanup_free_ char *path = NULL;
	bool changed = false;
	int r;

	r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit->name, &path);
	if (r >= 0)
		r = sd_bus_match_signal(manager_bus(manager), &match, manager_sender(manager), path,
					"org.freedesktop.DBus.Properties", "PropertiesChanged",
					properties_changed, &changed);
	if (r < 0)
		return error_set_errno(err, r, "unit %s: cannot subscribe to its changes",
				       unit->name);
	r = manager_subscribe(manager, unit->name, err);
	/* Listening came first: what changes from here on is either seen now or signalled. */
	while (r >= 0) {
		r = check_up(manager, unit, err);
		if (r < 0)
			return r;
		changed = false;
		r = await_change(manager, &changed, deadline);
		if (r == 0)
			return 0;
		if (r == -EINTR)
			return error_set(err, r, "interrupted");
		if (r < 0)
			return error_set_errno(err, r, "unit %s: waiting for its changes",
					       unit->name);
	}
	return r;
}
