// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The policy in memory: plain arrays that grow by doubling. No array stores its capacity: it is
 * always the count rounded up to a power of two, which is why everything that builds a policy uses
 * the functions here.
 */
#include "policy/policy.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "policy/action.h"
#include "policy/parts.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

struct policy *policy_new(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->default_action = SECCOMP_RET_ERRNO | EPERM;
	policy->foreign_action = SECCOMP_RET_KILL_PROCESS;
	return policy;
}

static void rule_clear(struct rule *rule)
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		free(rule->clauses[i].conditions);
	free(rule->clauses);
	parts_free_reasons(rule->reasons, rule->reasons_count);
	free(rule->seen);
}

static void role_clear(struct role *role)
{
	free(role->name);
	free(role->executable);
	free(role->title);
}

void policy_freep(struct policy **pointer)
{
	struct policy *policy = *pointer;

	if (!policy)
		return;
	for (size_t i = 0; i < policy->rules_count; i++)
		rule_clear(&policy->rules[i]);
	free(policy->rules);
	free(policy->spans);
	for (char **sentence = policy->open; sentence && *sentence; sentence++)
		free(*sentence);
	free(policy->open);
	for (size_t i = 0; i < policy->roles_count; i++)
		role_clear(&policy->roles[i]);
	free(policy->roles);
	parts_free(policy);
	free(policy->recordings);
	free(policy->target);
	free(policy->level);
	free(policy->systemd);
	free(policy->libc);
	free(policy);
	*pointer = NULL;
}

struct rule *policy_add_rule(struct policy *policy)
{
	struct rule *rule = array_grow_one(&policy->rules, policy->rules_count);

	if (rule)
		policy->rules_count++;
	return rule;
}

struct rule *policy_add_verdict(struct policy *policy, enum abi abi, int nr, action verdict)
{
	struct rule *rule = policy_add_rule(policy);

	if (rule) {
		rule->abi = abi;
		rule->nr = nr;
		rule->action = verdict;
	}
	return rule;
}

int policy_add_span(struct policy *policy, struct span span)
{
	struct span *at;

	if (policy->spans_count == SPANS_MAX)
		return -E2BIG;
	at = array_grow_one(&policy->spans, policy->spans_count);
	if (!at)
		return -ENOMEM;
	*at = span;
	policy->spans_count++;
	return 0;
}

void policy_remove_rule(struct policy *policy, size_t index)
{
	rule_clear(&policy->rules[index]);
	policy->rules_count--;
	memmove(&policy->rules[index], &policy->rules[index + 1],
		(policy->rules_count - index) * sizeof(*policy->rules));
}

int rule_add_reason(struct rule *rule, enum reason_kind kind, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = parts_format_reason(&rule->reasons, &rule->reasons_count, kind, format, ap);
	va_end(ap);
	return r;
}

struct clause *rule_add_clause(struct rule *rule)
{
	struct clause *clause = array_grow_one(&rule->clauses, rule->clauses_count);

	if (clause)
		rule->clauses_count++;
	return clause;
}

int clause_add(struct clause *clause, struct condition condition)
{
	struct condition *at = array_grow_one(&clause->conditions, clause->count);

	if (!at)
		return -ENOMEM;
	*at = condition;
	clause->count++;
	return 0;
}

int rule_add_seen(struct rule *rule, const struct argument_values *values)
{
	struct argument_values *at = array_grow_one(&rule->seen, rule->seen_count);

	if (!at)
		return -ENOMEM;
	*at = *values;
	rule->seen_count++;
	return 0;
}

int policy_add_abi(struct policy *policy, enum abi abi)
{
	size_t at = 0;

	if ((unsigned)abi >= ABI_COUNT)
		return -EINVAL;
	while (at < policy->abis_count && policy->abis[at] < abi)
		at++;
	if (at < policy->abis_count && policy->abis[at] == abi)
		return 0;
	if (policy->abis_count == ABI_COUNT)
		return -EINVAL;
	memmove(&policy->abis[at + 1], &policy->abis[at],
		(policy->abis_count - at) * sizeof(policy->abis[0]));
	policy->abis[at] = abi;
	policy->abis_count++;
	return 0;
}

