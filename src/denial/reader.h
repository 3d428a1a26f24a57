/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a log of any size in constant memory. It searches large blocks for a few words, of which every
 * denial record has one, and parses only the lines that contain them.
 */
#ifndef WHITTLE_DENIAL_READER_H
#define WHITTLE_DENIAL_READER_H

#include "common/error.h"
#include "denial/denial.h"

#define READER_BLOCK (1 << 20)

struct denial_reader_events {
	/* A negative errno from either ends the reading. */
	int (*denial)(void *context, const struct denial *denial, struct error *err);
	/* Gets the other lines, complete and in order; may be NULL. */
	int (*other)(void *context, const char *data, size_t length, struct error *err);
	void *context;
};

/* The counts include all files that were read with one reader. */
struct denial_reader {
	struct denial_reader_events events;
	uint64_t bytes;
	uint64_t records; /* of denials */
	uint64_t broken; /* records that could not be parsed */
	/* Lines longer than a block, which are no records; their ends are skipped, or passed to
	 * `other`. */
	uint64_t giants;
	bool in_giant;
	bool joins_lines; /* set by the caller: indented lines go on with a record */
	size_t used;
	char *block;
	struct denial_scratch scratch;
};

/* NULL: out of memory. */
struct denial_reader *denial_reader_new(const struct denial_reader_events *events);
void denial_reader_freep(struct denial_reader **reader);

/* Does one read(2) from FD and parses every completed line. Returns 1, or 0 at the end of the file (after
 * its last line, even without a newline), or a negative errno. */
int denial_reader_read(struct denial_reader *reader, int fd, const char *path, struct error *err);

/* The same for complete lines in memory. */
int denial_reader_scan(struct denial_reader *reader, const char *data, size_t length,
		       struct error *err);

#endif
