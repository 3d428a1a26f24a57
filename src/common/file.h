/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole files: read with a limit, and written so that a reader sees either the old or the new
 * content, never a part. Paths may come from the user or an attacker: every file is opened with
 * O_CLOEXEC, and a temporary file has an unpredictable name in the directory of the file that it
 * will replace.
 */
#ifndef WHITTLE_COMMON_FILE_H
#define WHITTLE_COMMON_FILE_H

#include "common/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads all of PATH ("-": standard input) into *DATA (the caller frees it), and appends a NUL byte
 * that *SIZE does not count. -EFBIG past LIMIT bytes. */
int file_read(const char *path, size_t limit, char **data, size_t *size, struct error *err);

/* A file being written beside the one that it will replace. */
struct file_writer;

/* Opens a writer for PATH; MODE as for open(2), of a new file: one that replaces another keeps its
 * mode, and its owner where this user may set it. Fails at once, before any work is done, if the
 * directory cannot be written. -EACCES where PATH leads to a link, a FIFO or a file that another user
 * put into a sticky directory. "-" or NULL writes to standard output. */
int file_writer_open(const char *path, mode_t mode, struct file_writer **writer, struct error *err);

/* The stream to write to; owned by the writer. */
struct _IO_FILE *file_writer_stream(struct file_writer *writer);

/* Flushes, syncs and renames over PATH: PATH changes only here. Reports every write error of the
 * stream since it was opened. Frees the writer, whatever the outcome. */
int file_writer_commit(struct file_writer *writer, struct error *err);

/* Gives up: removes the temporary file and leaves PATH unchanged. NULL is fine. */
void file_writer_abandonp(struct file_writer **writer);

#endif
