/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials as they happen, from all available sources: BPF programs and the kernel's records. Each denial
 * is reported once. BPF observes every denial, but no call that was allowed and logged. Records contain
 * those, and denials that BPF missed. A record is delayed until BPF's counts have been read, and reported
 * only if it is no duplicate.
 */
#ifndef WHITTLE_DENIAL_WATCH_H
#define WHITTLE_DENIAL_WATCH_H

#include "denial/kernel.h"

#include <signal.h>

struct denial_watch;

struct denial_watch_events {
	/* As in denial/kernel.h. */
	int (*denial)(void *context, const struct denial *denial, uint64_t count,
		      struct error *err);
	/* Select the denials to report: of BPF as in denial/kernel.h, and records. NULL: all. */
	bool is_selective;
	int family;
	bool (*wants_record)(void *context, const struct denial *denial);
	void *context;
};

struct denial_watch_totals {
	struct denial_kernel_totals kernel;
	struct denial_kernel_share share; /* of all that is selected */
	uint64_t records_lost; /* at least this many, from the kernel's records */
};

/* Fails if no source is available. denial_watch_lacks() names a missing source. */
int denial_watch_open(const struct denial_watch_events *events, struct denial_watch **watch,
		      struct error *err);
void denial_watch_closep(struct denial_watch **watch);

/* As in denial/kernel.h. Without BPF it has no effect. */
int denial_watch_select(struct denial_watch *watch, uint64_t root,
			const struct denial_select *selects, size_t count, struct error *err);

/* Whether a record's process is of the family; without BPF, only the process itself is. */
bool denial_watch_is_family(const struct denial_watch *watch, int64_t pid);

/* The names of the sources: "BPF and the audit socket". */
const char *denial_watch_sources(const struct denial_watch *watch);

/* The reason why BPF is unavailable, or NULL. Without BPF, silent denials are not observed. */
const char *denial_watch_lacks(const struct denial_watch *watch);

/* Waits for up to TIMEOUT_MS, or for a signal that MASK does not block, and reports denials. */
int denial_watch_wait(struct denial_watch *watch, int timeout_ms, const sigset_t *mask,
		      struct error *err);

/* Stops the sources and reports the remaining denials. */
int denial_watch_finish(struct denial_watch *watch, struct error *err);

void denial_watch_totals(const struct denial_watch *watch, struct denial_watch_totals *totals);

#endif
