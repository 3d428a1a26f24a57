// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/rule_text.h"

#include "common/cleanup.h"
#include "policy/action.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

#define LINE_WIDTH 80

void rule_text_print_call(FILE *out, enum abi abi, int nr)
{
	const char *name = syscall_name(abi, nr);

	if (name)
		fputs(name, out);
	else
		fprintf(out, "%d", nr);
}

static const struct argument *find_argument(const struct rule *rule, unsigned index)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	const struct syscall_arguments *known = name ? syscall_arguments_of(rule->abi, name) : NULL;

	for (unsigned i = 0; known && i < known->count; i++)
		if (known->argument[i].index == index && known->argument[i].pointee_offset < 0)
			return &known->argument[i];
	return NULL;
}

static void print_value(FILE *out, enum abi abi, const struct argument *argument, uint64_t value)
{
	char text[256];

	if (argument)
		fputs(argument_format(abi, argument->kind, value, 0, text, sizeof(text)), out);
	else if (value < 1024)
		fprintf(out, "%" PRIu64, value);
	else
		fprintf(out, "0x%" PRIx64, value);
}

static void print_condition(FILE *out, const struct rule *rule, const struct condition *condition)
{
	static const char *const signs[] = {
		[COMPARE_EQUAL] = "==",	       [COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",	       [COMPARE_LESS_EQUAL] = "<=",
		[COMPARE_GREATER] = ">",       [COMPARE_GREATER_EQUAL] = ">=",
		[COMPARE_MASKED_EQUAL] = "==",
	};
	const struct argument *argument = find_argument(rule, condition->argument);

	if (argument && argument->label)
		fputs(argument->label, out);
	else
		fprintf(out, "argument %u", condition->argument);
	if (condition->comparison == COMPARE_MASKED_EQUAL) {
		fputs(" & ", out);
		print_value(out, rule->abi, argument, condition->mask);
	}
	fprintf(out, " %s ", signs[condition->comparison]);
	/* With a mask, 0 is no name: "== AF_UNSPEC" would be wrong. */
	print_value(out, rule->abi, condition->value ? argument : NULL, condition->value);
}

void rule_text_print_clause(FILE *out, const struct rule *rule, const struct clause *clause)
{
	for (size_t i = 0; i < clause->count; i++) {
		if (i > 0)
			fputs(" and ", out);
		print_condition(out, rule, &clause->conditions[i]);
	}
}

/* ---- a whole policy ---- */

/* Number of consecutive rules for the call of the first. */
static size_t count_rules(const struct policy *policy, size_t first)
{
	const struct rule *rules = &policy->rules[first];
	size_t count = 1;

	while (first + count < policy->rules_count && rules[count].abi == rules->abi &&
	       rules[count].nr == rules->nr)
		count++;
	return count;
}

static bool is_plain(const struct policy *policy, size_t at)
{
	return count_rules(policy, at) == 1 && policy->rules[at].clauses_count == 0;
}

/* Names in lines of LINE_WIDTH, numbers without a name as ranges. */
static void print_plain(FILE *out, const struct policy *policy, enum abi abi, action outcome)
{
	size_t column = 0;

	for (size_t i = 0, count; i < policy->rules_count; i += count) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(abi, rule->nr);
		char text[128];
		size_t length, last = i;

		count = count_rules(policy, i);
		if (rule->abi != abi || !is_plain(policy, i) || rule->action != outcome)
			continue;
		while (!name && last + 1 < policy->rules_count && is_plain(policy, last + 1) &&
		       policy->rules[last + 1].abi == abi &&
		       policy->rules[last + 1].action == outcome &&
		       policy->rules[last + 1].nr == policy->rules[last].nr + 1 &&
		       !syscall_name(abi, policy->rules[last + 1].nr))
			last++;
		if (name)
			snprintf(text, sizeof(text), "%s", name);
		else if (last > i)
			snprintf(text, sizeof(text), "%d-%d", rule->nr, policy->rules[last].nr);
		else
			snprintf(text, sizeof(text), "%d", rule->nr);
		count = last + 1 - i > count ? last + 1 - i : count;
		length = strlen(text);
		if (column == 0 || column + 1 + length > LINE_WIDTH) {
			fprintf(out, "%s    %s", column ? "\n" : "", text);
			column = 4 + length;
		} else {
			fprintf(out, " %s", text);
			column += 1 + length;
		}
	}
	fputc('\n', out);
}

static void print_with_conditions(FILE *out, const struct policy *policy, size_t first)
{
	size_t count = count_rules(policy, first);
	const struct rule *rule = &policy->rules[first];
	char name[32];

	fputs("  ", out);
	rule_text_print_call(out, rule->abi, rule->nr);
	fputc('\n', out);
	for (size_t i = 0; i < count; i++, rule++) {
		action_format(rule->action, name, sizeof(name));
		for (size_t j = 0; j < rule->clauses_count; j++) {
			fprintf(out, "    %s where ", name);
			rule_text_print_clause(out, rule, &rule->clauses[j]);
			fputc('\n', out);
		}
		if (rule->clauses_count == 0) {
			fprintf(out, "    else %s\n", name);
			return;
		}
	}
	fprintf(out, "    else %s\n",
		action_format(
			policy_default(policy, policy->rules[first].abi, policy->rules[first].nr),
			name, sizeof(name)));
}

static void print_defaults(FILE *out, const struct policy *policy, enum abi abi)
{
	action other = policy->default_action;
	char name[32];

	for (size_t i = 0; i < policy->spans_count; i++) {
		const struct span *span = &policy->spans[i];

		if (span->abi != abi)
			continue;
		if (span->first == 0 && span->last == UINT32_MAX) {
			other = span->action;
			break;
		}
		fprintf(out, "  other numbers from 0x%x to 0x%x: %s\n", span->first, span->last,
			action_format(span->action, name, sizeof(name)));
	}
	fprintf(out, "  any other: %s\n", action_format(other, name, sizeof(name)));
}

static void print_abi(FILE *out, const struct policy *policy, enum abi abi)
{
	char name[32];

	fprintf(out, "%s\n", abi_info(abi)->name);
	for (size_t i = 0; i < policy->rules_count; i++) {
		action outcome = policy->rules[i].action;
		size_t count = 0;
		bool is_first = true;

		if (policy->rules[i].abi != abi || !is_plain(policy, i))
			continue;
		for (size_t j = 0; j < policy->rules_count; j++) {
			bool is_same = policy->rules[j].abi == abi && is_plain(policy, j) &&
				       policy->rules[j].action == outcome;

			is_first = is_first && !(is_same && j < i);
			count += is_same;
		}
		if (!is_first)
			continue;
		fprintf(out, "  %s (%zu):\n", action_format(outcome, name, sizeof(name)), count);
		print_plain(out, policy, abi, outcome);
	}
	for (size_t i = 0; i < policy->rules_count; i += count_rules(policy, i))
		if (policy->rules[i].abi == abi && !(is_plain(policy, i)))
			print_with_conditions(out, policy, i);
	print_defaults(out, policy, abi);
}

void rule_text_print_policy(FILE *out, const struct policy *policy)
{
	char name[32];

	for (size_t i = 0; i < policy->abis_count; i++)
		print_abi(out, policy, policy->abis[i]);
	fprintf(out, "any other ABI: %s\n",
		action_format(policy->foreign_action, name, sizeof(name)));
}
