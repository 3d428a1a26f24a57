/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Siblings: calls of which a libc, a language's run-time, a kernel version or an architecture makes
 * one in the place of another, for the same purpose. A recording sees the one that this machine
 * makes; the next libc, or the program built against another, makes its sibling.
 *
 * A call may be in several families: unlinkat stands in for unlink in one and for rmdir in another,
 * but rmdir never for unlink.
 */
#ifndef WHITTLE_SYSCALL_SIBLINGS_H
#define WHITTLE_SYSCALL_SIBLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sibling_flags {
	/* The libc makes this one first and, on ENOSYS and on nothing else, does the same by an older
	 * member: a filter may answer ENOSYS instead of allowing it. */
	SIBLING_GLIBC_FALLS_BACK = 1 << 0,
	SIBLING_MUSL_FALLS_BACK = 1 << 1,
	/* The kernel offers it, but no libc and no run-time makes it in the others' place yet. */
	SIBLING_AHEAD = 1 << 2,
};

struct sibling {
	const char *name;
	/* Who may make a member of higher power may do more than by one of lower: clone can make
	 * namespaces, fork can't. Compares within the family only. */
	uint8_t power;
	uint8_t flags;
};

#define FAMILY_MAX 12

struct sibling_family {
	const char *name; /* what its members do, in a word or two: "open a file" */
	const char *change; /* who made, or makes, which one when */
	const char *source; /* where that is to be read */
	uint8_t count;
	struct sibling members[FAMILY_MAX]; /* older before newer */
};

/* Every family, static, for the test of the table. Returns how many. */
size_t sibling_families(const struct sibling_family **families);

struct sibling_of {
	const struct sibling_family *family;
	const struct sibling *sibling;
	bool adds_power; /* more than the call that was asked about */
};

#define SIBLINGS_MAX 32

/* The siblings of a call, each once (by the first family that holds both), the call itself not
 * among them. Returns how many; 0 also where the name is unknown. An ABI may lack some of them:
 * syscall_number() tells. */
size_t siblings_of(const char *name, struct sibling_of siblings[SIBLINGS_MAX]);

#endif
