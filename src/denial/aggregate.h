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

#define AGGREGATE_GROUPS 4096
#define AGGREGATE_PIDS	 4 /* kept by number; of more it is only known that there were more */

struct denial_group {
	struct denial denial; /* of the latest; its texts are the group's own, and terminated */
	uint64_t count; /* denials since the group began */
	uint64_t told; /* of them told */
	uint64_t told_ns; /* when last */
	int64_t pids[AGGREGATE_PIDS];
	unsigned pids_count; /* AGGREGATE_PIDS + 1: more than are kept */
	bool is_waiting; /* has something to tell */
	char *strings;
};

/* Told of COUNT more denials of a group. A negative errno ends the work. */
typedef int (*aggregate_reporter)(void *context, const struct denial_group *group, uint64_t count,
				  struct error *err);

struct aggregate;

/* NULL: out of memory. */
struct aggregate *aggregate_new(aggregate_reporter tell, void *context);
void aggregate_freep(struct aggregate **aggregate);

/* COUNT denials like DENIAL. */
int aggregate_add(struct aggregate *aggregate, const struct denial *denial, uint64_t count,
		  struct error *err);

/* Tells what waits: all of it; or, where a pause is given, new groups at once and others when they
 * were last told at least that long before NOW_NS. */
int aggregate_report(struct aggregate *aggregate, uint64_t now_ns, uint64_t pause_ns,
		     struct error *err);

/* Whether repeats wait to be told. */
bool aggregate_is_pending(const struct aggregate *aggregate);

#endif
