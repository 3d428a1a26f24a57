// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first byte chooses the format, the rest is the list. Whatever is read as a policy must be one that is
 * written and read again as it was. */
#include "common/cleanup.h"
#include "import/import.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_text(const struct policy *policy, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	struct error err = { 0 };

	if (!out || policy_write(policy, out, &err) < 0 || fclose(out) != 0)
		abort();
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sources[] = {
		"oci",	 "seccomp-profile", "firecracker", "lxc",
		"kafel", "firejail",	    "nspawn",	   "minijail"
	};
	_cleanup_(policy_freep) struct policy *policy = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL, *copy = NULL;
	struct import_settings settings = { .abi = ABI_X86_64, .systemd = 257 };
	struct error err = { 0 };
	size_t length, length_again;

	if (size == 0)
		return 0;
	if (data[0] >= 'a' && data[0] < 'a' + (int)ARRAY_SIZE(sources))
		settings.from = sources[data[0] - 'a'];
	/* Its own memory, so that what is read past its end is found. */
	copy = malloc(size > 1 ? size - 1 : 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (import_policy_memory("fuzz", copy, size - 1, &settings, &policy, &err) < 0) {
		if (!err.message[0] || policy)
			abort();
		return 0;
	}
	text = write_text(policy, &length);
	if (policy_parse("again", text, length, &again, &err) < 0)
		abort();
	text_again = write_text(again, &length_again);
	if (length != length_again || memcmp(text, text_again, length) != 0)
		abort();
	return 0;
}
