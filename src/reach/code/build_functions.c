// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions come from the unwind table. The code between them (assembly without unwind information,
 * or all code if there is no table) is divided wherever something refers into it: code without a
 * reference belongs to the code before it.
 */
#include "reach/code/build.h"

#include <errno.h>
#include <string.h>

typedef ARRAY(uint32_t) address_array;

static bool add_entry(const struct build *build, address_array *entries, uint64_t rva)
{
	return !image_is_code(build->image, rva) || array_push(entries, (uint32_t)rva);
}

static bool add_dynamic_entry(const struct build *build, address_array *entries, int64_t tag)
{
	uint64_t address;
	uint32_t rva;

	return !image_dynamic(build->image, tag, &address) ||
	       !image_rva(build->image, address, &rva) || add_entry(build, entries, rva);
}

static int compare_addresses(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static size_t last_before(const address_array *entries, uint32_t rva)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries->items[middle] <= rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void sort_entries(address_array *entries)
{
	size_t kept = 0;

	if (entries->count > 0)
		qsort(entries->items, entries->count, sizeof(*entries->items), compare_addresses);
	for (size_t i = 0; i < entries->count; i++)
		if (kept == 0 || entries->items[i] != entries->items[kept - 1])
			entries->items[kept++] = entries->items[i];
	entries->count = kept;
}

/* A jump leads to a part of its own function, or to another one (called last): it does where what is
 * known to be an entry lies in between. */
static bool add_jump_entries(const struct build *build, address_array *entries)
{
	address_array more = { 0 };
	bool ok = true;

	sort_entries(entries);
	for (size_t i = 0; i < build->raws.count && ok; i++) {
		const struct raw *raw = &build->raws.items[i];

		if ((raw->kind == RAW_JUMP || raw->kind == RAW_BRANCH) &&
		    last_before(entries, raw->at) != last_before(entries, raw->target))
			ok = add_entry(build, &more, raw->target);
	}
	for (size_t i = 0; i < more.count && ok; i++)
		ok = array_push(entries, more.items[i]);
	array_free(&more);
	return ok;
}

static int find_entries(const struct build *build, address_array *entries, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; i < build->raws.count && ok; i++) {
		const struct raw *raw = &build->raws.items[i];

		if (raw->kind == RAW_CALL || raw->kind == RAW_ADDRESS)
			ok = add_entry(build, entries, raw->target);
	}
	for (size_t i = 0; i < build->relocations.count && ok; i++)
		if (build->relocations.items[i].kind == POINTER_FUNCTION ||
		    build->relocations.items[i].kind == POINTER_RESOLVER)
			ok = add_entry(build, entries, build->relocations.items[i].target);
	for (size_t i = 0; i < build->labels.count && ok; i++)
		if (build->labels.items[i].is_code)
			ok = add_entry(build, entries, build->labels.items[i].rva);
	if (!ok || (build->image->entry && !add_entry(build, entries, build->image->entry)) ||
	    !add_dynamic_entry(build, entries, DT_INIT) ||
	    !add_dynamic_entry(build, entries, DT_FINI) || !add_jump_entries(build, entries))
		return error_oom(err);
	sort_entries(entries);
	return 0;
}

static bool add_function(struct build *build, uint32_t start, uint32_t end)
{
	return end <= start ||
	       array_push(&build->functions, (struct function){ .start = start,
								.end = end,
								.stub_of = NO_INDEX,
								.part_of = NO_INDEX });
}

static bool cut_regions(struct build *build, const address_array *entries)
{
	size_t next = 0;

	for (size_t i = 0; i < build->regions.count; i++) {
		const struct region *region = &build->regions.items[i];
		uint32_t start = region->start;

		while (next < entries->count && entries->items[next] <= region->start)
			next++;
		while (!region->is_function && next < entries->count &&
		       entries->items[next] < region->end) {
			if (!add_function(build, start, entries->items[next]))
				return false;
			start = entries->items[next++];
		}
		if (!add_function(build, start, region->end))
			return false;
	}
	return true;
}

bool build_is_unwound(const struct build *build, size_t *region, uint32_t start)
{
	while (*region < build->regions.count && build->regions.items[*region].end <= start)
		++*region;
	return *region >= build->regions.count || build->regions.items[*region].is_function;
}

