// SPDX-License-Identifier: LGPL-2.1-or-later
#include "elf/file.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_HEADERS_MAX 65536 /* bytes; the kernel takes no more */
#define NOTES_MAX	    ((uint64_t)1 << 20)
#define SECTIONS_MAX	    ((uint64_t)1 << 18)
#define CHUNK		    2048 /* symbols read at once */

/* A field of a structure that has another layout in each class. */
#define FIELD(file, at, structure, field)                                          \
	((file)->is_64 ? number((file), (at) + offsetof(Elf64_##structure, field), \
				sizeof(((Elf64_##structure *)NULL)->field))        \
		       : number((file), (at) + offsetof(Elf32_##structure, field), \
				sizeof(((Elf32_##structure *)NULL)->field)))
#define SIZE_OF(file, structure) \
	((file)->is_64 ? sizeof(Elf64_##structure) : sizeof(Elf32_##structure))

static uint64_t number(const struct elf_file *file, const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[file->big_endian ? i : size - 1 - i];
	return value;
}

/* SIZE bytes at OFFSET, all of them. */
static bool read_at(const struct elf_file *file, void *into, uint64_t offset, size_t size)
{
	size_t used = 0;

	if (offset > file->size || size > file->size - offset)
		return false;
	while (used < size) {
		ssize_t got = pread(file->fd, (uint8_t *)into + used, size - used,
				    (off_t)(offset + used));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) /* 0: it has become shorter */
			return false;
		used += (size_t)got;
	}
	return true;
}

/* The same in memory that the caller frees, with a NUL behind it; NULL where it is more than LIMIT. */
static void *read_new(const struct elf_file *file, uint64_t offset, uint64_t size, uint64_t limit)
{
	_cleanup_free_ uint8_t *data = NULL;

	if (size > limit || offset > file->size || size > file->size - offset)
		return NULL;
	data = malloc((size_t)size + 1);
	if (!data || !read_at(file, data, offset, (size_t)size))
		return NULL;
	data[size] = '\0';
	return take(data);
}

static const uint8_t *program_header(const struct elf_file *file, size_t index)
{
	return file->program_headers + index * SIZE_OF(file, Phdr);
}

static bool read_header(struct elf_file *file, uint8_t header[sizeof(Elf64_Ehdr)])
{
	if (!read_at(file, header, 0, sizeof(Elf32_Ehdr)) || memcmp(header, ELFMAG, SELFMAG) != 0 ||
	    (header[EI_CLASS] != ELFCLASS64 && header[EI_CLASS] != ELFCLASS32) ||
	    (header[EI_DATA] != ELFDATA2LSB && header[EI_DATA] != ELFDATA2MSB))
		return false;
	file->is_64 = header[EI_CLASS] == ELFCLASS64;
	file->big_endian = header[EI_DATA] == ELFDATA2MSB;
	return read_at(file, header, 0, SIZE_OF(file, Ehdr));
}

bool elf_file_read(struct elf_file *file, int fd)
{
	uint8_t header[sizeof(Elf64_Ehdr)] = { 0 };
	struct stat status;

	*file = (struct elf_file){ .fd = fd };
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	file->size = (uint64_t)status.st_size;
	if (!read_header(file, header))
		return false;
	file->program_headers_count = FIELD(file, header, Ehdr, e_phnum);
	if (file->program_headers_count == 0)
		return true; /* a debug file may have none */
	if (FIELD(file, header, Ehdr, e_phentsize) != SIZE_OF(file, Phdr))
		return false;
	file->program_headers =
		read_new(file, FIELD(file, header, Ehdr, e_phoff),
			 file->program_headers_count * SIZE_OF(file, Phdr), PROGRAM_HEADERS_MAX);
	if (!file->program_headers)
		return false;
	for (size_t i = 0; i < file->program_headers_count; i++) {
		const uint8_t *at = program_header(file, i);

		if (FIELD(file, at, Phdr, p_type) == PT_LOAD &&
		    file->segments_count < ELF_FILE_SEGMENTS_MAX)
			file->segments[file->segments_count++] = (struct elf_segment){
				.offset = FIELD(file, at, Phdr, p_offset),
				.address = FIELD(file, at, Phdr, p_vaddr),
				.size = FIELD(file, at, Phdr, p_filesz),
			};
	}
	return true;
}

void elf_file_clear(struct elf_file *file)
{
	free(file->program_headers);
	*file = (struct elf_file){ .fd = -1 };
}

/* The bytes of the file that the first program header of a type from FROM on speaks of. */
static void *read_segment(const struct elf_file *file, uint32_t type, uint64_t limit, size_t *from,
			  size_t *size)
{
	for (; *from < file->program_headers_count; ++*from) {
		const uint8_t *at = program_header(file, *from);
		void *data;

		if (FIELD(file, at, Phdr, p_type) != type)
			continue;
		*size = FIELD(file, at, Phdr, p_filesz);
		data = read_new(file, FIELD(file, at, Phdr, p_offset), *size, limit);
		if (data) {
			++*from;
			return data;
		}
	}
	return NULL;
}

bool elf_file_build_id(const struct elf_file *file, char text[BUILD_ID_TEXT])
{
	size_t at = 0, size;
	bool is_found = false;
	uint8_t *notes;

	while (!is_found && (notes = read_segment(file, PT_NOTE, NOTES_MAX, &at, &size))) {
		is_found = build_id_find(notes, size, file->big_endian, text);
		free(notes);
	}
	return is_found;
}

bool elf_file_address(const struct elf_file *file, uint64_t offset, uint64_t *address)
{
	for (size_t i = 0; i < file->segments_count; i++) {
		const struct elf_segment *segment = &file->segments[i];

		if (offset < segment->offset || offset - segment->offset >= segment->size)
			continue;
		*address = segment->address + (offset - segment->offset);
		return true;
	}
	return false;
}

bool elf_file_bytes(const struct elf_file *file, uint64_t address, void *into, size_t size)
{
	for (size_t i = 0; i < file->segments_count; i++) {
		const struct elf_segment *segment = &file->segments[i];
		uint64_t at = address - segment->address, offset;

		if (address < segment->address || at >= segment->size || segment->size - at < size)
			continue;
		return !__builtin_add_overflow(segment->offset, at, &offset) &&
		       read_at(file, into, offset, size);
	}
	return false;
}

bool elf_file_segment(const struct elf_file *file, uint32_t type, uint64_t *address, uint64_t *size)
{
	for (size_t i = 0; i < file->program_headers_count; i++) {
		const uint8_t *at = program_header(file, i);

		if (FIELD(file, at, Phdr, p_type) != type)
			continue;
		*address = FIELD(file, at, Phdr, p_vaddr);
		*size = FIELD(file, at, Phdr, p_filesz);
		return true;
	}
	return false;
}

char *elf_file_interpreter(const struct elf_file *file)
{
	size_t at = 0, size;

	return read_segment(file, PT_INTERP, PATH_MAX, &at, &size);
}

/* ---- symbols ---- */

struct section {
	uint64_t offset, size, entry_size;
	uint32_t link;
};

static struct section section_at(const struct elf_file *file, const uint8_t *at)
{
	return (struct section){
		.offset = FIELD(file, at, Shdr, sh_offset),
		.size = FIELD(file, at, Shdr, sh_size),
		.entry_size = FIELD(file, at, Shdr, sh_entsize),
		.link = (uint32_t)FIELD(file, at, Shdr, sh_link),
	};
}

/* The first symbol table of this type, and the table of its names. */
/* The section headers, *COUNT of them, and the ELF header; NULL: none. The caller frees them. */
static uint8_t *read_sections(const struct elf_file *file, uint8_t header[sizeof(Elf64_Ehdr)],
			      uint64_t *count)
{
	uint8_t first[sizeof(Elf64_Shdr)];
	size_t size = SIZE_OF(file, Shdr);
	uint64_t offset;

	if (!read_at(file, header, 0, SIZE_OF(file, Ehdr)) ||
	    FIELD(file, header, Ehdr, e_shentsize) != size)
		return NULL;
	offset = FIELD(file, header, Ehdr, e_shoff);
	*count = FIELD(file, header, Ehdr, e_shnum);
	/* A number that 16 bits are too few for is in the first section's header. */
	if (*count == 0 && read_at(file, first, offset, size))
		*count = FIELD(file, first, Shdr, sh_size);
	if (*count == 0 || *count > SECTIONS_MAX)
		return NULL;
	return read_new(file, offset, *count * size, SECTIONS_MAX * sizeof(Elf64_Shdr));
}

bool elf_file_section(const struct elf_file *file, const char *name, uint64_t *address,
		      uint64_t *size)
{
	uint8_t header[sizeof(Elf64_Ehdr)];
	uint64_t count = 0, names, index;
	_cleanup_free_ uint8_t *sections = read_sections(file, header, &count);
	size_t length = strlen(name) + 1, each = SIZE_OF(file, Shdr);
	char found[32];

	index = sections ? FIELD(file, header, Ehdr, e_shstrndx) : 0;
	if (!sections || index >= count || length > sizeof(found))
		return false;
	names = FIELD(file, sections + index * each, Shdr, sh_offset);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *at = sections + i * each;

		if (!read_at(file, (uint8_t *)found, names + FIELD(file, at, Shdr, sh_name),
			     length) ||
		    memcmp(found, name, length) != 0)
			continue;
		*address = FIELD(file, at, Shdr, sh_addr);
		*size = FIELD(file, at, Shdr, sh_size);
		return true;
	}
	return false;
}

static bool find_table(const struct elf_file *file, uint32_t type, struct section *table,
		       struct section *names)
{
	uint8_t header[sizeof(Elf64_Ehdr)];
	uint64_t count = 0;
	_cleanup_free_ uint8_t *sections = read_sections(file, header, &count);
	size_t size = SIZE_OF(file, Shdr);

	if (!sections)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *at = sections + i * size;

		if (FIELD(file, at, Shdr, sh_type) != type)
			continue;
		*table = section_at(file, at);
		if (table->link >= count)
			return false;
		at = sections + table->link * size;
		*names = section_at(file, at);
		return FIELD(file, at, Shdr, sh_type) == SHT_STRTAB;
	}
	return false;
}

static bool is_function(const struct elf_file *file, const uint8_t *at)
{
	/* The type is at the same bits in each class. */
	unsigned type = ELF64_ST_TYPE(FIELD(file, at, Sym, st_info));

	return FIELD(file, at, Sym, st_shndx) != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC);
}

static bool add_functions(const struct elf_file *file, const struct section *table,
			  uint64_t names_size, struct elf_symbols *symbols)
{
	const size_t size = SIZE_OF(file, Sym);
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK * size);
	ARRAY(struct elf_symbol) found = { 0 };
	uint64_t count = table->size / size;
	bool is_read = chunk != NULL;

	for (uint64_t done = 0; is_read && done < count; done += CHUNK) {
		size_t here = count - done < CHUNK ? (size_t)(count - done) : CHUNK;

		is_read = read_at(file, chunk, table->offset + done * size, here * size);
		for (size_t i = 0; is_read && i < here; i++) {
			const uint8_t *at = chunk + i * size;
			uint64_t name = FIELD(file, at, Sym, st_name);

			if (name < names_size && symbols->names[name] && is_function(file, at))
				is_read = array_push(
					&found, (struct elf_symbol){ FIELD(file, at, Sym, st_value),
								     FIELD(file, at, Sym, st_size),
								     symbols->names + name });
		}
	}
	symbols->items = found.items;
	symbols->count = found.count;
	return is_read && found.count > 0;
}

bool elf_file_functions(const struct elf_file *file, uint32_t type, struct elf_symbols *symbols)
{
	struct section table, names;

	*symbols = (struct elf_symbols){ 0 };
	if (!find_table(file, type, &table, &names) || table.entry_size != SIZE_OF(file, Sym) ||
	    table.size / SIZE_OF(file, Sym) > ELF_FILE_SYMBOLS_MAX ||
	    table.size > ELF_FILE_BYTES_MAX || table.offset > file->size ||
	    table.size > file->size - table.offset)
		return false;
	symbols->names = read_new(file, names.offset, names.size, ELF_FILE_BYTES_MAX - table.size);
	if (symbols->names && add_functions(file, &table, names.size, symbols))
		return true;
	elf_symbols_clear(symbols);
	return false;
}

#define ALIASES_MAX 16 /* names of one function that are compared */

struct search {
	uint64_t address; /* searched for */
	uint64_t start; /* of the best function */
	unsigned aliases;
	bool is_found;
	char name[ELF_FILE_NAME_MAX];
};

/* Of names for one address the shortest without a leading underscore reads best. */
static bool reads_better(const char *name, const char *than)
{
	if ((name[0] == '_') != (than[0] == '_'))
		return than[0] == '_';
	if (strlen(name) != strlen(than))
		return strlen(name) < strlen(than);
	return strcmp(name, than) < 0;
}

static void consider(const struct elf_file *file, const struct section *names, const uint8_t *at,
		     struct search *search)
{
	uint64_t start = FIELD(file, at, Sym, st_value), size = FIELD(file, at, Sym, st_size);
	uint64_t name_at = FIELD(file, at, Sym, st_name), offset;
	char name[ELF_FILE_NAME_MAX] = "";
	size_t length = sizeof(name) - 1;

	if (start > search->address || (size && search->address - start >= size) ||
	    (search->is_found && start < search->start) || name_at >= names->size ||
	    !is_function(file, at))
		return;
	if (search->is_found && start == search->start && ++search->aliases > ALIASES_MAX)
		return;
	/* A name that ends with the table is shorter than the room for it. */
	if (names->size - name_at < length)
		length = (size_t)(names->size - name_at);
	if (__builtin_add_overflow(names->offset, name_at, &offset) ||
	    !read_at(file, name, offset, length) || !name[0])
		return;
	if (search->is_found && start == search->start && !reads_better(name, search->name))
		return;
	if (!search->is_found || start != search->start)
		search->aliases = 0;
	search->is_found = true;
	search->start = start;
	memcpy(search->name, name, sizeof(name));
}

static void search_table(const struct elf_file *file, uint32_t type, uint64_t *left,
			 struct search *search)
{
	const size_t size = SIZE_OF(file, Sym);
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK * size);
	struct section table, names;
	uint64_t count, offset;

	if (!chunk || !find_table(file, type, &table, &names) || table.entry_size != size)
		return;
	count = table.size / size;
	if (count > *left)
		return;
	*left -= count;
	for (uint64_t done = 0; done < count; done += CHUNK) {
		size_t here = count - done < CHUNK ? (size_t)(count - done) : CHUNK;

		if (__builtin_add_overflow(table.offset, done * size, &offset) ||
		    !read_at(file, chunk, offset, here * size))
			return;
		for (size_t i = 0; i < here; i++)
			consider(file, &names, chunk + i * size, search);
	}
}

bool elf_file_function(const struct elf_file *file, uint64_t address, uint64_t *left,
		       char name[ELF_FILE_NAME_MAX])
{
	struct search search = { .address = address };

	search_table(file, SHT_SYMTAB, left, &search);
	if (!search.is_found)
		search_table(file, SHT_DYNSYM, left, &search);
	memcpy(name, search.name, sizeof(search.name));
	return search.is_found;
}

void elf_symbols_clear(struct elf_symbols *symbols)
{
	free(symbols->items);
	free(symbols->names);
	*symbols = (struct elf_symbols){ 0 };
}
