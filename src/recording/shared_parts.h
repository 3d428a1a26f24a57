/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts that runs of a recording have in common. Thousands of hosts that run one service make
 * runs which differ in their counts alone, or not at all: their file has the common part once.
 */
#ifndef WHITTLE_RECORDING_SHARED_PARTS_H
#define WHITTLE_RECORDING_SHARED_PARTS_H

#include "common/json.h"
#include "recording/recording.h"

#define SHARED_NONE SIZE_MAX

/* Different texts, in the order in which the runs first have them. */
struct shared_texts {
	char **texts;
	size_t count;
};

struct shared_parts {
	struct shared_texts shapes, numbers;
	/* For each run the index of its texts; SHARED_NONE: no other run has its shape. */
	size_t *shape_of, *numbers_of;
};

/* recording_write.c: everything but the numbers of a run, and the numbers. */
void recording_write_shape(struct json_writer *writer, const struct run *run);
void recording_write_numbers(struct json_writer *writer, const struct run *run);

/* -ENOMEM. */
int shared_parts_find(struct shared_parts *parts, const struct run *const *runs, size_t count);
void shared_parts_clean(struct shared_parts *parts);

#endif
