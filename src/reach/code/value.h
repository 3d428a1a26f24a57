/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which values can reach a register at an instruction: backward over the control flow of one
 * function, through moves, stack slots and simple arithmetic, to constants, or to values that the
 * caller passed to the function. A value that cannot be followed is reported as unknown, never left
 * out.
 */
#ifndef WHITTLE_REACH_CODE_VALUE_H
#define WHITTLE_REACH_CODE_VALUE_H

#include "common/array.h"
#include "elf/image.h"
#include "reach/code/summary.h"

enum {
	REGISTER_RAX,
	REGISTER_RCX,
	REGISTER_RDX,
	REGISTER_RBX,
	REGISTER_RSP,
	REGISTER_RBP,
	REGISTER_RSI,
	REGISTER_RDI,
	REGISTER_R8,
	REGISTER_R9,
	REGISTER_R10,
	REGISTER_R11,
	REGISTER_COUNT = 16,
	REGISTER_NONE = 0xff,
};

/* A variable at a fixed place that the value is read from. */
struct value_global {
	uint32_t rva;
	bool is_pointer; /* the wanted value is OFFSET behind the pointer in it */
	int32_t offset;
};

struct values {
	ARRAY(uint64_t) constants;
	ARRAY(struct origin) origins;
	ARRAY(struct value_global) globals;
	/* What can become of a value that is not known when all but a few of its bits are masked
	 * out; asked for with `wants_partial`, else such a value is unknown. */
	ARRAY(uint64_t) partial;
	bool wants_partial;
	bool is_unknown; /* there may be others */
};

void search_values_free(struct values *values);

/* A decoded function: the one with this index in the image, whose functions show which calls
 * return. */
struct code;
int code_open(const struct image *image, const struct function *functions, size_t count,
	      size_t index, struct code **code, struct error *err);
void code_freep(struct code **code);

/* The value of the origin just before the instruction at AT is executed: for an instruction that
 * calls (or jumps to) a function, the value when that function is entered. */
int code_values(const struct code *code, uint32_t at, struct origin origin, struct values *values,
		struct error *err);

/* The value that the instruction at AT stores to memory at a fixed place; with IS_POINTER the value
 * OFFSET behind the pointer that it stores. */
int code_stored(const struct code *code, uint32_t at, bool is_pointer, int32_t offset,
		struct values *values, struct error *err);

/* Each instruction that calls or jumps to a fixed address (IS_SLOT false) or through the pointer at
 * a fixed address (true), also by way of a register, and leaves the function or calls itself. If
 * control runs over the end of the function, that is a jump at and to the end. */
typedef void (*code_call)(void *context, uint32_t at, uint32_t target, bool is_slot);
void code_calls(const struct code *code, code_call call, void *context);

/* Each instruction that calls, or jumps out of the function, through a register or through memory at
 * no fixed place. */
typedef void (*code_indirect_call)(void *context, uint32_t at);
void code_indirect_calls(const struct code *code, code_indirect_call call, void *context);

/* The targets of such a call: addresses as constants, pointers at fixed places as globals. */
int code_callee(const struct code *code, uint32_t at, struct values *values, struct error *err);

/* Whether the value that the instruction at AT loads into a register is only called, wherever control
 * goes on from there: then loading it has no more effect than calling it. 1, 0, or -ENOMEM. The
 * handler of an exception is assumed to do the same with it. */
int code_only_calls(const struct code *code, uint32_t at);

/* Whether the function takes the address only to compare it with others: then it never calls that
 * address. */
bool code_only_compares(const struct code *code, uint32_t address);

#endif
