/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose path another process may choose: below /proc/PID/root, mapped by a service, named by a
 * recording. Such a path may lead to a FIFO or a leased file, where open(2) waits, to a device, where
 * it has an effect, or to a file without an end. So a file is first opened with O_PATH, which neither
 * waits nor acts, and is opened for reading only if it is a regular one.
 */
#ifndef WHITTLE_COMMON_UNTRUSTED_H
#define WHITTLE_COMMON_UNTRUSTED_H

#include <stddef.h>
#include <sys/types.h>

/* Opens the regular file at PATH for reading. Returns a descriptor of the caller's, or a negative
 * errno: -ENXIO for any other kind of file, -EWOULDBLOCK for one on which another process has a
 * lease. */
int untrusted_open(const char *path);

/* The same, as a process sees PATH whose root directory is ROOT (a descriptor): neither links nor ".."
 * lead out of it. Where the kernel or a filter lacks openat2, a link or ".." is -ELOOP. */
int untrusted_open_in(int root, const char *path);

/* The same, as the process PID sees PATH. */
int untrusted_open_of(pid_t pid, const char *path);

/* Reads the first LIMIT bytes of FD at most, without moving its offset, and appends a NUL byte that
 * *SIZE does not count. The caller frees *DATA. Returns 0 or a negative errno. */
int untrusted_read(int fd, size_t limit, char **data, size_t *size);

#endif
