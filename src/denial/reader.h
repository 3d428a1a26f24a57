/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log of any size, read in constant memory: large blocks are searched for the few words of which
 * every record of a denial has one, and only the lines around them are looked at.
 */
#ifndef WHITTLE_DENIAL_READER_H
#define WHITTLE_DENIAL_READER_H

#include "common/error.h"
#include "denial/denial.h"

#define READER_BLOCK (1 << 20)

struct denial_reader_events {
	/* A negative errno from either ends the reading. */
	int (*denial)(void *context, const struct denial *denial, struct error *err);
	/* Bytes that are no denials, whole lines, in order; NULL: not wanted. */
	int (*other)(void *context, const char *data, size_t length, struct error *err);
	void *context;
};

/* The counts are kept over all files that are read with one reader. */
struct denial_reader {
	struct denial_reader_events events;
	uint64_t bytes;
	uint64_t records; /* of denials */
	uint64_t broken; /* records that could not be read */
	/* Lines longer than a block: no record is; their ends are skipped (or passed on). */
	uint64_t giants;
	bool in_giant;
	size_t used;
	char *block;
	struct denial_scratch scratch;
};

/* NULL: out of memory. */
struct denial_reader *denial_reader_new(const struct denial_reader_events *events);
void denial_reader_freep(struct denial_reader **reader);

/* One read(2) from FD, and every line that it completed. Returns 1, 0 at the end of the file (its
 * last line is then done too, with or without a newline), or a negative errno. */
int denial_reader_read(struct denial_reader *reader, int fd, const char *path, struct error *err);

/* The same from memory, which holds whole lines. */
int denial_reader_scan(struct denial_reader *reader, const char *data, size_t length,
		       struct error *err);

#endif
