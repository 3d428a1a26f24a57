/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service manager's data on a unit: a plain snapshot, true when it was taken.
 */
#ifndef WHITTLE_SYSTEMD_UNIT_H
#define WHITTLE_SYSTEMD_UNIT_H

#include "common/error.h"
#include "systemd/manager.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In SystemCallErrorNumber: src/shared/seccomp-util.h SECCOMP_ERROR_NUMBER_KILL. */
#define UNIT_FILTER_KILL (INT32_MAX - 1)

/* One command line of a service, in the order in which the manager runs them. */
struct unit_command {
	const char *setting; /* "ExecStart", static */
	unsigned index; /* within that setting */
	char *path;
	char **argv; /* NULL-terminated; specifiers expanded, $VARIABLES not */
	char *text; /* argv joined by spaces, for people */
	bool is_privileged; /* "+": it runs outside of the unit's filters */
	pid_t pid; /* of its last run, 0 never ran */
	int code, status; /* how it last ended, as in siginfo_t: CLD_EXITED and 1; 0 not ended */
};

/* A setting that lists system calls or address families, in the manager's form. */
struct unit_calls {
	bool is_allow_list; /* false: the names that follow a "~" */
	char **names; /* groups expanded, "name:EPERM" for a call with an error of its own; NULL or
		       * empty: none */
};

struct unit {
	char *name; /* canonical: "nginx.service", whichever alias was requested */
	char *description;
	char *load_state; /* "loaded": unit_load() accepts nothing else */
	char *active_state; /* "active", "inactive", "failed", "activating" ... */
	char *sub_state; /* "running", "auto-restart" ... */
	char *fragment; /* the unit file; empty where it has none */
	char **drop_ins; /* paths, in the order in which they were applied */
	char invocation[33]; /* of this start, hex; each start has its own; empty: never started */
	bool needs_reload; /* files have changed since the manager read them */
	bool can_start, can_stop, can_reload;
	bool has_job; /* queued or running: a start, a stop, a reload */

	/*
	 * The control group: the directory in which the manager puts (or will put) the processes,
	 * from the root of the hierarchy that the manager sees. A stop removes it, and the next
	 * start makes a new one with the same path and another id.
	 */
	char *control_group; /* "/system.slice/nginx.service"; never NULL */
	char *cgroup_directory; /* its directory in a cgroup2 mount, which exists only while the
				 * unit runs; NULL if no cgroup2 is mounted */
	char *slice;

	/* services only (is_service); zero and NULL for slices, scopes and others */
	bool is_service;
	char *type; /* "simple", "forking", "notify", "oneshot" ... */
	char *result; /* "success", "exit-code", "signal", "core-dump", "timeout" ... */
	char *user; /* empty: root */
	pid_t main_pid, control_pid; /* 0 none */
	int main_code, main_status; /* of the last main process, as in siginfo_t: CLD_EXITED ... */
	unsigned restarts; /* automatic ones since the last manual start */
	bool no_new_privileges; /* as configured; filters imply it if User= is set */
	struct unit_calls filter; /* SystemCallFilter= */
	struct unit_calls log; /* SystemCallLog= */
	char **filter_architectures; /* SystemCallArchitectures= */
	int filter_errno; /* SystemCallErrorNumber=; 0 or UNIT_FILTER_KILL: kill */
	struct unit_calls families; /* RestrictAddressFamilies= */
	uint64_t namespaces; /* RestrictNamespaces=: CLONE_NEW* that stay allowed */
	bool memory_deny_write_execute, lock_personality, restrict_realtime, restrict_suid_sgid;
	struct unit_command *commands;
	size_t commands_count;
};

/*
 * "nginx" means "nginx.service", an alias means its target. -ENOENT if there is no such unit (the
 * error names similar ones); -EINVAL for a template without an instance and for names that no unit
 * can have; -EBADMSG if the unit's file has an error; -EPERM if it is masked.
 */
int unit_load(struct manager *manager, const char *name, struct unit **unit, struct error *err);
void unit_freep(struct unit **unit);

/* The number of its user: 0 root; -1: a dynamic user, or one that is unknown here. */
int64_t unit_uid(const struct unit *unit);

/* Whether it has processes or will have some soon: active, activating, reloading; or, in the middle
 * of a restart, inactive for a moment with its start queued. */
bool unit_is_running(const struct unit *unit);

/* Why it is not active, in words: "its main process was killed by SIGSYS (core dumped)". Into
 * BUFFER, which is returned. */
const char *unit_failure(const struct unit *unit, char *buffer, size_t size);

/*
 * Waits until the unit has been active for SETTLE_NS without a break, from the start that UNIT is a
 * snapshot of. -ECANCELED with the reason if it was not; -EINTR by the cancel descriptor.
 */
int unit_settle(struct manager *manager, const struct unit *unit, uint64_t settle_ns,
		struct error *err);

/* Every process in the unit's control group and those below, ascending; none if it is stopped. The
 * caller owns the array. */
int unit_pids(struct manager *manager, const char *unit, pid_t **pids, size_t *count,
	      struct error *err);

/* The name as unit_load() understands it: with a suffix. -EINVAL where no unit can have it. */
int unit_name_complete(const char *name, char **complete, struct error *err);

/* Whether a control group's path is GROUP's or lies below it; both from the same root. */
bool cgroup_is_within(const char *path, const char *group);

/*
 * The identity of a control group: the ids of the root of our view, and of the present group at the path.
 * Each group that is made has an id of its own, so that no other can be taken for it. 0: unknown, or there
 * is no such group now.
 */
struct cgroup_identity {
	uint64_t root, id;
};
int cgroup_identify(const char *control_group, struct cgroup_identity *identity, struct error *err);

/* Where a control group of the manager's is mounted in our view: the directory in a cgroup2
 * hierarchy, whether it exists or not. *DIRECTORY is NULL if no cgroup2 is mounted. */
int cgroup_directory(const char *control_group, char **directory, struct error *err);

#endif