/* By the C library's interface, and the loader's. */
static bool is_noreturn_name(const char *name)
{
	static const char *const names[] = {
		"_Exit",
		"_Unwind_Resume",
		"__assert_fail",
		"__assert_perror_fail",
		"__chk_fail",
		"__cxa_rethrow",
		"__cxa_throw",
		"__fortify_fail",
		"__libc_fatal",
		"__longjmp_chk",
		"__stack_chk_fail",
		"_dl_fatal_printf",
		"_dl_signal_error",
		"_dl_signal_exception",
		"_exit",
		"abort",
		"exit",
		"longjmp",
		"pthread_exit",
		"quick_exit",
		"siglongjmp",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The symbol that the loader binds the word at RVA to, by name; NULL none. */
static const char *bound_name(const struct build *build, uint32_t rva)
{
	const struct relocation *relocation = build_relocation_at(build, rva);

	return relocation && relocation->kind == POINTER_LINKAGE
		       ? build->text.items + build->summary->symbols[relocation->target].name
		       : NULL;
}

/* A stub comes back if the function comes back that it leads to. */
static bool stub_returns(const struct build *build, const struct function *function,
			 const struct raw *jump)
{
	const char *name = NULL;

	if (jump && function->end - function->start <= 16)
		name = bound_name(build, jump->target);
	return !name || !is_noreturn_name(name);
}

/* Which functions never come back to who calls them: nothing in them returns or leads elsewhere. */
static void find_returns(struct build *build)
{
	size_t next = 0, region = 0;

	for (uint32_t i = 0; i < build->functions.count; i++) {
		struct function *function = &build->functions.items[i];
		const struct raw *stop = NULL, *jump = NULL;
		bool returns = false;

		while (next < build->raws.count && build->raws.items[next].at < function->start)
			next++;
		for (; next < build->raws.count && build->raws.items[next].at < function->end;
		     next++) {
			const struct raw *raw = &build->raws.items[next];
			bool is_jump = raw->kind == RAW_JUMP || raw->kind == RAW_BRANCH;

			if (raw->kind == RAW_STOP)
				stop = raw;
			if (raw->kind == RAW_CALL_LOAD)
				jump = raw;
			returns |= raw->kind == RAW_SWITCH || raw->kind == RAW_RETURN ||
				   raw->kind == RAW_FALL ||
				   (is_jump && (raw->target < function->start ||
						raw->target >= function->end));
		}
		if (!build_is_unwound(build, &region, function->start))
			returns |= !stop || stop->target < function->end;
		function->never_returns = !returns || !stub_returns(build, function, jump);
	}
}

/* The first name at the start of each; labels are sorted, the best of an address first. */
static int name_functions(struct build *build, struct error *err)
{
	size_t next = 0;

	for (size_t i = 0; i < build->functions.count; i++) {
		struct function *function = &build->functions.items[i];

		while (next < build->labels.count &&
		       (build->labels.items[next].rva < function->start ||
			!build->labels.items[next].is_code))
			next++;
		if (next == build->labels.count)
			break;
		/* A function that the kernel returns to has its unwind entry one byte early. */
		if (build->labels.items[next].rva - function->start > 1 ||
		    build->labels.items[next].rva >= function->end)
			continue;
		function->name = build_text(build, build->labels.items[next].name);
		if (function->name == NO_INDEX)
			return error_oom(err);
	}
	return 0;
}

int build_functions(struct build *build, struct error *err)
{
	address_array entries = { 0 };
	int r = find_entries(build, &entries, err);

	if (r == 0 && !cut_regions(build, &entries))
		r = error_oom(err);
	array_free(&entries);
	if (build->functions.count >= REFERENCE_INDEX_LIMIT)
		r = error_set(err, -EFBIG, "%s: more functions than whittle can follow",
			      build->image->path);
	if (r < 0)
		return r;
	find_returns(build);
	return name_functions(build, err);
}

uint32_t build_function_at(const struct build *build, uint32_t rva)
{
	size_t low = 0, high = build->functions.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rva < build->functions.items[middle].start)
			high = middle;
		else if (rva >= build->functions.items[middle].end)
			low = middle + 1;
		else
			return (uint32_t)middle;
	}
	return NO_INDEX;
}
