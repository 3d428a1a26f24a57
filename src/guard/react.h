/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a denial does to a unit beyond being told. The guard itself runs under a filter, and so may
 * neither read others' filters nor change units' files: it has the service manager run
 * `whittle guard --react UNIT`, which is react_run().
 */
#ifndef WHITTLE_GUARD_REACT_H
#define WHITTLE_GUARD_REACT_H

#include "common/error.h"
#include "store/store.h"
#include "systemd/manager.h"

#include <stdint.h>

/* Begins the reaction to UNIT, or the attaching of its serving lists; PROGRAM is whittle's absolute path.
 * -EEXIST while the one before it still runs. */
int react_start(struct manager *manager, const char *program, const char *unit, struct error *err);
int react_start_attach(struct manager *manager, const char *program, const char *unit,
		       struct error *err);

/* Has it looked for drift: what was changed while the guard did not run, a new kernel among it. */
int react_start_drift(struct manager *manager, const char *program, struct error *err);

struct react_options {
	const char *unit; /* canonical */
	const char *directory; /* of the store; NULL: the usual one */
	uint64_t settle_ns;
	int cancel_fd;
	void (*progress)(void *context, const char *step);
	void (*warn)(void *context, const char *sentence);
	void *context;
};

enum react_end {
	REACT_NOTHING, /* the unit's reaction is to report, or nothing denied may be allowed */
	REACT_RELAXED,
	REACT_REVERTED,
};

struct react_result {
	enum react_end end;
	char *allowed; /* "brk socket"; NULL none */
	char *refused; /* those whose class does not permit it; NULL none */
};
void react_result_clean(struct react_result *result);

/* Does it, to what the store has of the unit's denials. -ENOENT where the unit is not under care. */
int react_run(const struct react_options *options, struct react_result *result, struct error *err);

/* Whether a denial of this call may be taken back unasked: its class gives no more than files, the network
 * or other processes. */
bool react_permits(const char *call);

#endif
