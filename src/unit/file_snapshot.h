/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The complete state of a name in a directory, so that it can be restored byte for byte: a file with its
 * bytes, mode, owner and time, a symbolic link, or nothing. */
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
	char *data; /* the file's bytes or the link's target, followed by a NUL that SIZE does not count */
	size_t size;
	mode_t mode; /* permissions */
	uid_t owner;
	gid_t group;
	struct timespec modified;
};

void file_snapshot_clean(struct file_snapshot *saved);

/* Reads NAME in DIRECTORY without following a link. WHERE is the directory's name in errors. -EEXIST:
 * it is neither a file nor a link. */
int file_snapshot_read(int directory, const char *where, const char *name,
		       struct file_snapshot *saved, struct error *err);

/* Restores SAVED as NAME, atomically: readers get the former state or this one, even after a power
 * loss. */
int file_snapshot_write(int directory, const char *where, const char *name,
			const struct file_snapshot *saved, struct error *err);

/* Removes temporary files of a killed file_snapshot_write() or file_writer of NAME from DIRECTORY, if they are at
 * least AGE seconds old. AGE 0 removes all; then nobody else may be writing NAME. */
void file_snapshot_sweep(int directory, const char *name, time_t age);

/* Compares the bytes; ignores mode and times. */
bool file_snapshot_same(const struct file_snapshot *a, const struct file_snapshot *b);

#endif
