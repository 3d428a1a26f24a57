/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reactions to denials. The guard itself runs under a filter, so it can neither read the filters of others
 * nor change unit files. It makes systemd run `whittle guard --react UNIT`, which is react_run().
 */
#ifndef WHITTLE_GUARD_REACT_H
#define WHITTLE_GUARD_REACT_H

#include "common/error.h"
#include "store/store.h"
#include "systemd/manager.h"

#include <stdint.h>

/* Starts the reaction for UNIT, or the installation of its serving filters. PROGRAM is whittle's absolute
 * path. -EEXIST: the previous one still runs. */
int react_start(struct manager *manager, const char *program, const char *unit, struct error *err);
int react_start_attach(struct manager *manager, const char *program, const char *unit,
		       struct error *err);

/* Starts a check for drift: changes while the guard did not run, including a new kernel. */
int react_start_drift(struct manager *manager, const char *program, struct error *err);

struct react_options {
	const char *unit; /* canonical */
	const char *directory; /* of the store; NULL: the default */
	uint64_t settle_ns;
	int cancel_fd;
	void (*progress)(void *context, const char *step);
	void (*warn)(void *context, const char *sentence);
	void *context;
};

enum react_end {
	REACT_NOTHING, /* the unit's reaction is to report, or none of the denied calls may be allowed */
	REACT_RELAXED,
	REACT_REVERTED,
};

struct react_result {
	enum react_end end;
	char *allowed; /* "brk socket"; NULL none */
	char *refused; /* calls whose risk class does not permit it; NULL none */
};
void react_result_clean(struct react_result *result);

/* Reacts to the stored denials of the unit. -ENOENT: the unit is not managed. */
int react_run(const struct react_options *options, struct react_result *result, struct error *err);

/* Whether the guard may allow this call without asking: its risk class gives access to no more than
 * files, the network or other processes. */
bool react_permits(const char *call);

#endif
