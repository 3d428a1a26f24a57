/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up names of calls in logs by pointer and length, fast enough for logs of gigabytes. */
#ifndef WHITTLE_IMPORT_COMMON_NAMES_H
#define WHITTLE_IMPORT_COMMON_NAMES_H

#include "common/table.h"
#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>

#define CALL_NAMES_MAX 1024 /* over twice the longest table */

struct call_name {
	const char *name;
	size_t length;
	int nr;
};

struct call_names {
	struct {
		struct call_name names[CALL_NAMES_MAX];
		uint32_t count; /* 0: not filled yet */
		struct table by_name;
	} abi[ABI_COUNT];
};

/* -ENOMEM: names_clear() must be called anyway. */
int names_init(struct call_names *names);
void names_clear(struct call_names *names);

/* Finds the number by the kernel's name or by a tracer's ("pread" for pread64, "syscall_0x1c9" for an
 * unknown call). */
bool names_find(struct call_names *names, enum abi abi, const char *name, size_t length, int *nr);

static inline bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'A' && c <= 'Z');
}

#endif
