/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Installs serving filters in the processes of a unit. Each process that has started serving gets the
 * filter of its role (decide/serving.h): a worker the worker's, a master that still forks workers a wider
 * one. Processes that have their filter already are skipped.
 *
 * The caller needs CAP_SYS_ADMIN and CAP_SYS_PTRACE and must not run under a seccomp filter, because the
 * kernel then denies reading filters (-EPERM). A filtered service therefore runs `whittle attach --unit
 * UNIT` in a unit of its own.
 */
#ifndef WHITTLE_UNIT_SERVING_H
#define WHITTLE_UNIT_SERVING_H

#include "common/error.h"
#include "filter/filter.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct unit;

/* The compiled serving filters of a policy, one per role. Created once, used for every process. */
struct serving_lists;
int serving_lists_new(const struct policy *policy, struct serving_lists **lists, struct error *err);
void serving_lists_freep(struct serving_lists **lists);

/* Gets the filter of a process's role, whether it serves or not. LISTS owns *FILTER. It is the whole
 * policy if the role needs that. *ROLE is NULL if no recording has the role. */
int serving_filter_of(struct serving_lists *lists, pid_t pid, const struct filter **filter,
		      const char **role, struct error *err);

enum serving_state {
	SERVING_PUT, /* it serves, and the filter was installed */
	SERVING_HAS_IT, /* it had the filter already */
	SERVING_NOT_YET, /* it is starting up */
	SERVING_WHOLE, /* its role needs the whole policy, or no recording has the role: nothing to install */
	SERVING_GONE, /* it has ended */
	SERVING_FAILED, /* the error has the reason; it runs as before */
};

struct serving_process {
	pid_t pid;
	char command[32];
	const char *role; /* "nginx/worker", owned by the lists; NULL unknown */
	enum serving_state state;
	struct error err; /* of SERVING_FAILED */
};

struct serving_options {
	/* How long to wait until every present process serves; 0: check once. */
	uint64_t wait_ns;
	int cancel_fd; /* its readability ends the wait with -EINTR; -1 none */
	/* How long to look for new processes after that; they are waited for as well. */
	uint64_t linger_ns;
	bool log; /* the kernel logs denied calls */
	bool only_look; /* install nothing: a process without its filter is SERVING_NOT_YET */
	/* Called for each process with its final state. May be NULL. */
	void (*tell)(void *context, const struct serving_process *process);
	void *context;
};

struct serving_result {
	size_t counts[SERVING_FAILED + 1]; /* processes by their state at the end */
};

/*
 * Handles every process of the control group DIRECTORY (struct unit: cgroup_directory) and of those below
 * it, including processes forked meanwhile, except the caller itself. Failures of single processes are
 * reported and counted, but are no error.
 */
int serving_attach_unit(struct serving_lists *lists, const char *directory,
			const struct serving_options *options, struct serving_result *result,
			struct error *err);

/* Counts the processes of UNIT by state. Changes nothing. */
int serving_look_at_unit(const struct policy *policy, const struct unit *unit,
			 struct serving_result *result, struct error *err);

#endif
