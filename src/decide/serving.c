// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evidence comes first. A role keeps the calls that it was observed to make while it served, the
 * calls that nothing can judge (requested, learnt, imported, of an unknown phase) and the calls
 * that the run-time library makes on paths of its own. For the rest, the kind of the call decides:
 * the table's risk classes, and the rows below for calls that belong to a harmless class and yet
 * play no part in serving.
 */
#include "decide/serving.h"

#include "common/cleanup.h"
#include "decide/closed.h"
#include "syscall/siblings.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <string.h>

#define IDENTITY "changes the process's identity"
#define EXECUTE	 "executes programs"
#define MACHINE	 "changes the machine, or inspects other processes"
#define LISTEN	 "opens the service to new addresses"
#define RIGHTS	 "changes owners, permissions or attributes of files"
#define SET_UP	 "sets up a process, once"
#define MAKING	 "creates an object that the program then serves with, once"
#define ASKING	 "queries something that a program needs to know when it starts"
#define SIGNALS	 "waits for signals, as another role does"

static const struct {
	const char *name, *why;
} natures[] = {
	{ "access", ASKING },
	{ "arch_prctl", SET_UP },
	{ "bind", LISTEN },
	{ "capget", ASKING },
	{ "chdir", SET_UP },
	{ "chmod", RIGHTS },
	{ "chown", RIGHTS },
	{ "chown32", RIGHTS },
	{ "epoll_create", MAKING },
	{ "epoll_create1", MAKING },
	{ "eventfd", MAKING },
	{ "eventfd2", MAKING },
	{ "faccessat", ASKING },
	{ "faccessat2", ASKING },
	{ "fchdir", SET_UP },
	{ "fchmod", RIGHTS },
	{ "fchmodat", RIGHTS },
	{ "fchmodat2", RIGHTS },
	{ "fchown", RIGHTS },
	{ "fchown32", RIGHTS },
	{ "fchownat", RIGHTS },
	{ "fremovexattr", RIGHTS },
	{ "fsetxattr", RIGHTS },
	{ "fstatfs", ASKING },
	{ "fstatfs64", ASKING },
	{ "get_robust_list", ASKING },
	{ "get_thread_area", ASKING },
	{ "getcwd", ASKING },
	{ "getegid", ASKING },
	{ "getegid32", ASKING },
	{ "geteuid", ASKING },
	{ "geteuid32", ASKING },
	{ "getgid", ASKING },
	{ "getgid32", ASKING },
	{ "getgroups", ASKING },
	{ "getgroups32", ASKING },
	{ "getpgid", ASKING },
	{ "getpgrp", ASKING },
	{ "getppid", ASKING },
	{ "getpriority", ASKING },
	{ "getresgid", ASKING },
	{ "getresgid32", ASKING },
	{ "getresuid", ASKING },
	{ "getresuid32", ASKING },
	{ "getrlimit", ASKING },
	{ "getsid", ASKING },
	{ "getuid", ASKING },
	{ "getuid32", ASKING },
	{ "inotify_init", MAKING },
	{ "inotify_init1", MAKING },
	{ "io_setup", MAKING },
	{ "ioprio_set", SET_UP },
	{ "lchown", RIGHTS },
	{ "lchown32", RIGHTS },
	{ "listen", LISTEN },
	{ "lremovexattr", RIGHTS },
	{ "lsetxattr", RIGHTS },
	{ "mlockall", SET_UP },
	{ "mq_open", MAKING },
	{ "msgget", MAKING },
	{ "nice", SET_UP },
	{ "pause", SIGNALS },
	{ "prctl", SET_UP },
	{ "prlimit64", SET_UP },
	{ "readlink", ASKING },
	{ "readlinkat", ASKING },
	{ "removexattr", RIGHTS },
	{ "rt_sigsuspend", SIGNALS },
	{ "sched_get_priority_max", ASKING },
	{ "sched_get_priority_min", ASKING },
	{ "sched_getaffinity", ASKING },
	{ "sched_getattr", ASKING },
	{ "sched_getparam", ASKING },
	{ "sched_getscheduler", ASKING },
	{ "sched_setaffinity", SET_UP },
	{ "sched_setattr", SET_UP },
	{ "sched_setparam", SET_UP },
	{ "sched_setscheduler", SET_UP },
	{ "semget", MAKING },
	{ "set_thread_area", SET_UP },
	{ "set_tid_address", SET_UP },
	{ "setpgid", SET_UP },
	{ "setpriority", SET_UP },
	{ "setrlimit", SET_UP },
	{ "setsid", SET_UP },
	{ "setxattr", RIGHTS },
	{ "shmget", MAKING },
	{ "signalfd", MAKING },
	{ "signalfd4", MAKING },
	{ "sigsuspend", SIGNALS },
	{ "socketpair", MAKING },
	{ "statfs", ASKING },
	{ "statfs64", ASKING },
	{ "sysinfo", ASKING },
	{ "ugetrlimit", ASKING },
	{ "umask", SET_UP },
	{ "uname", ASKING },
	{ "ustat", ASKING },
};

