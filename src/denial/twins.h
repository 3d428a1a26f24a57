/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One denial, told by several: without an audit daemon the kernel writes each record to its log and
 * to the audit socket, the journal reads both, and the BPF programs see the call itself. A record
 * is a twin when another source has told of more denials at the same place (process, call, address)
 * than its own has so far: of n sources the number that counts is the greatest.
 */
#ifndef WHITTLE_DENIAL_TWINS_H
#define WHITTLE_DENIAL_TWINS_H

#include "denial/denial.h"

#define TWINS_PLACES  4096 /* remembered; a new place takes an old one's slot */
#define TWINS_RECORDS 65536 /* a place not heard of for so many records is forgotten ... */
#define TWINS_SECONDS 10 /* ... or for so long, where the records have times */

struct twins {
	uint64_t records;
	struct twins_place {
		uint64_t key, record, time_us;
		uint64_t told[DENIAL_SOURCES];
	} places[TWINS_PLACES];
};

/* Whether DENIAL was told before by another source; either way it is remembered. A zeroed struct
 * is ready. */
bool twins_seen(struct twins *twins, const struct denial *denial);

#endif
