/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For whoever observes by a filter: what is known already is allowed, and all else handed over to the
 * observer, so that only news costs anything.
 */
#ifndef WHITTLE_DECIDE_KNOWN_H
#define WHITTLE_DECIDE_KNOWN_H

#include "policy/policy.h"

/*
 * Of this machine's ABIs. Allowed is a call with the tuples of arguments that KNOWN has of it, or with
 * any where its set is "any". Handed over (SECCOMP_RET_USER_NOTIF) are also those that a filter can't
 * judge, since what matters of their arguments lies in memory, and execve: by it the observer knows
 * what a process is.
 */
int known_policy(const struct recording *known, struct policy **policy, struct error *err);

#endif
