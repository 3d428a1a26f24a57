/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firejail's groups of system calls. They are not systemd's, though many share a name. */
#ifndef WHITTLE_IMPORT_PROFILE_FIREJAIL_GROUPS_H
#define WHITTLE_IMPORT_PROFILE_FIREJAIL_GROUPS_H

#include <stddef.h>

/* The calls and groups in a group, "@clock", separated by blanks; NULL: there is no such group. */
const char *firejail_groups_members(const char *name, size_t length);

#endif
