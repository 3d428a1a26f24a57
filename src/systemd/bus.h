/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share of the connection; nobody else's. */
#ifndef WHITTLE_SYSTEMD_BUS_H
#define WHITTLE_SYSTEMD_BUS_H

#include "common/cleanup.h"
#include "systemd/manager.h"

#include <systemd/sd-bus.h>

#define SYSTEMD_NAME	  "org.freedesktop.systemd1"
#define SYSTEMD_PATH	  "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER	  SYSTEMD_NAME ".Manager"
#define SYSTEMD_INTERFACE SYSTEMD_NAME "."

/* A call of these may take as long as a reload of thousands of units does. */
#define BUS_TIMEOUT_US (300 * (uint64_t)1000000)

#define _cleanup_bus_error_   _cleanup_(sd_bus_error_free)
#define _cleanup_bus_message_ _cleanup_(sd_bus_message_unrefp)

sd_bus *manager_bus(struct manager *manager);
int manager_cancel_fd(const struct manager *manager);

/* What a match for a signal of the manager's must name as its sender; and asks for the signals,
 * which systemd sends to a bus only then. */
const char *manager_sender(const struct manager *manager);
int manager_subscribe(struct manager *manager, const char *what, struct error *err);

/* Calls a method of the Manager object with arguments by sd-bus's TYPES; *REPLY may be NULL. An error
 * reads "WHAT: reason". */
int manager_call(struct manager *manager, const char *method, sd_bus_message **reply,
		 const char *what, struct error *err, const char *types, ...);

/* The reply's layout is not what it must be. */
int bus_error_layout(int r, const char *what, struct error *err);

/* An error reply in words: "WHAT: reason", with what to do where polkit refused. */
int bus_error_set(const sd_bus_error *error, int r, const char *what, struct error *err);

#endif
