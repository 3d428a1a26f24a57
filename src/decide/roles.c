// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which roles serve, and which calls each makes while it serves. Forked processes inherit a filter:
 * the allowlist of a process that forks while it serves must also contain every call that its
 * children make, from their first call on. (nginx's master forks workers, which then change their
 * user.) A process that executes programs while it serves needs the whole policy, since the new
 * program starts under its allowlist. A worker that forks nothing needs only its own calls.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "decide/levels.h"
#include "decide/serving.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>

static bool is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool comes_to_serve(const struct run *run, size_t process)
{
	for (size_t i = 0; i < run->calls_count; i++)
		if (run->calls[i].process == process && run->calls[i].phase == PHASE_SERVING)
			return true;
	return false;
}

/* ---- executables with many titles ---- */

/* Titles that differ from process to process, such as those with a client's address, are no roles. An
 * executable with more than this has roles by how often its processes forked, as one without titles. */
#define TITLES_MAX 8

struct titled {
	const char *executable, *titles[TITLES_MAX];
	size_t count;
	bool is_crowded;
};

typedef ARRAY(struct titled) titled_array;

static void free_titled(titled_array *titled)
{
	array_free(titled);
}

static struct titled *find_titled(const titled_array *titled, const char *executable)
{
	for (size_t i = 0; i < titled->count; i++)
		if (strcmp(titled->items[i].executable, executable) == 0)
			return &titled->items[i];
	return NULL;
}

static int note_title(titled_array *titled, const struct process *process)
{
	struct titled *found = find_titled(titled, process->executable);

	if (!found) {
		if (!array_push(titled, (struct titled){ .executable = process->executable }))
			return -ENOMEM;
		found = &titled->items[titled->count - 1];
	}
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->titles[i], process->title) == 0)
			return 0;
	if (found->count < TITLES_MAX)
		found->titles[found->count++] = process->title;
	else
		found->is_crowded = true;
	return 0;
}

static bool may_have_role(const struct run *run, size_t process)
{
	return !run->processes[process].is_manager && run->processes[process].executable &&
	       comes_to_serve(run, process);
}

