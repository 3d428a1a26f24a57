// SPDX-License-Identifier: LGPL-2.1-or-later
#include "elf/build_id.h"

#include <elf.h>
#include <string.h>

#define HEADER 12 /* the sizes of name and descriptor, the type */

static uint64_t word(const uint8_t *at, bool big_endian)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return big_endian ? __builtin_bswap32(value) : value;
}

static uint64_t padded(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

bool build_id_find(const uint8_t *notes, size_t size, bool big_endian, char text[BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t at = 0;

	/* Both sizes are of 32 bits: no sum of them wraps in 64. */
	while (at <= size && size - at >= HEADER) {
		uint64_t name = word(notes + at, big_endian);
		uint64_t length = word(notes + at + 4, big_endian);
		uint64_t value = at + HEADER + padded(name);

		if (value > size || length > size - value)
			return false;
		if (word(notes + at + 8, big_endian) == NT_GNU_BUILD_ID && name == sizeof("GNU") &&
		    memcmp(notes + at + HEADER, "GNU", sizeof("GNU")) == 0 && length > 0 &&
		    length <= BUILD_ID_MAX) {
			for (size_t i = 0; i < length; i++) {
				text[2 * i] = digits[notes[value + i] >> 4];
				text[2 * i + 1] = digits[notes[value + i] & 15];
			}
			text[2 * length] = '\0';
			return true;
		}
		at = value + padded(length);
	}
	return false;
}
