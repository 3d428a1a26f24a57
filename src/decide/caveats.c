// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The caveats of a policy, in sentences: operations that no filter can see, calls that are allowed
 * more widely than they were used, and thin evidence. Each check is a function that adds its
 * sentences or none; the table at the end gives their order.
 */
#include "common/cleanup.h"
#include "decide/levels.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SECOND	      UINT64_C(1000000000)
#define SHORT_SECONDS 60 /* less than this is no picture of a service */
#define NAMES_SHOWN   8UL

struct view {
	const struct recording *recording;
	const struct run *const *runs;
	size_t runs_count;
	struct policy *policy;
};

static bool has_reason(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return true;
	return false;
}

static const struct rule *allowed_rule(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->abis_count; i++) {
		int nr = syscall_number(policy->abis[i], name);
		const struct rule *rule =
			nr < 0 ? NULL : policy_find(policy, policy->abis[i], nr, NULL);

		if (rule && rule_allows(rule))
			return rule;
	}
	return NULL;
}

/* ---- what no filter sees ---- */

static int check_io_uring(struct view *view)
{
	if (!allowed_rule(view->policy, "io_uring_setup") &&
	    !allowed_rule(view->policy, "io_uring_enter"))
		return 0;
	return policy_add_open(view->policy,
			       "io_uring is allowed: operations submitted to it (opening files, "
			       "connecting, reading, writing) bypass the filter");
}

/* Whether an earlier row of an earlier or the same run executes the same program. */
static bool program_is_repeated(const struct view *view, size_t run, size_t row)
{
	const char *program = view->runs[run]->processes[row].executable;

	for (size_t i = 0; i <= run; i++) {
		size_t end = i < run ? view->runs[i]->processes_count : row;

		for (size_t j = 0; j < end; j++) {
			const struct process *process = &view->runs[i]->processes[j];

			if (!process->is_manager && process->executable &&
			    strcmp(process->executable, program) == 0)
				return true;
		}
	}
	return false;
}

/* The programs that were seen, as text; *COUNT how many. */
static char *list_programs(const struct view *view, size_t *count)
{
	char *programs = NULL;
	size_t size;
	FILE *out = open_memstream(&programs, &size);

	*count = 0;
	if (!out)
		return NULL;
	for (size_t i = 0; i < view->runs_count; i++) {
		for (size_t j = 0; j < view->runs[i]->processes_count; j++) {
			const struct process *process = &view->runs[i]->processes[j];

			/* An import may not know the program. */
			if (process->is_manager || !process->executable ||
			    !process->executable[0] || program_is_repeated(view, i, j))
				continue;
			if ((*count)++ < NAMES_SHOWN)
				fprintf(out, "%s%s", *count > 1 ? ", " : "", process->executable);
		}
	}
	if (*count > NAMES_SHOWN)
		fprintf(out, " and %zu more", *count - NAMES_SHOWN);
	if (fclose(out) == 0)
		return programs;
	free(programs);
	return NULL;
}

static int check_execve(struct view *view)
{
	const struct rule *execve = allowed_rule(view->policy, "execve");
	const struct rule *execveat = allowed_rule(view->policy, "execveat");
	_cleanup_free_ char *programs = NULL;
	size_t count;

	if (!execve && !execveat)
		return 0;
	if (!execveat && !has_reason(execve, REASON_SEEN))
		return policy_add_open(view->policy,
				       "execve stays allowed after the program has started: every "
				       "program that it executes runs under the same filter");
	programs = list_programs(view, &count);
	if (!programs)
		return -ENOMEM;
	return policy_add_open(view->policy,
			       "the service executes programs, and all of them run under the same "
			       "filter%s%s",
			       count ? "; observed: " : "", programs);
}

