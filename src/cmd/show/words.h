/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colours and numbers as `whittle show` prints them. */
#ifndef WHITTLE_CMD_SHOW_WORDS_H
#define WHITTLE_CMD_SHOW_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BOLD(colour)   ((colour) ? "\x1b[1m" : "")
#define DIM(colour)    ((colour) ? "\x1b[2m" : "")
#define YELLOW(colour) ((colour) ? "\x1b[33m" : "")
#define PLAIN(colour)  ((colour) ? "\x1b[0m" : "")

/* "12,345"; returns its length. */
size_t words_count(FILE *out, uint64_t count);

/* "1 call", "12,345 calls" */
void words_counted(FILE *out, uint64_t count, const char *one, const char *many);

#endif
