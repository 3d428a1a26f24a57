// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A frame is an offset in a file, a symbol an address: the loadable segments translate. .symtab has
 * all functions and .dynsym only the exported ones, so .symtab is used where it exists, in the file
 * itself or in the separate debug file of the same build-id.
 */
#include "record/symbols.h"

#include "common/cleanup.h"
#include "common/untrusted.h"
#include "elf/file.h"

#include <elf.h>
#include <string.h>

struct symbols {
	struct elf_segment segments[ELF_FILE_SEGMENTS_MAX];
	size_t segments_count;
	struct elf_symbols functions; /* sorted */
};

static int compare_symbols(const void *left, const void *right)
{
	const struct elf_symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	/* Of names for one address the shortest without a leading underscore reads best. */
	if ((a->name[0] == '_') != (b->name[0] == '_'))
		return a->name[0] == '_' ? 1 : -1;
	if (strlen(a->name) != strlen(b->name))
		return strlen(a->name) < strlen(b->name) ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool read_table(struct symbols *symbols, const struct elf_file *file, uint32_t type)
{
	if (!elf_file_functions(file, type, &symbols->functions))
		return false;
	qsort(symbols->functions.items, symbols->functions.count, sizeof(*symbols->functions.items),
	      compare_symbols);
	return true;
}

static bool read_debug_file(struct symbols *symbols, const char *build_id)
{
	char path[sizeof("/usr/lib/debug/.build-id/xx/.debug") + BUILD_ID_TEXT];
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int fd = -1;

	if (!build_id || strlen(build_id) < 3)
		return false;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", build_id,
		 build_id + 2);
	fd = untrusted_open(path);
	return fd >= 0 && elf_file_read(&file, fd) && read_table(symbols, &file, SHT_SYMTAB);
}

struct symbols *symbols_load(int fd, const char *build_id)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (symbols && elf_file_read(&file, fd)) {
		memcpy(symbols->segments, file.segments, sizeof(symbols->segments));
		symbols->segments_count = file.segments_count;
		if (read_table(symbols, &file, SHT_SYMTAB) || read_debug_file(symbols, build_id) ||
		    read_table(symbols, &file, SHT_DYNSYM))
			return symbols;
	}
	symbols_free(symbols);
	return NULL;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	elf_symbols_clear(&symbols->functions);
	free(symbols);
}

const char *symbols_find(const struct symbols *symbols, uint64_t file_offset, uint64_t *distance)
{
	const struct elf_symbol *all = symbols->functions.items;
	const struct elf_segment *segment = NULL;
	size_t low = 0, high = symbols->functions.count;
	uint64_t address;

	for (size_t i = 0; i < symbols->segments_count && !segment; i++)
		if (file_offset >= symbols->segments[i].offset &&
		    file_offset - symbols->segments[i].offset < symbols->segments[i].size)
			segment = &symbols->segments[i];
	if (!segment)
		return NULL;
	address = file_offset - segment->offset + segment->address;
	while (low < high) { /* the first symbol past the address */
		size_t middle = low + (high - low) / 2;

		if (all[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || all[low - 1].address < segment->address)
		return NULL;
	low--;
	while (low > 0 && all[low - 1].address == all[low].address)
		low--; /* the best name comes first */
	*distance = address - all[low].address;
	/* In a stripped file most functions have no symbol: past the end of the one before it is
	 * another one, and a wrong name is worse than none. */
	if (all[low].size && *distance >= all[low].size)
		return NULL;
	return all[low].name;
}
