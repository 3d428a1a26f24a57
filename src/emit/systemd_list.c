// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The value of SystemCallFilter=. systemd's filter takes names and has one allowlist for all ABIs:
 * a name that is allowed on one is allowed on each that is not shut out. This file finds names that
 * the target does not know, actions that it does not have and errors that it cannot return, before
 * systemd drops them with a line in a log that nobody reads.
 */
#include "common/cleanup.h"
#include "emit/systemd.h"
#include "policy/action.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <dirent.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66 /* linux/prctl.h, 6.3 */
#endif

/* ---- the target ---- */

/* libsystemd-shared-252.so stands beside the manager and carries its version; distributions put it
 * into one of these. 0 where there is no systemd. */
static unsigned local_version(void)
{
	static const char *const places[] = { "/usr/lib/systemd",
					      "/lib/systemd",
					      "/usr/lib64/systemd",
					      "/usr/lib/x86_64-linux-gnu/systemd",
					      "/usr/lib/aarch64-linux-gnu/systemd",
					      "/usr/lib/riscv64-linux-gnu/systemd",
					      "/usr/lib/powerpc64le-linux-gnu/systemd",
					      "/usr/lib/s390x-linux-gnu/systemd",
					      "/usr/lib/arm-linux-gnueabihf/systemd",
					      "/usr/lib/i386-linux-gnu/systemd" };

	static const char prefix[] = "libsystemd-shared-";

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_closedir_ DIR *dir = opendir(places[i]);
		const struct dirent *entry;
		unsigned long version;

		while (dir && (entry = readdir(dir))) {
			if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
				continue;
			version = strtoul(entry->d_name + strlen(prefix), NULL, 10);
			if (version > 0 && version < 10000)
				return (unsigned)version;
		}
	}
	return 0;
}

void systemd_target_find(const struct policy *policy, const struct emit_options *options,
			 struct systemd_target *target)
{
	unsigned local = local_version();
	const unsigned *versions;
	size_t count = groups_versions(&versions);

	*target = (struct systemd_target){
		.version = options->systemd_version,
		.local_version = local,
		.native = emit_native_abi(policy),
		.release = options->release,
		.has_mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0) >= 0,
		.is_trial = policy->default_action == SECCOMP_RET_LOG,
		.is_tight = policy->level && strcmp(policy->level, "observed") == 0,
	};
	if (!target->version && policy->systemd)
		target->version = (unsigned)strtoul(policy->systemd, NULL, 10);
	if (!target->version)
		target->version = local ? local : versions[count - 1];
	target->is_local = target->version == local && target->native == abi_native();
}

unsigned systemd_target_version(const struct policy *policy, const struct emit_options *options)
{
	struct systemd_target target;

	systemd_target_find(policy, options, &target);
	return target.version;
}

bool systemd_knows(const struct systemd_target *target, const char *name)
{
	if (target->is_local)
		return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
	return groups_know(target->version, name);
}

int systemd_number(const struct systemd_target *target, enum abi abi, const char *name)
{
	int nr = syscall_number(abi, name), theirs;

	if (nr < 0 || !target->is_local)
		return nr;
	theirs = seccomp_syscall_resolve_name_arch(abi_info(abi)->scmp_arch, name);
	/* -101 and below down to -224 stand for what a multiplexer serves too (seccomp.h, __PNR_socket to
	 * __PNR_shmctl); their own numbers are filtered as well. */
	return theirs < -300 ? -ENOENT : nr;
}

bool systemd_implies(const struct systemd_target *target, const char *name)
{
	if (target->is_trial)
		return false;
	return groups_contain(target->version, "@default", name) ||
	       (target->version >= SYSTEMD_WRITE_IMPLIED && strcmp(name, "write") == 0);
}

/* seccomp_load_syscall_filter_set_raw() goes through @known's own lines: names that the native ABI lacks
 * are passed over, and so is the group in it, @obsolete. */
bool systemd_filters_name(const struct systemd_target *target, const char *name)
{
	return target->version < SYSTEMD_ENOSYS_UNKNOWN ||
	       (systemd_knows(target, name) && groups_name(target->version, "@known", name) &&
		systemd_number(target, target->native, name) >= 0);
}

/* The action for all other calls: SECCOMP_RET_ERRNO | n, SECCOMP_RET_KILL_PROCESS, or on trial
 * SECCOMP_RET_LOG; -EOPNOTSUPP if the policy's default is neither, or the target lacks it. */
