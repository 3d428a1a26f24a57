/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program's instructions as text, with the meaning of their numbers. */
#ifndef WHITTLE_FILTER_DISASSEMBLE_H
#define WHITTLE_FILTER_DISASSEMBLE_H

#include "filter/filter.h"

/* The facts that are true before an instruction on every path to it. */
struct context {
	uint8_t loaded; /* offset in seccomp_data of the word in A */
	bool is_loaded;
	bool is_reached;
	uint32_t arch; /* that the call is of; 0 not known */
};

/* The context of each instruction; the caller frees it. The filter must pass filter_check(). */
int filter_contexts(const struct filter *filter, struct context **contexts, struct error *err);

/* Instruction AT into BUFFER, which is returned: "jeq #41, 12, 13  ; x86_64:socket". Jumps name
 * their target instructions. CONTEXT may be NULL: no comment. */
const char *filter_format(const struct filter *filter, size_t at, const struct context *context,
			  char *buffer, size_t size);

/* The whole program, one instruction per line, with its index. The filter must pass
 * filter_check(). */
int filter_disassemble(const struct filter *filter, FILE *out, struct error *err);

#endif
