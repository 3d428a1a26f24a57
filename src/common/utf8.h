/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings from outside are bytes; this tells which of them are text. */
#ifndef WHITTLE_COMMON_UTF8_H
#define WHITTLE_COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The length (1 to 4) of the valid UTF-8 sequence that TEXT (NUL-terminated) begins with, and its
 * code point in *CODE; 0 where it does not begin with one, or is at its end. */
size_t utf8_length(const char *text, uint32_t *code);

/* Prints TEXT for people: what could steer a terminal or forge a line (control and invisible
 * formatting characters, bytes that are no UTF-8) is written as \xHH. Returns the columns used,
 * counting each character as one. */
size_t utf8_print_safe(FILE *out, const char *text);

#endif
