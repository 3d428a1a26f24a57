// SPDX-License-Identifier: LGPL-2.1-or-later
/* A list of names, as in notes and in the output of `whittle emit list` and `whittle show --names`,
 * separated by blanks, commas or newlines. "#" begins a comment; systemd's groups are expanded. */
#include "import/common/importer.h"

#include "common/cleanup.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* The next name, or false at the end. */
static bool next_name(const char **at, const char *end, const char **name, size_t *length)
{
	while (*at < end && (is_separator(**at) || **at == '#')) {
		const char *newline =
			**at == '#' ? memchr(*at, '\n', (size_t)(end - *at)) : *at + 1;

		*at = newline ? newline : end;
	}
	*name = *at;
	while (*at < end && !is_separator(**at) && **at != '#')
		(*at)++;
	*length = (size_t)(*at - *name);
	return *length > 0;
}

static int read_list(struct import *import, const char *data, size_t size, struct error *err)
{
	_cleanup_free_ struct call_set *set = calloc(1, sizeof(*set));
	const char *at = data, *word;
	size_t length;

	if (!set)
		return error_oom(err);
	while (next_name(&at, data + size, &word, &length)) {
		char name[NAME_ROOM];

		if (length >= sizeof(name)) {
			import_mistake(import, 0, "too long for a name", word, length);
			continue;
		}
		memcpy(name, word, length);
		name[length] = '\0';
		call_set_name(import, set, name, true);
	}
	call_set_tally(import, set);
	return 0;
}

/* Whether a word can be a name: with any other byte the file is one of another tool, where the same names may
 * stand for calls that are denied. */
static bool can_be_name(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_name_byte(word[i]) && !(word[i] == '@' && i == 0) && word[i] != '-')
			return false;
	return true;
}

/* Nothing but names that are known, or for the most part: one may be misspelt. */
static bool sniff(const char *path, const char *head, size_t length)
{
	const char *at = head, *word;
	size_t known = 0, all = 0, size;

	(void)path;
	while (next_name(&at, head + length, &word, &size) && all < 1000) {
		char name[NAME_ROOM];

		all++;
		if (!can_be_name(word, size))
			return false;
		if (size >= sizeof(name))
			continue;
		memcpy(name, word, size);
		name[size] = '\0';
		known += name[0] == '@' || syscall_is_known(name);
	}
	return known > 0 && known >= all - all / 4;
}

const struct importer importer_list = {
	.name = "list",
	.summary = "names of system calls and of systemd's groups",
	.sniff = sniff,
	.document = read_list,
};
