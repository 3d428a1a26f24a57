/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command prints beside its output, and how it ends. */
#ifndef WHITTLE_CMD_REPORT_H
#define WHITTLE_CMD_REPORT_H

#include "cmd/options.h"

/* Print the sentence of ERR to standard error as "whittle: ..." and return the exit code. */
int report(const struct error *err);
int report_usage(const struct command *command, const struct error *err);

/* "whittle: warning: ..." */
void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes standard output at a command's end: EXIT_SUCCESS, or the exit code of the write error,
 * reported (a full disk behind `> file`, a closed pipe). */
int report_finish_output(void);

/* Shows LINE in the terminal's last line, in place of the one before, and cut to the terminal's width:
 * one that wraps would scroll. */
void report_progress(const char *line);

/* Whether to colour this stream: a terminal, no NO_COLOR, TERM not dumb. */
bool report_use_colour(FILE *stream);

#endif
