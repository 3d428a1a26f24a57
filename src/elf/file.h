/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few facts of an ELF file: its build-id, its loader, its loadable segments and its function symbols.
 * Both classes and both byte orders are read, by pread() and never by mmap(): the file may be anyone's,
 * and a service that truncates its own file must not end the reader by a signal. What is read and kept is
 * bounded; past a bound there is nothing of that kind. image.h reads the whole of a program.
 */
#ifndef WHITTLE_ELF_FILE_H
#define WHITTLE_ELF_FILE_H

#include "elf/build_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_FILE_SEGMENTS_MAX 64 /* loadable */
#define ELF_FILE_SYMBOLS_MAX  ((uint64_t)4 << 20)
#define ELF_FILE_BYTES_MAX    ((uint64_t)256 << 20) /* of one symbol table and its names */

struct elf_segment {
	uint64_t offset, address, size; /* size: in the file */
};

struct elf_file {
	int fd; /* borrowed */
	uint64_t size;
	bool is_64, big_endian;
	uint8_t *program_headers;
	size_t program_headers_count;
	struct elf_segment segments[ELF_FILE_SEGMENTS_MAX];
	size_t segments_count;
};

struct elf_symbol {
	uint64_t address, size;
	const char *name; /* in `names`; not empty */
};

struct elf_symbols {
	struct elf_symbol *items;
	size_t count;
	char *names;
};

/* False where it is no ELF file, a broken one or can't be read; elf_file_clear() is to be called anyway. */
bool elf_file_read(struct elf_file *file, int fd);
void elf_file_clear(struct elf_file *file);

/* Lower-case hex into TEXT; false: none. */
bool elf_file_build_id(const struct elf_file *file, char text[BUILD_ID_TEXT]);

/* The address that the byte at OFFSET is loaded at, without the loader's bias; false: it is not. */
bool elf_file_address(const struct elf_file *file, uint64_t offset, uint64_t *address);
/* SIZE bytes of the file that are loaded at ADDRESS, all of them. */
bool elf_file_bytes(const struct elf_file *file, uint64_t address, void *into, size_t size);
/* Where the first program header of this type is loaded. */
bool elf_file_segment(const struct elf_file *file, uint32_t type, uint64_t *address,
		      uint64_t *size);

/* Where the first section of this name (of at most 31 bytes) is loaded. */
bool elf_file_section(const struct elf_file *file, const char *name, uint64_t *address,
		      uint64_t *size);

/* PT_INTERP, or NULL. The caller frees it. */
char *elf_file_interpreter(const struct elf_file *file);

/* The functions that the file defines, in the order of its first symbol table of this type (SHT_SYMTAB,
 * SHT_DYNSYM); false: none, too many, or no memory. */
bool elf_file_functions(const struct elf_file *file, uint32_t type, struct elf_symbols *symbols);
void elf_symbols_clear(struct elf_symbols *symbols);

#define ELF_FILE_NAME_MAX 256

/* The name of the function at ADDRESS, without keeping the table: of several the one that people call it by
 * (sbrk, not __sbrk). *LEFT is the number of symbols that may still be read; it is reduced. */
bool elf_file_function(const struct elf_file *file, uint64_t address, uint64_t *left,
		       char name[ELF_FILE_NAME_MAX]);

#endif
