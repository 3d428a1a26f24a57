/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the user's check command. No other code runs a command of the user. */
#ifndef WHITTLE_UNIT_CHECK_H
#define WHITTLE_UNIT_CHECK_H

#include "common/error.h"

#include <stdint.h>

/*
 * Runs `/bin/sh -c COMMAND` without input; its output goes to standard error. Returns 0 if it exits with
 * 0, else -ECANCELED. After TIMEOUT_NS (-ETIMEDOUT), or if CANCEL_FD (-1: none) becomes readable
 * (-EINTR), it kills the command and its process group.
 */
int check_run(const char *command, uint64_t timeout_ns, int cancel_fd, struct error *err);

#endif
