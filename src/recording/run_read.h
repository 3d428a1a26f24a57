/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members of a run in the recording's file, as recording_read.c finds them in the run or in parts that it
 * shares with other runs. */
#ifndef WHITTLE_RECORDING_RUN_READ_H
#define WHITTLE_RECORDING_RUN_READ_H

#include "common/json.h"
#include "recording/recording.h"

/* The id and the members by which runs of one shape differ. */
int run_read_head(const struct json_at *at, struct run *run, struct error *err);

/* All other members. WITH_COUNTS: they are in the run itself, and its calls have their numbers; else AT is a
 * shape, and these are 0. */
int run_read_body(const struct json_at *at, struct run *run, bool with_counts, struct error *err);

#endif
