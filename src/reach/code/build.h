/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the steps of summary_make: one object while it is summarised. Private to build*.c. */
#ifndef WHITTLE_REACH_CODE_BUILD_H
#define WHITTLE_REACH_CODE_BUILD_H

#include "reach/code/summary.h"
#include "reach/code/sweep.h"

/* A place that the loader fills, before its target is known. */
struct relocation {
	uint32_t where;
	uint32_t kind; /* POINTER_FUNCTION stands for "the address TARGET, code or data" */
	uint32_t target; /* rva, or symbol index */
};

/* A constant name that a function looks up. */
struct lookup_name {
	uint32_t function;
	uint32_t text;
};

/* A name for an address. */
struct label {
	uint32_t rva;
	uint32_t size;
	const char *name; /* into the image */
	bool is_code;
};

struct build {
	const struct image *image;
	struct summary *summary;
	range_array unwound;
	region_array regions;
	raw_array raws;
	ARRAY(struct relocation) relocations; /* sorted by where */
	ARRAY(struct label) labels; /* sorted by rva */
	ARRAY(uint32_t)
	addresses; /* taken by code, sorted: a table ends at the next one at the latest */
	ARRAY(uint32_t) cuts; /* where data objects may begin; sorted */
	ARRAY(uint32_t) section_starts; /* of sections, if they are plausible */
	ARRAY(struct function) functions;
	ARRAY(reference) references;
	ARRAY(struct pointer) pointers;
	ARRAY(struct data) data;
	ARRAY(struct site) sites;
	ARRAY(char) text;
	ARRAY(uint32_t) roots, pointer_roots;
	uint32_t program_part; /* function, NO_INDEX none */
	unsigned globals_count; /* variables whose stores were searched */
	ARRAY(struct lookup_name) names; /* by function */
	bool defines_lookup; /* it contains dlsym, or parts of it */
	bool uses_names; /* it may look symbols up by name: texts count as references */
};

/* build_symbols.c: symbols with versions, labels, names of needed objects. */
int build_symbols(struct build *build, struct error *err);
/* Assigns the function or data object at its rva to each symbol whose rva is known. */
void build_bind_symbols(struct build *build);
/* build_relocations.c */
int build_relocations(struct build *build, struct error *err);
/* The relocation of the word at this very address, or NULL. */
const struct relocation *build_relocation_at(const struct build *build, uint32_t rva);
void build_sort_labels(struct build *build);
/* build_go.c: labels of Go's own table of functions; none where there is no such table. */
int build_go(struct build *build, struct error *err);
/* build_functions.c: regions and labels into functions with names. */
int build_functions(struct build *build, struct error *err);
/* build_loader.c: marks a loader's code that runs only if the loader is the program. */
int build_loader(struct build *build, struct error *err);
/* build_names.c: which names the object looks up, if that can be determined. */
int build_names(struct build *build, struct error *err);
/* build_data.c: relocations into pointers and data objects. */
int build_data(struct build *build, struct error *err);
/* Whether the function that begins at START has its bounds from the unwind table; *REGION is where
 * the search continues, ascending, 0 at first. */
bool build_is_unwound(const struct build *build, size_t *region, uint32_t start);
/* build_references.c */
int build_references(struct build *build, struct error *err);
/* build_sites.c */
int build_sites(struct build *build, struct error *err);

/* Adds to the text; NO_INDEX when out of memory. */
uint32_t build_text(struct build *build, const char *text);
/* A constant text at the address that may be a name to look up, added to the text, or NO_INDEX. */
uint32_t build_name_at(struct build *build, uint32_t rva);
/* Like the summary's functions of the same name, while it is being built. */
uint32_t build_function_at(const struct build *build, uint32_t rva);
uint32_t build_data_at(const struct build *build, uint32_t rva);
/* The first pointer at or behind the address. */
uint32_t build_pointer_at(const struct build *build, uint32_t rva);

#endif
