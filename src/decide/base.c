// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The base: the calls needed before and after the program's own calls, whatever the program does.
 * For a unit it includes the calls that systemd makes after it has installed the filter, and those
 * that systemd adds to every allowlist. The dynamic loader's calls are added only where a run has no
 * start-up: otherwise they were observed, and nothing has to be assumed.
 */
#include "common/cleanup.h"
#include "decide/levels.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

struct base_row {
	const char *name;
	const char *why;
};

/* An ABI that lacks a call is passed over: sigreturn is i386's and arm's. */
static const struct base_row always[] = {
	{ "execve", "the program is executed after the filter is installed" },
	{ "exit", "used by every thread to end" },
	{ "exit_group", "used by every program to end" },
	{ "restart_syscall", "used by the kernel to resume an interrupted sleep or wait" },
	{ "rt_sigreturn", "used by every signal handler to return" },
	{ "sigreturn", "used by every signal handler without SA_SIGINFO to return" },
};

/* src/core/exec-invoke.c (execute.c before 255): the child writes to the manager through exec_fd
 * and, from 256, handoff_timestamp_fd after it has installed the filter. */
static const struct base_row of_units[] = {
	{ "write", "used by systemd's child process, after it installed the filter, to notify the "
		   "manager that it is about to execute the program" },
};

/* glibc's ld.so and start-up code, 2.28 to 2.41, and musl's, on all ABIs of the table. */
static const char loader[] = "used by the dynamic loader (assumed: no start-up was recorded)";
static const char *const loader_calls[] = {
	"access",	   "arch_prctl",      "brk",	    "close", "faccessat",
	"fstat",	   "fstat64",	      "getrandom",  "mmap",  "mmap2",
	"mprotect",	   "munmap",	      "newfstatat", "open",  "openat",
	"pread64",	   "prlimit64",	      "read",	    "rseq",  "set_robust_list",
	"set_thread_area", "set_tid_address", "set_tls",    "stat",  "statx",
	"ugetrlimit",
};

static bool runs_hold(const struct recording *recording, bool (*holds)(const struct run *run))
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++)
		if (holds(runs[i]))
			return true;
	return false;
}

static bool run_has_call(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->calls_count; i++)
		if (run->calls[i].nr == syscall_number(run->calls[i].abi, name))
			return true;
	return false;
}

static bool run_has_startup(const struct run *run)
{
	switch (run->target_kind) {
	case TARGET_COMMAND:
		return true;
	case TARGET_UNIT:
		for (size_t i = 0; i < run->lines_count; i++)
			if (run->lines[i].is_seen &&
			    strcmp(run->lines[i].setting, "ExecStart") == 0)
				return true;
		return false;
	case TARGET_IMPORT:
		/* Also the tracer's own, with which a traced command begins (it is a manager's call). */
		return run_has_call(run, "execve");
	case TARGET_CGROUP:
	case TARGET_PID:
		/* Whoever runs when the recording begins has its start-up behind it. */
		return false;
	}
	return false;
}

/* Whether this run observed a process whose start-up it did not: another run may be of another program,
 * and removes nothing. Denials are no observation. */
static bool run_lacks_startup(const struct run *run)
{
	return run->calls_count > 0 && !run_has_startup(run) &&
	       strcmp(run->observer ? run->observer : "", OBSERVER_DENIALS) != 0;
}

static bool run_is_unit(const struct run *run)
{
	return run->target_kind == TARGET_UNIT;
}

bool base_has_startup(const struct recording *recording)
{
	return runs_hold(recording, run_has_startup);
}

static bool has_unit(const struct recording *recording)
{
	return runs_hold(recording, run_is_unit);
}

/* What is only in the base was never seen with any argument, so nothing is known to need one:
 * seen_any stays as it is. */
static int add_row(struct policy *policy, enum abi abi, const char *name, const char *why)
{
	int nr = syscall_number(abi, name);
	struct rule *rule;

	if (nr < 0)
		return 0;
	rule = decide_allow(policy, abi, nr);
	return rule ? rule_add_reason(rule, REASON_BASE, "%s", why) : -ENOMEM;
}

/* The loader was not recorded, so its arguments may be any. */
static int add_loader_row(struct policy *policy, enum abi abi, const char *name)
{
	int nr = syscall_number(abi, name);
	int r = add_row(policy, abi, name, loader);

	if (r == 0 && nr >= 0)
		decide_allow(policy, abi, nr)->seen_any = true;
	return r;
}

static int add_default_group(struct policy *policy, enum abi abi)
{
	unsigned version = decide_systemd_version(policy);
	_cleanup_free_ char *why = NULL;
	const char *const *members;
	size_t count;
	int r = 0;

	count = groups_members(version, "@default", &members);
	if (asprintf(&why, "part of @default, which systemd %u adds to every allowlist", version) <
	    0)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_row(policy, abi, members[i], why);
	return r;
}

static int add_for_abi(const struct recording *recording, struct policy *policy, enum abi abi)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(always); i++)
		r = add_row(policy, abi, always[i].name, always[i].why);
	if (!base_has_startup(recording) || runs_hold(recording, run_lacks_startup))
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(loader_calls); i++)
			r = add_loader_row(policy, abi, loader_calls[i]);
	if (r < 0 || !has_unit(recording))
		return r;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(of_units); i++)
		r = add_row(policy, abi, of_units[i].name, of_units[i].why);
	return r < 0 ? r : add_default_group(policy, abi);
}

int base_add(const struct recording *recording, struct policy *policy, struct error *err)
{
	for (size_t i = 0; i < policy->abis_count; i++)
		if (add_for_abi(recording, policy, policy->abis[i]) < 0)
			return error_oom(err);
	return 0;
}
