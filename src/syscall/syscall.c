// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looks names and numbers up in the generated table. The table is the project's own rather than
 * libseccomp's, for three reasons: its answer is the same whichever libseccomp the machine has (one
 * that is older than the kernel knows no name for the kernel's new calls, which are the ones that
 * matter after an upgrade); it has no pseudo numbers for calls that an ABI lacks; and a look-up
 * neither allocates nor walks a list. The tests compare it with libseccomp for every ABI.
 *
 * By name it is a binary search over the rows. By number it is an index: the numbers of an ABI are
 * small and dense but for x32's bit and arm's private calls, so a plain array has the row
 * numbers of all below INDEX_SIZE, and the sorted table of the ABI is searched for the rest. Both are built
 * once, on the first use, in static memory.
 */
#include "syscall/syscall.h"

#include "syscall/table.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX   1024
#define INDEX_SIZE 1024

static struct syscall_entry sorted[ABI_COUNT][ROWS_MAX];
static size_t sorted_count[ABI_COUNT];
static const char *by_number[ABI_COUNT][INDEX_SIZE];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int compare_entries(const void *left, const void *right)
{
	const struct syscall_entry *a = left, *b = right;

	return (a->nr > b->nr) - (a->nr < b->nr);
}

static void build(void)
{
	assert(table_count <= ROWS_MAX);
	for (unsigned abi = 0; abi < ABI_COUNT; abi++) {
		struct syscall_entry *entries = sorted[abi];
		size_t count = 0;

		for (size_t i = 0; i < table_count; i++)
			if (table_rows[i].nr[abi] >= 0)
				entries[count++] = (struct syscall_entry){ table_rows[i].nr[abi],
									   table_rows[i].name };
		qsort(entries, count, sizeof(*entries), compare_entries);
		for (size_t i = 0; i < count; i++) {
			int nr = entries[i].nr & ~X32_BIT;

			if (nr < INDEX_SIZE)
				by_number[abi][nr] = entries[i].name;
		}
		sorted_count[abi] = count;
	}
}

static int compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct table_row *)row)->name);
}

static const struct table_row *find_row(const char *name)
{
	return bsearch(name, table_rows, table_count, sizeof(*table_rows), compare_name);
}

int syscall_number(enum abi abi, const char *name)
{
	const struct table_row *row = find_row(name);

	return row && row->nr[abi] >= 0 ? row->nr[abi] : -ENOENT;
}

const char *syscall_name(enum abi abi, int nr)
{
	const struct syscall_entry key = { .nr = nr }, *found;
	int low = nr;

	if (nr < 0)
		return NULL;
	pthread_once(&once, build);
	if (abi == ABI_X32) {
		if (!(nr & X32_BIT))
			return NULL;
		low &= ~X32_BIT;
	}
	if (low < INDEX_SIZE)
		return by_number[abi][low];
	found = bsearch(&key, sorted[abi], sorted_count[abi], sizeof(key), compare_entries);
	return found ? found->name : NULL;
}

bool syscall_is_known(const char *name)
{
	return find_row(name) != NULL;
}

size_t syscall_table(enum abi abi, const struct syscall_entry **entries)
{
	pthread_once(&once, build);
	*entries = sorted[abi];
	return sorted_count[abi];
}
