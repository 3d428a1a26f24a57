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

enum file_snapshot_kind { SNAPSHOT_ABSENT, SNAPSHOT_FILE, SNAPSHOT_LINK };

struct file_snapshot {
	enum file_snapshot_kind kind;
	char *data; /* the file's bytes, the link's target; a NUL follows that SIZE does not count */
	size_t size;
	mode_t mode; /* permissions */
	uid_t owner;
	gid_t group;
	struct timespec modified;
};

void file_snapshot_clean(struct file_snapshot *saved);

/* Reads NAME in DIRECTORY without following a link; WHERE is what errors call the directory.
 * -EEXIST where it is neither file nor link. */
int file_snapshot_read(int directory, const char *where, const char *name,
		       struct file_snapshot *saved, struct error *err);

/* Makes NAME be SAVED, atomically: who looks sees the former state or this one, also after a power
 * loss. */
int file_snapshot_write(int directory, const char *where, const char *name,
			const struct file_snapshot *saved, struct error *err);

/* Removes what a file_snapshot_write or a file_writer of NAME that was killed has left in DIRECTORY, where it is so many
 * seconds old. 0: of any age, to be called only where nobody else writes NAME. */
void file_snapshot_sweep(int directory, const char *name, time_t age);

/* The same bytes; mode and times don't count. */
bool file_snapshot_same(const struct file_snapshot *a, const struct file_snapshot *b);

#endif
