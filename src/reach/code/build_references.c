// SPDX-License-Identifier: LGPL-2.1-or-later
/* Turns the addresses that the sweep recorded into references by index, function by function. */
#include "reach/code/build.h"
#include "reach/code/value.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SWITCH_CASES_LIMIT 4096

static bool add_reference(struct build *build, enum reference_kind kind, uint32_t index)
{
	return index == NO_INDEX || array_push(&build->references, reference_make(kind, index));
}

static bool add_address(struct build *build, uint32_t from, uint32_t target)
{
	uint32_t index;

	if (image_is_code(build->image, target)) {
		index = build_function_at(build, target);
		return index == from || add_reference(build, REFERENCE_TAKE, index);
	}
	index = build_data_at(build, target);
	if (index != NO_INDEX)
		return add_reference(build, REFERENCE_DATA, index);
	return add_reference(build, REFERENCE_TEXT, build_name_at(build, target));
}

static bool add_load(struct build *build, enum reference_kind kind, uint32_t target, uint32_t size)
{
	uint32_t index = build_pointer_at(build, target);

	for (; index != NO_INDEX && index < build->pointers.count; index++) {
		if (build->pointers.items[index].where >= (uint64_t)target + size)
			break;
		if (!add_reference(build, kind, index))
			return false;
	}
	return true;
}

static int compare_addresses(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static bool find_addresses(struct build *build)
{
	for (size_t i = 0; i < build->raws.count; i++)
		if (build->raws.items[i].kind == RAW_ADDRESS &&
		    !array_push(&build->addresses, build->raws.items[i].target))
			return false;
	if (build->addresses.count > 0)
		qsort(build->addresses.items, build->addresses.count, sizeof(uint32_t),
		      compare_addresses);
	return true;
}

/* The first address behind RVA that code takes. */
static uint32_t next_address(const struct build *build, uint32_t rva)
{
	size_t low = 0, high = build->addresses.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (build->addresses.items[middle] <= rva)
			low = middle + 1;
		else
			high = middle;
	}
	return low < build->addresses.count ? build->addresses.items[low] : UINT32_MAX;
}

/*
 * A switch whose cases were split off as cold: its table, of distances from itself, leads out of
 * the function. Tables are found as what the function takes the address of; one ends at the latest
 * where the next thing begins that code takes the address of.
 */
static bool add_switch(struct build *build, uint32_t from, uint32_t table)
{
	const struct image *image = build->image;
	uint32_t left = image_left(image, table), last = NO_INDEX;
	uint32_t next = next_address(build, table);
	const uint8_t *at;

	if (next - table < left)
		left = next - table;
	at = left ? image_at(image, table, left) : NULL;
	if (!at || image_is_code(image, table) || image_is_writable(image, table))
		return true;
	for (uint32_t i = 0; i < SWITCH_CASES_LIMIT && (i + 1) * 4 <= left; i++) {
		uint64_t rva = table + (uint64_t)(int64_t)(int32_t)load32(at + (size_t)i * 4);
		uint32_t function;

		if (rva > UINT32_MAX || !image_is_code(image, rva))
			break;
		function = build_function_at(build, (uint32_t)rva);
		if (function == from || function == last)
			continue;
		last = function;
		if (!add_reference(build, REFERENCE_CALL, function))
			return false;
	}
	return true;
}

/* Whether the place is one of the global offset table, which the loader fills with a symbol's address. */
static bool is_linkage(const struct build *build, uint32_t target)
{
	uint32_t index = build_pointer_at(build, target);

	return index != NO_INDEX && index < build->pointers.count &&
	       build->pointers.items[index].where == target &&
	       build->pointers.items[index].kind == POINTER_LINKAGE;
}

/* How a function's address is read from the global offset table: to be called, or for anything. CODE is
 * opened where it is not yet. */
static int find_load_kind(struct build *build, uint32_t from, const struct raw *raw,
			  struct code **code, enum reference_kind *kind, struct error *err)
{
	int r = 0;

