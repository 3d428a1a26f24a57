// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/code/sweep.h"

#include <Zydis/Zydis.h>
#include <errno.h>

struct sweeper {
	const struct image *image;
	ZydisDecoder decoder;
	region_array *regions;
	raw_array *raws;
	ARRAY(uint32_t) nonsense; /* of the region: what no function would execute */
	bool out_of_memory;
};

static void add(struct sweeper *sweeper, enum raw_kind kind, uint32_t at, uint64_t target)
{
	if (target > UINT32_MAX)
		return;
	if (!array_push(
		    sweeper->raws,
		    (struct raw){ .at = at, .target = (uint32_t)target, .kind = (uint8_t)kind }))
		sweeper->out_of_memory = true;
}

/* Whether the instruction pads: nop, int3, or the zeros that some linkers fill with. */
static bool is_padding(const uint8_t *at, uint32_t left, unsigned *length)
{
	*length = 1;
	if (left == 0)
		return false;
	if (at[0] == 0x90 || at[0] == 0xcc)
		return true;
	if (at[0] == 0 && left >= 2 && at[1] == 0) {
		*length = 2;
		return true;
	}
	for (unsigned prefixes = 0; prefixes < left && prefixes < 12; prefixes++) {
		const uint8_t *op = at + prefixes;
		unsigned rest = left - prefixes, size;

		if (*op == 0x66 || *op == 0x2e)
			continue;
		if (*op == 0x90) {
			*length = prefixes + 1;
			return true;
		}
		if (rest < 3 || op[0] != 0x0f || op[1] != 0x1f)
			return false;
		size = 3U + ((op[2] & 7) == 4) + (op[2] >> 6 == 1 ? 1U : op[2] >> 6 == 2 ? 4U : 0U);
		if (size > rest)
			return false;
		*length = prefixes + size;
		return true;
	}
	return false;
}

static uint32_t skip_padding(const struct image *image, uint32_t at, uint32_t end)
{
	const uint8_t *bytes = image_at(image, at, end - at);
	uint32_t done = 0;
	unsigned length;

	while (bytes && done < end - at && is_padding(bytes + done, end - at - done, &length))
		done += length;
	return at + done;
}

static bool ends_control(const ZydisDecodedInstruction *instruction)
{
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_JMP:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
		return true;
	default:
		return false;
	}
}

/* The same as memory_use for what begins with 0f, or is encoded by VEX or EVEX. */
static int extended_memory_use(const ZydisDecodedInstruction *instruction)
{
	if (instruction->opcode_map != ZYDIS_OPCODE_MAP_0F)
		return RAW_LOAD_WIDE;
	switch (instruction->opcode) {
	case 0x0d: /* prefetch, nop */
	case 0x18:
	case 0x1f:
	case 0xb6: /* movzx, movsx: no pointer fits */
	case 0xb7:
	case 0xbe:
	case 0xbf:
	case 0xa3: /* bt */
	case 0xba:
		return -1;
	case 0x11: /* moves of vectors to memory */
	case 0x13:
	case 0x17:
	case 0x29:
	case 0x2b:
	case 0x7f:
	case 0xd6:
	case 0xe7:
	case 0xb0: /* cmpxchg */
	case 0xb1:
	case 0xc0: /* xadd */
	case 0xc1:
		return RAW_STORE;
	default:
		if (instruction->opcode >= 0x90 && instruction->opcode <= 0x9f) /* setcc */
			return RAW_STORE;
		return RAW_LOAD_WIDE;
	}
}

