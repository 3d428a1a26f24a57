/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow: struct { T *items; size_t count, room; }, pushed to by macro so that the
 * element's type is checked by the compiler. */
#ifndef WHITTLE_REACH_CODE_VECTOR_H
#define WHITTLE_REACH_CODE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define VECTOR(type)                \
	struct {                    \
		type *items;        \
		size_t count, room; \
	}

/* Makes room for one more; false: out of memory, and the array is unchanged. */
static inline bool vector_grow(void **items, size_t *room, size_t count, size_t element)
{
	size_t wanted = count < 8 ? 16 : count + count / 2, bytes;
	void *bigger;

	if (count < *room)
		return true;
	if (__builtin_mul_overflow(wanted, element, &bytes))
		return false;
	bigger = realloc(*items, bytes);
	if (!bigger)
		return false;
	*items = bigger;
	*room = wanted;
	return true;
}

/* Appends a copy of the value; false: out of memory. */
#define vector_push(vector, ...)                                                  \
	(vector_grow((void **)&(vector)->items, &(vector)->room, (vector)->count, \
		     sizeof(*(vector)->items)) &&                                 \
	 ((vector)->items[(vector)->count++] = (__VA_ARGS__), true))

#define vector_free(vector)             \
	do {                            \
		free((vector)->items);  \
		(vector)->items = NULL; \
		(vector)->count = 0;    \
		(vector)->room = 0;     \
	} while (0)

#endif
