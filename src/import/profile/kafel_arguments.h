/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of arguments that a Kafel policy may use without a declaration. */
#ifndef WHITTLE_IMPORT_PROFILE_KAFEL_ARGUMENTS_H
#define WHITTLE_IMPORT_PROFILE_KAFEL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds the argument NAME of CALL, by Kafel's or anybody's name of the call. *IS_NARROW: Kafel compares its
 * low 32 bits only. */
bool kafel_arguments_find(const char *call, size_t call_length, const char *name, size_t length,
			  uint8_t *argument, bool *is_narrow);

#endif