/* What an instruction with a memory operand does with the memory, as far as pointers go. */
static int memory_use(const ZydisDecodedInstruction *instruction)
{
	bool is_plain = instruction->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
			instruction->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
	unsigned reg = instruction->raw.modrm.reg;

	if (!is_plain)
		return extended_memory_use(instruction);
	if (instruction->opcode < 0x40) {
		/* add, or, adc, sbb, and, sub, xor, cmp: to memory, or of bytes, or from memory */
		if ((instruction->opcode & 7) < 2)
			return instruction->opcode >= 0x38 ? -1 : RAW_STORE;
		return instruction->opcode < 0x38 && instruction->operand_width == 64 ? RAW_LOAD
										      : -1;
	}
	switch (instruction->opcode) {
	case 0x8d:
		return RAW_ADDRESS;
	case 0x80:
	case 0x81:
	case 0x83:
		return reg == 7 ? -1 : RAW_STORE; /* 7: cmp */
	case 0x88:
	case 0x89:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
	case 0x8f:
	case 0xfe:
		return RAW_STORE;
	case 0xf6:
	case 0xf7:
		return reg == 2 || reg == 3 ? RAW_STORE : -1; /* not, neg */
	case 0x84: /* test */
	case 0x85:
	case 0xd8: /* floating point */
	case 0xd9:
	case 0xda:
	case 0xdb:
	case 0xdc:
	case 0xdd:
	case 0xde:
	case 0xdf:
		return -1;
	case 0xff:
		if (reg == 2 || reg == 4)
			return RAW_CALL_LOAD;
		return reg == 6 ? RAW_LOAD : RAW_STORE; /* push, else inc and dec */
	default:
		return instruction->operand_width == 64 ? RAW_LOAD : -1;
	}
}

static void sweep_memory(struct sweeper *sweeper, const ZydisDecodedInstruction *instruction,
			 uint32_t at)
{
	const ZydisDecodedInstructionRaw *raw = &instruction->raw;
	const struct image *image = sweeper->image;
	int use = memory_use(instruction);
	uint32_t rva;

	if (raw->modrm.mod == 3 || use < 0)
		return;
	if (raw->modrm.mod == 0 && raw->modrm.rm == 5) {
		uint64_t target = (uint64_t)at + instruction->length + (uint64_t)raw->disp.value;

		if (target < image->span)
			add(sweeper, (enum raw_kind)use, at, target);
		return;
	}
	/* A displacement that is an address of the program: a table at a fixed place. */
	if (!image->is_fixed || raw->disp.size != 32 ||
	    !image_rva(image, (uint64_t)raw->disp.value, &rva))
		return;
	if (raw->modrm.mod == 0 && raw->modrm.rm == 4 && raw->sib.base == 5 &&
	    raw->sib.index == 4 && !(instruction->attributes & ZYDIS_ATTRIB_HAS_REX && raw->rex.X))
		add(sweeper, (enum raw_kind)use, at, rva);
	else
		add(sweeper, RAW_ADDRESS, at, rva);
}

static void sweep_immediate(struct sweeper *sweeper, const ZydisDecodedInstruction *instruction,
			    uint32_t at)
{
	const ZydisDecodedInstructionRaw *raw = &instruction->raw;
	uint32_t rva;

	for (int i = 0; i < 2; i++)
		if (!raw->imm[i].is_relative &&
		    (raw->imm[i].size == 32 || raw->imm[i].size == 64) &&
		    image_rva(sweeper->image,
			      raw->imm[i].value.u &
				      (raw->imm[i].size == 32 ? UINT32_MAX : UINT64_MAX),
			      &rva))
			add(sweeper, RAW_ADDRESS, at, rva);
}

