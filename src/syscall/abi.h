/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The application binary interfaces by which a process enters the kernel. A system call number
 * means nothing without one: 2 is open on x86-64 and fork on i386.
 */
#ifndef WHITTLE_SYSCALL_ABI_H
#define WHITTLE_SYSCALL_ABI_H

#include <stdbool.h>
#include <stdint.h>

enum abi {
	ABI_X86_64,
	ABI_I386, /* 32-bit programs, and int 0x80 in 64-bit ones */
	ABI_X32, /* numbers carry X32_BIT, as the program passes them and audit records show them */
	ABI_AARCH64,
	ABI_ARM,
	ABI_RISCV64,
	ABI_PPC64LE,
	ABI_S390X,
	ABI_COUNT,
};

#define X32_BIT 0x40000000

struct abi_info {
	const char *name; /* "x86_64": in files, options and output */
	uint32_t audit_arch; /* AUDIT_ARCH_*: seccomp_data.arch, arch= in audit records */
	uint32_t scmp_arch; /* libseccomp's SCMP_ARCH_* */
	const char *systemd; /* the name in SystemCallArchitectures= */
	const char *oci; /* the name in an OCI profile: SCMP_ARCH_X86_64 */
	bool is_64_bit;
	bool is_big_endian;
};

/* Never NULL for a valid enum abi. */
const struct abi_info *abi_info(enum abi abi);

/* 0 and *ABI, or -ENOENT. Takes the names above and the usual aliases (amd64, x86-64, arm64 ...). */
int abi_from_name(const char *name, enum abi *abi);

/* 0 and *ABI, or -ENOENT. x32 shares x86-64's AUDIT_ARCH: NR tells them apart. */
int abi_from_audit(uint32_t audit_arch, int nr, enum abi *abi);

/* The ABI that this program was built for. */
enum abi abi_native(void);

/* The ABIs that the kernel of this machine may serve: native first. Returns how many. */
unsigned abi_local(enum abi abis[ABI_COUNT]);

#endif
