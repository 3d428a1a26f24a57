/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions shared by apply and revert: progress, interruptions, descriptions of failures. */
#ifndef WHITTLE_UNIT_PROGRESS_H
#define WHITTLE_UNIT_PROGRESS_H

#include "unit/apply.h"

void progress_step(const struct apply_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -EINTR if the cancel descriptor is readable. */
int progress_check_cancelled(const struct apply_options *options, struct error *err);

/* CLOCK_REALTIME, microseconds. */
uint64_t progress_now_us(void);

/* Adds systemd's reason why the unit is not up to ERR. Returns its code. */
int progress_explain_failure(struct manager *manager, const char *unit, struct error *err);

/* The last journal lines of its present invocation since SINCE_US; NULL none. */
char *progress_journal_tail(struct manager *manager, const char *unit, uint64_t since_us);

/* unit_load(), but -EINVAL if the unit is not a service. */
int progress_load_service(struct manager *manager, const char *name, struct unit **unit,
			  struct error *err);

/* Whether it is a oneshot service that has finished successfully. */
bool progress_is_done(const struct unit *unit);

bool progress_list_has(char **strings, const char *wanted);

#endif
