// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One hash table per ABI, filled at the first lookup and never changed. Most names are found at the first
 * slot.
 */
#include "import/common/names.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* What tracers call otherwise than the kernel does. `is_first`: the name is the kernel's for another
 * call, and the tracer's is meant. */
static const struct {
	enum abi abi;
	const char *name, *kernel;
	bool is_first;
} aliases[] = {
	/* strace, linux/i386/syscallent.h: 142 is "select" there, 82 "oldselect" */
	{ ABI_I386, "select", "_newselect", true },
	{ ABI_I386, "oldselect", "select", false },
	{ ABI_I386, "old_mmap", "mmap", false },
	{ ABI_I386, "oldumount", "umount", false },
	{ ABI_I386, "pread", "pread64", false },
	{ ABI_I386, "pwrite", "pwrite64", false },
	/* strace 4.10 and before; perf's tables */
	{ ABI_X86_64, "pread", "pread64", false },
	{ ABI_X86_64, "pwrite", "pwrite64", false },
	{ ABI_X86_64, "umount", "umount2", false },
	{ ABI_X86_64, "fstatat", "newfstatat", false },
	{ ABI_X86_64, "fadvise64_64", "fadvise64", false },
	/* uname(2)'s entry in the kernel's own source, which perf and bpftrace show: sys_newuname */
	{ ABI_X86_64, "newuname", "uname", false },
	{ ABI_X86_64, "newstat", "stat", false },
	{ ABI_X86_64, "newfstat", "fstat", false },
	{ ABI_X86_64, "newlstat", "lstat", false },
	{ ABI_X86_64, "sendfile64", "sendfile", false },
	/* strace, linux/arm/syscallent.h */
	{ ABI_ARM, "fadvise64_64", "arm_fadvise64_64", false },
	{ ABI_ARM, "sync_file_range2", "arm_sync_file_range", false },
	{ ABI_AARCH64, "newuname", "uname", false },
	{ ABI_AARCH64, "newfstat", "fstat", false },
	{ ABI_AARCH64, "fstatat", "newfstatat", false },
	{ ABI_AARCH64, "sendfile64", "sendfile", false },
};

int names_init(struct call_names *names)
{
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		if (!table_reserve(&names->abi[abi].by_name, CALL_NAMES_MAX))
			return -ENOMEM;
	return 0;
}

void names_clear(struct call_names *names)
{
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		table_free(&names->abi[abi].by_name);
}

static struct call_name *find(struct call_names *names, enum abi abi, const char *name,
			      size_t length)
{
	uint32_t hash = table_hash(TABLE_HASH, name, length);

	TABLE_EACH (index, &names->abi[abi].by_name, hash) {
		struct call_name *found = &names->abi[abi].names[index];

		if (found->length == length && memcmp(found->name, name, length) == 0)
			return found;
	}
	return NULL;
}

static void put(struct call_names *names, enum abi abi, const char *name, int nr)
{
	size_t length = strlen(name);
	struct call_name *there = find(names, abi, name, length);

	if (there) {
		there->nr = nr;
		return;
	}
	/* names_init() has made room. */
	table_add(&names->abi[abi].by_name, table_hash(TABLE_HASH, name, length),
		  names->abi[abi].count);
	names->abi[abi].names[names->abi[abi].count++] = (struct call_name){ name, length, nr };
}

static void fill(struct call_names *names, enum abi abi)
{
	const struct syscall_entry *entries;
	size_t count = syscall_table(abi, &entries);

	for (size_t i = 0; i < count && i < CALL_NAMES_MAX - ARRAY_SIZE(aliases); i++)
		put(names, abi, entries[i].name, entries[i].nr);
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		const char *name = aliases[i].name;
		int nr = syscall_number(abi, aliases[i].kernel);

		if (aliases[i].abi == abi && nr >= 0 &&
		    (aliases[i].is_first || !find(names, abi, name, strlen(name))))
			put(names, abi, name, nr);
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "syscall_0x1c9" (strace 5 and later), "syscall_457" and "SYS_457" (before). */
static bool parse_numbered(const char *name, size_t length, int *nr)
{
	static const char *const prefixes[] = { "syscall_", "SYS_" };
	uint64_t value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t prefix = strlen(prefixes[i]), at = prefix;
		unsigned base = 10;

		if (length <= prefix || memcmp(name, prefixes[i], prefix) != 0)
			continue;
		if (length > at + 2 && name[at] == '0' && name[at + 1] == 'x') {
			base = 16;
			at += 2;
		}
		if (length - at > 16)
			return false;
		for (; at < length; at++) {
			int digit = hex_digit(name[at]);

			if (digit < 0 || digit >= (int)base)
				return false;
			value = value * base + (unsigned)digit;
		}
		*nr = (int)(uint32_t)value; /* as seccomp_data.nr has it */
		return true;
	}
	return false;
}

bool names_find(struct call_names *names, enum abi abi, const char *name, size_t length, int *nr)
{
	const struct call_name *found;

	if (names->abi[abi].count == 0)
		fill(names, abi);
	found = find(names, abi, name, length);
	if (!found)
		return parse_numbered(name, length, nr);
	*nr = found->nr;
	return true;
}
