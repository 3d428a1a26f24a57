/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How libseccomp compiles rules by name: nearly every consumer installs its output. */
#ifndef WHITTLE_EMIT_LIBSECCOMP_H
#define WHITTLE_EMIT_LIBSECCOMP_H

#include "emit/emit.h"
#include "policy/multiplexed.h"

/*
 * The meaning of formats whose consumer adds each rule to one libseccomp filter (seccomp_rule_add):
 * names that this machine's libseccomp does not know are dropped if the policy is for this machine,
 * i386's multiplexers follow their calls, and on 32-bit ABIs only the low half of an argument is
 * compared for equality.
 */
int libseccomp_meaning(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err);

/* Abilities of formats based on libseccomp, apart from limits of the format itself. */
#define LIBSECCOMP_ACTIONS                                                                       \
	(EMIT_KILL_PROCESS | EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO | EMIT_TRACE | EMIT_LOG | \
	 EMIT_ALLOW)

#endif
