// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first line is the name of a source, or another word for none; the rest is the list. Whatever is read as a policy must be one that is
 * written and read again as it was. */
#include "common/cleanup.h"
#include "common/word.h"
#include "import/import.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NULL: no source has this name. */
static const char *find_source(const char *name, size_t length)
{
	for (size_t i = 0; import_source(i); i++)
		if (is_word(name, length, import_source(i)) && import_source_is_policy(i))
			return import_source(i);
	return NULL;
}

static char *write_text(const struct policy *policy, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	struct error err = { 0 };

	if (!out || policy_write(policy, out, &err) < 0 || fclose(out) != 0)
		abort();
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(policy_freep) struct policy *policy = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL, *copy = NULL;
	struct import_settings settings = { .abi = ABI_X86_64, .systemd = 257 };
	struct error err = { 0 };
	const char *newline = size ? memchr(data, '\n', size) : NULL;
	size_t length, length_again;

	if (!newline)
		return 0;
	length = (size_t)(newline - (const char *)data);
	settings.from = find_source((const char *)data, length);
	size -= length + 1;
	/* Its own memory, so that what is read past its end is found. */
	copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	memcpy(copy, newline + 1, size);
	if (import_policy_memory("fuzz", copy, size, &settings, &policy, &err) < 0) {
		if (!err.message[0] || policy)
			abort();
		return 0;
	}
	text = write_text(policy, &length);
	if (policy_parse("again", text, length, &again, &err) < 0)
		abort();
	text_again = write_text(again, &length_again);
	if (length != length_again || memcmp(text, text_again, length) != 0)
		abort();
	return 0;
}
