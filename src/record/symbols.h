/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The function at an offset of an ELF file. */
#ifndef WHITTLE_RECORD_SYMBOLS_H
#define WHITTLE_RECORD_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* A file's function symbols, sorted; NULL if there are none or no memory. If the file is stripped
 * and BUILD_ID is not NULL, those of its debug file under /usr/lib/debug. */
struct symbols;
struct symbols *symbols_load(int fd, const char *build_id);
void symbols_free(struct symbols *symbols);

/* The function that contains an offset of the file, and the distance from its start; NULL if no
 * symbol covers it. */
const char *symbols_find(const struct symbols *symbols, uint64_t file_offset, uint64_t *distance);

#endif
