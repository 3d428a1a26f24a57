/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name in a directory as it is at one moment, whole, so that it can be put back byte for byte:
 * a file with its bytes, mode, owner and time, a symbolic link, or nothing at all. */
#ifndef WHITTLE_UNIT_FILE_SNAPSHOT_H
#define WHITTLE_UNIT_FILE_SNAPSHOT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum saved_kind { SAVED_ABSENT, SAVED_FILE, SAVED_LINK };

struct saved {
	enum saved_kind kind;
	char *data; /* the file's bytes, the link's target; a NUL follows that SIZE does not count */
	size_t size;
	mode_t mode; /* permissions */
	uid_t owner;
	gid_t group;
	struct timespec modified;
};

void saved_clean(struct saved *saved);

/* Reads NAME in DIRECTORY without following a link; WHERE is what errors call the directory.
 * -EEXIST where it is neither file nor link. */
int saved_read(int directory, const char *where, const char *name, struct saved *saved,
	       struct error *err);

/* Makes NAME be SAVED, atomically: who looks sees the former state or this one, also after a power
 * loss. */
int saved_write(int directory, const char *where, const char *name, const struct saved *saved,
		struct error *err);

/* Removes what a saved_write or a file_writer of NAME that was killed has left in DIRECTORY, where it is so many
 * seconds old. 0: of any age, to be called only where nobody else writes NAME. */
void saved_sweep(int directory, const char *name, time_t age);

/* The same bytes; mode and times don't count. */
bool saved_same(const struct saved *a, const struct saved *b);

#endif
