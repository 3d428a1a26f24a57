/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the service manager knows of a unit, as plain data: a snapshot, true at the moment it was
 * taken.
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
	pid_t pid; /* of its last run, 0 never ran */
	int code, status; /* of its last end, as in siginfo_t: CLD_EXITED and 1; 0 not ended */
};

/* A setting that lists system calls, as the manager has it. */
struct unit_calls {
	bool is_allow_list; /* else what follows a "~" */
	char **names; /* groups expanded; NULL or empty: none */
};

struct unit {
	char *name; /* canonical: "nginx.service", whatever alias was asked for */
	char *description;
	char *load_state; /* "loaded": unit_load() accepts nothing else */
	char *active_state; /* "active", "inactive", "failed", "activating" ... */
	char *sub_state; /* "running", "auto-restart" ... */
	char *fragment; /* the unit file; empty where it has none */
	char **drop_ins; /* paths, in the order in which they were applied */
	char invocation
		[33]; /* of this start, hex; another start has another; empty: never started */
	bool needs_reload; /* files have changed since the manager read them */
	bool can_start, can_stop, can_reload;
	bool has_job; /* queued or running: a start, a stop, a reload */

	/*
	 * The control group: where the manager puts (or will put) the processes, from the root of
	 * the hierarchy that the manager sees. A stop removes it, and the next start makes a new one
	 * of the same path with another id.
	 */
	char *control_group; /* "/system.slice/nginx.service"; never NULL */
	char *cgroup_directory; /* its directory in a cgroup2 mount, which exists only while the
				   unit runs; NULL where no cgroup2 is mounted */
	char *slice;

	/* services only (is_service); zero and NULL for slices, scopes and others */
	bool is_service;
	char *type; /* "simple", "forking", "notify", "oneshot" ... */
	char *result; /* "success", "exit-code", "signal", "core-dump", "timeout" ... */
	char *user; /* empty: root */
	pid_t main_pid, control_pid; /* 0 none */
	int main_code, main_status; /* of the last main process, as in siginfo_t: CLD_EXITED ... */
	unsigned restarts; /* automatic ones since the last start by hand */
	bool no_new_privileges; /* as configured; filters of a User= imply it */
	struct unit_calls filter; /* SystemCallFilter= */
	struct unit_calls log; /* SystemCallLog= */
	char **filter_architectures; /* SystemCallArchitectures= */
	int filter_errno; /* SystemCallErrorNumber=; 0 or UNIT_FILTER_KILL: kill */
	struct unit_command *commands;
	size_t commands_count;
};

/*
 * "nginx" is taken for "nginx.service", an alias for what it stands for. -ENOENT where there is no
 * such unit (the error names close ones); -EINVAL for a template without an instance and for names
 * that no unit can have; -EBADMSG where the unit's file has an error; -EPERM where it is masked.
 */
int unit_load(struct manager *manager, const char *name, struct unit **unit, struct error *err);
void unit_freep(struct unit **unit);

/* Whether it has processes or is about to: active, activating, reloading; or, in the middle of a restart,
 * inactive for a moment with its start queued. */
bool unit_is_running(const struct unit *unit);

/* Why it is not up, in words: "its main process was killed by SIGSYS (core dumped)". Into BUFFER, which is
 * returned. */
const char *unit_failure(const struct unit *unit, char *buffer, size_t size);

/*
 * Waits until it has been up for SETTLE_NS without a break, from the start that UNIT is a snapshot
 * of. -ECANCELED with the reason where it was not; -EINTR by the cancel descriptor.
 */
int unit_settle(struct manager *manager, const struct unit *unit, uint64_t settle_ns,
		struct error *err);

/* Every process in the unit's control group and those below, ascending; none where it is stopped. The
 * array is the caller's. */
int unit_pids(struct manager *manager, const char *unit, pid_t **pids, size_t *count,
	      struct error *err);

/* The name as unit_load() understands it: with a suffix. -EINVAL where no unit can have it. */
int unit_name_complete(const char *name, char **complete, struct error *err);

/* Whether a control group's path is that of UNIT or lies below it. */
bool systemd_cgroup_has(const char *path, const char *unit);

/* Where a control group of the manager's is mounted for us: the directory in a cgroup2 hierarchy,
 * whether it exists or not. *DIRECTORY is NULL where no cgroup2 is mounted. */
int cgroup_directory(const char *control_group, char **directory, struct error *err);

#endif
