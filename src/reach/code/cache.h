/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Summaries on disk, so that a machine's libc is analysed once. A file of the cache belongs to one
 * file of the system, identified by device, inode, size and the times of its last changes; it is
 * written to a temporary file and renamed, and the whole content is checked before any of it is
 * used.
 */
#ifndef WHITTLE_REACH_CODE_CACHE_H
#define WHITTLE_REACH_CODE_CACHE_H

#include "reach/code/summary.h"

/* The directory for this user: $XDG_CACHE_HOME/whittle, ~/.cache/whittle, /var/cache/whittle for
 * root. The caller frees it; NULL: there is none. */
char *cache_directory(void);

/*
 * The summary of the file, read from DIRECTORY (NULL: no cache) or newly made and then stored there
 * if possible. BUILD_ID becomes "" if there is none. *IMAGE is set if the file had to be read, and
 * the caller owns it.
 */
int cache_summary(const char *directory, int fd, const char *path, struct summary **summary,
		  char build_id[BUILD_ID_TEXT], struct image **image, struct error *err);

#endif
