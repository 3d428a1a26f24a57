// SPDX-License-Identifier: LGPL-2.1-or-later
#include "elf/file.h"

#include "common/cleanup.h"
#include "elf/image.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* ---- files of each class and byte order, with all that is read ---- */

struct layout {
	bool is_64, big_endian;
};

/* Where things stand in each of them. */
enum {
	PROGRAM_HEADERS = 64,
	NOTES = 0x200,
	INTERPRETER = 0x280,
	SYMBOLS = 0x300,
	NAMES = 0x400,
	SECTIONS = 0x500,
	WHOLE = 0x700,
};

static const char interpreter[] = "/lib/ld-tiny.so.1";
static const char names[] = "\0first\0data\0missing\0second";

static void put(const struct layout *layout, uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[layout->big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

#define PUT(layout, at, structure, field, value)                                             \
	((layout)->is_64 ? put((layout), (at) + offsetof(Elf64_##structure, field), (value), \
			       sizeof(((Elf64_##structure *)NULL)->field))                   \
			 : put((layout), (at) + offsetof(Elf32_##structure, field), (value), \
			       sizeof(((Elf32_##structure *)NULL)->field)))
#define SIZE_OF(layout, structure) \
	((layout)->is_64 ? sizeof(Elf64_##structure) : sizeof(Elf32_##structure))

static uint8_t *program_header(const struct layout *layout, uint8_t *data, size_t index)
{
	return data + PROGRAM_HEADERS + index * SIZE_OF(layout, Phdr);
}

static uint8_t *section(const struct layout *layout, uint8_t *data, size_t index)
{
	return data + SECTIONS + index * SIZE_OF(layout, Shdr);
}

static void put_program_header(const struct layout *layout, uint8_t *data, size_t index,
			       uint32_t type, uint64_t offset, uint64_t address, uint64_t size)
{
	uint8_t *at = program_header(layout, data, index);

	PUT(layout, at, Phdr, p_type, type);
	PUT(layout, at, Phdr, p_offset, offset);
	PUT(layout, at, Phdr, p_vaddr, address);
	PUT(layout, at, Phdr, p_filesz, size);
	PUT(layout, at, Phdr, p_memsz, size);
}

static void put_symbol(const struct layout *layout, uint8_t *data, size_t index, const char *name,
		       unsigned type, uint64_t value, unsigned in)
{
	uint8_t *at = data + SYMBOLS + index * SIZE_OF(layout, Sym);
	const char *found = memmem(names, sizeof(names), name, strlen(name) + 1);

	assert_non_null(found);
	PUT(layout, at, Sym, st_name, (uint64_t)(found - names));
	PUT(layout, at, Sym, st_info, ELF64_ST_INFO(STB_GLOBAL, type));
	PUT(layout, at, Sym, st_shndx, in);
	PUT(layout, at, Sym, st_value, value);
	PUT(layout, at, Sym, st_size, 0x20);
}

static void make(const struct layout *layout, uint8_t data[WHOLE])
{
	static const uint8_t id[] = { 0xab, 0xcd, 0x01, 0x23 };

	memset(data, 0, WHOLE);
	memcpy(data, ELFMAG, SELFMAG);
	data[EI_CLASS] = layout->is_64 ? ELFCLASS64 : ELFCLASS32;
	data[EI_DATA] = layout->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	PUT(layout, data, Ehdr, e_phoff, PROGRAM_HEADERS);
	PUT(layout, data, Ehdr, e_phentsize, SIZE_OF(layout, Phdr));
	PUT(layout, data, Ehdr, e_phnum, 4);
	PUT(layout, data, Ehdr, e_shoff, SECTIONS);
	PUT(layout, data, Ehdr, e_shentsize, SIZE_OF(layout, Shdr));
	PUT(layout, data, Ehdr, e_shnum, 3);

	put_program_header(layout, data, 0, PT_LOAD, 0, 0x1000, 0x300);
	put_program_header(layout, data, 1, PT_LOAD, 0x300, 0x5300, 0x400);
	put_program_header(layout, data, 2, PT_NOTE, NOTES, 0, 0x2c);
	put_program_header(layout, data, 3, PT_INTERP, INTERPRETER, 0, sizeof(interpreter));
	memcpy(data + INTERPRETER, interpreter, sizeof(interpreter));

	/* Another note comes first. */
	put(layout, data + NOTES, 2, 4);
	put(layout, data + NOTES + 4, 5, 4);
	put(layout, data + NOTES + 8, NT_GNU_BUILD_ID, 4);
	memcpy(data + NOTES + 12, "X", 2);
	put(layout, data + NOTES + 24, 4, 4);
	put(layout, data + NOTES + 28, sizeof(id), 4);
	put(layout, data + NOTES + 32, NT_GNU_BUILD_ID, 4);
	memcpy(data + NOTES + 36, "GNU", 4);
	memcpy(data + NOTES + 40, id, sizeof(id));

	put_symbol(layout, data, 1, "first", STT_FUNC, 0x5300, 1);
	put_symbol(layout, data, 2, "data", STT_OBJECT, 0x5310, 1);
	put_symbol(layout, data, 3, "missing", STT_FUNC, 0, SHN_UNDEF);
	put_symbol(layout, data, 4, "second", STT_GNU_IFUNC, 0x5400, 1);
	memcpy(data + NAMES, names, sizeof(names));
	PUT(layout, section(layout, data, 1), Shdr, sh_type, SHT_SYMTAB);
	PUT(layout, section(layout, data, 1), Shdr, sh_offset, SYMBOLS);
	PUT(layout, section(layout, data, 1), Shdr, sh_size, 5 * SIZE_OF(layout, Sym));
	PUT(layout, section(layout, data, 1), Shdr, sh_entsize, SIZE_OF(layout, Sym));
	PUT(layout, section(layout, data, 1), Shdr, sh_link, 2);
	PUT(layout, section(layout, data, 2), Shdr, sh_type, SHT_STRTAB);
	PUT(layout, section(layout, data, 2), Shdr, sh_offset, NAMES);
	PUT(layout, section(layout, data, 2), Shdr, sh_size, sizeof(names));
}

static int open_bytes(const uint8_t *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	return fd;
}

static const struct layout layouts[] = {
	{ .is_64 = true },
	{ .is_64 = false },
	{ .is_64 = true, .big_endian = true },
	{ .is_64 = false, .big_endian = true },
};

static void every_class_and_order_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		_cleanup_(elf_file_clear) struct elf_file file = { 0 };
		_cleanup_free_ char *loader = NULL;
		_cleanup_close_ int fd = -1;
		struct elf_symbols symbols;
		char id[BUILD_ID_TEXT];
		uint8_t data[WHOLE];

		make(&layouts[i], data);
		fd = open_bytes(data, sizeof(data));
		assert_true(elf_file_read(&file, fd));
		assert_int_equal(file.segments_count, 2);
		assert_int_equal(file.segments[0].address, 0x1000);
		assert_int_equal(file.segments[1].offset, 0x300);
		assert_int_equal(file.segments[1].address, 0x5300);
		assert_int_equal(file.segments[1].size, 0x400);
		assert_true(elf_file_build_id(&file, id));
		assert_string_equal(id, "abcd0123");
		loader = elf_file_interpreter(&file);
		assert_string_equal(loader, interpreter);
		assert_true(elf_file_functions(&file, SHT_SYMTAB, &symbols));
		assert_int_equal(symbols.count, 2);
		assert_string_equal(symbols.items[0].name, "first");
		assert_int_equal(symbols.items[0].address, 0x5300);
		assert_int_equal(symbols.items[0].size, 0x20);
		assert_string_equal(symbols.items[1].name, "second");
		assert_int_equal(symbols.items[1].address, 0x5400);
		elf_symbols_clear(&symbols);
		assert_false(elf_file_functions(&file, SHT_DYNSYM, &symbols));
		assert_int_equal(symbols.count, 0);
	}
}

/* Reads all there is of a file, whatever it is. */
static void read_all(int fd)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	struct elf_symbols symbols;
	char id[BUILD_ID_TEXT];

	if (elf_file_read(&file, fd)) {
		elf_file_build_id(&file, id);
		free(elf_file_interpreter(&file));
		elf_file_functions(&file, SHT_SYMTAB, &symbols);
		elf_symbols_clear(&symbols);
	}
}

static void a_file_that_is_cut_short_is_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		_cleanup_close_ int fd = -1;
		uint8_t data[WHOLE];

		make(&layouts[i], data);
		fd = open_bytes(data, sizeof(data));
		for (size_t size = WHOLE; size-- > 0;) {
			assert_int_equal(ftruncate(fd, (off_t)size), 0);
			read_all(fd);
		}
	}
}

/* What was mapped would end the reader by SIGBUS here. */
static void a_file_may_become_shorter_while_it_is_read(void **state)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int fd = -1;
	struct elf_symbols symbols;
	char id[BUILD_ID_TEXT];
	uint8_t data[WHOLE];

	(void)state;
	make(&layouts[0], data);
	fd = open_bytes(data, sizeof(data));
	assert_true(elf_file_read(&file, fd));
	assert_int_equal(ftruncate(fd, NOTES), 0);
	assert_false(elf_file_build_id(&file, id));
	assert_null(elf_file_interpreter(&file));
	assert_false(elf_file_functions(&file, SHT_SYMTAB, &symbols));
	assert_null(symbols.items);
}

static void any_byte_may_be_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		_cleanup_close_ int fd = -1;
		uint8_t data[WHOLE];

		make(&layouts[i], data);
		fd = open_bytes(data, sizeof(data));
		for (size_t at = 0; at < WHOLE; at++) {
			static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

			for (size_t k = 0; k < sizeof(values); k++) {
				assert_int_equal(pwrite(fd, &values[k], 1, (off_t)at), 1);
				read_all(fd);
			}
			assert_int_equal(pwrite(fd, &data[at], 1, (off_t)at), 1);
		}
	}
}

static void tables_past_the_bounds_are_not_read(void **state)
{
	const struct layout *layout = &layouts[0];
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int fd = -1;
	struct elf_symbols symbols;
	uint8_t data[WHOLE];

	(void)state;
	make(layout, data);
	PUT(layout, section(layout, data, 1), Shdr, sh_size,
	    (ELF_FILE_SYMBOLS_MAX + 1) * sizeof(Elf64_Sym));
	fd = open_bytes(data, sizeof(data));
	/* It is all there, in a file with holes. */
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_true(elf_file_read(&file, fd));
	assert_false(elf_file_functions(&file, SHT_SYMTAB, &symbols));

	PUT(layout, section(layout, data, 1), Shdr, sh_size, 5 * sizeof(Elf64_Sym));
	PUT(layout, section(layout, data, 2), Shdr, sh_size, ELF_FILE_BYTES_MAX);
	assert_int_equal(pwrite(fd, data, sizeof(data), 0), sizeof(data));
	assert_false(elf_file_functions(&file, SHT_SYMTAB, &symbols));

	PUT(layout, section(layout, data, 2), Shdr, sh_size, sizeof(names));
	PUT(layout, section(layout, data, 1), Shdr, sh_entsize, 1);
	assert_int_equal(pwrite(fd, data, sizeof(data), 0), sizeof(data));
	assert_false(elf_file_functions(&file, SHT_SYMTAB, &symbols));

	PUT(layout, section(layout, data, 1), Shdr, sh_entsize, sizeof(Elf64_Sym));
	assert_int_equal(pwrite(fd, data, sizeof(data), 0), sizeof(data));
	assert_true(elf_file_functions(&file, SHT_SYMTAB, &symbols));
	elf_symbols_clear(&symbols);
}

static void what_is_no_elf_file_has_nothing(void **state)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int text = open_bytes((const uint8_t *)"#!/bin/sh\n", 10);
	_cleanup_close_ int directory = open("/", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_false(elf_file_read(&file, text));
	elf_file_clear(&file);
	assert_false(elf_file_read(&file, directory));
	elf_file_clear(&file);
	assert_false(elf_file_read(&file, -1));
}

static void a_build_id_is_at_most_64_bytes(void **state)
{
	uint8_t notes[16 + BUILD_ID_MAX + 1] = { 4, 0, 0, 0, 0, 0, 0, 0, NT_GNU_BUILD_ID, 0, 0, 0 };
	char text[BUILD_ID_TEXT];

	(void)state;
	memcpy(notes + 12, "GNU", 4);
	assert_false(build_id_find(notes, sizeof(notes), false, text));
	notes[4] = BUILD_ID_MAX;
	assert_true(build_id_find(notes, sizeof(notes), false, text));
	assert_int_equal(strlen(text), BUILD_ID_TEXT - 1);
	assert_false(build_id_find(notes, sizeof(notes) - 2, false, text));
	notes[4] = BUILD_ID_MAX + 1;
	assert_false(build_id_find(notes, sizeof(notes), false, text));
	notes[4] = 0xff;
	notes[7] = 0xff;
	assert_false(build_id_find(notes, sizeof(notes), false, text));
	assert_false(build_id_find(notes, 11, false, text));
	assert_false(build_id_find(notes, 0, false, text));
}

/* Of a real program both readers find the same. */
static void this_program_is_read_alike_by_both(void **state)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *loader = NULL, *other = NULL;
	char id[BUILD_ID_TEXT] = "", again[BUILD_ID_TEXT] = "";
	struct elf_symbols symbols;
	struct image *image = NULL;
	struct error err = { 0 };
	bool is_found = false;

	(void)state;
	assert_true(elf_file_read(&file, fd));
	if (image_open(fd, "this", &image, &err) < 0)
		skip(); /* made for another machine */
	assert_int_equal(elf_file_build_id(&file, id), image_build_id(image, again));
	assert_string_equal(id, again);
	loader = elf_file_interpreter(&file);
	assert_int_equal(image_interpreter(image, &other), 0);
	assert_non_null(loader);
	assert_string_equal(loader, other);
	assert_int_equal(file.segments_count, image->segments_count);
	assert_true(elf_file_functions(&file, SHT_SYMTAB, &symbols));
	for (size_t i = 0; i < symbols.count; i++)
		is_found |= strcmp(symbols.items[i].name, "main") == 0;
	assert_true(is_found);
	elf_symbols_clear(&symbols);
	image_freep(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_and_order_is_read),
		cmocka_unit_test(a_file_that_is_cut_short_is_no_harm),
		cmocka_unit_test(a_file_may_become_shorter_while_it_is_read),
		cmocka_unit_test(any_byte_may_be_wrong),
		cmocka_unit_test(tables_past_the_bounds_are_not_read),
		cmocka_unit_test(what_is_no_elf_file_has_nothing),
		cmocka_unit_test(a_build_id_is_at_most_64_bytes),
		cmocka_unit_test(this_program_is_read_alike_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
