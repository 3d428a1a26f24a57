// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes the policy's file (docs/policy.md): members in a fixed order, so that equal policies give
 * equal bytes and a difference of two files reads as a difference of two decisions.
 */
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "policy/action.h"
#include "policy/parts.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>

static void write_action(struct json_writer *writer, const char *key, uint32_t value)
{
	char text[32];

	json_write_string(writer, key, action_format(value, text, sizeof(text)));
}

static void write_clauses(struct json_writer *writer, const struct rule *rule)
{
	if (rule->clauses_count == 0)
		return;
	json_write_array(writer, "clauses");
	for (size_t i = 0; i < rule->clauses_count; i++) {
		json_write_array_line(writer, NULL);
		for (size_t j = 0; j < rule->clauses[i].count; j++) {
			const struct condition *condition = &rule->clauses[i].conditions[j];

			json_write_object_line(writer, NULL);
			json_write_uint(writer, "argument", condition->argument);
			json_write_string(writer, "comparison",
					  comparison_name(condition->comparison));
			json_write_hex(writer, "value", condition->value);
			if (condition->comparison == COMPARE_MASKED_EQUAL)
				json_write_hex(writer, "mask", condition->mask);
			json_write_end_object(writer);
		}
		json_write_end_array(writer);
	}
	json_write_end_array(writer);
}

static void write_role_names(struct json_writer *writer, const char *key,
			     const struct policy *policy, uint64_t roles)
{
	if (!roles)
		return;
	json_write_array_line(writer, key);
	for (size_t i = 0; i < policy->roles_count; i++)
		if (roles >> i & 1)
			json_write_string(writer, NULL, policy->roles[i].name);
	json_write_end_array(writer);
}

static void write_evidence(struct json_writer *writer, const struct policy *policy,
			   const struct rule *rule)
{
	size_t size = rule_tuple_size(rule);

	if (rule->phases) {
		json_write_array_line(writer, "phases");
		for (unsigned i = 0; i < PHASE_COUNT; i++)
			if (rule->phases & 1U << i)
				json_write_string(writer, NULL, phase_name((enum phase)i));
		json_write_end_array(writer);
	}
	write_role_names(writer, "startup", policy, rule->startup_roles);
	write_role_names(writer, "serving", policy, rule->serving_roles);
	if (rule->frequency)
		json_write_uint(writer, "frequency", rule->frequency);
	if (rule->seen_count) {
		json_write_array(writer, "seen");
		for (size_t i = 0; i < rule->seen_count; i++) {
			json_write_object_line(writer, NULL);
			json_write_array_line(writer, "values");
			for (size_t j = 0; j < size; j++)
				json_write_hex(writer, NULL, rule->seen[i].value[j]);
			json_write_end_array(writer);
			json_write_uint(writer, "count", rule->seen[i].count);
			json_write_end_object(writer);
		}
		json_write_end_array(writer);
	}
	if (rule->seen_any)
		json_write_bool(writer, "seen_any", true);
}

static void write_rule(struct json_writer *writer, const struct policy *policy,
		       const struct rule *rule)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "abi", abi_info(rule->abi)->name);
	json_write_string(writer, "name", syscall_name(rule->abi, rule->nr));
	json_write_uint(writer, "nr", (uint64_t)rule->nr);
	write_action(writer, "action", rule->action);
	write_clauses(writer, rule);
	parts_write_reasons(writer, rule->reasons, rule->reasons_count);
	write_evidence(writer, policy, rule);
	json_write_end_object(writer);
}

static void write_strings(struct json_writer *writer, const struct policy *policy)
{
	if (policy->recordings_count) {
		json_write_array(writer, "recordings");
		for (size_t i = 0; i < policy->recordings_count; i++)
			json_write_string(writer, NULL, policy->recordings[i]);
		json_write_end_array(writer);
	}
	if (policy->open && policy->open[0]) {
		json_write_array(writer, "open");
		for (char **sentence = policy->open; *sentence; sentence++)
			json_write_string(writer, NULL, *sentence);
		json_write_end_array(writer);
	}
}

static void write_defaults(struct json_writer *writer, const struct policy *policy)
{
	if (policy->spans_count == 0)
		return;
	json_write_array(writer, "defaults");
	for (size_t i = 0; i < policy->spans_count; i++) {
		const struct span *span = &policy->spans[i];

		json_write_object_line(writer, NULL);
		json_write_string(writer, "abi", abi_info(span->abi)->name);
		if (span->first > 0)
			json_write_uint(writer, "first", span->first);
		if (span->last < UINT32_MAX)
			json_write_uint(writer, "last", span->last);
		write_action(writer, "action", span->action);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_roles(struct json_writer *writer, const struct policy *policy)
{
	if (policy->roles_count == 0)
		return;
	json_write_array(writer, "roles");
	for (size_t i = 0; i < policy->roles_count; i++) {
		const struct role *role = &policy->roles[i];

		json_write_object_line(writer, NULL);
		json_write_string(writer, "name", role->name);
		json_write_string(writer, "executable", role->executable);
		json_write_string(writer, "title", role->title);
		json_write_uint(writer, "depth", role->depth);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

int policy_write(const struct policy *policy, FILE *out, struct error *err)
{
	struct json_writer writer = json_writer(out);

	json_write_object(&writer, NULL);
	json_write_string(&writer, "format", POLICY_FORMAT);
	json_write_uint(&writer, "version", POLICY_VERSION);
	json_write_string(&writer, "target", policy->target);
	json_write_string(&writer, "level", policy->level);
	json_write_string(&writer, "systemd", policy->systemd);
	json_write_string(&writer, "libc", policy->libc);
	json_write_array_line(&writer, "abis");
	for (size_t i = 0; i < policy->abis_count; i++)
		json_write_string(&writer, NULL, abi_info(policy->abis[i])->name);
	json_write_end_array(&writer);
	write_action(&writer, "default", policy->default_action);
	write_defaults(&writer, policy);
	write_action(&writer, "foreign", policy->foreign_action);
	write_strings(&writer, policy);
	write_roles(&writer, policy);
	parts_write(&writer, policy);
	json_write_array(&writer, "rules");
	for (size_t i = 0; i < policy->rules_count; i++)
		write_rule(&writer, policy, &policy->rules[i]);
	json_write_end_array(&writer);
	json_write_end_object(&writer);
	return ferror(out) ? error_set_errno(err, -EIO, "the policy can't be written") : 0;
}

int policy_save(const struct policy *policy, const char *path, mode_t mode, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;

	if (file_writer_open(path, mode, &writer, err) < 0)
		return err->code;
	if (policy_write(policy, file_writer_stream(writer), err) < 0)
		return error_prefix(err, "%s", path);
	return file_writer_commit(take(writer), err);
}
