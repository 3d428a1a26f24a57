/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From evidence to a decision. A level is a row: a name and a function that adds its rules; each
 * level contains the one before it.
 */
#ifndef WHITTLE_DECIDE_DECIDE_H
#define WHITTLE_DECIDE_DECIDE_H

#include "policy/policy.h"

struct decide_options {
	const char *level; /* NULL: the default level, `closed` */
	action default_action; /* 0 is kill_thread: set it, SECCOMP_RET_ERRNO | EPERM is the usual */
	action foreign_action; /* of ABIs that were not seen */
	bool portable; /* `closed`: for other builds and C libraries too, so every sibling */
	bool names_executed; /* programs that own code executes unrecorded: named, not followed */
	const char *reach_cache; /* where what was read of programs is kept; NULL: nowhere */
	const char *const *allow; /* NULL-terminated names the user adds; NULL none */
	/* Calls whose arguments get conditions, NULL-terminated; "default" stands for those whose
	 * arguments choose between very different powers. NULL none. */
	const char *const *arguments;
};

struct level {
	const char *name;
	const char *summary;
	int (*add)(const struct recording *recording, const struct decide_options *options,
		   struct policy *policy, struct error *err);
};

/* Tightest first. Returns how many. */
size_t decide_levels(const struct level **table);

int policy_decide(const struct recording *recording, const struct decide_options *options,
		  struct policy **policy, struct error *err);

/* Whether to allow the call is to give a new power (to run programs, to mount, to trace ...), so that no level
 * adds it unseen, and nobody should unasked. */
bool decide_is_new_privilege(const char *name);

#endif
