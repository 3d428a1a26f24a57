// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a run-time tells a hook, and the engines' files: the first byte says which of them it is. */
#include "common/cleanup.h"
#include "container/catalogue.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char path[] =
		"/run/containerd/io.containerd.runtime.v2.task/k8s.io/web/config.json";
	const char *text = (const char *)data + 1;
	unsigned which;

	if (size < 1)
		return 0;
	which = data[0] % (CATALOGUE_PLACES + 1);
	if (which < CATALOGUE_PLACES) {
		_cleanup_(catalogue_clear) struct catalogue catalogue = { 0 };

		if (catalogue_parse(&catalogue, which, path, text, size - 1) < 0)
			abort();
		for (size_t i = 0; i < catalogue.count; i++)
			if (!catalogue.entries[i].id)
				abort();
	} else {
		_cleanup_(container_state_clear) struct container_state state = { 0 };
		struct error err = { 0 };

		if (container_state_parse(text, size - 1, &state, &err) == 0 &&
		    (!state.id || state.pid < 1))
			abort();
	}
	return 0;
}
