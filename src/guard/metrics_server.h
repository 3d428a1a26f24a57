/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metrics' HTTP server: it answers GET /metrics and closes the connection. Whoever asks is
 * bounded: METRICS_REQUEST_CLIENTS at once, a request of METRICS_REQUEST_REQUEST bytes, METRICS_REQUEST_NS for all of it; a slow
 * reader holds only its own copy of the answer.
 */
#ifndef WHITTLE_GUARD_METRICS_SERVER_H
#define WHITTLE_GUARD_METRICS_SERVER_H

#include "common/error.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_REQUEST_CLIENTS 16
#define METRICS_REQUEST_REQUEST 4096
#define METRICS_REQUEST_NS	(5 * UINT64_C(1000000000))
#define METRICS_REQUEST_SOCKETS 2
#define METRICS_REQUEST_FDS	(METRICS_REQUEST_SOCKETS + METRICS_REQUEST_CLIENTS)

struct metrics_server;

/* Makes the answer's body, the server's to free. */
typedef int (*metrics_writer)(void *context, char **text, size_t *size, struct error *err);

/* PATH: of a unix socket, for root and its group; a socket that is left there by a dead server is
 * replaced. PORT: on 127.0.0.1, 0 none. Either may be missing. */
int metrics_server_open(const char *path, unsigned port, metrics_writer write, void *context,
			struct metrics_server **metrics_server, struct error *err);
void metrics_server_closep(struct metrics_server **metrics_server);

/* What to poll(2) for: fills up to METRICS_REQUEST_FDS, returns how many. */
size_t metrics_server_poll(const struct metrics_server *metrics_server, struct pollfd *fds);

/* When the next client's time is over; UINT64_MAX: there is none. */
uint64_t metrics_server_deadline(const struct metrics_server *metrics_server);

/* Takes and gives what is there, never blocks. Only want of memory is an error. */
int metrics_server_serve(struct metrics_server *metrics_server, uint64_t now_ns, struct error *err);

enum metrics_request {
	METRICS_REQUEST_INCOMPLETE,
	METRICS_REQUEST_METRICS, /* GET /metrics, with or without a query */
	METRICS_REQUEST_NOT_FOUND,
	METRICS_REQUEST_METHOD,
	METRICS_REQUEST_BAD,
};

/* What the bytes received so far ask for. */
enum metrics_request metrics_server_parse(const char *data, size_t size);

#endif
