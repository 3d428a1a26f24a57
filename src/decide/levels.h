/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that add rules to a policy being decided share; private to this folder. */
#ifndef WHITTLE_DECIDE_LEVELS_H
#define WHITTLE_DECIDE_LEVELS_H

#include "decide/decide.h"
#include "policy/policy.h"

/* The rule that allows the call, made where there is none yet; NULL when out of memory. Earlier
 * pointers to rules are then stale. */
struct rule *decide_allow(struct policy *policy, enum abi abi, int nr);

/* Whether a rule speaks of the call; for a policy that is not finished yet. */
bool decide_has(const struct policy *policy, enum abi abi, int nr);

/* observed.c: what was seen. */
int observed_add(const struct recording *recording, const struct decide_options *options,
		 struct policy *policy, struct error *err);

/* closed.c: what the same program does that the recording did not see. */
int closed_add(const struct recording *recording, const struct decide_options *options,
	       struct policy *policy, struct error *err);

/* closed.c: whatever any code of the program and of its libraries can do, powers included. */
int closed_add_reachable(const struct recording *recording, const struct decide_options *options,
			 struct policy *policy, struct error *err);

/* base.c: what is needed whatever the program does, for every ABI that the policy lists. */
int base_add(const struct recording *recording, struct policy *policy, struct error *err);

/* fallback.c: calls that are refused with ENOSYS, because a run-time library then uses an older one
 * that is allowed. */
int fallback_add(struct policy *policy, struct error *err);

/* argument_rules.c: conditions on the arguments of the calls that the options name. The policy is
 * finished. */
int argument_rules_add(const struct recording *recording, const struct decide_options *options,
		       struct policy *policy, struct error *err);

/* open.c: the sentences on what the policy leaves open. The policy is finished. */
int caveats_add(const struct recording *recording, struct policy *policy, struct error *err);

/* The version whose groups hold for the target: the newest that is known where it is unknown. */
unsigned decide_systemd_version(const struct policy *policy);

/* Whether any process was seen starting up. */
bool base_has_startup(const struct recording *recording);

/* roles.c: who serves, and what they make then. The policy is finished. */
int roles_add(const struct recording *recording, struct policy *policy, struct error *err);

/* "nginx/worker": the command, and the role where the program tells one. The caller's; NULL: out of
 * memory. */
char *observed_process_label(const struct process *process);

#define COUNT_SIZE 32 /* holds every uint64_t with its commas */
/* "9,313" into BUFFER, which is returned. */
const char *observed_format_count(uint64_t count, char buffer[COUNT_SIZE]);

#endif
