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
#include "syscall/abi.h"
#include "syscall/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reach_options {
	const char *program;
	/* NULL-terminated: objects that the program loads while it runs (dlopen, NSS, PAM), by path;
	 * NULL none. Everything that they export counts as called. */
	const char *const *objects;
	/* Leaves out of OBJECTS those that can't be read, with a sentence each (reach_skipped). */
	bool skips_unreadable;
	const char *sysroot; /* where the paths begin; NULL: / */
	/* Where summaries of objects are kept; NULL: nowhere. See cache_directory (cache.h). */
	const char *cache;
	bool with_arguments; /* look for constant arguments too, which takes longer */
};

/* The program with all that it loads, joined. */
struct reach;
int reach_open(const struct reach_options *options, struct reach **reach, struct error *err);
void reach_freep(struct reach **reach);

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

/* One call that can be made. */
struct reach_call {
	enum abi abi;
	int nr;
	/* The shortest way to it: from where the kernel or the loader starts the program to the
	 * function that makes the call, "libc.so.6!madvise"; NULL-terminated. */
	char **path;
	/* The constant values of the arguments that matter (syscall/arguments.h), where they were
	 * asked for; `arguments_any`: some place passes what is not constant. */
	uint64_t (*arguments)[ARGUMENTS_MAX];
	size_t arguments_count;
	bool arguments_any;
	bool is_pipe_only; /* mknod or mknodat, and made by mkfifo(3) alone */
};

/* What could not be followed. */
enum reach_gap_kind {
	GAP_NUMBER, /* a system call whose number is not known */
	GAP_OBJECT, /* an object loaded by a name: `what` is the name */
	GAP_OBJECT_UNKNOWN, /* an object loaded by a name that is not a constant */
	GAP_PROGRAM, /* another program executed: `what` is its path */
	GAP_PROGRAM_UNKNOWN, /* a program executed whose path is not a constant */
	GAP_CODE, /* code that is not analysed: for another ABI, or made at run time */
};

struct reach_gap {
	enum reach_gap_kind kind;
	char *what;
	char *place; /* "libc.so.6!0x1234 in syscall" */
	char **path;
};

struct reach_result {
	struct reach_call *calls; /* sorted by ABI and number */
	size_t calls_count;
	struct reach_gap *gaps;
	size_t gaps_count;
	bool is_complete; /* every number of every reached call and every object is known */
	bool lacks_numbers; /* of some reached call */
	size_t functions_count; /* reached */
};
void reach_result_freep(struct reach_result **result);

/* Unites: INTO gets what it does not have; FROM is left empty. */
int reach_result_merge(struct reach_result *into, struct reach_result *from, struct error *err);

/* From where the kernel and the loader start the program. */
int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err);

/* From these functions only: where a recording saw the program. OFFSET is in the object's file. A
 * place that is in no function that is known is left out; *MISSED (NULL is fine) counts them. */
struct reach_root {
	const char *object; /* path, as the recording has it */
	uint64_t offset;
};
int reach_from(struct reach *reach, const struct reach_root *roots, size_t count, size_t *missed,
	       struct reach_result **result, struct error *err);

/* Whose an object's code is. */
enum reach_part {
	REACH_PART_LIBRARY, /* followed as far as others call it */
	REACH_PART_OWN, /* the program itself is; any other has to be named by reach_set_part */
	REACH_PART_PLUGIN, /* not the program's own, and yet opened by name: all that it exports runs */
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
 * What the program's own code does, with whatever it calls followed to its end. A symbol that is only
 * looked up by a name that is not constant counts as not referred to: "sync" and "shutdown" are words
 * of a protocol far more often than names for dlsym(3).
 */
int reach_own(struct reach *reach, enum reach_extent extent, struct reach_result **result,
	      struct error *err);

/* Whether the object of this index asks for a function of the program itself, or of one of its own
 * objects. Variables say nothing: those of the C library are copied into the program. */
bool reach_takes_from_own(struct reach *reach, size_t object);

/* Whether OBJECT is linked with NEEDED. */
bool reach_needs(const struct reach *reach, size_t object, size_t needed);

/* NULL where the call is not in the result. */
const struct reach_call *reach_find(const struct reach_result *result, enum abi abi, int nr);

#endif
