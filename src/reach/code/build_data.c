// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Data objects. Code that has the address of one may reach all of it, so its bounds decide how much
 * one reference reaches. Symbols give the bounds where there are any. Elsewhere an object extends
 * from one referenced address to the next: but a reference may be to a member of a larger object.
 * Compilers for x86-64 align every aggregate of 32 bytes or more to 32: only an address with this
 * alignment begins a new object; references between two such addresses belong to one.
 */
#include "reach/code/build.h"

#include <errno.h>
#include <string.h>

#define OBJECT_ALIGNMENT 32

static int compare_addresses(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static bool add_cut(struct build *build, uint64_t rva)
{
	return rva > UINT32_MAX || array_push(&build->cuts, (uint32_t)rva);
}

/* By reference: only aligned ones count. */
static bool add_reference_cut(struct build *build, uint32_t rva)
{
	return (build->image->base + rva) % OBJECT_ALIGNMENT != 0 || add_cut(build, rva);
}

static bool add_structural_cuts(struct build *build)
{
	const struct image *image = build->image;
	const struct range *ranges[] = { &image->tls, &image->relro, &image->dynamic_range };
	uint64_t address;
	uint32_t rva;

	for (size_t i = 0; i < image->segments_count; i++)
		if (!add_cut(build, image->segments[i].start))
			return false;
	for (size_t i = 0; i < build->section_starts.count; i++)
		if (!add_cut(build, build->section_starts.items[i]))
			return false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i]->end &&
		    (!add_cut(build, ranges[i]->start) || !add_cut(build, ranges[i]->end)))
			return false;
	return !image_dynamic(image, DT_PLTGOT, &address) || !image_rva(image, address, &rva) ||
	       add_cut(build, rva);
}

static void sort_cuts(struct build *build)
{
	size_t kept = 0;

	qsort(build->cuts.items, build->cuts.count, sizeof(*build->cuts.items), compare_addresses);
	for (size_t i = 0; i < build->cuts.count; i++)
		if (kept == 0 || build->cuts.items[i] != build->cuts.items[kept - 1])
			build->cuts.items[kept++] = build->cuts.items[i];
	build->cuts.count = kept;
}

/* No cut within an object whose size a symbol states; one at each of its ends. */
static bool apply_labels(struct build *build)
{
	size_t next = 0, kept = 0;
	uint64_t covered = 0; /* end of the symbols so far */

	for (size_t i = 0; i < build->cuts.count; i++) {
		uint32_t cut = build->cuts.items[i];

		for (; next < build->labels.count && build->labels.items[next].rva < cut; next++) {
			const struct label *label = &build->labels.items[next];
			uint64_t end = (uint64_t)label->rva + label->size;

			if (!label->is_code && end > covered)
				covered = end;
		}
		if (cut >= covered)
			build->cuts.items[kept++] = cut;
	}
	build->cuts.count = kept;
	covered = 0;
	for (size_t i = 0; i < build->labels.count; i++) {
		const struct label *label = &build->labels.items[i];
		uint64_t end = (uint64_t)label->rva + label->size;

		if (label->is_code || label->size == 0)
			continue;
		if (label->rva >= covered && !add_cut(build, label->rva))
			return false;
		if (end > covered) {
			covered = end;
			/* Nested symbols: the end of an inner one is no cut. */
			if ((i + 1 == build->labels.count ||
			     build->labels.items[i + 1].rva >= covered) &&
			    !add_cut(build, covered))
				return false;
		}
	}
	return true;
}

static int find_cuts(struct build *build, struct error *err)
{
	bool ok = add_cut(build, 0);

	for (size_t i = 0; i < build->raws.count && ok; i++)
		if (build->raws.items[i].kind == RAW_ADDRESS)
			ok = add_reference_cut(build, build->raws.items[i].target);
	for (size_t i = 0; i < build->relocations.count && ok; i++)
		if (build->relocations.items[i].kind == POINTER_FUNCTION)
			ok = add_reference_cut(build, build->relocations.items[i].target);
	if (!ok || !add_structural_cuts(build))
		return error_oom(err);
	sort_cuts(build);
	if (!apply_labels(build))
		return error_oom(err);
	sort_cuts(build);
	return 0;
}

/* The cut at or before the address. */
static size_t cut_of(const struct build *build, uint32_t rva)
{
	size_t low = 0, high = build->cuts.count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (build->cuts.items[middle] <= rva)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* One data object for each stretch between cuts that has pointers which are no linkage. */
static int make_objects(struct build *build, struct error *err)
{
	size_t last_cut = SIZE_MAX;

	for (size_t i = 0; i < build->relocations.count; i++) {
		const struct relocation *relocation = &build->relocations.items[i];
		size_t cut = cut_of(build, relocation->where);

		if (cut == last_cut)
			continue;
		last_cut = cut;
		if (!array_push(&build->data, (struct data){ build->cuts.items[cut], (uint32_t)i }))
			return error_oom(err);
	}
	if (build->data.count >= REFERENCE_INDEX_LIMIT)
		return error_set(err, -EFBIG, "%s: more data than whittle can follow",
				 build->image->path);
	return 0;
}

/* Text that can be a name to look up or a file: what else is kept is for nothing. */
uint32_t build_name_at(struct build *build, uint32_t rva)
{
	const char *text = build->uses_names ? image_text(build->image, rva, 256) : NULL;
	size_t length;

	if (!text || image_is_writable(build->image, rva))
		return NO_INDEX;
	length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if (length < 2 || text[length] != '\0' || (*text >= '0' && *text <= '9'))
		return NO_INDEX;
	return build_text(build, text);
}

static bool add_pointer(struct build *build, const struct relocation *relocation)
{
	struct pointer pointer = { relocation->where, relocation->kind, relocation->target };

	if (relocation->kind == POINTER_FUNCTION &&
	    !image_is_code(build->image, relocation->target)) {
		pointer.kind = POINTER_DATA;
		pointer.index = build_data_at(build, relocation->target);
		if (pointer.index == NO_INDEX) {
			pointer.index = build_name_at(build, relocation->target);
			pointer.kind = POINTER_TEXT;
		}
	} else if (relocation->kind == POINTER_FUNCTION || relocation->kind == POINTER_RESOLVER) {
		pointer.index = build_function_at(build, relocation->target);
	}
	if (pointer.index == NO_INDEX) {
		pointer.kind = POINTER_TEXT;
		pointer.index = 0;
	}
	return array_push(&build->pointers, pointer);
}

int build_data(struct build *build, struct error *err)
{
	int r = find_cuts(build, err);

	if (r == 0)
		r = make_objects(build, err);
	for (size_t i = 0; i < build->relocations.count && r == 0; i++)
		if (!add_pointer(build, &build->relocations.items[i]))
			r = error_oom(err);
	return r;
}

uint32_t build_data_at(const struct build *build, uint32_t rva)
{
	uint32_t start = build->cuts.items[cut_of(build, rva)];
	size_t low = 0, high = build->data.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (build->data.items[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < build->data.count && build->data.items[low].start == start ? (uint32_t)low
										: NO_INDEX;
}

uint32_t build_pointer_at(const struct build *build, uint32_t rva)
{
	size_t low = 0, high = build->pointers.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (build->pointers.items[middle].where < rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < build->pointers.count ? (uint32_t)low : NO_INDEX;
}
