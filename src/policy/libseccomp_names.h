/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libseccomp's names of actions and comparisons, which the OCI specification and LXC share:
 * <seccomp.h>, seccomp_rule_add(3). */
#ifndef WHITTLE_POLICY_LIBSECCOMP_NAMES_H
#define WHITTLE_POLICY_LIBSECCOMP_NAMES_H

#include "policy/policy.h"

/* "SCMP_ACT_ERRNO" for an action, "SCMP_CMP_EQ" for a comparison: NULL where there is none. */
const char *libseccomp_names_action(action verdict);
const char *libseccomp_names_comparison(enum comparison comparison);

#endif
