// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names that are looked up while a program runs: dlsym(handle, "name"). If every call in an object
 * passes constants, these are the names. If one does not, any constant text of the object may be a
 * name.
 */
#include "reach/code/build.h"
#include "reach/code/value.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

struct lookup {
	struct build *build;
	ARRAY(uint32_t) slots; /* of dlsym and dlvsym */
	ARRAY(uint32_t) stubs; /* functions that jump through them */
	bool is_open; /* some name is not a constant */
};

static bool is_lookup_slot(const struct lookup *lookup, uint32_t rva)
{
	for (size_t i = 0; i < lookup->slots.count; i++)
		if (lookup->slots.items[i] == rva)
			return true;
	return false;
}

static int find_slots(struct lookup *lookup, struct error *err)
{
	const struct build *build = lookup->build;

	for (size_t i = 0; i < build->relocations.count; i++) {
		const struct relocation *relocation = &build->relocations.items[i];
		const char *name;

		if (relocation->kind != POINTER_LINKAGE && relocation->kind != POINTER_SYMBOL)
			continue;
		name = build->text.items + build->summary->symbols[relocation->target].name;
		if (strcmp(name, "dlsym") != 0 && strcmp(name, "dlvsym") != 0)
			continue;
		/* Its address in a table: called from anywhere. */
		lookup->is_open |= relocation->kind == POINTER_SYMBOL;
		if (!array_push(&lookup->slots, relocation->where))
			return error_oom(err);
	}
	return 0;
}

static int find_stubs(struct lookup *lookup, struct error *err)
{
	const struct build *build = lookup->build;

	for (size_t i = 0; i < build->raws.count; i++) {
		const struct raw *raw = &build->raws.items[i];
		uint32_t function;

		if (raw->kind != RAW_CALL_LOAD || !is_lookup_slot(lookup, raw->target))
			continue;
		function = build_function_at(build, raw->at);
		if (function != NO_INDEX &&
		    build->functions.items[function].end - build->functions.items[function].start <=
			    16 &&
		    !array_push(&lookup->stubs, function))
			return error_oom(err);
	}
	return 0;
}

static bool is_lookup(const struct lookup *lookup, const struct raw *raw, uint32_t function)
{
	uint32_t target;

	for (size_t i = 0; i < lookup->stubs.count; i++)
		if (lookup->stubs.items[i] == function)
			return false;
	if (raw->kind == RAW_CALL_LOAD)
		return is_lookup_slot(lookup, raw->target);
	if (raw->kind != RAW_CALL && raw->kind != RAW_JUMP)
		return false;
	target = build_function_at(lookup->build, raw->target);
	for (size_t i = 0; i < lookup->stubs.count; i++)
		if (lookup->stubs.items[i] == target)
			return true;
	return false;
}

static int add_names(struct lookup *lookup, const struct values *values, uint32_t function,
		     struct error *err)
{
	struct build *build = lookup->build;

	lookup->is_open |=
		values->is_unknown || values->origins.count > 0 || values->globals.count > 0;
	for (size_t i = 0; i < values->constants.count; i++) {
		uint64_t rva = values->constants.items[i] - build->image->base;
		const char *text = image_text(build->image, rva, 4096);
		struct lookup_name name = { .function = function };

		if (!text || image_is_writable(build->image, rva)) {
			lookup->is_open = true;
			continue;
		}
		name.text = build_text(build, text);
		if (name.text == NO_INDEX || !array_push(&build->names, name))
			return error_oom(err);
	}
	return 0;
}

static int find_names(struct lookup *lookup, struct error *err)
{
	struct build *build = lookup->build;

	for (size_t i = 0; i < build->raws.count && !lookup->is_open; i++) {
		const struct raw *raw = &build->raws.items[i];
		_cleanup_(code_freep) struct code *code = NULL;
		_cleanup_(search_values_free) struct values values = { 0 };
		struct origin origin;
		uint32_t function;

		if (raw->kind == RAW_LOAD && is_lookup_slot(lookup, raw->target))
			lookup->is_open = true;
		if (raw->kind != RAW_CALL && raw->kind != RAW_JUMP && raw->kind != RAW_CALL_LOAD)
			continue;
		function = build_function_at(build, raw->at);
		if (function == NO_INDEX || !is_lookup(lookup, raw, function))
			continue;
		memset(&origin, 0, sizeof(origin));
		origin.kind = ORIGIN_REGISTER;
		origin.reg = REGISTER_RSI;
		if (code_open(build->image, build->functions.items, build->functions.count,
			      function, &code, err) < 0 ||
		    code_values(code, raw->at, origin, &values, err) < 0 ||
		    add_names(lookup, &values, function, err) < 0)
			return err ? err->code : -ENOMEM;
	}
	return 0;
}

int build_names(struct build *build, struct error *err)
{
	struct lookup lookup = { .build = build };
	int r;

	/* What is not linked with dlsym and yet looks names up is a C library, or its loader. */
	if (!build->uses_names || build->defines_lookup)
		return 0;
	r = find_slots(&lookup, err);
	if (r == 0)
		r = find_stubs(&lookup, err);
	if (r == 0 && !lookup.is_open)
		r = find_names(&lookup, err);
	build->uses_names = lookup.is_open;
	array_free(&lookup.slots);
	array_free(&lookup.stubs);
	return r;
}
