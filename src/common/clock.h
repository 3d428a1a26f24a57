/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WHITTLE_COMMON_CLOCK_H
#define WHITTLE_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in nanoseconds: for spans and limits, also what BPF's bpf_ktime_get_ns() gives. */
static inline uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
