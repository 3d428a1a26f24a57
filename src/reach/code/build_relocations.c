// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every word that the loader fills with an address. In a program that is linked for a fixed address
 * the linker has already filled most of them: there each aligned word of data that could be an
 * address counts as one.
 */
#include "reach/code/build.h"

#include <errno.h>
#include <string.h>

static bool add(struct build *build, uint64_t address, uint32_t kind, uint32_t target)
{
	uint32_t where;

	if (!image_rva(build->image, address, &where))
		return true;
	return array_push(&build->relocations, (struct relocation){ where, kind, target });
}

static bool add_address(struct build *build, uint64_t where, uint64_t address)
{
	uint32_t target;

	if (!image_rva(build->image, address, &target))
		return true;
	return add(build, where, POINTER_FUNCTION, target);
}

static bool add_relocation(struct build *build, const Elf64_Rela *row)
{
	const struct summary *summary = build->summary;
	uint32_t index = (uint32_t)ELF64_R_SYM(row->r_info), resolver;
	uint64_t addend = (uint64_t)row->r_addend;

	switch (ELF64_R_TYPE(row->r_info)) {
	case R_X86_64_RELATIVE:
	case R_X86_64_RELATIVE64:
		return add_address(build, row->r_offset, addend);
	case R_X86_64_IRELATIVE:
		if (!image_rva(build->image, addend, &resolver))
			return true;
		return add(build, row->r_offset, POINTER_RESOLVER, resolver);
	case R_X86_64_64:
		if (index == 0)
			return add_address(build, row->r_offset, addend);
		/* Behind the start of a symbol of its own that is not for others. */
		if (index < summary->symbols_count && summary->symbols[index].is_local &&
		    summary->symbols[index].kind != SYMBOL_UNDEFINED)
			return add_address(build, row->r_offset,
					   build->image->base + summary->symbols[index].rva +
						   addend);
		break;
	case R_X86_64_GLOB_DAT:
	case R_X86_64_JUMP_SLOT:
		return index >= summary->symbols_count ||
		       add(build, row->r_offset, POINTER_LINKAGE, index);
	case R_X86_64_COPY:
		return index >= summary->symbols_count ||
		       add(build, row->r_offset, POINTER_COPY, index);
	default:
		return true;
	}
	return index >= summary->symbols_count || add(build, row->r_offset, POINTER_SYMBOL, index);
}

/* The table of TAG, as bytes; *SIZE is 0 where there is none, or where it is not in the file. */
static const uint8_t *table_of(const struct image *image, int64_t tag, int64_t size_tag,
			       uint64_t *size)
{
	uint64_t address;
	const uint8_t *at = NULL;
	uint32_t rva;

	*size = 0;
	if (image_dynamic(image, tag, &address) && image_dynamic(image, size_tag, size) &&
	    image_rva(image, address, &rva))
		at = image_at(image, rva, *size);
	if (!at)
		*size = 0;
	return at;
}

static bool read_rela(struct build *build, int64_t tag, int64_t size_tag)
{
	uint64_t size;
	const uint8_t *table = table_of(build->image, tag, size_tag, &size);

	for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= size; at += sizeof(Elf64_Rela)) {
		Elf64_Rela row;

		memcpy(&row, table + at, sizeof(row));
		if (!add_relocation(build, &row))
			return false;
	}
	return true;
}

static bool add_in_place(struct build *build, uint64_t address)
{
	const uint8_t *word;
	uint32_t rva;

	if (!image_rva(build->image, address, &rva))
		return true;
	word = image_at(build->image, rva, 8);
	return !word || add_address(build, address, load64(word));
}

/* Packed: a word with an even value is a place, one with an odd value marks which of the next 63
 * words are places too (gABI, "Relative Relocation Table"). */
static bool read_relr(struct build *build)
{
	uint64_t size, where = 0;
	const uint8_t *table = table_of(build->image, DT_RELR, DT_RELRSZ, &size);

	for (uint64_t at = 0; at + 8 <= size; at += 8) {
		uint64_t word = load64(table + at);

		if (!(word & 1)) {
			if (!add_in_place(build, word))
				return false;
			where = word + 8;
			continue;
		}
		for (unsigned bit = 1; bit < 64; bit++)
			if (word >> bit & 1 && !add_in_place(build, where + (bit - 1) * 8ULL))
				return false;
		where += 63 * 8ULL;
	}
	return true;
}

static bool scan_words(struct build *build)
{
	const struct image *image = build->image;

	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];
		const uint8_t *words = image_at(image, segment->start, segment->file_size);
		uint32_t at = (8 - segment->start % 8) % 8;

		for (; words && (uint64_t)at + 8 <= segment->file_size; at += 8) {
			uint64_t word = load64(words + at);

			if (word >= image->base && word - image->base < image->span &&
			    !(segment->is_code && image_is_code(image, segment->start + at)) &&
			    !add_address(build, image->base + segment->start + at, word))
				return false;
		}
	}
	return true;
}

static int compare_relocations(const void *left, const void *right)
{
	const struct relocation *a = left, *b = right;

	if (a->where != b->where)
		return a->where < b->where ? -1 : 1;
	return a->kind < b->kind ? -1 : a->kind > b->kind;
}

/* What the linker left in a word that the loader fills counts for nothing. */
static void drop_overwritten(struct build *build)
{
	struct relocation *items = build->relocations.items;
	size_t kept = 0;

	for (size_t i = 0; i < build->relocations.count; i++)
		if (i + 1 == build->relocations.count || items[i + 1].where != items[i].where)
			items[kept++] = items[i];
	build->relocations.count = kept;
}

int build_relocations(struct build *build, struct error *err)
{
	if (!read_rela(build, DT_RELA, DT_RELASZ) || !read_rela(build, DT_JMPREL, DT_PLTRELSZ) ||
	    !read_relr(build) || (build->image->is_fixed && !scan_words(build)))
		return error_oom(err);
	if (build->relocations.count >= REFERENCE_INDEX_LIMIT)
		return error_set(err, -EFBIG, "%s: more relocations than whittle can follow",
				 build->image->path);
	if (build->relocations.count > 0)
		qsort(build->relocations.items, build->relocations.count,
		      sizeof(*build->relocations.items), compare_relocations);
	drop_overwritten(build);
	return 0;
}

const struct relocation *build_relocation_at(const struct build *build, uint32_t rva)
{
	size_t low = 0, high = build->relocations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (build->relocations.items[middle].where < rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < build->relocations.count && build->relocations.items[low].where == rva
		       ? &build->relocations.items[low]
		       : NULL;
}
