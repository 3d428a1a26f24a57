/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups repeated denials: those of the same call by the same program, from the same place, in the same
 * unit, with the same outcome are one group with a count. The table is bounded: when it is full, every
 * group is reported with its count and the table is emptied. A group may then be reported twice, but the
 * sum of all reported counts is always the number of denials.
 */
#ifndef WHITTLE_DENIAL_AGGREGATE_H
#define WHITTLE_DENIAL_AGGREGATE_H

#include "common/error.h"
#include "denial/denial.h"

#define AGGREGATE_GROUPS 4096
#define AGGREGATE_PIDS	 4 /* kept by number; of more it is only known that there were more */

struct denial_group {
	struct denial denial; /* the latest; the group owns its texts, which are terminated */
	uint64_t count; /* denials since the group began */
	uint64_t told; /* of them reported */
	uint64_t told_ns; /* when last reported */
	int64_t pids[AGGREGATE_PIDS];
	unsigned pids_count; /* AGGREGATE_PIDS + 1: more than are kept */
	bool is_waiting; /* has unreported denials */
	char *strings;
};

/* Called with COUNT more denials of a group. A negative errno ends the work. */
typedef int (*aggregate_reporter)(void *context, const struct denial_group *group, uint64_t count,
				  struct error *err);

struct aggregate;

/* NULL: out of memory. */
struct aggregate *aggregate_new(aggregate_reporter tell, void *context);
void aggregate_freep(struct aggregate **aggregate);

/* Adds COUNT denials like DENIAL. */
int aggregate_add(struct aggregate *aggregate, const struct denial *denial, uint64_t count,
		  struct error *err);

/* Reports groups with unreported denials. With PAUSE_NS, new groups are reported at once, others only
 * if they were last reported at least PAUSE_NS before NOW_NS. */
int aggregate_report(struct aggregate *aggregate, uint64_t now_ns, uint64_t pause_ns,
		     struct error *err);

/* Whether there are unreported denials. */
bool aggregate_is_pending(const struct aggregate *aggregate);

#endif
