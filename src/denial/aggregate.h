/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Repeats folded: denials of the same call by the same program, from the same place, in the same
 * unit, with the same outcome are one group with a count. The table is bounded: when a denial comes for which there is
 * no room, every group is told with its count so far and the table starts anew. A group may then be
 * told twice; the sum of the counts told is always the number of denials.
 */
#ifndef WHITTLE_DENIAL_AGGREGATE_H
#define WHITTLE_DENIAL_AGGREGATE_H

#include "common/error.h"
#include "denial/denial.h"

#define FOLD_GROUPS 4096
#define FOLD_PIDS   4 /* kept by number; of more it is only known that there were more */

struct denial_group {
	struct denial denial; /* of the latest; its texts are the group's own, and terminated */
	uint64_t hash;
	uint64_t count; /* denials since the group began */
	uint64_t told; /* of them told */
	uint64_t told_ns; /* when last */
	int64_t pids[FOLD_PIDS];
	unsigned pids_count; /* FOLD_PIDS + 1: more than are kept */
	bool is_waiting; /* has something to tell */
	char *strings;
};

/* Told of COUNT more denials of a group. A negative errno ends the work. */
typedef int (*fold_teller)(void *context, const struct denial_group *group, uint64_t count,
			   struct error *err);

struct fold;

/* NULL: out of memory. */
struct fold *fold_new(fold_teller tell, void *context);
void fold_freep(struct fold **fold);

/* COUNT denials like DENIAL. */
int fold_add(struct fold *fold, const struct denial *denial, uint64_t count, struct error *err);

/* Tells what waits: all of it; or, where a pause is given, new groups at once and others when they
 * were last told at least that long before NOW_NS. */
int fold_tell(struct fold *fold, uint64_t now_ns, uint64_t pause_ns, struct error *err);

/* Whether repeats wait to be told. */
bool fold_is_waiting(const struct fold *fold);

#endif