static void sweep_instruction(struct sweeper *sweeper, const ZydisDecodedInstruction *instruction,
			      uint32_t at)
{
	const ZydisDecodedInstructionRaw *raw = &instruction->raw;

	if (raw->imm[0].is_relative) {
		uint64_t target = (uint64_t)at + instruction->length + raw->imm[0].value.u;

		if (target < sweeper->image->span)
			add(sweeper,
			    instruction->mnemonic == ZYDIS_MNEMONIC_CALL  ? RAW_CALL
			    : instruction->mnemonic == ZYDIS_MNEMONIC_JMP ? RAW_JUMP
									  : RAW_BRANCH,
			    at, target);
		return;
	}
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_IRETQ:
		add(sweeper, RAW_RETURN, at, 0);
		return;
	case ZYDIS_MNEMONIC_SYSCALL:
		add(sweeper, RAW_KERNEL, at, 0);
		return;
	case ZYDIS_MNEMONIC_SYSENTER:
		add(sweeper, RAW_KERNEL, at, 1);
		return;
	case ZYDIS_MNEMONIC_INT:
		if (raw->imm[0].value.u == 0x80)
			add(sweeper, RAW_KERNEL, at, 1);
		return;
	case ZYDIS_MNEMONIC_JMP:
		if (raw->modrm.mod == 3 || raw->modrm.rm != 5 || raw->modrm.mod != 0)
			add(sweeper, RAW_SWITCH, at, 0);
		else
			add(sweeper, RAW_RETURN, at, 0);
		break;
	default:
		break;
	}
	if (instruction->attributes & ZYDIS_ATTRIB_HAS_MODRM)
		sweep_memory(sweeper, instruction, at);
	if (sweeper->image->is_fixed)
		sweep_immediate(sweeper, instruction, at);
}

/* Whether the region is nothing but stubs that jump through the global offset table. */
static bool is_linkage_table(struct sweeper *sweeper, const uint8_t *bytes, uint32_t size)
{
	bool has_stub = false;

	for (uint32_t done = 0; done < size;) {
		ZydisDecodedInstruction instruction;

		if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&sweeper->decoder, NULL, bytes + done,
							      size - done, &instruction)))
			return false;
		switch (instruction.mnemonic) {
		case ZYDIS_MNEMONIC_JMP:
			if (!instruction.raw.imm[0].is_relative) {
				if (instruction.raw.modrm.mod != 0 || instruction.raw.modrm.rm != 5)
					return false;
				has_stub = true;
			}
			break;
		case ZYDIS_MNEMONIC_PUSH:
		case ZYDIS_MNEMONIC_NOP:
		case ZYDIS_MNEMONIC_XCHG:
		case ZYDIS_MNEMONIC_ENDBR64:
		case ZYDIS_MNEMONIC_INT3:
			break;
		default:
			return false;
		}
		done += instruction.length;
	}
	return has_stub;
}

/* What no program executes: it would be killed. `hlt` is so used, behind exit. */
static bool is_nonsense(const ZydisDecodedInstruction *instruction)
{
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_IN:
	case ZYDIS_MNEMONIC_OUT:
	case ZYDIS_MNEMONIC_INSB:
	case ZYDIS_MNEMONIC_INSD:
	case ZYDIS_MNEMONIC_OUTSB:
	case ZYDIS_MNEMONIC_OUTSD:
	case ZYDIS_MNEMONIC_INT1:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_CLI:
	case ZYDIS_MNEMONIC_STI:
	case ZYDIS_MNEMONIC_ENTER:
		return true;
	default:
		return instruction->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED &&
		       instruction->mnemonic != ZYDIS_MNEMONIC_HLT;
	}
}

static size_t nonsense_between(const struct sweeper *sweeper, uint64_t from, uint64_t to)
{
	size_t bounds[2];

	for (int i = 0; i < 2; i++) {
		size_t low = 0, high = sweeper->nonsense.count;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (sweeper->nonsense.items[middle] < (i ? to : from))
				low = middle + 1;
			else
				high = middle;
		}
		bounds[i] = low;
	}
	return bounds[1] - bounds[0];
}

/*
 * Tables stand between functions, in assembly above all: decoded, they are full of instructions that
 * nothing could execute. What has some of those close before it and close behind it is in a table,
 * and refers to nothing.
 */
