// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first byte chooses the source, the rest is the file. Whatever is imported must be a recording
 * that is written and read again as it was. */
#include "common/cleanup.h"
#include "import/import.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct recording *recording)
{
	_cleanup_(recording_freep) struct recording *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	if (recording_write(recording, out, &err) < 0)
		abort();
	fclose(out);
	if (recording_parse("again", text, size, &again, &err) < 0 ||
	    !recording_equal(recording, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sources[] = {
		"strace",     "audit",	     "oci",    "seccomp-profile", "systemd",
		"perf-trace", "perf-script", "sysdig", "bpftrace",	  "list"
	};
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct import_settings settings = { .abi = ABI_X86_64, .systemd = 257 };
	struct error err = { 0 };

	if (!recording || size == 0)
		return 0;
	if (data[0] >= 'a' && data[0] < 'a' + (int)ARRAY_SIZE(sources))
		settings.from = sources[data[0] - 'a'];
	if (import_memory("fuzz.7", (const char *)data + 1, size - 1, &settings, recording, &err) ==
	    0)
		check_round_trip(recording);
	else if (!err.message[0])
		abort();
	return 0;
}
