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
#define LONG_CODE   1001 /* the row of a long option without a letter: LONG_CODE + row */

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

static const struct option_row *row_of_code(const struct command *command, int code)
{
	if (code >= LONG_CODE)
		return &command->options[code - LONG_CODE];
	for (const struct option_row *row = command->options; row->name; row++)
		if (row->letter && row->letter == code)
			return row;
	return NULL;
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
	struct option table[OPTIONS_MAX + 2] = { { "help", no_argument, NULL, HELP_CODE } };
	/* "+": stop at the first operand; ":": tell a missing argument from an unknown option. */
	char letters[2 * OPTIONS_MAX + 3] = "";
	size_t rows = 1, used = 0;
	int code;

	if (command->operands_are_command)
		letters[used++] = '+';
	letters[used++] = ':';
	letters[used++] = 'h';
	for (int i = 0; command->options[i].name; i++) {
		const struct option_row *row = &command->options[i];
		bool takes_value = row->type != OPTION_FLAG;

		if (row->type == OPTION_HEADING || rows > OPTIONS_MAX)
			continue;
		table[rows++] = (struct option){
			.name = row->name,
			.has_arg = takes_value ? required_argument : no_argument,
			.val = row->letter ? row->letter : LONG_CODE + i,
		};
		if (row->letter) {
			letters[used++] = row->letter;
			if (takes_value)
				letters[used++] = ':';
		}
	}
	opterr = 0;
	optind = 0;
	while ((code = getopt_long(argc, argv, letters, table, NULL)) >= 0) {
		const struct option_row *row;
		int r;

		if (code == HELP_CODE || code == 'h') {
			print_help(command, stdout);
			exit(report_finish_output());
		}
		if (code == ':')
			return error_set(err, -EINVAL, "%s needs a value", argv[optind - 1]);
		row = code == '?' ? NULL : row_of_code(command, code);
		if (!row) {
			if (optopt > ' ' && optopt < 127)
				return error_set(err, -EINVAL, "unknown option -%c", optopt);
			return error_set(err, -EINVAL,
					 "%s: unknown option, or an option that takes no value",
					 argv[optind - 1]);
		}
		r = store(row, optarg ? optarg : "", options, err);
		if (r < 0)
			return r;
	}
	*first = optind;
	return 0;
}
