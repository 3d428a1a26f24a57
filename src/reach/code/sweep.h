/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pass over all code of an object, instruction by instruction, that records every reference. It
 * does not interpret them: their meaning is decided when all are known.
 */
#ifndef WHITTLE_REACH_CODE_SWEEP_H
#define WHITTLE_REACH_CODE_SWEEP_H

#include "common/array.h"
#include "elf/image.h"
#include "reach/code/unwind.h"

enum raw_kind {
	RAW_CALL, /* call to a fixed address */
	RAW_JUMP, /* jmp to a fixed address */
	RAW_BRANCH, /* jcc, loop */
	RAW_RETURN, /* ret, or a jump through a pointer: control leaves the function */
	RAW_ADDRESS, /* the address itself: lea, or a constant in a program with fixed addresses */
	RAW_LOAD, /* what is stored there is read: 8 bytes */
	RAW_LOAD_WIDE, /* 64 bytes, by a vector instruction */
	RAW_CALL_LOAD, /* called or jumped to through what is stored there */
	RAW_STORE, /* a register is stored there */
	RAW_KERNEL, /* syscall (target 0), int 0x80 or sysenter (target 1) */
	RAW_STOP, /* control does not go on; target: where the next instruction that is no padding is */
	RAW_FALL, /* control runs over the end of a function to the target */
	RAW_SWITCH, /* jmp through a register or a table */
};

struct raw {
	uint32_t at; /* rva of the instruction; ascending */
	uint32_t target;
	uint8_t kind;
	bool is_for_program; /* in code that runs only if the loader is the program */
};

typedef ARRAY(struct raw) raw_array;

struct region {
	uint32_t start, end;
	bool is_function; /* bounds are known from the unwind table; else it is the code between */
};

typedef ARRAY(struct region) region_array;

/* All code as regions in order: the functions in the unwind table, tables of linkage stubs divided
 * into single ones, and the code between. */
int sweep(const struct image *image, const range_array *functions, region_array *regions,
	  raw_array *raws, struct error *err);

#endif
