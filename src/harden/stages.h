/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations shared by the stages only. */
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
	int lock; /* on the unit's workflow */
	unsigned trials; /* in which the policy lacked a call */
};

/* Prints an event of the stage. */
void harden_report(const struct harden *harden, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Replaces a string of `care` by a copy; NULL none. */
int harden_set(char **field, const char *value, struct error *err);
int harden_save(struct harden *harden, struct error *err);

/* "45 s", "3 min 20 s", "2 h 5 min" */
#define TIME_TEXT 32
const char *stages_format_duration(uint64_t ns, char buffer[TIME_TEXT]);

/* watching.c: records the unit, slice by slice, until the conditions to continue are met. Each slice is
 * saved when it ends. MEANING (NULL: none) is that of the policy on trial: a call that it denies is
 * printed, counted in *HITS, and ends the recording at the end of its slice. */
int slices_record(struct harden *harden, uint64_t wanted_ns, const struct policy *meaning,
		  size_t *hits, struct error *err);

/* The stages. Each sets *NEXT to the next one. */
int enforce_trial(struct harden *harden, enum stage *next, struct error *err);
int enforce_stage(struct harden *harden, enum stage *next, struct error *err);
int enforce_verify(struct harden *harden, enum stage *next, struct error *err);

/* Restores the unit's former state and stops the timer. 0 also if nothing was applied. */
int harden_roll_back(struct harden *harden, struct error *err);

#endif
