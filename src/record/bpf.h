/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of the BPF observer about an observation; private to them. */
#ifndef WHITTLE_RECORD_BPF_H
#define WHITTLE_RECORD_BPF_H

#include "bpf/record.h"
#include "record/objects.h"
#include "record/observer.h"
#include <record.skel.h>

/* The frames of a first observation that the kernel gave as addresses, resolved while the process
 * lived. */
struct resolved {
	struct record_call call;
	int object[RECORD_FRAMES]; /* -1: not found */
	uint64_t offset[RECORD_FRAMES];
};

struct observation {
	struct target *target;
	struct record_bpf *bpf;
	unsigned cpus, rows; /* counts[(cpu * rows + row)][number] */
	const uint64_t *counts;
	size_t counts_size;
	struct ring_buffer *news;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	bool is_stopped;
	uint64_t last_new_ns; /* the latest first observation, CLOCK_MONOTONIC */
	uint64_t next_survey_ns;
	struct objects *objects;
	struct resolved *resolved;
	size_t resolved_count;
	struct titles *titles[RECORD_IMAGES]; /* of living processes */
	bool is_filtered; /* a process of the target was under a filter */
	struct error *error; /* of bpf_handle_news(), while it is called */
};

/* bpf_load.c: opens, sizes and loads the programs. */
int bpf_load(struct observation *observation, struct error *err);

/* bpf_target.c: attaches the programs and marks the target. */
int bpf_start(struct observation *observation, struct error *err);

/* bpf_target.c: every living recorded process; the caller owns the array. */
int bpf_list(struct observation *observation, struct record_live **live, size_t *count,
	     struct error *err);

/* bpf_resolve.c: reads the mappings and the title of every living recorded process. */
int bpf_survey(struct observation *observation, struct error *err);
/* ...reads a first observation: a callback of the ring... */
int bpf_handle_news(void *observation, void *data, size_t size);
/* ...and notes the mappings of processes that have ended, by path, and the environment. */
int bpf_note_rest(struct observation *observation, struct run *run, struct error *err);

/* bpf_collect.c: turns the maps into a run. */
int bpf_collect(struct observation *observation, struct run *run, struct error *err);

/* Turns names that the BPF programs collected, the last one first, into a path; NULL: no memory. */
char *bpf_path(const struct record_path *names);

/* The sum over all CPUs. */
uint64_t bpf_count(const struct observation *observation, unsigned row, unsigned nr);

/* Number of images used so far. */
unsigned bpf_images(const struct observation *observation);

#endif
