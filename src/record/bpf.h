/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the BPF observer share of an observation; nobody else's. */
#ifndef WHITTLE_RECORD_BPF_H
#define WHITTLE_RECORD_BPF_H

#include "bpf/record.h"
#include "record.skel.h"
#include "record/observer.h"

struct observation {
	struct target *target;
	struct record_bpf *bpf;
	unsigned cpus, rows; /* counts[(cpu * rows + row)][number] */
	const uint64_t *counts;
	size_t counts_size;
	struct ring_buffer *news;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	bool is_stopped;
	char *titles[RECORD_IMAGES]; /* roles, as living processes show them */
};

/* bpf_load.c: opens, sizes and loads the programs. */
int bpf_load(struct observation *observation, struct error *err);

/* bpf_target.c: attaches the programs and marks the target. */
int bpf_start(struct observation *observation, struct error *err);

/* bpf_target.c: every living recorded process; the array is the caller's. */
int bpf_list(struct observation *observation, struct record_live **live, size_t *count,
	     struct error *err);

/* bpf_collect.c: the maps into a run. */
int bpf_collect(struct observation *observation, struct run *run, struct error *err);

/* The sum over all CPUs. */
uint64_t bpf_count(const struct observation *observation, unsigned row, unsigned nr);

/* How many images have been used so far. */
unsigned bpf_images(const struct observation *observation);

#endif
