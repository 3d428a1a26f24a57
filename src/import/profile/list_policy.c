// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared by the readers of profiles and filter files. */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>

void list_clause_add(struct list_clause *clause, struct condition condition)
{
	if (clause->count == LIST_CONDITIONS)
		clause->is_full = true;
	else
		clause->conditions[clause->count++] = condition;
}

int list_policy_call(enum abi abi, const char *name)
{
	/* libseccomp and strace call arm's sync_file_range so, whose arguments are in another order. */
	if (abi == ABI_ARM && strcmp(name, "sync_file_range2") == 0)
		name = "arm_sync_file_range";
	return syscall_number(abi, name);
}

void list_policy_add_on(struct list_reader *reader, enum abi abi, int nr, action verdict,
			const struct list_clause *clause)
{
	struct rule *rule = policy_add_verdict(reader->policy, abi, nr, verdict);
	struct clause *copy;

	if (!rule) {
		reader->is_out_of_memory = true;
		return;
	}
	if (rule_add_reason(rule, REASON_IMPORTED, "%s", reader->import->result.path) < 0)
		reader->is_out_of_memory = true;
	if (!clause)
		return;
	copy = rule_add_clause(rule);
	for (size_t i = 0; copy && i < clause->count; i++)
		if (clause_add(copy, clause->conditions[i]) < 0)
			reader->is_out_of_memory = true;
	reader->is_out_of_memory |= !copy;
}

void list_policy_add(struct list_reader *reader, uint64_t line, const char *name, size_t length,
		     action verdict, const struct list_clause *clause)
{
	const struct policy *policy = reader->policy;
	char known[NAME_ROOM];
	bool is_known;

	snprintf(known, sizeof(known), "%.*s", (int)(length < NAME_ROOM ? length : 0), name);
	is_known = *known && syscall_is_known(known);
	if (!is_known)
		import_mistake(reader->import, line, "no system call has this name", name, length);
	if (clause && clause->is_full)
		import_mistake(reader->import, line, "more conditions than arguments", name,
			       length);
	for (size_t i = 0; is_known && i < policy->abis_count; i++) {
		int nr = list_policy_call(policy->abis[i], known);

		if (nr >= 0)
			list_policy_add_on(reader, policy->abis[i], nr, verdict, clause);
	}
}

void list_policy_add_number(struct list_reader *reader, int nr, action verdict,
			    const struct list_clause *clause)
{
	list_policy_add_on(reader, reader->policy->abis[0], nr, verdict, clause);
}

void list_policy_add_x32(struct list_reader *reader)
{
	struct policy *policy = reader->policy;

	if (policy->abis[0] == ABI_X86_64 && policy->default_action != policy->foreign_action &&
	    policy_add_abi(policy, ABI_X32) < 0)
		reader->is_out_of_memory = true;
}

bool list_policy_number(const char *text, size_t length, uint64_t *value)
{
	char digits[32], *end;

	if (!length || length >= sizeof(digits) || text[0] < '0' || text[0] > '9')
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	errno = 0;
	*value = strtoull(digits, &end, 0);
	return !errno && !*end;
}

bool list_policy_value(enum abi abi, const char *call, size_t call_length, uint8_t argument,
		       const char *text, size_t length, uint64_t *value)
{
	const struct syscall_arguments *table;
	char name[NAME_ROOM], words[256];

	if (list_policy_number(text, length, value))
		return true;
	if (!length || length >= sizeof(words) || call_length >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)call_length, call);
	snprintf(words, sizeof(words), "%.*s", (int)length, text);
	table = syscall_arguments_of(abi, name);
	for (size_t i = 0; table && i < table->count; i++)
		if (table->argument[i].index == argument &&
		    argument_parse(abi, table->argument[i].kind, words, value) == 0)
			return true;
	/* Any constant may be compared with any argument. */
	return argument_constant(abi, text, length, value);
}

bool list_policy_line(const char **at, const char *end, const char **text, size_t *length,
		      uint64_t *line)
{
	const char *newline, *start = *at, *stop;

	if (start >= end)
		return false;
	newline = memchr(start, '\n', (size_t)(end - start));
	stop = newline ? newline : end;
	*at = newline ? newline + 1 : end;
	++*line;
	while (start < stop && (*start == ' ' || *start == '\t'))
		start++;
	while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
		stop--;
	*text = start;
	*length = (size_t)(stop - start);
	return true;
}
