// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names of functions in a program of Go. Its run-time library needs them for its stack traces, so
 * they stay in a stripped program: the table that runtime.pclntab refers to. The layout is that of Go's
 * runtime/symtab.go (pcHeader, functab, _func) and debug/gosym/pclntab.go, for Go 1.16 and later.
 */
#include "reach/code/build.h"

#include <string.h>

#define HEADER_SIZE	72
#define FUNCTIONS_LIMIT (1U << 22)
#define NAME_LIMIT	4096

/* A table in the image, all positions as rva. */
struct line_table {
	uint32_t names, functions;
	uint32_t text; /* what offsets of functions count from; of the old layout: not used */
	uint64_t count;
	bool has_addresses; /* the old layout: addresses in the place of offsets */
};

static bool relocated_text(const struct build *build, uint32_t at, uint32_t *rva)
{
	const struct relocation *relocation = build_relocation_at(build, at);

	if (!relocation || relocation->kind != POINTER_FUNCTION)
		return false;
	*rva = relocation->target;
	return true;
}

/* Whether the header of a table is at RVA: the magic number of its version, then 0, 0, the least size
 * of an instruction and the size of a pointer. */
static bool read_header(const struct build *build, uint32_t rva, struct line_table *table)
{
	const struct image *image = build->image;
	const uint8_t *header = image_at(image, rva, HEADER_SIZE);
	uint64_t names, functions, text;
	uint32_t magic;

	if (!header || header[4] || header[5] || header[6] != 1 || header[7] != 8)
		return false;
	magic = load32(header);
	if (magic != 0xfffffff1 && magic != 0xfffffff0 && magic != 0xfffffffa)
		return false;
	table->has_addresses = magic == 0xfffffffa;
	table->count = load64(header + 8);
	text = load64(header + 24);
	names = load64(header + (table->has_addresses ? 24 : 32));
	functions = load64(header + (table->has_addresses ? 56 : 64));
	if (table->count > FUNCTIONS_LIMIT || names >= image->span || functions >= image->span ||
	    names + rva >= image->span || functions + rva >= image->span)
		return false;
	table->names = rva + (uint32_t)names;
	table->functions = rva + (uint32_t)functions;
	return table->has_addresses || relocated_text(build, rva + 24, &table->text) ||
	       image_rva(image, text, &table->text);
}

static bool find_table(const struct build *build, struct line_table *table)
{
	const struct image *image = build->image;

	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];
		const uint8_t *at = image->data + segment->offset;

		for (uint32_t k = -segment->start % 8; k + HEADER_SIZE <= segment->file_size;
		     k += 8)
			if (at[k + 7] == 8 && at[k + 6] == 1 && load16(at + k + 2) == 0xffff &&
			    read_header(build, segment->start + k, table))
				return true;
	}
	return false;
}

/* One row: where the function begins, and its name; false: the table is broken. */
static bool read_row(const struct image *image, const struct line_table *table, uint32_t index,
		     struct label *label)
{
	uint32_t width = table->has_addresses ? 8 : 4;
	const uint8_t *row =
		image_at(image, table->functions + (uint64_t)index * 2 * width, 2 * width);
	uint64_t begin, offset;
	const uint8_t *function;

	if (!row)
		return false;
	begin = table->has_addresses ? load64(row) : load32(row);
	offset = table->has_addresses ? load64(row + 8) : load32(row + 4);
	if (offset >= image->span)
		return false;
	function = image_at(image, table->functions + offset, width + 4);
	if (!function)
		return false;
	if (table->has_addresses) {
		if (!image_rva(image, begin, &label->rva))
			return false;
	} else {
		if (begin >= image->span - table->text)
			return false;
		label->rva = table->text + (uint32_t)begin;
	}
	label->name =
		image_text(image, (uint64_t)table->names + load32(function + width), NAME_LIMIT);
	label->size = 0;
	label->is_code = true;
	return label->name && *label->name && image_is_code(image, label->rva);
}

int build_go(struct build *build, struct error *err)
{
	struct line_table table = { 0 };
	struct label label;

	if (!find_table(build, &table))
		return 0;
	for (uint32_t i = 0; i < table.count; i++) {
		if (!read_row(build->image, &table, i, &label))
			break;
		if (!array_push(&build->labels, label))
			return error_oom(err);
	}
	build_sort_labels(build);
	return 0;
}
