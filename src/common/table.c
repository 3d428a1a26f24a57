// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/table.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX   (UINT32_C(1) << 30)
#define SLOTS_FIRST 16

/* The place for one more: there is a free slot. */
static void put(struct table *table, struct table_slot slot)
{
	uint32_t at = slot.hash & table->mask;

	while (table->slots[at].index)
		at = (at + 1) & table->mask;
	table->slots[at] = slot;
}

static bool resize(struct table *table, size_t slots)
{
	struct table bigger = { .mask = (uint32_t)(slots - 1), .count = table->count };
	uint32_t start = 0;

	bigger.slots = calloc(slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	/* From a free slot on, so that indices of one hash keep their order. */
	while (table->slots && table->slots[start].index)
		start++;
	for (uint32_t i = 0; table->slots && i <= table->mask; i++) {
		struct table_slot slot = table->slots[(start + i) & table->mask];

		if (slot.index)
			put(&bigger, slot);
	}
	free(table->slots);
	*table = bigger;
	return true;
}

bool table_reserve(struct table *table, uint32_t count)
{
	size_t slots = table->slots ? (size_t)table->mask + 1 : SLOTS_FIRST;

	if (count > COUNT_MAX)
		return false;
	while (slots < (size_t)count * 2)
		slots *= 2;
	return (table->slots && slots == (size_t)table->mask + 1) || resize(table, slots);
}

bool table_add(struct table *table, uint32_t hash, uint32_t index)
{
	if (index == TABLE_NONE || !table_reserve(table, table->count + 1))
		return false;
	put(table, (struct table_slot){ hash, index + 1 });
	table->count++;
	return true;
}

void table_remove(struct table *table, uint32_t hash, uint32_t index)
{
	uint32_t hole = hash & table->mask;

	if (!table->slots)
		return;
	while (table->slots[hole].hash != hash || table->slots[hole].index != index + 1) {
		if (!table->slots[hole].index)
			return;
		hole = (hole + 1) & table->mask;
	}
	for (uint32_t at = (hole + 1) & table->mask; table->slots[at].index;
	     at = (at + 1) & table->mask) {
		/* What probing would not find past the hole moves into it. */
		if (((at - table->slots[at].hash) & table->mask) >= ((at - hole) & table->mask)) {
			table->slots[hole] = table->slots[at];
			hole = at;
		}
	}
	table->slots[hole] = (struct table_slot){ 0 };
	table->count--;
}

void table_clear(struct table *table)
{
	if (table->slots)
		memset(table->slots, 0, ((size_t)table->mask + 1) * sizeof(*table->slots));
	table->count = 0;
}

void table_free(struct table *table)
{
	free(table->slots);
	*table = (struct table){ 0 };
}
