// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/discovery.h"

struct discovery discovery_estimate(uint64_t slices, uint64_t once, uint64_t twice, uint64_t kinds)
{
	double m = (double)slices, q1 = (double)once, q2 = (double)twice;

	if (slices < 2 || kinds == 0)
		return (struct discovery){ 0 };
	return (struct discovery){
		.is_known = true,
		.unseen = once ? (m - 1) / m * q1 * (q1 - 1) / (2 * (q2 + 1)) : 0,
		.per_slice = q1 / m,
	};
}
