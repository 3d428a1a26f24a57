// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/cancel.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int cancel_open(struct error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction action;

		/* An ignored signal stays ignored: nohup(1) and background jobs rely on it. */
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_set_errno(err, -errno, "signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_set_errno(err, -errno, "signals") : fd;
}
