/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Siblings: calls that a libc, a language's run-time, a kernel version or an architecture makes in
 * place of one another, for the same purpose. A recording contains the one that this machine makes;
 * the next libc, or a program built against another, makes its sibling.
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
	/* The libc makes this one first and, only on ENOSYS, does the same with an older member: a
	 * filter may return ENOSYS instead of allowing it. */
	SIBLING_GLIBC_FALLS_BACK = 1 << 0,
	SIBLING_MUSL_FALLS_BACK = 1 << 1,
	/* The kernel offers it, but no libc and no run-time uses it in place of the others yet. */
	SIBLING_AHEAD = 1 << 2,
};

struct sibling {
	const char *name;
	/* A member of higher power can do more than one of lower: clone can make namespaces, fork
	 * cannot. Compares within the family only. */
	uint8_t power;
	uint8_t flags;
};

#define FAMILY_MAX 12

struct sibling_family {
	const char *name; /* the purpose of its members, in a word or two: "open a file" */
	const char *change; /* which software makes, or made, which one, and since when */
	const char *source; /* the source of that statement */
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

/* The siblings of a call, each once (by the first family that has both), without the call itself.
 * Returns how many; 0 also if the name is unknown. An ABI may lack some of them: syscall_number()
 * decides. */
size_t siblings_of(const char *name, struct sibling_of siblings[SIBLINGS_MAX]);

#endif
