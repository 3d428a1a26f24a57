// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drop-in for a unit that has settings of its own. The drop-in resets SystemCallFilter= and its
 * neighbours, so it must repeat their restrictions: it allows what the policy and the unit's settings
 * both allow. A call that the settings deny keeps the action that it has there; a call that only the policy
 * denies gets the policy's.
 *
 * Settings that hold one value are stricter when they are set, and whittle only ever sets them, so the unit's
 * own value stays where the policy has none.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "emit/libseccomp.h"
#include "emit/systemd.h"
#include "syscall/arguments.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* ---- what settings mean ---- */

static uint32_t action_of(int error)
{
	return error == UNIT_FILTER_KILL ? SECCOMP_RET_KILL_PROCESS
					 : SECCOMP_RET_ERRNO | (uint32_t)error;
}

uint32_t systemd_settings_fallback(const struct unit_settings *settings)
{
	return action_of(settings->error_number);
}

uint32_t systemd_settings_action(const struct unit_settings *settings,
				 const struct systemd_target *target, const char *name)
{
	int error;

	if (settings->filter == SETTINGS_NONE ||
	    (target->version >= SYSTEMD_WRITE_IMPLIED && strcmp(name, "write") == 0))
		return SECCOMP_RET_ALLOW;
	if (settings_find(settings, name, &error)) {
		if (error != SETTINGS_OWN)
			return action_of(error);
		return settings->filter == SETTINGS_ALLOW ? SECCOMP_RET_ALLOW
							  : systemd_settings_fallback(settings);
	}
	if (settings->filter == SETTINGS_DENY)
		return SECCOMP_RET_ALLOW;
	return systemd_filters_name(target, name) ? systemd_settings_fallback(settings)
						  : SECCOMP_RET_ERRNO | ENOSYS;
}

static bool allows_abi(const struct unit_settings *settings, enum abi abi, enum abi native)
{
	if (!settings->has_architectures || settings->architectures & 1U << abi ||
	    (settings->has_native && abi == native))
		return true;
	/* The vDSO of x32 makes calls of x86-64. */
	return abi == ABI_X86_64 && settings->architectures & 1U << ABI_X32;
}

static uint64_t allowed_families(const struct unit_settings *settings)
{
	switch (settings->families) {
	case SETTINGS_ALLOW:
		return settings->families_listed;
	case SETTINGS_DENY:
		return ~settings->families_listed;
	default:
		return UINT64_MAX;
	}
}

static uint64_t allowed_namespaces(const struct unit_settings *settings)
{
	return settings->has_namespaces ? settings->namespaces : UINT64_MAX;
}

static bool exceeds_in_calls(const struct unit_settings *settings,
			     const struct unit_settings *limit, const struct systemd_target *target,
			     char *what, size_t size)
{
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	for (unsigned i = 0; i < count; i++) {
		const struct syscall_entry *calls;
		size_t calls_count = syscall_table(abis[i], &calls);

		if (!allows_abi(settings, abis[i], target->native))
			continue;
		if (!allows_abi(limit, abis[i], target->native)) {
			snprintf(what, size, "the calls of %s", abi_info(abis[i])->name);
			return true;
		}
		for (size_t j = 0; j < calls_count; j++) {
			const char *name = calls[j].name;

			if (!systemd_knows(target, name) ||
			    systemd_settings_action(settings, target, name) != SECCOMP_RET_ALLOW ||
			    systemd_settings_action(limit, target, name) == SECCOMP_RET_ALLOW)
				continue;
			snprintf(what, size, "%s", name);
			return true;
		}
	}
	return false;
}

