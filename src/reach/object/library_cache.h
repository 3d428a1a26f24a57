/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/ld.so.cache: from a library's name to its file. */
#ifndef WHITTLE_REACH_OBJECT_LIBRARY_CACHE_H
#define WHITTLE_REACH_OBJECT_LIBRARY_CACHE_H

#include <stddef.h>

/* The N-th path for this name that this machine's processor can use, best first; NULL: no more, or
 * no cache in a known format. Into DATA. */
const char *library_cache_find(const char *data, size_t size, const char *name, size_t n);

/* This processor's level of x86-64 (1 to 4): loaders search glibc-hwcaps/x86-64-v2 and so on. */
unsigned library_cache_processor_level(void);

#endif
