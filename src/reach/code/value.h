/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which values can reach a register at an instruction: backward over the control flow of one
 * function, through moves, stack slots and simple arithmetic, to constants, or to what the function
 * was given by its caller. What can't be followed is said to be unknown, never left out.
 */
#ifndef WHITTLE_REACH_CODE_VALUE_H
#define WHITTLE_REACH_CODE_VALUE_H

#include "elf/image.h"
#include "reach/code/summary.h"
#include "reach/code/vector.h"

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
	bool is_pointer; /* what is wanted is OFFSET behind the pointer that it holds */
	int32_t offset;
};

struct values {
	VECTOR(uint64_t) constants;
	VECTOR(struct origin) origins;
	VECTOR(struct value_global) globals;
	bool is_unknown; /* there may be others */
};

void search_values_free(struct values *values);

/* A function, decoded: the one of this index among all of the image, which tell whether calls come
 * back. */
struct code;
int code_open(const struct image *image, const struct function *functions, size_t count,
	      size_t index, struct code **code, struct error *err);
void code_freep(struct code **code);

/* What the origin holds just before the instruction at AT is executed: for an instruction that
 * calls (or jumps to) a function, as that function finds it when it is entered. */
int code_values(const struct code *code, uint32_t at, struct origin origin, struct values *values,
		struct error *err);

/* What the instruction at AT, which stores to memory at a fixed place, stores there; with IS_POINTER
 * what is OFFSET behind the pointer that it stores. */
int code_stored(const struct code *code, uint32_t at, bool is_pointer, int32_t offset,
		struct values *values, struct error *err);

/* Each instruction that calls or jumps to a fixed address (IS_SLOT false) or through the pointer at
 * a fixed address (true), also by way of a register, and leaves the function or calls itself. Control that runs over the end of
 * the function is a jump to there, at there. */
typedef void (*code_call)(void *context, uint32_t at, uint32_t target, bool is_slot);
void code_calls(const struct code *code, code_call call, void *context);

/* Each instruction that calls, or jumps out of the function, through a register or through memory at
 * no fixed place. */
typedef void (*code_indirect_call)(void *context, uint32_t at);
void code_indirect_calls(const struct code *code, code_indirect_call call, void *context);

/* Where such a call leads: addresses as constants, pointers at fixed places as globals. */
int code_callee(const struct code *code, uint32_t at, struct values *values, struct error *err);

/* Whether what the instruction at AT loads into a register is only called, wherever control goes on from
 * there: then to load it is no more than to call it. 1, 0, or -ENOMEM. What an exception's handler
 * would do with it is taken to be the same. */
int code_only_calls(const struct code *code, uint32_t at);

/* Whether the function takes the address only to compare it with others: then it calls nothing there
 * by it. */
bool code_only_compares(const struct code *code, uint32_t address);

#endif
