// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/code.h"

#include "common/cleanup.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <string.h>

#define SWITCH_CASES_LIMIT 4096
#define EDGES_LIMIT	   (1U << 20)

void code_freep(struct code **code)
{
	if (!*code)
		return;
	vector_free(&(*code)->operations);
	vector_free(&(*code)->edges);
	vector_free(&(*code)->switches);
	free(*code);
	*code = NULL;
}

uint32_t code_find(const struct code *code, uint32_t at)
{
	size_t low = 0, high = code->operations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code->operations.items[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < code->operations.count && code->operations.items[low].at == at ? (uint32_t)low
										    : NO_INDEX;
}

/* ---- one instruction ---- */

static uint8_t register_of(ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

	if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
		return REGISTER_NONE;
	return (uint8_t)(whole - ZYDIS_REGISTER_RAX);
}

/* Reads as a whole, or its low half, which keeps a system call number. */
static bool is_wide(const ZydisDecodedOperand *operand)
{
	return operand->size >= 32;
}

static bool is_high_byte(const ZydisDecodedOperand *operand)
{
	return operand->reg.value == ZYDIS_REGISTER_AH || operand->reg.value == ZYDIS_REGISTER_BH ||
	       operand->reg.value == ZYDIS_REGISTER_CH || operand->reg.value == ZYDIS_REGISTER_DH;
}

static void set_memory(const struct image *image, const ZydisDecodedInstruction *instruction,
		       const ZydisDecodedOperand *operand, struct operation *operation)
{
	operation->base = register_of(operand->mem.base);
	operation->index = register_of(operand->mem.index);
	operation->displacement = operand->mem.disp.value;
	operation->size = (uint8_t)(operand->size / 8 > 64 ? 64 : operand->size / 8);
	if (operand->mem.base == ZYDIS_REGISTER_RIP)
		operation->displacement += (int64_t)operation->at + instruction->length;
	else if (operation->base == REGISTER_NONE)
		operation->displacement -= (int64_t)image->base;
	/* Thread-local data is at no fixed place. */
	if (operand->mem.segment == ZYDIS_REGISTER_FS || operand->mem.segment == ZYDIS_REGISTER_GS)
		operation->displacement = INT64_MIN;
	if (operand->mem.base != ZYDIS_REGISTER_NONE && operand->mem.base != ZYDIS_REGISTER_RIP &&
	    operation->base == REGISTER_NONE)
		operation->displacement = INT64_MIN;
}

static void set_move(const struct image *image, const ZydisDecodedInstruction *instruction,
		     const ZydisDecodedOperand *operands, struct operation *operation,
		     bool is_conditional)
{
	const ZydisDecodedOperand *to = &operands[0], *from = &operands[1];

	if (to->type == ZYDIS_OPERAND_TYPE_MEMORY) {
		set_memory(image, instruction, to, operation);
		operation->kind = OPERATION_STORE_OTHER;
		if (from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			operation->kind = OPERATION_STORE_CONSTANT;
			operation->constant = from->imm.value.s;
		} else if (from->type == ZYDIS_OPERAND_TYPE_REGISTER && is_wide(from)) {
			operation->source = register_of(from->reg.value);
			if (operation->source != REGISTER_NONE)
				operation->kind = OPERATION_STORE;
		}
		return;
	}
	operation->reg = register_of(to->reg.value);
	if (operation->reg == REGISTER_NONE)
		return;
	if (from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && !is_wide(to) && !is_high_byte(to)) {
		operation->kind = OPERATION_CONSTANT_LOW;
		operation->size = (uint8_t)(to->size / 8);
		operation->constant = from->imm.value.s;
		return;
	}
	if (!is_wide(to))
		return;
	operation->is_wide = true;
	if (from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		operation->kind = OPERATION_CONSTANT;
		operation->constant = from->imm.value.s;
	} else if (from->type == ZYDIS_OPERAND_TYPE_REGISTER && is_wide(from)) {
		operation->source = register_of(from->reg.value);
		if (operation->source != REGISTER_NONE)
			operation->kind = is_conditional ? OPERATION_MOVE_IF : OPERATION_MOVE;
	} else if (from->type == ZYDIS_OPERAND_TYPE_MEMORY) {
		set_memory(image, instruction, from, operation);
		operation->kind = is_conditional ? OPERATION_LOAD_IF : OPERATION_LOAD;
	}
}

static enum operation_kind arithmetic_kind(ZydisMnemonic mnemonic)
{
	switch (mnemonic) {
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
		return OPERATION_ADD;
	case ZYDIS_MNEMONIC_AND:
		return OPERATION_AND;
	case ZYDIS_MNEMONIC_OR:
		return OPERATION_OR;
	case ZYDIS_MNEMONIC_XOR:
		return OPERATION_XOR;
	case ZYDIS_MNEMONIC_SHL:
		return OPERATION_SHIFT_LEFT;
	default:
		return OPERATION_SHIFT_RIGHT;
	}
}

static void set_arithmetic(const struct image *image, const ZydisDecodedInstruction *instruction,
			   const ZydisDecodedOperand *operands, struct operation *operation)
{
	const ZydisDecodedOperand *to = &operands[0], *from = &operands[1];
	bool is_same = to->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		       from->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		       to->reg.value == from->reg.value;

	if (to->type == ZYDIS_OPERAND_TYPE_MEMORY) {
		set_memory(image, instruction, to, operation);
		operation->kind = OPERATION_STORE_OTHER;
		return;
	}
	operation->reg = register_of(to->reg.value);
	if (operation->reg == REGISTER_NONE || !is_wide(to))
		return;
	operation->is_wide = true;
	if (is_same && (instruction->mnemonic == ZYDIS_MNEMONIC_XOR ||
			instruction->mnemonic == ZYDIS_MNEMONIC_SUB)) {
		operation->kind = OPERATION_CONSTANT;
		operation->constant = 0;
	} else if (is_same && instruction->mnemonic == ZYDIS_MNEMONIC_SBB) {
		operation->kind = OPERATION_MASK;
	} else if (from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
		   instruction->mnemonic != ZYDIS_MNEMONIC_SBB) {
		operation->kind = (uint8_t)arithmetic_kind(instruction->mnemonic);
		operation->constant = from->imm.value.s;
		if (instruction->mnemonic == ZYDIS_MNEMONIC_SUB)
			operation->constant = (int64_t) - (uint64_t)operation->constant;
	}
}

static void set_jump(const struct image *image, const ZydisDecodedInstruction *instruction,
		     const ZydisDecodedOperand *operands, struct operation *operation)
{
	bool is_call = instruction->mnemonic == ZYDIS_MNEMONIC_CALL;

	operation->kind = is_call ? OPERATION_CALL : OPERATION_JUMP;
	operation->constant = -1;
	operation->ends = instruction->mnemonic == ZYDIS_MNEMONIC_JMP;
	operation->condition = (int8_t)((instruction->mnemonic == ZYDIS_MNEMONIC_JZ) -
					(instruction->mnemonic == ZYDIS_MNEMONIC_JNZ));
	if (operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		operation->constant =
			(int64_t)operation->at + instruction->length + operands[0].imm.value.s;
		return;
	}
	if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER)
		operation->source = register_of(operands[0].reg.value);
	if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY) {
		set_memory(image, instruction, &operands[0], operation);
		operation->has_slot =
			operation->base == REGISTER_NONE && operation->index == REGISTER_NONE;
	}
	if (!is_call && !operation->has_slot)
		operation->kind = OPERATION_SWITCH;
}

