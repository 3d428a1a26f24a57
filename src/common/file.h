/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whole: read with a bound, written so that a reader sees the old content or the new, never
 * a half. Paths may be the user's or an attacker's: nothing is opened without O_CLOEXEC, and a
 * temporary file has an unpredictable name in the directory of the file that it will become.
 */
#ifndef WHITTLE_COMMON_FILE_H
#define WHITTLE_COMMON_FILE_H

#include "common/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads all of PATH ("-": standard input) into *DATA (the caller frees it), with a NUL after the
 * last byte that *SIZE does not count. -EFBIG past LIMIT bytes. */
int file_read(const char *path, size_t limit, char **data, size_t *size, struct error *err);

/* A file being written beside the one that it will replace. */
struct file_writer;

/* Opens a writer for PATH; MODE as for open(2). Fails at once, before any work is done, where the
 * directory can't be written. "-" or NULL writes to standard output. */
int file_writer_open(const char *path, mode_t mode, struct file_writer **writer, struct error *err);

/* The stream to write to; owned by the writer. */
struct _IO_FILE *file_writer_stream(struct file_writer *writer);

/* Flushes, syncs and renames over PATH: only now does PATH change. Every write error of the stream
 * since the opening is reported here. Frees the writer, whatever the outcome. */
int file_writer_commit(struct file_writer *writer, struct error *err);

/* Gives up: removes the temporary file and leaves PATH as it was. NULL is fine. */
void file_writer_abandonp(struct file_writer **writer);

#endif
