/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user names where a policy or a filter is wanted: a file, a process, a unit. */
#ifndef WHITTLE_CMD_OPERAND_H
#define WHITTLE_CMD_OPERAND_H

#include "filter/compare.h"
#include "filter/filter.h"
#include "policy/policy.h"

#include <sys/types.h>

/* Filters that some processes have alike. */
struct operand_group {
	struct filter_stack stack;
	pid_t *pids; /* none: read from a file */
	size_t pids_count;
};

struct source {
	struct policy *policy; /* or else: */
	struct operand_group *groups; /* one, unless a unit's processes differ */
	size_t groups_count;
	bool big_endian; /* the file's byte order */
};

void operand_clear(struct source *source);

/* A policy's or a filter's file; "-" is standard input. */
int operand_read_file(const char *path, struct source *source, struct error *err);

/* The filters of a process, or of all of a unit's. */
int operand_read_process(const char *pid, struct source *source, struct error *err);
int operand_read_unit(const char *unit, struct source *source, struct error *err);

/* Any of these by what it looks like: pid:N and unit:NAME say it; else what is there as a file is a
 * file, a number a process, and a name with a unit's suffix a unit. */
int operand_read(const char *operand, struct source *source, struct error *err);

/* Of a file: the filter to install on this machine, compiled where it is a policy. NAME is for errors.
 * The source is then without it. */
int operand_take_filter(struct source *source, const char *name, struct filter *filter,
			struct error *err);

/* A side for filter_compare(); -EINVAL where the processes of a unit are not all under the same. */
int operand_side(const struct source *source, const char *name, struct side *side,
		 struct error *err);

#endif