bool systemd_settings_exceed(const struct unit_settings *settings,
			     const struct unit_settings *limit, const struct systemd_target *target,
			     char *what, size_t size)
{
	uint64_t families = allowed_families(settings) & ~allowed_families(limit);
	uint64_t kinds = allowed_namespaces(settings) & ~allowed_namespaces(limit);
	char text[64];

	if (exceeds_in_calls(settings, limit, target, what, size))
		return true;
	if (families) {
		argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN,
				(uint64_t)__builtin_ctzll(families), 0, text, sizeof(text));
		snprintf(what, size, "sockets of %s", text);
		return true;
	}
	if (kinds) {
		snprintf(what, size, "further kinds of namespaces");
		return true;
	}
	for (unsigned i = 0; i < SETTINGS_FLAGS; i++)
		if (limit->flags[i] && !settings->flags[i]) {
			snprintf(what, size, "the calls that %s=yes denies",
				 settings_flag_name((enum settings_flag)i));
			return true;
		}
	return false;
}

/* ---- ABIs, address families, namespaces ---- */

int systemd_within_abis(const struct policy *policy, const struct emit_options *options,
			struct policy **result, struct error *err)
{
	const struct unit_settings *within = options->within;
	enum abi native = emit_native_abi(policy);
	_cleanup_(policy_freep) struct policy *copy = policy_copy(policy);
	size_t kept = 0;

	if (!copy)
		return error_oom(err);
	for (size_t i = 0; within && !options->is_widened && i < copy->abis_count; i++) {
		enum abi abi = copy->abis[i];

		if (allows_abi(within, abi, native)) {
			copy->abis[kept++] = abi;
			continue;
		}
		if (abi == native)
			return error_set(err, -EOPNOTSUPP,
					 "the unit's own SystemCallArchitectures= excludes %s, and "
					 "a drop-in of whittle always allows it",
					 abi_info(abi)->name);
		emit_warn(options,
			  "calls of %s stay denied: the unit's own SystemCallArchitectures= "
			  "excludes it",
			  abi_info(abi)->name);
		for (size_t j = copy->rules_count; j-- > 0;)
			if (copy->rules[j].abi == abi)
				policy_remove_rule(copy, j);
	}
	if (within && !options->is_widened)
		copy->abis_count = kept;
	*result = take(copy);
	return 0;
}

void systemd_within_restrict(const struct policy *policy, const struct systemd_target *target,
			     const struct emit_options *options,
			     struct systemd_restrictions *restrictions)
{
	const struct unit_settings *within = options->within;
	size_t kept = 0;
	char text[64];

	if (!within || options->is_widened || target->is_trial)
		return;
	restrictions->namespaces &= allowed_namespaces(within);
	if (!restrictions->is_set[RESTRICT_ADDRESS_FAMILIES])
		return;
	for (size_t i = 0; i < restrictions->families_count; i++) {
		unsigned family = restrictions->families[i];

		if (allowed_families(within) & UINT64_C(1) << family)
			restrictions->families[kept++] = family;
		else if (systemd_family_is_seen(policy, family))
			emit_warn(options,
				  "%s stays denied although it was observed: the unit's own "
				  "RestrictAddressFamilies= denies it",
				  argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, family, 0,
						  text, sizeof(text)));
	}
	restrictions->families_count = kept;
	if (!kept && target->version < SYSTEMD_FAMILIES_NONE) {
		restrictions->is_set[RESTRICT_ADDRESS_FAMILIES] = false;
		snprintf(
			restrictions->why_not[RESTRICT_ADDRESS_FAMILIES],
			sizeof(restrictions->why_not[0]),
			"the unit's own value stays, because systemd %u cannot express an empty set",
			target->version);
	}
}

/* ---- calls ---- */

/* A call that systemd knows on one of the policy's ABIs, and what becomes of it. */
struct fate {
	const char *name;
	const struct systemd_entry *entry; /* of the list so far; NULL none */
	uint32_t action;
	bool is_within; /* the unit's settings deny it */
};

struct fates {
	struct fate *items;
	size_t count;
};

static void fates_clean(struct fates *fates)
{
	free(fates->items);
}

static int compare_fates(const void *left, const void *right)
{
	return strcmp(((const struct fate *)left)->name, ((const struct fate *)right)->name);
}

static int add_fate(struct fates *fates, const char *name)
{
	if (!array_grow_one(&fates->items, fates->count))
		return -ENOMEM;
	fates->items[fates->count++].name = name;
	return 0;
}

