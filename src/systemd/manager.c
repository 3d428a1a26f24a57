// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/manager.h"

#include "systemd/bus.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "systemd/wait.h"

/* systemd's own socket, for root only: src/core/dbus.c bus_init_private(). */
#define PRIVATE_SOCKET "unix:path=/run/systemd/private"

struct manager {
	sd_bus *bus;
	bool is_private; /* no dbus-daemon in between */
	bool is_subscribed;
	char *version;
	int cancel_fd;
};

sd_bus *manager_bus(struct manager *manager)
{
	return manager->bus;
}

int bus_error_layout(int r, const char *what, struct error *err)
{
	return error_set_errno(err, r == 0 ? -EBADMSG : r,
			       "%s: invalid answer from the service manager", what);
}

int bus_error_set(const sd_bus_error *error, int r, const char *what, struct error *err)
{
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
		return error_set(err, -EACCES,
				 "%s: the service manager denies this to the current user; run "
				 "whittle as root",
				 what);
	if (sd_bus_error_has_name(error, SYSTEMD_INTERFACE "NoSuchUnit"))
		r = -ENOENT;
	else if (sd_bus_error_has_name(error, SYSTEMD_INTERFACE "UnitMasked"))
		r = -EPERM;
	else if (sd_bus_error_has_name(error, SYSTEMD_INTERFACE "JobTypeNotApplicable"))
		r = -EOPNOTSUPP;
	if (sd_bus_error_is_set(error) && error->message)
		return error_set(err, r < 0 ? r : -EIO, "%s: %s", what, error->message);
	return error_set_errno(err, r < 0 ? r : -EIO, "%s", what);
}

static int open_private(sd_bus **bus)
{
	_cleanup_(sd_bus_unrefp) sd_bus *opened = NULL;
	int r = sd_bus_new(&opened);

	if (r >= 0)
		r = sd_bus_set_address(opened, PRIVATE_SOCKET);
	if (r >= 0)
		r = sd_bus_start(opened);
	/* The handshake tells whether it works at all. */
	while (r >= 0 && sd_bus_is_ready(opened) == 0) {
		r = sd_bus_process(opened, NULL);
		if (r == 0)
			r = sd_bus_wait(opened, 5000000) == 0 ? -ETIMEDOUT : 0;
	}
	if (r < 0)
		return r;
	*bus = take(opened);
	return 0;
}

static int read_version(struct manager *manager, struct error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_get_property_string(manager->bus, SYSTEMD_NAME, SYSTEMD_PATH,
					   SYSTEMD_MANAGER, "Version", &error, &manager->version);

	return r < 0 ? bus_error_set(&error, r, "the service manager's version", err) : 0;
}

int manager_open(struct manager **result, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = calloc(1, sizeof(*manager));
	int r = -EACCES;

	if (!manager)
		return error_oom(err);
	manager->cancel_fd = -1;
	if (sd_booted() <= 0)
		return error_set(err, -EOPNOTSUPP,
				 "this machine was not booted with systemd: there are no units");
	if (geteuid() == 0)
		r = open_private(&manager->bus);
	manager->is_private = r >= 0;
	if (r < 0)
		r = sd_bus_open_system(&manager->bus);
	if (r < 0)
		return error_set_errno(err, r, "cannot connect to the system bus");
	sd_bus_set_method_call_timeout(manager->bus, BUS_TIMEOUT_US);
	r = read_version(manager, err);
	if (r < 0)
		return r;
	*result = take(manager);
	return 0;
}

void manager_closep(struct manager **at)
{
	struct manager *manager = *at;

	if (!manager)
		return;
	sd_bus_flush_close_unref(manager->bus);
	free(manager->version);
	free(manager);
	*at = NULL;
}

const char *manager_version(const struct manager *manager)
{
	return manager->version;
}

unsigned manager_version_number(const struct manager *manager)
{
	/* "252.39-1~deb12u2", "v257.5", "255 (255.4-1ubuntu8)" */
	const char *digits = manager->version + strcspn(manager->version, "0123456789");

	return (unsigned)strtoul(digits, NULL, 10);
}

