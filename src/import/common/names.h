/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up names of calls in logs by pointer and length, fast enough for logs of gigabytes. */
#ifndef WHITTLE_IMPORT_COMMON_NAMES_H
#define WHITTLE_IMPORT_COMMON_NAMES_H

#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>

#define CALL_NAME_SLOTS 2048 /* a power of two, over twice the longest table */

struct call_name_slot {
	const char *name; /* NULL: free */
	size_t length;
	int nr;
};

struct call_names {
	bool is_filled[ABI_COUNT];
	struct call_name_slot slots[ABI_COUNT][CALL_NAME_SLOTS];
};

/* Finds the number by the kernel's name or by a tracer's ("pread" for pread64, "syscall_0x1c9" for an
 * unknown call). */
bool names_find(struct call_names *names, enum abi abi, const char *name, size_t length, int *nr);

static inline bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'A' && c <= 'Z');
}

#endif
