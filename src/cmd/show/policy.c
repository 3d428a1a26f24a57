// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy by phases: start-up has the whole allowlist; for each role that was observed serving,
 * the calls that it keeps then, and those that are denied, grouped by reason.
 */
#include "cmd/show/policy.h"

#include "cmd/show/words.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "common/utf8.h"
#include "decide/serving.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 96

/* The roles, or, where no recording tells them, whoever serves. */
static size_t first_role(const struct policy *policy)
{
	return policy->roles_count ? 0 : ROLE_ANY;
}

static bool is_role(const struct policy *policy, size_t role)
{
	return role < policy->roles_count || (role == ROLE_ANY && policy->roles_count == 0);
}

static size_t next_role(size_t role)
{
	return role == ROLE_ANY ? ROLE_ANY - 1 : role + 1;
}

static const char *role_name(const struct policy *policy, size_t role)
{
	return role == ROLE_ANY ? "any process" : policy->roles[role].name;
}

static size_t count_allowed(const struct policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->rules_count; i++)
		count += rule_allows(&policy->rules[i]);
	return count;
}

size_t show_policy_kept(const struct policy *policy, size_t role)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->rules_count; i++)
		count += rule_allows(&policy->rules[i]) &&
			 !serving_why_not(policy, &policy->rules[i], role);
	return count;
}

/* "i386:open" where it is not of the policy's first ABI. */
static char *rule_name(const struct policy *policy, const struct rule *rule)
{
	char buffer[CALL_NAME_SIZE], *text;
	const char *name = call_name(rule->abi, rule->nr, buffer);

	if (rule->abi == policy->abis[0])
		return strdup(name);
	return asprintf(&text, "%s:%s", abi_info(rule->abi)->name, name) < 0 ? NULL : text;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorted, in lines of a terminal's width. Takes the names over. */
static void print_names(char **names, size_t count, const char *before)
{
	size_t column = 0;

	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (column == 0 || column + 1 + strlen(names[i]) > LINE_WIDTH) {
			if (column)
				putchar('\n');
			print_text(stdout, "%s%s", before, names[i]);
			column = strlen(before) + strlen(names[i]);
		} else {
			print_text(stdout, " %s", names[i]);
			column += 1 + strlen(names[i]);
		}
		free(names[i]);
	}
	if (count)
		putchar('\n');
}

/* Prints the rules of one fate: WHY is what serving_why_not() returns for them, NULL: kept. */
static int print_fate(const struct policy *policy, const char *const *fates, const char *why,
		      const char *before)
{
	_cleanup_free_ char **names = calloc(policy->rules_count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; names && i < policy->rules_count; i++) {
		if (!rule_allows(&policy->rules[i]) || fates[i] != why)
			continue;
		names[count] = rule_name(policy, &policy->rules[i]);
		if (!names[count])
			break;
		count++;
	}
	if (!names)
		return -ENOMEM;
	print_names(names, count, before);
	return 0;
}

/* What is denied to a role: each reason once, in the order of the rules. */
static int print_taken(const struct policy *policy, const char *const *fates, bool colour)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		bool is_new = rule_allows(&policy->rules[i]) && fates[i];

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !rule_allows(&policy->rules[j]) || fates[j] != fates[i];
		if (!is_new)
			continue;
		printf("  %sdenied:%s %s\n", YELLOW(colour), PLAIN(colour), fates[i]);
		if (print_fate(policy, fates, fates[i], "    ") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_role(const struct policy *policy, size_t role, bool colour)
{
	_cleanup_free_ const char **fates = calloc(policy->rules_count + 1, sizeof(*fates));

	if (!fates)
		return -ENOMEM;
	for (size_t i = 0; i < policy->rules_count; i++)
		fates[i] = serving_why_not(policy, &policy->rules[i], role);
	printf("\n%s", BOLD(colour));
	utf8_print_safe(stdout, role_name(policy, role));
	printf("%s, serving: ", PLAIN(colour));
	words_counted(stdout, show_policy_kept(policy, role), "call", "calls");
	putchar('\n');
	if (print_fate(policy, fates, NULL, "  ") < 0)
		return -ENOMEM;
	return print_taken(policy, fates, colour);
}

int show_policy_text(const struct policy *policy, bool colour)
{
	printf("%s", BOLD(colour));
	utf8_print_safe(stdout, policy->target ? policy->target : "A policy");
	printf("%s%s", PLAIN(colour), policy->level ? ", level " : "");
	print_text(stdout, "%s: ", policy->level ? policy->level : "");
	words_counted(stdout, count_allowed(policy), "call is allowed", "calls are allowed");
	fputs(", all of them during start-up.\n", stdout);
	for (size_t role = first_role(policy); is_role(policy, role); role = next_role(role))
		if (print_role(policy, role, colour) < 0)
			return -ENOMEM;
	return 0;
}

static void write_call(struct json_writer *json, const struct rule *rule, const char *why)
{
	char name[CALL_NAME_SIZE];

	json_write_object_line(json, NULL);
	json_write_string(json, "abi", abi_info(rule->abi)->name);
	json_write_string(json, "name", call_name(rule->abi, rule->nr, name));
	json_write_string(json, "why", why);
	json_write_end_object(json);
}

static void write_fates(struct json_writer *json, const struct policy *policy, size_t role,
			bool is_kept)
{
	json_write_array(json, is_kept ? "keeps" : "taken_away");
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *why = rule_allows(rule) ? serving_why_not(policy, rule, role) : NULL;

		if (rule_allows(rule) && !why == is_kept)
			write_call(json, rule, why);
	}
	json_write_end_array(json);
}

static void write_phase(struct json_writer *json, const struct policy *policy, enum phase phase,
			size_t role)
{
	json_write_object(json, NULL);
	json_write_string(json, "phase", phase_name(phase));
	if (phase == PHASE_SERVING && role != ROLE_ANY)
		json_write_string(json, "role", policy->roles[role].name);
	json_write_uint(json, "count",
			phase == PHASE_SERVING ? show_policy_kept(policy, role)
					       : count_allowed(policy));
	if (phase == PHASE_SERVING) {
		write_fates(json, policy, role, true);
		write_fates(json, policy, role, false);
	} else {
		json_write_array(json, "keeps");
		for (size_t i = 0; i < policy->rules_count; i++)
			if (rule_allows(&policy->rules[i]))
				write_call(json, &policy->rules[i], NULL);
		json_write_end_array(json);
	}
	json_write_end_object(json);
}

void show_policy_json(const struct policy *policy, FILE *out)
{
	struct json_writer json = json_writer(out);

	json_write_object(&json, NULL);
	json_write_string(&json, "target", policy->target);
	json_write_string(&json, "level", policy->level);
	json_write_uint(&json, "allowed", count_allowed(policy));
	json_write_array(&json, "phases");
	write_phase(&json, policy, PHASE_STARTUP, ROLE_ANY);
	for (size_t role = first_role(policy); is_role(policy, role); role = next_role(role))
		write_phase(&json, policy, PHASE_SERVING, role);
	json_write_end_array(&json);
	json_write_end_object(&json);
}

void show_policy_names(const struct policy *policy, FILE *out)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		_cleanup_free_ char *name = NULL;

		if (!rule_allows(&policy->rules[i]))
			continue;
		name = rule_name(policy, &policy->rules[i]);
		print_text(out, "%s\n", name ? name : "");
	}
}
