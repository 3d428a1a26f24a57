// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file is hostile. What the reader accepts must come back from its own text as the same recording
 * and the same bytes, merge with itself into itself, and add up or say why not.
 */
#include "common/cleanup.h"
#include "recording/recording.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *write_text(const struct recording *recording, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	struct error err = { 0 };

	must(out && recording_write(recording, out, &err) == 0 && fclose(out) == 0);
	return text;
}

static void check_totals(const struct recording *recording, bool with_manager)
{
	struct error err = { 0 };
	struct total *totals = NULL;
	size_t count = 0;

	if (recording_totals(recording, with_manager, &totals, &count, &err) < 0) {
		must(err.message[0]);
		return;
	}
	for (size_t i = 0; i < count; i++)
		must(totals[i].first && totals[i].phases);
	totals_free(totals, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(recording_freep) struct recording *first = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL;
	size_t length = 0, length_again = 0;
	struct error err = { 0 };

	if (recording_parse("fuzz", (const char *)data, size, &first, &err) < 0) {
		must(err.code < 0 && strncmp(err.message, "fuzz", 4) == 0 && !first);
		return 0;
	}
	text = write_text(first, &length);
	must(recording_parse("again", text, length, &again, &err) == 0);
	must(recording_equal(first, again));
	must(recording_merge(again, first, &err) == 0 && recording_equal(first, again));
	text_again = write_text(again, &length_again);
	must(length == length_again && memcmp(text, text_again, length) == 0);
	check_totals(first, false);
	check_totals(first, true);
	return 0;
}
