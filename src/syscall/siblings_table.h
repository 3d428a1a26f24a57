/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data behind siblings.h. Only this folder includes it. */
#ifndef WHITTLE_SYSCALL_SIBLINGS_TABLE_H
#define WHITTLE_SYSCALL_SIBLINGS_TABLE_H

#include "syscall/siblings.h"

extern const struct sibling_family siblings_table[];
extern const size_t siblings_table_count;

#endif