static void set_compare(const ZydisDecodedInstruction *instruction,
			const ZydisDecodedOperand *operands, struct operation *operation)
{
	bool is_test = instruction->mnemonic == ZYDIS_MNEMONIC_TEST;

	for (int i = 0; i < 2; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
			operation->compared = register_of(operands[i].reg.value);
	if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER || !is_wide(&operands[0]))
		return;
	if (is_test ? operands[1].type != ZYDIS_OPERAND_TYPE_REGISTER ||
			      operands[1].reg.value != operands[0].reg.value
		    : operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return;
	operation->kind = OPERATION_COMPARE;
	operation->reg = register_of(operands[0].reg.value);
	operation->constant = is_test ? 0 : operands[1].imm.value.s;
}

/* push, pop, xchg, setcc: false where it is none of them. */
static bool set_special(const ZydisDecodedInstruction *instruction,
			const ZydisDecodedOperand *operands, struct operation *operation)
{
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		operation->kind = OPERATION_PUSH;
		if (operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
			operation->constant = operands[0].imm.value.s;
		else if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER)
			operation->source = register_of(operands[0].reg.value);
		else
			operation->source = REGISTER_RSP; /* from memory: not followed */
		return true;
	case ZYDIS_MNEMONIC_POP:
		if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
			return false;
		operation->kind = OPERATION_POP;
		operation->reg = register_of(operands[0].reg.value);
		return true;
	case ZYDIS_MNEMONIC_XCHG:
		if (operands[1].type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER || !is_wide(&operands[0]))
			return false;
		operation->kind = OPERATION_EXCHANGE;
		operation->reg = register_of(operands[0].reg.value);
		operation->source = register_of(operands[1].reg.value);
		return true;
	case ZYDIS_MNEMONIC_LEA:
		operation->reg = register_of(operands[0].reg.value);
		if (operation->reg == REGISTER_NONE || !is_wide(&operands[0]))
			return false;
		operation->kind = OPERATION_ADDRESS;
		operation->is_wide = true;
		return true;
	default:
		return false;
	}
}

