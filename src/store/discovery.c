// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/discovery.h"

#define SLICES_MIN 5

struct discovery discovery_estimate(uint64_t slices, uint64_t once, uint64_t twice, uint64_t kinds)
{
	double m = (double)slices, q1 = (double)once, q2 = (double)twice;

	struct discovery discovery = { 0 };

	if (slices < 2 || kinds == 0)
		return discovery;
	discovery.unseen = once ? (m - 1) / m * q1 * (q1 - 1) / (2 * (q2 + 1)) : 0;
	discovery.per_slice = q1 / m;
	discovery.is_known =
		slices >= SLICES_MIN && 2 * once <= kinds && discovery.unseen <= (double)kinds;
	return discovery;
}
