// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The filter that the kernel enforces when a unit runs under the drop-in: systemd turns each
 * setting into a filter of its own. It installs the others before SystemCallFilter=, and of two
 * errors the kernel returns that of the filter installed last; so a directive's error is visible
 * only where the allowlist allows the call.
 */
#include "common/cleanup.h"
#include "emit/libseccomp.h"
#include "emit/systemd.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

struct builder {
	const struct systemd_target *target;
	const struct systemd_restrictions *restrictions;
	const struct systemd_list *list;
	const struct unit_settings *enforced; /* in place of the list; NULL: none */
	struct policy *meaning;
	uint32_t fallback; /* of known calls that the list lacks */
};

/* What the list says of a name, systemd's own additions among it; false: nothing. */
static bool listed_action(const struct builder *builder, const char *name, uint32_t *verdict)
{
	const struct systemd_entry *entry = systemd_list_find(builder->list, name);

	if (!systemd_knows(builder->target, name))
		return false;
	if (builder->enforced) {
		int error;
		bool is_listed = settings_find(builder->enforced, name, &error) ||
				 (builder->target->version >= SYSTEMD_WRITE_IMPLIED &&
				  strcmp(name, "write") == 0);

		*verdict = systemd_settings_action(builder->enforced, builder->target, name);
		return is_listed;
	}
	if (entry)
		*verdict = entry->action;
	else if (systemd_implies(builder->target, name))
		*verdict = SECCOMP_RET_ALLOW;
	return entry || systemd_implies(builder->target, name);
}

/* What SystemCallFilter='s own filter does with a name; false: no rule, so the filter's default. */
static bool filter_action(const struct builder *builder, const char *name, uint32_t *verdict)
{
	const struct systemd_target *target = builder->target;

	if (listed_action(builder, name, verdict))
		return true;
	if (target->is_trial || target->version < SYSTEMD_ENOSYS_UNKNOWN ||
	    !systemd_filters_name(target, name))
		return false;
	*verdict = builder->fallback;
	return true;
}

static int add_name(const struct builder *builder, enum abi abi, const char *name)
{
	int nr = systemd_number(builder->target, abi, name);
	uint32_t verdict;

	if (nr < 0 || !filter_action(builder, name, &verdict))
		return 0;
	if (verdict == SECCOMP_RET_ALLOW)
		return systemd_add_restricted(builder->meaning, builder->target,
					      builder->restrictions, abi, name, nr);
	return policy_add_verdict(builder->meaning, abi, nr, verdict) ? 0 : -ENOMEM;
}

