// SPDX-License-Identifier: LGPL-2.1-or-later
/* Logs are hostile text. Whatever a reader finds in one must be in the bounds that it promises, and
 * the same however the blocks fall. */
#include "common/cleanup.h"
#include "denial/reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t records, bytes;
};

static void check_text(struct text text, struct sum *sum)
{
	for (size_t i = 0; i < text.length; i++)
		sum->bytes += (unsigned char)text.data[i];
}

static int on_denial(void *context, const struct denial *denial, struct error *err)
{
	struct sum *sum = context;
	char buffer[64];

	(void)err;
	sum->records++;
	check_text(denial->comm, sum);
	check_text(denial->exe, sum);
	check_text(denial->unit, sum);
	check_text(denial->name, sum);
	sum->bytes += strlen(denial_action(denial, buffer, sizeof(buffer)));
	if (denial_name(denial, buffer, sizeof(buffer)))
		sum->bytes++;
	else if (denial->nr < 0)
		abort(); /* neither a number nor a name: not a record */
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole = { 0 }, split = { 0 };
	struct denial_reader_events events = { .denial = on_denial, .context = &whole };
	_cleanup_(denial_reader_freep) struct denial_reader *reader = denial_reader_new(&events);
	const char *text = (const char *)data;
	struct error err = { 0 };

	if (!reader)
		return 0;
	denial_reader_scan(reader, text, size, &err);
	reader->events.context = &split;
	while (size) {
		const char *newline = memchr(text, '\n', size);
		size_t line = newline ? (size_t)(newline - text) + 1 : size;

		denial_reader_scan(reader, text, line, &err);
		text += line;
		size -= line;
	}
	if (whole.records != split.records || whole.bytes != split.bytes)
		abort();
	return 0;
}
