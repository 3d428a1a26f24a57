/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detects units with a new process that has started serving (bpf/serving_event.bpf.c). */
#ifndef WHITTLE_GUARD_SERVING_EVENTS_H
#define WHITTLE_GUARD_SERVING_EVENTS_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct serving_events;

/* Watches UNITS (COUNT names); TELL gets a unit's index. The BPF programs stay loaded until the close. */
int serving_events_open(const char *const *units, size_t count,
			void (*tell)(void *context, size_t unit), void *context,
			struct serving_events **serving_events, struct error *err);
void serving_events_closep(struct serving_events **serving_events);

/* Readable when a process has arrived. */
int serving_events_fd(const struct serving_events *serving_events);
int serving_events_read(struct serving_events *serving_events, struct error *err);

/* The number of lost arrivals; if it grows, all units should be checked. */
uint64_t serving_events_lost(const struct serving_events *serving_events);

#endif
