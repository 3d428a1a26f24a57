/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares text of a given length, as parsers cut it from their input, with a string. */
#ifndef WHITTLE_COMMON_WORD_H
#define WHITTLE_COMMON_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* TEXT may lack a final zero byte, and may contain zero bytes: then it equals no WORD. */
static inline bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

#endif
