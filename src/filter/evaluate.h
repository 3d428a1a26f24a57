/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From programs, and from policies, to diagrams: the answer of each to every possible call. */
#ifndef WHITTLE_FILTER_EVALUATE_H
#define WHITTLE_FILTER_EVALUATE_H

#include "bdd/diagram.h"
#include "filter/filter.h"
#include "policy/policy.h"

/*
 * evaluate.c: the answer of the stack, as the kernel combines it and acts on it, over the words of
 * a call. BIG_ENDIAN: for a machine of that byte order, where an argument's first word is its high
 * half. An unknown answer is a TERMINAL_UNKNOWN that evaluate_explain_unknown() reads; SIDE (0 or 1)
 * separates the unknowns of two stacks in one universe.
 */
int evaluate_stack(struct diagrams *diagrams, const struct filter_stack *stack, unsigned side,
		   bool big_endian, node *result, struct error *err);

/* -EOPNOTSUPP and the sentence for an unknown terminal's value; COUNT is the stack's. */
int evaluate_explain_unknown(uint32_t value, size_t count, struct error *err);

/* The ABIs' AUDIT_ARCH numbers, each once. */
struct audit_arch {
	uint32_t number;
	enum abi abi; /* the first that has it */
	bool is_big_endian;
	bool is_32_bit; /* the kernel clears the arguments' high halves */
};
size_t audit_arch_table(const struct audit_arch **table);

/* meaning.c: a policy or a filter, as a diagram for each AUDIT_ARCH. */
struct meaning {
	struct diagrams *diagrams; /* not owned */
	node by_arch
		[ABI_COUNT]; /* indexed as audit_arch_table(); over number, arguments, pointer */
	node foreign; /* of all other architectures together; by architecture where they differ */
	bool lists[ABI_COUNT]; /* ABIs that a policy covers, or a filter distinguishes */
	size_t filters; /* 0: a policy */
};

int meaning_of_stack(struct diagrams *diagrams, const struct filter_stack *stack, unsigned side,
		     struct meaning *meaning, struct error *err);
int meaning_of_policy(struct diagrams *diagrams, const struct policy *policy,
		      struct meaning *meaning, struct error *err);

/* Conditions, over the arguments. */
node meaning_of_condition(struct diagrams *diagrams, const struct condition *condition);
node meaning_of_clause(struct diagrams *diagrams, const struct clause *clause);

/* The combined answer of all rules of one call, over the arguments. PLACES, if not NULL: as if
 * argument i were argument PLACES[i], which changes the order in which they are tested. */
node meaning_of_call(struct diagrams *diagrams, const struct rule *rules, size_t count,
		     action default_action, const uint8_t places[6]);

/* The same where the kernel clears the arguments' high halves. */
node meaning_without_high_halves(struct diagrams *diagrams, node a);

/* The one answer to every architecture without a name, or DIAGRAM_NONE if there are several. */
node meaning_foreign_only(struct meaning *meaning);

/* An ABI's part of its architecture's diagram; ELSEWHERE for numbers of other ABIs. */
node meaning_of_abi_part(struct meaning *meaning, size_t arch, enum abi abi, node elsewhere);

#endif
