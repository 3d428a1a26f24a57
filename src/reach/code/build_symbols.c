// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The dynamic symbol table as the loader reads it. Its length is not stored anywhere: it follows
 * from the hash table that the loader uses to look names up, and from the relocations. Names of
 * local functions, if strip(1) left them, come from the section headers and serve as names only.
 */
#include "reach/code/build.h"

#include <errno.h>
#include <string.h>

#define SYMBOLS_LIMIT  (1U << 24)
#define VERSIONS_LIMIT 32768
#define ROWS_LIMIT     65536 /* of a version table, which is a chain that may lead in a circle */

uint32_t build_text(struct build *build, const char *text)
{
	size_t start = build->text.count, length = strlen(text) + 1;

	if (start + length > INT32_MAX)
		return NO_INDEX;
	for (size_t i = 0; i < length; i++)
		if (!array_push(&build->text, text[i]))
			return NO_INDEX;
	return (uint32_t)start;
}

static uint32_t gnu_hash_count(const struct image *image, uint32_t table)
{
	const uint8_t *header = image_at(image, table, 16);
	uint64_t buckets, first, bloom, chains;
	uint32_t last = 0;
	const uint8_t *at;

	if (!header)
		return 0;
	buckets = load32(header);
	first = load32(header + 4);
	bloom = load32(header + 8);
	at = image_at(image, table + 16 + bloom * 8, buckets * 4);
	if (!at || buckets > SYMBOLS_LIMIT)
		return 0;
	for (uint64_t i = 0; i < buckets; i++)
		last = load32(at + i * 4) > last ? load32(at + i * 4) : last;
	if (last < first)
		return (uint32_t)(first < SYMBOLS_LIMIT ? first : 0);
	chains = table + 16 + bloom * 8 + buckets * 4;
	while (last < SYMBOLS_LIMIT) {
		at = image_at(image, chains + (uint64_t)(last - first) * 4, 4);
		last++;
		if (!at || load32(at) & 1)
			break;
	}
	return last;
}

/* A hash table holds what the object defines. Those that it only needs stand before, and where it
 * defines none the GNU table does not tell how many: those that count are named by relocations. */
static uint32_t relocated_count(const struct image *image, int64_t tag, int64_t size_tag)
{
	uint64_t address, size, count = 0;
	const uint8_t *table = NULL;
	uint32_t rva;

	if (image_dynamic(image, tag, &address) && image_dynamic(image, size_tag, &size) &&
	    image_rva(image, address, &rva))
		table = image_at(image, rva, size);
	for (uint64_t at = 0; table && at + sizeof(Elf64_Rela) <= size; at += sizeof(Elf64_Rela)) {
		uint64_t symbol = ELF64_R_SYM(load64(table + at + 8));

		count = symbol >= count ? symbol + 1 : count;
	}
	return count < SYMBOLS_LIMIT ? (uint32_t)count : 0;
}

static uint32_t symbols_count(const struct image *image)
{
	const uint8_t *header;
	uint64_t address;
	uint32_t rva, count = 0;

	if (image_dynamic(image, DT_HASH, &address) && image_rva(image, address, &rva)) {
		header = image_at(image, rva, 8);
		count = header ? load32(header + 4) : 0;
	}
	if (count == 0 && image_dynamic(image, DT_GNU_HASH, &address) &&
	    image_rva(image, address, &rva))
		count = gnu_hash_count(image, rva);
	for (int i = 0; i < 2; i++) {
		uint32_t relocated = i ? relocated_count(image, DT_JMPREL, DT_PLTRELSZ)
				       : relocated_count(image, DT_RELA, DT_RELASZ);

		count = relocated > count ? relocated : count;
	}
	return count;
}

/* Version number to name, from what the object needs of others and what it defines itself. */
struct versions {
	const uint8_t *table; /* DT_VERSYM, 2 bytes a symbol; NULL none */
	uint32_t names[VERSIONS_LIMIT]; /* into text */
};

