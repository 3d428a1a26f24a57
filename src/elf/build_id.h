/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WHITTLE_ELF_BUILD_ID_H
#define WHITTLE_ELF_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUILD_ID_MAX  64 /* bytes; 20 is usual */
#define BUILD_ID_TEXT (2 * BUILD_ID_MAX + 1)

/* The build-id among the notes of a PT_NOTE segment, in lower-case hex, in a buffer of the caller;
 * false: none. BIG_ENDIAN: the file is. */
bool build_id_find(const uint8_t *notes, size_t size, bool big_endian, char text[BUILD_ID_TEXT]);

#endif
