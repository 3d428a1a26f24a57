// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * minijail's policy (minijail0(5), and the grammar in its tools/parser.py): one statement per line, for one call
 * or for several in braces, with one filter or several in braces, of which the first that applies decides.
 *
 * "EXPRESSION; return N" without braces is refused: minijail0 returns N if the expression is false, and
 * compile_seccomp_policy.py if it is true.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "import/profile/include.h"
#include "import/profile/logic.h"
#include "policy/action.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>

#define CALLS 256 /* of one statement */

struct word {
	const char *text;
	size_t length;
};

struct parser {
	struct list_reader *reader;
	struct error *err;
	const char *path;
	uint64_t line;
	const char *at, *end; /* of the statement */
	struct word word; /* the next one; empty at the end */
	struct word calls[CALLS];
	size_t calls_count;
	bool is_elsewhere; /* the call at hand is for other machines only */
	const char *wrong;
	unsigned depth;
};

/* ---- words ---- */

static bool is_name(char c)
{
	return is_name_byte(c) || c == '@';
}

static void advance(struct parser *parser)
{
	static const char *const doubles[] = { "||", "&&", "==", "!=", "<=", ">=" };
	const char *at = parser->at;
	size_t left, length = 0;

	while (at < parser->end && (*at == ' ' || *at == '\t'))
		at++;
	left = (size_t)(parser->end - at);
	while (length < left &&
	       (is_name(at[length]) ||
		/* "kill-process", "-1" */
		(at[length] == '-' && length + 1 < left && isalnum((unsigned char)at[length + 1]))))
		length++;
	for (size_t i = 0; !length && i < ARRAY_SIZE(doubles); i++)
		if (has_prefix(at, left, doubles[i]))
			length = 2;
	if (!length && left)
		length = 1;
	parser->word = (struct word){ at, length };
	parser->at = at + length;
}

static bool is_next(const struct parser *parser, const char *text)
{
	return is_word(parser->word.text, parser->word.length, text);
}

static bool accept(struct parser *parser, const char *text)
{
	if (!is_next(parser, text))
		return false;
	advance(parser);
	return true;
}

static void wrong(struct parser *parser, const char *reason)
{
	if (!parser->wrong)
		parser->wrong = reason;
}

/* ---- values ---- */

static enum abi abi_of(const struct parser *parser)
{
	return parser->reader->policy->abis[0];
}

static uint64_t cut(const struct parser *parser, uint64_t value)
{
	return abi_info(abi_of(parser))->is_64_bit ? value : value & UINT32_MAX;
}

static bool read_single(struct parser *parser, uint8_t argument, uint64_t *value)
{
	const struct word *word = &parser->word;
	bool is_negative = word->length > 1 && *word->text == '-';

	if (is_negative) {
		if (!list_policy_number(word->text + 1, word->length - 1, value))
			return false;
		*value = 0 - *value;
		return true;
	}
	return word->length &&
	       list_policy_value(abi_of(parser), parser->calls[0].text, parser->calls[0].length,
				 argument, word->text, word->length, value);
}

/* "0x1 | PROT_READ", "~(A | B)" */
static uint64_t read_value(struct parser *parser, uint8_t argument, unsigned nesting)
{
	uint64_t value = 0, one;

	do {
		bool is_inverted = accept(parser, "~");

		if (nesting < 8 && accept(parser, "(")) {
			one = read_value(parser, argument, nesting + 1);
			if (!accept(parser, ")"))
				wrong(parser, "\")\" is expected");
		} else {
			if (!read_single(parser, argument, &one)) {
				wrong(parser, "unknown value");
				return 0;
			}
			advance(parser);
		}
		value |= cut(parser, is_inverted ? ~one : one);
	} while (!parser->wrong && accept(parser, "|"));
	return value;
}

/* ---- expressions ---- */

