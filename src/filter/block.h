/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a program that looks at arguments. */
#ifndef WHITTLE_FILTER_BLOCK_H
#define WHITTLE_FILTER_BLOCK_H

#include "bdd/diagram.h"
#include "common/table.h"
#include "filter/assemble.h"

/* Arguments that were seen, to tell which way is hot. */
struct sample {
	uint64_t arguments[6];
	double weight;
};

/* Which argument stands in each of the diagrams' places: the order in which they are looked at. */
struct order {
	uint8_t argument[6];
};

struct blocks {
	struct diagrams *diagrams; /* not owned */
	struct assembler *assembler; /* not owned */
	bool big_endian;
	/* What was emitted already, so that like tails are one. */
	struct block *made;
	size_t count;
	struct table by_node;
};

void blocks_clear(struct blocks *blocks);

/* Emits code that comes to the outcomes of ANSWER, or finds it; A may hold anything before it.
 * SAMPLES are put in another order. */
int block_emit(struct blocks *blocks, node answer, const struct order *order,
	       struct sample *samples, size_t count, label *place, struct error *err);

/* How much work ANSWER is: words loaded by the samples, or, where there are none, words that the
 * code has to know of. */
double block_cost(struct blocks *blocks, node answer, const struct order *order,
		  const struct sample *samples, size_t count);

#endif