/* Every name once, sorted. */
static int list_names(const struct policy *policy, const struct systemd_target *target,
		      struct fates *fates)
{
	const struct multiplexed *rows;
	size_t rows_count = policy_has_abi(policy, ABI_I386) ? multiplexed_calls(&rows) : 0;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < policy->abis_count; i++) {
		const struct syscall_entry *calls;
		size_t count = syscall_table(policy->abis[i], &calls);

		for (size_t j = 0; j < count && r == 0; j++)
			if (systemd_knows(target, calls[j].name) &&
			    systemd_number(target, policy->abis[i], calls[j].name) >= 0)
				r = add_fate(fates, calls[j].name);
	}
	for (size_t i = 0; i < rows_count && r == 0; i++)
		if (systemd_knows(target, rows[i].name))
			r = add_fate(fates, rows[i].name);
	if (fates->count)
		qsort(fates->items, fates->count, sizeof(*fates->items), compare_fates);
	for (size_t i = 0; i < fates->count; i++)
		if (!kept || strcmp(fates->items[kept - 1].name, fates->items[i].name) != 0)
			fates->items[kept++] = fates->items[i];
	fates->count = kept;
	return r;
}

/* The action for a call that has no entry. */
static uint32_t unlisted_action(const struct systemd_target *target, const char *name,
				uint32_t fallback)
{
	return systemd_filters_name(target, name) ? fallback : SECCOMP_RET_ERRNO | ENOSYS;
}

static void decide_fate(struct fate *fate, const struct systemd_target *target,
			const struct emit_options *options, const struct systemd_list *list)
{
	uint32_t theirs = systemd_settings_action(options->within, target, fate->name);

	fate->entry = systemd_list_find(list, fate->name);
	if (fate->entry)
		fate->action = fate->entry->action;
	else if (systemd_implies(target, fate->name))
		fate->action = SECCOMP_RET_ALLOW;
	else
		fate->action = unlisted_action(target, fate->name, list->fallback);
	if (theirs == SECCOMP_RET_ALLOW ||
	    (options->is_widened && fate->entry && fate->action == SECCOMP_RET_ALLOW))
		return;
	fate->is_within = true;
	fate->action = theirs;
}

/* Whether the list needs an entry to deny the call in this way. */
static bool needs_entry(const struct fate *fate, const struct systemd_target *target,
			uint32_t fallback)
{
	return fate->action != SECCOMP_RET_ALLOW &&
	       (systemd_implies(target, fate->name) ||
		fate->action != unlisted_action(target, fate->name, fallback));
}

/* From SYSTEMD_ENOSYS_UNKNOWN on, ENOSYS is the filter's own default, and an entry with it is an error. */
static bool is_possible(const struct fate *fate, const struct systemd_target *target,
			uint32_t fallback)
{
	return fate->action != (SECCOMP_RET_ERRNO | ENOSYS) ||
	       target->version < SYSTEMD_ENOSYS_UNKNOWN ||
	       unlisted_action(target, fate->name, fallback) == fate->action;
}

/* How many entries the fallback costs; one that cannot be written outweighs all others. */
static size_t cost_of(const struct fates *fates, const struct systemd_target *target,
		      uint32_t fallback)
{
	size_t cost = 0;

	for (size_t i = 0; i < fates->count; i++) {
		const struct fate *fate = &fates->items[i];

		if (fate->is_within && !is_possible(fate, target, fallback))
			cost += fates->count + 1;
		else
			cost += needs_entry(fate, target, fallback);
	}
	return cost;
}

static uint32_t choose_fallback(const struct fates *fates, const struct systemd_target *target,
				const struct emit_options *options, uint32_t wanted)
{
	const uint32_t theirs = systemd_settings_fallback(options->within);
	const uint32_t candidates[] = { theirs, SECCOMP_RET_ERRNO | ENOSYS };
	uint32_t best = options->has_later ? theirs : wanted;

	for (size_t i = 0; i < ARRAY_SIZE(candidates) && !options->has_later; i++)
		if (cost_of(fates, target, candidates[i]) < cost_of(fates, target, best))
			best = candidates[i];
	return best;
}

