// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/own_filters.h"

#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/systemd.h"
#include "filter/filter.h"
#include "policy/action.h"
#include "syscall/syscall.h"
#include "unit/applied.h"
#include "unit/drop_in.h"
#include "unit/within.h"

#include <errno.h>
#include <linux/seccomp.h>

struct own_filters {
	struct within within;
	struct systemd_target target;
	struct systemd_restrictions restrictions; /* of the settings */
	struct filter_stack stack; /* empty: not read */
};

void own_filters_freep(struct own_filters **at)
{
	if (!*at)
		return;
	within_clean(&(*at)->within);
	filter_stack_free(&(*at)->stack);
	free(*at);
	*at = NULL;
}

/* Whether the unit runs under a policy that denies: its filters are then not its own alone. */
static int is_enforced(const struct unit *unit, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = applied_policy(unit->name, &policy, NULL, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	return r < 0 ? r : policy->default_action != SECCOMP_RET_LOG;
}

int own_filters_read(const struct unit *unit, struct own_filters **result, struct error *err)
{
	_cleanup_(own_filters_freep) struct own_filters *own = calloc(1, sizeof(*own));
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(policy_freep) struct policy *empty = policy_new();
	_cleanup_(unit_freep) struct unit *now = NULL;
	struct error gone = { 0 };
	int r;

	if (!own || !empty || policy_add_abi(empty, abi_native()) < 0)
		return error_oom(err);
	r = manager_open(&manager, err);
	/* UNIT may be from before a drop-in was written, with which the files would not agree. */
	if (r == 0)
		r = unit_load(manager, unit->name, &now, err);
	if (r == 0)
		r = within_load(manager, now, &own->within, err);
	if (r < 0)
		return r;
	systemd_target_find(
		empty, &(struct emit_options){ .systemd_version = manager_version_number(manager) },
		&own->target);
	systemd_settings_restrict(&own->within.settings, &own->restrictions);
	r = is_enforced(unit, err);
	/* Its main process may end at any time; the settings are known without it. */
	if (r == 0 && unit->main_pid > 0 && filter_fetch(unit->main_pid, &own->stack, &gone) < 0)
		own->stack = (struct filter_stack){ 0 };
	if (r < 0)
		return r;
	*result = take(own);
	return 0;
}

/* Whether a setting such as RestrictAddressFamilies= denies the call with these arguments. */
static bool restrictions_deny(const struct own_filters *own, enum abi abi, int nr, const char *name,
			      const uint64_t arguments[6])
{
	_cleanup_(policy_freep) struct policy *meaning = policy_new();
	struct error ignored = { 0 };

	return arguments && meaning && policy_add_abi(meaning, abi) == 0 &&
	       systemd_add_restricted(meaning, &own->target, &own->restrictions, abi, name, nr) ==
		       0 &&
	       policy_finish(meaning, &ignored) == 0 &&
	       !action_allows(policy_evaluate(meaning, abi, nr, arguments));
}

static bool stack_denies(const struct own_filters *own, enum abi abi, int nr,
			 const uint64_t arguments[6])
{
	struct seccomp_data data = { .nr = nr, .arch = abi_info(abi)->audit_arch };
	struct error ignored = { 0 };
	uint32_t verdict;

	if (!arguments || !own->stack.count)
		return false;
	for (int i = 0; i < 6; i++)
		data.args[i] = arguments[i];
	return filter_stack_simulate(&own->stack, &data, &verdict, &ignored) == 0 &&
	       !action_allows(verdict);
}

bool own_filters_deny(const struct own_filters *own, enum abi abi, int nr,
		      const uint64_t arguments[6])
{
	const char *name = syscall_name(abi, nr);

	if (name &&
	    systemd_settings_action(&own->within.settings, &own->target, name) != SECCOMP_RET_ALLOW)
		return true;
	return (name && restrictions_deny(own, abi, nr, name, arguments)) ||
	       stack_denies(own, abi, nr, arguments);
}
