/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a frame to its caller, by the tables of .eh_frame (System V ABI, DWARF 5 section 6.4), for little-endian
 * files with a search table (.eh_frame_hdr), which every linker writes. The file may be anyone's: it is read
 * by pread(), a few hundred bytes a frame; the size of an entry, the number of its instructions and the depth
 * of its expressions are bounded.
 */
#ifndef WHITTLE_ELF_UNWIND_H
#define WHITTLE_ELF_UNWIND_H

#include "elf/file.h"

#include <stdbool.h>
#include <stdint.h>

#define ELF_UNWIND_REGISTERS 17

/* Registers in DWARF's numbering (x86-64: table 3.36 of its ABI, i386: 2.14). */
struct elf_frame {
	uint64_t registers[ELF_UNWIND_REGISTERS];
	uint32_t known; /* a bit for each register */
	unsigned stack, address; /* numbers of the stack pointer and of the return address */
	unsigned word; /* bytes */
	bool is_interrupted; /* by a signal: ADDRESS is that of the next instruction, not behind a call */
};

/* Memory of the process: SIZE bytes at ADDRESS; false if they are not known. */
typedef bool (*elf_memory_reader)(void *context, uint64_t address, unsigned size, uint64_t *value);

enum elf_unwind {
	ELF_UNWIND_CALLER, /* FRAME is the caller's now */
	ELF_UNWIND_LAST, /* there is no caller */
	ELF_UNWIND_NO_TABLE, /* FRAME is as before: no entry for this address */
	ELF_UNWIND_BROKEN, /* the entry is invalid, or needs memory or registers that are not known */
};

/* PC is the code's address in FILE, behind a call less 1. */
enum elf_unwind elf_unwind(const struct elf_file *file, uint64_t pc, struct elf_frame *frame,
			   elf_memory_reader read, void *context);

#endif
