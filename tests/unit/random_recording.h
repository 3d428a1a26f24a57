/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recordings made from a seed, for tests of properties: every member takes odd values too. */
#ifndef WHITTLE_TESTS_RANDOM_RECORDING_H
#define WHITTLE_TESTS_RANDOM_RECORDING_H

#include "recording/recording.h"

/* A finished run; the same seed gives the same run, id included. */
struct run *random_run(uint64_t seed);

/* 0 to 4 runs, of which a few hundred exist, so that recordings of different seeds share some. */
struct recording *random_recording(uint64_t seed);

#endif
