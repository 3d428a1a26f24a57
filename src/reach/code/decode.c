// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Translates each instruction into an operation of one of a few kinds: those that the search for
 * values follows (moves, loads, stores, simple arithmetic, jumps), and for any other only the
 * registers that it writes. An instruction that fits no kind exactly is OTHER, after which the
 * registers it writes are unknown.
 */
#include "reach/code/code.h"

#include <Zydis/Zydis.h>

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
			operation->kind = OPERATION_PUSH_LOAD;
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
	case ZYDIS_MNEMONIC_PUSH:
		if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY)
			set_memory(image, instruction, &operands[0], operation);
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

static uint16_t read_registers(const ZydisDecodedInstruction *instruction,
			       const ZydisDecodedOperand *operands)
{
	unsigned reads = 0;

	for (unsigned i = 0; i < instruction->operand_count; i++) {
		uint8_t regs[2] = { REGISTER_NONE, REGISTER_NONE };

		if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ)
			regs[0] = register_of(operands[i].reg.value);
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
			regs[0] = register_of(operands[i].mem.base);
			regs[1] = register_of(operands[i].mem.index);
		}
		for (unsigned k = 0; k < 2; k++)
			if (regs[k] != REGISTER_NONE)
				reads |= 1U << regs[k];
	}
	return (uint16_t)reads;
}

int code_decode(struct code *code, const uint8_t *bytes, uint32_t size, struct error *err)
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
		operation.reads = read_registers(&instruction, operands);
		set_operation(code->image, &instruction, operands, &operation);
		if (operation.kind == OPERATION_SWITCH &&
		    !array_push(&code->switches, (uint32_t)code->operations.count))
			return error_oom(err);
		if (!array_push(&code->operations, operation))
			return error_oom(err);
		done += instruction.length;
	}
	/* One more, behind the last: where control is that runs over the end. */
	if (!array_push(&code->operations, (struct operation){ .at = code->end,
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