static int find_default_action(const struct policy *policy, const struct systemd_target *target,
			       uint32_t *verdict, struct error *err)
{
	char text[32];
	uint32_t kind = policy->default_action & SECCOMP_RET_ACTION_FULL;

	*verdict = policy->default_action;
	if (kind == SECCOMP_RET_KILL_THREAD || kind == SECCOMP_RET_KILL_PROCESS) {
		*verdict = SECCOMP_RET_KILL_PROCESS;
		return 0;
	}
	if (kind == SECCOMP_RET_ERRNO && *verdict & SECCOMP_RET_DATA)
		return 0;
	if (target->is_trial && target->version >= SYSTEMD_CALL_LOG)
		return 0;
	if (target->is_trial)
		return error_set(
			err, -EOPNOTSUPP,
			"systemd %u cannot try a policy: it has no SystemCallLog= (systemd %d and "
			"later have it)",
			target->version, SYSTEMD_CALL_LOG);
	return error_set(err, -EOPNOTSUPP,
			 "systemd denies with an error or kills, so it cannot express the "
			 "policy's default action %s; decide with --default errno:EPERM or "
			 "kill_process",
			 action_format(policy->default_action, text, sizeof(text)));
}

/* ---- the list ---- */

void systemd_list_free(struct systemd_list *list)
{
	free(list->entries);
	free(list->notes);
	*list = (struct systemd_list){ 0 };
}

/*
 * Adds a sentence that asks for no action, such as one on a call that systemd allows besides: it becomes
 * a comment of the drop-in, and a warning only if all warnings are wanted.
 */
__attribute__((format(printf, 3, 4))) static void add_note(struct systemd_list *list,
							   const struct emit_options *options,
							   const char *format, ...)
{
	_cleanup_free_ char *sentence = NULL;
	char *notes;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&sentence, format, arguments);
	va_end(arguments);
	if (length < 0) {
		sentence = NULL;
		return;
	}
	if (options->is_verbose)
		emit_warn(options, "%s", sentence);
	if (asprintf(&notes, "%s%s\n", list->notes ? list->notes : "", sentence) < 0)
		return;
	free(list->notes);
	list->notes = notes;
}

static int compare_entries(const void *left, const void *right)
{
	return strcmp(((const struct systemd_entry *)left)->name,
		      ((const struct systemd_entry *)right)->name);
}

const struct systemd_entry *systemd_list_find(const struct systemd_list *list, const char *name)
{
	const struct systemd_entry key = { .name = name };

	return list->count ? bsearch(&key, list->entries, list->count, sizeof(key), compare_entries)
			   : NULL;
}

static bool has_only(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != kind)
			return false;
	return rule->reasons_count > 0;
}

/* A call whose only reason is the base, and which systemd allows anyhow, need not be written. */
static bool is_only_base(const struct rule *rule)
{
	return has_only(rule, REASON_BASE);
}

/* A rule that decide made for another library to come, and nobody asked for (decide/fallback.c). */
static bool is_precaution(const struct rule *rule)
{
	return has_only(rule, REASON_RUNTIME);
}

/* Whether a directive that is set refuses the call with ENOSYS whatever its arguments. */
static bool directive_says_enosys(const struct systemd_target *target,
				  const struct systemd_restrictions *restrictions, const char *name)
{
	if (strcmp(name, "clone3") == 0)
		return restrictions->is_set[RESTRICT_NAMESPACES] &&
		       target->version >= SYSTEMD_CLONE3_ENOSYS;
	if (strcmp(name, "openat2") == 0)
		return restrictions->is_set[RESTRICT_SUID_SGID] &&
		       target->version >= SYSTEMD_OPENAT2_ENOSYS;
	return false;
}

/*
 * Whether `~name:ENOSYS` is written. A systemd of SYSTEMD_ENOSYS_UNKNOWN and later does not start the unit
 * then, and that is the one which comes with the next library: so of what was never seen only clone3
 * gets it, without which no thread begins, unless the list is the tightest that there is.
 */
static bool list_says_enosys(const struct systemd_target *target, const struct systemd_entry *entry,
			     const struct emit_options *options)
{
	if (target->version >= SYSTEMD_ENOSYS_UNKNOWN)
		return false;
	if (!target->is_tight && is_precaution(entry->rule) && strcmp(entry->name, "clone3") != 0)
		return false;
	emit_warn(options,
		  "under systemd %d and later the unit does not start with ~%s:ENOSYS; emit the "
		  "drop-in again before such an upgrade",
		  SYSTEMD_ENOSYS_UNKNOWN, entry->name);
	return true;
}

