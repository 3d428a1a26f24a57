// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/show/words.h"

#include <inttypes.h>

size_t words_count(FILE *out, uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			putc(',', out);
		putc(digits[i], out);
	}
	return (size_t)length + (size_t)(length - 1) / 3;
}

void words_counted(FILE *out, uint64_t count, const char *one, const char *many)
{
	words_count(out, count);
	fprintf(out, " %s", count == 1 ? one : many);
}
