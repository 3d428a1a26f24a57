/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The data behind syscall.h: one row a name, a column an ABI. Only this folder includes it.
 */
#ifndef WHITTLE_SYSCALL_TABLE_H
#define WHITTLE_SYSCALL_TABLE_H

#include "syscall/abi.h"

#include <stddef.h>

struct table_row {
	const char *name;
	int32_t nr[ABI_COUNT]; /* -1: the ABI has no such call */
};

/* Sorted by name, as strcmp sorts. */
extern const struct table_row table_rows[];
extern const size_t table_count;

#endif
