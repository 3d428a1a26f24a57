/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files that add rules to a policy under decision; private to this folder. */
#ifndef WHITTLE_DECIDE_LEVELS_H
#define WHITTLE_DECIDE_LEVELS_H

#include "decide/decide.h"
#include "policy/policy.h"

/* rules.c: returns the rule that allows the call, and adds it if there is none; NULL when out of memory.
 * Earlier pointers to rules are then stale. */
struct rule *decide_allow(struct policy *policy, enum abi abi, int nr);

/* Whether the policy has a rule for the call; works on an unfinished policy. */
bool decide_has(const struct policy *policy, enum abi abi, int nr);

/* The systemd version whose groups apply to the target; the newest known one if the target's is
 * unknown. */
unsigned decide_systemd_version(const struct policy *policy);

/* observed.c: the observed calls. */
int observed_add(const struct recording *recording, const struct decide_options *options,
		 struct policy *policy, struct error *err);

/* closed.c: calls that the same program makes and the recording missed. */
int closed_add(const struct recording *recording, const struct decide_options *options,
	       struct policy *policy, struct error *err);

/* closed.c: every call that any code of the program and its libraries can make, including calls
 * that grant new privileges. */
int closed_add_reachable(const struct recording *recording, const struct decide_options *options,
			 struct policy *policy, struct error *err);

/* base.c: calls needed whatever the program does, for every ABI that the policy lists. */
int base_add(const struct recording *recording, struct policy *policy, struct error *err);

/* fallback.c: calls that return ENOSYS, so that a run-time library falls back to an older call that
 * is allowed. */
int fallback_add(struct policy *policy, struct error *err);

/* argument_rules.c: conditions on the arguments of the calls that the options name. The policy is
 * finished. */
int argument_rules_add(const struct recording *recording, const struct decide_options *options,
		       struct policy *policy, struct error *err);

/* caveats.c: the caveats. The policy is finished. */
int caveats_add(const struct recording *recording, struct policy *policy, struct error *err);

/* starts.c: the recorded starts, and whether the target was idle. The policy is not finished yet. */
int starts_add(const struct recording *recording, struct policy *policy, struct error *err);

/* Whether any process was observed starting up. */
bool base_has_startup(const struct recording *recording);

/* roles.c: which processes serve, and which calls they make then. The policy is finished. */
int roles_add(const struct recording *recording, struct policy *policy, struct error *err);

/* "nginx/worker": the command, and the role if the program sets one as its title. Owned by the
 * caller; NULL: out of memory. */
char *observed_process_label(const struct process *process);

#define COUNT_SIZE 32 /* fits every uint64_t with its commas */
/* "9,313" into BUFFER, which is returned. */
const char *observed_format_count(uint64_t count, char buffer[COUNT_SIZE]);

#endif