/* The making of processes and threads, what their first steps are, and what is done to them. */
static const char *const forking[] = { "clone", "clone3", "fork", "vfork" };
static const char *const managing[] = { "kill",
					"pidfd_open",
					"pidfd_send_signal",
					"rseq",
					"rt_sigqueueinfo",
					"rt_tgsigqueueinfo",
					"set_robust_list",
					"tkill",
					"wait4",
					"waitid",
					"waitpid" };

/* Of a class that gives much away, and yet what malloc and the loader of a plug-in need at any time;
 * what they may do is bounded by their arguments, not by their names. */
static const char *const needed[] = { "memfd_create", "mmap",	       "mmap2", "mprotect",
				      "mremap",	      "pkey_mprotect", "shmat" };

/* Without these nothing ends and no signal handler returns. */
static const char *const always[] = { "exit", "exit_group", "restart_syscall", "rt_sigreturn",
				      "sigreturn" };

/* What the C library makes on paths of its own, which hardly any recording takes: abort, malloc, locks,
 * clocks, the resolver, stdio, syslog. */
static const char *const of_the_run_time[] = {
	"brk",	      "clock_gettime", "clock_gettime64", "clone3",	  "close",
	"connect",    "fstat",	       "fstat64",	  "futex",	  "futex_time64",
	"getdents64", "getpid",	       "gettid",	  "gettimeofday", "ioctl",
	"_llseek",    "lseek",	       "madvise",	  "mmap",	  "mmap2",
	"mprotect",   "mremap",	       "munmap",	  "newfstatat",	  "openat",
	"poll",	      "read",	       "recvmsg",	  "rt_sigaction", "rt_sigprocmask",
	"sendmmsg",   "sendto",	       "socket",	  "sysinfo",	  "tgkill",
	"write",      "writev",
};

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool has_reason(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return true;
	return false;
}

static bool has_only(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != kind)
			return false;
	return rule->reasons_count > 0;
}

/* ---- evidence ---- */

/* What no recording tells the phase of. */
static bool is_beyond_judgement(const struct rule *rule)
{
	if (has_reason(rule, REASON_ASKED) || has_reason(rule, REASON_DENIED) ||
	    has_reason(rule, REASON_IMPORTED))
		return true;
	if (rule->phases)
		return (rule->phases & 1U << PHASE_UNKNOWN) != 0;
	return has_reason(rule, REASON_SEEN) || rule->reasons_count == 0;
}

static bool is_made_serving(const struct policy *policy, const struct rule *rule, size_t role)
{
	if (policy->roles_count == 0)
		return (rule->phases & 1U << PHASE_SERVING) != 0;
	return rule->serving_roles >> role & 1;
}

static bool is_of_the_run_time(const char *name)
{
	return is_in(always, ARRAY_SIZE(always), name) ||
	       is_in(of_the_run_time, ARRAY_SIZE(of_the_run_time), name);
}

/* Whether the role makes processes or threads in any phase, or might: where the recordings saw
 * nobody make one, but the code can. */
static bool makes_processes(const struct policy *policy, size_t role)
{
	bool is_seen = false;

	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (!name || !is_in(forking, ARRAY_SIZE(forking), name) ||
		    rule->action != SECCOMP_RET_ALLOW)
			continue;
		is_seen |= rule->phases != 0;
		if (policy->roles_count && (rule->startup_roles | rule->serving_roles) >> role & 1)
			return true;
	}
	return policy->roles_count == 0 || !is_seen;
}

/* ---- nature ---- */

static const char *nature_of(const char *name)
{
	const struct syscall_info *info = syscall_info(name);

	for (size_t i = 0; i < ARRAY_SIZE(natures); i++)
		if (strcmp(natures[i].name, name) == 0)
			return natures[i].why;
	if (!info || is_in(needed, ARRAY_SIZE(needed), name))
		return NULL;
	if (info->risk == RISK_IDENTITY)
		return IDENTITY;
	if (info->risk == RISK_EXECUTE)
		return EXECUTE;
	return closed_is_new_privilege(name) ? MACHINE : NULL;
}

