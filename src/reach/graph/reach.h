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
	/* Leaves out of OBJECTS those that can't be read, with a sentence each (reach_skipped). */
	bool skips_unreadable;
	const char *sysroot; /* where the paths begin; NULL: / */
	/* Directory for summaries of objects; NULL: none. See cache_directory (cache.h). */
	const char *cache;
	enum reach_asked arguments; /* look for constant arguments too, which takes longer */
};

/* The program with all objects that it loads, joined. */
struct reach;
int reach_open(const struct reach_options *options, struct reach **reach, struct error *err);
void reach_freep(struct reach **reach);

/* Replaces options.arguments for the results from here on. */
void reach_set_arguments(struct reach *reach, enum reach_asked arguments);

/* The objects, in the order in which symbols are looked up; the program is the first. */
struct reach_object {
	const char *path; /* below the sysroot */
	const char *build_id; /* NULL none */
	bool is_opened; /* loaded while the program runs, or needed by such a one */
	bool is_named; /* the program itself, or one of options.objects */
	bool is_name_service; /* a module that /etc/nsswitch.conf names */
	bool is_runtime; /* the C library, its loader, or that of another language below it */
};
size_t reach_objects(const struct reach *reach, const struct reach_object **objects);

/* Why objects were left out: "PATH: why". */
size_t reach_skipped(const struct reach *reach, char *const **sentences);

/* From where the kernel and the loader start the program. */
int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err);

/* Whose code the code of an object is. */
enum reach_part {
	REACH_PART_LIBRARY, /* followed as far as others call it */
	REACH_PART_OWN, /* the program itself is; any other has to be named by reach_set_part */
	REACH_PART_PLUGIN, /* not the program's own, yet opened by name: all its exports run */
};
/* OBJECT is an index into reach_objects. */
void reach_set_part(struct reach *reach, size_t object, enum reach_part part);

enum reach_extent {
	REACH_EXTENT_OWN, /* through own objects, the C library and its loader */
	/* And through the modules of the name service, with the libraries that they need. */
	REACH_EXTENT_NAME_SERVICES,
	REACH_EXTENT_LIBRARIES, /* and through all other libraries, and from plugins on */
};

/*
 * The calls that the program's own code makes, with every function that it calls followed to its
 * end. A symbol that is only looked up by a name that is not constant counts as not referred to:
 * "sync" and "shutdown" are words of a protocol far more often than names for dlsym(3).
 */
int reach_own(struct reach *reach, enum reach_extent extent, struct reach_result **result,
	      struct error *err);

/* Whether the object of this index uses a function of the program itself, or of one of its own
 * objects. Variables prove nothing: those of the C library are copied into the program. */
bool reach_takes_from_own(struct reach *reach, size_t object);

/* Whether OBJECT is linked with NEEDED. */
bool reach_needs(const struct reach *reach, size_t object, size_t needed);

#endif
