/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which units have a new process that has come to serve (bpf/serving_event.bpf.c). */
#ifndef WHITTLE_GUARD_SERVING_EVENTS_H
#define WHITTLE_GUARD_SERVING_EVENTS_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct arrivals;

/* UNITS (COUNT names) are waited for; TELL gets the index of one. The programs are in the kernel until
 * the close. */
int arrivals_open(const char *const *units, size_t count, void (*tell)(void *context, size_t unit),
		  void *context, struct arrivals **arrivals, struct error *err);
void arrivals_closep(struct arrivals **arrivals);

/* Readable when somebody has come. */
int arrivals_fd(const struct arrivals *arrivals);
int arrivals_read(struct arrivals *arrivals, struct error *err);

/* That could not be told; all units should be looked at then. */
uint64_t arrivals_lost(const struct arrivals *arrivals);

#endif
