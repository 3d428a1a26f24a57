/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of what a unit can call is still unseen, judged by how often new calls came. The watching
 * is cut into slices of time; of each call it is known in how many slices it was made (incidence
 * data). Calls made in one slice only tell of those that were made in none. docs/hardening.md has the
 * formulas, their sources and what they can't tell.
 */
#ifndef WHITTLE_STORE_DISCOVERY_H
#define WHITTLE_STORE_DISCOVERY_H

#include "store/store.h"

struct discovery {
	/* Whether there is ground to judge on: two slices or more, with a call. */
	bool is_known;
	/* Calls that were never seen, at least this many: Chao2, bias-corrected (Chao, Biometrics 43,
	 * 1987; Gotelli and Colwell 2011, equation 4.4). A lower bound. */
	double unseen;
	/* New calls expected in the next slice: Good-Turing for incidence (Q1 / slices). */
	double per_slice;
};

struct discovery discovery_estimate(uint64_t slices, uint64_t once, uint64_t twice, uint64_t kinds);

#endif