/* With User= a filter brings NoNewPrivileges=yes (systemd.exec(5)), and these need the contrary. */
static int check_set_uid(struct view *view)
{
	static const char *const names[] = {
		"at",	       "chage",	    "chfn",
		"chsh",	       "crontab",   "dbus-daemon-launch-helper",
		"doas",	       "exim4",	    "fusermount",
		"fusermount3", "mount",	    "newgidmap",
		"newgrp",      "newuidmap", "passwd",
		"ping",	       "pkexec",    "postdrop",
		"postqueue",   "sendmail",  "su",
		"sudo",	       "umount",    "unix_chkpwd",
	};

	for (size_t i = 0; i < view->runs_count; i++) {
		for (size_t j = 0; j < view->runs[i]->processes_count; j++) {
			const char *path = view->runs[i]->processes[j].executable;
			const char *slash = path ? strrchr(path, '/') : NULL;

			for (size_t k = 0; slash && k < ARRAY_SIZE(names); k++)
				if (strcmp(slash + 1, names[k]) == 0 &&
				    !view->runs[i]->processes[j].is_manager &&
				    !program_is_repeated(view, i, j) &&
				    policy_add_open(
					    view->policy,
					    "%s was executed, which is often set-user-ID: if the "
					    "unit sets User=, the filter implies "
					    "NoNewPrivileges=yes, and the program gains no "
					    "privileges",
					    path) < 0)
					return -ENOMEM;
		}
	}
	return 0;
}

static int check_filter(struct view *view)
{
	bool is_present = false;

	for (size_t i = 0; i < view->runs_count; i++)
		/* Denials tell just what a filter refused. */
		is_present |= view->runs[i]->filter == FILTER_PRESENT &&
			      strcmp(view->runs[i]->observer, OBSERVER_DENIALS) != 0;
	if (!is_present)
		return 0;
	return policy_add_open(view->policy,
			       "the target was under a filter while it was recorded: calls that "
			       "this filter refused were not recorded, and this policy denies "
			       "them too");
}

static int check_foreign(struct view *view)
{
	enum abi native = view->policy->abis[0];
	int r = 0;

	if (view->runs_count && view->runs[0]->machine)
		abi_from_name(view->runs[0]->machine, &native);
	for (size_t i = 0; r == 0 && i < view->policy->abis_count; i++) {
		if (view->policy->abis[i] == native)
			continue;
		r = policy_add_open(view->policy,
				    "calls of another ABI, %s, were observed: that ABI stays "
				    "allowed, with its older and less restricted calls",
				    abi_info(view->policy->abis[i])->name);
	}
	return r;
}

/* ---- what is allowed more widely than it was used ---- */

struct wide {
	const struct rule *rule;
};

static int compare_risk(const void *left, const void *right)
{
	const struct rule *a = ((const struct wide *)left)->rule;
	const struct rule *b = ((const struct wide *)right)->rule;
	const char *a_name = syscall_name(a->abi, a->nr), *b_name = syscall_name(b->abi, b->nr);
	const struct syscall_info *a_info = syscall_info(a_name), *b_info = syscall_info(b_name);
	unsigned a_risk = a_info ? a_info->risk : 0, b_risk = b_info ? b_info->risk : 0;

	if (a_risk != b_risk)
		return a_risk > b_risk ? -1 : 1;
	return strcmp(a_name, b_name);
}

/* What ioctl(2) and prctl(2) can do depends on their arguments alone. */
static bool is_risky(const struct rule *rule)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	const struct syscall_info *info = name ? syscall_info(name) : NULL;

	return info && rule_tuple_size(rule) > 0 &&
	       (info->risk != RISK_NONE || strcmp(name, "ioctl") == 0 ||
		strcmp(name, "prctl") == 0);
}

