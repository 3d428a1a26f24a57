// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes the decision: the rules of every level up to the requested one, the calls that the user
 * adds, the base, the answers that run-time libraries need, and last the caveats. A call has one
 * rule, which carries the reasons of everyone who asked for it.
 */
#include "decide/decide.h"

#include "common/cleanup.h"
#include "decide/closed.h"
#include "decide/levels.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

struct level {
	const char *name;
	const char *summary;
	int (*add)(const struct recording *recording, const struct decide_options *options,
		   struct policy *policy, struct error *err);
};

static const struct level table[] = {
	{ "observed", "the observed calls, and the base without which no program starts or ends",
	  observed_add },
	{ "closed",
	  "plus the calls that the same code may make next: other paths, the run-time "
	  "library, siblings",
	  closed_add },
	{ "reachable", "plus every call that any code of the program and its libraries can make",
	  closed_add_reachable },
};

/* The level for who names none. */
#define LEVEL_DEFAULT "closed"

/* ---- what the runs say on the target ---- */

static int set_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* The target where all runs agree on it; the environment of the latest run that tells. */
static int describe_target(const struct recording *recording, struct policy *policy)
{
	const struct run *const *runs, *latest = NULL;
	size_t count = recording_runs(recording, &runs);
	uint64_t libc_us = 0, systemd_us = 0;
	bool differs = false;

	for (size_t i = 0; i < count; i++) {
		const struct run *run = runs[i];

		if (policy_add_recording(policy, run->id) < 0)
			return -ENOMEM;
		differs |= latest && strcmp(latest->target ? latest->target : "",
					    run->target ? run->target : "") != 0;
		latest = run;
		if (run->libc && run->started_us >= libc_us) {
			libc_us = run->started_us;
			if (set_text(&policy->libc, run->libc) < 0)
				return -ENOMEM;
		}
		if (run->systemd && run->started_us >= systemd_us) {
			systemd_us = run->started_us;
			if (set_text(&policy->systemd, run->systemd) < 0)
				return -ENOMEM;
		}
	}
	if (latest && latest->target && !differs)
		return set_text(&policy->target, latest->target);
	return 0;
}

/* The ABI of the machine comes in though nothing of it was seen: the filter is installed by it. */
static int add_native_abis(const struct recording *recording, struct policy *policy)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		enum abi abi;

		if (runs[i]->machine && abi_from_name(runs[i]->machine, &abi) == 0 &&
		    policy_add_abi(policy, abi) < 0)
			return -EINVAL;
	}
	return policy->abis_count ? 0 : policy_add_abi(policy, abi_native());
}

/* ---- what the user adds ---- */

static int allow_name(struct policy *policy, const char *name, const char *asked, struct error *err)
{
	bool is_found = false;

	for (size_t i = 0; i < policy->abis_count; i++) {
		int nr = syscall_number(policy->abis[i], name);
		struct rule *rule;

		if (nr < 0)
			continue;
		is_found = true;
		rule = decide_allow(policy, policy->abis[i], nr);
		if (!rule || rule_add_reason(rule, REASON_ASKED, "%s", asked) < 0)
			return error_oom(err);
		/* Whoever asks for a call asks for all of it. */
		rule->seen_any = true;
	}
	if (!is_found && name == asked)
		return error_set(err, -EINVAL,
				 "\"%s\": no system call of this name on the ABIs of the "
				 "recording; whittle lookup finds names",
				 name);
	return 0;
}

static int allow_asked(struct policy *policy, const char *asked, struct error *err)
{
	unsigned version = decide_systemd_version(policy);
	const char *const *members;
	size_t count;
	int r = 0;

	if (asked[0] != '@')
		return allow_name(policy, asked, asked, err);
	count = groups_members(version, asked, &members);
	if (count == 0)
		return error_set(err, -EINVAL, "\"%s\": systemd %u has no such group", asked,
				 version);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = allow_name(policy, members[i], asked, err);
	return r;
}

static const struct level *find_level(const char *name, struct error *err)
{
	char known[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
		strncat(known, i ? ", " : "", sizeof(known) - strlen(known) - 1);
		strncat(known, table[i].name, sizeof(known) - strlen(known) - 1);
	}
	error_set(err, -EINVAL, "no such level: \"%s\"; the levels are: %s", name, known);
	return NULL;
}

int decide_policy(const struct recording *recording, const struct decide_options *options,
		  struct policy **result, struct error *err)
{
	const struct level *level =
		find_level(options->level ? options->level : LEVEL_DEFAULT, err);
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	int r = 0;

	if (!level)
		return -EINVAL;
	if (!policy)
		return error_oom(err);
	policy->default_action = options->default_action;
	policy->foreign_action = options->foreign_action;
	if (set_text(&policy->level, level->name) < 0 || describe_target(recording, policy) < 0 ||
	    add_native_abis(recording, policy) < 0)
		return error_oom(err);
	for (const struct level *at = table; r == 0 && at <= level; at++)
		r = at->add(recording, options, policy, err);
	for (const char *const *name = options->allow; r == 0 && name && *name; name++)
		r = allow_asked(policy, *name, err);
	if (r == 0)
		r = base_add(recording, policy, err);
	if (r == 0)
		r = fallback_add(policy, err);
	if (r == 0)
		r = starts_add(recording, policy, err);
	if (r == 0)
		r = policy_finish(policy, err);
	if (r == 0)
		r = argument_rules_add(recording, options, policy, err);
	if (r == 0)
		r = roles_add(recording, policy, err);
	if (r == 0)
		r = caveats_add(recording, policy, err);
	if (r < 0)
		return r;
	*result = take(policy);
	return 0;
}

bool decide_is_new_privilege(const char *name)
{
	return closed_is_new_privilege(name);
}
