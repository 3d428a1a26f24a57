// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * minijail's policy (minijail0(5), and the grammar in its tools/parser.py): one statement per line, "name:
 * 1", "name: return 38" or "name: EXPRESSION" with alternatives of conditions. Ambiguous statements and
 * those that need other files are mistakes: "EXPRESSION; return N" (minijail0 and its compiler differ),
 * blocks in braces, @include.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"

#include <errno.h>
#include <linux/seccomp.h>

/* "0x1|PROT_READ", with "~" before all of it; in parentheses too. */
static bool read_value(const char *call, size_t call_length, uint8_t argument, const char *text,
		       size_t length, uint64_t *value)
{
	bool is_inverted = length && *text == '~';

	text += is_inverted;
	length -= is_inverted;
	if (length > 1 && *text == '(' && text[length - 1] == ')') {
		text++;
		length -= 2;
	}
	*value = 0;
	for (;;) {
		const char *bar = memchr(text, '|', length);
		size_t one_length = bar ? (size_t)(bar - text) : length;
		uint64_t one;

		if (!list_policy_value(call, call_length, argument, text, one_length, &one))
			return false;
		*value |= one;
		if (!bar)
			break;
		length -= one_length + 1;
		text = bar + 1;
	}
	*value = is_inverted ? ~*value : *value;
	return true;
}

/* Masked comparisons of one argument for bits that are set and bits that are not become one. */
static void add_masked(struct list_clause *clause, uint8_t argument, uint64_t value, uint64_t mask)
{
	for (size_t i = 0; i < clause->count; i++) {
		struct condition *condition = &clause->conditions[i];

		if (condition->argument != argument ||
		    condition->comparison != COMPARE_MASKED_EQUAL ||
		    (condition->value ^ value) & condition->mask & mask)
			continue;
		condition->value |= value;
		condition->mask |= mask;
		return;
	}
	list_clause_add(clause, (struct condition){ argument, COMPARE_MASKED_EQUAL, value, mask });
}

/* "arg1 == 0x5401" */
static const char *read_atom(const char *call, size_t call_length, const char *at, const char *end,
			     struct list_clause *clause)
{
	static const struct {
		const char *sign;
		enum comparison comparison;
	} signs[] = {
		{ "==", COMPARE_EQUAL },      { "!=", COMPARE_NOT_EQUAL },
		{ "<", COMPARE_LESS },	      { ">", COMPARE_GREATER },
		{ "<=", COMPARE_LESS_EQUAL }, { ">=", COMPARE_GREATER_EQUAL },
	};
	const char *name, *sign, *word, *rest;
	size_t name_length, sign_length, word_length, rest_length;
	uint8_t argument;
	uint64_t value;

