// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The places that enter the kernel, and the number at each. A number that is read from a variable
 * is one of the values stored to the variable, if all stores are visible: nothing takes its
 * address, and no other object can name it.
 */
#include "reach/code/build.h"
#include "reach/code/code.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GLOBALS_LIMIT 256 /* for each all code is gone through */
#define END_LIMIT     512 /* operations of a function that ends the process */
#define ENDS_LIMIT    64 /* such functions */

static int add_site(struct build *build, struct site site, struct error *err)
{
	return array_push(&build->sites, site) ? 0 : error_oom(err);
}

static int add_values(struct build *build, struct site site, uint32_t function,
		      const struct values *values, struct error *err)
{
	int r = 0;

	site.kind = SITE_NUMBER;
	for (size_t i = 0; i < values->constants.count && r == 0; i++) {
		site.value = (uint32_t)values->constants.items[i];
		r = add_site(build, site, err);
	}
	site.value = 0;
	site.kind = SITE_CALLER;
	site.caller_function = function;
	for (size_t i = 0; i < values->origins.count && r == 0; i++) {
		site.origin = values->origins.items[i];
		r = add_site(build, site, err);
	}
	memset(&site.origin, 0, sizeof(site.origin));
	site.caller_function = 0;
	site.kind = SITE_UNKNOWN;
	if (values->is_unknown && r == 0)
		r = add_site(build, site, err);
	return r;
}

/* Whether something but instructions that name it can change the variable. */
static bool is_exposed(const struct build *build, uint32_t rva)
{
	const struct image *image = build->image;
	const uint8_t *initial = image_at(image, rva, 8);

	if (initial && load64(initial) != 0)
		return true;
	for (size_t i = 0; i < build->raws.count; i++)
		if (build->raws.items[i].kind == RAW_ADDRESS && build->raws.items[i].target == rva)
			return true;
	for (size_t i = 0; i < build->relocations.count; i++) {
		const struct relocation *relocation = &build->relocations.items[i];

		if (relocation->kind == POINTER_FUNCTION && relocation->target == rva)
			return true;
		if (relocation->where == rva)
			return true;
	}
	for (uint32_t i = 0; i < build->summary->symbols_count; i++)
		if (build->summary->symbols[i].kind == SYMBOL_DATA &&
		    build->summary->symbols[i].rva == rva)
			return true;
	return false;
}

