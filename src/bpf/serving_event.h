/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What arrival.bpf.c and user space share: plain types, fixed widths, no pointers. */
#ifndef WHITTLE_BPF_SERVING_EVENT_H
#define WHITTLE_BPF_SERVING_EVENT_H

#include <linux/types.h>

/* The control groups of units whose processes are waited for, by their last name. Full: user space
 * is refused the next, and says so. */
#define SERVING_EVENT_UNITS 256
#define SERVING_EVENT_NAME  256 /* NAME_MAX and a NUL */

/* Processes that have not come to serve yet. Full: a further one is told of at once. */
#define SERVING_EVENT_FRESH 8192

/* Numbers of the native ABI below this may be calls that wait for work: a byte each. */
#define SERVING_EVENT_CALLS 512

/* Bytes of events that wait to be read. Full: the event is lost, and counted. */
#define SERVING_EVENT_RING 16384

struct serving_event {
	__u32 unit; /* the index that user space gave */
	__u32 tgid; /* in the first PID namespace */
};

#endif
