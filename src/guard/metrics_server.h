/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metrics' HTTP server: it answers GET /metrics and closes the connection. Whoever asks is
 * bounded: SCRAPE_CLIENTS at once, a request of SCRAPE_REQUEST bytes, SCRAPE_NS for all of it; a slow
 * reader holds only its own copy of the answer.
 */
#ifndef WHITTLE_GUARD_METRICS_SERVER_H
#define WHITTLE_GUARD_METRICS_SERVER_H

#include "common/error.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define SCRAPE_CLIENTS 16
#define SCRAPE_REQUEST 4096
#define SCRAPE_NS      (5 * UINT64_C(1000000000))
#define SCRAPE_SOCKETS 2
#define SCRAPE_FDS     (SCRAPE_SOCKETS + SCRAPE_CLIENTS)

struct scrape;

/* Makes the answer's body, the server's to free. */
typedef int (*scrape_writer)(void *context, char **text, size_t *size, struct error *err);

/* PATH: of a unix socket, for root and its group; a socket that is left there by a dead server is
 * replaced. PORT: on 127.0.0.1, 0 none. Either may be missing. */
int scrape_open(const char *path, unsigned port, scrape_writer write, void *context,
		struct scrape **scrape, struct error *err);
void scrape_closep(struct scrape **scrape);

/* What to poll(2) for: fills up to SCRAPE_FDS, returns how many. */
size_t scrape_poll(const struct scrape *scrape, struct pollfd *fds);

/* When the next client's time is over; UINT64_MAX: there is none. */
uint64_t scrape_deadline(const struct scrape *scrape);

/* Takes and gives what is there, never blocks. Only want of memory is an error. */
int scrape_serve(struct scrape *scrape, uint64_t now_ns, struct error *err);

enum scrape_request {
	SCRAPE_INCOMPLETE,
	SCRAPE_METRICS, /* GET /metrics, with or without a query */
	SCRAPE_NOT_FOUND,
	SCRAPE_METHOD,
	SCRAPE_BAD,
};

/* What the bytes received so far ask for. */
enum scrape_request scrape_parse(const char *data, size_t size);

#endif
