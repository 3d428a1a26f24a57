/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one place where a command of the user's is run, since the user asked for it. */
#ifndef WHITTLE_UNIT_CHECK_H
#define WHITTLE_UNIT_CHECK_H

#include "common/error.h"

#include <stdint.h>

/*
 * Runs `/bin/sh -c COMMAND` without input, its output going to our standard error. 0 where it
 * exits with 0; -ECANCELED where it does not; -ETIMEDOUT after TIMEOUT_NS, when it and what it
 * started are killed; -EINTR where CANCEL_FD (-1: none) becomes readable, likewise.
 */
int check_run(const char *command, uint64_t timeout_ns, int cancel_fd, struct error *err);

#endif