static int note_titles(titled_array *titled, const struct run *run)
{
	for (size_t i = 0; i < run->processes_count; i++)
		if (run->processes[i].title && may_have_role(run, i) &&
		    note_title(titled, &run->processes[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* ---- roles ---- */

/* Where a program gives no title, how often it forked tells its roles apart. */
static struct role *find_role(const struct policy *policy, const struct process *process)
{
	for (size_t i = 0; i < policy->roles_count; i++)
		if (is_same(policy->roles[i].executable, process->executable) &&
		    is_same(policy->roles[i].title, process->title) &&
		    (process->title || policy->roles[i].depth == process->depth))
			return &policy->roles[i];
	return NULL;
}

/* Another executable of the same command, or the same in a role that has no other label. */
static int make_unique(const struct policy *policy, char **name)
{
	_cleanup_free_ char *label = take(*name);
	unsigned attempt = 1;
	bool is_taken;

	do {
		free(*name);
		if (attempt == 1)
			*name = strdup(label);
		else if (asprintf(name, "%s#%u", label, attempt) < 0)
			*name = NULL;
		is_taken = false;
		for (size_t i = 0; *name && i + 1 < policy->roles_count; i++)
			is_taken |= strcmp(policy->roles[i].name, *name) == 0;
		attempt++;
	} while (is_taken);
	return *name ? 0 : -ENOMEM;
}

static int add_role(struct policy *policy, const struct process *process, struct role **result)
{
	struct role *role = policy_add_role(policy);

	*result = role;
	/* Past the bound a role is unknown, and its processes keep the whole policy. */
	if (!role)
		return policy->roles_count == ROLES_MAX ? 0 : -ENOMEM;
	role->name = observed_process_label(process);
	role->executable = strdup(process->executable);
	role->title = process->title ? strdup(process->title) : NULL;
	role->depth = process->depth;
	if (!role->name || !role->executable || (process->title && !role->title))
		return -ENOMEM;
	return make_unique(policy, &role->name);
}

/* ---- what a process makes ---- */

static bool is_one_of(const struct call *call, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (call->nr == syscall_number(call->abi, names[i]))
			return true;
	return false;
}

/* A thread is no process: it has its filter with the others. */
static bool is_fork(const struct call *call)
{
	static const char *const forks[] = { "fork", "vfork" }, *const clones[] = { "clone",
										    "clone3" };

	if (is_one_of(call, forks, ARRAY_SIZE(forks)))
		return true;
	if (!is_one_of(call, clones, ARRAY_SIZE(clones)))
		return false;
	for (size_t i = 0; i < call->arguments_count; i++)
		if (!(call->arguments[i].value[0] & CLONE_THREAD))
			return true;
	return call->arguments_any || call->arguments_count == 0;
}

static bool is_execve(const struct call *call)
{
	static const char *const names[] = { "execve", "execveat" };

	return is_one_of(call, names, ARRAY_SIZE(names));
}

struct gathering {
	const struct run *run;
	struct policy *policy;
	size_t process;
	uint64_t bit; /* of its role */
	bool forks, executes; /* while it serves */
};

/* Whether PROCESS may have been forked by the one that is gathered for. */
static bool is_below(const struct gathering *gathering, size_t process)
{
	const struct process *above = &gathering->run->processes[gathering->process];
	const struct process *below = &gathering->run->processes[process];

	return !below->is_manager && below->depth > above->depth &&
	       is_same(above->executable, below->executable) && is_same(above->line, below->line) &&
	       above->line_index == below->line_index;
}

static void mark(const struct gathering *gathering, const struct call *call, enum phase phase)
{
	struct policy *policy = gathering->policy;
	size_t count;
	const struct rule *found = policy_find(policy, call->abi, call->nr, &count);

	for (size_t i = 0; found && i < count; i++) {
		struct rule *rule = &policy->rules[(size_t)(found - policy->rules) + i];

		if (phase == PHASE_STARTUP)
			rule->startup_roles |= gathering->bit;
		else
			rule->serving_roles |= gathering->bit;
	}
}

/* Its own calls, then, where it forks, those of the processes below it. */
static void gather(struct gathering *gathering)
{
	const struct run *run = gathering->run;

	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];

		if (call->process != gathering->process)
			continue;
		mark(gathering, call, call->phase);
		if (call->phase == PHASE_STARTUP)
			continue;
		gathering->forks |= is_fork(call);
		gathering->executes |= is_execve(call);
	}
	for (size_t i = 0; gathering->forks && i < run->calls_count; i++) {
		if (!is_below(gathering, run->calls[i].process))
			continue;
		mark(gathering, &run->calls[i], PHASE_SERVING);
		gathering->executes |= is_execve(&run->calls[i]);
	}
	for (size_t i = 0; gathering->executes && i < gathering->policy->rules_count; i++)
		if (gathering->policy->rules[i].action == SECCOMP_RET_ALLOW)
			gathering->policy->rules[i].serving_roles |= gathering->bit;
}

static int add_process(const struct run *run, size_t index, const titled_array *titled,
		       struct policy *policy)
{
	struct process process = run->processes[index];
	struct gathering gathering = { .run = run, .policy = policy, .process = index };
	const struct titled *own;
	struct role *role;

	if (!may_have_role(run, index))
		return 0;
	own = find_titled(titled, process.executable);
	if (own && own->is_crowded)
		process.title = NULL;
	role = find_role(policy, &process);
	if (!role && add_role(policy, &process, &role) < 0)
		return -ENOMEM;
	if (!role)
		return 0;
	if (process.depth < role->depth)
		role->depth = process.depth;
	gathering.bit = UINT64_C(1) << (role - policy->roles);
	gather(&gathering);
	return 0;
}

int roles_add(const struct recording *recording, struct policy *policy, struct error *err)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);
	_cleanup_(free_titled) titled_array titled = { 0 };

	for (size_t i = 0; i < count; i++)
		if (note_titles(&titled, runs[i]) < 0)
			return error_oom(err);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < runs[i]->processes_count; j++)
			if (add_process(runs[i], j, &titled, policy) < 0)
				return error_oom(err);
	return 0;
}
