/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stages share; nobody else's. */
#ifndef WHITTLE_HARDEN_STAGES_H
#define WHITTLE_HARDEN_STAGES_H

#include "common/error.h"
#include "harden/harden.h"
#include "policy/policy.h"
#include "recording/recording.h"
#include "store/store.h"
#include "unit/apply.h"

struct harden {
	const struct harden_options *options;
	struct store *store;
	struct managed_unit managed_unit;
	int lock; /* on the unit's road */
	unsigned trials; /* that found the list wanting */
};

/* Progress in words: a thing that was done or found. */
void harden_report(const struct harden *harden, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Replaces a string of the care's by a copy; NULL none. */
int harden_set(char **field, const char *value, struct error *err);
int harden_save(struct harden *harden, struct error *err);

/* "45 s", "3 min 20 s", "2 h 5 min" */
#define TIME_TEXT 32
const char *stages_format_duration(uint64_t ns, char buffer[TIME_TEXT]);

/* watching.c: records the unit until the rules hold, slice by slice; each slice is in the recording when it
 * ends. MEANING is that of the list on trial: a call that it refuses is told, counted in *HITS, and
 * ends the watching when its slice ends; NULL: none. */
int slices_record(struct harden *harden, uint64_t wanted_ns, const struct policy *meaning,
		  size_t *hits, struct error *err);

/* The stages: each leaves the next one in *NEXT. */
int enforce_trial(struct harden *harden, enum stage *next, struct error *err);
int enforce_stage(struct harden *harden, enum stage *next, struct error *err);
int enforce_verify(struct harden *harden, enum stage *next, struct error *err);

/* The unit as it was before, and the timer stopped. 0 also where nothing had been applied. */
int harden_roll_back(struct harden *harden, struct error *err);

#endif
