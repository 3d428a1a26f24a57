/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by arrival.bpf.c and user space: plain types, fixed widths, no pointers. */
#ifndef WHITTLE_BPF_SERVING_EVENT_H
#define WHITTLE_BPF_SERVING_EVENT_H

#include <linux/types.h>

/* The control groups of units whose new processes are awaited, by their last name. Full: user space
 * cannot add the next, and reports it. */
#define SERVING_EVENT_UNITS 256
#define SERVING_EVENT_NAME  256 /* NAME_MAX and a NUL */

/* Processes that do not serve yet. Full: a further one is reported at once. */
#define SERVING_EVENT_FRESH 8192

/* Numbers of the native ABI below this may be calls that wait for work: one byte each. */
#define SERVING_EVENT_CALLS 512

/* Bytes of events that wait to be read. Full: the event is lost, and counted. */
#define SERVING_EVENT_RING 16384

struct serving_event {
	__u32 unit; /* the index that user space assigned */
	__u32 tgid; /* in the initial PID namespace */
};

#endif
