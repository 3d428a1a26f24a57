// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/code/summary.h"

#include "common/cleanup.h"
#include "reach/code/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void summary_freep(struct summary **summary)
{
	if (!*summary)
		return;
	if (!(*summary)->memory) {
		free((*summary)->functions);
		free((*summary)->references);
		free((*summary)->pointers);
		free((*summary)->data);
		free((*summary)->symbols);
		free((*summary)->sites);
		free((*summary)->roots);
		free((*summary)->pointer_roots);
		free((*summary)->needed);
		free((*summary)->text);
	}
	free((*summary)->memory);
	free(*summary);
	*summary = NULL;
}

uint32_t summary_function_at(const struct summary *summary, uint32_t rva)
{
	uint32_t low = 0, high = summary->functions_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (rva < summary->functions[middle].start)
			high = middle;
		else if (rva >= summary->functions[middle].end)
			low = middle + 1;
		else
			return middle;
	}
	return NO_INDEX;
}

uint32_t summary_pointer_at(const struct summary *summary, uint32_t rva)
{
	uint32_t low = 0, high = summary->pointers_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (summary->pointers[middle].where < rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < summary->pointers_count && summary->pointers[low].where == rva ? low
										    : NO_INDEX;
}

bool summary_is_exported(const struct summary *summary, uint32_t function)
{
	for (uint32_t i = 0; i < summary->symbols_count; i++)
		if (summary->symbols[i].kind == SYMBOL_FUNCTION && !summary->symbols[i].is_local &&
		    summary->symbols[i].index == function)
			return true;
	return false;
}

/* Go's compiler refers to methods by distances from a base that only its run-time knows. */
static bool is_go(const struct image *image)
{
	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];
		const uint8_t *at = image->data + segment->offset;

		/* "\xff Go buildinf:" is aligned to 16 in memory; the segment itself need not be. */
		for (uint32_t k = -segment->start % 16;
		     segment->is_writable && k + 16 <= segment->file_size; k += 16)
			if (at[k] == 0xff && memcmp(at + k, "\xff Go buildinf:", 14) == 0)
				return true;
	}
	return false;
}

/* Hands the arrays over, each with the row behind the last one that its readers rely on. */
static int finish(struct build *build, struct error *err)
{
	struct summary *summary = build->summary;
	const struct image *image = build->image;
	uint64_t flags;

	if (!array_push(&build->functions,
			(struct function){ .start = UINT32_MAX,
					   .stub_of = NO_INDEX,
					   .part_of = NO_INDEX,
					   .end = UINT32_MAX,
					   .references = (uint32_t)build->references.count }) ||
	    !array_push(&build->data, (struct data){ UINT32_MAX, (uint32_t)build->pointers.count }))
		return error_oom(err);
	summary->functions_count = (uint32_t)build->functions.count - 1;
	summary->functions = take(build->functions.items);
	summary->references_count = (uint32_t)build->references.count;
	summary->references = take(build->references.items);
	summary->pointers_count = (uint32_t)build->pointers.count;
	summary->pointers = take(build->pointers.items);
	summary->data_count = (uint32_t)build->data.count - 1;
	summary->data = take(build->data.items);
	summary->sites_count = (uint32_t)build->sites.count;
	summary->sites = take(build->sites.items);
	summary->roots_count = (uint32_t)build->roots.count;
	summary->roots = take(build->roots.items);
	summary->pointer_roots_count = (uint32_t)build->pointer_roots.count;
	summary->pointer_roots = take(build->pointer_roots.items);
	summary->text_size = (uint32_t)build->text.count;
	summary->text = take(build->text.items);
	summary->base = image->base;
	summary->is_fixed = image->is_fixed;
	summary->program_part = build->program_part;
	summary->has_interpreter = image->has_interpreter;
	summary->wants_writable_code =
		image->wants_writable_code || image_dynamic(image, DT_TEXTREL, &flags) ||
		(image_dynamic(image, DT_FLAGS, &flags) && flags & DF_TEXTREL);
	summary->is_whole = is_go(image);
	summary->looks_up_any = build->uses_names;
	summary->is_symbolic = image_dynamic(image, DT_SYMBOLIC, &flags) ||
			       (image_dynamic(image, DT_FLAGS, &flags) && flags & DF_SYMBOLIC);
	summary->entry = image->entry ? summary_function_at(summary, image->entry) : NO_INDEX;
	return 0;
}

static void build_free(struct build *build)
{
	array_free(&build->unwound);
	array_free(&build->regions);
	array_free(&build->raws);
	array_free(&build->relocations);
	array_free(&build->labels);
	array_free(&build->addresses);
	array_free(&build->names);
	array_free(&build->cuts);
	array_free(&build->section_starts);
	array_free(&build->functions);
	array_free(&build->references);
	array_free(&build->pointers);
	array_free(&build->data);
	array_free(&build->sites);
	array_free(&build->text);
	array_free(&build->roots);
	array_free(&build->pointer_roots);
}

int summary_make(const struct image *image, struct summary **result, struct error *err)
{
	_cleanup_(summary_freep) struct summary *summary = calloc(1, sizeof(*summary));
	_cleanup_(build_free) struct build build = { .image = image, .summary = summary };
	int r;

	if (!summary)
		return error_oom(err);
	r = build_symbols(&build, err);
	if (r == 0)
		r = unwind_ranges(image, &build.unwound, err);
	if (r == 0)
		r = sweep(image, &build.unwound, &build.regions, &build.raws, err);
	if (r == 0)
		r = build_relocations(&build, err);
	if (r == 0 && is_go(image))
		r = build_go(&build, err);
	if (r == 0)
		r = build_functions(&build, err);
	if (r == 0)
		r = build_loader(&build, err);
	if (r == 0)
		r = build_names(&build, err);
	if (r == 0)
		r = build_data(&build, err);
	if (r == 0)
		r = build_references(&build, err);
	if (r == 0)
		r = build_sites(&build, err);
	if (r == 0) {
		build_bind_symbols(&build);
		r = finish(&build, err);
	}
	if (r == 0)
		*result = take(summary);
	return r;
}
