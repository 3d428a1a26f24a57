/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decision diagrams over the bits of a call: the answer of a program, or a policy, to every
 * possible struct seccomp_data, in one canonical form. A node tests one bit; a terminal is an
 * outcome. The bits are ordered (architecture, number, arguments 0 to 5, instruction pointer; each
 * from its highest bit down) and equal nodes are one node, so two diagrams mean the same if, and
 * only if, they are the same node. A test `word >= k` or `word == k` costs 32 nodes, for any k.
 *
 * Work and memory are limited, since the programs come from outside: past the limit every operation
 * returns DIAGRAM_NONE.
 */
#ifndef WHITTLE_BDD_DIAGRAM_H
#define WHITTLE_BDD_DIAGRAM_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The 32-bit words of a call, in the diagrams' order. */
enum word {
	WORD_ARCH,
	WORD_NR,
	WORD_ARGUMENTS, /* argument 0's high half, its low half, argument 1's high half ... */
	WORD_POINTER_HIGH = WORD_ARGUMENTS + 12, /* of the instruction pointer */
	WORD_POINTER_LOW,
	WORD_COUNT,
};

static inline enum word word_high(unsigned argument)
{
	return (enum word)(WORD_ARGUMENTS + 2 * argument);
}

static inline enum word word_low(unsigned argument)
{
	return (enum word)(WORD_ARGUMENTS + 2 * argument + 1);
}

/* A node of a universe of diagrams. */
typedef uint32_t node;

#define DIAGRAM_FALSE 0u
#define DIAGRAM_TRUE  1u
#define DIAGRAM_NONE  UINT32_MAX /* a limit was reached; every operation on it returns it again */

#define TERMINAL_LEVEL (WORD_COUNT * 32u)

enum terminal_kind {
	TERMINAL_TRUTH, /* DIAGRAM_FALSE and DIAGRAM_TRUE: the diagrams of conditions */
	TERMINAL_ACTION, /* value: the outcome */
	TERMINAL_UNKNOWN, /* value: the place in the program where the knowledge ends */
	TERMINAL_MARK, /* value: chosen by the caller */
};

struct diagrams;

struct diagrams *diagrams_new(void);
void diagrams_freep(struct diagrams **diagrams);

/* Grants as many steps again as a new universe has, for another task in the same one. */
void diagrams_refill(struct diagrams *diagrams);

/* Allows only this many more steps of work; returns how many were left before. */
uint64_t diagrams_allow(struct diagrams *diagrams, uint64_t steps);

/* Takes the steps of work that is done outside; false if fewer are left. */
bool diagrams_spend(struct diagrams *diagrams, uint64_t steps);

/* Forgets that the limit of steps was reached; false if memory ran out instead. */
bool diagrams_recover(struct diagrams *diagrams);

/* The sentence for a DIAGRAM_NONE: -EOPNOTSUPP, or -ENOMEM. */
int diagrams_error(const struct diagrams *diagrams, struct error *err);

node diagram_terminal(struct diagrams *diagrams, enum terminal_kind kind, uint32_t value);

/* The parts of a node. A terminal's level is TERMINAL_LEVEL; a bit's is its word * 32 plus the
 * distance from its word's highest bit. */
unsigned diagram_level(const struct diagrams *diagrams, node a);
node diagram_branch(const struct diagrams *diagrams, node a, bool bit);
enum terminal_kind diagram_kind(const struct diagrams *diagrams, node terminal);
uint32_t diagram_value(const struct diagrams *diagrams, node terminal);

/* Conditions on one word. */
node diagram_bit(struct diagrams *diagrams, enum word word, unsigned bit);
node diagram_equal(struct diagrams *diagrams, enum word word, uint32_t value);
node diagram_at_least(struct diagrams *diagrams, enum word word, uint32_t value);
node diagram_masked_equal(struct diagrams *diagrams, enum word word, uint32_t mask, uint32_t value);

/* A value of a word, and its target. */
struct word_value {
	uint32_t value;
	node to;
};

/* OTHERWISE, which must test no word before WORD, except for some values of WORD, ascending: their
 * nodes test later words only. */
node diagram_values(struct diagrams *d, enum word word, const struct word_value *values,
		    size_t count, node otherwise);

/* `condition ? a : b`. The negation of c is (c, FALSE, TRUE); c and d are (c, d, FALSE). */
node diagram_if(struct diagrams *diagrams, node condition, node a, node b);
node diagram_and(struct diagrams *diagrams, node a, node b);
node diagram_or(struct diagrams *diagrams, node a, node b);
node diagram_not(struct diagrams *diagrams, node a);

/* `word == value ? a : b` and `word >= value ? a : b`: the same as with diagram_if, but if A and B
 * test no earlier word, it costs one step per bit and makes no node that is not in the result. */
node diagram_if_equal(struct diagrams *d, enum word word, uint32_t value, node a, node b);
node diagram_if_at_least(struct diagrams *d, enum word word, uint32_t value, node a, node b);

/* The outcome of two filters on one process, NEWER installed after OLDER. */
node diagram_combine(struct diagrams *diagrams, node newer, node older);

/* Maps every action to the one that the kernel takes (action_outcome). */
node diagram_normal(struct diagrams *diagrams, node a);

/* The diagram with a word known. */
node diagram_fix(struct diagrams *diagrams, node a, enum word word, uint32_t value);

/* A condition: true where the diagram, followed down to LEVEL and no further, reaches TARGET. */
node diagram_reaches(struct diagrams *diagrams, node a, unsigned level, node target);

/* Values of one word, from FIRST to LAST, that lead to the same node below the word. */
struct word_range {
	uint32_t first, last;
	node to;
};

/* The diagram as ranges of WORD, which must be the first word that it tests (or later): ascending,
 * without a gap, with different neighbours. The caller frees *RANGES. -EOPNOTSUPP past LIMIT. */
int diagram_ranges(struct diagrams *diagrams, node a, enum word word, size_t limit,
		   struct word_range **ranges, size_t *count, struct error *err);

/* The distinct nodes of the diagram at LEVEL or below; TERMINAL_LEVEL: its terminals. The caller
 * frees *NODES. -EOPNOTSUPP past LIMIT. */
int diagram_cut(struct diagrams *diagrams, node a, unsigned level, size_t limit, node **nodes,
		size_t *count, struct error *err);

#endif
