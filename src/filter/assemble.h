/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a program from its end to its beginning: every jump is forward, so its target already
 * exists and its distance is known. A place is an instruction's distance from the end; it never
 * changes.
 */
#ifndef WHITTLE_FILTER_ASSEMBLE_H
#define WHITTLE_FILTER_ASSEMBLE_H

#include "filter/filter.h"

typedef uint32_t label;

struct assembler {
	struct sock_filter *code; /* the last instruction first */
	size_t count;
	label *nearest; /* for each place, its latest copy, or the latest jump to it; 0 none */
	bool is_out_of_memory; /* sticky */
};

void assembler_clear(struct assembler *assembler);

/* Whether nothing more can be emitted: assembler_finish() returns the reason. */
bool assembler_is_full(const struct assembler *assembler);

/* An instruction that continues with the one emitted before it. */
label assemble(struct assembler *assembler, uint16_t code, uint32_t k);

/* `ret action`, a new one or an existing one nearby. */
label assemble_return(struct assembler *assembler, uint32_t action);

/* `if (A operation value) goto yes; else goto no`, however far the targets are. */
label assemble_jump(struct assembler *assembler, uint16_t operation, uint32_t value, label yes,
		    label no);

/* Makes the next emitted code continue at TARGET. */
void assemble_continue(struct assembler *assembler, label target);

/* The program in execution order; empties the assembler. -ENOMEM, or -E2BIG if the kernel would not
 * accept so many instructions. */
int assembler_finish(struct assembler *assembler, struct filter *filter, struct error *err);

#endif
