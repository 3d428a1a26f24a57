/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WHITTLE_UNIT_LISTENING_H
#define WHITTLE_UNIT_LISTENING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether one of the processes has a socket that accepts connections (TCP, or a UNIX socket). False also where
 * /proc does not show it. */
bool listening_is_any(const pid_t *pids, size_t count);

#endif