static int add_stores(struct build *build, struct site site, const struct value_global *global,
		      struct error *err)
{
	if (is_exposed(build, global->rva)) {
		site.kind = SITE_UNKNOWN;
		return add_site(build, site, err);
	}
	for (size_t i = 0; i < build->raws.count; i++) {
		const struct raw *raw = &build->raws.items[i];
		_cleanup_(code_freep) struct code *code = NULL;
		_cleanup_(search_values_free) struct values values = { 0 };
		uint32_t function;

		if (raw->kind != RAW_STORE || raw->target != global->rva)
			continue;
		function = build_function_at(build, raw->at);
		if (function == NO_INDEX)
			continue;
		if (code_open(build->image, build->functions.items, build->functions.count,
			      function, &code, err) < 0 ||
		    code_stored(code, raw->at, global->is_pointer, global->offset, &values, err) <
			    0)
			return err ? err->code : -ENOMEM;
		if (values.globals.count > 0)
			values.is_unknown = true;
		if (add_values(build, site, function, &values, err) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_kernel_entry(struct build *build, const struct raw *raw, uint32_t function,
			    const struct code *code, struct error *err)
{
	_cleanup_(search_values_free) struct values values = { 0 };
	struct site site;
	struct origin origin;
	int r;

	memset(&site, 0, sizeof(site));
	memset(&origin, 0, sizeof(origin));
	site.at = raw->at;
	site.function = raw->is_for_program ? build->program_part : function;
	site.abi = raw->target == 0 ? ABI_X86_64 : ABI_I386;
	origin.kind = ORIGIN_REGISTER;
	origin.reg = REGISTER_RAX;
	r = code_values(code, raw->at, origin, &values, err);
	if (r == 0)
		r = add_values(build, site, function, &values, err);
	for (size_t i = 0; i < values.globals.count && r == 0; i++) {
		if (build->globals_count++ < GLOBALS_LIMIT) {
			r = add_stores(build, site, &values.globals.items[i], err);
			continue;
		}
		site.kind = SITE_UNKNOWN;
		r = add_site(build, site, err);
	}
	return r;
}

static int compare_sites(const void *left, const void *right)
{
	const struct site *a = left, *b = right;

	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* ---- what stands behind the end of the process ---- */

/* The places of one function. */
struct places {
	struct site *items;
	size_t count;
};

/* Whether exit_group is the only call that is made there; sites of one place stand together. */
static bool is_end(const struct places *places, size_t i)
{
	const struct site *site = &places->items[i];

	return site->kind == SITE_NUMBER && site->abi == ABI_X86_64 &&
	       (int)site->value == syscall_number(ABI_X86_64, "exit_group") &&
	       (i == 0 || site[-1].at != site->at) &&
	       (i + 1 == places->count || site[1].at != site->at);
}

/* Keeps the places that control comes to if none of the ends comes back. */
static int keep_before_ends(const struct build *build, struct places *places, struct error *err)
{
	_cleanup_(code_freep) struct code *code = NULL;
	_cleanup_free_ bool *stops = NULL, *reached = NULL;
	size_t kept = 0;

	if (code_open(build->image, build->functions.items, build->functions.count,
		      places->items[0].function, &code, err) < 0)
		return err ? err->code : -ENOMEM;
	if (code->is_partial || code->operations.count > END_LIMIT)
		return 0;
	stops = calloc(code->operations.count + 1, sizeof(*stops));
	reached = calloc(code->operations.count + 1, sizeof(*reached));
	if (!stops || !reached)
		return error_oom(err);
	for (size_t i = 0; i < places->count; i++) {
		uint32_t at = code_find(code, places->items[i].at);

		if (at != NO_INDEX && is_end(places, i))
			stops[at] = true;
	}
	code_reached(code, NO_INDEX, false, stops, reached);
	for (size_t i = 0; i < places->count; i++) {
		uint32_t at = code_find(code, places->items[i].at);

		if (at == NO_INDEX || reached[at])
			places->items[kept++] = places->items[i];
	}
	places->count = kept;
	return 0;
}

/*
 * exit_group does not come back. Libraries try exit behind it, for kernels of before Linux 2.5.35: what
 * only leads there is no call. An object has few functions that end the process.
 */
static int drop_behind_ends(struct build *build, struct error *err)
{
	struct site *items = build->sites.items;
	size_t kept = 0, next, functions_count = 0;

	for (size_t first = 0; first < build->sites.count; first = next) {
		struct places places = { &items[first], 0 };
		bool has_end = false;

		for (next = first;
		     next < build->sites.count && items[next].function == items[first].function;
		     next++)
			places.count++;
		for (size_t i = 0; i < places.count; i++)
			has_end |= is_end(&places, i);
		if (has_end && places.count > 1 && items[first].function != build->program_part &&
		    functions_count++ < ENDS_LIMIT && keep_before_ends(build, &places, err) < 0)
			return -ENOMEM;
		memmove(items + kept, places.items, places.count * sizeof(*items));
		kept += places.count;
	}
	build->sites.count = kept;
	return 0;
}

int build_sites(struct build *build, struct error *err)
{
	_cleanup_(code_freep) struct code *code = NULL;
	uint32_t opened = NO_INDEX;

	for (size_t i = 0; i < build->raws.count; i++) {
		const struct raw *raw = &build->raws.items[i];
		uint32_t function;

		if (raw->kind != RAW_KERNEL)
			continue;
		function = build_function_at(build, raw->at);
		if (function == NO_INDEX)
			continue;
		if (function != opened) {
			code_freep(&code);
			opened = function;
			if (code_open(build->image, build->functions.items, build->functions.count,
				      function, &code, err) < 0)
				return err ? err->code : -ENOMEM;
		}
		if (add_kernel_entry(build, raw, function, code, err) < 0)
			return err ? err->code : -ENOMEM;
	}
	if (build->sites.count > 0)
		qsort(build->sites.items, build->sites.count, sizeof(*build->sites.items),
		      compare_sites);
	return drop_behind_ends(build, err);
}
