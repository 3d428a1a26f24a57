// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A dynamic loader is also a program: `ld.so --list PROGRAM`, which executes others and prints
 * facts about the machine. It detects this use by comparing the entry point that the kernel gave it
 * with its own. If it is the interpreter of another program, the two differ, and the code behind
 * the comparison cannot run.
 */
#include "reach/code/build.h"
#include "reach/code/code.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

#define COMPARE_DISTANCE 6 /* operations from the address to the comparison */

static bool is_loader(const struct build *build)
{
	const struct image *image = build->image;

	return !image->is_fixed && !image->has_interpreter && image->entry &&
	       build->summary->soname && image_is_code(image, image->entry);
}

/* The jump that is taken (condition -1) or not (1) where the two differ, for the address that the
 * operation takes; NO_INDEX: it is used for something else. */
static uint32_t find_jump(const struct code *code, uint32_t address)
{
	uint8_t reg = code->operations.items[address].reg;

	for (uint32_t i = address + 1;
	     i + 1 < code->operations.count && i < address + COMPARE_DISTANCE; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->compared == reg)
			return operation[1].kind == OPERATION_JUMP && operation[1].condition != 0
				       ? i + 1
				       : NO_INDEX;
		if (operation->ends || operation->writes & 1U << reg || operation->source == reg ||
		    operation->kind == OPERATION_CALL)
			return NO_INDEX;
	}
	return NO_INDEX;
}

static void mark(struct build *build, const struct code *code, const bool *reached,
		 uint32_t function)
{
	for (size_t i = 0; i < build->raws.count; i++) {
		struct raw *raw = &build->raws.items[i];
		uint32_t operation;

		if (raw->at < code->start || raw->at >= code->end)
			continue;
		operation = code_find(code, raw->at);
		if (operation == NO_INDEX || reached[operation])
			continue;
		raw->is_for_program = true;
		build->program_part = function;
	}
}

int build_loader(struct build *build, struct error *err)
{
	build->program_part = NO_INDEX;
	for (size_t i = 0; i < build->raws.count && is_loader(build); i++) {
		const struct raw *raw = &build->raws.items[i];
		_cleanup_(code_freep) struct code *code = NULL;
		_cleanup_free_ bool *reached = NULL;
		uint32_t function, address, jump = NO_INDEX;

		if (raw->kind != RAW_ADDRESS || raw->target != build->image->entry)
			continue;
		function = build_function_at(build, raw->at);
		if (function == NO_INDEX)
			continue;
		if (code_open(build->image, build->functions.items, build->functions.count,
			      function, &code, err) < 0)
			return err ? err->code : -ENOMEM;
		address = code_find(code, raw->at);
		if (address != NO_INDEX)
			jump = find_jump(code, address);
		if (jump == NO_INDEX)
			continue;
		reached = calloc(code->operations.count, sizeof(*reached));
		if (!reached)
			return error_oom(err);
		/* The two differ. */
		code_reached(code, jump, code->operations.items[jump].condition > 0, NULL, reached);
		mark(build, code, reached, function);
		break;
	}
	if (build->program_part != NO_INDEX) {
		struct function part = { .start = UINT32_MAX - 1,
					 .end = UINT32_MAX - 1,
					 .name = build->functions.items[build->program_part].name,
					 .stub_of = NO_INDEX,
					 .part_of = build->program_part };

		build->program_part = (uint32_t)build->functions.count;
		if (!array_push(&build->functions, part))
			return error_oom(err);
	}
	return 0;
}