/* With IS_SHUT the ABI is shut out: what the list allows, and no more, gets the action of foreign ABIs. */
static int add_multiplexed(const struct builder *builder, bool is_shut)
{
	const struct multiplexed *rows;
	size_t count = multiplexed_calls(&rows);

	for (size_t i = 0; i < count; i++) {
		uint32_t verdict;

		/* A rule for the multiplexer itself covers all that is behind it. */
		if (listed_action(builder, rows[i].through, &verdict) ||
		    !filter_action(builder, rows[i].name, &verdict))
			continue;
		if (is_shut)
			verdict = builder->meaning->foreign_action;
		if (multiplexed_add(builder->meaning, &rows[i], verdict) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_abi(const struct builder *builder, enum abi abi)
{
	const struct syscall_entry *calls;
	size_t count = syscall_table(abi, &calls);
	int r = policy_add_abi(builder->meaning, abi);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_name(builder, abi, calls[i].name);
	if (r == 0 && abi == ABI_I386)
		r = add_multiplexed(builder, false);
	return r;
}

/* Before 248 an ABI that is shut out has its list all the same. Where the list kills, it kills the
 * process, which is the stronger; what it allows is left to SystemCallArchitectures=. */
static int add_shut(const struct builder *builder, enum abi abi)
{
	const struct syscall_entry *calls;
	size_t count = syscall_table(abi, &calls);
	int r = policy_add_abi(builder->meaning, abi);

	for (size_t i = 0; r == 0 && i < count; i++) {
		int nr = systemd_number(builder->target, abi, calls[i].name);
		uint32_t verdict;

		if (nr >= 0 && listed_action(builder, calls[i].name, &verdict) &&
		    !policy_add_verdict(builder->meaning, abi, nr,
					builder->meaning->foreign_action))
			r = -ENOMEM;
	}
	if (r == 0 && abi == ABI_I386)
		r = add_multiplexed(builder, true);
	return r;
}

static int add_shut_abis(const struct builder *builder)
{
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	if (builder->target->is_trial || builder->target->version >= SYSTEMD_SHUT_WITHOUT_LIST ||
	    builder->fallback != SECCOMP_RET_KILL_PROCESS ||
	    builder->target->native != abi_native())
		return 0;
	for (unsigned i = 0; i < count; i++)
		if (!policy_has_abi(builder->meaning, abis[i]) && add_shut(builder, abis[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* Several names of one number (none on the ABIs that the table holds, but for aliases) would stand
 * behind each other, of which the first decides. */
static int build(const struct builder *builder, const struct policy *policy, struct error *err)
{
	enum abi local[ABI_COUNT];
	unsigned local_count = builder->target->is_trial ? abi_local(local) : 0;

	/* SystemCallLog= makes a filter for each ABI of the machine; nothing is shut out. */
	for (unsigned i = 0; i < local_count; i++)
		if (add_abi(builder, local[i]) < 0)
			return error_oom(err);
	if (builder->target->is_trial)
		return policy_finish(builder->meaning, err);
	for (size_t i = 0; i < policy->abis_count; i++)
		if (add_abi(builder, policy->abis[i]) < 0)
			return error_oom(err);
	/* SystemCallArchitectures=x32 lets x86-64 in with it: its vDSO calls so. */
	if (policy_has_abi(policy, ABI_X32) && !policy_has_abi(policy, ABI_X86_64) &&
	    add_abi(builder, ABI_X86_64) < 0)
		return error_oom(err);
	if (add_shut_abis(builder) < 0)
		return error_oom(err);
	return policy_finish(builder->meaning, err);
}

/* What the drop-ins after whittle's have made of the directives. */
static void take_enforced(const struct unit_settings *enforced,
			  struct systemd_restrictions *restrictions)
{
	static const enum systemd_directive flags[SETTINGS_FLAGS] = {
		[SETTINGS_MEMORY_DENY_WRITE_EXECUTE] = MEMORY_DENY_WRITE_EXECUTE,
		[SETTINGS_LOCK_PERSONALITY] = LOCK_PERSONALITY,
		[SETTINGS_RESTRICT_REALTIME] = RESTRICT_REALTIME,
		[SETTINGS_RESTRICT_SUID_SGID] = RESTRICT_SUID_SGID,
	};

	for (unsigned i = 0; i < SETTINGS_FLAGS; i++)
		restrictions->is_set[flags[i]] &= enforced->flags[i];
	restrictions->is_set[RESTRICT_NAMESPACES] &= enforced->has_namespaces;
	restrictions->namespaces &= enforced->namespaces;
	if (!restrictions->is_set[RESTRICT_ADDRESS_FAMILIES])
		return;
	restrictions->is_set[RESTRICT_ADDRESS_FAMILIES] = enforced->families == SETTINGS_ALLOW;
	restrictions->families_count = 0;
	for (unsigned family = 1; family < FAMILIES_MAX; family++)
		if (enforced->families_listed & UINT64_C(1) << family)
			restrictions->families[restrictions->families_count++] = family;
}

int systemd_meaning(const struct policy *given, const struct emit_options *options,
		    struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *meaning = policy_new(), *policy = NULL;
	_cleanup_(systemd_list_free) struct systemd_list list = { 0 };
	struct systemd_restrictions restrictions;
	struct systemd_target target;
	struct builder builder = {
		.target = &target, .restrictions = &restrictions, .list = &list, .meaning = meaning
	};
	int r;

	if (!meaning)
		return error_oom(err);
	r = systemd_within_abis(given, options, &policy, err);
	if (r < 0)
		return r;
	systemd_target_find(policy, options, &target);
	if (!systemd_has_release(&target))
		return error_set(err, -ENOENT, "systemd %u has no release that differs in this way",
				 target.version);
	systemd_restrict(policy, &target, &restrictions);
	systemd_within_restrict(policy, &target, options, &restrictions);
	r = systemd_list_make(policy, &target, &restrictions, options, &list, err);
	if (r < 0)
		return r;
	builder.fallback = list.fallback;
	if (options->enforced && !target.is_trial) {
		builder.enforced = options->enforced;
		builder.fallback = systemd_settings_fallback(options->enforced);
		take_enforced(options->enforced, &restrictions);
	}
	meaning->default_action = target.version >= SYSTEMD_ENOSYS_UNKNOWN && !target.is_trial
					  ? SECCOMP_RET_ERRNO | ENOSYS
					  : builder.fallback;
	/* systemd leaves an architecture that a filter does not hold to the others' filters; that of
	 * SystemCallArchitectures= has libseccomp's own answer. */
	meaning->foreign_action = target.is_trial ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_THREAD;
	r = build(&builder, policy, err);
	if (r < 0)
		return r;
	*result = take(meaning);
	return 0;
}