/* Calls whose arguments choose between very different powers, allowed with any. */
static int check_arguments(struct view *view)
{
	const struct policy *policy = view->policy;
	_cleanup_free_ struct wide *wide = calloc(policy->rules_count + 1, sizeof(*wide));
	_cleanup_free_ char *names = NULL;
	size_t size, count = 0, shown = 0;
	FILE *out = open_memstream(&names, &size);

	if (!wide || !out) {
		if (out)
			fclose(out);
		return -ENOMEM;
	}
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule_allows(rule) && rule->clauses_count == 0 && is_risky(rule) &&
		    rule->abi == policy->abis[0])
			wide[count++].rule = rule;
	}
	qsort(wide, count, sizeof(*wide), compare_risk);
	for (; shown < count && shown < 2 * NAMES_SHOWN; shown++) {
		const struct rule *rule = wide[shown].rule;

		fprintf(out, "%s%s", shown ? ", " : "", syscall_name(rule->abi, rule->nr));
		if (!rule->seen_any && rule->seen_count)
			fprintf(out, " (%zu observed)", rule->seen_count);
	}
	if (shown < count)
		fprintf(out, " and %zu more", count - shown);
	if (fclose(out) != 0)
		return -ENOMEM;
	if (count == 0)
		return 0;
	return policy_add_open(view->policy,
			       "allowed with any arguments, although the arguments decide what "
			       "the call does (observed combinations in parentheses): %s",
			       names);
}

/* ---- where the evidence is thin ---- */

static int check_losses(struct view *view)
{
	struct losses lost = recording_losses(view->recording);
	char count[COUNT_SIZE];
	int r = 0;

	if (lost.calls)
		r = policy_add_open(view->policy,
				    "%s calls were lost while recording, so one may be missing "
				    "from the policy; record again",
				    observed_format_count(lost.calls, count));
	if (r == 0 && lost.arguments)
		r = policy_add_open(view->policy,
				    "%s combinations of arguments were not recorded, so the "
				    "arguments of those calls are not restricted",
				    observed_format_count(lost.arguments, count));
	return r;
}

/* Any whole run may be the one that was known: which it was is not written down. */
static int check_wholeness(struct view *view)
{
	for (size_t i = 0; i < view->runs_count; i++)
		if (!view->runs[i]->is_news)
			return 0;
	return view->runs_count == 0
		       ? 0
		       : policy_add_open(view->policy,
					 "the recording has only new calls (record --known), so "
					 "calls known before are not allowed; merge the known "
					 "recording into it");
}

static int check_length(struct view *view)
{
	uint64_t total = 0;
	int r = 0;
	bool is_timed = false, has_serving = false;

	for (size_t i = 0; i < view->runs_count; i++) {
		const struct run *run = view->runs[i];

		is_timed |= run->target_kind != TARGET_IMPORT && run->target_kind != TARGET_COMMAND;
		if (__builtin_add_overflow(total, run->duration_ns, &total))
			total = UINT64_MAX;
		for (size_t j = 0; j < run->calls_count; j++)
			has_serving |= run->calls[j].phase != PHASE_STARTUP &&
				       !run->processes[run->calls[j].process].is_manager;
	}
	if (is_timed && total < SHORT_SECONDS * SECOND)
		r = policy_add_open(view->policy,
				    "the recording is short (%" PRIu64 ".%" PRIu64
				    " s): rare calls may be missing",
				    total / SECOND, total / (SECOND / 10) % 10);
	if (r == 0 && is_timed && !has_serving)
		r = policy_add_open(view->policy, "no process was observed serving, only starting "
						  "up");
	if (r == 0 && view->runs_count && !base_has_startup(view->recording))
		r = policy_add_open(view->policy,
				    "no start-up was recorded: the dynamic loader's calls are "
				    "assumed, and other calls that the program makes while it "
				    "starts are unknown; record a start (record --unit --cycle)");
	return r;
}

static bool is_seen_elsewhere(const struct view *view, const struct run *except,
			      const struct call *call)
{
	for (size_t i = 0; i < view->runs_count; i++) {
		if (view->runs[i] == except)
			continue;
		for (size_t j = 0; j < view->runs[i]->calls_count; j++)
			if (view->runs[i]->calls[j].abi == call->abi &&
			    view->runs[i]->calls[j].nr == call->nr)
				return true;
	}
	return false;
}

/* When the latest run saw a call for the first time ever; 0 and *NEWEST. A call's first sight is the
 * earliest of its rows. */
