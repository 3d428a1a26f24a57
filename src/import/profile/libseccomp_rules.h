/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of formats whose consumer gives them to libseccomp one by one (seccomp_rule_add(3)). */
#ifndef WHITTLE_IMPORT_PROFILE_LIBSECCOMP_RULES_H
#define WHITTLE_IMPORT_PROFILE_LIBSECCOMP_RULES_H

#include "import/profile/list_policy.h"

/* What becomes of i386's calls behind socketcall and ipc. */
enum libseccomp_multiplexed {
	MULTIPLEXED_FOLLOWED, /* seccomp_rule_add(): a rule for the multiplexer too */
	MULTIPLEXED_PASSED_OVER, /* LXC: they have no number to it, unless i386 is the machine's own ABI */
};

/* Adds what libseccomp makes of a rule for NAME, LENGTH bytes, on each ABI of the policy: of i386's multiplexed
 * calls also a rule for the multiplexer, and on x32 comparisons of the low half only. A name that no ABI has
 * counts for nothing, with a warning. CLAUSE NULL: for all arguments. */
void libseccomp_rules_add(struct list_reader *reader, uint64_t line, const char *name,
			  size_t length, action verdict, const struct list_clause *clause,
			  enum libseccomp_multiplexed multiplexed);

#endif
