/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options by table. One row per option serves the parser, `--help`, the shell completions and the
 * test that compares the man pages with the program.
 */
#ifndef WHITTLE_CMD_OPTIONS_H
#define WHITTLE_CMD_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG, /* bool */
	OPTION_STRING, /* const char *, into argv */
	OPTION_NUMBER, /* uint64_t */
	OPTION_DURATION, /* uint64_t, nanoseconds: 10s, 1m30s, 500ms; a bare number is seconds */
	OPTION_LIST, /* struct option_list; the option may be repeated */
	OPTION_HEADING, /* not an option: a title in --help */
};

/* What a value names, for completion. */
enum option_value {
	VALUE_ANY,
	VALUE_FILE,
	VALUE_DIRECTORY,
	VALUE_UNIT,
	VALUE_PID,
	VALUE_COMMAND,
	VALUE_SYSCALL,
	VALUE_FORMAT, /* of `whittle emit` */
	VALUE_POLICY, /* a file *.policy */
	VALUE_CHOICE, /* one of `choices`, separated by spaces, or of the names that `choice` returns */
};

struct option_list {
	const char **values; /* NULL-terminated; the array is the list's */
	size_t count;
};
void options_list_free(struct option_list *list);

struct option_row {
	char letter; /* 0 none */
	const char *name; /* "output", NULL ends the table */
	enum option_type type;
	const char *argument; /* "FILE"; NULL for flags */
	const char *help;
	size_t offset; /* of the field in the options struct */
	enum option_value value;
	const char *choices;
	const char *(*choice)(
		size_t index); /* for a table that is read at run time; NULL past the last */
};

/* A spelling that an earlier version had. Its use is an error that names the present one. */
struct renamed_option {
	const char *old; /* "-p", "--arch"; NULL ends the table */
	const char *now; /* "--portable" */
};

#define OPTION_END \
	{          \
		0  \
	}

/* The headings of `whittle --help` and of whittle(1). */
enum command_group {
	GROUP_UNSET, /* a command that forgot its own: a test fails */
	GROUP_START,
	GROUP_STEPS,
	GROUP_FILES,
	GROUP_ANALYSIS,
	GROUP_OTHER,
	GROUP_COUNT,
};

/* A subcommand: a row in commands.c's table. */
struct command {
	const char *name;
	enum command_group group;
	int (*run)(int argc, char *argv[]);
	const char *summary; /* an imperative phrase in lower case: "merge recordings into one" */
	const char *usage; /* "[OPTION]... RECORDING..." */
	const struct option_row *options; /* OPTION_END-terminated */
	const char *description; /* paragraphs for --help; NULL none */
	enum option_value operand; /* what completion offers for operands */
	enum option_value further; /* for all but the first; VALUE_ANY: the same */
	const char *choices; /* of VALUE_CHOICE */
	bool operands_are_command; /* options end at the first operand, or at -- */
	const struct renamed_option *renamed; /* NULL none */
};

/*
 * Parses argv[1...] by the command's table into the struct at OPTIONS and sets *FIRST to the index of
 * the first operand (operands are moved after the options, `--` is dropped). --help prints the help
 * and exits with 0. A usage error returns -EINVAL: print it with report_usage().
 */
int options_parse(const struct command *command, int argc, char *argv[], void *options, int *first,
		  struct error *err);

#define OPTION_CHOICES_MAX 1024
/* The values of a VALUE_CHOICE row, separated by spaces, into CHOICES, which is returned. */
const char *options_choices(const struct option_row *row, char choices[OPTION_CHOICES_MAX]);

#endif
