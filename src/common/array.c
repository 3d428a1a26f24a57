// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/array.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define ROOM_FIRST 16

/* Pointers of any type are read and written byte by byte, since a `void **` may not alias them. */
static bool resize(void *items_pointer, size_t room, size_t size)
{
	void *items, *bigger;
	size_t bytes;

	if (__builtin_mul_overflow(room, size, &bytes))
		return false;
	memcpy(&items, items_pointer, sizeof(items));
	bigger = realloc(items, bytes);
	if (!bigger)
		return false;
	memcpy(items_pointer, &bigger, sizeof(bigger));
	return true;
}

bool array_reserve_bytes(void *items_pointer, size_t *room, size_t count, size_t more, size_t size)
{
	size_t wanted = count < ROOM_FIRST / 2 ? ROOM_FIRST : count + count / 2, least;

	if (__builtin_add_overflow(count, more, &least))
		return false;
	if (wanted < least)
		wanted = least;
	if (!resize(items_pointer, wanted, size))
		return false;
	*room = wanted;
	return true;
}

size_t array_capacity(size_t count)
{
	if (count <= 1)
		return count;
	if (count > SIZE_MAX / 2 + 1)
		return 0;
	return (size_t)2 << (8 * sizeof(long long) - 1 - (size_t)__builtin_clzll(count - 1));
}

void *array_grow_bytes(void *items_pointer, size_t count, size_t more, size_t size)
{
	size_t before = array_capacity(count), after, total;
	char *items;

	if (__builtin_add_overflow(count, more, &total))
		return NULL;
	after = array_capacity(total ? total : 1);
	if (after == 0 || (after != before && !resize(items_pointer, after, size)))
		return NULL;
	memcpy(&items, items_pointer, sizeof(items));
	return memset(items + count * size, 0, more * size);
}

int array_add_text(char ***list, char *text)
{
	size_t count = 0;

	if (!text)
		return -ENOMEM;
	/* The NULL at the end counts. */
	if (!*list && !array_grow_one(list, 0))
		goto failed;
	while ((*list)[count])
		count++;
	if (!array_grow_one(list, count + 1))
		goto failed;
	(*list)[count] = text;
	return 0;
failed:
	free(text);
	return -ENOMEM;
}
