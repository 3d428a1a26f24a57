// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * snapd's seccomp profiles (cmd/snap-seccomp/main.go of its source): a call per line with conditions by place, "-" for
 * any. They are two filters: lines with "~" deny with EACCES whatever the others allow; what no line allows gets
 * EPERM. Calls of i386 are filtered beside those of x86-64.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "import/profile/libseccomp_rules.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sys/resource.h>

#define ARGUMENTS 6

/* Constants of no argument that whittle records. */
static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
	{ "KCMP_FILE", KCMP_FILE },
	{ "PRIO_PGRP", PRIO_PGRP },
	{ "PRIO_PROCESS", PRIO_PROCESS },
	{ "PRIO_USER", PRIO_USER },
};

/* Calls whose ids are compared as 32 bits, so that -1 is written as it is. */
static bool takes_negative(const char *call, size_t length)
{
	static const char *const names[] = {
		"chown",       "chown32",    "copy_file_range", "fchown",      "fchown32",
		"fchownat",    "lchown",     "lchown32",	"setgid",      "setgid32",
		"setregid",    "setregid32", "setresgid",	"setresgid32", "setresuid",
		"setresuid32", "setreuid",   "setreuid32",	"setuid",      "setuid32",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_word(call, length, names[i]))
			return true;
	return false;
}

struct called {
	const char *name;
	size_t length;
	enum abi abi;
	bool takes_negative;
};

static bool read_value(const struct called *call, uint8_t argument, const char *text, size_t length,
		       uint64_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (is_word(text, length, constants[i].name)) {
			*value = constants[i].value;
			return true;
		}
	if (call->takes_negative && length > 1 && *text == '-') {
		if (!import_number(text + 1, length - 1, value))
			return false;
		*value = (uint32_t)(0 - *value);
		return true;
	}
	/* Names of other users and groups are this machine's, not the profile's. */
	if (has_prefix(text, length, "u:") || has_prefix(text, length, "g:")) {
		*value = 0;
		return is_word(text + 2, length - 2, "root");
	}
	return list_policy_value(call->abi, call->name, call->length, argument, text, length,
				 value);
}

static bool read_condition(const struct called *call, uint8_t argument, const char *text,
			   size_t length, struct list_clause *clause)
{
	static const struct {
		const char *sign;
		enum comparison comparison;
	} signs[] = {
		{ ">=", COMPARE_GREATER_EQUAL }, { "<=", COMPARE_LESS_EQUAL },
		{ "!", COMPARE_NOT_EQUAL },	 { "<", COMPARE_LESS },
		{ ">", COMPARE_GREATER },	 { "|", COMPARE_MASKED_EQUAL },
	};
	struct condition condition = { argument, COMPARE_EQUAL, 0, 0 };
	const char *bar = memchr(text, '|', length);

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (has_prefix(text, length, signs[i].sign)) {
			condition.comparison = signs[i].comparison;
			text += strlen(signs[i].sign);
			length -= strlen(signs[i].sign);
			break;
		}
	if (bar && condition.comparison == COMPARE_EQUAL) {
		/* "MASK|VALUE" */
		condition.comparison = COMPARE_MASKED_EQUAL;
		if (!read_value(call, argument, text, (size_t)(bar - text), &condition.mask) ||
		    !read_value(call, argument, bar + 1, (size_t)(text + length - bar - 1),
				&condition.value))
			return false;
	} else {
		if (!read_value(call, argument, text, length, &condition.value))
			return false;
		if (condition.comparison == COMPARE_MASKED_EQUAL)
			condition.mask = condition.value;
	}
	if (call->takes_negative) {
		if (condition.comparison != COMPARE_EQUAL)
			return false;
		condition.comparison = COMPARE_MASKED_EQUAL;
		condition.mask = UINT32_MAX;
	}
	list_clause_add(clause, condition);
	return true;
}

static void read_line(struct list_reader *reader, uint64_t line, const char *text, size_t length,
		      bool is_denied)
{
	const char *at = text + is_denied, *end = text + length, *word;
	struct called call = { .abi = reader->policy->abis[0] };
	struct list_clause clause = { 0 };
	uint8_t argument = 0;
	size_t size;

	if (!import_word(&at, end, &call.name, &call.length))
		return;
	call.takes_negative = takes_negative(call.name, call.length);
	while (import_word(&at, end, &word, &size)) {
		if (argument == ARGUMENTS) {
			import_mistake(reader->import, line, "a call has at most six arguments",
				       text, length);
			return;
		}
		if (!is_word(word, size, "-") &&
		    !read_condition(&call, argument, word, size, &clause)) {
			import_mistake(reader->import, line,
				       "unknown value of an argument (of users and groups, only "
				       "root is known)",
				       word, size);
			return;
		}
		argument++;
	}
	libseccomp_rules_add(reader, line, call.name, call.length,
			     is_denied ? LIST_ERRNO(EACCES) : SECCOMP_RET_ALLOW,
			     clause.count ? &clause : NULL, MULTIPLEXED_FOLLOWED);
}

static void read_lines(struct list_reader *reader, const char *data, size_t size, bool are_denied)
{
	const char *at = data, *end = data + size, *text;
	uint64_t line = 0;
	size_t length;

	while (list_policy_line(&at, end, &text, &length, &line)) {
		if (!length || *text == '#')
			continue;
		if (*text == '@') {
			if (is_word(text, length, "@unrestricted"))
				reader->policy->default_action = SECCOMP_RET_ALLOW;
			else if (is_word(text, length, "@complain"))
				reader->policy->default_action = SECCOMP_RET_LOG;
			else if (are_denied)
				import_mistake(reader->import, line,
					       "only @unrestricted and @complain are known", text,
					       length);
		} else if ((*text == '~') == are_denied) {
			read_line(reader, line, text, length, are_denied);
		}
	}
}

/* What is denied comes first: the first rule that matches decides. */
static int read_snapd(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	struct policy *policy = reader->policy;

	policy->default_action = LIST_ERRNO(EPERM);
	if (policy->abis[0] == ABI_X86_64 && policy_add_abi(policy, ABI_I386) < 0)
		return error_oom(err);
	read_lines(reader, data, size, true);
	read_lines(reader, data, size, false);
	return 0;
}

/* "socket AF_UNIX", "mknod - |S_IFREG -", "~ioctl - TIOCSTI": a call, then no second one. */
static bool is_condition_line(const char *line, size_t length)
{
	const char *at = line, *end = line + length, *name, *word;
	char known[NAME_ROOM];
	size_t size, name_length;

	if (is_word(line, length, "@unrestricted") || is_word(line, length, "@complain"))
		return true;
	if (!import_word(&at, end, &name, &name_length) || !import_word(&at, end, &word, &size))
		return false;
	if (*name == '~') {
		name++;
		name_length--;
	}
	snprintf(known, sizeof(known), "%.*s", (int)(name_length < NAME_ROOM ? name_length : 0),
		 name);
	return syscall_is_known(known) &&
	       (is_word(word, size, "-") || has_prefix(word, size, "AF_") ||
		has_prefix(word, size, "PRIO_") || *word == '|' || *word == '<' || *word == '>');
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_condition_line);
}

const struct importer importer_snapd = {
	.name = "snapd",
	.summary = "seccomp profiles of snapd",
	.sniff = sniff,
	.policy = read_snapd,
};
