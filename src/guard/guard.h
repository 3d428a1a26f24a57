/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard: a long-running service that watches the enforced units of the store. It counts each denial
 * (metrics.h), writes it to the journal (journal_entries.h), keeps it in the store for `whittle learn`, and starts the
 * reaction that the user has chosen for the unit (react.h). Processes of two-phase units get their serving
 * filter when they start serving.
 */
#ifndef WHITTLE_GUARD_GUARD_H
#define WHITTLE_GUARD_GUARD_H

#include "common/error.h"

#include <signal.h>
#include <stdint.h>

#define GUARD_SOCKET "/run/whittle/metrics.sock"

struct guard_options {
	const char *directory; /* of the store; NULL: the default */
	const char *program; /* absolute path of whittle, which systemd runs for reactions */
	const char *socket; /* of the metrics; NULL none */
	unsigned port; /* of the same on 127.0.0.1; 0 none */
	uint64_t pause_ns; /* minimum time between journal entries of one kind of denial */
	int signal_fd; /* SIGTERM and SIGINT end it; SIGHUP makes it read the store again */
	void (*warn)(void *context, const char *sentence);
	void *context;
};

/* Runs until a signal ends it, then returns 0. Reports its state to systemd by sd_notify(3). */
int guard_run(const struct guard_options *options, struct error *err);

#endif