/* The answer that the list has in place of the one it can't say; true: by an entry of its own. */
static bool refuse_otherwise(struct systemd_list *list, const struct systemd_target *target,
			     uint32_t fallback, const struct emit_options *options,
			     struct systemd_entry *entry)
{
	uint32_t verdict = entry->rule->action, given = fallback;
	bool is_errno = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
	bool is_said = is_errno && target->version >= SYSTEMD_ERRNO_IN_LIST &&
		       (fallback & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO;
	char text[32], other[32];

	/* An error is nearer to an error than to the end of the process. */
	if (is_said)
		given = entry->action = SECCOMP_RET_ERRNO | EPERM;
	action_format(given, text, sizeof(text));
	action_format(verdict, other, sizeof(other));
	if (is_errno && target->version >= SYSTEMD_ERRNO_IN_LIST &&
	    target->version < SYSTEMD_ENOSYS_UNKNOWN)
		add_note(list, options,
			 "%s returns %s, not %s: with that error the unit would not start under "
			 "systemd %d and later",
			 entry->name, text, other, SYSTEMD_ENOSYS_UNKNOWN);
	else if (is_precaution(entry->rule))
		add_note(list, options,
			 "%s returns %s, not %s: systemd %u cannot give a single call that answer",
			 entry->name, text, other, target->version);
	else
		emit_warn(options,
			  "%s returns %s, not %s: systemd %u cannot give a single call that answer",
			  entry->name, text, other, target->version);
	return is_said;
}

/* What becomes of a rule that refuses a single call: true where the list can say it, in *ENTRY. */
static bool refuse_single(struct systemd_list *list, const struct systemd_target *target,
			  const struct systemd_restrictions *restrictions, uint32_t fallback,
			  const struct emit_options *options, struct systemd_entry *entry)
{
	uint32_t verdict = entry->rule->action;
	bool is_enosys = verdict == (SECCOMP_RET_ERRNO | ENOSYS);

	/* On trial nothing is refused, and what the policy refuses on purpose is no news. */
	if (target->is_trial)
		return true;
	if (verdict == fallback)
		return false;
	if (is_enosys && directive_says_enosys(target, restrictions, entry->name)) {
		entry->action = SECCOMP_RET_ALLOW;
		entry->is_trick = true;
		return true;
	}
	if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	    target->version >= SYSTEMD_ERRNO_IN_LIST &&
	    (!is_enosys || list_says_enosys(target, entry, options))) {
		entry->action = verdict;
		return true;
	}
	return refuse_otherwise(list, target, fallback, options, entry);
}

static bool is_default_somewhere(const char *name)
{
	const unsigned *versions;
	size_t count = groups_versions(&versions);

	for (size_t i = 0; i < count; i++)
		if (groups_contain(versions[i], "@default", name))
			return true;
	return false;
}

static void add_entry(struct systemd_list *list, const struct rule *rule,
		      const struct systemd_target *target,
		      const struct systemd_restrictions *restrictions, uint32_t fallback,
		      const struct emit_options *options)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	struct systemd_entry entry = { .name = name, .rule = rule, .action = SECCOMP_RET_ALLOW };

	if (!name) {
		emit_warn(options,
			  "call %d of %s is left out: it has no name, and systemd needs one",
			  rule->nr, abi_info(rule->abi)->name);
		return;
	}
	if (!systemd_knows(target, name)) {
		/* The base speaks of it because the systemd that was recorded allows it unasked: to
		 * another one nothing is lost. */
		if (is_only_base(rule) && is_default_somewhere(name))
			return;
		emit_warn(options, "%s is left out: systemd %u%s does not know it", name,
			  target->version,
			  target->is_local ? " (with this machine's libseccomp)" : "");
		return;
	}
	if (!rule_allows(rule)) {
		if (!refuse_single(list, target, restrictions, fallback, options, &entry))
			return;
	} else {
		if ((rule->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG)
			emit_warn(options,
				  "%s is allowed but not logged: SystemCallFilter= has no such "
				  "action",
				  name);
		entry.is_implied = is_only_base(rule) && systemd_implies(target, name);
	}
	list->entries[list->count++] = entry;
}

