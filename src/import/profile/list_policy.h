/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists that confine programs, read as what they are: policies. A row reads one format, into rules of
 * the ABIs that it says or, where it says none, of settings->abi. What can't be read is a mistake: a
 * policy is then refused, since a restriction that was skipped would open something; a recording, to
 * which such a list may be turned too, takes it for "seen".
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

/* Conditions that must all hold, in the making. */
struct list_clause {
	struct condition conditions[LIST_CONDITIONS];
	size_t count;
	bool is_full; /* more than fit: not to be used */
};

void list_clause_add(struct list_clause *clause, struct condition condition);

/* A rule for a name on each ABI of the policy that has it; CLAUSE NULL: whatever the arguments. A name that no
 * ABI has at all is a mistake. LENGTH bytes of NAME count. */
void list_policy_add(struct list_reader *reader, uint64_t line, const char *name, size_t length,
		     action action, const struct list_clause *clause);

/* The same by number, on the first ABI of the policy. */
void list_policy_add_number(struct list_reader *reader, int nr, action action,
			    const struct list_clause *clause);

/* A number in C's notations, or the names that the argument of this call can have, with "|". */
bool list_policy_value(const char *call, size_t call_length, uint8_t argument, const char *text,
		       size_t length, uint64_t *value);

/* A number in C's notations that is all of the text. */
bool list_policy_number(const char *text, size_t length, uint64_t *value);

/* Each line of DATA without what blanks begin and end it; false at the end. *LINE counts from 1. */
bool list_policy_line(const char **at, const char *end, const char **text, size_t *length,
		      uint64_t *line);

/* The names of an action that differs from format to format but for its errno. */
#define LIST_ERRNO(number) ((action)SECCOMP_RET_ERRNO | ((action)(number)&SECCOMP_RET_DATA))

struct list_format {
	const char *name;
	bool (*sniff)(const char *path, const char *head, size_t length);
	/* Into a policy that has default and foreign action of a refusal by EPERM. */
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

/* As importers: the rows for import.c, whose `document` reads the policy and takes all that it allows for
 * seen. */
extern const struct importer importer_firecracker;
extern const struct importer importer_firejail;
extern const struct importer importer_kafel;
extern const struct importer importer_lxc;
extern const struct importer importer_minijail;
extern const struct importer importer_nspawn;

/* profile.c: the object with "defaultAction", at the top or in one of its usual wrappings, or NULL; and whether an
 * entry holds for a container with the usual capabilities on the newest kernel. */
const json_t *profile_find(const json_t *root);
bool profile_is_in_force(const json_t *entry, enum abi abi);

#endif
