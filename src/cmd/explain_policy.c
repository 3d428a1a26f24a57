// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy in sentences: the action for each call, and all reasons for it. A call without a rule
 * gets an answer too: the policy's default action and, if the call was withheld, the reason.
 */
#include "cmd/explain_policy.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "policy/action.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#define ACTION_SIZE 32

bool explain_policy_is_policy(const char *path)
{
	/* The first key of the file is its format. */
	char start[64] = "";
	_cleanup_fclose_ FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");

	return file && fread(start, 1, sizeof(start) - 1, file) > 0 && start[0] == '{' &&
	       strstr(start, "\"" POLICY_FORMAT "\"");
}

static const char *action_text(uint32_t what, char buffer[ACTION_SIZE])
{
	return what == SECCOMP_RET_ALLOW ? "allowed" : action_format(what, buffer, ACTION_SIZE);
}

static void print_rule(const struct rule *rule)
{
	char text[ACTION_SIZE], name[CALL_NAME_SIZE];

	print_text(stdout, "%s (%s): %s%s\n", call_name(rule->abi, rule->nr, name),
		   abi_info(rule->abi)->name, action_text(rule->action, text),
		   rule->clauses_count ? ", with certain arguments" : "");
	for (size_t i = 0; i < rule->reasons_count; i++)
		print_text(stdout, "    %s: %s\n", reason_kind_name(rule->reasons[i].kind),
			   rule->reasons[i].text);
}

static void write_rule(struct json_writer *writer, const struct rule *rule)
{
	char text[ACTION_SIZE], name[CALL_NAME_SIZE];

	json_write_object(writer, NULL);
	json_write_string(writer, "abi", abi_info(rule->abi)->name);
	json_write_string(writer, "name", call_name(rule->abi, rule->nr, name));
	json_write_int(writer, "nr", rule->nr);
	json_write_string(writer, "action", action_format(rule->action, text, sizeof(text)));
	json_write_array(writer, "reasons");
	for (size_t i = 0; i < rule->reasons_count; i++) {
		json_write_object(writer, NULL);
		json_write_string(writer, "kind", reason_kind_name(rule->reasons[i].kind));
		json_write_string(writer, "text", rule->reasons[i].text);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
	json_write_end_object(writer);
}

static bool is_named(const struct rule *rule, const char *const *names)
{
	char buffer[CALL_NAME_SIZE];
	const char *name = call_name(rule->abi, rule->nr, buffer);

	if (!names || !*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool has_rule(const struct policy *policy, const char *name)
{
	const char *const names[] = { name, NULL };

	for (size_t i = 0; i < policy->rules_count; i++)
		if (is_named(&policy->rules[i], names))
			return true;
	return false;
}

/* "reachable, withheld: capset, on the path ...": whether a caveat of the policy begins like this. */
static bool is_about(const char *sentence, const char *name)
{
	static const char start[] = "reachable, withheld: ";
	size_t length = strlen(name);

	return strncmp(sentence, start, sizeof(start) - 1) == 0 &&
	       strncmp(sentence + sizeof(start) - 1, name, length) == 0 &&
	       sentence[sizeof(start) - 1 + length] == ',';
}

static void print_absent(const struct policy *policy, const char *name)
{
	char text[ACTION_SIZE];

	print_text(stdout, "%s: no rule, so the default action applies: %s\n", name,
		   action_text(policy->default_action, text));
	for (char **sentence = policy->open; sentence && *sentence; sentence++)
		if (is_about(*sentence, name))
			print_text(stdout, "    %s\n", *sentence);
}

static int check_names(const char *const *names, struct error *err)
{
	for (; names && *names; names++)
		if (!syscall_is_known(*names))
			return error_set(err, -EINVAL,
					 "\"%s\": no system call of this name; whittle lookup "
					 "finds names",
					 *names);
	return 0;
}

int explain_policy(const char *path, const char *const *names, bool json, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct json_writer writer = json_writer(stdout);
	int r = check_names(names, err);

	if (r == 0)
		r = policy_read(path, &policy, err);
	if (r < 0)
		return r;
	if (json)
		json_write_array(&writer, NULL);
	for (size_t i = 0; i < policy->rules_count; i++) {
		if (!is_named(&policy->rules[i], names))
			continue;
		if (json)
			write_rule(&writer, &policy->rules[i]);
		else
			print_rule(&policy->rules[i]);
	}
	if (json) {
		json_write_end_array(&writer);
		return 0;
	}
	for (; names && *names; names++)
		if (!has_rule(policy, *names))
			print_absent(policy, *names);
	return 0;
}