	*kind = REFERENCE_SLOT;
	if (!is_linkage(build, raw->target))
		return 0;
	if (!*code)
		r = code_open(build->image, build->functions.items, build->functions.count, from,
			      code, err);
	if (r == 0)
		r = code_only_calls(*code, raw->at);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r == 1)
		*kind = REFERENCE_CALL_SLOT;
	return 0;
}

static bool add_raw(struct build *build, uint32_t from, const struct raw *raw)
{
	uint32_t function;

	switch (raw->kind) {
	case RAW_CALL:
	case RAW_JUMP:
	case RAW_BRANCH:
	case RAW_FALL:
		function = build_function_at(build, raw->target);
		return function == from || add_reference(build, REFERENCE_CALL, function);
	case RAW_ADDRESS:
		return add_address(build, from, raw->target);
	case RAW_LOAD:
		return add_load(build, REFERENCE_SLOT, raw->target, 1);
	case RAW_LOAD_WIDE:
		return add_load(build, REFERENCE_SLOT, raw->target, 64);
	case RAW_CALL_LOAD:
		return add_load(build, REFERENCE_CALL_SLOT, raw->target, 1);
	default:
		return true;
	}
}

static int compare_references(const void *left, const void *right)
{
	const reference *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* Those of the function from FIRST on: sorted, each once. */
static void unite(struct build *build, size_t first)
{
	reference *items = build->references.items + first;
	size_t count = build->references.count - first, kept = 0;

	if (count > 1)
		qsort(items, count, sizeof(*items), compare_references);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || items[i] != items[kept - 1])
			items[kept++] = items[i];
	build->references.count = first + kept;
}

/* Code without unwind information may run from one piece into the next: it does, unless the last
 * instruction of the piece (and nothing but padding behind it) ends there. */
static bool add_fall(struct build *build, uint32_t index, const struct raw *stop)
{
	const struct function *function = &build->functions.items[index], *next = function + 1;

	if (index + 1 >= build->functions.count || next->start != function->end)
		return true;
	if (stop && stop->target >= function->end)
		return true;
	return add_reference(build, REFERENCE_CALL, index + 1);
}

static int make_references(struct build *build, struct error *err)
{
	size_t next = 0, region = 0;

	for (uint32_t i = 0; i < build->functions.count; i++) {
		struct function *function = &build->functions.items[i];
		size_t first = build->references.count, first_raw;
		const struct raw *stop = NULL;
		_cleanup_(code_freep) struct code *code = NULL;
		bool has_switch = false;

		while (next < build->raws.count && build->raws.items[next].at < function->start)
			next++;
		first_raw = next;
		function->references = (uint32_t)first;
		for (; next < build->raws.count && build->raws.items[next].at < function->end;
		     next++) {
			const struct raw *raw = &build->raws.items[next];

			if (raw->kind == RAW_STOP)
				stop = raw;
			has_switch |= raw->kind == RAW_SWITCH;
			if (raw->is_for_program)
				continue;
			if (raw->kind == RAW_LOAD) {
				enum reference_kind kind;

				if (find_load_kind(build, i, raw, &code, &kind, err) < 0)
					return err ? err->code : -ENOMEM;
				if (!add_load(build, kind, raw->target, 1))
					return error_oom(err);
			} else if (!add_raw(build, i, raw)) {
				return error_oom(err);
			}
		}
		for (size_t k = first_raw; has_switch && k < next; k++)
			if (build->raws.items[k].kind == RAW_ADDRESS &&
			    !add_switch(build, i, build->raws.items[k].target))
				return error_oom(err);
		if (!build_is_unwound(build, &region, function->start) && !add_fall(build, i, stop))
			return error_oom(err);
		for (size_t k = 0; k < build->names.count; k++)
			if (build->names.items[k].function == i &&
			    !add_reference(build, REFERENCE_TEXT, build->names.items[k].text))
				return error_oom(err);
		unite(build, first);
		if (build->references.count > INT32_MAX)
			return error_set(err, -EFBIG, "%s: more references than whittle can follow",
					 build->image->path);
	}
	return 0;
}

