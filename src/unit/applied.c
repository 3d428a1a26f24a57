// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/applied.h"

#include "common/cleanup.h"
#include "unit/drop_in.h"
#include "unit/two_phase.h"

#include <errno.h>

int applied_drop_in(const char *unit, struct drop_in **found, struct error *err)
{
	*found = NULL;
	for (int is_runtime = 0; is_runtime <= 1; is_runtime++) {
		_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
		int r = drop_in_open("", unit, is_runtime, &drop_in, err);

		if (r < 0)
			return r;
		if (drop_in_is_applied(drop_in)) {
			*found = take(drop_in);
			return 0;
		}
	}
	return 0;
}

int applied_policy(const char *unit, struct policy **policy, bool *is_two_phase, struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = applied_drop_in(unit, &drop_in, err);

	if (r < 0)
		return r;
	if (!drop_in)
		return error_set(err, -ENOENT,
				 "unit %s: whittle has applied no policy to it; name a policy",
				 unit);
	if (is_two_phase)
		*is_two_phase = two_phase_is_in(drop_in_text(drop_in));
	return drop_in_policy(drop_in, policy, err);
}