static uint64_t last_news(const struct view *view, const struct run *run,
			  const struct call **newest)
{
	uint64_t latest = 0;

	*newest = NULL;
	for (size_t i = 0; i < run->calls_count;) {
		const struct call *call = &run->calls[i];
		uint64_t first = UINT64_MAX;

		for (; i < run->calls_count && run->calls[i].abi == call->abi &&
		       run->calls[i].nr == call->nr;
		     i++)
			if (!run->processes[run->calls[i].process].is_manager &&
			    run->calls[i].first_ns < first)
				first = run->calls[i].first_ns;
		if (first != UINT64_MAX && first >= latest && !is_seen_elsewhere(view, run, call)) {
			latest = first;
			*newest = call;
		}
	}
	return latest;
}

static int check_news(struct view *view)
{
	const struct run *run = NULL;
	const struct call *newest;
	const char *name;
	uint64_t news;

	for (size_t i = 0; i < view->runs_count; i++)
		if (!run || view->runs[i]->started_us > run->started_us)
			run = view->runs[i];
	/* What is stopped at its end still ends, with calls of its own: a command's news are late. */
	if (!run || run->target_kind == TARGET_COMMAND || run->duration_ns == 0)
		return 0;
	news = last_news(view, run, &newest);
	if (!newest || news < run->duration_ns - run->duration_ns / 4)
		return 0;
	name = syscall_name(newest->abi, newest->nr);
	return policy_add_open(view->policy,
			       "new calls still appeared near the end (%s after %" PRIu64
			       " s of %" PRIu64 "): more may follow; record longer and merge",
			       name ? name : "a call without a name", news / SECOND,
			       run->duration_ns / SECOND);
}

static bool line_is_seen(const struct view *view, const struct unit_line *line)
{
	for (size_t i = 0; i < view->runs_count; i++)
		for (size_t j = 0; j < view->runs[i]->lines_count; j++)
			if (view->runs[i]->lines[j].is_seen &&
			    view->runs[i]->lines[j].index == line->index &&
			    strcmp(view->runs[i]->lines[j].setting, line->setting) == 0)
				return true;
	return false;
}

static bool line_is_repeated(const struct view *view, size_t run, const struct unit_line *line)
{
	for (size_t i = 0; i < run; i++)
		for (size_t j = 0; j < view->runs[i]->lines_count; j++)
			if (view->runs[i]->lines[j].index == line->index &&
			    strcmp(view->runs[i]->lines[j].setting, line->setting) == 0)
				return true;
	return false;
}

static int check_lines(struct view *view)
{
	for (size_t i = 0; i < view->runs_count; i++) {
		for (size_t j = 0; j < view->runs[i]->lines_count; j++) {
			const struct unit_line *line = &view->runs[i]->lines[j];

			if (line_is_seen(view, line) || line_is_repeated(view, i, line))
				continue;
			if (policy_add_open(view->policy,
					    "never executed while recording: %s=%s; it will run "
					    "under the same filter (record --unit --cycle runs "
					    "all of a unit's commands)",
					    line->setting, line->command) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int check_observers(struct view *view)
{
	for (size_t i = 0; i < view->runs_count; i++) {
		const struct run *run = view->runs[i];
		bool is_repeated = false;

		if (!run->observer || strcmp(run->observer, "bpf") == 0 ||
		    strcmp(run->observer, "notify") == 0 ||
		    strcmp(run->observer, OBSERVER_DENIALS) == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			is_repeated |= view->runs[j]->observer &&
				       strcmp(view->runs[j]->observer, run->observer) == 0;
		if (is_repeated)
			continue;
		if (policy_add_open(
			    view->policy,
			    "recorded by %s, not in the kernel: details that it does not report "
			    "(arguments, phases, other ABIs) are not restricted, and calls that "
			    "it missed are not allowed",
			    run->observer) < 0)
			return -ENOMEM;
	}
	return 0;
}

int caveats_add(const struct recording *recording, struct policy *policy, struct error *err)
{
	static int (*const checks[])(struct view * view) = {
		check_losses,  check_wholeness, check_length,	check_news,
		check_lines,   check_filter,	check_io_uring, check_execve,
		check_set_uid, check_arguments, check_foreign,	check_observers,
	};
	struct view view = { .recording = recording, .policy = policy };

	view.runs_count = recording_runs(recording, &view.runs);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i](&view) < 0)
			return error_oom(err);
	return 0;
}
