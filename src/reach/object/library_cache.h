/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/ld.so.cache: which file stands for a library's name. */
#ifndef WHITTLE_REACH_OBJECT_LIBRARY_CACHE_H
#define WHITTLE_REACH_OBJECT_LIBRARY_CACHE_H

#include <stddef.h>

/* The N-th path for this name that this machine's processor can use, best first; NULL: no more, or
 * no cache in a format that is known. Into DATA. */
const char *library_cache_find(const char *data, size_t size, const char *name, size_t n);

/* Which level of x86-64 (1 to 4) this processor has: loaders look in glibc-hwcaps/x86-64-v2 and so
 * on. */
unsigned library_cache_processor_level(void);

#endif
