/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash table that finds the elements of an array. The array is the caller's; the table has the hash
 * and the index of each, and never looks at an element itself, so that it works for all types:
 *
 *	TABLE_EACH (index, &table, hash)
 *		if (is_equal(&items[index], wanted))
 *			return &items[index];
 *
 * It is open addressing with linear probing, at most half full. A zeroed table is ready.
 */
#ifndef WHITTLE_COMMON_TABLE_H
#define WHITTLE_COMMON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX
#define TABLE_HASH UINT32_C(2166136261) /* of no bytes */

struct table_slot {
	uint32_t hash;
	uint32_t index; /* + 1; 0 free */
};

struct table {
	struct table_slot *slots; /* a power of two of them, or NULL */
	uint32_t mask, count;
};

/* Each index that was added with this hash, in the order in which they were. The table must not change
 * between two of them. */
#define TABLE_EACH(each, table, with_hash)           \
	for (uint32_t each##_at = (with_hash), each; \
	     ((each) = table_next((table), (with_hash), &each##_at)) != TABLE_NONE;)

static inline uint32_t table_next(const struct table *table, uint32_t hash, uint32_t *at)
{
	while (table->slots) {
		const struct table_slot *slot = &table->slots[*at & table->mask];

		if (slot->index == 0)
			break;
		++*at;
		if (slot->hash == hash)
			return slot->index - 1;
	}
	return TABLE_NONE;
}

/* Room for COUNT indices in all, so that adding them can't fail; false: out of memory. */
bool table_reserve(struct table *table, uint32_t count);

/* Adds an index; the same hash and index may be added twice. False when out of memory or past 2^30
 * indices: the table is as it was. */
bool table_add(struct table *table, uint32_t hash, uint32_t index);

/* Removes an index; nothing happens where it is not there with this hash. */
void table_remove(struct table *table, uint32_t hash, uint32_t index);

/* Removes all; the memory is kept. */
void table_clear(struct table *table);
void table_free(struct table *table);

/* The hash of more bytes (FNV-1a), from TABLE_HASH on. */
static inline uint32_t table_hash(uint32_t hash, const void *data, size_t length)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * UINT32_C(16777619);
	return hash;
}

/* A 64-bit hash in 32 bits. */
static inline uint32_t table_fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

#endif
