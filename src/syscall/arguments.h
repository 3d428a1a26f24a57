/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments that matter: those that select the operation of a call, and so are worth recording
 * and worth a condition (a socket's domain, an ioctl's request; never an address, a size or a
 * descriptor). One table serves the recorder, the policy, the emitters and the printers of calls.
 */
#ifndef WHITTLE_SYSCALL_ARGUMENTS_H
#define WHITTLE_SYSCALL_ARGUMENTS_H

#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a value is written for people, and whether it is one value of several or a set of flags. */
enum argument_kind {
	ARGUMENT_NUMBER,
	ARGUMENT_SOCKET_DOMAIN,
	ARGUMENT_SOCKET_TYPE,
	ARGUMENT_SOCKET_PROTOCOL,
	ARGUMENT_SOCKET_LEVEL,
	ARGUMENT_SOCKET_OPTION,
	ARGUMENT_IOCTL_REQUEST,
	ARGUMENT_FCNTL_COMMAND,
	ARGUMENT_PRCTL_OPTION,
	ARGUMENT_CLONE_FLAGS,
	ARGUMENT_MEMORY_PROTECTION,
	ARGUMENT_MAP_FLAGS,
	ARGUMENT_SIGNAL,
	ARGUMENT_PERSONALITY,
	ARGUMENT_KEYCTL_OPERATION,
	ARGUMENT_BPF_COMMAND,
	ARGUMENT_MADVICE,
	ARGUMENT_OPEN_FLAGS,
	ARGUMENT_FILE_MODE,
	ARGUMENT_SCHEDULER_POLICY,
	ARGUMENT_FUTEX_OPERATION,
	ARGUMENT_SOCKETCALL, /* i386's multiplexed calls: which one */
	ARGUMENT_IPC_CALL,
	ARGUMENT_SHM_FLAGS,
	ARGUMENT_PTRACE_REQUEST,
	ARGUMENT_SECCOMP_OPERATION,
	ARGUMENT_ARCH_PRCTL_CODE,
	ARGUMENT_MOUNT_FLAGS,
	ARGUMENT_UMOUNT_FLAGS,
	ARGUMENT_MEMFD_FLAGS,
	ARGUMENT_FALLOCATE_MODE,
	ARGUMENT_REBOOT_COMMAND,
	ARGUMENT_QUOTA_COMMAND,
	ARGUMENT_IO_URING_OPERATION,
	ARGUMENT_AT_FLAGS,
	ARGUMENT_FLAGS, /* flags without a table of names: printed in hex */
};

#define ARGUMENTS_MAX 3 /* recorded together, as one tuple, per call */

struct argument {
	uint8_t index; /* 0 to 5 */
	enum argument_kind kind;
	const char *label; /* "domain" */
	uint64_t mask; /* the bits that are recorded; 0xffffffff for an int */
	/* Not the argument itself but the 8 bytes at this offset behind the pointer in it, if that
	 * struct begins with flags (clone3, openat2); -1: the argument itself. A filter cannot read
	 * these. */
	int16_t pointee_offset;
};

struct syscall_arguments {
	const char *name;
	uint8_t count;
	struct argument argument[ARGUMENTS_MAX];
};

/* open(2) reads a mode only if it may create a file: bits of the argument before number I, one of
 * which must be set for the mode to be read at all; otherwise it is recorded as 0. 0: it is always
 * read. */
uint64_t syscall_argument_needs(const struct syscall_arguments *row, unsigned i);

/* NULL if no argument of the call matters. */
const struct syscall_arguments *syscall_arguments(const char *name);

/* The same with the bits and places of one ABI: O_DIRECTORY is another bit on aarch64, and clone's flags come
 * second on s390x. The number of arguments, their kinds and labels are those of every ABI. */
const struct syscall_arguments *syscall_arguments_of(enum abi abi, const char *name);

/* The relevant arguments of the call NAME (NULL: unknown), all others set to 0: addresses and sizes
 * would make every call unique. Data behind a pointer is not known, and 0. */
void syscall_arguments_that_matter(enum abi abi, const char *name, const uint64_t arguments[6],
				   uint64_t matter[6]);

/* Iterates the whole table, sorted by name. */
size_t syscall_arguments_table(const struct syscall_arguments **table);

/* Names have the value of ABI: O_DIRECTORY is 0x10000 on x86-64 and 0x4000 on aarch64.
 *
 * Writes a value for people into BUFFER and returns BUFFER: "AF_INET6", "PROT_READ|PROT_WRITE",
 * "0x5401"; the number if SIZE is too small for the names. CONTEXT is the value of the tuple's
 * ARGUMENT_SOCKET_LEVEL for an option's name, of its ARGUMENT_SOCKET_DOMAIN for a protocol's
 * (netlink has its own), else 0. */
#define ARGUMENT_TEXT_MAX 1024
const char *argument_format(enum abi abi, enum argument_kind kind, uint64_t value, uint64_t context,
			    char *buffer, size_t size);

/* The reverse: a name, a number in C's notation, or several of them with "|". 0 or -EINVAL. */
int argument_parse(enum abi abi, enum argument_kind kind, const char *text, uint64_t *value);

/* The value of a constant of the kernel's headers that stands for any argument, LENGTH bytes of NAME;
 * false if the ABI has none of that name. */
bool argument_constant(enum abi abi, const char *name, size_t length, uint64_t *value);

#endif
