// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/verify.h"

#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/abi.h"
#include "syscall/syscall.h"
#include "unit/live_filters.h"
#include "unit/process.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void verification_clean(struct verification *verification)
{
	filter_stack_free(&verification->own);
	*verification = (struct verification){ 0 };
}

static int read_own_status(bool *has_capability, bool *is_filtered, struct error *err)
{
	_cleanup_fclose_ FILE *status = fopen("/proc/thread-self/status", "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	*has_capability = *is_filtered = false;

	if (!status)
		return error_set_errno(err, -errno, "/proc/thread-self/status");
	while (getline(&line, &room, status) > 0) {
		if (strncmp(line, "Seccomp:", 8) == 0)
			*is_filtered = strtoul(line + 8, NULL, 10) != 0;
		else if (strncmp(line, "CapEff:", 7) == 0)
			*has_capability = strtoull(line + 7, NULL, 16) & 1ULL << CAP_SYS_ADMIN;
	}
	return 0;
}

static int check_own_status(bool may_be_filtered, struct error *err)
{
	bool has_capability, is_filtered;
	int r = read_own_status(&has_capability, &is_filtered, err);

	if (r < 0)
		return r;
	if (!has_capability)
		return error_set(
			err, -EPERM,
			"reading filters from the kernel needs CAP_SYS_ADMIN: run whittle as "
			"root");
	/* kernel/seccomp.c: seccomp_get_filter() wants SECCOMP_MODE_DISABLED of the caller. */
	if (is_filtered && !may_be_filtered)
		return error_set(err, -EPERM,
				 "whittle itself runs under a seccomp filter, but only processes "
				 "without one can read filters: run whittle outside of this "
				 "container");
	return 0;
}

int verify_is_permitted(struct error *err)
{
	return check_own_status(true, err);
}

int verify_is_possible(struct error *err)
{
	return check_own_status(false, err);
}

/* How many of the oldest filters are inherited from systemd. */
static size_t inherited_from(const struct filter_stack *manager, const struct filter_stack *stack)
{
	size_t same = 0;

	while (same < manager->count && same < stack->count &&
	       live_filters_equal(&manager->filters[same], &stack->filters[same]))
		same++;
	return same == manager->count ? same : 0;
}

struct visitor {
	int (*visit)(struct visitor *visitor, const struct filter_stack *stack, struct error *err);
	const struct policy *meaning;
	struct verification *verification;
	struct filter_stack manager, last;
	const struct filter_stack *unwanted;
	bool has_last;
};

static void visitor_clean(struct visitor *visitor)
{
	filter_stack_free(&visitor->manager);
	filter_stack_free(&visitor->last);
}

/* Threads of one service nearly always have the same filters, so the last verified stack is not
 * verified again. */
static int visit_thread(struct visitor *visitor, pid_t tid, struct error *err)
{
	struct filter_stack stack = { 0 };
	int r = filter_fetch(tid, &stack, err);

	if (r == -ESRCH)
		return r;
	visitor->verification->threads++;
	if (r < 0)
		return r;
	if (!visitor->has_last || !live_filters_stacks_equal(&stack, &visitor->last))
		r = visitor->visit(visitor, &stack, err);
	filter_stack_free(&visitor->last);
	visitor->last = stack;
	visitor->has_last = true;
	return r;
}

static int visit_threads(struct visitor *visitor, pid_t pid, struct error *err)
{
	_cleanup_closedir_ DIR *tasks = NULL;
	const struct dirent *entry;
	char path[64], command[64];
	size_t seen = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		int r;

		if (tid <= 0)
			continue;
		r = visit_thread(visitor, tid, err);
		if (r == -ESRCH) {
			/* It has ended since. */
			error_clear(err);
			continue;
		}
		if (r < 0)
			return error_prefix(err, "process %d (%s)", pid,
					    process_command(pid, command, sizeof(command)));
		seen++;
	}
	visitor->verification->processes += seen > 0;
	return 0;
}

/* There is no event for another process's execve, so this polls; but only for a limited time, because a
 * unit may execute systemd itself (user@.service does). */
static void await_execve(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	for (unsigned tries = 0; tries < 1000 && process_is_before_execve(pid); tries++)
		nanosleep(&pause, NULL);
}

static int visit_process(struct visitor *visitor, pid_t pid, struct error *err)
{
	char command[64];

	/* systemd's own process for a PAM session: it stays in the unit's control group and is no part
	 * of the service. */
	if (strcmp(process_command(pid, command, sizeof(command)), "(sd-pam)") == 0)
		return 0;
	await_execve(pid);
	return visit_threads(visitor, pid, err);
}

static int visit_unit(struct visitor *visitor, struct manager *manager, const struct unit *unit,
		      struct error *err)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count;
	int r = filter_fetch(1, &visitor->manager, err);

	if (r < 0)
		return error_prefix(err, "process 1");
	visitor->verification->inherited = visitor->manager.count;
	r = unit_pids(manager, unit->name, &pids, &count, err);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = visit_process(visitor, pids[i], err);
	if (r < 0)
		return error_prefix(err, "unit %s", unit->name);
	return 0;
}

static int visit_to_compare(struct visitor *visitor, const struct filter_stack *stack,
			    struct error *err)
{
	return live_filters_verify(stack, inherited_from(&visitor->manager, stack),
				   visitor->meaning, visitor->verification, err);
}

/* Compares every thread of UNIT's. 0: the kernel enforces MEANING; -EUCLEAN: it does not, and the
 * error names the first calls on which they differ; -ESRCH: it has no process. */