static int add_version(struct build *build, struct versions *versions, uint32_t index,
		       uint32_t name)
{
	const char *text = image_string(build->image, name);

	index &= 0x7fff;
	if (!text || versions->names[index])
		return 0;
	versions->names[index] = build_text(build, text);
	return versions->names[index] == NO_INDEX ? -ENOMEM : 0;
}

static int read_needed_versions(struct build *build, struct versions *versions)
{
	uint64_t address, at;
	uint32_t rva, rows = 0;

	if (!image_dynamic(build->image, DT_VERNEED, &address) ||
	    !image_rva(build->image, address, &rva))
		return 0;
	at = rva;
	while (rows < ROWS_LIMIT) {
		const uint8_t *need = image_at(build->image, at, 16);
		uint64_t aux = need ? at + load32(need + 8) : 0;

		if (!need)
			return 0;
		rows++;
		for (unsigned k = load16(need + 2); k > 0 && rows < ROWS_LIMIT; k--, rows++) {
			const uint8_t *row = image_at(build->image, aux, 16);

			if (!row)
				break;
			if (add_version(build, versions, load16(row + 6), load32(row + 8)) < 0)
				return -ENOMEM;
			if (load32(row + 12) == 0)
				break;
			aux += load32(row + 12);
		}
		if (load32(need + 12) == 0)
			return 0;
		at += load32(need + 12);
	}
	return 0;
}

static int read_defined_versions(struct build *build, struct versions *versions)
{
	uint64_t address, at;
	uint32_t rva;

	if (!image_dynamic(build->image, DT_VERDEF, &address) ||
	    !image_rva(build->image, address, &rva))
		return 0;
	at = rva;
	for (int i = 0; i < ROWS_LIMIT; i++) {
		const uint8_t *definition = image_at(build->image, at, 20);
		const uint8_t *row =
			definition ? image_at(build->image, at + load32(definition + 12), 8) : NULL;

		if (!row)
			return 0;
		/* The base version (flag 1) is the file itself: symbols of it have none. */
		if (!(load16(definition + 2) & 1) &&
		    add_version(build, versions, load16(definition + 4), load32(row)) < 0)
			return -ENOMEM;
		if (load32(definition + 16) == 0)
			return 0;
		at += load32(definition + 16);
	}
	return 0;
}

static uint8_t symbol_kind_of(const struct image *image, const Elf64_Sym *symbol, uint32_t *rva)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF)
		return SYMBOL_UNDEFINED;
	if (symbol->st_shndx == SHN_ABS || type == STT_TLS ||
	    !image_rva(image, symbol->st_value, rva))
		return SYMBOL_OTHER;
	if (type == STT_GNU_IFUNC)
		return SYMBOL_RESOLVER;
	return image_is_code(image, *rva) ? SYMBOL_FUNCTION : SYMBOL_DATA;
}

static bool add_label(struct build *build, const char *name, uint32_t rva, uint64_t size,
		      bool is_code)
{
	struct label label = { rva, size < UINT32_MAX ? (uint32_t)size : 0, name, is_code };

	return array_push(&build->labels, label);
}

static int add_symbol(struct build *build, const struct versions *versions, uint32_t index,
		      const Elf64_Sym *from, struct error *err)
{
	struct symbol *symbol = &build->summary->symbols[index];
	const char *name = image_string(build->image, from->st_name);
	unsigned version = versions->table ? load16(versions->table + (size_t)index * 2) : 1;

	symbol->index = NO_INDEX;
	symbol->kind = symbol_kind_of(build->image, from, &symbol->rva);
	symbol->is_weak = ELF64_ST_BIND(from->st_info) == STB_WEAK;
	symbol->is_local = ELF64_ST_BIND(from->st_info) == STB_LOCAL ||
			   ELF64_ST_VISIBILITY(from->st_other) == STV_HIDDEN ||
			   ELF64_ST_VISIBILITY(from->st_other) == STV_INTERNAL || version == 0;
	/* An undefined symbol of version 0 is only one without a version. */
	if (symbol->kind == SYMBOL_UNDEFINED)
		symbol->is_local = false;
	symbol->is_hidden_version = version & 0x8000;
	symbol->version = versions->names[version & 0x7fff];
	if (!name || *name == '\0')
		return 0;
	symbol->name = build_text(build, name);
	if (symbol->name == NO_INDEX)
		return error_oom(err);
	if (symbol->kind != SYMBOL_UNDEFINED && symbol->kind != SYMBOL_OTHER &&
	    !add_label(build, name, symbol->rva, from->st_size, symbol->kind != SYMBOL_DATA))
		return error_oom(err);
	return 0;
}

