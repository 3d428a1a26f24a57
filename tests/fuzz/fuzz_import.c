// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first line is the name of a source, or another word for none; the rest is the file. Whatever is imported must be a recording
 * that is written and read again as it was. */
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
		if (is_word(name, length, import_source(i)))
			return import_source(i);
	return NULL;
}

static void check_round_trip(const struct recording *recording)
{
	_cleanup_(recording_freep) struct recording *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	if (recording_write(recording, out, &err) < 0)
		abort();
	fclose(out);
	if (recording_parse("again", text, size, &again, &err) < 0 ||
	    !recording_equal(recording, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct import_settings settings = { .abi = ABI_X86_64, .systemd = 257 };
	const char *newline = size ? memchr(data, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - (const char *)data) : 0;
	struct error err = { 0 };

	if (!recording || !newline)
		return 0;
	settings.from = find_source((const char *)data, length);
	if (import_memory("fuzz.7", newline + 1, size - length - 1, &settings, recording, &err) ==
	    0)
		check_round_trip(recording);
	else if (!err.message[0])
		abort();
	return 0;
}
