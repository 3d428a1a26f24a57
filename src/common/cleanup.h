/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ownership by attribute: the declaration of a variable states that it owns something, which is
 * released when the variable goes out of scope, on every path. `take()` passes the ownership on.
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

/* Returns the pointer and sets it to NULL: the caller's caller owns the object now. */
#define take(pointer)                                        \
	({                                                   \
		__typeof__(pointer) take_value_ = (pointer); \
		(pointer) = NULL;                            \
		take_value_;                                 \
	})

/* The same for a file descriptor, which is set to -1. */
static inline int take_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
