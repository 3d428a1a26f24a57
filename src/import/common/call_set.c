// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared by several importers: adding a call or one of systemd's groups by name. */
#include "import/common/importer.h"

#include "syscall/groups.h"
#include "syscall/syscall.h"

const char *import_count_name(struct import *import, unsigned image, const char *name,
			      size_t length, uint64_t count)
{
	enum abi abi = import->settings->abi;
	int nr;

	if (!names_find(&import->run_builder->names, abi, name, length, &nr))
		return "no system call of this ABI has this name";
	run_builder_add(import->run_builder, image, abi, nr, count);
	return NULL;
}

static void put(struct call_set *set, int nr, bool is_in)
{
	unsigned index = (unsigned)nr & ~(unsigned)X32_BIT;

	if (index < RUN_BUILDER_NUMBERS)
		set->is_in[index] = is_in;
}

void call_set_name(struct import *import, struct call_set *set, const char *name, bool is_in)
{
	char known[NAME_ROOM];
	const char *const *members;
	size_t count;
	int nr;

	if (name[0] == '@') {
		count = groups_members(import->settings->systemd, name, &members);
		if (!count)
			import_mistake(import, 0, "this systemd has no such group", name,
				       strlen(name));
		for (size_t i = 0; i < count; i++)
			if (names_find(&import->run_builder->names, import->settings->abi,
				       members[i], strlen(members[i]), &nr))
				put(set, nr, is_in);
		return;
	}
	if (names_find(&import->run_builder->names, import->settings->abi, name, strlen(name), &nr))
		put(set, nr, is_in);
	else if (snprintf(known, sizeof(known), "%s", name) >= (int)sizeof(known) ||
		 !syscall_is_known(known))
		import_mistake(import, 0, "no system call has this name", name, strlen(name));
}

void call_set_all(const struct import *import, struct call_set *set)
{
	const struct syscall_entry *entries;
	size_t count = syscall_table(import->settings->abi, &entries);

	for (size_t i = 0; i < count; i++)
		put(set, entries[i].nr, true);
}

void call_set_tally(struct import *import, const struct call_set *set)
{
	enum abi abi = import->settings->abi;

	for (unsigned i = 0; i < RUN_BUILDER_NUMBERS; i++)
		if (set->is_in[i])
			run_builder_add(import->run_builder, 0, abi,
					(int)(abi == ABI_X32 ? i | (unsigned)X32_BIT : i), 0);
}
