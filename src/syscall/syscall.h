/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call table: names and numbers, ABI by ABI, and the purpose of each call. It is made
 * from the kernel's own headers (table.c names them), so it knows calls that the machine's
 * libseccomp does not.
 */
#ifndef WHITTLE_SYSCALL_SYSCALL_H
#define WHITTLE_SYSCALL_SYSCALL_H

#include "syscall/abi.h"

#include <stddef.h>

/* The number, or -ENOENT if the name is unknown or the ABI lacks the call. */
int syscall_number(enum abi abi, const char *name);

/* The name (static), or NULL. */
const char *syscall_name(enum abi abi, int nr);

/* Whether any ABI has a call of this name. */
bool syscall_is_known(const char *name);

/* Every call of an ABI, ascending by number, static and never freed. */
struct syscall_entry {
	int nr;
	const char *name;
};
size_t syscall_table(enum abi abi, const struct syscall_entry **entries);

/* The privilege that a call grants; a class for the reader, not a proof. */
enum syscall_risk {
	RISK_NONE, /* works on objects that the process already has */
	RISK_FILE, /* opens or changes files */
	RISK_NETWORK, /* reaches the network or other local processes by sockets */
	RISK_PROCESS, /* makes, signals or inspects processes */
	RISK_IDENTITY, /* changes user, group, capabilities */
	RISK_EXECUTE, /* runs another program or makes memory executable */
	RISK_SYSTEM, /* changes the machine: mounts, modules, clock, reboot, BPF, namespaces */
};
const char *syscall_risk_name(enum syscall_risk risk);

struct syscall_info {
	const char *name;
	const char *since; /* the first kernel with it ("5.9"), NULL: it never worked */
	const char *summary; /* one line: what it does */
	enum syscall_risk risk;
};

/* NULL if the name is unknown. */
const struct syscall_info *syscall_info(const char *name);

#endif
