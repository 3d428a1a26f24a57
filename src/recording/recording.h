/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording is evidence: observations, and no decisions. It is a set of runs, each with its own
 * id and never changed after it is written. Merging unites the sets, so it is associative,
 * commutative and idempotent by construction; totals are computed from the set on demand.
 * docs/recording.md documents the file, docs/recording.schema.json is its JSON Schema.
 */
#ifndef WHITTLE_RECORDING_RECORDING_H
#define WHITTLE_RECORDING_RECORDING_H

#include "common/error.h"
#include "syscall/abi.h"
#include "syscall/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define RECORDING_VERSION 2 /* is written; every version up to it is read */

enum phase {
	PHASE_STARTUP, /* until the process first waits for work */
	PHASE_SERVING,
	PHASE_UNKNOWN, /* an importer's source did not report it */
	PHASE_COUNT,
};

/* An ELF object that a recorded process had mapped. */
struct object {
	char *path; /* in the target's mount namespace */
	char *build_id; /* lower-case hex; NULL where it has none or could not be read */
};

/* One frame of a user-space stack, innermost first. */
struct frame {
	int object; /* index into run.objects, -1 unknown */
	uint64_t offset; /* in the object's file; the address where the object is unknown */
	char *symbol; /* nearest symbol at or before, NULL none */
	uint64_t symbol_offset;
};

/*
 * A process image: one executable in one role. It counts every process that runs the executable in
 * that role, so a server's thousand workers are one row.
 */
struct process {
	char *executable; /* path in the target's mount namespace */
	char *command; /* comm when first observed */
	char *title; /* distinguishes the role for people ("master process", "worker process"),
		      * taken from the command line where a program rewrites it; NULL none */
	char **argv; /* NULL-terminated, of the first process observed; NULL unknown */
	unsigned
		depth; /* forks since the execve: 0 the program itself, 1 its children, ... capped */
	/* In a unit, which of its command lines it came from ("ExecStart", "ExecReload" ...), with
	 * the index within that setting; NULL where not a unit or not known. */
	char *line;
	unsigned line_index;
	/* The part of the service manager (or container run-time, or whittle itself, or a command line
	 * that runs outside of the unit's filters, "ExecStartPre=+"), before the
	 * program was executed: kept for the record, no part of a policy. */
	bool is_manager;
};

/* One distinct tuple of the arguments that matter (syscall/arguments.h), in that table's order. */
struct argument_values {
	uint64_t value[ARGUMENTS_MAX];
	uint64_t count;
};

/* One row: the use of one call by a process image in one phase. */
struct call {
	enum abi abi;
	int nr;
	unsigned process; /* index into run.processes */
	enum phase phase;
	uint64_t count; /* 0: observed, but the source does not report how often */
	/* First observation: since the run's start; UINT64_MAX unknown. */
	uint64_t first_ns;
	struct frame *stack;
	size_t stack_count;
	/* Distinct tuples; sorted. `arguments_any`: there were more than the limit, or the source
	 * did not record them, so the set means "any value". */
	struct argument_values *arguments;
	size_t arguments_count;
	bool arguments_any;
};

enum target_kind { TARGET_UNIT, TARGET_CGROUP, TARGET_PID, TARGET_COMMAND, TARGET_IMPORT };

enum filter_presence { FILTER_ABSENT, FILTER_PRESENT, FILTER_UNKNOWN };

/* One of a unit's command lines, and whether it was executed during the run. */
struct unit_line {
	char *setting; /* "ExecStart" */
	unsigned index;
	char *command; /* as written in the unit file */
	bool is_seen;
};

/* Losses of the recording; all 0 is the recorder's promise that nothing is missing. */
struct losses {
	uint64_t calls; /* calls that were made and not counted */
	uint64_t arguments; /* tuples not recorded (their sets are marked "any") */
	uint64_t stacks; /* first observations without a stack */
	uint64_t processes; /* images that share a row because the table was full */
};

/* The observer of a run that was made from denials. */
#define OBSERVER_DENIALS "denials"

struct run {
	char id[33]; /* 32 hex digits, random */
	char *observer; /* "bpf", "strace", ... */
	enum target_kind target_kind;
	char *target; /* unit name, cgroup path, PIDs, command line, file name */
	uint64_t started_us; /* since the epoch, UTC */
	uint64_t duration_ns;
	char *ended; /* why the run ended: "time limit", "interrupted", "target ended", "end of
		      * input" */
	struct losses lost;
	enum filter_presence filter; /* the target was under a filter: calls that it refused were
				      * not recorded */
	bool is_news; /* only what another recording lacked: complete only when merged with it */

