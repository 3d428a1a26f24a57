// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The format is glibc's (sysdeps/generic/dl-cache.h): a header, rows of fixed size, strings; older
 * files start with the format of before 1999, which is skipped.
 */
#include "reach/object/library_cache.h"

#include "elf/image.h"

#include <stdint.h>
#include <string.h>

#define MAGIC	     "glibc-ld.so.cache1.1"
#define HEADER_SIZE  48
#define ROW_SIZE     24
#define FLAGS_X86_64 0x0303

unsigned library_cache_processor_level(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq"))
		return 4;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	    __builtin_cpu_supports("fma"))
		return 3;
	return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") ? 2 : 1;
}

/* 1 for a plain path, 2 and more for one below glibc-hwcaps, 0 for one that can't be used here. */
static unsigned level_of(const char *path, uint64_t capabilities)
{
	const char *at = strstr(path, "/glibc-hwcaps/x86-64-v");
	unsigned level;

	if (!at)
		return capabilities == 0;
	level = (unsigned)(at[strlen("/glibc-hwcaps/x86-64-v")] - '0');
	return level >= 2 && level <= library_cache_processor_level() ? level : 0;
}

static const char *text_at(const char *data, size_t size, uint32_t offset)
{
	if (offset >= size || !memchr(data + offset, '\0', size - offset))
		return NULL;
	return data + offset;
}

const char *library_cache_find(const char *data, size_t size, const char *name, size_t n)
{
	const char *start = data ? memmem(data, size, MAGIC, strlen(MAGIC)) : NULL;
	uint32_t count;

	if (!start || size - (size_t)(start - data) < HEADER_SIZE)
		return NULL;
	size -= (size_t)(start - data);
	count = load32(start + strlen(MAGIC));
	if (count > (size - HEADER_SIZE) / ROW_SIZE)
		return NULL;
	for (unsigned level = 4; level > 0; level--) {
		for (uint32_t i = 0; i < count; i++) {
			const char *row = start + HEADER_SIZE + (size_t)i * ROW_SIZE;
			const char *key = text_at(start, size, load32(row + 4));
			const char *path = text_at(start, size, load32(row + 8));

			if (load32(row) != FLAGS_X86_64 || !key || !path ||
			    strcmp(key, name) != 0 || level_of(path, load64(row + 16)) != level)
				continue;
			if (n-- == 0)
				return path;
		}
	}
	return NULL;
}
