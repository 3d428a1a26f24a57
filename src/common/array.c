// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/array.h"

#include <stdlib.h>
#include <string.h>

void *array_grow_one(void *array_pointer, size_t count, size_t size)
{
	void **array = array_pointer;
	size_t capacity = 1, bytes;
	char *at;

	/* The capacity is used up exactly when the count is 0 or a power of two. */
	if ((count & (count - 1)) == 0) {
		void *bigger;

		if (count && __builtin_mul_overflow(count, 2, &capacity))
			return NULL;
		if (__builtin_mul_overflow(capacity, size, &bytes))
			return NULL;
		bigger = realloc(*array, bytes);
		if (!bigger)
			return NULL;
		*array = bigger;
	}
	at = *array;
	return memset(at + count * size, 0, size);
}