	if (!import_word(&at, end, &name, &name_length) || name_length != 4 ||
	    memcmp(name, "arg", 3) != 0 || name[3] < '0' || name[3] > '5' ||
	    !import_word(&at, end, &sign, &sign_length) ||
	    !import_word(&at, end, &word, &word_length) ||
	    import_word(&at, end, &rest, &rest_length))
		return "argN, an operator and a value are expected";
	argument = (uint8_t)(name[3] - '0');
	if (!read_value(call, call_length, argument, word, word_length, &value))
		return "unknown value";
	if (is_word(sign, sign_length, "in")) {
		add_masked(clause, argument, 0, ~value);
		return NULL;
	}
	if (is_word(sign, sign_length, "&")) {
		if (!value || value & (value - 1))
			return "\"&\" with several bits is not supported";
		add_masked(clause, argument, value, value);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (is_word(sign, sign_length, signs[i].sign)) {
			list_clause_add(clause, (struct condition){ argument, signs[i].comparison,
								    value, 0 });
			return NULL;
		}
	return "unknown operator";
}

/* Where the next "||" or "&&" stands, or END. */
static const char *find_sign(const char *at, const char *end, const char *sign)
{
	const char *found = at < end ? memmem(at, (size_t)(end - at), sign, 2) : NULL;

	return found ? found : end;
}

static const char *read_clause(const char *call, size_t call_length, const char *at,
			       const char *end, struct list_clause *clause)
{
	while (at <= end) {
		const char *stop = find_sign(at, end, "&&");
		const char *wrong = read_atom(call, call_length, at, stop, clause);

		if (wrong)
			return wrong;
		if (stop == end)
			break;
		at = stop + 2;
	}
	return NULL;
}

static bool read_action(const char *text, size_t length, action *verdict)
{
	uint64_t number;

	if (has_prefix(text, length, "return ") &&
	    list_policy_number(text + 7, length - 7, &number) && number <= SECCOMP_RET_DATA)
		*verdict = LIST_ERRNO(number);
	else if (is_word(text, length, "1") || is_word(text, length, "allow"))
		*verdict = SECCOMP_RET_ALLOW;
	else if (is_word(text, length, "log"))
		*verdict = SECCOMP_RET_LOG;
	else if (is_word(text, length, "trap"))
		*verdict = SECCOMP_RET_TRAP;
	else if (is_word(text, length, "kill-process"))
		*verdict = SECCOMP_RET_KILL_PROCESS;
	else if (is_word(text, length, "kill") || is_word(text, length, "kill-thread"))
		*verdict = SECCOMP_RET_KILL_THREAD;
	else
		return false;
	return true;
}

static const char *read_statement(struct list_reader *reader, uint64_t line, const char *text,
				  size_t length)
{
	const char *colon = memchr(text, ':', length), *at, *end = text + length;
	size_t name_length = colon ? (size_t)(colon - text) : 0;
	action verdict;

	while (name_length && text[name_length - 1] == ' ')
		name_length--;
	if (!name_length)
		return "\"name: filter\" is expected";
	for (at = colon + 1; at < end && (*at == ' ' || *at == '\t');)
		at++;
	if (at < end && (*at == '{' || memchr(at, ';', (size_t)(end - at))))
		return "ambiguous: minijail0 and its compiler read this in different ways";
	if (read_action(at, (size_t)(end - at), &verdict)) {
		list_policy_add(reader, line, text, name_length, verdict, NULL);
		return NULL;
	}
	while (at <= end) {
		const char *stop = find_sign(at, end, "||");
		struct list_clause clause = { 0 };
		const char *wrong = read_clause(text, name_length, at, stop, &clause);

		/* A recording takes it for allowed. */
		list_policy_add(reader, line, text, name_length, SECCOMP_RET_ALLOW, &clause);
		if (wrong || stop == end)
			return wrong;
		at = stop + 2;
	}
	return "an expression is expected";
}

static const char *read_directive(struct list_reader *reader, const char *text, size_t length)
{
	action verdict;

	if (has_prefix(text, length, "@frequency"))
		return NULL;
	if (has_prefix(text, length, "@default ") && read_action(text + 9, length - 9, &verdict)) {
		reader->policy->default_action = verdict;
		return NULL;
	}
	return "only @default and @frequency are supported, not other files";
}

/* A statement goes on where a line ends in a backslash. */
static int read_minijail(struct list_reader *reader, const char *data, size_t size,
			 struct error *err)
{
	_cleanup_free_ char *joined = malloc(size + 1);
	const char *at = data, *end = data + size, *text;
	size_t length, used = 0;
	uint64_t line = 0;

	if (!joined)
		return error_oom(err);
	reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	while (list_policy_line(&at, end, &text, &length, &line)) {
		const char *comment = memchr(text, '#', length), *wrong = NULL;
		bool goes_on = length && text[length - 1] == '\\';

		if (comment)
			length = (size_t)(comment - text);
		else if (goes_on)
			length--;
		memcpy(joined + used, text, length);
		used += length;
		if (goes_on && at < end)
			continue;
		while (used && (joined[used - 1] == ' ' || joined[used - 1] == '\t'))
			used--;
		if (used && *joined == '@')
			wrong = read_directive(reader, joined, used);
		else if (used)
			wrong = read_statement(reader, line, joined, used);
		if (wrong)
			import_mistake(reader->import, line, wrong, joined, used);
		used = 0;
	}
	return 0;
}

/* "read: 1" is much like "read: 120" of a frequency file, and of nothing else. */
static bool is_statement(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	size_t after = colon ? length - (size_t)(colon + 1 - line) : 0;

	return has_prefix(line, length, "@default ") ||
	       (colon && (is_word(colon + 1, after, " 1") || is_word(colon + 1, after, " allow") ||
			  has_prefix(colon + 1, after, " return ") ||
			  (has_prefix(colon + 1, after, " arg") && after > 4)));
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_statement);
}

const struct importer importer_minijail = {
	.name = "minijail",
	.summary = "policies of minijail",
	.sniff = sniff,
	.policy = read_minijail,
};