static void set_operation(const struct image *image, const ZydisDecodedInstruction *instruction,
			  const ZydisDecodedOperand *operands, struct operation *operation)
{
	switch (instruction->meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_UNCOND_BR:
	case ZYDIS_CATEGORY_COND_BR:
		set_jump(image, instruction, operands, operation);
		return;
	case ZYDIS_CATEGORY_CMOV:
		set_move(image, instruction, operands, operation, true);
		return;
	case ZYDIS_CATEGORY_SETCC:
		operation->kind = OPERATION_STORE_OTHER;
		if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER) {
			operation->kind = OPERATION_FLAG;
			operation->reg = register_of(operands[0].reg.value);
		}
		return;
	default:
		break;
	}
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_NOP:
	case ZYDIS_MNEMONIC_INT3:
		operation->kind = OPERATION_PADDING;
		return;
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
		operation->ends = true;
		return;
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVSXD:
		set_move(image, instruction, operands, operation, false);
		return;
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_AND:
	case ZYDIS_MNEMONIC_OR:
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_SBB:
	case ZYDIS_MNEMONIC_SHL:
	case ZYDIS_MNEMONIC_SHR:
		set_arithmetic(image, instruction, operands, operation);
		return;
	case ZYDIS_MNEMONIC_LEA:
		set_memory(image, instruction, &operands[1], operation);
		break;
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_TEST:
		set_compare(instruction, operands, operation);
		return;
	default:
		break;
	}
	if (set_special(instruction, operands, operation))
		return;
	for (unsigned i = 0; i < instruction->operand_count; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM &&
		    operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) {
			set_memory(image, instruction, &operands[i], operation);
			operation->kind = OPERATION_STORE_OTHER;
		}
}

static uint16_t written_registers(const ZydisDecodedInstruction *instruction,
				  const ZydisDecodedOperand *operands)
{
	unsigned writes = 0;

	/* What the calling convention lets a callee change. */
	if (instruction->meta.category == ZYDIS_CATEGORY_CALL)
		return 1 << REGISTER_RAX | 1 << REGISTER_RCX | 1 << REGISTER_RDX |
		       1 << REGISTER_RSI | 1 << REGISTER_RDI | 1 << REGISTER_R8 | 1 << REGISTER_R9 |
		       1 << REGISTER_R10 | 1 << REGISTER_R11;
	for (unsigned i = 0; i < instruction->operand_count; i++) {
		uint8_t reg = REGISTER_NONE;

		if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			reg = register_of(operands[i].reg.value);
		if (reg != REGISTER_NONE)
			writes |= 1U << reg;
	}
	if (instruction->mnemonic == ZYDIS_MNEMONIC_SYSCALL ||
	    instruction->mnemonic == ZYDIS_MNEMONIC_INT)
		writes |= 1U << REGISTER_RAX;
	return (uint16_t)writes;
}

