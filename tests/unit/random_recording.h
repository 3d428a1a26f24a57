/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recordings made from a seed, for tests of properties: every member takes odd values too. */
#ifndef WHITTLE_TESTS_RANDOM_RECORDING_H
#define WHITTLE_TESTS_RANDOM_RECORDING_H

#include "recording/recording.h"

/* A finished run; the same seed gives the same run, id included. */
struct run *random_run(uint64_t seed);

/* A run of the same shape with another id: of an even NUMBER with other counts and times, of an odd one with the
 * same. */
struct run *random_sister(uint64_t seed, uint64_t number);

/* 0 to 4 runs, some with sisters, of which a few hundred exist, so that recordings of different seeds share some. */
struct recording *random_recording(uint64_t seed);

#endif
