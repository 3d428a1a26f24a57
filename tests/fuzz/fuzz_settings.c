// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A unit file comes from a package or an administrator, or from a user who has emit read it. What was read
 * must come back from its own text as the same settings.
 */
#include "common/cleanup.h"
#include "systemd/settings.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned version = size && data[size - 1] % 2 ? 252 : 257;
	_cleanup_(settings_clean) struct unit_settings settings = settings_new(version),
						       again = settings_new(version);
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	const char *name;
	size_t length;
	FILE *out;

	if (settings_parse(&settings, "unit", (const char *)data, size, &err) < 0)
		return 0;
	out = open_memstream(&text, &length);
	if (!out)
		abort();
	settings_write(&settings, out);
	if (fclose(out) != 0 || settings_parse(&again, "text", text, length, &err) < 0 ||
	    settings_difference(&settings, &again, &name))
		abort();
	return 0;
}
