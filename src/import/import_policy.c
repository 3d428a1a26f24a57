// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Profiles and policies of other tools: the reader of the source converts one to a policy. That is either
 * the result, or its allowed calls become a recording.
 */
#include "import/import_policy.h"
#include "import/import.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "import/profile/list_policy.h"
#include "import/registry.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* The whole list as a policy, which the caller owns; its mistakes are in the import's result. */
static int read_policy(struct import *import, const struct importer *importer, const char *data,
		       size_t size, struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	struct list_reader reader = { .import = import, .policy = policy };
	int r;

	if (!policy || policy_add_abi(policy, import->settings->abi) < 0)
		return error_oom(err);
	policy->foreign_action = SECCOMP_RET_KILL_THREAD;
	r = importer->policy(&reader, data, size, err);
	if (r == 0 && reader.is_out_of_memory)
		r = error_oom(err);
	if (r == 0)
		r = policy_finish(policy, err);
	if (r < 0)
		return r;
	*result = take(policy);
	return 0;
}

/* ---- as a recording ---- */

static bool is_allowing(action verdict)
{
	uint32_t kind = verdict & SECCOMP_RET_ACTION_FULL;

	return kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG;
}

/* A recording can't express an order or a mask, so conditions don't count here: a call is allowed if a
 * rule allows it with some arguments, or if the default does and no rule denies it with all. */
static bool allows(const struct policy *policy, enum abi abi, int nr)
{
	bool is_allowed = is_allowing(policy->default_action);
	size_t count = 0;
	const struct rule *rules = policy_find(policy, abi, nr, &count);

	for (size_t i = 0; rules && i < count; i++) {
		if (is_allowing(rules[i].action))
			return true;
		if (!rules[i].clauses_count)
			is_allowed = false;
	}
	return is_allowed;
}

static void add_abi(struct import *import, const struct policy *policy, enum abi abi)
{
	const struct syscall_entry *entries;
	size_t count = syscall_table(abi, &entries);

	for (size_t i = 0; i < count; i++)
		if (allows(policy, abi, entries[i].nr))
			run_builder_add(import->run_builder, 0, abi, entries[i].nr, 0);
	/* Numbers without a name. */
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		bool is_repeated = i && rule[-1].abi == abi && rule[-1].nr == rule->nr;

		if (rule->abi == abi && rule->nr >= 0 && !is_repeated &&
		    !syscall_name(abi, rule->nr) && allows(policy, abi, rule->nr))
			run_builder_add(import->run_builder, 0, abi, rule->nr, 0);
	}
}

/* The calls of the ABI that the settings name; of all ABIs of a list that does not have that one. */
int import_policy_document(struct import *import, const char *data, size_t size, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	enum abi abi = import->settings->abi;
	int r = read_policy(import, import->importer, data, size, &policy, err);

	if (r == 0 && policy_has_abi(policy, abi))
		add_abi(import, policy, abi);
	else
		for (size_t i = 0; r == 0 && i < policy->abis_count; i++)
			add_abi(import, policy, policy->abis[i]);
	return r;
}

/* ---- as a policy ---- */

int import_policy_memory(const char *path, const char *data, size_t size,
			 const struct import_settings *settings, struct policy **result,
			 struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct import import = { .settings = settings, .result = { .path = path }, .strict = err };
	const struct import_mistake *mistake = &import.result.mistakes[0];
	const struct importer *importer;
	int r = registry_choose(settings, true, path, data,
				size < IMPORT_BLOCK ? size : IMPORT_BLOCK, &importer, err);

	if (r < 0)
		return r;
	if (size > IMPORT_DOCUMENT_MAX)
		return error_set(err, -EFBIG, "%s: too large", path);
	r = read_policy(&import, importer, data, size, &policy, err);
	if (r < 0)
		return r;
	if (import.result.malformed)
		return error_set(err, -EBADMSG, "%s: line %llu: %s: \"%s\"", path,
				 (unsigned long long)mistake->line, mistake->reason,
				 mistake->excerpt);
	*result = take(policy);
	return 0;
}

int import_policy(const char *path, const struct import_settings *settings, struct policy **policy,
		  struct error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = file_read(path, IMPORT_DOCUMENT_MAX, &data, &size, err);

	return r < 0 ? r
		     : import_policy_memory(strcmp(path, "-") == 0 ? "standard input" : path, data,
					    size, settings, policy, err);
}
