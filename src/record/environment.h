/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a recording was made: kernel, machine, C library, service manager, distribution. */
#ifndef WHITTLE_RECORD_ENVIRONMENT_H
#define WHITTLE_RECORD_ENVIRONMENT_H

#include "recording/recording.h"

/* Fills the fields that are not known yet. LIBC_FD: the target's C library, -1 not known; PID: a
 * process whose file system identifies the distribution, 0 ours. */
int environment_fill(struct run *run, int libc_fd, int pid, struct error *err);

#endif
