/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a program that tests arguments. */
#ifndef WHITTLE_FILTER_BLOCK_H
#define WHITTLE_FILTER_BLOCK_H

#include "bdd/diagram.h"
#include "common/table.h"
#include "filter/assemble.h"

/* Observed arguments, which show the most frequent way. */
struct sample {
	uint64_t arguments[6];
	double weight;
};

/* The argument at each of the diagrams' places: the order in which they are tested. */
struct order {
	uint8_t argument[6];
};

struct blocks {
	struct diagrams *diagrams; /* not owned */
	struct assembler *assembler; /* not owned */
	bool big_endian;
	/* Code emitted so far, so that equal tails are shared. */
	struct block *made;
	size_t count;
	struct table by_node;
};

void blocks_clear(struct blocks *blocks);

/* Emits code that reaches the outcomes of ANSWER, or finds existing code; A may contain anything
 * before it. Reorders SAMPLES. */
int block_emit(struct blocks *blocks, node answer, const struct order *order,
	       struct sample *samples, size_t count, label *place, struct error *err);

/* The cost of ANSWER: words loaded for the samples, or, without samples, words that the code has to
 * test. */
double block_cost(struct blocks *blocks, node answer, const struct order *order,
		  const struct sample *samples, size_t count);

#endif
