/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Summaries on disk, so that a machine's libc is analysed once. A file of the cache speaks for one
 * file of the system, which it identifies by device, inode, size and the times of its last changes;
 * it is written aside and renamed, and what is read is checked whole before a word of it is used.
 */
#ifndef WHITTLE_REACH_CODE_CACHE_H
#define WHITTLE_REACH_CODE_CACHE_H

#include "reach/code/summary.h"

/* The directory for this user: $XDG_CACHE_HOME/whittle, ~/.cache/whittle, /var/cache/whittle for
 * root. The caller frees it; NULL: there is none. */
char *cache_directory(void);

/*
 * The summary of the file, from DIRECTORY (NULL: no cache) or made, and then stored there as far as
 * possible. BUILD_ID becomes "" where there is none. *IMAGE is set where the file had to be read,
 * and the caller owns it.
 */
int cache_summary(const char *directory, int fd, const char *path, struct summary **summary,
		  char build_id[BUILD_ID_TEXT], struct image **image, struct error *err);

#endif