void manager_set_cancel_fd(struct manager *manager, int fd)
{
	manager->cancel_fd = fd;
}

int manager_call(struct manager *manager, const char *method, sd_bus_message **reply,
		 const char *what, struct error *err, const char *types, ...)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list ap;
	int r;

	va_start(ap, types);
	r = sd_bus_call_methodv(manager->bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method,
				&error, reply, types, ap);
	va_end(ap);
	return r < 0 ? bus_error_set(&error, r, what, err) : 0;
}

int manager_reload(struct manager *manager, struct error *err)
{
	return manager_call(manager, "Reload", NULL, "reloading the unit files", err, NULL);
}

int manager_reset_failed(struct manager *manager, const char *unit, struct error *err)
{
	return manager_call(manager, "ResetFailedUnit", NULL, "resetting failures", err, "s", unit);
}

const char *manager_sender(const struct manager *manager)
{
	/* Without a dbus-daemon messages carry no sender. */
	return manager->is_private ? NULL : SYSTEMD_NAME;
}

int manager_subscribe(struct manager *manager, const char *what, struct error *err)
{
	int r;

	if (manager->is_subscribed || manager->is_private)
		return 0;
	r = manager_call(manager, "Subscribe", NULL, what, err, NULL);
	manager->is_subscribed = r >= 0;
	return r;
}

int manager_cancel_fd(const struct manager *manager)
{
	return manager->cancel_fd;
}

static const struct {
	const char *name, *method;
} job_kinds[] = {
	[JOB_START] = { "start", "StartUnit" },
	[JOB_STOP] = { "stop", "StopUnit" },
	[JOB_RESTART] = { "restart", "RestartUnit" },
	[JOB_RELOAD] = { "reload", "ReloadUnit" },
};

const char *job_kind_name(enum job_kind kind)
{
	return job_kinds[kind].name;
}

struct job {
	struct manager *manager;
	enum job_kind kind;
	sd_bus_slot *match;
	char *unit;
	char *path;
	char *result; /* NULL: under way */
	int error; /* the signal could not be read, or memory was short */
};

void job_freep(struct job **at)
{
	struct job *job = *at;

	if (!job)
		return;
	sd_bus_slot_unref(job->match);
	free(job->unit);
	free(job->path);
	free(job->result);
	free(job);
	*at = NULL;
}

static int job_removed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct job *job = context;
	uint32_t id;
	int r = sd_bus_message_read(message, "uoss", &id, &path, &unit, &result);

	(void)error;
	if (r < 0) {
		job->error = r;
		return 0;
	}
	if (!job->path || strcmp(path, job->path) != 0 || job->result)
		return 0;
	job->result = strdup(result);
	if (!job->result)
		job->error = -ENOMEM;
	return 0;
}

int job_begin(struct manager *manager, enum job_kind kind, const char *unit, struct job **result,
	      struct error *err)
{
	_cleanup_(job_freep) struct job *job = calloc(1, sizeof(*job));
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	char what[320];
	const char *path;
	int r;

	if (!job)
		return error_oom(err);
	snprintf(what, sizeof(what), "%s: %s", unit, job_kinds[kind].name);
	job->manager = manager;
	job->kind = kind;
	job->unit = strdup(unit);
	if (!job->unit)
		return error_oom(err);
	r = sd_bus_match_signal(manager->bus, &job->match, manager_sender(manager), SYSTEMD_PATH,
				SYSTEMD_MANAGER, "JobRemoved", job_removed, job);
	if (r < 0)
		return error_set_errno(err, r, "%s: cannot subscribe to its end", what);
	r = manager_subscribe(manager, what, err);
	if (r >= 0)
		r = manager_call(manager, job_kinds[kind].method, &reply, what, err, "ss", unit,
				 "replace");
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r <= 0)
		return bus_error_layout(r, what, err);
	job->path = strdup(path);
	if (!job->path)
		return error_oom(err);
	*result = take(job);
	return 0;
}

