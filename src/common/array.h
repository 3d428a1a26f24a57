/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow one by one and carry no capacity: it is the count rounded up to a power of two. */
#ifndef WHITTLE_COMMON_ARRAY_H
#define WHITTLE_COMMON_ARRAY_H

#include <stddef.h>

/* Room for one more of SIZE bytes behind COUNT, zeroed, in the array whose pointer ARRAY_POINTER points
 * to; the caller counts it. NULL when out of memory: the array is as it was. All that grows an array
 * must be this function, from 0 on. */
void *array_grow_one(void *array_pointer, size_t count, size_t size);

#endif