/* ---- control flow ---- */

static bool add_edge(struct code *code, uint32_t from, uint32_t to)
{
	struct operation *operation = &code->operations.items[to];

	if (!vector_push(&code->edges, (struct edge){ from, operation->predecessors }))
		return false;
	operation->predecessors = (uint32_t)code->edges.count - 1;
	return true;
}

static bool add_switch_target(struct code *code, uint64_t rva)
{
	uint32_t to = NO_INDEX;

	if (rva >= code->start && rva < code->end)
		to = code_find(code, (uint32_t)rva);
	if (to == NO_INDEX)
		return true;
	for (size_t i = 0; i < code->switches.count && !code->is_partial; i++) {
		code->is_partial = code->edges.count > EDGES_LIMIT;
		if (!add_edge(code, code->switches.items[i], to))
			return false;
	}
	return true;
}

/* The table at an rva, of distances from the table (position independent) or of addresses: the
 * entries while they lead into the function. Each is taken as a target of each switch. */
static bool add_table(struct code *code, uint32_t table)
{
	const struct image *image = code->image;
	uint32_t left = image_left(image, table);
	const uint8_t *at = left ? image_at(image, table, left) : NULL;

	if (!at || !image_is_data(image, table))
		return true;
	for (uint32_t i = 0; i < SWITCH_CASES_LIMIT && (i + 1) * 4 <= left; i++) {
		uint64_t rva = table + (uint64_t)(int64_t)(int32_t)load32(at + (size_t)i * 4);

		if (rva < code->start || rva >= code->end)
			break;
		if (!add_switch_target(code, rva))
			return false;
	}
	for (uint32_t i = 0; i < SWITCH_CASES_LIMIT && (i + 1) * 8 <= left; i++) {
		uint64_t rva = load64(at + (size_t)i * 8) - image->base;

		if (rva < code->start || rva >= code->end)
			break;
		if (!add_switch_target(code, rva))
			return false;
	}
	return true;
}

static bool add_edges(struct code *code)
{
	size_t count = code->operations.count;

	if (!vector_push(&code->edges, (struct edge){ 0 }))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct operation *operation = &code->operations.items[i];
		uint32_t to;

		if (operation->kind != OPERATION_JUMP || operation->constant < code->start ||
		    operation->constant >= code->end)
			continue;
		to = code_find(code, (uint32_t)operation->constant);
		if (to != NO_INDEX && !add_edge(code, (uint32_t)i, to))
			return false;
	}
	for (size_t i = 0; code->switches.count > 0 && !code->is_partial && i < count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->displacement < 0 || operation->displacement > UINT32_MAX ||
		    operation->base != REGISTER_NONE)
			continue;
		if ((operation->kind == OPERATION_ADDRESS || operation->kind == OPERATION_SWITCH ||
		     operation->kind == OPERATION_LOAD) &&
		    !add_table(code, (uint32_t)operation->displacement))
			return false;
	}
	return true;
}

/* Padding that nothing leads to leads nowhere. */
static void find_dead_padding(struct code *code)
{
	for (size_t i = 1; i < code->operations.count; i++) {
		struct operation *operation = &code->operations.items[i];

		if (operation->kind == OPERATION_PADDING && operation[-1].ends &&
		    !operation->predecessors)
			operation->ends = true;
	}
}

/* ---- the stack pointer ---- */

struct stack {
	int32_t stack, frame;
};

/* Far below anything that a frame holds: a stack pointer that was aligned or moved by an amount
 * that is not known begins a frame of its own. */
#define STACK_FRESH (1 << 20)

static int32_t moved(int32_t stack, int64_t by)
{
	int64_t result = stack + by;

	if (stack == STACK_UNKNOWN || by > STACK_FRESH || by < -STACK_FRESH ||
	    result > INT32_MAX / 2 || result < INT32_MIN / 2)
		return STACK_UNKNOWN;
	return (int32_t)result;
}

