/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an output file will be. Links are followed one by one, with the rules of the kernel's
 * fs.protected_symlinks, fs.protected_fifos and fs.protected_regular (see proc_sys_fs(5)), whatever
 * their values: in a sticky directory that others may write to, such as /tmp, nothing that another
 * user put there is followed, opened or replaced.
 */
#ifndef WHITTLE_COMMON_FILE_PLACE_H
#define WHITTLE_COMMON_FILE_PLACE_H

#include "common/error.h"

#include <stdbool.h>
#include <sys/stat.h>

struct file_place {
	int directory; /* opened with O_PATH */
	char *name; /* in DIRECTORY; not a link, except a link of /proc to something that is open */
	bool exists; /* STATUS is the file's then */
	struct stat status;
};

/* Finds the place of the file that PATH names. -EACCES for something of another user's in a sticky
 * directory, -EISDIR for a directory. */
int file_place_find(const char *path, struct file_place *place, struct error *err);

/* Opens an existing file that is not regular, for writing. Returns a descriptor or a negative errno. */
int file_place_open(const struct file_place *place);

/* Frees what PLACE owns. */
void file_place_clear(struct file_place *place);

#endif
