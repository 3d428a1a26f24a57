/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments that matter: which ones of a call select what it does, and so are worth recording
 * and worth a condition (a socket's domain, an ioctl's request; never an address, a size or a
 * descriptor). One table serves the recorder, the policy, the emitters and whoever prints a call.
 */
#ifndef WHITTLE_SYSCALL_ARGUMENTS_H
#define WHITTLE_SYSCALL_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

/* How a value is written for people, and whether it is one of a list or a set of flags. */
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
	uint64_t mask; /* the bits that are kept; 0xffffffff for an int */
	/* Not the argument itself but the 8 bytes at this offset behind the pointer that it is, where
	 * that struct begins with flags (clone3, openat2); -1: the argument itself. A filter can't
	 * see these. */
	int16_t pointee_offset;
};

struct syscall_arguments {
	const char *name;
	uint8_t count;
	struct argument argument[ARGUMENTS_MAX];
};

/* open(2) reads a mode only where a file may be made: bits of the argument before number I, of which one
 * must be set for it to be read at all; it is recorded as 0 else. 0: it always is. */
uint64_t syscall_argument_needs(const struct syscall_arguments *row, unsigned i);

/* NULL where no argument of the call matters. */
const struct syscall_arguments *syscall_arguments(const char *name);

/* Of the arguments of the call NAME (NULL: unknown) those that matter, all others 0: addresses and sizes would make
 * every call a kind of its own. What is behind a pointer is not known, and 0. */
void syscall_arguments_that_matter(const char *name, const uint64_t arguments[6],
				   uint64_t matter[6]);

/* Iterates the whole table, sorted by name. */
size_t syscall_arguments_table(const struct syscall_arguments **table);

/* Writes a value for people into BUFFER and returns BUFFER: "AF_INET6", "PROT_READ|PROT_WRITE",
 * "0x5401"; where SIZE is too little for the names, the number. CONTEXT is the value of the tuple's
 * ARGUMENT_SOCKET_LEVEL for an option's name, of its ARGUMENT_SOCKET_DOMAIN for a protocol's
 * (netlink has its own), else 0. */
#define ARGUMENT_TEXT_MAX 1024
const char *argument_format(enum argument_kind kind, uint64_t value, uint64_t context, char *buffer,
			    size_t size);

/* The other way: a name, a number in C's notation, or several of them with "|". 0 or -EINVAL. */
int argument_parse(enum argument_kind kind, const char *text, uint64_t *value);

#endif
