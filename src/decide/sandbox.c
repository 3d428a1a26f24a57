// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Settings of systemd that restrict the arguments of calls which the policy allows: MemoryDenyWriteExecute= and
 * RestrictAddressFamilies=. The observed arguments do not decide about them alone, for the policy allows more: a query may
 * be the first to be compiled to machine code, and a request the first to need a connection. They are left out if the
 * code of the program can map executable memory, or creates sockets of a family that is no constant, or if programs of
 * others run under the filter.
 */
#include "decide/closed.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>

#define MEMORY	 "MemoryDenyWriteExecute"
#define FAMILIES "RestrictAddressFamilies"

static int omit(struct policy *policy, const char *name, const char *reason)
{
	struct directive *directive = NULL;

	for (size_t i = 0; i < policy->omitted_count; i++)
		if (strcmp(policy->omitted[i].name, name) == 0)
			directive = &policy->omitted[i];
	if (!directive) {
		directive = policy_add_omitted(policy);
		if (!directive || !(directive->name = strdup(name)))
			return -ENOMEM;
	}
	return directive_add_reason(directive, REASON_REACHABLE, "%s", reason);
}

/* ---- memory ---- */

/* The bit that asks for executable memory. */
static const struct {
	const char *call;
	uint64_t bit;
} mapping[] = {
	{ "mmap", PROT_EXEC },
	{ "mprotect", PROT_EXEC },
	{ "pkey_mprotect", PROT_EXEC },
	{ "shmat", SHM_EXEC },
};

/* mmap's executable memory is refused only if it is writable too. */
static bool maps_code(const struct reach_call *call, const char *name, uint64_t bit)
{
	if (!(call->beyond_bits[0] & bit))
		return false;
	return strcmp(name, "mmap") != 0 || (call->beyond_bits[0] & PROT_WRITE);
}

static int judge_memory(const struct reach_result *result, struct policy *policy)
{
	for (size_t i = 0; i < ARRAY_SIZE(mapping); i++) {
		int nr = syscall_number(ABI_X86_64, mapping[i].call);
		const struct reach_call *call = reach_find(result, ABI_X86_64, nr);
		_cleanup_free_ char *reason = NULL;

		if (!call || !maps_code(call, mapping[i].call, mapping[i].bit))
			continue;
		if (asprintf(&reason, "code of the program can map executable memory with %s",
			     mapping[i].call) < 0) {
			reason = NULL;
			return -ENOMEM;
		}
		return omit(policy, MEMORY, reason);
	}
	return 0;
}

/* ---- sockets ---- */

static const struct rule *find_socket(const struct policy *policy)
{
	int nr = syscall_number(ABI_X86_64, "socket");

	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].abi == ABI_X86_64 && policy->rules[i].nr == nr)
			return &policy->rules[i];
	return NULL;
}

static int judge_families(const struct reach_result *result, struct policy *policy)
{
	const struct reach_call *call =
		reach_find(result, ABI_X86_64, syscall_number(ABI_X86_64, "socket"));
	const struct rule *rule = find_socket(policy);
	uint64_t seen = 0;

	if (!call || !rule)
		return 0;
	if (call->beyond_any & 1)
		return omit(policy, FAMILIES,
			    "code of the program creates sockets of a family that is no constant");
	for (size_t i = 0; i < rule->seen_count; i++)
		if (rule->seen[i].value[0] < 64)
			seen |= UINT64_C(1) << rule->seen[i].value[0];
	if (call->beyond_values[0] & ~seen)
		return omit(
			policy, FAMILIES,
			"code of the program creates sockets of a family that was not observed");
	return 0;
}

/* ---- programs of others ---- */

static bool is_library(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, name, strlen(name)) == 0;
}

/* A session or a job: whoever links the library for logins executes programs of users. */
static bool opens_sessions(const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < runs[i]->objects_count; k++)
			if (is_library(runs[i]->objects[k].path, "libpam.so"))
				return true;
	return false;
}

/* CGI, jobs, hooks: programs that a process executes after its start-up. */
static bool executes_while_serving(const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < runs[i]->calls_count; k++) {
			const struct call *call = &runs[i]->calls[k];
			const char *name = syscall_name(call->abi, call->nr);

			if (name && call->phase != PHASE_STARTUP &&
			    !runs[i]->processes[call->process].is_manager &&
			    strncmp(name, "execve", 6) == 0)
				return true;
		}
	}
	return false;
}

static bool has_unknown_program(const struct reach_result *own)
{
	for (size_t i = 0; own && i < own->gaps_count; i++)
		if (own->gaps[i].kind == GAP_PROGRAM_UNKNOWN)
			return true;
	return false;
}

static int judge_others(const struct closed_reach *reach, const struct recording *recording,
			struct policy *policy)
{
	const char *reason = NULL;

	if (opens_sessions(recording) && has_unknown_program(reach->own))
		reason = "programs of users run under the filter";
	else if (executes_while_serving(recording))
		reason =
			"the unit executes programs while it serves, and any of them may need more";
	else if (reach->has_ffi)
		reason = "extensions may call any function of a library";
	if (!reason)
		return 0;
	return omit(policy, MEMORY, reason) < 0 ? -ENOMEM : omit(policy, FAMILIES, reason);
}

int sandbox_add(const struct closed_reach *reach, const struct recording *recording,
		struct policy *policy)
{
	int r = judge_others(reach, recording, policy);

	if (r == 0 && reach->libraries)
		r = judge_memory(reach->libraries, policy);
	return r == 0 && reach->libraries ? judge_families(reach->libraries, policy) : r;
}
