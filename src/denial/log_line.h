/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distinguishes logs from other files: whether a line has the form of a log's. */
#ifndef WHITTLE_DENIAL_LOG_LINE_H
#define WHITTLE_DENIAL_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether one of the lines is one of the audit daemon, the kernel or the journal (in any format but "cat"), or begins
 * with a time of day. */
bool log_line_is_in(const char *lines, size_t length);

#endif
