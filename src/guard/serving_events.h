/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which units have a new process that has come to serve (bpf/serving_event.bpf.c). */
#ifndef WHITTLE_GUARD_SERVING_EVENTS_H
#define WHITTLE_GUARD_SERVING_EVENTS_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct serving_events;

/* UNITS (COUNT names) are waited for; TELL gets the index of one. The programs are in the kernel until
 * the close. */
int serving_events_open(const char *const *units, size_t count,
			void (*tell)(void *context, size_t unit), void *context,
			struct serving_events **serving_events, struct error *err);
void serving_events_closep(struct serving_events **serving_events);

/* Readable when somebody has come. */
int serving_events_fd(const struct serving_events *serving_events);
int serving_events_read(struct serving_events *serving_events, struct error *err);

/* That could not be told; all units should be looked at then. */
uint64_t serving_events_lost(const struct serving_events *serving_events);

#endif
