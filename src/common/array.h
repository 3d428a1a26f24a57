/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays that grow. There are two kinds, and each is typed, so that the compiler checks the elements:
 *
 * ARRAY(type) knows its capacity: for arrays that many elements are pushed to.
 *
 * A plain pointer with a count beside it carries no capacity: that is the count rounded up to a power
 * of two. Structures that others read use it. Everything that grows such an array is array_grow()
 * and array_grow_one(), from NULL and 0 on; the count may become smaller in between.
 *
 * Whatever fails (out of memory, a size that does not fit in a size_t) leaves the array as it was.
 */
#ifndef WHITTLE_COMMON_ARRAY_H
#define WHITTLE_COMMON_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY(type)                 \
	struct {                    \
		type *items;        \
		size_t count, room; \
	}

/* Makes room for MORE elements behind the last; false: out of memory. */
#define array_reserve(array, more)                                                   \
	array_reserve_items(&(array)->items, &(array)->room, (array)->count, (more), \
			    sizeof(*(array)->items))

/* Appends a copy of the value; false: out of memory. */
#define array_push(array, ...) \
	(array_reserve(array, 1) && ((array)->items[(array)->count++] = (__VA_ARGS__), true))

#define array_free(array)              \
	do {                           \
		free((array)->items);  \
		(array)->items = NULL; \
		(array)->count = 0;    \
		(array)->room = 0;     \
	} while (0)

/* The plain kind. Makes room for MORE elements behind COUNT of the array whose pointer ITEMS points to,
 * and zeroes them; the caller counts them. The first of them, or NULL. */
#ifdef __cppcheck__ /* can't parse the cast */
#define array_grow(items, count, more) array_grow_bytes((items), (count), (more), sizeof(**(items)))
#else
#define array_grow(items, count, more) \
	((__typeof__(*(items)))array_grow_bytes((items), (count), (more), sizeof(**(items))))
#endif
#define array_grow_one(items, count) array_grow(items, count, 1)

/* Appends TEXT, which it takes over, to a list of strings that ends on NULL (no list: NULL). -ENOMEM:
 * TEXT is freed, the list as it was; so too where TEXT is NULL, a copy that failed. */
int array_add_text(char ***list, char *text);

/* How many elements a plain array of COUNT has room for: for one that is copied. 0: too many. */
size_t array_capacity(size_t count);

/* What the macros call. */
bool array_reserve_bytes(void *items_pointer, size_t *room, size_t count, size_t more, size_t size);
void *array_grow_bytes(void *items_pointer, size_t count, size_t more, size_t size);

static inline bool array_reserve_items(void *items_pointer, size_t *room, size_t count, size_t more,
				       size_t size)
{
	return more <= *room - count || array_reserve_bytes(items_pointer, room, count, more, size);
}

#endif
