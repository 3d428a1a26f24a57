/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of this folder, beside the public recording.h. */
#ifndef WHITTLE_RECORDING_RUN_H
#define WHITTLE_RECORDING_RUN_H

#include "recording/recording.h"
#include "syscall/syscall.h"

/* Adds an owner: each of them calls run_freep. The run must be finished. */
struct run *run_share(const struct run *run);

/* The file that a run came from, for the one error that concerns two of them; NULL: made here. */
int run_set_source(struct run *run, const char *path);
const char *run_source(const struct run *run);

/* Free the contents of an element, not the element itself. */
void run_free_object(void *element);
void run_free_process(void *element);
void run_free_line(void *element);
void run_free_call(struct call *call);

/* Total orders, for qsort. */
int run_compare_objects(const void *left, const void *right);
int run_compare_processes(const void *left, const void *right);
int run_compare_lines(const void *left, const void *right);
int run_compare_calls(const void *left, const void *right);
/* Compares the identity of rows: ABI, number, process, phase. */
int run_compare_call_keys(const struct call *a, const struct call *b);

/* syscall_arguments() of a call by number; NULL also if the number has no name. */
const struct syscall_arguments *recording_call_arguments(enum abi abi, int nr);

/* Of finished runs. */
bool run_equal(const struct run *a, const struct run *b);

/* Adds a count to a sum: -EOVERFLOW past the limit of a file (2^63 - 1). */
int run_add_count(uint64_t *sum, uint64_t more);

/* Sorts tuples and adds up the counts of equal ones: -EOVERFLOW as above. */
int run_unite_values(struct argument_values *values, size_t *count);

#endif
