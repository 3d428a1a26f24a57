/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The serving list on the processes of a unit. Each process that has come to serve gets the list of
 * its role (decide/serving.h): a worker the worker's, a master that still forks workers a wider one.
 * To do it again changes nothing: who has its list already is left alone.
 *
 * The caller needs CAP_SYS_ADMIN and CAP_SYS_PTRACE and must be under no seccomp filter itself (the
 * kernel lets only those read filters): -EPERM. A service that is filtered has `whittle attach
 * --unit UNIT` done by a unit of its own.
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

/* The serving lists of a policy, one a role, compiled. Made once, used for every process. */
struct serving_lists;
int serving_lists_new(const struct policy *policy, struct serving_lists **lists, struct error *err);
void serving_lists_freep(struct serving_lists **lists);

/* The list of a process's role, whether it has come to serve or not: *FILTER is the lists'. Where the
 * role needs the whole policy it is that. *ROLE is NULL where no recording knows it. */
int serving_filter_of(struct serving_lists *lists, pid_t pid, const struct filter **filter,
		      const char **role, struct error *err);

enum serving_state {
	SERVING_PUT, /* it has come to serve and has the list now */
	SERVING_HAS_IT, /* it had it already */
	SERVING_NOT_YET, /* it starts up */
	SERVING_WHOLE, /* its role needs the whole policy, or no recording knows it: nothing to put */
	SERVING_GONE, /* it has ended */
	SERVING_FAILED, /* the error says why; it runs as before */
};

struct serving_process {
	pid_t pid;
	char command[32];
	const char *role; /* "nginx/worker", of the lists; NULL unknown */
	enum serving_state state;
	struct error err; /* of SERVING_FAILED */
};

struct serving_options {
	/* How long to wait until every process there is serves: 0 looks once. */
	uint64_t wait_ns;
	int cancel_fd; /* its readability ends the wait with -EINTR; -1 none */
	/* How long to look for new processes after that; what they come to is waited for as well. */
	uint64_t linger_ns;
	bool log; /* the kernel logs what is refused */
	bool only_look; /* nothing is put: who lacks its list is SERVING_NOT_YET */
	/* Called for each process, once its state is known for this call. NULL: nobody listens. */
	void (*tell)(void *context, const struct serving_process *process);
	void *context;
};

struct serving_result {
	size_t counts[SERVING_FAILED + 1]; /* processes by their state at the end */
};

/*
 * Every process of the control group DIRECTORY (struct unit: cgroup_directory) and of those below
 * but the caller itself; also those that are forked meanwhile. Failures of single processes are
 * told and counted, and are no error.
 */
int serving_attach_unit(struct serving_lists *lists, const char *directory,
			const struct serving_options *options, struct serving_result *result,
			struct error *err);

/* How many processes of UNIT have the list of their role; nothing is changed. */
int serving_look_at_unit(const struct policy *policy, const struct unit *unit,
			 struct serving_result *result, struct error *err);

#endif
