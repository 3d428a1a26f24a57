// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the runs show of the target's life: which executables were observed starting, and whether a
 * target that listened was observed serving anybody. A filter that is decided from a recording
 * without a start may keep the target from starting; one from a recording without work may deny the
 * first client.
 */
#include "common/cleanup.h"
#include "decide/levels.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static bool is_of_denials(const struct run *run)
{
	return run->observer && strcmp(run->observer, OBSERVER_DENIALS) == 0;
}

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* ---- starts ---- */

/* An import may know nothing about programs: a profile that names calls, a log without paths. */
static bool knows_programs(const struct run *run)
{
	for (size_t i = 0; i < run->processes_count; i++)
		if (run->processes[i].executable && run->processes[i].executable[0])
			return true;
	return run->target_kind != TARGET_IMPORT;
}

/*
 * A process that ran when the recording began counts as serving from its first call on, and a
 * forked one is deeper. So a process image without a fork that made calls while it started up was
 * executed during the recording. An importer knows no phases, but has the execve.
 */
static bool has_start(const struct run *run, size_t process)
{
	bool has_execve = false;

	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];
		const char *name = syscall_name(call->abi, call->nr);

		if (call->process == process && call->phase == PHASE_STARTUP)
			return true;
		has_execve |= name && strcmp(name, "execve") == 0 &&
			      !run->processes[call->process].is_manager;
	}
	return run->target_kind == TARGET_IMPORT && has_execve;
}

static int count_start(struct policy *policy, const char *executable)
{
	struct start *start;

	for (size_t i = 0; i < policy->starts_count; i++) {
		if (strcmp(policy->starts[i].executable, executable) == 0) {
			policy->starts[i].runs++;
			return 0;
		}
	}
	start = policy_add_start(policy);
	if (!start)
		return -ENOMEM;
	start->executable = strdup(executable);
	start->runs = 1;
	return start->executable ? 0 : -ENOMEM;
}

/* An executable may have several rows in a run: it counts once. */
static bool is_counted(const struct run *run, size_t process)
{
	for (size_t i = 0; i < process; i++)
		if (run->processes[i].depth == 0 && !run->processes[i].is_manager &&
		    run->processes[i].executable &&
		    strcmp(run->processes[i].executable, run->processes[process].executable) == 0 &&
		    has_start(run, i))
			return true;
	return false;
}

static int add_starts(struct policy *policy, const struct run *run)
{
	for (size_t i = 0; i < run->processes_count; i++) {
		const struct process *process = &run->processes[i];

		if (process->depth || process->is_manager || !process->executable ||
		    !process->executable[0] || !has_start(run, i) || is_counted(run, i))
			continue;
		if (count_start(policy, process->executable) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- work ---- */

static const char *const accepting[] = { "accept", "accept4", "socketcall" };
static const char *const waiting[] = { "_newselect",   "epoll_pwait", "epoll_pwait2",
				       "epoll_wait",   "poll",	      "ppoll",
				       "ppoll_time64", "pselect6",    "pselect6_time64",
				       "select" };
/* What a process does with a connection that it has accepted. */
static const char *const using[] = { "clone",  "clone3",   "fork",    "getpeername", "getsockname",
				     "read",   "readv",	   "recv",    "recvfrom",    "recvmsg",
				     "send",   "sendfile", "sendmsg", "sendto",	     "shutdown",
				     "splice", "vfork",	   "write",   "writev",	     "setsockopt",
				     "close" };
static const char *const receiving[] = { "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg" };

/* Whether the process makes any of these calls after its start-up. */
static bool makes_any(const struct run *run, unsigned process, const char *const *names,
		      size_t count)
{
	for (size_t i = 0; i < run->calls_count; i++)
		if (run->calls[i].process == process && run->calls[i].phase != PHASE_STARTUP &&
		    is_in(names, count, syscall_name(run->calls[i].abi, run->calls[i].nr)))
			return true;
	return false;
}

/* A process that waits for several things calls accept() only for a client. One that waits in accept() itself has
 * served somebody if it goes on to use a connection. */
static bool is_serving(const struct run *run, const struct call *call)
{
	if (run->target_kind == TARGET_IMPORT || call->phase == PHASE_UNKNOWN)
		return true;
	return makes_any(run, call->process, waiting, ARRAY_SIZE(waiting)) ||
	       makes_any(run, call->process, using, ARRAY_SIZE(using));
}

/* Sockets for datagrams have no accept(). Other sockets, between processes of one service, are read too. */
static bool has_datagrams(const struct run *run)
{
	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];
		const char *name = syscall_name(call->abi, call->nr);

		if (!name || strcmp(name, "socket") != 0 ||
		    run->processes[call->process].is_manager)
			continue;
		for (size_t k = 0; k < call->arguments_count; k++) {
			uint64_t domain = call->arguments[k].value[0];

			if ((call->arguments[k].value[1] & 0xf) == SOCK_DGRAM &&
			    (domain == AF_UNIX || domain == AF_INET || domain == AF_INET6))
				return true;
		}
		if (call->arguments_any)
			return true;
	}
	return false;
}

/* The C library asks the kernel for the machine's addresses, by messages of netlink. */
static bool is_for_addresses(const struct call *call)
{
	static const char *const functions[] = { "getaddrinfo", "getifaddrs", "if_nameindex",
						 "freeaddrinfo" };

	for (size_t i = 0; i < call->stack_count; i++)
		if (is_in(functions, ARRAY_SIZE(functions), call->stack[i].symbol))
			return true;
	return false;
}

static void look_for_work(const struct run *run, bool *listens, bool *serves)
{
	bool datagrams = has_datagrams(run);

	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];
		const char *name = syscall_name(call->abi, call->nr);

		if (!name || run->processes[call->process].is_manager)
			continue;
		*listens |= strcmp(name, "listen") == 0;
		if (is_in(accepting, ARRAY_SIZE(accepting), name)) {
			*listens = true;
			*serves |= is_serving(run, call);
		}
		/* No call shows a connection that a ring of io_uring accepts. */
		*serves |= strcmp(name, "io_uring_enter") == 0;
		*serves |= datagrams && call->phase != PHASE_STARTUP &&
			   is_in(receiving, ARRAY_SIZE(receiving), name) && !is_for_addresses(call);
	}
}

int starts_add(const struct recording *recording, struct policy *policy, struct error *err)
{
	bool listens = false, serves = false, is_known = true;
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		/* A denial shows neither a start nor work. */
		if (is_of_denials(runs[i]))
			continue;
		is_known &= knows_programs(runs[i]);
		if (add_starts(policy, runs[i]) < 0)
			return error_oom(err);
		look_for_work(runs[i], &listens, &serves);
	}
	policy->starts_known = policy->starts_count > 0 || is_known;
	policy->is_idle = listens && !serves;
	return 0;
}
