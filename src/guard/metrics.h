/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard's counters, in Prometheus's text format (0.0.4). Counters begin at 0 when the guard starts.
 * docs/guard.md lists the names.
 */
#ifndef WHITTLE_GUARD_METRICS_H
#define WHITTLE_GUARD_METRICS_H

#include "common/error.h"
#include "denial/denial.h"
#include "denial/kernel.h"
#include "guard/units.h"

#include <stddef.h>
#include <stdint.h>

/* Per unit; further kinds are counted as syscall="other". The clients of a unit may choose its calls and
 * must not be able to fill the guard's memory. */
#define METRICS_CALLS_MAX 512

struct metrics;
struct metrics *metrics_new(void); /* NULL: out of memory */
void metrics_freep(struct metrics **metrics);

int metrics_count_denial(struct metrics *metrics, const char *unit, const struct denial *denial,
			 uint64_t count, struct error *err);
int metrics_count_reaction(struct metrics *metrics, const char *unit, enum reaction reaction,
			   struct error *err);
void metrics_count_untold(struct metrics *metrics, uint64_t count);
void metrics_count_scrape(struct metrics *metrics);

/* Of all units. */
uint64_t metrics_denials(const struct metrics *metrics);

/* The complete text, which the caller frees. Enforced units without denials have 0. KERNEL may be NULL. */
int metrics_text(const struct metrics *metrics, const struct guarded_units *units,
		 const struct denial_kernel *kernel, const struct denial_kernel_totals *totals,
		 char **text, size_t *size, struct error *err);

#endif
