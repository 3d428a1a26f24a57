/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads profiles and filter files of other tools as policies. A row reads one format, into rules for the
 * ABIs that the file names, or else for settings->abi. An unreadable entry is a mistake. A policy is then
 * rejected, because a skipped restriction would allow too much. A recording, to which such files can be
 * converted too, treats the call as observed.
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

/* The same by number, on the first ABI of the policy. */
void list_policy_add_number(struct list_reader *reader, int nr, action action,
			    const struct list_clause *clause);

/* Parses a number in C notation, or names of this call's argument joined by "|". */
bool list_policy_value(const char *call, size_t call_length, uint8_t argument, const char *text,
		       size_t length, uint64_t *value);

/* Parses a text that is a number in C notation. */
bool list_policy_number(const char *text, size_t length, uint64_t *value);

/* The next line, without leading and trailing blanks; false at the end. *LINE counts from 1. */
bool list_policy_line(const char **at, const char *end, const char **text, size_t *length,
		      uint64_t *line);

/* The name of an action, without its errno, in one format. */
#define LIST_ERRNO(number) ((action)SECCOMP_RET_ERRNO | ((action)(number)&SECCOMP_RET_DATA))

struct list_format {
	const char *name;
	bool (*sniff)(const char *path, const char *head, size_t length);
	/* Reads into a policy whose default and foreign actions are errno:EPERM. */
	int (*read)(struct list_reader *reader, const char *data, size_t size, struct error *err);
};

/* The whole list as a policy, which the caller owns; its mistakes are in the import's result. */
int list_policy_read(struct import *import, const struct list_format *format, const char *data,
		     size_t size, struct policy **policy, struct error *err);

extern const struct list_format list_firecracker;
extern const struct list_format list_firejail;
extern const struct list_format list_kafel;
extern const struct list_format list_lxc;
extern const struct list_format list_minijail;
extern const struct list_format list_nspawn;
extern const struct list_format list_oci;
extern const struct list_format list_seccomp_profile;

/* The importers for import.c. Their `document` reads the policy and treats all allowed calls as
 * observed. */
extern const struct importer importer_firecracker;
extern const struct importer importer_firejail;
extern const struct importer importer_kafel;
extern const struct importer importer_lxc;
extern const struct importer importer_minijail;
extern const struct importer importer_nspawn;

/* profile.c: finds the object with "defaultAction", at the top or in one of the usual places, or NULL; and
 * tests whether an entry applies to a container with the usual capabilities on the newest kernel. */
const json_t *profile_find(const json_t *root);
bool profile_is_in_force(const json_t *entry, enum abi abi);

#endif