	/* the environment; each NULL where unknown */
	char *kernel; /* uname -r */
	char *machine; /* uname -m */
	char *libc; /* "glibc 2.36" */
	char *systemd; /* "252.39-1~deb12u2": as the manager reports it; NULL where not a unit */
	char *os; /* PRETTY_NAME */
	char *whittle; /* version of the program that made it */

	struct unit_line *lines;
	size_t lines_count;
	struct object *objects;
	size_t objects_count;
	struct process *processes;
	size_t processes_count;
	struct call *calls; /* sorted by abi, nr, process, phase; unique */
	size_t calls_count;
};

/* A new run with a fresh random id; NULL when out of memory. The run owns all its strings and
 * arrays, which are malloc'd. */
struct run *run_new(void);
void run_freep(struct run **run);

/* Appends a zeroed element and returns it, or NULL when out of memory; earlier pointers into the
 * same array are then stale. */
struct object *run_add_object(struct run *run);
struct process *run_add_process(struct run *run);
struct call *run_add_call(struct run *run);
struct unit_line *run_add_line(struct run *run);

/* Sorts the run, merges duplicates and checks every index; call it once when a run is complete.
 * -EINVAL with the reason if the run contradicts itself, -EOVERFLOW if a sum of counts does not fit
 * (2^63 - 1). NULL strings that are required become "". A call that has arguments to record but no
 * recorded tuple is marked `arguments_any`. */
int run_finish(struct run *run, struct error *err);

struct recording;

/* Removes from a finished run everything that KNOWN has: it leaves calls that KNOWN lacks at all or
 * in that phase, and of other calls the new tuples of arguments, with their counts. RUN merged with
 * KNOWN contains everything that it contained before; RUN itself is marked as news. */
int run_keep_news(struct run *run, const struct recording *known, struct error *err);

struct recording *recording_new(void);
void recording_freep(struct recording **recording);

/* Takes ownership of RUN, also on failure; RUN must be finished. Adding the same run again changes
 * nothing; a run with the id of an existing one but other content is -EBADMSG, and the error names
 * the files of both. */
int recording_add(struct recording *recording, struct run *run, struct error *err);

/* Unites: INTO gets every run of FROM. FROM is unchanged, and so is INTO on failure. */
int recording_merge(struct recording *into, const struct recording *from, struct error *err);

/* The runs, ordered by id. */
size_t recording_runs(const struct recording *recording, const struct run *const **runs);

/* Reads a file of any known version; PATH "-" is standard input. The error names the file, the
 * place and the reason. */
int recording_read(const char *path, struct recording **recording, struct error *err);

/* Reads files (NULL-terminated) and unites them. */
int recording_read_all(char *const *paths, struct recording **recording, struct error *err);

/* One file from memory; PATH is only its name in errors. */
int recording_parse(const char *path, const char *data, size_t size, struct recording **recording,
		    struct error *err);

/* Writes the file's text; equal recordings give equal bytes. The error gives the reason but not the
 * file: the caller adds its name. */
int recording_write(const struct recording *recording, FILE *out, struct error *err);
/* Replaces the file at that path atomically; MODE as for open(2). */
int recording_save(const struct recording *recording, const char *path, mode_t mode,
		   struct error *err);

/*
 * The view over all runs: one row per (ABI, call), without the manager's part (counted separately).
 */
struct total {
	enum abi abi;
	int nr;
	uint64_t count;
	uint64_t phase_count[PHASE_COUNT];
	unsigned phases; /* bit 1 << enum phase: observed there, also if the count is unknown */
	/* where it was first seen, into the recording's runs; sights with a stack go before those
	 * without, since they can be explained */
	const struct run *first_run;
	const struct call *first;
	struct argument_values *arguments;
	size_t arguments_count;
	bool arguments_any;
};

/* Ordered by ABI and number. The array is the caller's: totals_free. WITH_MANAGER: only the
 * manager's part instead of only the rest. */
int recording_totals(const struct recording *recording, bool with_manager, struct total **totals,
		     size_t *count, struct error *err);
void totals_free(struct total *totals, size_t count);

/* Sums of all runs' losses; a sum that does not fit becomes the largest count. */
struct losses recording_losses(const struct recording *recording);

/* Equality of meaning (the runs' ids and content), for tests. */
bool recording_equal(const struct recording *a, const struct recording *b);

/* The name of a call for files and people: "brk", or "#480" if this version knows none (a call of a
 * newer kernel, or a number that a program made up). In BUFFER or static. */
#define CALL_NAME_SIZE 16
const char *call_name(enum abi abi, int nr, char buffer[CALL_NAME_SIZE]);

const char *phase_name(enum phase phase);
const char *target_kind_name(enum target_kind kind);

#endif
