// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where Kafel's tables (src/syscalls/ of its source) differ from everybody else's names, up to the largest
 * number that its releases agree on. Calls above it are written as numbers: an older Kafel rejects the whole
 * policy for one name that it does not know.
 */
#include "policy/kafel_names.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

static const struct {
	enum abi abi;
	const char *name; /* NULL: Kafel has no name for the number */
	int nr;
} rows[] = {
	/* clang-format off */
	{ ABI_X86_64, "newstat", 4 },
	{ ABI_X86_64, "newfstat", 5 },
	{ ABI_X86_64, "newlstat", 6 },
	{ ABI_X86_64, "sendfile64", 40 },
	{ ABI_X86_64, "newuname", 63 },
	{ ABI_X86_64, "sysctl", 156 },
	{ ABI_X86_64, "umount", 166 },
	{ ABI_I386, "lchown16", 16 },
	{ ABI_I386, NULL, 17 },
	{ ABI_I386, "stat", 18 },
	{ ABI_I386, "oldumount", 22 },
	{ ABI_I386, "setuid16", 23 },
	{ ABI_I386, "getuid16", 24 },
	{ ABI_I386, "fstat", 28 },
	{ ABI_I386, NULL, 31 },
	{ ABI_I386, NULL, 32 },
	{ ABI_I386, NULL, 35 },
	{ ABI_I386, NULL, 44 },
	{ ABI_I386, "setgid16", 46 },
	{ ABI_I386, "getgid16", 47 },
	{ ABI_I386, "geteuid16", 49 },
	{ ABI_I386, "getegid16", 50 },
	{ ABI_I386, "umount", 52 },
	{ ABI_I386, NULL, 53 },
	{ ABI_I386, NULL, 56 },
	{ ABI_I386, NULL, 58 },
	{ ABI_I386, "olduname", 59 },
	{ ABI_I386, "setreuid16", 70 },
	{ ABI_I386, "setregid16", 71 },
	{ ABI_I386, "old_getrlimit", 76 },
	{ ABI_I386, "getgroups16", 80 },
	{ ABI_I386, "setgroups16", 81 },
	{ ABI_I386, "old_select", 82 },
	{ ABI_I386, "lstat", 84 },
	{ ABI_I386, NULL, 86 },
	{ ABI_I386, "old_readdir", 89 },
	{ ABI_I386, "old_mmap", 90 },
	{ ABI_I386, "fchown16", 95 },
	{ ABI_I386, NULL, 98 },
	{ ABI_I386, "newstat", 106 },
	{ ABI_I386, "newlstat", 107 },
	{ ABI_I386, "newfstat", 108 },
	{ ABI_I386, "uname", 109 },
	{ ABI_I386, NULL, 112 },
	{ ABI_I386, NULL, 119 },
	{ ABI_I386, "newuname", 122 },
	{ ABI_I386, NULL, 127 },
	{ ABI_I386, NULL, 130 },
	{ ABI_I386, NULL, 137 },
	{ ABI_I386, "setfsuid16", 138 },
	{ ABI_I386, "setfsgid16", 139 },
	{ ABI_I386, "llseek", 140 },
	{ ABI_I386, "select", 142 },
	{ ABI_I386, "sysctl", 149 },
	{ ABI_I386, "setresuid16", 164 },
	{ ABI_I386, "getresuid16", 165 },
	{ ABI_I386, NULL, 167 },
	{ ABI_I386, NULL, 169 },
	{ ABI_I386, "setresgid16", 170 },
	{ ABI_I386, "getresgid16", 171 },
	{ ABI_I386, NULL, 173 },
	{ ABI_I386, "chown16", 182 },
	{ ABI_I386, NULL, 188 },
	{ ABI_I386, NULL, 189 },
	{ ABI_I386, "getrlimit", 191 },
	{ ABI_I386, "mmap_pgoff", 192 },
	{ ABI_I386, "lchown", 198 },
	{ ABI_I386, "getuid", 199 },
	{ ABI_I386, "getgid", 200 },
	{ ABI_I386, "geteuid", 201 },
	{ ABI_I386, "getegid", 202 },
	{ ABI_I386, "setreuid", 203 },
	{ ABI_I386, "setregid", 204 },
	{ ABI_I386, "getgroups", 205 },
	{ ABI_I386, "setgroups", 206 },
	{ ABI_I386, "fchown", 207 },
	{ ABI_I386, "setresuid", 208 },
	{ ABI_I386, "getresuid", 209 },
	{ ABI_I386, "setresgid", 210 },
	{ ABI_I386, "getresgid", 211 },
	{ ABI_I386, "chown", 212 },
	{ ABI_I386, "setuid", 213 },
	{ ABI_I386, "setgid", 214 },
	{ ABI_I386, "setfsuid", 215 },
	{ ABI_I386, "setfsgid", 216 },
	{ ABI_I386, NULL, 273 },
	{ ABI_I386, NULL, 274 },
	{ ABI_I386, NULL, 275 },
	{ ABI_I386, NULL, 276 },
	{ ABI_I386, NULL, 294 },
	{ ABI_I386, NULL, 317 },
	{ ABI_AARCH64, "umount", 39 },
	{ ABI_AARCH64, "newfstat", 80 },
	{ ABI_AARCH64, "sync_file_range2", 84 },
	{ ABI_AARCH64, "newuname", 160 },
	{ ABI_ARM, "time", 13 },
	{ ABI_ARM, "lchown16", 16 },
	{ ABI_ARM, "old_oldumount", 22 },
	{ ABI_ARM, "setuid16", 23 },
	{ ABI_ARM, "getuid16", 24 },
	{ ABI_ARM, "stime", 25 },
	{ ABI_ARM, "alarm", 27 },
	{ ABI_ARM, "utime", 30 },
	{ ABI_ARM, "setgid16", 46 },
	{ ABI_ARM, "getgid16", 47 },
	{ ABI_ARM, "geteuid16", 49 },
	{ ABI_ARM, "getegid16", 50 },
	{ ABI_ARM, "umount", 52 },
	{ ABI_ARM, "setreuid16", 70 },
	{ ABI_ARM, "setregid16", 71 },
	{ ABI_ARM, "old_getrlimit", 76 },
	{ ABI_ARM, "getgroups16", 80 },
	{ ABI_ARM, "setgroups16", 81 },
	{ ABI_ARM, "old_select", 82 },
	{ ABI_ARM, "readdir", 89 },
	{ ABI_ARM, "mmap", 90 },
	{ ABI_ARM, "fchown16", 95 },
	{ ABI_ARM, "socketcall", 102 },
	{ ABI_ARM, "newstat", 106 },
	{ ABI_ARM, "newlstat", 107 },
	{ ABI_ARM, "newfstat", 108 },
	{ ABI_ARM, "syscall", 113 },
	{ ABI_ARM, "ipc", 117 },
	{ ABI_ARM, "newuname", 122 },
	{ ABI_ARM, "setfsuid16", 138 },
	{ ABI_ARM, "setfsgid16", 139 },
	{ ABI_ARM, "llseek", 140 },
	{ ABI_ARM, "select", 142 },
	{ ABI_ARM, "sysctl", 149 },
	{ ABI_ARM, "setresuid16", 164 },
	{ ABI_ARM, "getresuid16", 165 },
	{ ABI_ARM, "setresgid16", 170 },
	{ ABI_ARM, "getresgid16", 171 },
	{ ABI_ARM, "chown16", 182 },
	{ ABI_ARM, "getrlimit", 191 },
	{ ABI_ARM, "lchown", 198 },
	{ ABI_ARM, "getuid", 199 },
	{ ABI_ARM, "getgid", 200 },
	{ ABI_ARM, "geteuid", 201 },
	{ ABI_ARM, "getegid", 202 },
	{ ABI_ARM, "setreuid", 203 },
	{ ABI_ARM, "setregid", 204 },
	{ ABI_ARM, "getgroups", 205 },
	{ ABI_ARM, "setgroups", 206 },
	{ ABI_ARM, "fchown", 207 },
	{ ABI_ARM, "setresuid", 208 },
	{ ABI_ARM, "getresuid", 209 },
	{ ABI_ARM, "setresgid", 210 },
	{ ABI_ARM, "getresgid", 211 },
	{ ABI_ARM, "chown", 212 },
	{ ABI_ARM, "setuid", 213 },
	{ ABI_ARM, "setgid", 214 },
	{ ABI_ARM, "setfsuid", 215 },
	{ ABI_ARM, "setfsgid", 216 },
	{ ABI_ARM, "sync_file_range2", 341 },
	{ ABI_RISCV64, "umount", 39 },
	{ ABI_RISCV64, "newfstat", 80 },
	{ ABI_RISCV64, "sync_file_range2", 84 },
	{ ABI_RISCV64, "newuname", 160 },
	{ ABI_RISCV64, NULL, 258 },
	{ ABI_RISCV64, NULL, 259 },
	/* clang-format on */
};

/* The largest number that may be written as a name; -1: Kafel has no such target. */
static const int largest[ABI_COUNT] = {
	[ABI_X86_64] = 334, [ABI_I386] = 348,	 [ABI_X32] = -1,     [ABI_AARCH64] = 287,
	[ABI_ARM] = 393,    [ABI_RISCV64] = 287, [ABI_PPC64LE] = -1, [ABI_S390X] = -1,
};

int kafel_names_number(enum abi abi, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].abi == abi && rows[i].name && strcmp(rows[i].name, name) == 0)
			return rows[i].nr;
	return syscall_number(abi, name);
}

const char *kafel_names_call(enum abi abi, int nr)
{
	const char *name = syscall_name(abi, nr);

	if (nr > largest[abi])
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].abi == abi && rows[i].nr == nr)
			return rows[i].name;
	return name && kafel_names_number(abi, name) == nr ? name : NULL;
}