/* An entry that denies the call; the action differs only where systemd cannot express it. */
static struct systemd_entry denying_entry(const struct fate *fate,
					  const struct systemd_target *target, uint32_t fallback)
{
	uint32_t unlisted = unlisted_action(target, fate->name, fallback);
	struct systemd_entry entry = { .name = fate->name, .action = fate->action };

	if (fate->entry && (!fate->is_within || fate->entry->action == SECCOMP_RET_ALLOW))
		entry.rule = fate->entry->rule;
	entry.is_within = fate->is_within;
	if (!is_possible(fate, target, fallback))
		entry.action = unlisted;
	entry.is_removed = entry.action == unlisted;
	return entry;
}

static int rebuild(struct systemd_list *list, const struct fates *fates,
		   const struct systemd_target *target, struct error *err)
{
	struct systemd_entry *entries = calloc(fates->count + 1, sizeof(*entries));
	size_t count = 0;

	if (!entries)
		return error_oom(err);
	for (size_t i = 0; i < fates->count; i++) {
		const struct fate *fate = &fates->items[i];
		bool is_told = fate->is_within && fate->entry &&
			       fate->entry->action == SECCOMP_RET_ALLOW && !fate->entry->is_implied;

		if (fate->action == SECCOMP_RET_ALLOW && fate->entry)
			entries[count++] = *fate->entry;
		else if (is_told || needs_entry(fate, target, list->fallback))
			entries[count++] = denying_entry(fate, target, list->fallback);
	}
	free(list->entries);
	list->entries = entries;
	list->count = count;
	return 0;
}

/* Whether somebody saw or asked for the call; else it was inferred. */
static bool is_known_need(const struct rule *rule)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		switch (rule->reasons[i].kind) {
		case REASON_SEEN:
		case REASON_DENIED:
		case REASON_ASKED:
		case REASON_IMPORTED:
			return true;
		default:
			break;
		}
	return rule->reasons_count == 0;
}

static bool has_reason(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return true;
	return false;
}

/* Names each call of the policy that stays denied, and counts those that were only inferred. */
static void warn_of_denied(const struct fates *fates, const struct emit_options *options)
{
	const char *remedy = options->remedy ? options->remedy : "";
	size_t inferred = 0;

	for (size_t i = 0; i < fates->count; i++) {
		const struct fate *fate = &fates->items[i];

		if (!fate->is_within || !fate->entry || fate->entry->action != SECCOMP_RET_ALLOW ||
		    fate->entry->is_implied)
			continue;
		if (is_known_need(fate->entry->rule))
			emit_warn(options,
				  "%s stays denied although %s: the unit's own SystemCallFilter= "
				  "denies it%s",
				  fate->name,
				  has_reason(fate->entry->rule, REASON_SEEN)
					  ? "it was observed"
					  : "the policy allows it",
				  remedy);
		else
			inferred++;
	}
	if (inferred)
		emit_warn(options,
			  "%zu inferred call%s too: the unit's own SystemCallFilter= denies %s%s",
			  inferred, inferred == 1 ? " stays denied" : "s stay denied",
			  inferred == 1 ? "it" : "them", remedy);
}

int systemd_within_list(const struct policy *policy, const struct systemd_target *target,
			const struct emit_options *options, struct systemd_list *list,
			struct error *err)
{
	_cleanup_(fates_clean) struct fates fates = { 0 };
	bool is_denying = false;

	if (!options->within || options->within->filter == SETTINGS_NONE)
		return 0;
	if (list_names(policy, target, &fates) < 0)
		return error_oom(err);
	for (size_t i = 0; i < fates.count; i++) {
		decide_fate(&fates.items[i], target, options, list);
		is_denying |= fates.items[i].is_within;
	}
	if (!is_denying)
		return 0;
	list->fallback = choose_fallback(&fates, target, options, list->fallback);
	warn_of_denied(&fates, options);
	return rebuild(list, &fates, target, err);
}
