/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Estimates how many calls of a unit are not yet observed, from the rate of new calls. The recording is
 * divided into slices of time. For each call, the number of slices in which it was made is known (incidence
 * data). The number of calls made in only one slice allows an estimate of those made in none.
 * docs/hardening.md has the formulas, their sources and their limits.
 */
#ifndef WHITTLE_STORE_DISCOVERY_H
#define WHITTLE_STORE_DISCOVERY_H

#include "store/store.h"

struct discovery {
	/* Whether the estimators' assumptions hold: five slices or more, at least half of the calls made
	 * in two of them, and no more calls unseen than seen. Before, the numbers mean nothing. */
	bool is_known;
	/* A lower bound of the calls that were never observed: Chao2, bias-corrected (Chao, Biometrics
	 * 43, 1987; Gotelli and Colwell 2011, equation 4.4). */
	double unseen;
	/* New calls expected in the next slice: Good-Turing for incidence (Q1 / slices). */
	double per_slice;
};

struct discovery discovery_estimate(uint64_t slices, uint64_t once, uint64_t twice, uint64_t kinds);

#endif
