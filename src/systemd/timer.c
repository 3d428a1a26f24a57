// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/timer.h"

#include "common/cleanup.h"
#include "systemd/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Few enough within DefaultStartLimitIntervalSec= that the manager does not lose patience. */
#define RETRY_US UINT64_C(3000000)
/* A stop waits for what the service is at: a restart of another unit, which has its own limits. */
#define STOP_NS (120 * UINT64_C(1000000000))

static int append_exit_status(sd_bus_message *message, const char *property, int status)
{
	int r = sd_bus_message_open_container(message, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", property);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "(aiai)");
	if (r >= 0)
		r = sd_bus_message_append(message, "(aiai)", 1, status, 0);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* src/core/dbus-execute.c: (path, argv, whether a failure is ignored). */
static int append_command(sd_bus_message *message, const char *const *argv)
{
	static const char containers[] = { 'r', 'v', 'a', 'r' };
	static const char *const contents[] = { "sv", "a(sasb)", "(sasb)", "sasb" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(containers) && r >= 0; i++) {
		r = sd_bus_message_open_container(message, containers[i], contents[i]);
		if (r >= 0 && i == 0)
			r = sd_bus_message_append(message, "s", "ExecStart");
	}
	if (r >= 0)
		r = sd_bus_message_append(message, "s", argv[0]);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "s");
	for (; r >= 0 && *argv; argv++)
		r = sd_bus_message_append(message, "s", *argv);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_message_append(message, "b", 0);
	for (size_t i = 0; i < ARRAY_SIZE(containers) && r >= 0; i++)
		r = sd_bus_message_close_container(message);
	return r;
}

static int append_service(sd_bus_message *message, const struct timer *timer, const char *name)
{
	int r = sd_bus_message_open_container(message, 'a', "(sa(sv))");

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'r', "sa(sv)");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", name);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(message, "(sv)(sv)(sv)(sv)(sv)", "Description", "s",
					  timer->description, "Type", "s", "oneshot", "CollectMode",
					  "s", "inactive-or-failed", "Restart", "s", "on-failure",
					  "RestartUSec", "t", RETRY_US);
	if (r >= 0)
		r = append_command(message, timer->argv);
	if (r >= 0 && timer->status_nothing)
		r = append_exit_status(message, "SuccessExitStatus", timer->status_nothing);
	for (unsigned depth = 0; depth < 3 && r >= 0; depth++)
		r = sd_bus_message_close_container(message);
	return r;
}

static int append_timer(sd_bus_message *message, const struct timer *timer, const char *name,
			uint64_t delay_us)
{
	int r = sd_bus_message_append(message, "ss", name, "replace");

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(message, "(sv)(sv)(sv)(sv)(sv)", "Description", "s",
					  timer->description, "CollectMode", "s",
					  "inactive-or-failed", "RemainAfterElapse", "b", 0,
					  "AccuracyUSec", "t", UINT64_C(100000), "TimersMonotonic",
					  "a(st)", 1, "OnActiveSec", delay_us);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int names(const char *name, char **timer, char **service, struct error *err)
{
	*timer = *service = NULL;
	if (asprintf(timer, "%s.timer", name) < 0)
		*timer = NULL;
	if (asprintf(service, "%s.service", name) < 0)
		*service = NULL;
	return *timer && *service ? 0 : error_oom(err);
}

int timer_start(struct manager *manager, const struct timer *timer, uint64_t delay_ns,
		struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *message = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *timer_name = NULL, *service_name = NULL;
	int r = timer_stop(manager, timer->name, err);

	if (r >= 0)
		r = names(timer->name, &timer_name, &service_name, err);
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(manager_bus(manager), &message, SYSTEMD_NAME,
					   SYSTEMD_PATH, SYSTEMD_MANAGER, "StartTransientUnit");
	if (r >= 0)
		r = append_timer(message, timer, timer_name, delay_ns / 1000);
	if (r >= 0)
		r = append_service(message, timer, service_name);
	if (r < 0)
		return error_set_errno(err, r, "%s: cannot be requested", timer_name);
	r = sd_bus_call(manager_bus(manager), message, BUS_TIMEOUT_US, &error, NULL);
	return r < 0 ? bus_error_set(&error, r, timer_name, err) : 0;
}

/* A unit that is not loaded is stopped. */
static int stop(struct manager *manager, const char *name, struct error *err)
{
	struct error ignored = { 0 };
	int r = manager_run_job(manager, JOB_STOP, name, STOP_NS, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	/* A failed one would keep its name from the next. */
	if (r >= 0)
		manager_reset_failed(manager, name, &ignored);
	return r;
}

int timer_disarm(struct manager *manager, const char *name, struct error *err)
{
	_cleanup_free_ char *timer_name = NULL, *service_name = NULL;
	int r = names(name, &timer_name, &service_name, err);

	return r < 0 ? r : stop(manager, timer_name, err);
}

int timer_stop(struct manager *manager, const char *name, struct error *err)
{
	_cleanup_free_ char *timer_name = NULL, *service_name = NULL;
	int r = names(name, &timer_name, &service_name, err);

	if (r >= 0)
		r = stop(manager, timer_name, err);
	return r < 0 ? r : stop(manager, service_name, err);
}

static int append_run(sd_bus_message *message, const struct timer *command, const char *service)
{
	int r = sd_bus_message_append(message, "ss", service, "fail");

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(message, "(sv)(sv)(sv)", "Description", "s",
					  command->description, "Type", "s", "oneshot",
					  "CollectMode", "s", "inactive-or-failed");
	if (r >= 0)
		r = append_command(message, command->argv);
	if (r >= 0 && command->status_nothing)
		r = append_exit_status(message, "SuccessExitStatus", command->status_nothing);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_append(message, "a(sa(sv))", 0);
}

int timer_start_now(struct manager *manager, const struct timer *command, struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *message = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *service = NULL;
	int r;

	if (asprintf(&service, "%s.service", command->name) < 0)
		return error_oom(err);
	r = sd_bus_message_new_method_call(manager_bus(manager), &message, SYSTEMD_NAME,
					   SYSTEMD_PATH, SYSTEMD_MANAGER, "StartTransientUnit");
	if (r >= 0)
		r = append_run(message, command, service);
	if (r < 0)
		return error_set_errno(err, r, "%s: cannot be requested", service);
	r = sd_bus_call(manager_bus(manager), message, BUS_TIMEOUT_US, &error, NULL);
	if (r < 0 && sd_bus_error_has_name(&error, SYSTEMD_NAME ".UnitExists"))
		return error_set(err, -EEXIST, "%s: still runs", service);
	return r < 0 ? bus_error_set(&error, r, service, err) : 0;
}
