/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What apply and revert share: telling of steps, asking for interruptions, failures in words. */
#ifndef WHITTLE_UNIT_PROGRESS_H
#define WHITTLE_UNIT_PROGRESS_H

#include "unit/apply.h"

void progress_step(const struct apply_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -EINTR where the cancel descriptor is readable. */
int progress_check_cancelled(const struct apply_options *options, struct error *err);

/* CLOCK_REALTIME, microseconds. */
uint64_t progress_now_us(void);

/* Adds to ERR why the unit is not up, as the manager knows it. Returns its code. */
int progress_explain_failure(struct manager *manager, const char *unit, struct error *err);

/* The last lines of its present invocation since then; NULL none. */
char *progress_journal_tail(struct manager *manager, const char *unit, uint64_t since_us);

/* unit_load(), and -EINVAL for what is no service. */
int progress_load_service(struct manager *manager, const char *name, struct unit **unit,
			  struct error *err);

/* Whether it ran to its end as it should: a service that is one command. */
bool progress_is_done(const struct unit *unit);

bool progress_list_has(char **strings, const char *wanted);

#endif
