/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program's instructions as text, with what their numbers mean. */
#ifndef WHITTLE_FILTER_DISASSEMBLE_H
#define WHITTLE_FILTER_DISASSEMBLE_H

#include "filter/filter.h"

/* What is known before an instruction on every way to it. */
struct context {
	uint8_t loaded; /* offset in seccomp_data of the word in A */
	bool is_loaded;
	bool is_reached;
	uint32_t arch; /* that the call is of; 0 not known */
};

/* The context of each instruction; the caller frees it. The filter must pass filter_check(). */
int filter_contexts(const struct filter *filter, struct context **contexts, struct error *err);

/* Instruction AT into BUFFER, which is returned: "jeq #41, 12, 13  ; x86_64:socket". Jumps name
 * the instructions that they lead to. CONTEXT may be NULL: no comment. */
const char *filter_format(const struct filter *filter, size_t at, const struct context *context,
			  char *buffer, size_t size);

/* The whole, an instruction a line with its index before it. The filter must pass filter_check(). */
int filter_disassemble(const struct filter *filter, FILE *out, struct error *err);

#endif
