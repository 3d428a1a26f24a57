// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * nsjail (config.proto, sandbox.cc) joins its seccomp_string fields with newlines. A field has a string, several
 * strings side by side, or a list of them in brackets.
 */
#include "import/profile/kafel_text.h"

#include "common/cleanup.h"
#include "common/word.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

struct scanner {
	const char *at, *end;
	size_t line;
};

static void skip_blanks(struct scanner *scanner)
{
	for (; scanner->at < scanner->end; scanner->at++) {
		if (*scanner->at == '#')
			while (scanner->at + 1 < scanner->end && scanner->at[1] != '\n')
				scanner->at++;
		else if (!isspace((unsigned char)*scanner->at))
			return;
		scanner->line += *scanner->at == '\n';
	}
}

static char escaped(struct scanner *scanner)
{
	static const char names[] = "nrtabfv", values[] = "\n\r\t\a\b\f\v";
	const char *found;
	unsigned value = 0, digits = 0;

	if (scanner->at == scanner->end)
		return '\\';
	if (*scanner->at >= '0' && *scanner->at <= '7') {
		for (; digits < 3 && scanner->at < scanner->end && *scanner->at >= '0' &&
		       *scanner->at <= '7';
		     digits++)
			value = value * 8 + (unsigned)(*scanner->at++ - '0');
		return (char)value;
	}
	found = *scanner->at ? strchr(names, *scanner->at) : NULL;
	if (found) {
		scanner->at++;
		return values[found - names];
	}
	return *scanner->at++;
}

/* At a quote: writes the string's bytes, if there is somewhere to write. */
static void read_string(struct scanner *scanner, FILE *out)
{
	char quote = *scanner->at++;

	while (scanner->at < scanner->end && *scanner->at != quote) {
		char byte = *scanner->at++;

		scanner->line += byte == '\n';
		if (byte == '\\')
			byte = escaped(scanner);
		if (out)
			putc(byte, out);
	}
	if (scanner->at < scanner->end)
		scanner->at++;
}

static bool is_quote(const struct scanner *scanner)
{
	return scanner->at < scanner->end && (*scanner->at == '"' || *scanner->at == '\'');
}

/* The value of a field, behind its name. */
static void read_field(struct scanner *scanner, FILE *out, size_t *out_line)
{
	bool is_list = false;

	skip_blanks(scanner);
	if (scanner->at < scanner->end && *scanner->at == ':')
		scanner->at++;
	skip_blanks(scanner);
	if (scanner->at < scanner->end && *scanner->at == '[') {
		is_list = true;
		scanner->at++;
	}
	for (;;) {
		skip_blanks(scanner);
		if (is_quote(scanner)) {
			for (; out_line && *out_line < scanner->line; ++*out_line)
				putc('\n', out);
			read_string(scanner, out);
		} else if (is_list && scanner->at < scanner->end && *scanner->at == ',') {
			scanner->at++;
			putc(' ', out);
		} else {
			return;
		}
	}
}

static size_t word_length(const struct scanner *scanner)
{
	const char *at = scanner->at;

	while (at < scanner->end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	return (size_t)(at - scanner->at);
}

static void scan(struct scanner *scanner, FILE *policy, FILE *file)
{
	size_t policy_line = 1;

	for (;;) {
		size_t length;

		skip_blanks(scanner);
		if (scanner->at == scanner->end)
			return;
		length = word_length(scanner);
		if (is_word(scanner->at, length, "seccomp_string")) {
			scanner->at += length;
			read_field(scanner, policy, &policy_line);
			putc(' ', policy);
		} else if (is_word(scanner->at, length, "seccomp_policy_file")) {
			scanner->at += length;
			read_field(scanner, file, NULL);
		} else if (is_quote(scanner)) {
			read_string(scanner, NULL);
		} else {
			scanner->at += length ? length : 1;
		}
	}
}

int kafel_text_read(const char *data, size_t size, struct kafel_text *text)
{
	struct scanner scanner = { data, data + size, 1 };
	size_t file_size = 0;
	FILE *policy, *file;
	bool failed;

	*text = (struct kafel_text){ 0 };
	policy = open_memstream(&text->policy, &text->size);
	file = open_memstream(&text->file, &file_size);
	if (policy && file)
		scan(&scanner, policy, file);
	failed = !policy || !file;
	if (policy)
		failed |= fclose(policy) != 0;
	if (file)
		failed |= fclose(file) != 0;
	if (failed) {
		kafel_text_clear(text);
		return -ENOMEM;
	}
	if (!text->size) {
		free(text->policy);
		text->policy = NULL;
	}
	if (!file_size) {
		free(text->file);
		text->file = NULL;
	}
	return 0;
}

void kafel_text_clear(struct kafel_text *text)
{
	free(text->policy);
	free(text->file);
	*text = (struct kafel_text){ 0 };
}
