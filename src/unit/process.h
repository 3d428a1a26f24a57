/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about a running process from /proc. They may be outdated at once. */
#ifndef WHITTLE_UNIT_PROCESS_H
#define WHITTLE_UNIT_PROCESS_H

#include "common/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes its name to BUFFER and returns BUFFER; "gone" if it has ended. */
const char *process_command(pid_t pid, char *buffer, size_t size);

/* Its executable, without the kernel's mark of a deleted file. -ESRCH. */
int process_executable(pid_t pid, char path[PATH_MAX]);

/* Clock ticks since boot. Together with the PID it identifies a process. 0: it has ended. */
uint64_t process_start_time(pid_t pid);

/* Its age, from its start time. */
uint64_t process_age_ns(uint64_t start_time);

/* How many of its parents in a row run the same executable. */
unsigned process_depth(pid_t pid);

/* The number of filters of its main thread; -1 if it has ended, or before Linux 5.9. */
int process_count_filters(pid_t pid);

/* Whether it is a child of systemd that has not executed its program yet. systemd installs the filter
 * right before the execve; since version 254 its program systemd-executor does that. */
bool process_is_before_execve(pid_t pid);

/* Whether it runs whittle. */
bool process_is_whittle(pid_t pid);

/* Whether one of its threads sleeps in a call that waits for work (syscall/serving_calls.h). */
bool process_waits_for_work(pid_t pid);

#endif