static int unit_verify(struct manager *manager, const struct unit *unit,
		       const struct policy *meaning, struct verification *verification,
		       struct error *err)
{
	_cleanup_(visitor_clean) struct visitor visitor = { .visit = visit_to_compare,
							    .meaning = meaning,
							    .verification = verification };
	int r = verify_is_possible(err);

	if (r >= 0)
		r = visit_unit(&visitor, manager, unit, err);
	if (r < 0)
		return r;
	if (!visitor.has_last)
		return error_set(err, -ESRCH, "unit %s: it has no process to check: start it first",
				 unit->name);
	return live_filters_of_policy(&visitor.last,
				      inherited_from(&visitor.manager, &visitor.last), meaning,
				      &verification->own, err);
}

static bool stack_has(const struct filter_stack *stack, const struct filter *filter)
{
	for (size_t i = 0; i < stack->count; i++)
		if (live_filters_equal(&stack->filters[i], filter))
			return true;
	return false;
}

/* Compares with each release of the running version. A unit's own settings may make one or the other filter
 * as well, but not all. */
static int verify_releases(struct manager *manager, const struct unit *unit,
			   const struct policy *policy, struct emit_options *options,
			   struct verification *verification, struct error *err)
{
	_cleanup_(policy_freep) struct policy *newest = NULL;
	const struct emitter *systemd = emitter_find("systemd");
	int r = emit_meaning(systemd, policy, options, &newest, err), older = 0;

	if (r >= 0)
		r = unit_verify(manager, unit, newest, verification, err);
	while (r == -EUCLEAN && older == 0) {
		_cleanup_(policy_freep) struct policy *meaning = NULL;
		struct verification again = { 0 };
		struct error ignored = { 0 };

		options->release++;
		older = emit_meaning(systemd, policy, options, &meaning, &ignored);
		if (older < 0 || unit_verify(manager, unit, meaning, &again, &ignored) < 0) {
			verification_clean(&again);
			continue;
		}
		verification_clean(verification);
		*verification = again;
		error_clear(err);
		return 0;
	}
	return r;
}

static int verify_within(struct manager *manager, const struct unit *unit,
			 const struct policy *policy, const struct within *within,
			 struct verification *verification, struct error *err)
{
	struct emit_options options = {
		.unit = unit->name,
		.systemd_version = manager_version_number(manager),
		.within = &within->settings,
		.is_widened = within->is_widened,
		.has_later = within->later,
	};
	_cleanup_(settings_clean) struct unit_settings enforced = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return error_oom(err);
	r = emit_policy(emitter_find("systemd"), policy, &options, out, err);
	if (fclose(out) != 0 && r >= 0)
		r = error_oom(err);
	if (r >= 0)
		r = within_enforce(within, policy, text, size, &options, &enforced, err);
	if (r < 0)
		return error_prefix(err, "unit %s", unit->name);
	return verify_releases(manager, unit, policy, &options, verification, err);
}

int unit_verify_policy(struct manager *manager, const struct unit *unit,
		       const struct policy *policy, const struct within *within,
		       struct verification *verification, struct error *err)
{
	_cleanup_(within_clean) struct within present = { 0 };
	int r = within ? 0 : within_load(manager, unit, &present, err);

	return r < 0 ? r
		     : verify_within(manager, unit, policy, within ? within : &present,
				     verification, err);
}

static int visit_for_absence(struct visitor *visitor, const struct filter_stack *stack,
			     struct error *err)
{
	for (size_t i = 0; i < visitor->unwanted->count; i++)
		if (!stack_has(stack, &visitor->unwanted->filters[i]))
			return 0;
	return error_set(err, -EUCLEAN, "it still has the filters that should be removed");
}

int unit_verify_absent(struct manager *manager, const struct unit *unit,
		       const struct filter_stack *filters, size_t *processes, struct error *err)
{
	struct verification verification = { 0 };
	_cleanup_(visitor_clean) struct visitor visitor = { .visit = visit_for_absence,
							    .verification = &verification,
							    .unwanted = filters };
	int r = visit_unit(&visitor, manager, unit, err);

	*processes = verification.processes;
	return r;
}

static bool list_has(char **list, const char *name)
{
	for (char **at = list; at && *at; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

int unit_verify_property(const struct unit *unit, const struct policy *meaning, struct error *err)
{
	bool is_trial = meaning->default_action == SECCOMP_RET_LOG;
	const struct unit_calls *calls = is_trial ? &unit->log : &unit->filter;
	_cleanup_free_ char *text = NULL;
	size_t size, missing = 0;
	FILE *out;

	/* On trial, SystemCallLog=~ lists the calls that are not logged. */
	if (!calls->names || !calls->names[0] || calls->is_allow_list == is_trial)
		return error_set(
			err, -EUCLEAN,
			"unit %s: systemd reports no %s= for this unit: another drop-in resets it",
			unit->name, is_trial ? "SystemCallLog" : "SystemCallFilter");
	out = open_memstream(&text, &size);
	if (!out)
		return error_oom(err);
	for (size_t i = 0; i < meaning->rules_count; i++) {
		const struct rule *rule = &meaning->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (rule->abi != abi_native() || rule->action != SECCOMP_RET_ALLOW || !name ||
		    list_has(calls->names, name))
			continue;
		fprintf(out, "%s%s", missing++ ? ", " : "", name);
	}
	if (fclose(out) != 0)
		return error_oom(err);
	if (missing)
		return error_set(
			err, -EUCLEAN,
			"unit %s: systemd's %s= lacks %s: this version of systemd, or of its "
			"libseccomp, does not know the calls",
			unit->name, is_trial ? "SystemCallLog" : "SystemCallFilter", text);
	return 0;
}
