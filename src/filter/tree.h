/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cheapest tree of comparisons that finds a 32-bit value's range. */
#ifndef WHITTLE_FILTER_TREE_H
#define WHITTLE_FILTER_TREE_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

/* A range of values with one target. An array of them has no gaps, from 0 to UINT32_MAX. */
struct tree_range {
	uint32_t first, last;
	uint32_t target; /* the caller's; equal ones are merged */
	double weight; /* how often a value falls into it, on any scale */
};

enum tree_kind { TREE_LEAF, TREE_AT_LEAST, TREE_EQUAL };

struct tree_node {
	enum tree_kind kind;
	uint32_t value; /* to compare with; a leaf's target */
	size_t yes, no; /* other nodes */
	double weight; /* of all values that come here */
	size_t size; /* comparisons at and below */
};

struct tree {
	struct tree_node *nodes;
	size_t count;
	size_t root;
	unsigned depth; /* comparisons on the longest path */
};

void tree_free(struct tree *tree);

/* The ranges are changed (merged). -ENOMEM is the only error. */
int tree_build(struct tree_range *ranges, size_t count, struct tree *tree, struct error *err);

#endif
