// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/consent.h"

#include "common/cleanup.h"
#include "unit/caution.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* Any answer but y means no: 0. The signals of CANCEL_FD are blocked, so a read alone would not end. */
static int ask(const char *unit, int cancel_fd, struct error *err)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = cancel_fd, .events = POLLIN } };
	char answer[256];
	ssize_t length;

	fprintf(stderr, "Enforce the policy on %s? [y/N] ", unit);
	fflush(stderr);
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return error_set_errno(err, -errno, "waiting for an answer");
	if (fds[1].revents)
		return error_set(err, -EINTR, "interrupted");
	/* A terminal yields one line. */
	length = read(STDIN_FILENO, answer, sizeof(answer));
	return length > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

int consent_ask(const char *unit, char *const *lines, bool is_given, int cancel_fd,
		struct error *err)
{
	int r;

	if (!lines || !*lines)
		return 0;
	fflush(stdout);
	for (char *const *line = lines; *line; line++)
		fprintf(stderr, "%s%s\n", **line == ' ' ? "" : "whittle: warning: ", *line);
	if (is_given)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return error_set(
			err, -ECANCELED,
			"unit %s: nothing changed; with --yes, the policy is enforced despite "
			"these warnings",
			unit);
	r = ask(unit, cancel_fd, err);
	if (r == 0)
		return error_set(err, -ECANCELED, "unit %s: nothing changed", unit);
	return r < 0 ? r : 0;
}

int consent_get(struct manager *manager, const struct unit *unit, const struct policy *policy,
		bool is_given, int cancel_fd, struct error *err)
{
	_cleanup_(caution_free) char **lines = NULL;
	int r = caution_find(manager, unit, policy, &lines, err);

	return r < 0 ? r : consent_ask(unit->name, lines, is_given, cancel_fd, err);
}
