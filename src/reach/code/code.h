/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function in the form that the value analysis uses: each decoded instruction is an operation of
 * one of a few kinds, with its predecessors and the position of the stack pointer. */
#ifndef WHITTLE_REACH_CODE_CODE_H
#define WHITTLE_REACH_CODE_CODE_H

#include "reach/code/value.h"

enum operation_kind {
	OPERATION_OTHER, /* registers in `writes` are unknown afterwards */
	OPERATION_PADDING, /* nop, int3 */
	OPERATION_CONSTANT, /* reg = constant */
	OPERATION_CONSTANT_LOW, /* the low SIZE bytes of reg = constant */
	OPERATION_MOVE, /* reg = source */
	OPERATION_LOAD, /* reg = memory */
	OPERATION_ADDRESS, /* reg = address of memory */
	OPERATION_STORE, /* memory = source */
	OPERATION_STORE_CONSTANT, /* memory = constant */
	OPERATION_STORE_OTHER, /* memory = unknown, and `writes` too */
	OPERATION_ADD, /* reg += constant, and so on */
	OPERATION_AND,
	OPERATION_OR,
	OPERATION_XOR,
	OPERATION_SHIFT_LEFT,
	OPERATION_SHIFT_RIGHT,
	OPERATION_MOVE_IF, /* reg = source or unchanged */
	OPERATION_LOAD_IF,
	OPERATION_FLAG, /* reg = 0 or 1 */
	OPERATION_MASK, /* reg = 0 or all ones */
	OPERATION_PUSH, /* memory at the stack pointer = source, or constant where it is NONE */
	OPERATION_PUSH_LOAD, /* memory at the stack pointer = other memory */
	OPERATION_POP, /* reg = memory at the stack pointer */
	OPERATION_EXCHANGE, /* reg and source */
	OPERATION_COMPARE, /* reg with constant; changes neither */
	OPERATION_CALL,
	OPERATION_JUMP, /* maybe conditional */
	OPERATION_SWITCH,
};

#define STACK_UNKNOWN INT32_MIN

struct operation {
	uint32_t at;
	uint8_t length;
	uint8_t kind; /* enum operation_kind */
	uint8_t reg, source; /* REGISTER_* */
	uint8_t base, index; /* of memory; both NONE: DISPLACEMENT is an rva, or far outside */
	uint8_t size; /* of memory, bytes */
	int8_t condition; /* of a jump: 1 taken if equal, -1 if not equal, 0 other */
	bool ends; /* the next operation does not follow */
	bool is_wide; /* all of REG is written: 32 or 64 bits */
	bool has_slot; /* a jump or call through the pointer at rva DISPLACEMENT */
	uint8_t compared; /* the register that a comparison reads, REGISTER_NONE: no comparison */
	uint16_t writes; /* a bit per register */
	uint16_t reads; /* the same; of a call those of its operand alone */
	int64_t constant; /* of a jump or call: the target's rva */
	int64_t displacement;
	int32_t stack, frame; /* rsp and rbp before it, from rsp at entry; STACK_UNKNOWN */
	uint32_t predecessors; /* into code.edges, 0 none */
};

/* A list of operations from which control jumps to one. */
struct edge {
	uint32_t from;
	uint32_t next; /* 0 ends */
};

struct code {
	const struct image *image;
	uint32_t start, end;
	ARRAY(struct operation) operations;
	ARRAY(struct edge) edges; /* the first is not used */
	ARRAY(uint32_t) switches; /* operations */
	bool is_partial; /* it has more paths than are followed: no value in it can be determined */
	size_t work; /* operations that searches have looked at so far */
};

/* The operation at this address, or NO_INDEX. */
uint32_t code_find(const struct code *code, uint32_t at);

/* Where control can be: REACHED has a place for each operation, false at first. JUMP (NO_INDEX:
 * none) is never or always taken, and control does not return from the operations that STOPS (NULL:
 * none) marks. */
void code_reached(const struct code *code, uint32_t jump, bool never_taken, const bool *stops,
		  bool *reached);

/* Fills the operations of the function from its bytes. A negative errno: out of memory. */
int code_decode(struct code *code, const uint8_t *bytes, uint32_t size, struct error *err);

/* Fills `stack` and `frame` of the operations, whose edges are known. */
void code_track_stack(struct code *code);

#endif
