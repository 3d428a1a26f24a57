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
	action foreign_action; /* for ABIs that were not observed */
	bool portable; /* `closed`: also fit other builds and C libraries, so add every sibling */
	bool names_executed; /* name the unrecorded programs that own code executes; don't follow them */
	const char
		*reach_cache; /* directory that caches the analysis of programs; NULL: no cache */
	const char *const *allow; /* NULL-terminated names the user adds; NULL none */
	/* Calls whose arguments get conditions, NULL-terminated; "default" stands for the calls
	 * that grant very different privileges depending on their arguments. NULL none. */
	const char *const *arguments;
};

int decide_policy(const struct recording *recording, const struct decide_options *options,
		  struct policy **policy, struct error *err);

/* Whether allowing the call would grant a new privilege (to run programs, to mount, to trace ...),
 * so that no level adds it unless it was observed, and nobody should add it unasked. */
bool decide_is_new_privilege(const char *name);

#endif
