// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/wait.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* CLOCK_MONOTONIC, nanoseconds. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t wait_deadline_after(uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(now_ns(), ns, &deadline) ? UINT64_MAX : deadline;
}

int wait_milliseconds_until(uint64_t deadline_ns)
{
	uint64_t now = now_ns(), left;

	if (deadline_ns == UINT64_MAX)
		return -1;
	left = deadline_ns > now ? (deadline_ns - now + 999999) / 1000000 : 0;
	return left > 3600000 ? 3600000 : (int)left;
}

/* What to poll(2) for the bus. Returns the descriptor. */
static int bus_fd(sd_bus *bus, short *events, int *timeout_ms)
{
	uint64_t bus_deadline_us = UINT64_MAX;
	int wanted = sd_bus_get_events(bus);

	*events = (short)(wanted < 0 ? POLLIN : wanted);
	sd_bus_get_timeout(bus, &bus_deadline_us);
	*timeout_ms = bus_deadline_us > UINT64_MAX / 1000
			      ? -1
			      : wait_milliseconds_until(bus_deadline_us * 1000);
	return sd_bus_get_fd(bus);
}

int wait_bus(sd_bus *bus, int cancel_fd, uint64_t deadline_ns)
{
	return wait_bus_or(bus, cancel_fd, -1, deadline_ns);
}

int wait_bus_or(sd_bus *bus, int cancel_fd, int other_fd, uint64_t deadline_ns)
{
	struct pollfd fds[3] = { 0 };
	int bus_ms, own_ms, r;

	fds[0].fd = bus_fd(bus, &fds[0].events, &bus_ms);
	fds[1] = (struct pollfd){ .fd = cancel_fd, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = other_fd, .events = POLLIN };
	own_ms = wait_milliseconds_until(deadline_ns);
	if (own_ms == 0)
		return -ETIMEDOUT;
	if (own_ms < 0 || (bus_ms >= 0 && bus_ms < own_ms))
		own_ms = bus_ms;
	r = poll(fds, 3, own_ms);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		return -EINTR;
	return 0;
}
