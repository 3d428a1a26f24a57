// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Matches a unit's command line with the arguments of a process. The manager's command lines have
 * specifiers expanded, but not variables: $NAME as a separate word becomes any number of words,
 * ${NAME} any text within one (systemd.service(5), "COMMAND LINES"). A script runs as its
 * interpreter with the script's path among the arguments.
 */
#include "record/command_lines.h"

#include "common/cleanup.h"

#include <ctype.h>
#include <string.h>

/* A variable that stands alone, and so may become several words or none. */
static bool is_word_variable(const char *word)
{
	if (word[0] != '$' || (!isalpha((unsigned char)word[1]) && word[1] != '_'))
		return false;
	for (word++; *word; word++)
		if (!isalnum((unsigned char)*word) && *word != '_')
			return false;
	return true;
}

/* Whether TEXT is WORD with any text for each ${NAME}, and "$$" for "$". */
static bool matches_word(const char *word, const char *text)
{
	for (;;) {
		const char *end;

		if (word[0] == '$' && word[1] == '{' && (end = strchr(word, '}'))) {
			for (const char *rest = text;; rest++) {
				if (matches_word(end + 1, rest))
					return true;
				if (!*rest)
					return false;
			}
		}
		if (word[0] == '$' && word[1] == '$')
			word++;
		if (*word != *text)
			return false;
		if (!*word)
			return true;
		word++;
		text++;
	}
}

static bool matches_words(char *const *words, char *const *argv)
{
	for (; *words; words++) {
		if (is_word_variable(*words)) {
			for (;; argv++) {
				if (matches_words(words + 1, argv))
					return true;
				if (!*argv)
					return false;
			}
		}
		if (!*argv || !matches_word(*words, *argv))
			return false;
		argv++;
	}
	return !*argv;
}

static bool matches_script(const struct unit_command *command, char *const *argv)
{
	for (unsigned i = 1; i <= 2 && argv[0] && argv[i]; i++) /* the interpreter may have one
								   argument of its own */
		if (strcmp(argv[i], command->path) == 0 && command->argv[0] &&
		    matches_words(command->argv + 1, argv + i + 1))
			return true;
	return false;
}

static bool has_variable(const struct unit_command *command)
{
	for (char *const *word = command->argv; *word; word++)
		if (strchr(*word, '$'))
			return true;
	return false;
}

const struct unit_command *command_lines_find(const struct unit *unit, char *const argv[])
{
	const struct unit_command *found = NULL;

	for (size_t i = 0; i < unit->commands_count; i++) {
		const struct unit_command *command = &unit->commands[i];

		if (!matches_words(command->argv, argv) && !matches_script(command, argv))
			continue;
		if (!has_variable(command))
			return command;
		if (!found)
			found = command;
	}
	return found;
}

int command_lines_add(const struct unit *unit, struct run *run, struct error *err)
{
	for (size_t i = 0; i < unit->commands_count; i++) {
		const struct unit_command *command = &unit->commands[i];
		struct unit_line *line = run_add_line(run);

		if (!line)
			return error_oom(err);
		line->setting = strdup(command->setting);
		line->command = strdup(command->text);
		line->index = command->index;
		if (!line->setting || !line->command)
			return error_oom(err);
	}
	return 0;
}

void command_lines_mark_observed(const struct unit *unit, const struct unit_command *command,
				 struct run *run)
{
	for (size_t i = 0; i < unit->commands_count && i < run->lines_count; i++)
		if (strcmp(unit->commands[i].text, command->text) == 0)
			run->lines[i].is_seen = true;
}
