/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow one by one. They store no capacity: it is the count rounded up to a power of 2. */
#ifndef WHITTLE_COMMON_ARRAY_H
#define WHITTLE_COMMON_ARRAY_H

#include <stddef.h>

/* Makes room for one more zeroed element of SIZE bytes behind COUNT, in the array whose pointer
 * ARRAY_POINTER points to; the caller increments the count. NULL when out of memory: the array is
 * unchanged. Such an array must grow only through this function, from 0 on. */
void *array_grow_one(void *array_pointer, size_t count, size_t size);

#endif
