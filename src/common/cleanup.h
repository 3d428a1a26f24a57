/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ownership by attribute: a variable that owns something says so where it is declared, and what it
 * owns is released when it goes out of scope, on every path. `take()` hands the ownership on.
 */
#ifndef WHITTLE_COMMON_CLEANUP_H
#define WHITTLE_COMMON_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define _cleanup_free_	   _cleanup_(freep)
#define _cleanup_close_	   _cleanup_(closep)
#define _cleanup_fclose_   _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

/* Returns the pointer and leaves NULL behind: the caller's caller owns it now. */
#define take(pointer)                                        \
	({                                                   \
		__typeof__(pointer) take_value_ = (pointer); \
		(pointer) = NULL;                            \
		take_value_;                                 \
	})

/* The same for a file descriptor, which leaves -1 behind. */
static inline int take_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
