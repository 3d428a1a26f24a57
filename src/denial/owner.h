/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose a process is: the unit or container that its control group names. */
#ifndef WHITTLE_DENIAL_OWNER_H
#define WHITTLE_DENIAL_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_MAX 512

/* The unit in a control group's path: its innermost component that has a unit's suffix
 * ("/system.slice/nginx.service/worker": "nginx.service"), else the path itself, "" for the root. */
void owner_of_cgroup(const char *path, char *unit, size_t size);

/* The cgroup2 path of a live process as /proc gives it; NULL where it is gone or has none. To be
 * freed. */
char *owner_cgroup(int64_t pid);

/* The unit of a live process. False, and "", where it is gone or in none. */
bool owner_of_process(int64_t pid, char *unit, size_t size);

/* Whether PID still is a process of that executable (or, where that is "", of that name): numbers
 * are used again. */
bool owner_is_same(int64_t pid, const char *exe, const char *comm);

#endif
