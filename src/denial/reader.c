// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/reader.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Every announcement in record.c has one of these, as has each of the guard's entries, and hardly any other line has. memmem(3) is the
 * faster the longer the word; "1326" alone would stop at every daemon of that PID. */
static const char *const marks[] = {
	"SECCOMP",
	"type=1326",
	"UNKNOWN[1326]",
	"AUDIT1326",
	"\"1326\"",
	", \"arch\": \"0x",
	"5b6d2e1f8c3a4f0e9d7141c2a6b0f3e8",
};

struct denial_reader *denial_reader_new(const struct denial_reader_events *events)
{
	struct denial_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->events = *events;
	reader->block = malloc(READER_BLOCK);
	if (!reader->block)
		denial_reader_freep(&reader);
	return reader;
}

void denial_reader_freep(struct denial_reader **reader)
{
	if (!*reader)
		return;
	free((*reader)->block);
	free(take(*reader));
}

static int pass(struct denial_reader *reader, const char *from, const char *to, struct error *err)
{
	if (from == to || !reader->events.other)
		return 0;
	return reader->events.other(reader->events.context, from, (size_t)(to - from), err);
}

/* Returns 1 where the line was a denial and is done with, 0 where it was not. */
static int read_line(struct denial_reader *reader, const char *line, size_t length,
		     struct error *err)
{
	struct denial denial;
	int r;

	switch (denial_parse_line(line, length, &reader->scratch, &denial)) {
	case DENIAL_LINE_OTHER:
		break;
	case DENIAL_LINE_BROKEN:
		reader->broken++;
		break;
	case DENIAL_LINE_RECORD:
		reader->records++;
		r = reader->events.denial(reader->events.context, &denial, err);
		return r < 0 ? r : 1;
	}
	return 0;
}

int denial_reader_scan(struct denial_reader *reader, const char *data, size_t length,
		       struct error *err)
{
	const char *end = data + length, *at = data, *passed = data;
	const char *next[ARRAY_SIZE(marks)];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		next[i] = data; /* not looked for yet */
	for (;;) {
		const char *mark = NULL, *start, *stop;
		int r;

		for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
			if (next[i] && next[i] <= at)
				next[i] =
					memmem(at, (size_t)(end - at), marks[i], strlen(marks[i]));
			if (next[i] && (!mark || next[i] < mark))
				mark = next[i];
		}
		if (!mark)
			return pass(reader, passed, end, err);
		start = memrchr(at, '\n', (size_t)(mark - at));
		start = start ? start + 1 : at;
		stop = memchr(mark, '\n', (size_t)(end - mark));
		r = read_line(reader, start, (size_t)((stop ? stop : end) - start), err);
		if (r < 0)
			return r;
		at = stop ? stop + 1 : end;
		if (r == 0)
			continue;
		r = pass(reader, passed, start, err);
		if (r < 0)
			return r;
		passed = at;
	}
}

/* What is in the block up to its last newline; the rest moves to the front. */
static int scan_lines(struct denial_reader *reader, bool is_end, struct error *err)
{
	char *start = reader->block, *newline, *stop;
	int r;

	if (reader->in_giant) {
		newline = memchr(start, '\n', reader->used);
		stop = newline ? newline + 1 : start + reader->used;
		r = pass(reader, start, stop, err);
		if (r < 0)
			return r;
		reader->in_giant = !newline && !is_end;
		start = stop;
	}
	newline = memrchr(start, '\n', (size_t)(reader->block + reader->used - start));
	stop = newline ? newline + 1 : start;
	if (is_end) {
		stop = reader->block + reader->used;
	} else if (stop == reader->block && reader->used == READER_BLOCK) {
		reader->giants++;
		reader->in_giant = true;
		reader->used = 0;
		return pass(reader, start, start + READER_BLOCK, err);
	}
	r = start == stop ? 0 : denial_reader_scan(reader, start, (size_t)(stop - start), err);
	if (r < 0)
		return r;
	reader->used -= (size_t)(stop - reader->block);
	memmove(reader->block, stop, reader->used);
	return 0;
}

int denial_reader_read(struct denial_reader *reader, int fd, const char *path, struct error *err)
{
	ssize_t got = read(fd, reader->block + reader->used, READER_BLOCK - reader->used);
	int r;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1
							 : error_set_errno(err, -errno, "%s", path);
	reader->bytes += (uint64_t)got;
	reader->used += (size_t)got;
	r = scan_lines(reader, got == 0, err);
	if (r < 0)
		return r;
	return got > 0;
}
