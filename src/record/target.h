/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target of a recording: a control group, running processes, or a command that whittle starts
 * and stops before its execve until the observer is ready.
 */
#ifndef WHITTLE_RECORD_TARGET_H
#define WHITTLE_RECORD_TARGET_H

#include "common/error.h"
#include "recording/recording.h"
#include "systemd/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sock_filter;

/* A filter that a command installs before its execve, for an observer that listens to it. */
struct target_filter {
	/* In the child; SOCKET's other end is target.listener_fd. A negative errno. */
	int (*confine)(const struct target_filter *filter, int socket);
	struct sock_filter *instructions;
	unsigned short count; /* 0: a filter that passes on every call */
};

struct target {
	enum target_kind kind;
	char *name; /* run.target: for people */

	/* TARGET_UNIT: its state when the target was opened */
	struct manager *manager;
	struct unit *unit;

	/* TARGET_CGROUP, TARGET_UNIT */
	char *cgroup; /* the directory, absolute */
	char *mount; /* of the cgroup2 mount that it lies in: a prefix of it */

	/* TARGET_CGROUP, TARGET_PID: the processes in it are still a container's run-time, not the
	 * program: count them as the manager's part until they execute it. */
	bool is_starting;

	/* TARGET_PID: one each; TARGET_COMMAND: the child */
	pid_t *pids;
	int *pidfds;
	size_t pids_count;

	/* TARGET_COMMAND */
	int release_fd; /* the child executes the command after a byte is written here... */
	int failed_fd; /* ...and writes the errno here if it fails */
	int listener_fd; /* a socket that passes the filter's listener; -1 without a filter */
	const struct target_filter *filter; /* NULL none; the caller's */
	bool is_confined; /* the observer needs the filter: set before target_release() */
};

/* A unit of the service manager. MAY_BE_STOPPED: the caller will start it; else -ESRCH if it does
 * not run. */
int target_open_unit(const char *name, bool may_be_stopped, struct target **target,
		     struct error *err);

/* PATH is a directory in a cgroup2 mount, or relative to one ("system.slice/nginx.service"). */
int target_open_cgroup(const char *path, struct target **target, struct error *err);

/* The target's name in the recording: the name by which the user knows a container, not its control
 * group's. */
int target_rename(struct target *target, const char *name, struct error *err);

int target_open_pids(const pid_t *pids, size_t count, struct target **target, struct error *err);

/* Starts the child, which waits: target_release(). FILTER, which must outlive the target, is for an
 * observer that needs it (is_confined); NULL none. */
int target_open_command(char *const argv[], const struct target_filter *filter,
			struct target **target, struct error *err);

/* Releases the child of a command, and waits until it has executed it; a failure is the error of
 * the execve, with the command's name. Does nothing for other kinds. */
int target_release(struct target *target, struct error *err);

/* Kills and reaps a child that was never released. */
void target_freep(struct target **target);

#endif