static int read_dynamic_symbols(struct build *build, struct error *err)
{
	const struct image *image = build->image;
	struct versions *versions;
	uint32_t count = symbols_count(image), rva;
	const uint8_t *table = NULL;
	uint64_t address;
	int r = 0;

	if (image_dynamic(image, DT_SYMTAB, &address) && image_rva(image, address, &rva))
		table = image_at(image, rva, (uint64_t)count * sizeof(Elf64_Sym));
	if (count == 0 || count > SYMBOLS_LIMIT || !table)
		return 0;
	versions = calloc(1, sizeof(*versions));
	build->summary->symbols = calloc(count, sizeof(*build->summary->symbols));
	if (!versions || !build->summary->symbols) {
		free(versions);
		return error_oom(err);
	}
	build->summary->symbols_count = count;
	if (image_dynamic(image, DT_VERSYM, &address) && image_rva(image, address, &rva))
		versions->table = image_at(image, rva, (uint64_t)count * 2);
	if (read_needed_versions(build, versions) < 0 || read_defined_versions(build, versions) < 0)
		r = error_oom(err);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		Elf64_Sym symbol;

		memcpy(&symbol, table + (size_t)i * sizeof(symbol), sizeof(symbol));
		r = add_symbol(build, versions, i, &symbol, err);
	}
	free(versions);
	return r;
}

/* Where the bytes of a section lie in the file; NULL where it states nonsense. */
static const uint8_t *section_bytes(const struct image *image, const Elf64_Shdr *section)
{
	if (section->sh_offset > image->size || section->sh_size > image->size - section->sh_offset)
		return NULL;
	return image->data + section->sh_offset;
}

static int read_symbol_section(struct build *build, const Elf64_Shdr *section,
			       const Elf64_Shdr *strings, struct error *err)
{
	const uint8_t *table = section_bytes(build->image, section);
	const char *names = (const char *)section_bytes(build->image, strings);
	size_t size = names ? strings->sh_size : 0;

	while (size > 0 && names[size - 1] != '\0')
		size--;
	for (uint64_t at = 0; table && at + sizeof(Elf64_Sym) <= section->sh_size;
	     at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;
		uint32_t rva;
		uint8_t kind;

		memcpy(&symbol, table + at, sizeof(symbol));
		kind = symbol_kind_of(build->image, &symbol, &rva);
		if (symbol.st_name >= size || kind == SYMBOL_UNDEFINED || kind == SYMBOL_OTHER ||
		    ELF64_ST_TYPE(symbol.st_info) == STT_SECTION ||
		    ELF64_ST_TYPE(symbol.st_info) == STT_FILE || names[symbol.st_name] == '\0')
			continue;
		if (!add_label(build, names + symbol.st_name, rva, symbol.st_size,
			       kind != SYMBOL_DATA))
			return error_oom(err);
	}
	return 0;
}