/* "arg1 == 0x5401" */
static void read_atom(struct parser *parser, struct logic_set *set)
{
	static const struct {
		const char *sign;
		enum comparison comparison;
	} signs[] = {
		{ "==", COMPARE_EQUAL },      { "!=", COMPARE_NOT_EQUAL },
		{ "<", COMPARE_LESS },	      { ">", COMPARE_GREATER },
		{ "<=", COMPARE_LESS_EQUAL }, { ">=", COMPARE_GREATER_EQUAL },
	};
	struct logic_value left = { .is_argument = true, .mask = UINT64_MAX }, right = { 0 };
	struct word name = parser->word, sign;
	const char *reason = "unknown operator";

	*set = (struct logic_set){ 0 };
	if (name.length != 4 || memcmp(name.text, "arg", 3) != 0 || name.text[3] < '0' ||
	    name.text[3] > '5') {
		wrong(parser, "argN, an operator and a value are expected");
		return;
	}
	left.argument = (uint8_t)(name.text[3] - '0');
	advance(parser);
	sign = parser->word;
	advance(parser);
	right.set = read_value(parser, left.argument, 0);
	if (parser->wrong)
		return;
	if (is_word(sign.text, sign.length, "in"))
		reason = logic_no_other_bit(left.argument, right.set, set);
	else if (is_word(sign.text, sign.length, "&"))
		reason = logic_any_bit(left.argument, right.set, set);
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (is_word(sign.text, sign.length, signs[i].sign))
			reason = logic_compare(&left, signs[i].comparison, &right, false, set);
	if (reason)
		wrong(parser, reason);
}

static void join(struct parser *parser, bool is_and, struct logic_set *set, struct logic_set *other)
{
	const char *reason = is_and ? logic_and(set, other) : logic_or(set, other);

	logic_set_clear(other);
	if (reason)
		wrong(parser, reason);
}

static void read_clause(struct parser *parser, struct logic_set *set)
{
	struct logic_set other;

	read_atom(parser, set);
	while (!parser->wrong && accept(parser, "&&")) {
		read_atom(parser, &other);
		join(parser, true, set, &other);
	}
}

static void read_expression(struct parser *parser, struct logic_set *set)
{
	struct logic_set other;

	read_clause(parser, set);
	while (!parser->wrong && accept(parser, "||")) {
		read_clause(parser, &other);
		join(parser, false, set, &other);
	}
}

/* ---- actions ---- */

static bool read_error(struct parser *parser, action *verdict)
{
	char text[40];
	uint64_t number;

	if (list_policy_number(parser->word.text, parser->word.length, &number)) {
		*verdict = LIST_ERRNO(number);
		return number <= SECCOMP_RET_DATA;
	}
	if (!parser->word.length || parser->word.length > 24 || *parser->word.text != 'E')
		return false;
	snprintf(text, sizeof(text), "errno:%.*s", (int)parser->word.length, parser->word.text);
	return action_parse(text, verdict) == 0;
}

