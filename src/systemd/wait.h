/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for the bus, a time or an interruption, whichever comes first, without polling. */
#ifndef WHITTLE_SYSTEMD_WAIT_H
#define WHITTLE_SYSTEMD_WAIT_H

#include <stdint.h>
#include <systemd/sd-bus.h>

/* Now + NS, UINT64_MAX if that is past the clock's end. */
uint64_t wait_deadline_after(uint64_t ns);

/* For poll(2), rounded up: 0 only once it is over; -1 for UINT64_MAX. */
int wait_milliseconds_until(uint64_t deadline_ns);

/* 0: the bus has something to process; -EINTR: CANCEL_FD (-1: none) is readable; -ETIMEDOUT. */
int wait_bus(sd_bus *bus, int cancel_fd, uint64_t deadline_ns);

/* The same; 0 also if OTHER_FD (-1: none) is readable. */
int wait_bus_or(sd_bus *bus, int cancel_fd, int other_fd, uint64_t deadline_ns);

#endif
