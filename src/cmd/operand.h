/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An operand that names a policy or filter: a file, a process or a unit. */
#ifndef WHITTLE_CMD_OPERAND_H
#define WHITTLE_CMD_OPERAND_H

#include "filter/compare.h"
#include "filter/filter.h"
#include "policy/policy.h"
#include "systemd/unit.h"

#include <sys/types.h>

/* Processes with the same filters. */
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

/* Reads the file of a policy or filter; "-" is standard input. */
int operand_read_file(const char *path, struct source *source, struct error *err);

/* Reads the filters of a process, or of all processes of a unit. */
int operand_read_process(const char *pid, struct source *source, struct error *err);
int operand_read_unit(const char *unit, struct source *source, struct error *err);

/* Loads the unit that a user named, with or without a suffix. -EPERM, before all else: this process may not read
 * filters. */
int operand_load_unit(const char *name, struct manager **manager, struct unit **unit,
		      struct error *err);

/* Reads any of these: pid:N is a process and unit:NAME a unit. Otherwise an existing file is a file, a
 * number a process, and the name of a unit, with or without a suffix, a unit. */
int operand_read(const char *operand, struct source *source, struct error *err);

/* Moves the filter of a file out of the source, to install it on this machine. A policy is compiled. NAME
 * is for errors. */
int operand_take_filter(struct source *source, const char *name, struct filter *filter,
			struct error *err);

/* A side for filter_compare(); -EINVAL: the processes of a unit have different filters. */
int operand_side(const struct source *source, const char *name, struct side *side,
		 struct error *err);

#endif