static bool read_action(struct parser *parser, action *verdict)
{
	static const struct {
		const char *word;
		action action;
	} rows[] = {
		{ "1", SECCOMP_RET_ALLOW },
		{ "allow", SECCOMP_RET_ALLOW },
		{ "log", SECCOMP_RET_LOG },
		{ "trap", SECCOMP_RET_TRAP },
		{ "trace", SECCOMP_RET_TRACE },
		{ "kill", SECCOMP_RET_KILL_THREAD },
		{ "kill-thread", SECCOMP_RET_KILL_THREAD },
		{ "kill-process", SECCOMP_RET_KILL_PROCESS },
		{ "user-notify", SECCOMP_RET_USER_NOTIF },
	};

	if (accept(parser, "return")) {
		if (!read_error(parser, verdict))
			return false;
		advance(parser);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (accept(parser, rows[i].word)) {
			*verdict = rows[i].action;
			return true;
		}
	return false;
}

/* ---- statements ---- */

static void add(struct parser *parser, action verdict, const struct list_clause *clause)
{
	for (size_t i = 0; i < parser->calls_count; i++)
		list_policy_add(parser->reader, parser->line, parser->calls[i].text,
				parser->calls[i].length, verdict, clause);
}

static void read_filter(struct parser *parser, bool is_in_braces)
{
	action verdict = SECCOMP_RET_ALLOW;
	struct logic_set set;

	if (!has_prefix(parser->word.text, parser->word.length, "arg")) {
		if (!read_action(parser, &verdict))
			wrong(parser, "an action or an expression of arg0 to arg5 is expected");
		else
			add(parser, verdict, NULL);
		return;
	}
	read_expression(parser, &set);
	if (!parser->wrong && accept(parser, ";")) {
		if (!is_in_braces && is_next(parser, "return"))
			wrong(parser, "ambiguous: \"EXPRESSION; return\" means opposite things to "
				      "minijail0 and to its compiler");
		else if (!read_action(parser, &verdict))
			wrong(parser, "an action is expected");
	}
	for (size_t i = 0; i < set.count && !parser->wrong; i++)
		add(parser, verdict, set.clauses[i].count ? &set.clauses[i] : NULL);
	logic_set_clear(&set);
}

/* "[arch=x86_64,arm64]" */
static bool read_metadata(struct parser *parser)
{
	static const char *const names[ABI_COUNT] = {
		[ABI_X86_64] = "x86_64", [ABI_I386] = "x86",	    [ABI_AARCH64] = "arm64",
		[ABI_ARM] = "arm",	 [ABI_RISCV64] = "riscv64",
	};
	const char *own = names[abi_of(parser)];
	bool is_here = false;

	if (!accept(parser, "arch") || !accept(parser, "=")) {
		wrong(parser, "only [arch=NAME,...] is supported in brackets");
		return false;
	}
	do {
		is_here |= own && is_next(parser, own);
		advance(parser);
	} while (!parser->wrong && accept(parser, ","));
	if (!accept(parser, "]"))
		wrong(parser, "\"]\" is expected");
	return is_here;
}

static void read_call(struct parser *parser)
{
	struct word name = parser->word;
	bool is_here = true;

	if (!name.length || !is_name_byte(*name.text))
		wrong(parser, "\"name: filter\" is expected");
	else if (memchr(name.text, '@', name.length))
		wrong(parser, "groups of calls (NAME@GROUP) are defined outside of the policy");
	advance(parser);
	if (accept(parser, "["))
		is_here = read_metadata(parser);
	if (parser->calls_count == CALLS)
		wrong(parser, "more than 256 calls in one statement");
	else if (is_here)
		parser->calls[parser->calls_count++] = name;
}

static void read_statement(struct parser *parser)
{
	bool has_braces = accept(parser, "{");

	parser->calls_count = 0;
	do
		read_call(parser);
	while (has_braces && !parser->wrong && accept(parser, ","));
	if (has_braces && !accept(parser, "}"))
		wrong(parser, "\"}\" is expected");
	if (!accept(parser, ":"))
		wrong(parser, "\"name: filter\" is expected");
	has_braces = !parser->wrong && accept(parser, "{");
	if (!parser->calls_count)
		return;
	do
		read_filter(parser, has_braces);
	while (!parser->wrong && has_braces && accept(parser, ","));
	if (has_braces && !accept(parser, "}"))
		wrong(parser, "\"}\" is expected");
	if (parser->word.length)
		wrong(parser, "text behind the end of the statement");
}

/* ---- files ---- */

static int read_file(struct parser *parser, const char *path, const char *data, size_t size);

static int read_included(struct parser *parser)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *data = NULL;
	const char *from = parser->path, *name = parser->at, *end = parser->end;
	uint64_t line = parser->line;
	size_t size;
	int r;

	while (name < end && (*name == ' ' || *name == '\t'))
		name++;
	if (name == end)
		wrong(parser, "the path of a file is expected");
	if (parser->depth == INCLUDE_DEPTH)
		wrong(parser, "files include each other deeper than 10 levels");
	if (parser->wrong)
		return 0;
	r = include_read(parser->reader, from, name, (size_t)(end - name), &path, &data, &size,
			 parser->err);
	if (r < 0)
		return r;
	parser->depth++;
	r = read_file(parser, path, data, size);
	parser->depth--;
	parser->path = from;
	parser->line = line;
	return r;
}

