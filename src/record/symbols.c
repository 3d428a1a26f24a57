// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Symbols by libelf. A frame is an offset in a file, a symbol an address: the loadable segments
 * translate. .symtab has all functions and .dynsym only the exported ones, so .symtab is used where
 * it exists, in the file itself or in the separate debug file of the same build-id.
 */
#include "record/symbols.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#define SEGMENTS_MAX 32
#define SYMBOLS_MAX  (1 << 20)

struct segment {
	uint64_t offset, address, size;
};

struct symbol {
	uint64_t address, size;
	const char *name; /* in names */
};

struct symbols {
	struct segment segments[SEGMENTS_MAX];
	size_t segments_count;
	struct symbol *symbols;
	size_t count;
	Elf *elf; /* holds the names */
	int fd;
};

static Elf *open_elf(int fd)
{
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return NULL;
	}
	return elf;
}

static bool find_build_id(const void *notes, size_t size, char text[BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	Elf_Data data = { .d_buf = (void *)(uintptr_t)notes,
			  .d_size = size,
			  .d_type = ELF_T_NHDR,
			  .d_version = EV_CURRENT };
	size_t at = 0, name, descriptor, next;
	GElf_Nhdr note;

	while ((next = gelf_getnote(&data, at, &note, &name, &descriptor)) > 0) {
		const unsigned char *bytes = (const unsigned char *)notes + descriptor;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp((const char *)notes + name, "GNU", 4) == 0 &&
		    note.n_descsz <= BUILD_ID_MAX) {
			for (size_t i = 0; i < note.n_descsz; i++) {
				text[2 * i] = digits[bytes[i] >> 4];
				text[2 * i + 1] = digits[bytes[i] & 15];
			}
			text[2 * (size_t)note.n_descsz] = '\0';
			return note.n_descsz > 0;
		}
		at = next;
	}
	return false;
}

bool symbols_build_id(int fd, char text[BUILD_ID_TEXT])
{
	Elf *elf = open_elf(fd);
	bool is_found = false;
	size_t count = 0, size = 0;
	const char *file;

	if (!elf)
		return false;
	file = elf_rawfile(elf, &size);
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; file && i < count && !is_found; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_NOTE &&
		    header.p_offset <= size && header.p_filesz <= size - header.p_offset)
			is_found = find_build_id(file + header.p_offset, header.p_filesz, text);
	}
	elf_end(elf);
	return is_found;
}

char *symbols_interpreter(int fd)
{
	Elf *elf = open_elf(fd);
	char *path = NULL;
	size_t count = 0, size = 0;
	const char *file;

	if (!elf)
		return NULL;
	file = elf_rawfile(elf, &size);
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; file && i < count && !path; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP &&
		    header.p_offset <= size && header.p_filesz <= size - header.p_offset)
			path = strndup(file + header.p_offset, header.p_filesz);
	}
	elf_end(elf);
	return path;
}

/* ---- symbols ---- */

static int compare_symbols(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	/* Of names for one address the shortest without a leading underscore reads best. */
	if ((a->name[0] == '_') != (b->name[0] == '_'))
		return a->name[0] == '_' ? 1 : -1;
	if (strlen(a->name) != strlen(b->name))
		return strlen(a->name) < strlen(b->name) ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void read_segments(struct symbols *symbols, Elf *elf)
{
	size_t count = 0;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count && symbols->segments_count < SEGMENTS_MAX; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD)
			symbols->segments[symbols->segments_count++] =
				(struct segment){ header.p_offset, header.p_vaddr,
						  header.p_filesz };
	}
}

static Elf_Scn *find_section(Elf *elf, GElf_Word type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	return NULL;
}

static bool read_table(struct symbols *symbols, Elf *elf, GElf_Word type)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(elf, type, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t count = data && header.sh_entsize ? data->d_size / header.sh_entsize : 0;

	if (count == 0 || count > SYMBOLS_MAX)
		return false;
	symbols->symbols = calloc(count, sizeof(*symbols->symbols));
	if (!symbols->symbols)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF ||
		    (GELF_ST_TYPE(symbol.st_info) != STT_FUNC &&
		     GELF_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC))
			continue;
		name = elf_strptr(elf, header.sh_link, symbol.st_name);
		if (name && *name)
			symbols->symbols[symbols->count++] =
				(struct symbol){ symbol.st_value, symbol.st_size, name };
	}
	qsort(symbols->symbols, symbols->count, sizeof(*symbols->symbols), compare_symbols);
	return symbols->count > 0;
}

static bool read_debug_file(struct symbols *symbols, const char *build_id)
{
	char path[sizeof("/usr/lib/debug/.build-id/xx/.debug") + BUILD_ID_TEXT];
	Elf *elf;

	if (!build_id || strlen(build_id) < 3)
		return false;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", build_id,
		 build_id + 2);
	symbols->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (symbols->fd < 0)
		return false;
	elf = open_elf(symbols->fd);
	if (elf && read_table(symbols, elf, SHT_SYMTAB)) {
		symbols->elf = elf;
		return true;
	}
	elf_end(elf);
	return false;
}

struct symbols *symbols_load(int fd, const char *build_id)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	Elf *elf = symbols ? open_elf(fd) : NULL;

	if (!elf) {
		free(symbols);
		return NULL;
	}
	symbols->fd = -1;
	read_segments(symbols, elf);
	if (!read_table(symbols, elf, SHT_SYMTAB) && read_debug_file(symbols, build_id)) {
		elf_end(elf);
		return symbols;
	}
	symbols->elf = elf;
	if (symbols->count > 0 || read_table(symbols, elf, SHT_DYNSYM))
		return symbols;
	symbols_free(symbols);
	return NULL;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	elf_end(symbols->elf);
	closep(&symbols->fd);
	free(symbols->symbols);
	free(symbols);
}

const char *symbols_find(const struct symbols *symbols, uint64_t file_offset, uint64_t *distance)
{
	const struct segment *segment = NULL;
	size_t low = 0, high = symbols->count;
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

		if (symbols->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || symbols->symbols[low - 1].address < segment->address)
		return NULL;
	low--;
	while (low > 0 && symbols->symbols[low - 1].address == symbols->symbols[low].address)
		low--; /* the best name comes first */
	*distance = address - symbols->symbols[low].address;
	/* In a stripped file most functions have no symbol: past the end of the one before it is
	 * another one, and a wrong name is worse than none. */
	if (symbols->symbols[low].size && *distance >= symbols->symbols[low].size)
		return NULL;
	return symbols->symbols[low].name;
}
