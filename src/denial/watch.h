/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials as they happen, from every source that this machine gives: seen at the call by BPF, and
 * the kernel's own records. Each denial is told once. BPF sees every refusal but no call that was
 * let go and logged; records tell of those, and of what BPF has missed: a record is held back until
 * BPF's counts have come, and told only where it is no twin of them.
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
	/* Whose denials are wanted; both NULL: everybody's. */
	bool (*wants)(void *context, const struct denial_event *event);
	bool (*wants_record)(void *context, const struct denial *denial);
	int family; /* as in denial/kernel.h */
	void *context;
};

struct denial_watch_totals {
	struct denial_kernel_totals kernel; /* of the whole machine, whoever is wanted */
	uint64_t records_lost; /* by the kernel's own records; at least */
};

/* Fails where no source is to be had; a source that is not is named by denial_watch_lacks(). */
int denial_watch_open(const struct denial_watch_events *events, struct denial_watch **watch,
		      struct error *err);
void denial_watch_closep(struct denial_watch **watch);

/* Whether a record's process is of the family; only itself where there is no BPF. */
bool denial_watch_is_family(const struct denial_watch *watch, int64_t pid);

/* The sources in words: "BPF and the audit socket". */
const char *denial_watch_sources(const struct denial_watch *watch);

/* Why there is no BPF, or NULL: silent refusals are not seen then. */
const char *denial_watch_lacks(const struct denial_watch *watch);

/* Waits for up to TIMEOUT_MS, or for a signal that MASK lets through, and tells what came. */
int denial_watch_wait(struct denial_watch *watch, int timeout_ms, const sigset_t *mask,
		      struct error *err);

/* Stops the sources and tells all that is still known. */
int denial_watch_finish(struct denial_watch *watch, struct error *err);

void denial_watch_totals(const struct denial_watch *watch, struct denial_watch_totals *totals);

#endif
