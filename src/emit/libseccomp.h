/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libseccomp makes of rules by name: nearly every consumer installs what it compiles. */
#ifndef WHITTLE_EMIT_LIBSECCOMP_H
#define WHITTLE_EMIT_LIBSECCOMP_H

#include "emit/emit.h"

/* A call of i386 that is also made through socketcall or ipc. */
struct multiplexed {
	const char *name;
	const char *through;
	uint32_t number;
};
size_t multiplexed_calls(const struct multiplexed **rows);

/* Appends the rule that libseccomp makes for the multiplexer. -ENOMEM. */
int multiplexed_add(struct policy *meaning, const struct multiplexed *row, uint32_t verdict);

/*
 * The meaning of formats whose consumer adds each rule to one libseccomp filter (seccomp_rule_add):
 * names that this machine's libseccomp does not know are dropped where the policy is for this
 * machine, i386's multiplexers follow their calls, and where an ABI has 32 bits only the low half of
 * an argument is compared for equality.
 */
int libseccomp_meaning(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err);

/* What formats over libseccomp can say, but for what the format itself lacks. */
#define LIBSECCOMP_ACTIONS                                                                       \
	(EMIT_KILL_PROCESS | EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO | EMIT_TRACE | EMIT_LOG | \
	 EMIT_ALLOW)

#endif
