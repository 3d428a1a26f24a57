/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads profiles and filter files of other tools as policies. A reader (`policy` of a struct importer)
 * reads one format, into rules for the ABIs that the file names, or else for settings->abi. The policy
 * that it gets has EPERM as its default action. An unreadable entry is a mistake: the policy is then
 * rejected, because a skipped restriction would allow too much.
 */
#ifndef WHITTLE_IMPORT_PROFILE_LIST_POLICY_H
#define WHITTLE_IMPORT_PROFILE_LIST_POLICY_H

#include "import/common/importer.h"
#include "policy/policy.h"

#define LIST_CONDITIONS 16 /* of one clause */

struct list_reader {
	struct import *import;
	struct policy *policy;
	bool is_out_of_memory;
	unsigned includes; /* files included so far */
};

/* A conjunction of conditions that is being read. */
struct list_clause {
	struct condition conditions[LIST_CONDITIONS];
	size_t count;
	bool is_full; /* too many conditions: not usable */
};

void list_clause_add(struct list_clause *clause, struct condition condition);

/* Adds a rule for LENGTH bytes of NAME on each ABI of the policy that has it. CLAUSE NULL: for all
 * arguments. A name that no ABI has is a mistake. */
void list_policy_add(struct list_reader *reader, uint64_t line, const char *name, size_t length,
		     action action, const struct list_clause *clause);

/* The number of a call by its name in profiles, or -ENOENT. */
int list_policy_call(enum abi abi, const char *name);

/* Adds one rule for one ABI. */
void list_policy_add_on(struct list_reader *reader, enum abi abi, int nr, action verdict,
			const struct list_clause *clause);

/* The same by number, on the first ABI of the policy. */
void list_policy_add_number(struct list_reader *reader, int nr, action action,
			    const struct list_clause *clause);

/* Of a filter that tests the machine and the number only: x32's calls, which share x86-64's machine, get the
 * default action, like any other unknown number. Call it at the end. */
void list_policy_add_x32(struct list_reader *reader);

/* Parses a number in C notation, or names of this call's argument joined by "|", or any constant of the
 * kernel's headers, with its value on ABI. */
bool list_policy_value(enum abi abi, const char *call, size_t call_length, uint8_t argument,
		       const char *text, size_t length, uint64_t *value);

/* Parses a text that is a number in C notation. */
bool list_policy_number(const char *text, size_t length, uint64_t *value);

/* The next line, without leading and trailing blanks; false at the end. *LINE counts from 1. */
bool list_policy_line(const char **at, const char *end, const char **text, size_t *length,
		      uint64_t *line);

/* The name of an action, without its errno, in one format. */
#define LIST_ERRNO(number) ((action)SECCOMP_RET_ERRNO | ((action)(number)&SECCOMP_RET_DATA))

/* profile.c: finds the object with "defaultAction", at the top or in one of the usual places, or NULL; and
 * tests whether an entry applies to a container with the usual capabilities on the newest kernel. */
const json_t *profile_find(const json_t *root);
bool profile_is_in_force(const json_t *entry, enum abi abi);

#endif
