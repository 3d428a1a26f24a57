// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a client of the guard's metrics may send. */
#include "guard/metrics_server.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Its own block: a byte read behind the end is seen. */
	char *copy = malloc(size + !size);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	/* More bytes complete a request, they don't take it back. */
	if (metrics_server_parse(copy, size) == METRICS_REQUEST_METRICS && size < 14)
		abort();
	free(copy);
	return 0;
}