static int read_sections(struct build *build, struct error *err)
{
	const struct image *image = build->image;
	const uint8_t *table;
	Elf64_Ehdr header;

	memcpy(&header, image->data, sizeof(header));
	if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shoff > image->size ||
	    (uint64_t)header.e_shnum * sizeof(Elf64_Shdr) > image->size - header.e_shoff)
		return 0;
	table = image->data + header.e_shoff;
	for (size_t i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr row, strings;
		uint32_t start;

		memcpy(&row, table + i * sizeof(row), sizeof(row));
		if (row.sh_flags & SHF_ALLOC && image_rva(image, row.sh_addr, &start) &&
		    !array_push(&build->section_starts, start))
			return error_oom(err);
		if (row.sh_type != SHT_SYMTAB || row.sh_link >= header.e_shnum)
			continue;
		memcpy(&strings, table + row.sh_link * sizeof(row), sizeof(row));
		if (read_symbol_section(build, &row, &strings, err) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare_labels(const void *left, const void *right)
{
	const struct label *a = left, *b = right;

	if (a->rva != b->rva)
		return a->rva < b->rva ? -1 : 1;
	/* Of several names the plainest: without leading underscores, then the shortest. */
	if ((*a->name == '_') != (*b->name == '_'))
		return *a->name == '_' ? 1 : -1;
	if (strlen(a->name) != strlen(b->name))
		return strlen(a->name) < strlen(b->name) ? -1 : 1;
	return strcmp(a->name, b->name);
}

void build_sort_labels(struct build *build)
{
	if (build->labels.count > 0)
		qsort(build->labels.items, build->labels.count, sizeof(*build->labels.items),
		      compare_labels);
}

static int read_names(struct build *build, struct error *err)
{
	const struct image *image = build->image;
	struct summary *summary = build->summary;
	struct {
		int64_t tag;
		uint32_t *text;
	} single[] = { { DT_SONAME, &summary->soname },
		       { DT_RPATH, &summary->rpath },
		       { DT_RUNPATH, &summary->runpath } };

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		const char *text;
		uint64_t offset;

		if (!image_dynamic(image, single[i].tag, &offset))
			continue;
		text = image_string(image, offset);
		*single[i].text = text ? build_text(build, text) : 0;
		if (*single[i].text == NO_INDEX)
			return error_oom(err);
	}
	summary->needed = calloc(image->dynamic_count + 1, sizeof(*summary->needed));
	if (!summary->needed)
		return error_oom(err);
	for (size_t i = 0; i < image->dynamic_count; i++) {
		const uint8_t *row = (const uint8_t *)image->dynamic + i * sizeof(Elf64_Dyn);
		const char *text = image_string(image, load64(row + 8));
		uint32_t at;

		if (load64(row) != DT_NEEDED || !text)
			continue;
		at = build_text(build, text);
		if (at == NO_INDEX)
			return error_oom(err);
		summary->needed[summary->needed_count++] = at;
	}
	return 0;
}

/* Whether texts in it may be names that it looks up: it calls dlsym, or dlsym is in it. */
static void find_lookup(struct build *build)
{
	static const char *const called[] = { "dlsym", "dlvsym", "__libc_dlsym", "_dl_sym" };

	for (uint32_t i = 0; i < build->summary->symbols_count; i++) {
		const struct symbol *symbol = &build->summary->symbols[i];
		const char *name = build->text.items + symbol->name;
		bool is_one =
			strcmp(name, "__tls_get_addr") == 0 && symbol->kind == SYMBOL_FUNCTION;

		for (size_t k = 0; k < sizeof(called) / sizeof(called[0]); k++)
			is_one |= strcmp(name, called[k]) == 0;
		build->uses_names |= is_one;
		build->defines_lookup |= is_one && symbol->kind == SYMBOL_FUNCTION;
	}
}

int build_symbols(struct build *build, struct error *err)
{
	int r;

	if (build_text(build, "") == NO_INDEX)
		return error_oom(err);
	r = read_names(build, err);
	if (r == 0)
		r = read_dynamic_symbols(build, err);
	if (r == 0)
		r = read_sections(build, err);
	if (r < 0)
		return r;
	build_sort_labels(build);
	find_lookup(build);
	return 0;
}

void build_bind_symbols(struct build *build)
{
	for (uint32_t i = 0; i < build->summary->symbols_count; i++) {
		struct symbol *symbol = &build->summary->symbols[i];

		if (symbol->kind == SYMBOL_FUNCTION || symbol->kind == SYMBOL_RESOLVER) {
			symbol->index = build_function_at(build, symbol->rva);
			if (symbol->index == NO_INDEX)
				symbol->kind = SYMBOL_OTHER;
		} else if (symbol->kind == SYMBOL_DATA) {
			symbol->index = build_data_at(build, symbol->rva);
		}
	}
}
