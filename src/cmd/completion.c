// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle completion bash|zsh|fish`: prints the shell's completion script. It is generated from the
 * option tables, so a new option is completed as soon as it exists.
 */
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "emit/emit.h"

#include <errno.h>
#include <string.h>

struct shell {
	const char *name;
	void (*begin)(void);
	void (*command)(const struct command *command);
	void (*end)(void);
};

/* In single quotes, for any of the three shells. */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (*text == '\n')
			putchar(' ');
		else
			putchar(*text);
	}
	putchar('\'');
}

static void print_formats(void)
{
	const struct emitter *const *table;
	size_t count = emitter_table(&table);

	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", table[i]->name);
}

static bool takes_value(const struct option_row *row)
{
	return row->type != OPTION_HEADING && row->type != OPTION_FLAG;
}

/* ---- bash ---- */

static const char *bash_words(enum option_value value)
{
	switch (value) {
	case VALUE_FILE:
		return "COMPREPLY=($(compgen -f -- \"$cur\"))";
	case VALUE_DIRECTORY:
		return "COMPREPLY=($(compgen -d -- \"$cur\"))";
	case VALUE_UNIT:
		return "COMPREPLY=($(compgen -W \"$(_whittle_units)\" -- \"$cur\"))";
	case VALUE_PID:
		return "COMPREPLY=($(cd /proc && compgen -G '[0-9]*' -- \"$cur\"))";
	case VALUE_COMMAND:
		return "COMPREPLY=($(compgen -c -- \"$cur\"))";
	case VALUE_SYSCALL:
		return "COMPREPLY=($(compgen -W \"$(whittle lookup --names 2>/dev/null)\" -- "
		       "\"$cur\"))";
	case VALUE_POLICY:
		return "COMPREPLY=($(compgen -f -X '!*.policy' -- \"$cur\"; compgen -d -- \"$cur\"))";
	case VALUE_FORMAT:
	case VALUE_CHOICE:
	case VALUE_ANY:
		break;
	}
	return ":";
}

static void bash_formats(void)
{
	fputs("COMPREPLY=($(compgen -W '", stdout);
	print_formats();
	fputs("' -- \"$cur\"))", stdout);
}

static void bash_reply(enum option_value value, const char *choices)
{
	if (value == VALUE_CHOICE)
		printf("COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", choices);
	else if (value == VALUE_FORMAT)
		bash_formats();
	else
		fputs(bash_words(value), stdout);
}

