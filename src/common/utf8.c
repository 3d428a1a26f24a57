// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/utf8.h"

#include <stdbool.h>

size_t utf8_length(const char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	uint32_t value;
	size_t length;

	if (*at == 0)
		return 0;
	if (*at < 0x80) {
		*code = *at;
		return 1;
	}
	if (*at >= 0xf8 || *at < 0xc0)
		return 0;
	length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
	value = *at & (0xffu >> (length + 1));
	/* The terminating NUL is no continuation byte, so this never reads past it. */
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3f);
	}
	/* Over-long forms, surrogates and what is past the last plane are not UTF-8 (RFC 3629). */
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return length;
}

/* C0, DEL, C1, and the characters that reorder or hide the text around them. */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

size_t utf8_print_safe(FILE *out, const char *text)
{
	size_t columns = 0;

	while (*text) {
		uint32_t code = 0;
		size_t length = utf8_length(text, &code);
		size_t bytes = length ? length : 1;

		if (length && !is_unsafe(code)) {
			fwrite(text, 1, length, out);
			columns++;
		} else {
			for (size_t i = 0; i < bytes; i++)
				fprintf(out, "\\x%02x", (unsigned char)text[i]);
			columns += 4 * bytes;
		}
		text += bytes;
	}
	return columns;
}
