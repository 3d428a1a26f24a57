/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd's groups of system calls (@default, @system-service, ...), version by version: a name
 * means different calls in each, and systemd drops a name that it does not know with only a
 * warning.
 */
#ifndef WHITTLE_SYSCALL_GROUPS_H
#define WHITTLE_SYSCALL_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

/* The versions in the table, ascending (247, 252, 257 ...). Returns how many. */
size_t groups_versions(const unsigned **versions);

/* The version of the table that represents VERSION: the newest that is not newer than it, or the
 * oldest one. */
unsigned groups_version_for(unsigned version);

/*
 * Below, a version that the table lacks means groups_version_for() it.
 *
 * Names of groups of that version, sorted, with the "@". Returns how many.
 */
size_t groups_names(unsigned version, const char *const **names);

/* The calls in a group with nested groups expanded, sorted. 0 if there is no such group. */
size_t groups_members(unsigned version, const char *group, const char *const **members);

bool groups_contain(unsigned version, const char *group, const char *syscall);

/* Whether the group's own lines name the call, and not only a group in it. */
bool groups_name(unsigned version, const char *group, const char *syscall);

/* Whether any group of that version, @known first, names the call: then systemd knows it. */
bool groups_know(unsigned version, const char *syscall);

#endif
