/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unit or container of a process, from its control group. */
#ifndef WHITTLE_DENIAL_OWNER_H
#define WHITTLE_DENIAL_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_MAX 512

/* The unit in a control group's path: its innermost component that has a unit's suffix
 * ("/system.slice/nginx.service/worker": "nginx.service"), else the path itself, "" for the root. */
void owner_of_cgroup(const char *path, char *unit, size_t size);

/* The cgroup2 path of a running process from /proc, which the caller frees. NULL: it has ended or has
 * none. */
char *owner_cgroup(int64_t pid);

/* The unit of a running process. False and "": it has ended or is in none. */
bool owner_of_process(int64_t pid, char *unit, size_t size);

/*
 * Whether a user of this number is one of the unit's own: root, or the unit's user; a unit that runs as root
 * may use any system user, as a server does for its workers. Ordinary users may only have processes in it: jobs
 * of cron, sessions. UNIT_UID: of User=; 0 none, -1 unknown. UID -1: unknown, and not own.
 */
bool owner_is_own_user(int64_t uid, int64_t unit_uid);

/* Whether PID is still a process of this executable, or of this name if EXE is "". PIDs are reused. */
bool owner_is_same(int64_t pid, const char *exe, const char *comm);

#endif
