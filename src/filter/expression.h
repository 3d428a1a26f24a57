/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The possible contents of a program's register: a value computed from the words of a call. */
#ifndef WHITTLE_FILTER_EXPRESSION_H
#define WHITTLE_FILTER_EXPRESSION_H

#include "bdd/diagram.h"

/* Equal expressions are one number. */
typedef uint32_t expression;

#define EXPRESSION_ZERO 0u
#define EXPRESSION_NONE UINT32_MAX /* without a form: a test on it cannot be decided */

struct expressions;

struct expressions *expressions_new(struct diagrams *diagrams, bool big_endian);
void expressions_freep(struct expressions **expressions);
bool expressions_are_out_of_memory(const struct expressions *expressions);

expression expression_constant(struct expressions *expressions, uint32_t value);
/* The word at an offset of struct seccomp_data. */
expression expression_load(struct expressions *expressions, uint32_t offset);
/* BPF_ADD ... BPF_NEG. Division by a constant that is not 0 only. */
expression expression_compute(struct expressions *expressions, uint16_t operation, expression a,
			      expression b);

bool expression_is_constant(const struct expressions *expressions, expression a, uint32_t *value);

/* The diagram of each bit, lowest first; NULL if they exceed the limits. Valid until the next
 * expression is made. */
const node *expression_bits(struct expressions *expressions, expression a);

/* BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET of a with b: true, and the result in *HOLDS, if both are
 * constant. */
bool expression_test_constant(const struct expressions *expressions, uint16_t operation,
			      expression a, expression b, bool *holds);

/* If A is a word of the call and B a constant, as nearly always: `test ? yes : no` at once, and
 * true. */
bool expression_choose(const struct expressions *expressions, uint16_t operation, expression a,
		       expression b, node yes, node no, node *result);

/* The test as a diagram; DIAGRAM_NONE if it exceeds the limits. */
node expression_test(struct expressions *expressions, uint16_t operation, expression a,
		     expression b);

#endif