static const char *why_not(const struct policy *policy, const struct rule *rule, size_t role,
			   bool with_siblings);

static bool is_kept(const struct policy *policy, enum abi abi, const char *name, size_t role)
{
	int nr = syscall_number(abi, name);
	const struct rule *rule = nr < 0 ? NULL : policy_find(policy, abi, nr, NULL);

	return rule && rule->action == SECCOMP_RET_ALLOW && !why_not(policy, rule, role, false);
}

/* Whether the role keeps a call of which NAME gives nothing more. */
static bool is_equal_to_one_kept(const struct policy *policy, enum abi abi, const char *name,
				 size_t role)
{
	const struct equal_row *rows;
	size_t count = closed_equals(&rows);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; strcmp(rows[i].name, name) == 0 && k < GIVEN_MAX; k++)
			if (rows[i].given[k] && strcmp(rows[i].given[k], name) != 0 &&
			    is_kept(policy, abi, rows[i].given[k], role))
				return true;
	return false;
}

/* Whether the role keeps a call that NAME stands in for. */
static bool stands_in_for_one_kept(const struct policy *policy, const struct rule *rule,
				   const char *name, size_t role)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	size_t count = siblings_of(name, siblings);

	for (size_t i = 0; i < count; i++)
		if (is_kept(policy, rule->abi, siblings[i].sibling->name, role))
			return true;
	return is_equal_to_one_kept(policy, rule->abi, name, role);
}

/* Of what the role was not seen to make while it serves. */
static const char *why_not_unseen(const struct policy *policy, const struct rule *rule,
				  const char *name, size_t role, bool with_siblings)
{
	const struct syscall_info *info = syscall_info(name);
	const char *nature = nature_of(name);

	if (nature)
		return nature;
	if ((is_in(forking, ARRAY_SIZE(forking), name) ||
	     is_in(managing, ARRAY_SIZE(managing), name)) &&
	    !makes_processes(policy, role))
		return "creates or manages processes, as another role does and this one does not";
	if (has_only(rule, REASON_BASE))
		return "never observed: in the policy only as part of the base";
	if (has_only(rule, REASON_REACHABLE) && info && info->risk == RISK_FILE)
		return "changes files, and was never observed";
	if (with_siblings && has_only(rule, REASON_SIBLING) &&
	    !stands_in_for_one_kept(policy, rule, name, role))
		return "stands in for a call that is denied";
	return NULL;
}

static const char *why_not(const struct policy *policy, const struct rule *rule, size_t role,
			   bool with_siblings)
{
	const char *name = syscall_name(rule->abi, rule->nr);

	/* Refusals stay as they are. */
	if (rule->action != SECCOMP_RET_ALLOW || !name || is_beyond_judgement(rule) ||
	    is_made_serving(policy, rule, role) || is_of_the_run_time(name))
		return NULL;
	return why_not_unseen(policy, rule, name, role, with_siblings);
}

const char *serving_why_not(const struct policy *policy, const struct rule *rule, size_t role)
{
	const char *why = NULL;

	if (role != ROLE_ANY || policy->roles_count == 0)
		return why_not(policy, rule, role, true);
	for (size_t i = 0; i < policy->roles_count; i++) {
		why = why_not(policy, rule, i, true);
		if (!why)
			break;
	}
	return why;
}

static bool is_kept_by_any(const struct policy *policy, const struct rule *rule, uint64_t roles)
{
	if (!roles)
		return !serving_why_not(policy, rule, ROLE_ANY);
	for (size_t i = 0; i < policy->roles_count; i++)
		if (roles >> i & 1 && !serving_why_not(policy, rule, i))
			return true;
	return false;
}

int serving_policy(const struct policy *policy, uint64_t roles, struct policy **serving,
		   size_t *removed, struct error *err)
{
	_cleanup_(policy_freep) struct policy *made = policy_copy(policy);

	if (!made)
		return error_oom(err);
	*removed = 0;
	for (size_t i = policy->rules_count; i-- > 0;) {
		if (is_kept_by_any(policy, &policy->rules[i], roles))
			continue;
		policy_remove_rule(made, i);
		++*removed;
	}
	*serving = take(made);
	return 0;
}
