// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ABIs, one row each, with every name in use for them: the kernel's audit number, libseccomp's
 * token, and the words of systemd and the container runtimes. A new row needs a column in
 * make-table.py.
 */
#include "syscall/abi.h"

#include "common/cleanup.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

static const struct abi_info infos[ABI_COUNT] = {
	[ABI_X86_64] = { "x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, "x86-64",
			 "SCMP_ARCH_X86_64", true, false },
	[ABI_I386] = { "i386", AUDIT_ARCH_I386, SCMP_ARCH_X86, "x86", "SCMP_ARCH_X86", false,
		       false },
	[ABI_X32] = { "x32", AUDIT_ARCH_X86_64, SCMP_ARCH_X32, "x32", "SCMP_ARCH_X32", false,
		      false },
	[ABI_AARCH64] = { "aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, "arm64",
			  "SCMP_ARCH_AARCH64", true, false },
	[ABI_ARM] = { "arm", AUDIT_ARCH_ARM, SCMP_ARCH_ARM, "arm", "SCMP_ARCH_ARM", false, false },
	[ABI_RISCV64] = { "riscv64", AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64, "riscv64",
			  "SCMP_ARCH_RISCV64", true, false },
	[ABI_PPC64LE] = { "ppc64le", AUDIT_ARCH_PPC64LE, SCMP_ARCH_PPC64LE, "ppc64-le",
			  "SCMP_ARCH_PPC64LE", true, false },
	[ABI_S390X] = { "s390x", AUDIT_ARCH_S390X, SCMP_ARCH_S390X, "s390x", "SCMP_ARCH_S390X",
			true, true },
};

/* Words of uname(2), dpkg and Go for the same; those of systemd and OCI are in the rows. */
static const struct {
	const char *name;
	enum abi abi;
} aliases[] = {
	{ "amd64", ABI_X86_64 },    { "x64", ABI_X86_64 },	    { "386", ABI_I386 },
	{ "i486", ABI_I386 },	    { "i586", ABI_I386 },	    { "i686", ABI_I386 },
	{ "x86_32", ABI_I386 },	    { "armel", ABI_ARM },	    { "armhf", ABI_ARM },
	{ "armv7l", ABI_ARM },	    { "armv8l", ABI_ARM },	    { "riscv", ABI_RISCV64 },
	{ "ppc64el", ABI_PPC64LE }, { "powerpc64le", ABI_PPC64LE },
};

const struct abi_info *abi_info(enum abi abi)
{
	return &infos[abi];
}

int abi_from_name(const char *name, enum abi *abi)
{
	for (unsigned i = 0; i < ABI_COUNT; i++)
		if (strcmp(name, infos[i].name) == 0 || strcmp(name, infos[i].systemd) == 0 ||
		    strcmp(name, infos[i].oci) == 0) {
			*abi = (enum abi)i;
			return 0;
		}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcmp(name, aliases[i].name) == 0) {
			*abi = aliases[i].abi;
			return 0;
		}
	return -ENOENT;
}

int abi_from_audit(uint32_t audit_arch, int nr, enum abi *abi)
{
	/* Every number from the bit on, as libseccomp and systemd have it, but -1: that is no call of
	 * any ABI, the kernel answers it where a tracer skipped one. */
	if (audit_arch == AUDIT_ARCH_X86_64 && nr != -1 && (uint32_t)nr >= X32_BIT) {
		*abi = ABI_X32;
		return 0;
	}
	for (unsigned i = 0; i < ABI_COUNT; i++)
		if (infos[i].audit_arch == audit_arch) {
			*abi = (enum abi)i;
			return 0;
		}
	return -ENOENT;
}

enum abi abi_native(void)
{
#if defined(__x86_64__) && defined(__ILP32__)
	return ABI_X32;
#elif defined(__x86_64__)
	return ABI_X86_64;
#elif defined(__i386__)
	return ABI_I386;
#elif defined(__aarch64__)
	return ABI_AARCH64;
#elif defined(__arm__)
	return ABI_ARM;
#elif defined(__riscv) && __riscv_xlen == 64
	return ABI_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return ABI_PPC64LE;
#elif defined(__s390x__)
	return ABI_S390X;
#else
#error "add this architecture to enum abi and to make-table.py"
#endif
}

/* A kernel serves its own family only; a 32-bit program may run on a 64-bit kernel. */
static const struct {
	uint8_t count;
	enum abi members[3];
} families[] = {
	{ 3, { ABI_X86_64, ABI_I386, ABI_X32 } },
	{ 2, { ABI_AARCH64, ABI_ARM } },
	{ 1, { ABI_RISCV64 } },
	{ 1, { ABI_PPC64LE } },
	{ 1, { ABI_S390X } },
};

unsigned abi_local(enum abi abis[ABI_COUNT])
{
	enum abi native = abi_native();
	unsigned count = 0;

	abis[count++] = native;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		bool ours = false;

		for (unsigned j = 0; j < families[i].count; j++)
			ours |= families[i].members[j] == native;
		for (unsigned j = 0; ours && j < families[i].count; j++)
			if (families[i].members[j] != native)
				abis[count++] = families[i].members[j];
	}
	return count;
}
