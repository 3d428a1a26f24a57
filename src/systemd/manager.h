/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service manager over sd-bus: a connection, its version, and jobs whose end a signal
 * announces. Root talks to systemd's own socket, as systemctl does, so that no dbus-daemon is
 * needed and units that the bus depends on can be restarted; other users go through the system bus,
 * where polkit decides.
 */
#ifndef WHITTLE_SYSTEMD_MANAGER_H
#define WHITTLE_SYSTEMD_MANAGER_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct manager;

/* -EOPNOTSUPP if this machine was not booted with systemd. */
int manager_open(struct manager **manager, struct error *err);
void manager_closep(struct manager **manager);

/* "252.39-1~deb12u2" as the manager reports it, owned by the connection, and 252. */
const char *manager_version(const struct manager *manager);
unsigned manager_version_number(const struct manager *manager);

/* A descriptor (a signalfd, a pipe) whose readability ends every wait with -EINTR; -1 none. It is
 * not read and not closed. */
void manager_set_cancel_fd(struct manager *manager, int fd);

/* Reads all unit files again: "systemctl daemon-reload". */
int manager_reload(struct manager *manager, struct error *err);

/* Resets failures and the count of starts, so that a unit that failed too often may start again. */
int manager_reset_failed(struct manager *manager, const char *unit, struct error *err);

/*
 * One job. The signal of its end is subscribed to before it is queued, so that none is missed. Only
 * one at a time per connection.
 */
enum job_kind {
	JOB_START,
	JOB_STOP,
	JOB_RESTART, /* starts a stopped unit */
	JOB_RELOAD,
};
const char *job_kind_name(enum job_kind kind); /* "restart" */

struct job;

/* Queues the job and returns; the manager completes it even if whittle ends. */
int job_begin(struct manager *manager, enum job_kind kind, const char *unit, struct job **job,
	      struct error *err);

/* Processes messages that have arrived, without blocking. 0: still running; 1: done; a negative
 * errno and the manager's result in words if it failed (-ECANCELED: failed, cancelled, a dependency
 * failed; -ETIMEDOUT: the manager gave up). */
int job_poll(struct job *job, struct error *err);

/* Stops listening; the job itself goes on. */
void job_freep(struct job **job);

/* job_begin(), and blocks until job_poll() has an answer: 0, or its error; -EINTR by the cancel descriptor;
 * -ETIMEDOUT after TIMEOUT_NS (UINT64_MAX: as long as the manager takes). */
int manager_run_job(struct manager *manager, enum job_kind kind, const char *unit,
		    uint64_t timeout_ns, struct error *err);

/* Called while a job runs. A negative errno ends the wait, but not the job. */
struct job_watch {
	int fd; /* when it is readable, `look` is called; -1 none */
	int (*look)(void *context, struct error *err); /* also every 100 ms */
	void *context;
};

/* manager_run_job() with a watch and without a time limit. */
int manager_run_watched_job(struct manager *manager, enum job_kind kind, const char *unit,
			    const struct job_watch *watch, struct error *err);

/* Sends SIGKILL to all processes of a unit. */
int manager_kill(struct manager *manager, const char *unit, struct error *err);

#endif
