// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The JSON that Firecracker's seccompiler compiles: a filter for each kind of thread. A policy
 * applies to the whole process, so the three are alike. All conditions of a rule must be true, and
 * several rules for one call are alternatives.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "emit/emit.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>

static void write_action(struct json_writer *json, const char *key, uint32_t verdict)
{
	uint32_t kind = verdict & SECCOMP_RET_ACTION_FULL;

	if (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE) {
		json_write_object_line(json, key);
		json_write_uint(json, kind == SECCOMP_RET_ERRNO ? "errno" : "trace",
				verdict & SECCOMP_RET_DATA);
		json_write_end_object(json);
		return;
	}
	json_write_string(json, key,
			  kind == SECCOMP_RET_KILL_PROCESS  ? "kill_process"
			  : kind == SECCOMP_RET_KILL_THREAD ? "kill_thread"
			  : kind == SECCOMP_RET_TRAP	    ? "trap"
			  : kind == SECCOMP_RET_LOG	    ? "log"
							    : "allow");
}

static void write_condition(struct json_writer *json, const struct rule *rule,
			    const struct condition *condition)
{
	static const char *const names[] = {
		[COMPARE_EQUAL] = "eq",	       [COMPARE_NOT_EQUAL] = "ne",
		[COMPARE_LESS] = "lt",	       [COMPARE_LESS_EQUAL] = "le",
		[COMPARE_GREATER] = "gt",      [COMPARE_GREATER_EQUAL] = "ge",
		[COMPARE_MASKED_EQUAL] = NULL,
	};
	char text[ARGUMENT_TEXT_MAX];

	json_write_object_line(json, NULL);
	json_write_uint(json, "index", condition->argument);
	json_write_string(json, "type", "qword");
	if (condition->comparison == COMPARE_MASKED_EQUAL) {
		json_write_object_line(json, "op");
		json_write_uint(json, "masked_eq", condition->mask);
		json_write_end_object(json);
	} else {
		json_write_string(json, "op", names[condition->comparison]);
	}
	json_write_uint(json, "val", condition->value);
	json_write_string(json, "comment", emit_value_name(rule, condition, text));
	json_write_end_object(json);
}

static void write_rule(struct json_writer *json, const struct rule *rule,
		       const struct clause *clause, const char *comment)
{
	json_write_object(json, NULL);
	json_write_string(json, "syscall", syscall_name(rule->abi, rule->nr));
	json_write_string(json, "comment", comment);
	if (clause) {
		json_write_array(json, "args");
		for (size_t i = 0; i < clause->count; i++)
			write_condition(json, rule, &clause->conditions[i]);
		json_write_end_array(json);
	}
	json_write_end_object(json);
}

static void write_filter(struct json_writer *json, const char *key, const struct policy *policy,
			 const struct rule *const *rules, size_t count, bool with_reasons)
{
	json_write_object(json, key);
	write_action(json, "default_action", policy->default_action);
	json_write_string(json, "filter_action", "allow");
	json_write_array(json, "filter");
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *comment = with_reasons ? emit_reason(rules[i]) : NULL;

		for (size_t j = 0; j < rules[i]->clauses_count; j++)
			write_rule(json, rules[i], &rules[i]->clauses[j], comment);
		if (rules[i]->clauses_count == 0)
			write_rule(json, rules[i], NULL, comment);
	}
	json_write_end_array(json);
	json_write_end_object(json);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	static const char *const threads[] = { "vmm", "api", "vcpu" };
	struct json_writer json = json_writer(out);
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	json_write_object(&json, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		write_filter(&json, threads[i], policy, rules, count, options->with_reasons);
	json_write_end_object(&json);
	return 0;
}

const struct emitter emit_firecracker = {
	.name = "firecracker",
	.summary = "JSON for Firecracker's seccompiler",
	.enforced_by = "seccompiler-bin, firecracker --seccomp-filter",
	.is_not_run = true,
	.can = EMIT_ARGUMENTS | EMIT_REPEATED | EMIT_COMMENTS,
	.defaults = EMIT_KILL_PROCESS | EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO | EMIT_TRACE |
		    EMIT_LOG,
	.foreign = SECCOMP_RET_KILL_PROCESS,
	.emit = emit,
};
