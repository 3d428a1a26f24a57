/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of reach: the calls that the code can make, and the gaps, which could not be followed. */
#ifndef WHITTLE_REACH_GRAPH_RESULT_H
#define WHITTLE_REACH_GRAPH_RESULT_H

#include "common/error.h"
#include "syscall/abi.h"
#include "syscall/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk;
struct constants_scope;

/* Of which calls to look for the arguments. */
enum reach_asked {
	REACH_ASKED_NONE,
	REACH_ASKED_SANDBOX, /* calls that map memory or create sockets */
	REACH_ASKED_ALL,
};

/* One combination of the arguments that matter (syscall/arguments.h), in their order. */
struct reach_arguments {
	uint64_t value[ARGUMENTS_MAX];
	uint8_t any; /* bits: argument I may be anything, its value here is 0 */
};

/* One call that can be made. */
struct reach_call {
	enum abi abi;
	int nr;
	/* The shortest path to it: from where the kernel or the loader starts the program to the
	 * function that makes the call, "libc.so.6!madvise"; NULL-terminated. */
	char **path;
	/* The values of the arguments that matter, where they were asked for: sorted; and which of
	 * them (bits) some place may pass as anything. `arguments_any`: that is so for at least one,
	 * or they were not asked for. */
	struct reach_arguments *arguments;
	size_t arguments_count;
	uint8_t unbounded;
	bool arguments_any;
	/* Of the arguments (by their place in the table) as code beyond the C library and the loader
	 * passes them: all constants in one, bits 1 << constant of those below 64, and bits 1 << place of
	 * those that are not constant. The run-time passes on what this code asks for. */
	uint64_t beyond_bits[ARGUMENTS_MAX], beyond_values[ARGUMENTS_MAX];
	unsigned beyond_any;
	bool is_pipe_only; /* mknod or mknodat, and made by mkfifo(3) alone */
};

/* Code that could not be followed. */
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

/* NULL where the call is not in the result. */
const struct reach_call *reach_find(const struct reach_result *result, enum abi abi, int nr);

/* ---- private to this folder ---- */

/* Adds a combination once; past a limit all arguments become unbounded. -ENOMEM. */
int reach_call_add_arguments(struct reach_call *call, const struct reach_arguments *arguments);

/* The calls and gaps of a finished walk. */
int result_make(const struct walk *walk, const struct constants_scope *scope,
		struct reach_result **result, struct error *err);

/* Appends an empty one; NULL: out of memory. */
struct reach_gap *result_add_gap(struct reach_result *result);

#endif
