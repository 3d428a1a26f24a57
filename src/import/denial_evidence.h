/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials as evidence: what a unit was refused, or would have been, it has asked for. Kinds of denials are
 * gathered, looked at one by one, and those that are taken up become a run of a recording, marked by its
 * observer as what it is.
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
	char *stack; /* of the first that had one: "brk <- sbrk <- malloc"; NULL unknown */
	bool has_arguments;
	uint64_t arguments[6]; /* those that matter, the others 0 */
	uint64_t count;
	bool is_taken; /* set by who looks at them */
};

struct denial_evidence {
	struct denial_evidence_call *denial_evidence; /* sorted by denial_evidence_sort() */
	size_t count;
	uint64_t
		left_out; /* denials of more kinds than LESSONS_MAX, or of calls without a number */
};

void denial_evidence_clean(struct denial_evidence *denial_evidence);

/* COUNT denials like this one. */
int denial_evidence_add(struct denial_evidence *denial_evidence, const struct denial *denial,
			uint64_t count, struct error *err);

/* By ABI and number; of one call the most frequent kind first. */
void denial_evidence_sort(struct denial_evidence *denial_evidence);

/* A run of UNIT of those that are taken; NULL where none is. Phases are unknown. */
int denial_evidence_run(const struct denial_evidence *denial_evidence, const char *unit,
			struct run **run, struct error *err);

#endif
