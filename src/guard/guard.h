/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard: a service that watches the enforced units of the store for months. Each denial is counted
 * (metrics.h), told in the journal (tell.h), kept in the store for `whittle learn`, and answered as the
 * user has chosen for the unit (react.h). Processes of two-phase units get their serving list as they
 * come to serve.
 */
#ifndef WHITTLE_GUARD_GUARD_H
#define WHITTLE_GUARD_GUARD_H

#include "common/error.h"

#include <signal.h>
#include <stdint.h>

#define GUARD_SOCKET "/run/whittle/metrics.sock"

struct guard_options {
	const char *directory; /* of the store; NULL: the usual one */
	const char *program; /* whittle's absolute path: what the manager runs for reactions */
	const char *socket; /* of the metrics; NULL none */
	unsigned port; /* of the same on 127.0.0.1; 0 none */
	uint64_t
		pause_ns; /* of one kind of denial the journal is told once in that time, with the count */
	int signal_fd; /* SIGTERM and SIGINT end it, SIGHUP has it read the store again */
	void (*warn)(void *context, const char *sentence);
	void *context;
};

/* Runs until it is asked to end: 0. The service manager is kept informed by sd_notify(3). */
int guard_run(const struct guard_options *options, struct error *err);

#endif
