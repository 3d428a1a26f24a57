/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which system calls the code of a program can make: every path through the program and the
 * libraries that the loader would give it, whether or not anyone ever saw it taken.
 *
 *	reach_open(&options, &reach, &err);
 *	reach_from_start(reach, &result, &err);
 *	for (i = 0; i < result->calls_count; i++) ...
 *
 * The answer is complete in the sense of `is_complete`: what could not be followed is listed.
 */
#ifndef WHITTLE_REACH_GRAPH_REACH_H
#define WHITTLE_REACH_GRAPH_REACH_H

#include "common/error.h"
#include "reach/graph/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reach_options {
	const char *program;
	/* NULL-terminated: objects that the program loads while it runs (dlopen, NSS, PAM), by
	 * path; NULL none. Everything that they export counts as called. */
	const char *const *objects;
	const char *sysroot; /* where the paths begin; NULL: / */
	/* Directory for summaries of objects; NULL: none. See cache_directory (cache.h). */
	const char *cache;
	bool with_arguments; /* look for constant arguments too, which takes longer */
};

/* The program with all objects that it loads, joined. */
struct reach;
int reach_open(const struct reach_options *options, struct reach **reach, struct error *err);
void reach_freep(struct reach **reach);

/* The objects, in the order in which symbols are looked up; the program is the first. */
struct reach_object {
	const char *path; /* below the sysroot */
	const char *build_id; /* NULL none */
	bool is_opened; /* loaded while the program runs, or needed by such a one */
	bool is_named; /* the program itself, or one of options.objects */
};
size_t reach_objects(const struct reach *reach, const struct reach_object **objects);

/* From where the kernel and the loader start the program. */
int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err);

/*
 * The calls that the program's own code (the program and options.objects) makes through the
 * libraries below: the calls of the library functions that it refers to, and of functions that
 * those call, up to DEPTH calls deep (0: only the function itself). A symbol that is only looked up
 * by name counts as not referred to.
 */
int reach_first_party(struct reach *reach, unsigned depth, struct reach_result **result,
		      struct error *err);

/* Whether the object of this path (one of options.objects) uses a function of the program itself.
 * Variables prove nothing: those of the C library are copied into the program. */
bool reach_takes_from_program(struct reach *reach, const char *path);

/* Whether the program, or one of the objects that were named with it, imports this symbol from
 * another. */
bool reach_imports(const struct reach *reach, const char *name);

#endif
