// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * getopt_long() parses. This file builds its tables from ours and stores each value by its type.
 */
#include "cmd/options.h"
#include "cmd/report.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 64
#define HELP_CODE   1000 /* no letter has this code */
#define LONG_CODE   1001 /* a long option: LONG_CODE + row */
#define OLD_CODE    2000 /* an old spelling: OLD_CODE + its row in `renamed` */

void options_list_free(struct option_list *list)
{
	free(list->values);
	*list = (struct option_list){ 0 };
}

static int list_append(struct option_list *list, const char *value, struct error *err)
{
	/* The NULL at the end counts. */
	if ((!list->values && !array_grow_one(&list->values, 0)) ||
	    !array_grow_one(&list->values, list->count + 1))
		return error_oom(err);
	list->values[list->count++] = value;
	return 0;
}

static int parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return -EINVAL;
	return 0;
}

static int parse_duration(const char *text, uint64_t *nanoseconds)
{
	static const struct {
		const char *name;
		uint64_t nanoseconds;
	} units[] = {
		{ "ms", 1000000 },	{ "us", 1000 },		 { "ns", 1 },
		{ "min", 60000000000 }, { "s", 1000000000 },	 { "m", 60000000000 },
		{ "h", 3600000000000 }, { "d", 86400000000000 },
	};
	uint64_t sum = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		uint64_t scale = 1000000000, number, part;
		size_t unit;
		char *end;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		errno = 0;
		number = strtoull(text, &end, 10);
		if (errno)
			return -ERANGE;
		for (unit = 0; unit < ARRAY_SIZE(units); unit++) {
			size_t length = strlen(units[unit].name);

			if (strncmp(end, units[unit].name, length) == 0) {
				scale = units[unit].nanoseconds;
				end += length;
				break;
			}
		}
		if (unit == ARRAY_SIZE(units) && *end)
			return -EINVAL;
		if (__builtin_mul_overflow(number, scale, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return -ERANGE;
		text = end;
	}
	*nanoseconds = sum;
	return 0;
}

const char *options_choices(const struct option_row *row, char choices[OPTION_CHOICES_MAX])
{
	size_t used = (size_t)snprintf(choices, OPTION_CHOICES_MAX, "%s",
				       row->choices ? row->choices : "");
	const char *name;

	for (size_t i = 0; row->choice && (name = row->choice(i)) && used < OPTION_CHOICES_MAX; i++)
		used += (size_t)snprintf(choices + used, OPTION_CHOICES_MAX - used, "%s%s",
					 used ? " " : "", name);
	return choices;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (const char *at = choices; *at;) {
		size_t word = strcspn(at, " ");

		if (word == length && memcmp(at, value, word) == 0)
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

static int store(const struct option_row *row, const char *value, char *options, struct error *err)
{
	char choices[OPTION_CHOICES_MAX];
	void *field = options + row->offset;

	if (row->value == VALUE_CHOICE && !is_choice(options_choices(row, choices), value))
		return error_set(err, -EINVAL, "--%s: \"%s\" is not one of: %s", row->name, value,
				 choices);
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_STRING:
		*(const char **)field = value;
		return 0;
	case OPTION_NUMBER:
		if (parse_number(value, field) < 0)
			return error_set(err, -EINVAL, "--%s: \"%s\" is not a whole number",
					 row->name, value);
		return 0;
	case OPTION_DURATION:
		if (parse_duration(value, field) < 0)
			return error_set(err, -EINVAL,
					 "--%s: \"%s\" is not a time such as 10s, 5m or 1h30m",
					 row->name, value);
		return 0;
	case OPTION_LIST:
		return list_append(field, value, err);
	case OPTION_HEADING:
		break;
	}
	return error_set(err, -EINVAL, "--%s: not an option", row->name);
}

/* The tables of getopt_long(). A long option's code is never a letter, so that an error's optopt shows how the
 * option was written. */
struct tables {
	struct option rows[2 * OPTIONS_MAX + 2];
	size_t count;
	char letters[2 * OPTIONS_MAX + 4];
};

static void add_row(struct tables *tables, const char *name, int has_argument, int code)
{
	if (tables->count < ARRAY_SIZE(tables->rows) - 1)
		tables->rows[tables->count++] = (struct option){ name, has_argument, NULL, code };
}

static void fill_tables(const struct command *command, struct tables *tables)
{
	const struct renamed_option *renamed = command->renamed;
	size_t used = 0;

	/* "+": stop at the first operand; ":": tell a missing argument from an unknown option. */
	if (command->operands_are_command)
		tables->letters[used++] = '+';
	tables->letters[used++] = ':';
	tables->letters[used++] = 'h';
	add_row(tables, "help", no_argument, HELP_CODE);
	for (int i = 0; i < OPTIONS_MAX && command->options[i].name; i++) {
		const struct option_row *row = &command->options[i];
		bool takes_value = row->type != OPTION_FLAG;

		if (row->type == OPTION_HEADING)
			continue;
		add_row(tables, row->name, takes_value ? required_argument : no_argument,
			LONG_CODE + i);
		if (!row->letter)
			continue;
		tables->letters[used++] = row->letter;
		if (takes_value)
			tables->letters[used++] = ':';
	}
	/* An old name may be the beginning of a new one, and getopt_long() completes names. */
	for (int i = 0; renamed && i < OPTIONS_MAX && renamed[i].old; i++)
		if (renamed[i].old[1] == '-')
			add_row(tables, renamed[i].old + 2, optional_argument, OLD_CODE + i);
}

static const struct option_row *row_of_code(const struct command *command, int code)
{
	if (code >= LONG_CODE)
		return &command->options[code - LONG_CODE];
	for (const struct option_row *row = command->options; row->name; row++)
		if (row->letter && row->letter == code)
			return row;
	return NULL;
}

static int say_renamed(const struct renamed_option *renamed, struct error *err)
{
	return error_set(err, -EINVAL, "%s is an old spelling: write %s", renamed->old,
			 renamed->now);
}

/* getopt_long() returned '?': the option is unknown, or has a value but takes none. GIVEN is the word that it
 * looked at last. */
static int say_unknown(const struct command *command, int code, const char *given,
		       struct error *err)
{
	const struct renamed_option *renamed = command->renamed;
	const char letter[] = { '-', (char)code, '\0' };

	if (code == HELP_CODE)
		return error_set(err, -EINVAL, "--help takes no value");
	if (code >= LONG_CODE)
		return error_set(err, -EINVAL, "--%s takes no value",
				 command->options[code - LONG_CODE].name);
	for (; code && renamed && renamed->old; renamed++)
		if (strcmp(renamed->old, letter) == 0)
			return say_renamed(renamed, err);
	if (!code)
		return error_set(err, -EINVAL, "unknown option %.*s", (int)strcspn(given, "="),
				 given);
	if (code < ' ' || code > '~')
		return error_set(err, -EINVAL, "unknown option in \"%s\"", given);
	return error_set(err, -EINVAL, "unknown option %s", letter);
}

static int say_missing(const struct command *command, int code, struct error *err)
{
	const struct option_row *row = row_of_code(command, code);

	if (!row)
		return error_set(err, -EINVAL, "an option lacks its value");
	return error_set(err, -EINVAL, "--%s needs a value: --%s=%s", row->name, row->name,
			 row->argument);
}

static void print_option(const struct option_row *row, FILE *out)
{
	char left[64];
	int width;

	if (row->type == OPTION_HEADING) {
		fprintf(out, "\n%s:\n", row->name);
		return;
	}
	width = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			 row->argument ? "=" : "", row->argument ? row->argument : "");
	if (width > 30)
		fprintf(out, "%s\n%30s", left, "");
	else
		fprintf(out, "%-30s", left);
	for (const char *at = row->help;;) {
		size_t line = strcspn(at, "\n");

		fprintf(out, "%.*s\n", (int)line, at);
		if (!at[line])
			break;
		at += line + 1;
		fprintf(out, "%30s", "");
	}
}

static void print_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: whittle %s %s\n\n%c%s.\n", command->name, command->usage,
		toupper((unsigned char)command->summary[0]), command->summary + 1);
	if (command->description)
		fprintf(out, "\n%s\n", command->description);
	if (command->options[0].type != OPTION_HEADING || !command->options[0].name)
		fprintf(out, "\nOptions:\n");
	for (const struct option_row *row = command->options; row->name; row++)
		print_option(row, out);
	fprintf(out, "  -h, --help                  print this help and exit\n");
	fprintf(out, "\nSee whittle-%s(1).\n", command->name);
}

int options_parse(const struct command *command, int argc, char *argv[], void *options, int *first,
		  struct error *err)
{
	struct tables tables = { 0 };
	int code;

	fill_tables(command, &tables);
	opterr = 0;
	optind = 0;
	while ((code = getopt_long(argc, argv, tables.letters, tables.rows, NULL)) >= 0) {
		int r;

		if (code == HELP_CODE || code == 'h') {
			print_help(command, stdout);
			exit(report_finish_output());
		}
		if (code >= OLD_CODE)
			return say_renamed(&command->renamed[code - OLD_CODE], err);
		if (code == ':')
			return say_missing(command, optopt, err);
		if (code == '?')
			return say_unknown(command, optopt, argv[optind - 1], err);
		r = store(row_of_code(command, code), optarg ? optarg : "", options, err);
		if (r < 0)
			return r;
	}
	*first = optind;
	return 0;
}