static void drop_tables(struct sweeper *sweeper, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < sweeper->raws->count && sweeper->nonsense.count > 0; i++) {
		const struct raw raw = sweeper->raws->items[i];
		uint32_t reach = raw.kind == RAW_KERNEL ? 256 : 128;
		size_t enough = raw.kind == RAW_KERNEL ? 1 : 3;

		if (nonsense_between(sweeper, raw.at > reach ? raw.at - reach : 0, raw.at) <
			    enough ||
		    nonsense_between(sweeper, raw.at, (uint64_t)raw.at + reach) < enough)
			sweeper->raws->items[kept++] = raw;
	}
	if (sweeper->nonsense.count > 0)
		sweeper->raws->count = kept;
	sweeper->nonsense.count = 0;
}

static void sweep_region(struct sweeper *sweeper, struct region region)
{
	size_t first_raw = sweeper->raws->count;
	const struct image *image = sweeper->image;
	uint32_t size = region.end - region.start, done = 0, last = region.start;
	const uint8_t *bytes = image_at(image, region.start, size);
	bool is_open = false, is_table;

	if (!bytes || size == 0)
		return;
	is_table = is_linkage_table(sweeper, bytes, size);
	if (!is_table && !array_push(sweeper->regions, region))
		sweeper->out_of_memory = true;
	while (done < size && !sweeper->out_of_memory) {
		ZydisDecodedInstruction instruction;
		uint32_t at = region.start + done;
		unsigned length;

		if (is_padding(bytes + done, size - done, &length)) {
			done += length;
			continue;
		}
		if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&sweeper->decoder, NULL, bytes + done,
							      size - done, &instruction))) {
			if (!region.is_function && !array_push(&sweeper->nonsense, at))
				sweeper->out_of_memory = true;
			done++; /* data in code */
			continue;
		}
		if (!region.is_function && is_nonsense(&instruction) &&
		    !array_push(&sweeper->nonsense, at))
			sweeper->out_of_memory = true;
		sweep_instruction(sweeper, &instruction, at);
		done += instruction.length;
		last = at;
		is_open = !ends_control(&instruction);
		if (is_open) {
			/* A call that ends a function does not return: compilers leave nothing
			 * behind it then. */
			is_open =
				!region.is_function || instruction.mnemonic != ZYDIS_MNEMONIC_CALL;
			continue;
		}
		if (is_table) {
			uint32_t next = skip_padding(image, at + instruction.length, region.end);

			if (!array_push(
				    sweeper->regions,
				    (struct region){ region.start, at + instruction.length, true }))
				sweeper->out_of_memory = true;
			region.start = next;
			size = region.end - next;
			bytes = size ? image_at(image, next, size) : NULL;
			done = 0;
		} else if (!region.is_function) {
			add(sweeper, RAW_STOP, at,
			    skip_padding(image, at + instruction.length, region.end));
		}
	}
	drop_tables(sweeper, first_raw);
	if (is_open)
		add(sweeper, RAW_FALL, last,
		    skip_padding(image, region.end, region.end + image_left(image, region.end)));
}

int sweep(const struct image *image, const range_array *functions, region_array *regions,
	  raw_array *raws, struct error *err)
{
	struct sweeper sweeper = { .image = image, .regions = regions, .raws = raws };
	size_t next = 0;

	ZydisDecoderInit(&sweeper.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t i = 0; i < image->code_count; i++) {
		uint32_t at = image->code[i].start, end = image->code[i].end;

		while (at < end && !sweeper.out_of_memory) {
			uint32_t stop = end;

			while (next < functions->count && functions->items[next].end <= at)
				next++;
			if (next < functions->count && functions->items[next].start < end) {
				const struct range *function = &functions->items[next];

				if (function->start <= at) {
					stop = function->end < end ? function->end : end;
					sweep_region(&sweeper, (struct region){ at, stop, true });
					at = stop;
					continue;
				}
				stop = function->start;
			}
			at = skip_padding(image, at, stop);
			if (at < stop)
				sweep_region(&sweeper, (struct region){ at, stop, false });
			at = stop;
		}
	}
	array_free(&sweeper.nonsense);
	return sweeper.out_of_memory ? error_oom(err) : 0;
}
