/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy to a filter by libseccomp: the other compiler, for tests to hold whittle's against. */
#ifndef WHITTLE_TESTS_LIBSECCOMP_FILTER_H
#define WHITTLE_TESTS_LIBSECCOMP_FILTER_H

#include "filter/filter.h"
#include "policy/policy.h"

/* One clause a rule is what it can say of each call; TREE: its optimization for lookups. What the
 * policy says of numbers without a name it can't. -EINVAL; -ETIME where it does not come to an end. */
int filter_by_libseccomp(const struct policy *policy, bool tree, struct filter *filter,
			 struct error *err);

#endif
