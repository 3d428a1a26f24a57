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
};
size_t reach_objects(const struct reach *reach, const struct reach_object **objects);

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
	bool is_complete; /* every number of every reached system call is known */
	size_t functions_count; /* reached */
};
void reach_result_freep(struct reach_result **result);

/* Unites: INTO gets what it does not have; FROM is left empty. */
int reach_result_merge(struct reach_result *into, struct reach_result *from, struct error *err);

/* From where the kernel and the loader start the program. */
int reach_from_start(struct reach *reach, struct reach_result **result, struct error *err);

/*
 * What the program's own code (itself and options.objects) asks of the libraries below: the calls
 * of the library functions that it refers to, and of what those call up to DEPTH calls deep (0:
 * only the function itself). A symbol that is only looked up by name counts as not referred to.
 */
int reach_first_party(struct reach *reach, unsigned depth, struct reach_result **result,
		      struct error *err);

/* Whether the object of this path (one of options.objects) asks for a function of the program itself.
 * Variables say nothing: those of the C library are copied into the program. */
bool reach_takes_from_program(struct reach *reach, const char *path);

/* Whether the program, or one of the objects that were named with it, asks another for this symbol. */
bool reach_imports(const struct reach *reach, const char *name);

/* NULL where the call is not in the result. */
const struct reach_call *reach_find(const struct reach_result *result, enum abi abi, int nr);

#endif
