/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter for an observer that works by seccomp notification: known calls are allowed, and all
 * others are passed to the observer, so that only new calls cost time.
 */
#ifndef WHITTLE_DECIDE_KNOWN_H
#define WHITTLE_DECIDE_KNOWN_H

#include "policy/policy.h"

/*
 * For this machine's ABIs. A call is allowed with the argument tuples that KNOWN has for it, or
 * with any arguments where its set is "any". Calls that a filter cannot judge, since their relevant
 * arguments are in memory, are passed on (SECCOMP_RET_USER_NOTIF), and so is execve: it lets the
 * observer identify the process.
 */
int known_policy(const struct recording *known, struct policy **policy, struct error *err);

#endif