static struct stack stack_after(const struct operation *operation)
{
	struct stack after = { operation->stack, operation->frame };
	bool to_stack = operation->reg == REGISTER_RSP;
	int32_t from = operation->base == REGISTER_RSP	 ? operation->stack
		       : operation->base == REGISTER_RBP ? operation->frame
							 : STACK_UNKNOWN;

	switch (operation->kind) {
	case OPERATION_PUSH:
		after.stack = moved(after.stack, -8);
		return after;
	case OPERATION_POP:
		after.stack = moved(after.stack, 8);
		if (operation->reg == REGISTER_RBP)
			after.frame = STACK_UNKNOWN;
		return after;
	case OPERATION_ADD:
		if (to_stack)
			after.stack = moved(after.stack, operation->constant);
		break;
	case OPERATION_AND:
		if (to_stack)
			after.stack = moved(after.stack, -STACK_FRESH);
		break;
	case OPERATION_MOVE:
		if (to_stack && operation->source == REGISTER_RBP)
			after.stack = after.frame;
		else if (operation->reg == REGISTER_RBP && operation->source == REGISTER_RSP)
			after.frame = after.stack;
		else
			break;
		return after;
	case OPERATION_ADDRESS:
		if (to_stack)
			after.stack = moved(from, operation->displacement);
		else if (operation->reg == REGISTER_RBP)
			after.frame = moved(from, operation->displacement);
		return after;
	default:
		/* leave */
		if (operation->writes & 1 << REGISTER_RSP && operation->writes & 1 << REGISTER_RBP)
			after.stack = moved(after.frame, 8);
		else if (operation->writes & 1 << REGISTER_RSP)
			after.stack = moved(after.stack, -STACK_FRESH);
		break;
	}
	if (operation->writes & 1 << REGISTER_RBP)
		after.frame = STACK_UNKNOWN;
	return after;
}

static bool flow_stack(struct code *code, size_t to, struct stack stack)
{
	struct operation *operation = &code->operations.items[to];

	if (operation->stack != STACK_UNKNOWN || stack.stack == STACK_UNKNOWN)
		return false;
	operation->stack = stack.stack;
	operation->frame = stack.frame;
	return true;
}

/* The stack pointer is the same on every way to an instruction (compilers keep it so): the first
 * way that is met decides. Loops to earlier code need a few rounds. */
static void track_stack(struct code *code)
{
	bool is_changed = true;

	if (code->operations.count == 0)
		return;
	for (size_t i = 0; i < code->operations.count; i++)
		code->operations.items[i].stack = code->operations.items[i].frame = STACK_UNKNOWN;
	code->operations.items[0].stack = 0;
	for (int round = 0; round < 8 && is_changed; round++) {
		is_changed = false;
		for (size_t i = 0; i < code->operations.count; i++) {
			struct operation *operation = &code->operations.items[i];

			for (uint32_t edge = operation->predecessors; edge;
			     edge = code->edges.items[edge].next) {
				const struct operation *from =
					&code->operations.items[code->edges.items[edge].from];

				if (flow_stack(code, i, stack_after(from)))
					is_changed = true;
			}
			if (i + 1 < code->operations.count && !operation->ends &&
			    flow_stack(code, i + 1, stack_after(operation)))
				is_changed = true;
		}
	}
}

