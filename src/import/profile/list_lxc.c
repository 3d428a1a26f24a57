// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LXC's policy (lxc.container.conf(5), src/lxc/seccomp.c): in version 1 one number per line, in version 2 one
 * call per line, with its own action and conditions in brackets. All sections are read as one, because LXC adds the native ABI's section to
 * the others.
 */
#include "import/profile/list_policy.h"

#include "common/word.h"
#include "import/profile/libseccomp_rules.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mount.h>

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
	else
		libseccomp_rules_add(reader, line, name, name_length, usual,
				     clause.count ? &clause : NULL, MULTIPLEXED_PASSED_OVER);
}

/* Whatever else is denied or allowed: umount2(2) with MNT_FORCE gives EACCES. */
static void reject_force_umount(struct list_reader *reader)
{
	struct list_clause clause = { 0 };

	list_clause_add(&clause,
			(struct condition){ 1, COMPARE_MASKED_EQUAL, MNT_FORCE, MNT_FORCE });
	for (size_t i = 0; i < reader->policy->abis_count; i++) {
		enum abi abi = reader->policy->abis[i];
		int nr = syscall_number(abi, "umount2");

		if (nr >= 0)
			list_policy_add_on(reader, abi, nr, LIST_ERRNO(EACCES), &clause);
	}
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

/* Version 1: the numbers of what is allowed, a line each. */
static int read_numbers(struct list_reader *reader, const char *at, const char *end, uint64_t line,
			struct error *err)
{
	const char *text, *word;
	size_t length, size;
	uint64_t number;

	(void)err;
	reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	while (list_policy_line(&at, end, &text, &length, &line)) {
		const char *rest = text;

		if (!length)
			continue;
		if (import_word(&rest, text + length, &word, &size) &&
		    list_policy_number(word, size, &number) && number < X32_BIT)
			list_policy_add_number(reader, (int)number, SECCOMP_RET_ALLOW, NULL);
		else
			import_mistake(reader->import, line,
				       "version 1 has the number of a system call on each line",
				       text, length);
	}
	return 0;
}

static bool is_any_word(const char *text, size_t length, const char *one, const char *other)
{
	return is_word(text, length, one) || is_word(text, length, other);
}

static int read_rules(struct list_reader *reader, const char *at, const char *end, uint64_t line,
		      action usual)
{
	const char *text;
	size_t length;

	while (list_policy_line(&at, end, &text, &length, &line)) {
		const char *comment = memchr(text, '#', length);

		if (comment)
			length = (size_t)(comment - text);
		while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
			length--;
		if (is_word(text, length, "reject_force_umount"))
			reject_force_umount(reader);
		else if (length && *text != '[')
			read_rule(reader, line, text, length, usual);
	}
	return 0;
}

static int read_lxc(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	const char *at = data, *end = data + size, *text, *head, *rest;
	action usual = SECCOMP_RET_ALLOW;
	bool is_allowlist, is_first;
	uint64_t line = 0;
	size_t length, head_length;

	if (!list_policy_line(&at, end, &text, &length, &line) ||
	    !is_any_word(text, length, "1", "2"))
		return error_set(err, -EBADMSG, "%s: the first line must be the version, 1 or 2",
				 reader->import->result.path);
	is_first = *text == '1';
	if (!list_policy_line(&at, end, &text, &length, &line))
		length = 0;
	rest = text;
	if (!length || !import_word(&rest, text + length, &head, &head_length))
		return error_set(err, -EBADMSG, "%s: the second line must be allowlist or denylist",
				 reader->import->result.path);
	is_allowlist = is_any_word(head, head_length, "allowlist", "whitelist");
	if (!is_allowlist && (is_first || !is_any_word(head, head_length, "denylist", "blacklist")))
		return error_set(err, -EBADMSG, "%s: the second line must be allowlist%s",
				 reader->import->result.path,
				 is_first ? ": version 1 has no other" : " or denylist");
	if (is_first)
		return read_numbers(reader, at, end, line, err);
	add_abis(reader);
	reader->policy->default_action = is_allowlist ? SECCOMP_RET_KILL_THREAD : SECCOMP_RET_ALLOW;
	if (!is_allowlist)
		usual = SECCOMP_RET_KILL_THREAD;
	if (!read_action(&rest, text + length,
			 is_allowlist ? &reader->policy->default_action : &usual))
		import_mistake(reader->import, line, "unknown action", text, length);
	return read_rules(reader, at, end, line, usual);
}

static bool sniff(const char *path, const char *head, size_t length)
{
	const char *second = length > 2 && (head[0] == '2' || head[0] == '1')
				     ? memchr(head, '\n', length)
				     : NULL;
	size_t left = second ? length - (size_t)(second + 1 - head) : 0;

	(void)path;
	return left && (has_prefix(second + 1, left, "allowlist") ||
			has_prefix(second + 1, left, "whitelist") ||
			has_prefix(second + 1, left, "denylist") ||
			has_prefix(second + 1, left, "blacklist"));
}

const struct importer importer_lxc = {
	.name = "lxc",
	.summary = "policies of LXC",
	.sniff = sniff,
	.policy = read_lxc,
};
