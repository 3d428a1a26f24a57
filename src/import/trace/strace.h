/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the strace importer: processes (strace_process.c), summaries (strace_table.c) and lines
 * (strace.c). */
#ifndef WHITTLE_IMPORT_TRACE_STRACE_H
#define WHITTLE_IMPORT_TRACE_STRACE_H

#include "common/table.h"
#include "import/common/importer.h"

#define STRACE_PROCESSES_MAX 24576
#define STRACE_EXECS	     64 /* execve calls under way at one time */
#define STRACE_PATH	     512
#define STRACE_COLUMNS	     12

struct strace_process {
	int pid;
	bool is_used;
	bool has_abi; /* strace named it: use ABI instead of the image's */
	enum abi abi;
	unsigned image;
};

struct strace_exec {
	int pid; /* 0 free */
	char path[STRACE_PATH];
};

struct strace_processes {
	struct strace_process used[STRACE_PROCESSES_MAX];
	uint32_t used_count;
	struct table by_pid;
	struct strace_process single; /* for a log without PIDs, and for processes past the limit */
	bool has_first;
	/* The last process that is in fork: a new PID is its child. */
	bool has_parent;
	unsigned parent_image;
	bool is_thread;
	struct strace_exec execs[STRACE_EXECS];
};

/* The process of a PID (0: the log has none), created if it is new. */
struct strace_process *strace_process_find(struct import *import, struct strace_processes *all,
					   int pid);
void strace_process_end(struct strace_processes *all, int pid);
void strace_processes_clear(struct strace_processes *all);
enum abi strace_process_abi(const struct import *import, const struct strace_process *process);

/* A fork begins, or returns the PID of its child (0: it failed). */
void strace_fork_begin(const struct strace_process *process, struct strace_processes *all,
		       const char *line, size_t length);
void strace_fork_end(struct import *import, struct strace_processes *all,
		     const struct strace_process *process, int child);

/* An execve begins, and ends; IS_DONE: successfully. */
void strace_exec_begin(struct strace_processes *all, int pid, const char *arguments,
		       const char *end);
void strace_exec_end(struct import *import, struct strace_processes *all, int pid, bool is_done);

/* A summary that `strace -c` or -C prints. */
struct strace_table {
	bool is_open; /* between its head and its total */
	bool has_abi;
	enum abi abi;
	unsigned columns, calls, errors, name; /* the number of columns, and the index of each */
};

bool strace_table_is_head(const char *line, size_t length);
void strace_table_begin(struct strace_table *table, const char *line, size_t length);
/* "System call usage summary for 32 bit mode:" */
bool strace_table_is_title(struct strace_table *table, const char *line, size_t length);
/* Reads a row, a rule of dashes or the total. IS_COUNTED: the log before it has all its calls already. */
const char *strace_table_line(struct import *import, struct strace_table *table, bool is_counted,
			      const char *line, size_t length);

/* "32 bit", "64 bit", "x32": the ABI on the machine that the log is from. */
bool strace_table_mode(enum abi native, const char *mode, size_t length, enum abi *abi);

/* The special role of a call, by its name. */
enum strace_role { ROLE_NONE, ROLE_FORK, ROLE_EXECVE, ROLE_RESTART };

/* A cache of parsed values by their text: a log repeats few of them. */
#define STRACE_WORDS 1024 /* a power of two */
#define STRACE_WORD  48
struct strace_word {
	unsigned char kind, length; /* 0: free */
	unsigned char abi;
	bool is_known;
	char text[STRACE_WORD];
	uint64_t value;
};

/* Parses the values of the recorded arguments from the text after the call's opening parenthesis. False if
 * one is missing or in an unknown notation. */
bool strace_arguments(struct strace_word words[STRACE_WORDS], enum abi abi,
		      const struct syscall_arguments *table, const char *open, const char *end,
		      uint64_t values[ARGUMENTS_MAX]);

struct strace {
	struct strace_processes processes;
	struct strace_word words[STRACE_WORDS];
	struct strace_table table;
	struct run_builder_row *row; /* of the previous line, if its stack may follow */
	int file_pid; /* of a per-process file */
	/* A call whose line was interrupted by a message: its result follows. */
	bool has_split;
	int split_pid;
	enum strace_role split_role;
	bool has_calls; /* a line with a call was read */
};

/* ` > /usr/lib/libc.so.6(read+0xd) [0xfe1ad]` */
void strace_stack_line(struct import *import, struct run_builder_row *row, const char *line,
		       size_t length);

#endif
