/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data behind groups.h. Only this folder includes it. */
#ifndef WHITTLE_SYSCALL_GROUPS_TABLE_H
#define WHITTLE_SYSCALL_GROUPS_TABLE_H

#include <stddef.h>

struct groups_row {
	const char *group; /* "@file-system" */
	const char *member; /* a call, or another group */
	unsigned versions; /* bit I: groups_table_versions[I] */
};

extern const unsigned groups_table_versions[]; /* ascending */
extern const size_t groups_table_version_count;
extern const struct groups_row groups_rows[]; /* sorted by group, then by member */
extern const size_t groups_row_count;

#endif
