// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of docs/formats.md, from the table of formats: a test compares the two. With a format's name it
 * prints instead the words that tests/cli/formats.sh asks for: arguments, order, errno.
 */
#include "common/cleanup.h"
#include "emit/emit.h"

#include <stdio.h>

static const char *arguments(const struct emitter *emitter)
{
	if (!(emitter->can & EMIT_ARGUMENTS))
		return "none";
	return emitter->can & EMIT_REPEATED ? "any" : "one condition per argument";
}

static const char *abis(const struct emitter *emitter)
{
	if (!(emitter->can & EMIT_ABIS))
		return "one";
	if (emitter->can & EMIT_EVERY_ABI)
		return "one allowlist for all of the machine";
	return emitter->can & (EMIT_ONE_LIST | EMIT_UNITES) ? "one allowlist for all"
							    : "each its own";
}

static void print_actions(const char *before, unsigned set)
{
	static const char *const names[] = { "kill_process", "kill_thread", "trap", "errno",
					     "notify",	     "trace",	    "log",  "allow" };
	const char *comma = before;

	if (!set) {
		printf("%severy", before);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (set & 1U << i) {
			printf("%s%s", comma, names[i]);
			comma = ", ";
		}
}

static void print_row(const struct emitter *emitter)
{
	printf("| `%s` | %s%s | %s", emitter->name, emitter->enforced_by,
	       emitter->is_not_run ? " (not run by its consumer)" : "", arguments(emitter));
	print_actions(" | ", emitter->defaults);
	if (emitter->can & EMIT_ACTION_PER_CALL)
		print_actions(" | ", emitter->actions);
	else
		fputs(" | none", stdout);
	printf(" | %s | %s | %s |\n", abis(emitter),
	       emitter->can & EMIT_COMMENTS ? "as comments" : "no",
	       emitter->loses ? emitter->loses : "");
}

static void print_words(const struct emitter *emitter)
{
	const unsigned can = emitter->can;

	if (can & EMIT_ARGUMENTS && can & EMIT_REPEATED)
		puts("arguments");
	if (can & EMIT_ORDER)
		puts("order");
	if (!emitter->defaults || emitter->defaults & EMIT_ERRNO)
		puts("errno");
}

int main(int argc, char *argv[])
{
	const struct emitter *const *table;
	size_t count = emitter_table(&table);

	if (argc > 1) {
		const struct emitter *emitter = emitter_find(argv[1]);

		if (emitter)
			print_words(emitter);
		return !emitter;
	}

	puts("| format | read by | conditions on arguments | default actions | actions of single "
	     "calls | ABIs | reasons | what else is lost |");
	puts("| --- | --- | --- | --- | --- | --- | --- | --- |");
	for (size_t i = 0; i < count; i++)
		print_row(table[i]);
	return 0;
}
