// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy's file is hostile, and what it becomes is read by root's service manager. What the reader
 * accepts must come back from its own text in the same bytes, and no text of it may become a setting
 * of a drop-in: every line is a comment or one of the settings that whittle writes.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *write_text(const struct policy *policy, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	struct error err = { 0 };

	must(out && policy_write(policy, out, &err) == 0 && fclose(out) == 0);
	return text;
}

static bool is_expected_line(const char *line)
{
	static const char *const beginnings[] = {
		"#",
		"[Service]",
		"LockPersonality=yes",
		"MemoryDenyWriteExecute=yes",
		"RestrictAddressFamilies=",
		"RestrictNamespaces=",
		"RestrictRealtime=yes",
		"RestrictSUIDSGID=yes",
		"SystemCallArchitectures=",
		"SystemCallErrorNumber=",
		"SystemCallFilter=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (strncmp(line, beginnings[i], strlen(beginnings[i])) == 0)
			return strlen(line) < 80 || *line == '#';
	return !*line;
}

static void check_drop_in(char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		must(is_expected_line(line));
}

static void check_formats(const struct policy *policy, unsigned version)
{
	const struct emitter *const *table;
	size_t count = emitter_table(&table);

	for (size_t i = 0; i < count; i++) {
		const struct emit_options options = { .systemd_version = version,
						      .is_compact = version & 1,
						      .with_reasons = true };
		_cleanup_(policy_freep) struct policy *meaning = NULL;
		_cleanup_free_ char *text = NULL;
		struct error err = { 0 };
		size_t size;
		FILE *out = open_memstream(&text, &size);
		int r;

		must(out);
		r = emit_policy(table[i], policy, &options, out, &err);
		must(fclose(out) == 0);
		must((r < 0) == (err.message[0] != '\0'));
		if (r == 0 && strcmp(table[i]->name, "systemd") == 0)
			check_drop_in(text);
		/* A filter may be too long for the kernel, though its meaning is known. */
		must(emit_meaning(table[i], policy, &options, &meaning, &err) == 0 || r < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(policy_freep) struct policy *first = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL;
	size_t length = 0, length_again = 0;
	struct error err = { 0 };

	if (policy_parse("fuzz", (const char *)data, size, &first, &err) < 0) {
		must(err.code < 0 && strncmp(err.message, "fuzz", 4) == 0 && !first);
		return 0;
	}
	text = write_text(first, &length);
	must(policy_parse("again", text, length, &again, &err) == 0);
	text_again = write_text(again, &length_again);
	must(length == length_again && memcmp(text, text_again, length) == 0);
	check_formats(first, 247);
	check_formats(first, 252);
	check_formats(first, 257);
	return 0;
}
