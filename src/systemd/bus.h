/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection, shared by the files of this folder; private to it. */
#ifndef WHITTLE_SYSTEMD_BUS_H
#define WHITTLE_SYSTEMD_BUS_H

#include "common/cleanup.h"
#include "systemd/manager.h"

#include <systemd/sd-bus.h>

#define SYSTEMD_NAME	  "org.freedesktop.systemd1"
#define SYSTEMD_PATH	  "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER	  SYSTEMD_NAME ".Manager"
#define SYSTEMD_INTERFACE SYSTEMD_NAME "."

/* These calls may take as long as a reload of thousands of units. */
#define BUS_TIMEOUT_US (300 * (uint64_t)1000000)

#define _cleanup_bus_error_   _cleanup_(sd_bus_error_free)
#define _cleanup_bus_message_ _cleanup_(sd_bus_message_unrefp)

sd_bus *manager_bus(struct manager *manager);
int manager_cancel_fd(const struct manager *manager);

/* Returns the sender that a match for a signal of the manager must name; also subscribes to the
 * signals, which systemd sends to a bus only after that. */
const char *manager_sender(const struct manager *manager);
int manager_subscribe(struct manager *manager, const char *what, struct error *err);

/* Calls a method of the Manager object with arguments by sd-bus's TYPES; *REPLY may be NULL. An
 * error reads "WHAT: reason". */
int manager_call(struct manager *manager, const char *method, sd_bus_message **reply,
		 const char *what, struct error *err, const char *types, ...);

/* Sets the error for a reply with an unexpected layout. */
int bus_error_layout(int r, const char *what, struct error *err);

/* Turns an error reply into a sentence: "WHAT: reason", with advice if polkit refused the call. */
int bus_error_set(const sd_bus_error *error, int r, const char *what, struct error *err);

#endif