static int read_directive(struct parser *parser, const char *text, size_t length)
{
	action verdict;

	if (has_prefix(text, length, "@include")) {
		parser->at = text + strlen("@include");
		return read_included(parser);
	}
	if (has_prefix(text, length, "@default")) {
		parser->at = text + strlen("@default");
		advance(parser);
		if (read_action(parser, &verdict) && !parser->word.length)
			parser->reader->policy->default_action = verdict;
		else
			wrong(parser, "an action is expected behind @default");
	} else if (is_word(text, length, "@denylist")) {
		parser->reader->policy->default_action = SECCOMP_RET_ALLOW;
	} else if (!has_prefix(text, length, "@frequency")) {
		wrong(parser, "only @include, @default, @denylist and @frequency are known");
	}
	return 0;
}

static int read_text(struct parser *parser, const char *text, size_t length)
{
	int r = 0;

	parser->wrong = NULL;
	parser->at = text;
	parser->end = text + length;
	if (*text == '@') {
		r = read_directive(parser, text, length);
	} else {
		advance(parser);
		read_statement(parser);
	}
	/* A statement that is read in part would mean something else. */
	if (r == 0 && parser->wrong) {
		size_t shown = length < IMPORT_EXCERPT ? length : IMPORT_EXCERPT;

		r = error_set(parser->err, -EBADMSG, "%s: line %llu: %s: \"%.*s\"", parser->path,
			      (unsigned long long)parser->line, parser->wrong, (int)shown, text);
	}
	return r;
}

/* A statement goes on where a line ends in a backslash. */
static int read_file(struct parser *parser, const char *path, const char *data, size_t size)
{
	_cleanup_free_ char *joined = malloc(size + 1);
	const char *at = data, *end = data + size, *text;
	size_t length, used = 0;
	int r = 0;

	if (!joined)
		return error_oom(parser->err);
	parser->path = path;
	parser->line = 0;
	while (r == 0 && list_policy_line(&at, end, &text, &length, &parser->line)) {
		const char *comment = memchr(text, '#', length);
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
		joined[used] = '\0';
		if (used)
			r = read_text(parser, joined, used);
		used = 0;
	}
	return r;
}

static int read_minijail(struct list_reader *reader, const char *data, size_t size,
			 struct error *err)
{
	struct parser parser = { .reader = reader, .err = err };
	int r;

	reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	r = read_file(&parser, reader->import->result.path, data, size);
	list_policy_add_x32(reader);
	return r;
}

/* "read: 1" is much like "read: 120" of a frequency file, and of nothing else. */
static bool is_statement(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length), *at, *end = line + length;
	size_t left;

	if (has_prefix(line, length, "@default ") || has_prefix(line, length, "@include ") ||
	    has_prefix(line, length, "@denylist"))
		return true;
	if (!colon || !length || !is_name_byte(*line))
		return false;
	/* A name and nothing else before the colon. */
	for (at = line; at < colon && is_name_byte(*at);)
		at++;
	while (at < colon && *at == ' ')
		at++;
	if (at < colon)
		return false;
	for (at = colon + 1; at < end && *at == ' ';)
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\r'))
		end--;
	left = (size_t)(end - at);
	return is_word(at, left, "1") || is_word(at, left, "allow") ||
	       has_prefix(at, left, "return ") ||
	       (has_prefix(at, left, "arg") && left > 5 && at[3] >= '0' && at[3] <= '5' &&
		at[4] == ' ');
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
