// SPDX-License-Identifier: LGPL-2.1-or-later
#include "elf/unwind.h"

#include "common/cleanup.h"

#include <elf.h>
#include <string.h>

#define ENTRY_MAX \
	16384 /* bytes of one entry; gcc's are of tens, of a function with many pushes hundreds */
#define STATES 8 /* nested DW_CFA_remember_state */
#define DEPTH  16 /* values in an expression */

/* DW_EH_PE_*: LSB, section "DWARF Exception Header Encoding". */
enum {
	PE_ABSOLUTE = 0x00,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_FORM = 0x0f,
	PE_RELATIVE = 0x10,
	PE_APPLICATION = 0x70,
	PE_NONE = 0xff,
};

/* Bytes that are being read. Past the end everything is 0 and IS_BROKEN. */
struct cursor {
	const uint8_t *at, *end;
	uint64_t address; /* of END in the file's addresses, less what is left */
	bool is_broken;
};

static uint64_t address_of(const struct cursor *cursor)
{
	return cursor->address - (uint64_t)(cursor->end - cursor->at);
}

static uint64_t fixed(struct cursor *cursor, unsigned size)
{
	uint64_t value = 0;

	if ((size_t)(cursor->end - cursor->at) < size) {
		cursor->is_broken = true;
		cursor->at = cursor->end;
		return 0;
	}
	for (unsigned i = size; i-- > 0;)
		value = value << 8 | cursor->at[i];
	cursor->at += size;
	return value;
}

static uint64_t extend(uint64_t value, unsigned bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);

	return bits == 64 ? value : (value ^ sign) - sign;
}

