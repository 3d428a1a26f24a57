/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metrics' HTTP server: it answers GET /metrics and closes the connection. It limits clients to
 * METRICS_REQUEST_CLIENTS at once, METRICS_REQUEST_REQUEST bytes per request and METRICS_REQUEST_NS per connection. A slow reader
 * occupies only its own copy of the answer.
 */
#ifndef WHITTLE_GUARD_METRICS_SERVER_H
#define WHITTLE_GUARD_METRICS_SERVER_H

#include "common/error.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_REQUEST_CLIENTS	 16
#define METRICS_REQUEST_REQUEST	 4096
#define METRICS_REQUEST_NS	 (5 * UINT64_C(1000000000))
#define METRICS_REQUEST_PAUSE_NS UINT64_C(1000000000) /* after a failed accept */
#define METRICS_REQUEST_SOCKETS	 2
#define METRICS_REQUEST_FDS	 (METRICS_REQUEST_SOCKETS + METRICS_REQUEST_CLIENTS)

struct metrics_server;

/* Creates the answer's body. The server frees it. */
typedef int (*metrics_writer)(void *context, char **text, size_t *size, struct error *err);

/* PATH: a Unix socket for root and its group, NULL none; a socket left by a dead server is replaced.
 * PORT: on 127.0.0.1, 0 none. */
int metrics_server_open(const char *path, unsigned port, metrics_writer write, void *context,
			struct metrics_server **metrics_server, struct error *err);
void metrics_server_closep(struct metrics_server **metrics_server);

/* Fills up to METRICS_REQUEST_FDS entries for poll(2) and returns their number. */
size_t metrics_server_poll(const struct metrics_server *metrics_server, struct pollfd *fds);

/* The deadline of the next client, or the end of a pause after a failed accept; UINT64_MAX: there is none. */
uint64_t metrics_server_deadline(const struct metrics_server *metrics_server);

/* Reads and writes without blocking. Only lack of memory is an error. */
int metrics_server_serve(struct metrics_server *metrics_server, uint64_t now_ns, struct error *err);

enum metrics_request {
	METRICS_REQUEST_INCOMPLETE,
	METRICS_REQUEST_METRICS, /* GET /metrics, with or without a query */
	METRICS_REQUEST_NOT_FOUND,
	METRICS_REQUEST_METHOD,
	METRICS_REQUEST_BAD,
};

/* Classifies the bytes received so far. */
enum metrics_request metrics_server_parse(const char *data, size_t size);

#endif