static int decode(struct code *code, const uint8_t *bytes, uint32_t size, struct error *err)
{
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (uint32_t done = 0; done < size;) {
		ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
		ZydisDecodedInstruction instruction;
		struct operation operation = { .at = code->start + done,
					       .reg = REGISTER_NONE,
					       .source = REGISTER_NONE,
					       .compared = REGISTER_NONE,
					       .base = REGISTER_NONE,
					       .index = REGISTER_NONE,
					       .displacement = INT64_MIN };

		if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes + done, size - done,
						       &instruction, operands))) {
			done++;
			continue;
		}
		operation.length = instruction.length;
		operation.writes = written_registers(&instruction, operands);
		set_operation(code->image, &instruction, operands, &operation);
		if (operation.kind == OPERATION_SWITCH &&
		    !vector_push(&code->switches, (uint32_t)code->operations.count))
			return error_oom(err);
		if (!vector_push(&code->operations, operation))
			return error_oom(err);
		done += instruction.length;
	}
	/* One more, behind the last: where control is that runs over the end. */
	if (!vector_push(&code->operations, (struct operation){ .at = code->end,
								.kind = OPERATION_PADDING,
								.reg = REGISTER_NONE,
								.source = REGISTER_NONE,
								.compared = REGISTER_NONE,
								.base = REGISTER_NONE,
								.index = REGISTER_NONE,
								.displacement = INT64_MIN,
								.ends = true }))
		return error_oom(err);
	return 0;
}

static bool never_returns(const struct function *functions, size_t count, int64_t rva)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (functions[middle].start < rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && functions[low].start == rva && functions[low].never_returns;
}

int code_open(const struct image *image, const struct function *functions, size_t count,
	      size_t index, struct code **result, struct error *err)
{
	_cleanup_(code_freep) struct code *code = calloc(1, sizeof(*code));
	uint32_t whole =
		functions[index].part_of == NO_INDEX ? (uint32_t)index : functions[index].part_of;
	uint32_t start = functions[whole].start, end = functions[whole].end;
	const uint8_t *bytes = image_at(image, start, end - start);

	if (!code)
		return error_oom(err);
	if (!bytes || end < start)
		return error_set(err, -ENOEXEC, "%s: the function at 0x%x is not in the file",
				 image->path, start);
	code->image = image;
	code->start = start;
	code->end = end;
	if (decode(code, bytes, end - start, err) < 0)
		return err ? err->code : -ENOMEM;
	for (size_t i = 0; i < code->operations.count; i++)
		if (code->operations.items[i].kind == OPERATION_CALL &&
		    never_returns(functions, count, code->operations.items[i].constant))
			code->operations.items[i].ends = true;
	if (!add_edges(code))
		return error_oom(err);
	find_dead_padding(code);
	track_stack(code);
	*result = take(code);
	return 0;
}

void code_calls(const struct code *code, code_call call, void *context)
{
	for (size_t i = 0; i < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->kind != OPERATION_CALL && operation->kind != OPERATION_JUMP)
			continue;
		if (operation->has_slot && operation->displacement >= 0 &&
		    operation->displacement <= UINT32_MAX)
			call(context, operation->at, (uint32_t)operation->displacement, true);
		else if (!operation->has_slot && operation->constant >= 0 &&
			 operation->constant <= UINT32_MAX &&
			 (operation->kind == OPERATION_CALL || operation->constant < code->start ||
			  operation->constant >= code->end))
			call(context, operation->at, (uint32_t)operation->constant, false);
	}
	if (code->operations.count > 1 && !code->operations.items[code->operations.count - 2].ends)
		call(context, code->end, code->end, false);
}

void code_indirect_calls(const struct code *code, code_indirect_call call, void *context)
{
	/* A jump through a register is a switch where tables were found, else a call at the end. */
	bool has_table = false;

	for (size_t i = 1; i < code->edges.count; i++)
		has_table |=
			code->operations.items[code->edges.items[i].from].kind == OPERATION_SWITCH;
	for (size_t i = 0; i < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if ((operation->kind == OPERATION_CALL && !operation->has_slot &&
		     operation->constant < 0) ||
		    (operation->kind == OPERATION_SWITCH && !has_table))
			call(context, operation->at);
	}
}

bool code_only_compares(const struct code *code, uint32_t address)
{
	bool is_taken = false;

	for (size_t i = 0; i + 1 < code->operations.count; i++) {
		const struct operation *operation = &code->operations.items[i];

		if (operation->kind != OPERATION_ADDRESS || operation->base != REGISTER_NONE ||
		    operation->displacement != address)
			continue;
		if (operation[1].compared == REGISTER_NONE ||
		    (operation[1].compared != operation->reg && operation[1].reg != operation->reg))
			return false;
		is_taken = true;
	}
	return is_taken;
}
