/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data behind parameters.h. Only this folder includes it. */
#ifndef WHITTLE_SYSCALL_PARAMETERS_TABLE_H
#define WHITTLE_SYSCALL_PARAMETERS_TABLE_H

#include <stddef.h>

struct parameters_row {
	const char *name; /* as in the kernel's SYSCALL_DEFINE: "newfstat" */
	const char *parameters; /* "fd:4 statbuf" */
};

extern const struct parameters_row parameters_rows[]; /* sorted by name */
extern const size_t parameters_count;

#endif
