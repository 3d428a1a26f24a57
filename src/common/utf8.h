/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings from outside are bytes; these functions detect which of them are text. */
#ifndef WHITTLE_COMMON_UTF8_H
#define WHITTLE_COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The length (1 to 4) of the valid UTF-8 sequence at the start of TEXT (NUL-terminated), with its
 * code point in *CODE; 0 if TEXT is empty or does not start with one. */
size_t utf8_length(const char *text, uint32_t *code);

/* Prints TEXT for people: bytes that could control a terminal or forge a line (control and
 * invisible formatting characters, invalid UTF-8) are written as \xHH. Returns the columns used,
 * counting each character as one. */
size_t utf8_print_safe(FILE *out, const char *text);

#endif
