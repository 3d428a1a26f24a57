/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts from an ELF file: its build-id, its loader, and the symbol at an offset. */
#ifndef WHITTLE_RECORD_SYMBOLS_H
#define WHITTLE_RECORD_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUILD_ID_MAX  64 /* bytes; 20 is usual */
#define BUILD_ID_TEXT (2 * BUILD_ID_MAX + 1)

/* Lower-case hex into TEXT; false if the file is no ELF file or has none. */
bool symbols_build_id(int fd, char text[BUILD_ID_TEXT]);

/* PT_INTERP, or NULL. The caller frees it. */
char *symbols_interpreter(int fd);

/* A file's function symbols, sorted; NULL if there are none or no memory. If the file is stripped
 * and BUILD_ID is not NULL, those of its debug file under /usr/lib/debug. */
struct symbols;
struct symbols *symbols_load(int fd, const char *build_id);
void symbols_free(struct symbols *symbols);

/* The function that contains an offset of the file, and the distance from its start; NULL if no
 * symbol covers it. */
const char *symbols_find(const struct symbols *symbols, uint64_t file_offset, uint64_t *distance);

#endif