/* Whether the function is a stub: `[endbr64] [bnd] jmp *slot`, and nothing else. */
static bool is_stub(const struct build *build, uint32_t index, reference *slot)
{
	const struct function *function = &build->functions.items[index];
	uint32_t size = function->end - function->start;
	const uint8_t *at = image_at(build->image, function->start, size);
	size_t end = index + 1 < build->functions.count ? function[1].references
							: build->references.count;
	uint32_t skip = 0;

	if (!at || size > 16 || end - function->references != 1)
		return false;
	*slot = build->references.items[function->references];
	if (size >= 4 && load32(at) == 0xfa1e0ff3)
		skip = 4;
	if (size > skip && at[skip] == 0xf2)
		skip++;
	return reference_kind(*slot) == REFERENCE_CALL_SLOT && size - skip >= 6 &&
	       at[skip] == 0xff && at[skip + 1] == 0x25;
}

/* A call to a stub is a call through its slot. */
static void skip_stubs(struct build *build)
{
	for (uint32_t i = 0; i < build->functions.count; i++) {
		reference slot;

		if (is_stub(build, i, &slot))
			build->functions.items[i].stub_of = reference_index(slot);
	}
	for (size_t i = 0; i < build->references.count; i++) {
		reference *from = &build->references.items[i];
		uint32_t slot = NO_INDEX;

		if (reference_kind(*from) == REFERENCE_CALL)
			slot = build->functions.items[reference_index(*from)].stub_of;
		if (slot != NO_INDEX)
			*from = reference_make(REFERENCE_CALL_SLOT, slot);
	}
}

static bool add_root(struct build *build, uint32_t rva)
{
	uint32_t function = build_function_at(build, rva);

	return function == NO_INDEX || array_push(&build->roots, function);
}

/* What the loader calls or puts to use by itself: init and fini functions, resolvers, the image of
 * thread-local data. */
static bool find_roots(struct build *build)
{
	static const struct {
		int64_t tag, size_tag;
	} arrays[] = { { DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ },
		       { DT_INIT_ARRAY, DT_INIT_ARRAYSZ },
		       { DT_FINI_ARRAY, DT_FINI_ARRAYSZ } };
	static const int64_t single[] = { DT_INIT, DT_FINI };
	const struct image *image = build->image;
	uint64_t address, size;
	uint32_t rva;

	for (size_t i = 0; i < 2; i++)
		if (image_dynamic(image, single[i], &address) && image_rva(image, address, &rva) &&
		    !add_root(build, rva))
			return false;
	for (uint32_t i = 0; i < build->pointers.count; i++) {
		const struct pointer *pointer = &build->pointers.items[i];
		uint64_t where = image->base + pointer->where;
		bool is_root = pointer->where >= image->tls.start &&
			       pointer->where < image->tls.end && pointer->kind != POINTER_LINKAGE;

		if (pointer->kind == POINTER_RESOLVER && !array_push(&build->roots, pointer->index))
			return false;
		for (size_t k = 0; k < sizeof(arrays) / sizeof(arrays[0]); k++)
			is_root |= image_dynamic(image, arrays[k].tag, &address) &&
				   image_dynamic(image, arrays[k].size_tag, &size) &&
				   where >= address && where - address < size;
		if (is_root && !array_push(&build->pointer_roots, i))
			return false;
	}
	return true;
}

/* The references of that part of a loader that was set aside. */
static bool make_program_part(struct build *build)
{
	struct function *part;
	size_t first = build->references.count;

	if (build->program_part == NO_INDEX)
		return true;
	part = &build->functions.items[build->program_part];
	part->references = (uint32_t)first;
	for (size_t i = 0; i < build->raws.count; i++)
		if (build->raws.items[i].is_for_program &&
		    !add_raw(build, part->part_of, &build->raws.items[i]))
			return false;
	unite(build, first);
	return true;
}

int build_references(struct build *build, struct error *err)
{
	if (!find_addresses(build))
		return error_oom(err);
	if (make_references(build, err) < 0)
		return err ? err->code : -ENOMEM;
	if (!make_program_part(build))
		return error_oom(err);
	skip_stubs(build);
	return find_roots(build) ? 0 : error_oom(err);
}