/* systemd's job results: src/core/job.c job_result_table. */
static int job_verdict(const struct job *job, struct error *err)
{
	static const struct {
		const char *result;
		int code;
		const char *sentence;
	} failures[] = {
		{ "failed", -ECANCELED, "failed" },
		{ "canceled", -ECANCELED, "was cancelled by another job" },
		{ "timeout", -ETIMEDOUT, "timed out" },
		{ "dependency", -ECANCELED, "failed because a unit that it requires failed" },
		{ "skipped", -ECANCELED, "was skipped: a condition of the unit is not met" },
		{ "invalid", -ECANCELED, "does not apply to the unit in its current state" },
		{ "assert", -ECANCELED, "failed: an assertion of the unit is not met" },
		{ "unsupported", -EOPNOTSUPP, "is not supported here" },
		{ "collected", -ECANCELED, "failed: the unit was unloaded meanwhile" },
		{ "once", -ECANCELED, "was rejected: the unit can be started only once" },
	};

	if (strcmp(job->result, "done") == 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (strcmp(job->result, failures[i].result) == 0)
			return error_set(err, failures[i].code, "%s: %s %s", job->unit,
					 job_kinds[job->kind].name, failures[i].sentence);
	return error_set(err, -ECANCELED, "%s: %s ended as \"%s\"", job->unit,
			 job_kinds[job->kind].name, job->result);
}

int job_poll(struct job *job, struct error *err)
{
	int r = 1;

	while (!job->result && !job->error && r > 0)
		r = sd_bus_process(job->manager->bus, NULL);
	if (job->error)
		r = job->error;
	if (r < 0)
		return error_set_errno(err, r, "%s: %s: waiting for its end", job->unit,
				       job_kinds[job->kind].name);
	return job->result ? job_verdict(job, err) : 0;
}

/* Blocks until job_poll() has an answer: 0, or its error; -EINTR by the cancel descriptor;
 * -ETIMEDOUT after TIMEOUT_NS (UINT64_MAX: as long as the manager takes). */
static int job_wait(struct job *job, uint64_t timeout_ns, struct error *err)
{
	uint64_t deadline = wait_deadline_after(timeout_ns);

	for (;;) {
		int r = job_poll(job, err);

		if (r != 0)
			return r < 0 ? r : 0;
		r = wait_bus(job->manager->bus, job->manager->cancel_fd, deadline);
		if (r == -ETIMEDOUT)
			return error_set(err, r, "%s: %s did not finish within %g s", job->unit,
					 job_kinds[job->kind].name, (double)timeout_ns / 1e9);
		if (r == -EINTR)
			return error_set(err, r, "interrupted");
		if (r < 0)
			return error_set_errno(err, r, "%s: waiting for %s", job->unit,
					       job_kinds[job->kind].name);
	}
}

#define WATCH_NS UINT64_C(100000000)

int manager_run_watched_job(struct manager *manager, enum job_kind kind, const char *unit,
			    const struct job_watch *watch, struct error *err)
{
	_cleanup_(job_freep) struct job *job = NULL;
	int r = job_begin(manager, kind, unit, &job, err);

	if (r < 0)
		return r;
	for (;;) {
		r = job_poll(job, err);
		if (r != 0)
			return r < 0 ? r : 0;
		if (watch->look(watch->context, err) < 0)
			return err->code;
		r = wait_bus_or(manager->bus, manager->cancel_fd, watch->fd,
				wait_deadline_after(WATCH_NS));
		if (r == -EINTR)
			return error_set(err, r, "interrupted");
		if (r < 0 && r != -ETIMEDOUT)
			return error_set_errno(err, r, "%s: waiting for %s", unit,
					       job_kinds[kind].name);
	}
}

int manager_kill(struct manager *manager, const char *unit, struct error *err)
{
	return manager_call(manager, "KillUnit", NULL, "killing its processes", err, "ssi", unit,
			    "all", SIGKILL);
}

int manager_run_job(struct manager *manager, enum job_kind kind, const char *unit,
		    uint64_t timeout_ns, struct error *err)
{
	_cleanup_(job_freep) struct job *job = NULL;
	int r = job_begin(manager, kind, unit, &job, err);

	return r < 0 || !job ? r : job_wait(job, timeout_ns, err);
}
