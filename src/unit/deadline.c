// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/deadline.h"

#include "common/cleanup.h"
#include "systemd/timer.h"

#include <stdio.h>
#include <string.h>

/* Exit code of `whittle revert` if nothing is applied: error_exit_code() of -ENOENT. */
#define STATUS_NOTHING 66

/* The name of the timer for the rollback, without suffix; NULL: out of memory. */
static char *timer_name(const char *unit)
{
	static const char prefix[] = "whittle-revert-";
	char *name = malloc(sizeof(prefix) + 4 * strlen(unit)), *out = name;

	if (!name)
		return NULL;
	out = stpcpy(out, prefix);
	/* An "@" would make it the name of a template instance. */
	for (; *unit; unit++)
		out = *unit == '@' ? stpcpy(out, "\\x40") : stpncpy(out, unit, 1);
	*out = '\0';
	return name;
}

int deadline_arm(struct manager *manager, const char *program, const char *unit, uint64_t after_ns,
		 struct error *err)
{
	const char *const argv[] = { program, "revert", "--start", unit, NULL };
	_cleanup_free_ char *name = timer_name(unit), *description = NULL;

	if (!name ||
	    asprintf(&description, "Removes whittle's unconfirmed filter from %s", unit) < 0) {
		description = NULL;
		return error_oom(err);
	}
	return timer_start(manager,
			   &(struct timer){ .name = name,
					    .description = description,
					    .argv = argv,
					    .status_nothing = STATUS_NOTHING },
			   after_ns, err);
}

int deadline_stop(struct manager *manager, const char *unit, struct error *err)
{
	_cleanup_free_ char *name = timer_name(unit);

	return name ? timer_stop(manager, name, err) : error_oom(err);
}

int deadline_disarm(struct manager *manager, const char *unit, struct error *err)
{
	_cleanup_free_ char *name = timer_name(unit);

	return name ? timer_disarm(manager, name, err) : error_oom(err);
}
