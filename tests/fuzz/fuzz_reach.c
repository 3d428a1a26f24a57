// SPDX-License-Identifier: LGPL-2.1-or-later
/* Any bytes as an ELF file: analysed or refused, in bounded time, without touching what is not theirs. */
#include "reach/code/summary.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct summary *summary = NULL;
	struct image *image = NULL;
	struct error err = { 0 };

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (image_parse("fuzz", copy, size, &image, &err) == 0)
		summary_make(image, &summary, &err);
	summary_freep(&summary);
	image_freep(&image);
	return 0;
}