/* Counts the operands before the cursor. Bash splits "--output=FILE" into three words. */
static void bash_operands(const struct command *command)
{
	if (command->further == VALUE_ANY) {
		bash_reply(command->operand, command->choices);
		putchar('\n');
		return;
	}
	puts("local i operands=0\n\t\t\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	     "\t\t\t\tcase ${COMP_WORDS[i]} in");
	fputs("\t\t\t\t", stdout);
	for (const struct option_row *row = command->options; row->name; row++)
		if (takes_value(row)) {
			if (row->letter)
				printf("-%c|", row->letter);
			printf("--%s|", row->name);
		}
	puts("--) ((i++)); if [[ ${COMP_WORDS[i]} == = ]]; then ((i++)); fi ;;\n"
	     "\t\t\t\t-*) ;;\n\t\t\t\t*) ((operands++)) ;;\n\t\t\t\tesac\n\t\t\tdone");
	fputs("\t\t\tif ((operands)); then ", stdout);
	bash_reply(command->further, command->choices);
	fputs("\n\t\t\telse ", stdout);
	bash_reply(command->operand, command->choices);
	puts("\n\t\t\tfi");
}

static void bash_begin(void)
{
	puts("# bash completion for whittle, printed by `whittle completion bash`\n"
	     "_whittle_units()\n{\n"
	     "\tsystemctl list-units --all --no-legend --plain --type=service 2>/dev/null |\n"
	     "\t\tcut -d' ' -f1\n}\n\n"
	     "_whittle()\n{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal command=${COMP_WORDS[1]}\n"
	     "\tif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	     "\tif [[ $cur == = ]]; then prev=${COMP_WORDS[COMP_CWORD-1]}; cur=; fi\n"
	     "\tCOMPREPLY=()");
	fputs("\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '", stdout);
	for (const struct command *const *at = commands; *at; at++)
		printf("%s ", (*at)->name);
	puts("--help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $command in");
}

static void bash_command(const struct command *command)
{
	char choices[OPTION_CHOICES_MAX];

	printf("\t%s)\n\t\tcase $prev in\n", command->name);
	for (const struct option_row *row = command->options; row->name; row++) {
		if (!takes_value(row))
			continue;
		fputs("\t\t", stdout);
		if (row->letter)
			printf("-%c|", row->letter);
		printf("--%s) ", row->name);
		bash_reply(row->value, options_choices(row, choices));
		puts("; return ;;");
	}
	puts("\t\tesac\n\t\tif [[ $cur == -* ]]; then");
	fputs("\t\t\tCOMPREPLY=($(compgen -W '--help", stdout);
	for (const struct option_row *row = command->options; row->name; row++)
		if (row->type != OPTION_HEADING)
			printf(" --%s", row->name);
	fputs("' -- \"$cur\"))\n\t\telse\n\t\t\t", stdout);
	bash_operands(command);
	puts("\t\tfi ;;");
}

static void bash_end(void)
{
	puts("\tesac\n}\ncomplete -o filenames -o bashdefault -F _whittle whittle");
}

/* ---- zsh ---- */

static void zsh_action(enum option_value value, const char *choices)
{
	switch (value) {
	case VALUE_FILE:
		fputs("_files", stdout);
		break;
	case VALUE_DIRECTORY:
		fputs("_files -/", stdout);
		break;
	case VALUE_UNIT:
		fputs("_whittle_units", stdout);
		break;
	case VALUE_PID:
		fputs("_pids", stdout);
		break;
	case VALUE_COMMAND:
		fputs("_command_names -e", stdout);
		break;
	case VALUE_SYSCALL:
		fputs("_whittle_syscalls", stdout);
		break;
	case VALUE_FORMAT:
		putchar('(');
		print_formats();
		putchar(')');
		break;
	case VALUE_POLICY:
		fputs("_files -g \"*.policy\"", stdout);
		break;
	case VALUE_CHOICE:
		printf("(%s)", choices);
		break;
	case VALUE_ANY:
		break;
	}
}

static void zsh_begin(void)
{
	puts("#compdef whittle\n# zsh completion for whittle, printed by `whittle completion zsh`\n"
	     "_whittle_units() {\n\tlocal -a units\n"
	     "\tunits=(${${(f)\"$(systemctl list-units --all --no-legend --plain --type=service "
	     "2>/dev/null)\"}%% *})\n\tcompadd -a units\n}\n"
	     "_whittle_syscalls() {\n\tlocal -a names\n"
	     "\tnames=(${(f)\"$(whittle lookup --names 2>/dev/null)\"})\n\tcompadd -a names\n}\n"
	     "_whittle() {\n\tlocal -a commands\n\tcommands=(");
	for (const struct command *const *at = commands; *at; at++) {
		char row[512];

		snprintf(row, sizeof(row), "%s:%s", (*at)->name, (*at)->summary);
		fputs("\t\t", stdout);
		print_quoted(row);
		putchar('\n');
	}
	puts("\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	     "\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in");
}

/* Inside [...] of an _arguments spec brackets and colons would end it. */
static void zsh_description(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr("[]:\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text == '\n' ? ' ' : *text);
	}
}

static void zsh_command(const struct command *command)
{
	char choices[OPTION_CHOICES_MAX];

	printf("\t%s)\n\t\t_arguments -s -S '(-h --help)'{-h,--help}'[print help]'", command->name);
	for (const struct option_row *row = command->options; row->name; row++) {
		if (row->type == OPTION_HEADING)
			continue;
		fputs(" \\\n\t\t\t", stdout);
		if (row->type == OPTION_LIST)
			fputs("\\*", stdout);
		if (row->letter)
			printf("{-%c%s,--%s%s}'[", row->letter, row->argument ? "+" : "", row->name,
			       row->argument ? "=" : "");
		else
			printf("'--%s%s[", row->name, row->argument ? "=" : "");
		zsh_description(row->help);
		putchar(']');
		if (row->argument) {
			printf(":%s:", row->argument);
			zsh_action(row->value, options_choices(row, choices));
		}
		putchar('\'');
	}
	if (command->operand != VALUE_ANY) {
		printf(" \\\n\t\t\t'%s:operand:", command->further == VALUE_ANY ? "*" : "1");
		zsh_action(command->operand, command->choices);
		putchar('\'');
	}
	if (command->further != VALUE_ANY) {
		fputs(" \\\n\t\t\t'*:operand:", stdout);
		zsh_action(command->further, NULL);
		putchar('\'');
	}
	puts(" ;;");
}

static void zsh_end(void)
{
	puts("\tesac\n}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n\t_whittle \"$@\"\n"
	     "else\n\tcompdef _whittle whittle\nfi");
}

/* ---- fish ---- */

static void fish_arguments(enum option_value value, const char *choices)
{
	switch (value) {
	case VALUE_FILE:
		fputs(" -F", stdout);
		break;
	case VALUE_DIRECTORY:
		fputs(" -a '(__fish_complete_directories)'", stdout);
		break;
	case VALUE_UNIT:
		fputs(" -a '(systemctl list-units --all --no-legend --plain --type=service "
		      "2>/dev/null | string split -f1 \" \")'",
		      stdout);
		break;
	case VALUE_PID:
		fputs(" -a '(__fish_complete_pids)'", stdout);
		break;
	case VALUE_COMMAND:
		fputs(" -a '(__fish_complete_command)'", stdout);
		break;
	case VALUE_SYSCALL:
		fputs(" -a '(whittle lookup --names 2>/dev/null)'", stdout);
		break;
	case VALUE_FORMAT:
		fputs(" -a '", stdout);
		print_formats();
		putchar('\'');
		break;
	case VALUE_POLICY:
		fputs(" -a '(__fish_complete_suffix .policy | string match -e -r "
		      "\"(\\.policy|/)\\$\")'",
		      stdout);
		break;
	case VALUE_CHOICE:
		printf(" -a '%s'", choices);
		break;
	case VALUE_ANY:
		break;
	}
}

static void fish_begin(void)
{
	puts("# fish completion for whittle, printed by `whittle completion fish`\n"
	     "complete -c whittle -f\n"
	     "# The number of operands before the cursor; its arguments are the options with a value.\n"
	     "function __whittle_operands\n"
	     "    set -l words (commandline -opc)\n"
	     "    set -e words[1]\n"
	     "    set -e words[1]\n"
	     "    set -l operands\n"
	     "    set -l is_value no\n"
	     "    for word in $words\n"
	     "        if test $is_value = yes\n"
	     "            set is_value no\n"
	     "        else if contains -- $word $argv\n"
	     "            set is_value yes\n"
	     "        else if not string match -q -- '-*' $word\n"
	     "            set -a operands $word\n"
	     "        end\n"
	     "    end\n"
	     "    count $operands\n"
	     "end");
}

static void fish_operand(const struct command *command, enum option_value value,
			 const char *condition)
{
	printf("complete -c whittle -n '__fish_seen_subcommand_from %s", command->name);
	if (condition) {
		fputs("; and test (__whittle_operands", stdout);
		for (const struct option_row *row = command->options; row->name; row++) {
			if (takes_value(row) && row->letter)
				printf(" -%c", row->letter);
			if (takes_value(row))
				printf(" --%s", row->name);
		}
		printf(") %s", condition);
	}
	putchar('\'');
	fish_arguments(value, command->choices);
	putchar('\n');
}

static void fish_command(const struct command *command)
{
	char choices[OPTION_CHOICES_MAX];

	printf("complete -c whittle -n __fish_use_subcommand -a %s -d ", command->name);
	print_quoted(command->summary);
	putchar('\n');
	for (const struct option_row *row = command->options; row->name; row++) {
		if (row->type == OPTION_HEADING)
			continue;
		printf("complete -c whittle -n '__fish_seen_subcommand_from %s'", command->name);
		if (row->letter)
			printf(" -s %c", row->letter);
		printf(" -l %s -d ", row->name);
		print_quoted(row->help);
		if (row->argument) {
			fputs(" -r", stdout);
			fish_arguments(row->value, options_choices(row, choices));
		}
		putchar('\n');
	}
	if (command->operand != VALUE_ANY)
		fish_operand(command, command->operand,
			     command->further == VALUE_ANY ? NULL : "-eq 0");
	if (command->further != VALUE_ANY)
		fish_operand(command, command->further, "-ge 1");
}

static void fish_end(void)
{
}

static const struct shell shells[] = {
	{ "bash", bash_begin, bash_command, bash_end },
	{ "fish", fish_begin, fish_command, fish_end },
	{ "zsh", zsh_begin, zsh_command, zsh_end },
};

static const struct option_row completion_options[] = { OPTION_END };

static int cmd_completion(int argc, char *argv[])
{
	struct error err = { 0 };
	int first;

	if (options_parse(&command_completion, argc, argv, NULL, &first, &err) < 0)
		return report_usage(&command_completion, &err);
	if (argc - first != 1) {
		error_set(&err, -EINVAL, "name one shell: bash, fish or zsh");
		return report_usage(&command_completion, &err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(argv[first], shells[i].name) != 0)
			continue;
		shells[i].begin();
		for (const struct command *const *at = commands; *at; at++)
			shells[i].command(*at);
		shells[i].end();
		return report_finish_output();
	}
	error_set(&err, -EINVAL,
		  "unknown shell \"%s\"; there are completions for bash, fish and zsh",
		  argv[first]);
	return report_usage(&command_completion, &err);
}

const struct command command_completion = {
	.name = "completion",
	.group = GROUP_OTHER,
	.run = cmd_completion,
	.summary = "print the completion script for a shell",
	.usage = "bash|fish|zsh",
	.options = completion_options,
	.operand = VALUE_CHOICE,
	.choices = "bash fish zsh",
};
