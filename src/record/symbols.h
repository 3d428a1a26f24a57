/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which function lies at an offset of an ELF file. */
#ifndef WHITTLE_RECORD_SYMBOLS_H
#define WHITTLE_RECORD_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* A file's function symbols, sorted; NULL where there are none or no memory. Where the file is stripped
 * and BUILD_ID is not NULL, those of its debug file under /usr/lib/debug. */
struct symbols;
struct symbols *symbols_load(int fd, const char *build_id);
void symbols_free(struct symbols *symbols);

/* The function that an offset of the file lies in, and how far; NULL where no symbol tells. */
const char *symbols_find(const struct symbols *symbols, uint64_t file_offset, uint64_t *distance);

#endif
