// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/progress.h"

#include "common/cleanup.h"
#include "systemd/journal.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define JOURNAL_LINES 10

void progress_step(const struct apply_options *options, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (!options->progress)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	options->progress(options->context, text);
}

int progress_check_cancelled(const struct apply_options *options, struct error *err)
{
	struct pollfd fd = { .fd = options->cancel_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0 ? error_set(err, -EINTR, "interrupted") : 0;
}

uint64_t progress_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int progress_explain_failure(struct manager *manager, const char *name, struct error *err)
{
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error first = *err, second = { 0 };
	char failure[512];

	if (err->code == -EINTR || unit_load(manager, name, &unit, &second) < 0)
		return err->code;
	return error_set(err, err->code, "%.1500s: %s", first.message,
			 unit_failure(unit, failure, sizeof(failure)));
}

char *progress_journal_tail(struct manager *manager, const char *name, uint64_t since_us)
{
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error ignored = { 0 };
	char *lines = NULL;

	if (unit_load(manager, name, &unit, &ignored) >= 0)
		journal_last_lines(unit->name, unit->invocation, since_us, JOURNAL_LINES, &lines,
				   &ignored);
	return lines;
}

int progress_load_service(struct manager *manager, const char *name, struct unit **result,
			  struct error *err)
{
	_cleanup_(unit_freep) struct unit *unit = NULL;
	int r = unit_load(manager, name, &unit, err);

	if (r < 0)
		return r;
	if (!unit->is_service)
		return error_set(err, -EINVAL,
				 "unit %s: this is not a service; SystemCallFilter= works only for "
				 "services",
				 unit->name);
	*result = take(unit);
	return 0;
}

bool progress_is_done(const struct unit *unit)
{
	return unit->type && strcmp(unit->type, "oneshot") == 0 &&
	       strcmp(unit->active_state, "inactive") == 0 && unit->result &&
	       strcmp(unit->result, "success") == 0;
}

bool progress_list_has(char **strings, const char *wanted)
{
	for (char **at = strings; at && *at; at++)
		if (strcmp(*at, wanted) == 0)
			return true;
	return false;
}