/* Of one name's entries the one that lets through stays, and of those the native one. */
static void unite_entries(struct systemd_list *list, enum abi native)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct systemd_entry *last = kept ? &list->entries[kept - 1] : NULL;
		const struct systemd_entry *entry = &list->entries[i];

		if (!last || strcmp(last->name, entry->name) != 0) {
			list->entries[kept++] = *entry;
			continue;
		}
		if ((last->action != SECCOMP_RET_ALLOW && entry->action == SECCOMP_RET_ALLOW) ||
		    (last->action == entry->action && entry->rule->abi == native)) {
			bool is_implied = last->is_implied && entry->is_implied;

			*last = *entry;
			last->is_implied = is_implied;
		} else if (last->action == entry->action) {
			last->is_implied &= entry->is_implied;
		}
	}
	list->count = kept;
}

/* Whether it is worth a word that systemd lets a call through which nobody asked for. */
static bool is_worth_telling(const char *name, const struct emit_options *options)
{
	const struct syscall_info *info = syscall_info(name);

	return options->is_verbose || !info || info->risk != RISK_NONE;
}

/* Notes the calls that systemd allows and the policy does not. */
static void warn_of_implied(struct systemd_list *list, const struct systemd_target *target,
			    const struct emit_options *options)
{
	_cleanup_free_ char *names = NULL;
	const char *const *members;
	size_t size, count = groups_members(target->version, "@default", &members), more = 0;
	FILE *out = open_memstream(&names, &size);

	if (!out)
		return;
	for (size_t i = 0; i < count; i++)
		if (!systemd_list_find(list, members[i]) && systemd_knows(target, members[i]) &&
		    systemd_number(target, target->native, members[i]) >= 0 &&
		    is_worth_telling(members[i], options))
			fprintf(out, "%s%s", more++ ? " " : "", members[i]);
	if (target->version >= SYSTEMD_WRITE_IMPLIED && !systemd_list_find(list, "write") &&
	    is_worth_telling("write", options))
		fprintf(out, "%swrite", more++ ? " " : "");
	if (fclose(out) == 0 && more)
		add_note(list, options,
			 "systemd %u also allows these calls, as in every allowlist: %s",
			 target->version, names);
}

/* A name holds for every ABI that is let in, also where the policy allows it on another one only. */
static void warn_of_other_abis(const struct systemd_list *list, const struct policy *policy,
			       const struct systemd_target *target,
			       const struct emit_options *options)
{
	for (size_t i = 0; i < policy->abis_count && policy->abis_count > 1; i++) {
		_cleanup_free_ char *names = NULL;
		size_t size, count = 0;
		FILE *out = open_memstream(&names, &size);

		for (size_t j = 0; out && j < list->count; j++) {
			const struct systemd_entry *entry = &list->entries[j];
			int nr = systemd_number(target, policy->abis[i], entry->name);
			const struct rule *rule =
				nr < 0 ? NULL : policy_find(policy, policy->abis[i], nr, NULL);

			if (nr >= 0 && entry->action == SECCOMP_RET_ALLOW && !entry->is_trick &&
			    !(rule && rule_allows(rule)))
				fprintf(out, "%s%s", count++ ? " " : "", entry->name);
		}
		if (out && fclose(out) == 0 && count)
			emit_warn(options,
				  "SystemCallFilter= applies to every ABI: on %s it also allows %s",
				  abi_info(policy->abis[i])->name, names);
	}
}

int systemd_list_make(const struct policy *policy, const struct systemd_target *target,
		      const struct systemd_restrictions *restrictions,
		      const struct emit_options *options, struct systemd_list *list,
		      struct error *err)
{
	const struct systemd_entry *write_entry;
	uint32_t fallback;
	int r = find_default_action(policy, target, &fallback, err);

	*list = (struct systemd_list){ 0 };
	if (r < 0)
		return r;
	list->entries = calloc(policy->rules_count + 1, sizeof(*list->entries));
	if (!list->entries)
		return error_oom(err);
	for (size_t i = 0; i < policy->rules_count; i++)
		add_entry(list, &policy->rules[i], target, restrictions, fallback, options);
	qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	unite_entries(list, target->native);
	list->fallback = fallback;
	if (target->is_trial)
		return 0;
	r = systemd_within_list(policy, target, options, list, err);
	if (r < 0)
		return r;
	warn_of_other_abis(list, policy, target, options);
	warn_of_implied(list, target, options);
	write_entry = systemd_list_find(list, "write");
	if (target->version < SYSTEMD_WRITE_IMPLIED &&
	    (!write_entry || write_entry->action != SECCOMP_RET_ALLOW))
		emit_warn(options,
			  "write is not allowed: with this drop-in a unit of Type=exec does not "
			  "start (systemd's child process writes once after it installed the "
			  "filter)");
	return 0;
}
