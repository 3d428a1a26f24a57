/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts a denial once that several sources report. Without an audit daemon the kernel writes each record
 * to its log and to the audit socket, the journal reads both, and the BPF programs observe the call itself.
 * For each kind (process, call, outcome) the number of denials is the maximum over the sources. A report
 * is a duplicate while another source has reported more denials of its kind.
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

/* Returns how many of COUNT denials like DENIAL no other source has reported yet. A zeroed struct is
 * ready for use. */
uint64_t dedup_count(struct dedup *dedup, const struct denial *denial, uint64_t count);

#endif
