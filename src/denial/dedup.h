/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One denial, told by several: without an audit daemon the kernel writes each record to its log and
 * to the audit socket, the journal reads both, and the BPF programs see the call itself. A report
 * is a twin when another source has told of more denials of the kind (process, call, outcome) than
 * its own has so far: of n sources the number that counts is the greatest.
 */
#ifndef WHITTLE_DENIAL_DEDUP_H
#define WHITTLE_DENIAL_DEDUP_H

#include "denial/denial.h"

#define DEDUP_SETS    1024
#define DEDUP_WAYS    8 /* kinds remembered in a set; the one longest unheard of makes room */
#define DEDUP_REPORTS 65536 /* a kind not heard of for so many reports is forgotten ... */
#define DEDUP_SECONDS 10 /* ... or for so long, where the reports have times */

struct dedup {
	uint64_t reports;
	struct dedup_kind {
		uint64_t key, report, time_us;
		uint64_t told[DENIAL_SOURCES];
	} kinds[DEDUP_SETS][DEDUP_WAYS];
};

/* COUNT denials like DENIAL are told: how many of them no other source has told before. A zeroed
 * struct is ready. */
uint64_t dedup_count(struct dedup *dedup, const struct denial *denial, uint64_t count);

#endif
