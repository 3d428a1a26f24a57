// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LXC's policy of version 2 (lxc.container.conf(5), src/lxc/seccomp.c): one call per line, with its own action
 * and conditions in brackets. All sections are read as one, because LXC adds the native ABI's section to
 * the others.
 */
#include "import/profile/list_policy.h"

#include "common/word.h"

#include <errno.h>
#include <linux/seccomp.h>

/* "allow", "errno 38", "trap", "kill" at *AT, which moves behind it. */
static bool read_action(const char **at, const char *end, action *verdict)
{
	const char *word, *before = *at;
	uint64_t number;
	size_t length;

	if (!import_word(at, end, &word, &length) || *word == '[') {
		*at = before;
		return true;
	}
	if (is_word(word, length, "errno")) {
		if (!import_word(at, end, &word, &length) ||
		    !list_policy_number(word, length, &number) || number > SECCOMP_RET_DATA)
			return false;
		*verdict = LIST_ERRNO(number);
		return true;
	}
	if (is_word(word, length, "allow"))
		*verdict = SECCOMP_RET_ALLOW;
	else if (is_word(word, length, "trap"))
		*verdict = SECCOMP_RET_TRAP;
	else if (is_word(word, length, "kill"))
		*verdict = SECCOMP_RET_KILL_THREAD;
	else if (is_word(word, length, "notify"))
		*verdict = SECCOMP_RET_USER_NOTIF;
	else
		return false;
	return true;
}

static bool read_operator(const char *text, size_t length, enum comparison *comparison)
{
	static const struct {
		const char *name, *sign;
		enum comparison comparison;
	} rows[] = {
		{ "SCMP_CMP_EQ", "==", COMPARE_EQUAL },
		{ "SCMP_CMP_NE", "!=", COMPARE_NOT_EQUAL },
		{ "SCMP_CMP_LT", "<", COMPARE_LESS },
		{ "SCMP_CMP_LE", "<=", COMPARE_LESS_EQUAL },
		{ "SCMP_CMP_GT", ">", COMPARE_GREATER },
		{ "SCMP_CMP_GE", ">=", COMPARE_GREATER_EQUAL },
		{ "SCMP_CMP_MASKED_EQ", "&=", COMPARE_MASKED_EQUAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (is_word(text, length, rows[i].name) || is_word(text, length, rows[i].sign)) {
			*comparison = rows[i].comparison;
			return true;
		}
	return false;
}

/* "[index,value,operator,mask]" */
static bool read_condition(const char *text, size_t length, struct list_clause *clause)
{
	struct condition condition = { 0 };
	const char *fields[4] = { NULL }, *end = text + length - 1;
	size_t lengths[4] = { 0 }, count = 0;
	uint64_t argument = 0;

	if (length < 2 || text[0] != '[' || *end != ']')
		return false;
	for (text++; count < 4; text++) {
		const char *comma = memchr(text, ',', (size_t)(end - text));

		fields[count] = text;
		lengths[count++] = (size_t)((comma ? comma : end) - text);
		if (!comma)
			break;
		text = comma;
	}
	if (count < 3 || !read_operator(fields[2], lengths[2], &condition.comparison) ||
	    !list_policy_number(fields[0], lengths[0], &argument) || argument > 5 ||
	    !list_policy_number(fields[1], lengths[1], &condition.value))
		return false;
	condition.argument = (uint8_t)argument;
	if (condition.comparison == COMPARE_MASKED_EQUAL &&
	    (count != 4 || !list_policy_number(fields[3], lengths[3], &condition.mask)))
		return false;
	list_clause_add(clause, condition);
	return true;
}

static void read_rule(struct list_reader *reader, uint64_t line, const char *text, size_t length,
		      action usual)
{
	const char *at = text, *end = text + length, *name, *word;
	struct list_clause clause = { 0 };
	size_t name_length, word_length;
	bool is_right = import_word(&at, end, &name, &name_length) && read_action(&at, end, &usual);

	while (is_right && import_word(&at, end, &word, &word_length))
		is_right = read_condition(word, word_length, &clause);
	if (!is_right)
		import_mistake(reader->import, line,
			       "a call, its action, and [index,value,operator,mask] are expected",
			       text, length);
	list_policy_add(reader, line, name, name_length, usual, clause.count ? &clause : NULL);
}

/* LXC's list is one for all ABIs of the machine. */
static void add_abis(struct list_reader *reader)
{
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	for (unsigned i = 0; i < count && abis[0] == reader->import->settings->abi; i++)
		if (policy_add_abi(reader->policy, abis[i]) < 0)
			reader->is_out_of_memory = true;
}

static int read_lxc(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	const char *at = data, *end = data + size, *text, *head, *rest;
	action usual = SECCOMP_RET_ALLOW;
	bool is_allowlist;
	uint64_t line = 0;
	size_t length, head_length;

	if (!list_policy_line(&at, end, &text, &length, &line) || !is_word(text, length, "2") ||
	    !list_policy_line(&at, end, &text, &length, &line))
		return error_set(err, -EBADMSG, "%s: the first line must be the version, 2",
				 reader->import->result.path);
	add_abis(reader);
	rest = text;
	if (!import_word(&rest, text + length, &head, &head_length))
		head_length = 0;
	is_allowlist = head_length && (is_word(head, head_length, "allowlist") ||
				       is_word(head, head_length, "whitelist"));
	if (!is_allowlist && !(head_length && (is_word(head, head_length, "denylist") ||
					       is_word(head, head_length, "blacklist"))))
		return error_set(err, -EBADMSG, "%s: the second line must be allowlist or denylist",
				 reader->import->result.path);
	reader->policy->default_action = is_allowlist ? SECCOMP_RET_KILL_THREAD : SECCOMP_RET_ALLOW;
	if (!is_allowlist)
		usual = SECCOMP_RET_KILL_THREAD;
	if (!read_action(&rest, text + length,
			 is_allowlist ? &reader->policy->default_action : &usual))
		import_mistake(reader->import, line, "unknown action", text, length);
	while (list_policy_line(&at, end, &text, &length, &line))
		if (length && *text != '#' && *text != '[')
			read_rule(reader, line, text, length, usual);
	return 0;
}

static bool sniff(const char *path, const char *head, size_t length)
{
	const char *second = length > 2 && head[0] == '2' ? memchr(head, '\n', length) : NULL;
	size_t left = second ? length - (size_t)(second + 1 - head) : 0;

	(void)path;
	return left && (has_prefix(second + 1, left, "allowlist") ||
			has_prefix(second + 1, left, "whitelist") ||
			has_prefix(second + 1, left, "denylist") ||
			has_prefix(second + 1, left, "blacklist"));
}

const struct importer importer_lxc = {
	.name = "lxc",
	.summary = "policies of LXC, version 2",
	.sniff = sniff,
	.policy = read_lxc,
};
