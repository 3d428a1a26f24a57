// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looks calls up in the table of families (siblings_table.c). */
#include "syscall/siblings.h"

#include "syscall/siblings_table.h"

#include <assert.h>
#include <string.h>

size_t sibling_families(const struct sibling_family **families)
{
	*families = siblings_table;
	return siblings_table_count;
}

static const struct sibling *find_member(const struct sibling_family *family, const char *name)
{
	for (unsigned i = 0; i < family->count; i++)
		if (strcmp(family->members[i].name, name) == 0)
			return &family->members[i];
	return NULL;
}

static bool is_listed(const struct sibling_of *siblings, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(siblings[i].sibling->name, name) == 0)
			return true;
	return false;
}

size_t siblings_of(const char *name, struct sibling_of siblings[SIBLINGS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < siblings_table_count; i++) {
		const struct sibling_family *family = &siblings_table[i];
		const struct sibling *asked = find_member(family, name);

		for (unsigned j = 0; asked && j < family->count; j++) {
			const struct sibling *member = &family->members[j];

			if (member == asked || is_listed(siblings, count, member->name))
				continue;
			assert(count < SIBLINGS_MAX);
			siblings[count++] = (struct sibling_of){
				.family = family,
				.sibling = member,
				.adds_power = member->power > asked->power,
			};
		}
	}
	return count;
}
