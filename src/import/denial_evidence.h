/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials as evidence: a call that was denied, or would have been, is a call that the unit made. Kinds of
 * denials are collected and reviewed one by one. The accepted ones become a run of a recording, whose
 * observer marks it as learned from denials.
 */
#ifndef WHITTLE_IMPORT_DENIAL_EVIDENCE_H
#define WHITTLE_IMPORT_DENIAL_EVIDENCE_H

#include "common/error.h"
#include "denial/denial.h"
#include "recording/recording.h"

#define LESSONS_MAX 4096 /* kinds that are kept */

/* Denials of one kind: the same call, with the same arguments that matter, by the same program. */
struct denial_evidence_call {
	enum abi abi;
	int nr;
	bool has_action;
	uint32_t action; /* of the latest */
	bool has_errno;
	char *comm, *exe; /* "" unknown */
	int64_t uid; /* -1 unknown */
	const char *
		doubt; /* why it is unverified, a phrase that outlives this; NULL: it is verified */
	char *stack; /* the first known: "brk <- sbrk <- malloc"; NULL unknown */
	bool has_arguments;
	uint64_t arguments[6]; /* those that matter, the others 0 */
	uint64_t count;
	bool is_taken; /* set by the reviewer */
};

struct denial_evidence {
	struct denial_evidence_call *denial_evidence; /* sorted by denial_evidence_sort() */
	size_t count;
	uint64_t
		left_out; /* denials of more kinds than LESSONS_MAX, or of calls without a number */
};

void denial_evidence_clean(struct denial_evidence *denial_evidence);

/* Adds COUNT denials like DENIAL, with the reason why they are unverified or NULL. */
int denial_evidence_add(struct denial_evidence *denial_evidence, const struct denial *denial,
			uint64_t count, const char *doubt, struct error *err);

/* Sorts by ABI and number; for one call, the most frequent kind comes first. */
void denial_evidence_sort(struct denial_evidence *denial_evidence);

/* Creates a run of UNIT from the accepted kinds; NULL if there are none. Its phases are unknown. */
int denial_evidence_run(const struct denial_evidence *denial_evidence, const char *unit,
			struct run **run, struct error *err);

#endif
