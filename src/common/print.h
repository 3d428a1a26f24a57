/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formatted text for people. Names come from outside: a file, a process or a unit may be called
 * anything. The text of the format is the program's own and is printed as it is; each string that it
 * inserts is escaped by utf8_print_safe(), so no name can control the terminal, forge a line or
 * reorder the text around it.
 */
#ifndef WHITTLE_COMMON_PRINT_H
#define WHITTLE_COMMON_PRINT_H

#include <stdarg.h>
#include <stdio.h>

/* As fprintf(3), with %c, %d, %i, %u, %x, %X, %e, %f, %g and %s, their flags, width, precision and
 * length modifiers, and %%. */
__attribute__((format(printf, 2, 3))) void print_text(FILE *out, const char *format, ...);

__attribute__((format(printf, 2, 0))) void print_text_arguments(FILE *out, const char *format,
								va_list arguments);

#endif