static uint64_t uleb(struct cursor *cursor)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = fixed(cursor, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static uint64_t sleb(struct cursor *cursor)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = fixed(cursor, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return byte & 0x40 && shift < 64 ? value | ~UINT64_C(0) << shift : value;
}

static void skip(struct cursor *cursor, uint64_t size)
{
	if ((uint64_t)(cursor->end - cursor->at) < size) {
		cursor->is_broken = true;
		cursor->at = cursor->end;
	} else {
		cursor->at += size;
	}
}

/* A part of what is left. */
static struct cursor part(struct cursor *cursor, uint64_t size)
{
	struct cursor part = *cursor;

	skip(cursor, size);
	part.end = cursor->at;
	part.address = address_of(cursor);
	part.is_broken = cursor->is_broken;
	return part;
}

static uint64_t encoded(struct cursor *cursor, uint8_t encoding, unsigned word)
{
	uint64_t place = address_of(cursor), value = 0;

	switch (encoding & PE_FORM) {
	case PE_ABSOLUTE:
		value = fixed(cursor, word);
		break;
	case PE_UDATA2:
		value = fixed(cursor, 2);
		break;
	case PE_UDATA4:
		value = fixed(cursor, 4);
		break;
	case PE_SDATA2:
		value = extend(fixed(cursor, 2), 16);
		break;
	case PE_SDATA4:
		value = extend(fixed(cursor, 4), 32);
		break;
	case PE_UDATA8:
	case PE_SDATA8:
		value = fixed(cursor, 8);
		break;
	default:
		cursor->is_broken = true;
	}
	if ((encoding & PE_APPLICATION) == PE_RELATIVE)
		value += place;
	else if (encoding & PE_APPLICATION)
		cursor->is_broken = true;
	return value;
}

/* ---- the tables ---- */

struct entry {
	uint64_t start, length; /* of the code */
	uint64_t code_align, data_align;
	unsigned address; /* register */
	bool is_signal;
	uint8_t encoding;
	struct cursor common, own; /* instructions */
};

/* The bytes of an entry behind its length, and the place of its second word. */
static bool read_entry(const struct elf_file *file, uint64_t address, uint8_t bytes[ENTRY_MAX],
		       struct cursor *cursor)
{
	uint8_t head[4];
	struct cursor length = { .at = head, .end = head + sizeof(head) };
	uint64_t size;

	if (!elf_file_bytes(file, address, head, sizeof(head)))
		return false;
	size = fixed(&length, 4);
	/* 0xffffffff would be 64-bit DWARF, which no compiler writes here. */
	if (size < 4 || size > ENTRY_MAX || !elf_file_bytes(file, address + 4, bytes, size))
		return false;
	*cursor =
		(struct cursor){ .at = bytes, .end = bytes + size, .address = address + 4 + size };
	return true;
}

static bool read_common(const struct elf_frame *frame, struct cursor cursor, struct entry *entry,
			bool *has_size)
{
	const char *augmentation;
	uint64_t version, size;
	struct cursor data;

	if (fixed(&cursor, 4) != 0)
		return false;
	version = fixed(&cursor, 1);
	augmentation = (const char *)cursor.at;
	while (fixed(&cursor, 1) && !cursor.is_broken)
		;
	if ((version != 1 && version != 3) || cursor.is_broken)
		return false;
	entry->code_align = uleb(&cursor);
	entry->data_align = sleb(&cursor);
	entry->address = (unsigned)(version == 1 ? fixed(&cursor, 1) : uleb(&cursor));
	entry->encoding = PE_ABSOLUTE;
	*has_size = augmentation[0] == 'z';
	if (!*has_size && augmentation[0])
		return false;
	size = *has_size ? uleb(&cursor) : 0;
	data = part(&cursor, size);
	for (const char *at = augmentation + *has_size; *at; at++) {
		if (*at == 'R')
			entry->encoding = (uint8_t)fixed(&data, 1);
		else if (*at == 'P')
			encoded(&data, (uint8_t)(fixed(&data, 1) & 0x7f), frame->word);
		else if (*at == 'L')
			fixed(&data, 1);
		else if (*at == 'S')
			entry->is_signal = true;
		else
			break;
	}
	entry->common = cursor;
	return !cursor.is_broken && !data.is_broken && entry->address < ELF_UNWIND_REGISTERS;
}

/* The place of the entry that may cover PC, by the search table: pairs of signed 32-bit distances from the
 * table's own address, sorted. */
static bool find_entry(const struct elf_file *file, uint64_t pc, uint64_t *found)
{
	uint8_t bytes[12];
	struct cursor cursor = { .at = bytes, .end = bytes + sizeof(bytes) };
	uint64_t table, size, low = 0, high;

	if (!elf_file_segment(file, PT_GNU_EH_FRAME, &table, &size) || size < sizeof(bytes) ||
	    !elf_file_bytes(file, table, bytes, sizeof(bytes)))
		return false;
	if (bytes[0] != 1 || (bytes[1] & PE_FORM) != PE_SDATA4 || bytes[2] != PE_UDATA4 ||
	    bytes[3] != (PE_SDATA4 | 0x30))
		return false;
	skip(&cursor, 8);
	high = fixed(&cursor, 4);
	if (high > (size - sizeof(bytes)) / 8)
		return false;
	/* The last pair that begins at PC or before. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2, start;

		if (!elf_file_bytes(file, table + sizeof(bytes) + middle * 8, bytes, 8))
			return false;
		cursor = (struct cursor){ .at = bytes, .end = bytes + 8 };
		start = table + extend(fixed(&cursor, 4), 32);
		if (start > pc) {
			high = middle;
			continue;
		}
		*found = table + extend(fixed(&cursor, 4), 32);
		low = middle + 1;
	}
	return low > 0;
}

#define SCAN_MAX \
	(UINT64_C(8) << 20) /* bytes of a section without a search table; glibc's have 100 KB */

/* A static program may have no search table: its entries in their order, by the section. */
static bool find_by_scan(const struct elf_file *file, const struct elf_frame *frame, uint64_t pc,
			 uint64_t *found)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	uint64_t start, size, length;

	if (!elf_file_section(file, ".eh_frame", &start, &size) || size > SCAN_MAX)
		return false;
	bytes = malloc(size + 1);
	if (!bytes || !elf_file_bytes(file, start, bytes, size))
		return false;
	for (uint64_t at = 0; size - at >= 8; at += 4 + length) {
		struct cursor cursor = { .at = bytes + at, .end = bytes + size };
		struct cursor common = cursor;
		struct entry entry = { 0 };
		uint64_t distance, begin;
		bool has_size;

		length = fixed(&cursor, 4);
		if (length < 4 || length > size - at - 4)
			return false;
		cursor.end = cursor.at + length;
		cursor.address = start + at + 4 + length;
		distance = fixed(&cursor, 4);
		if (!distance || distance > at + 4)
			continue;
		common.at = bytes + at + 4 - distance;
		common.address = start + size;
		fixed(&common, 4);
		if (!read_common(frame, common, &entry, &has_size))
			continue;
		begin = encoded(&cursor, entry.encoding, frame->word);
		if (pc >= begin &&
		    pc - begin < encoded(&cursor, entry.encoding & PE_FORM, frame->word) &&
		    !cursor.is_broken) {
			*found = start + at;
			return true;
		}
	}
	return false;
}

/* ---- expressions ---- */

struct machine {
	const struct elf_frame *frame;
	elf_memory_reader read;
	void *context;
	uint64_t mask; /* of a word */
};

static bool known(const struct elf_frame *frame, uint64_t number)
{
	return number < ELF_UNWIND_REGISTERS && frame->known >> number & 1;
}

static bool binary(uint8_t operation, uint64_t a, uint64_t b, uint64_t *result)
{
	int64_t left = (int64_t)a, right = (int64_t)b;

	switch (operation) {
	case 0x1a: /* DW_OP_and */
		*result = a & b;
		return true;
	case 0x1c: /* minus */
		*result = a - b;
		return true;
	case 0x1e: /* mul */
		*result = a * b;
		return true;
	case 0x21: /* or */
		*result = a | b;
		return true;
	case 0x22: /* plus */
		*result = a + b;
		return true;
	case 0x24: /* shl */
		*result = b < 64 ? a << b : 0;
		return true;
	case 0x25: /* shr */
		*result = b < 64 ? a >> b : 0;
		return true;
	case 0x27: /* xor */
		*result = a ^ b;
		return true;
	case 0x29: /* eq, ge, gt, le, lt, ne */
		*result = left == right;
		return true;
	case 0x2a:
		*result = left >= right;
		return true;
	case 0x2b:
		*result = left > right;
		return true;
	case 0x2c:
		*result = left <= right;
		return true;
	case 0x2d:
		*result = left < right;
		return true;
	case 0x2e:
		*result = left != right;
		return true;
	default:
		return false;
	}
}

/* The value that an operation without operands on the stack gives. */
static bool constant(const struct machine *machine, uint8_t operation, struct cursor *cursor,
		     uint64_t *value)
{
	if (operation >= 0x30 && operation <= 0x4f) { /* DW_OP_lit0 to lit31 */
		*value = operation - 0x30;
		return true;
	}
	if (operation >= 0x70 && operation <= 0x8f) { /* breg0 to breg31 */
		unsigned number = operation - 0x70;

		if (!known(machine->frame, number))
			return false;
		*value = machine->frame->registers[number] + sleb(cursor);
		return true;
	}
	if (operation >= 0x08 && operation <= 0x0f) { /* const1u, const1s, ... const8s */
		unsigned size = 1U << ((operation - 0x08) / 2);

		*value = fixed(cursor, size);
		if (operation & 1)
			*value = extend(*value, 8 * size);
		return true;
	}
	if (operation != 0x10 && operation != 0x11) /* constu, consts */
		return false;
	*value = operation == 0x10 ? uleb(cursor) : sleb(cursor);
	return true;
}

/* An operation on the values that are there. */
static bool operate(const struct machine *machine, uint8_t operation, struct cursor *cursor,
		    uint64_t values[DEPTH], unsigned *count)
{
	uint64_t top;

	if (operation == 0x96) /* nop */
		return true;
	if (*count == 0)
		return false;
	top = values[*count - 1];
	switch (operation) {
	case 0x06: /* deref */
		return machine->read(machine->context, top & machine->mask, machine->frame->word,
				     &values[*count - 1]);
	case 0x12: /* dup */
		if (*count == DEPTH)
			return false;
		values[(*count)++] = top;
		return true;
	case 0x13: /* drop */
		--*count;
		return true;
	case 0x23: /* plus_uconst */
		values[*count - 1] = top + uleb(cursor);
		return true;
	default:
		if (*count < 2)
			return false;
		--*count;
		return binary(operation, values[*count - 1], top, &values[*count - 1]);
	}
}

static bool evaluate(const struct machine *machine, struct cursor cursor, const uint64_t *first,
		     uint64_t *result)
{
	uint64_t values[DEPTH], value;
	unsigned count = 0;

	if (first)
		values[count++] = *first;
	while (cursor.at < cursor.end) {
		uint8_t operation = (uint8_t)fixed(&cursor, 1);

		if (constant(machine, operation, &cursor, &value)) {
			if (count == DEPTH)
				return false;
			values[count++] = value;
		} else if (!operate(machine, operation, &cursor, values, &count)) {
			return false;
		}
	}
	if (cursor.is_broken || count == 0)
		return false;
	*result = values[count - 1] & machine->mask;
	return true;
}

/* ---- instructions ---- */

enum rule {
	RULE_SAME,
	RULE_UNDEFINED,
	RULE_OFFSET, /* at the frame's address and VALUE */
	RULE_VALUE, /* their sum */
	RULE_REGISTER,
	RULE_EXPRESSION, /* at its value */
	RULE_VALUE_EXPRESSION,
};

struct row {
	struct {
		enum rule rule;
		uint64_t value;
		struct cursor expression;
	} registers[ELF_UNWIND_REGISTERS];
	uint64_t base, offset; /* of the frame's address: a register and a distance */
	bool is_expression;
	struct cursor expression;
};

struct run {
	const struct entry *entry;
	unsigned word;
	uint64_t pc, at;
	struct row row, initial;
	struct row states[STATES];
	unsigned states_count;
};

static void set_rule(struct run *run, uint64_t number, enum rule rule, uint64_t value)
{
	/* Others than these, of vectors for instance, are not followed. */
	if (number >= ELF_UNWIND_REGISTERS)
		return;
	run->row.registers[number].rule = rule;
	run->row.registers[number].value = value;
}

static void set_expression(struct run *run, uint64_t number, enum rule rule, struct cursor *cursor)
{
	struct cursor expression = part(cursor, uleb(cursor));

	set_rule(run, number, rule, 0);
	if (number < ELF_UNWIND_REGISTERS)
		run->row.registers[number].expression = expression;
}

static void set_base(struct run *run, uint64_t base, uint64_t offset)
{
	run->row.is_expression = false;
	run->row.base = base;
	run->row.offset = offset;
}

static bool change_state(struct run *run, uint8_t operation)
{
	if (operation == 0x0a) { /* DW_CFA_remember_state */
		if (run->states_count == STATES)
			return false;
		run->states[run->states_count++] = run->row;
		return true;
	}
	if (run->states_count == 0)
		return false;
	run->row = run->states[--run->states_count];
	return true;
}

/* DW_CFA_* without an operand in the operation itself. */
static bool extended(struct run *run, uint8_t operation, struct cursor *cursor)
{
	uint64_t data = run->entry->data_align, number;

	switch (operation) {
	case 0x00: /* nop */
		return true;
	case 0x01: /* set_loc */
		run->at = encoded(cursor, run->entry->encoding, run->word);
		return true;
	case 0x02: /* advance_loc1, 2, 4 */
	case 0x03:
	case 0x04:
		run->at += fixed(cursor, 1U << (operation - 0x02)) * run->entry->code_align;
		return true;
	case 0x0a:
	case 0x0b:
		return change_state(run, operation);
	case 0x0e: /* def_cfa_offset */
		run->row.offset = uleb(cursor);
		return true;
	case 0x0f: /* def_cfa_expression */
		run->row.is_expression = true;
		run->row.expression = part(cursor, uleb(cursor));
		return true;
	case 0x13: /* def_cfa_offset_sf */
		run->row.offset = sleb(cursor) * data;
		return true;
	case 0x2e: /* GNU_args_size */
		uleb(cursor);
		return true;
	default:
		break;
	}
	/* The others begin with a register's number. */
	number = uleb(cursor);
	switch (operation) {
	case 0x05: /* offset_extended */
		set_rule(run, number, RULE_OFFSET, uleb(cursor) * data);
		return true;
	case 0x06: /* restore_extended */
		if (number < ELF_UNWIND_REGISTERS)
			run->row.registers[number] = run->initial.registers[number];
		return true;
	case 0x07: /* undefined */
		set_rule(run, number, RULE_UNDEFINED, 0);
		return true;
	case 0x08: /* same_value */
		set_rule(run, number, RULE_SAME, 0);
		return true;
	case 0x09: /* register */
		set_rule(run, number, RULE_REGISTER, uleb(cursor));
		return true;
	case 0x0c: /* def_cfa */
		set_base(run, number, uleb(cursor));
		return true;
	case 0x0d: /* def_cfa_register */
		set_base(run, number, run->row.offset);
		return true;
	case 0x10: /* expression */
		set_expression(run, number, RULE_EXPRESSION, cursor);
		return true;
	case 0x11: /* offset_extended_sf */
		set_rule(run, number, RULE_OFFSET, sleb(cursor) * data);
		return true;
	case 0x12: /* def_cfa_sf */
		set_base(run, number, sleb(cursor) * data);
		return true;
	case 0x14: /* val_offset */
		set_rule(run, number, RULE_VALUE, uleb(cursor) * data);
		return true;
	case 0x15: /* val_offset_sf */
		set_rule(run, number, RULE_VALUE, sleb(cursor) * data);
		return true;
	case 0x16: /* val_expression */
		set_expression(run, number, RULE_VALUE_EXPRESSION, cursor);
		return true;
	default:
		return false;
	}
}

/* The instructions up to the row of PC. */
static bool execute(struct run *run, struct cursor cursor)
{
	while (cursor.at < cursor.end && !cursor.is_broken) {
		uint8_t operation = (uint8_t)fixed(&cursor, 1), operand = operation & 0x3f;

		switch (operation >> 6) {
		case 1: /* DW_CFA_advance_loc */
			run->at += operand * run->entry->code_align;
			break;
		case 2: /* offset */
			set_rule(run, operand, RULE_OFFSET, uleb(&cursor) * run->entry->data_align);
			break;
		case 3: /* restore */
			if (operand < ELF_UNWIND_REGISTERS)
				run->row.registers[operand] = run->initial.registers[operand];
			break;
		default:
			if (!extended(run, operation, &cursor))
				return false;
		}
		if (run->at > run->pc)
			break;
	}
	return !cursor.is_broken;
}

static bool restore(const struct machine *machine, const struct row *row, unsigned number,
		    uint64_t base, uint64_t *value)
{
	uint64_t from = row->registers[number].value, address;

	switch (row->registers[number].rule) {
	case RULE_OFFSET:
		return machine->read(machine->context, (base + from) & machine->mask,
				     machine->frame->word, value);
	case RULE_VALUE:
		*value = (base + from) & machine->mask;
		return true;
	case RULE_REGISTER:
		if (!known(machine->frame, from))
			return false;
		*value = machine->frame->registers[from];
		return true;
	case RULE_EXPRESSION:
		return evaluate(machine, row->registers[number].expression, &base, &address) &&
		       machine->read(machine->context, address, machine->frame->word, value);
	case RULE_VALUE_EXPRESSION:
		return evaluate(machine, row->registers[number].expression, &base, value);
	case RULE_SAME:
		*value = machine->frame->registers[number];
		return known(machine->frame, number);
	case RULE_UNDEFINED:
		break;
	}
	return false;
}

static enum elf_unwind leave(const struct run *run, struct elf_frame *frame, elf_memory_reader read,
			     void *context)
{
	const struct machine machine = { frame, read, context,
					 frame->word == 4 ? UINT32_MAX : UINT64_MAX };
	const struct row *row = &run->row;
	unsigned address = run->entry->address;
	struct elf_frame caller = *frame;
	uint64_t base;

	if (row->registers[address].rule == RULE_UNDEFINED)
		return ELF_UNWIND_LAST;
	if (row->is_expression) {
		if (!evaluate(&machine, row->expression, NULL, &base))
			return ELF_UNWIND_BROKEN;
	} else {
		if (!known(frame, row->base))
			return ELF_UNWIND_BROKEN;
		base = (frame->registers[row->base] + row->offset) & machine.mask;
	}
	caller.known = 0;
	for (unsigned i = 0; i < ELF_UNWIND_REGISTERS; i++)
		if (restore(&machine, row, i, base, &caller.registers[i]))
			caller.known |= 1U << i;
	if (row->registers[frame->stack].rule == RULE_SAME) {
		caller.registers[frame->stack] = base;
		caller.known |= 1U << frame->stack;
	}
	if (row->registers[address].rule == RULE_SAME || !known(&caller, address))
		return ELF_UNWIND_BROKEN;
	caller.registers[frame->address] = caller.registers[address];
	caller.known |= 1U << frame->address;
	caller.is_interrupted = run->entry->is_signal;
	*frame = caller;
	return ELF_UNWIND_CALLER;
}

enum elf_unwind elf_unwind(const struct elf_file *file, uint64_t pc, struct elf_frame *frame,
			   elf_memory_reader read, void *context)
{
	_cleanup_free_ uint8_t *common = malloc(ENTRY_MAX), *own = malloc(ENTRY_MAX);
	_cleanup_free_ struct run *run = calloc(1, sizeof(*run));
	struct entry entry = { 0 };
	struct cursor cursor, commons;
	uint64_t address, place, distance;
	bool has_size;

	if (!common || !own || !run || file->big_endian ||
	    (!find_entry(file, pc, &address) && !find_by_scan(file, frame, pc, &address)))
		return ELF_UNWIND_NO_TABLE;
	if (!read_entry(file, address, own, &cursor))
		return ELF_UNWIND_BROKEN;
	place = address_of(&cursor);
	distance = fixed(&cursor, 4);
	if (!distance || !read_entry(file, place - distance, common, &commons) ||
	    !read_common(frame, commons, &entry, &has_size))
		return ELF_UNWIND_BROKEN;
	entry.start = encoded(&cursor, entry.encoding, frame->word);
	entry.length = encoded(&cursor, entry.encoding & PE_FORM, frame->word);
	if (has_size)
		skip(&cursor, uleb(&cursor));
	if (cursor.is_broken)
		return ELF_UNWIND_BROKEN;
	if (pc < entry.start || pc - entry.start >= entry.length)
		return ELF_UNWIND_NO_TABLE;
	entry.own = cursor;
	run->entry = &entry;
	run->word = frame->word;
	run->pc = pc;
	run->at = entry.start;
	if (!execute(run, entry.common))
		return ELF_UNWIND_BROKEN;
	run->initial = run->row;
	if (!execute(run, entry.own))
		return ELF_UNWIND_BROKEN;
	return leave(run, frame, read, context);
}
