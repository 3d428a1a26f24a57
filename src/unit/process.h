/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A living process as /proc shows it to others. Whatever it says may be past the moment after. */
#ifndef WHITTLE_UNIT_PROCESS_H
#define WHITTLE_UNIT_PROCESS_H

#include "common/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Its name, into BUFFER, which is returned; "gone" where it has ended. */
const char *process_command(pid_t pid, char *buffer, size_t size);

/* Its executable, without the kernel's mark of a deleted file. -ESRCH. */
int process_executable(pid_t pid, char path[PATH_MAX]);

/* Since the boot, in clock ticks: with the PID it names one process for ever. 0: it has ended. */
uint64_t process_start_time(pid_t pid);

/* How long ago it was forked, by that time. */
uint64_t process_age_ns(uint64_t start_time);

/* How many of its parents in a row run the same executable. */
unsigned process_depth(pid_t pid);

/* How many filters its main thread has; -1 where the kernel (before 5.9) does not say, or it ended. */
int process_count_filters(pid_t pid);

/* Whether it is the manager's child that has not executed its program yet: the filter comes last,
 * right before the execve. Since 254 a program of its own does that, systemd-executor. */
bool process_is_before_execve(pid_t pid);

/* Whether it runs this very program. */
bool process_is_whittle(pid_t pid);

/* Whether one of its threads stands in a call that waits for work (syscall/serving_calls.h). */
bool process_waits_for_work(pid_t pid);

#endif