bool policy_has_abi(const struct policy *policy, enum abi abi)
{
	for (size_t i = 0; i < policy->abis_count; i++)
		if (policy->abis[i] == abi)
			return true;
	return false;
}

struct role *policy_add_role(struct policy *policy)
{
	struct role *role = policy->roles_count == ROLES_MAX
				    ? NULL
				    : array_grow_one(&policy->roles, policy->roles_count);

	if (role)
		policy->roles_count++;
	return role;
}

int policy_add_recording(struct policy *policy, const char *id)
{
	char(*at)[33] = array_grow_one(&policy->recordings, policy->recordings_count);

	if (!at)
		return -ENOMEM;
	strncpy(*at, id, sizeof(*at) - 1);
	policy->recordings_count++;
	return 0;
}

static size_t count_open(const struct policy *policy)
{
	size_t count = 0;

	while (policy->open && policy->open[count])
		count++;
	return count;
}

int policy_add_open(struct policy *policy, const char *format, ...)
{
	char *text;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	return array_add_text(&policy->open, text);
}

/* ---- copies ---- */

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int rule_copy(struct rule *to, const struct rule *from)
{
	to->abi = from->abi;
	to->nr = from->nr;
	to->action = from->action;
	to->phases = from->phases;
	to->serving_roles = from->serving_roles;
	to->startup_roles = from->startup_roles;
	to->frequency = from->frequency;
	to->seen_any = from->seen_any;
	for (size_t i = 0; i < from->clauses_count; i++) {
		struct clause *clause = rule_add_clause(to);

		for (size_t j = 0; clause && j < from->clauses[i].count; j++)
			if (clause_add(clause, from->clauses[i].conditions[j]) < 0)
				return -ENOMEM;
		if (!clause)
			return -ENOMEM;
	}
	if (parts_copy_reasons(&to->reasons, &to->reasons_count, from->reasons,
			       from->reasons_count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < from->seen_count; i++)
		if (rule_add_seen(to, &from->seen[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int copy_roles(struct policy *to, const struct policy *from)
{
	for (size_t i = 0; i < from->roles_count; i++) {
		struct role *role = policy_add_role(to);

		if (!role || copy_text(&role->name, from->roles[i].name) < 0 ||
		    copy_text(&role->executable, from->roles[i].executable) < 0 ||
		    copy_text(&role->title, from->roles[i].title) < 0)
			return -ENOMEM;
		role->depth = from->roles[i].depth;
	}
	return 0;
}

struct policy *policy_copy(const struct policy *policy)
{
	_cleanup_(policy_freep) struct policy *copy = policy_new();

	if (!copy || copy_text(&copy->target, policy->target) < 0 ||
	    copy_text(&copy->level, policy->level) < 0 ||
	    copy_text(&copy->systemd, policy->systemd) < 0 ||
	    copy_text(&copy->libc, policy->libc) < 0 || copy_roles(copy, policy) < 0)
		return NULL;
	memcpy(copy->abis, policy->abis, sizeof(copy->abis));
	copy->abis_count = policy->abis_count;
	copy->default_action = policy->default_action;
	for (size_t i = 0; i < policy->spans_count; i++)
		if (policy_add_span(copy, policy->spans[i]) < 0)
			return NULL;
	copy->foreign_action = policy->foreign_action;
	for (size_t i = 0; i < policy->rules_count; i++) {
		struct rule *rule = policy_add_rule(copy);

		if (!rule || rule_copy(rule, &policy->rules[i]) < 0)
			return NULL;
	}
	for (size_t i = 0; i < count_open(policy); i++)
		if (policy_add_open(copy, "%s", policy->open[i]) < 0)
			return NULL;
	if (parts_copy(copy, policy) < 0)
		return NULL;
	for (size_t i = 0; i < policy->recordings_count; i++)
		if (policy_add_recording(copy, policy->recordings[i]) < 0)
			return NULL;
	return take(copy);
}

/* ---- asking ---- */

action policy_default(const struct policy *policy, enum abi abi, int nr)
{
	for (size_t i = 0; i < policy->spans_count; i++) {
		const struct span *span = &policy->spans[i];

		if (span->abi == abi && (uint32_t)nr >= span->first && (uint32_t)nr <= span->last)
			return span->action;
	}
	return policy->default_action;
}

int rule_compare_call(const struct rule *a, const struct rule *b)
{
	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return (a->nr > b->nr) - (a->nr < b->nr);
}

const struct rule *policy_find(const struct policy *policy, enum abi abi, int nr, size_t *count)
{
	const struct rule key = { .abi = abi, .nr = nr };
	size_t low = 0, high = policy->rules_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rule_compare_call(&policy->rules[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < policy->rules_count; end++)
		if (rule_compare_call(&policy->rules[end], &key) != 0)
			break;
	if (count)
		*count = end - low;
	return end > low ? &policy->rules[low] : NULL;
}

bool condition_holds(const struct condition *condition, const uint64_t arguments[6])
{
	uint64_t argument = arguments[condition->argument], value = condition->value;

	switch (condition->comparison) {
	case COMPARE_EQUAL:
		return argument == value;
	case COMPARE_NOT_EQUAL:
		return argument != value;
	case COMPARE_LESS:
		return argument < value;
	case COMPARE_LESS_EQUAL:
		return argument <= value;
	case COMPARE_GREATER:
		return argument > value;
	case COMPARE_GREATER_EQUAL:
		return argument >= value;
	case COMPARE_MASKED_EQUAL:
		return (argument & condition->mask) == value;
	}
	return false;
}

static bool clause_holds(const struct clause *clause, const uint64_t arguments[6])
{
	for (size_t i = 0; i < clause->count; i++)
		if (!condition_holds(&clause->conditions[i], arguments))
			return false;
	return true;
}

bool rule_matches(const struct rule *rule, const uint64_t arguments[6])
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		if (clause_holds(&rule->clauses[i], arguments))
			return true;
	return rule->clauses_count == 0;
}

bool rule_allows(const struct rule *rule)
{
	return action_allows(rule->action);
}

action policy_evaluate(const struct policy *policy, enum abi abi, int nr,
		       const uint64_t arguments[6])
{
	const struct rule *rule;
	size_t count;

	if (!policy_has_abi(policy, abi))
		return policy->foreign_action;
	rule = policy_find(policy, abi, nr, &count);
	for (size_t i = 0; i < count; i++)
		if (rule_matches(&rule[i], arguments))
			return rule[i].action;
	return policy_default(policy, abi, nr);
}

const char *reason_kind_name(enum reason_kind kind)
{
	static const char *const names[REASON_COUNT] = {
		[REASON_SEEN] = "seen",	      [REASON_BASE] = "base",
		[REASON_SIBLING] = "sibling", [REASON_REACHABLE] = "reachable",
		[REASON_RUNTIME] = "runtime", [REASON_DENIED] = "denied",
		[REASON_ASKED] = "asked",     [REASON_IMPORTED] = "imported",
	};

	return (unsigned)kind < REASON_COUNT ? names[kind] : "unknown";
}

const char *comparison_name(enum comparison comparison)
{
	static const char *const names[COMPARISON_COUNT] = {
		[COMPARE_EQUAL] = "==",		[COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",		[COMPARE_LESS_EQUAL] = "<=",
		[COMPARE_GREATER] = ">",	[COMPARE_GREATER_EQUAL] = ">=",
		[COMPARE_MASKED_EQUAL] = "&==",
	};

	return (unsigned)comparison < COMPARISON_COUNT ? names[comparison] : "unknown";
}

size_t rule_tuple_size(const struct rule *rule)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	const struct syscall_arguments *arguments =
		name ? syscall_arguments_of(rule->abi, name) : NULL;

	return arguments ? arguments->count : 0;
}

bool rule_seen_is_whole(const struct rule *rule)
{
	if (rule->seen_any || rule->seen_count)
		return !rule->seen_any;
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != REASON_BASE)
			return false;
	return rule->reasons_count > 0;
}
