// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The guard keeps only the intended errors of each policy (ENOSYS for a fallback). Whole policies, with
 * hundreds of rules and their reasons, would be most of its memory.
 */
#include "guard/units.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/word.h"
#include "policy/policy.h"
#include "systemd/unit.h"

#include <linux/seccomp.h>
#include <string.h>

static void unit_clean(struct guarded_unit *unit)
{
	free(unit->name);
	free(unit->answers);
	free(unit->control_group);
	*unit = (struct guarded_unit){ 0 };
}

void guarded_units_clean(struct guarded_units *units)
{
	for (size_t i = 0; i < units->count; i++)
		unit_clean(&units->units[i]);
	free(units->units);
	*units = (struct guarded_units){ 0 };
}

static bool is_enforced(const struct managed_unit *managed_unit)
{
	return managed_unit->stage == STAGE_ENFORCE || managed_unit->stage == STAGE_VERIFY ||
	       managed_unit->stage == STAGE_GUARDED;
}

static int read_answers(const char *path, struct guarded_unit *unit, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = policy_read(path, &policy, err);

	for (size_t i = 0; r == 0 && i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		struct guarded_answer *answer;

		if ((rule->action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
			continue;
		answer = array_grow_one(&unit->answers, unit->answers_count);
		if (!answer)
			return error_oom(err);
		*answer = (struct guarded_answer){ rule->abi, rule->nr, rule->action };
		unit->answers_count++;
	}
	return r;
}

/* The unit's control group, now and at its next start. */
static int find_group(struct manager *manager, struct guarded_units *units,
		      struct guarded_unit *unit, struct error *err)
{
	_cleanup_(unit_freep) struct unit *loaded = NULL;
	struct cgroup_identity identity = { 0 };
	int r = unit_load(manager, unit->name, &loaded, err);

	if (r == 0)
		r = cgroup_identify(loaded->control_group, &identity, err);
	if (r < 0)
		return r;
	unit->control_group = take(loaded->control_group);
	unit->group = identity.id;
	units->root = identity.root;
	return 0;
}

static int add(struct guarded_units *units, const struct managed_unit *managed_unit,
	       struct manager *manager, void (*warn)(void *context, const char *sentence),
	       void *context, struct error *err)
{
	struct guarded_unit *unit = array_grow_one(&units->units, units->count);
	struct error failure = { 0 };

	if (!unit)
		return error_oom(err);
	units->count++;
	unit->name = strdup(managed_unit->unit);
	if (!unit->name)
		return error_oom(err);
	unit->stage = managed_unit->stage;
	unit->reaction = managed_unit->reaction;
	unit->is_two_phase = managed_unit->is_two_phase;
	if (manager && find_group(manager, units, unit, &failure) < 0) {
		warn(context, failure.message);
		error_clear(&failure);
	}
	/* Without its policy every denial is reported, including intended ones. */
	if (managed_unit->policy && read_answers(managed_unit->policy, unit, &failure) < 0) {
		if (failure.code == -ENOMEM)
			return error_oom(err);
		warn(context, failure.message);
	}
	return 0;
}

/* Jobs in progress continue. A unit that the manager did not answer for stays selected where it was. */
static void keep_known(struct guarded_unit *unit, struct guarded_unit *before)
{
	if (!unit->control_group) {
		unit->control_group = take(before->control_group);
		unit->group = before->group;
	}
	unit->reacted_ns = before->reacted_ns;
	unit->attach_ns = before->attach_ns;
	unit->denials = before->denials;
	unit->told_share = before->told_share;
	unit->told_share_ns = before->told_share_ns;
	if (unit->reaction == before->reaction)
		unit->react_ns = before->react_ns;
}

int guarded_units_load(struct guarded_units *units, struct store *store,
		       void (*warn)(void *context, const char *sentence), void *context,
		       struct error *err)
{
	_cleanup_(guarded_units_clean) struct guarded_units loaded = { 0 };
	_cleanup_(manager_closep) struct manager *manager = NULL;
	struct error failure = { 0 };
	struct managed_unit *managed_units;
	size_t count;
	int r = store_list(store, &managed_units, &count, err);

	if (r < 0)
		return r;
	if (manager_open(&manager, &failure) < 0)
		warn(context, failure.message);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct guarded_unit *before;

		if (!is_enforced(&managed_units[i]))
			continue;
		r = add(&loaded, &managed_units[i], manager, warn, context, err);
		before = guarded_units_find(units, managed_units[i].unit,
					    strlen(managed_units[i].unit));
		if (r == 0 && before)
			keep_known(&loaded.units[loaded.count - 1], before);
	}
	managed_units_free(managed_units, count);
	if (r < 0)
		return r;
	if (!loaded.root)
		loaded.root = units->root;
	guarded_units_clean(units);
	*units = loaded;
	loaded = (struct guarded_units){ 0 };
	return 0;
}

struct guarded_unit *guarded_units_find(const struct guarded_units *units, const char *name,
					size_t length)
{
	for (size_t i = 0; i < units->count; i++)
		if (is_word(name, length, units->units[i].name))
			return &units->units[i];
	return NULL;
}

int guarded_units_select(const struct guarded_units *units, struct denial_kernel *kernel,
			 struct error *err)
{
	_cleanup_free_ struct denial_select *selects = calloc(units->count + 1, sizeof(*selects));
	size_t count = 0;

	if (!selects)
		return error_oom(err);
	for (size_t i = 0; i < units->count; i++)
		if (units->units[i].control_group)
			selects[count++] =
				(struct denial_select){ .name = units->units[i].name,
							.path = units->units[i].control_group,
							.id = units->units[i].group };
	return denial_kernel_select(kernel, units->root, selects, count, err);
}

bool guarded_unit_intends(const struct guarded_unit *unit, const struct denial *denial)
{
	for (size_t i = 0; i < unit->answers_count; i++) {
		const struct guarded_answer *answer = &unit->answers[i];

		if (denial->has_abi && answer->abi == denial->abi && answer->nr == denial->nr &&
		    answer->action == denial->action)
			return true;
	}
	return false;
}
