// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kafel's policies (src/lexer.l and src/parser.y of the language). A file has policies of blocks, "ACTION {
 * call, call(a, b) { expression } }", which others may use, and at the end the policy to use. Supported
 * expressions are alternatives of comparisons. "!", nested parentheses and constants from the target's
 * headers are mistakes.
 */
#include "import/profile/list_policy.h"

#include <errno.h>
#include <linux/seccomp.h>

#define WORD	       64
#define ARGUMENT_NAMES 6

struct token {
	const char *text;
	size_t length; /* 0: the end */
};

struct parser {
	struct list_reader *reader;
	const char *at, *end;
	uint64_t line;
	struct token token; /* the next one */
	bool is_wrong; /* a mistake was told */
};

static void wrong(struct parser *parser, const char *reason)
{
	if (!parser->is_wrong)
		import_mistake(parser->reader->import, parser->line, reason, parser->token.text,
			       parser->token.length);
	parser->is_wrong = true;
}

/* ---- tokens ---- */

static bool skip_comment(struct parser *parser)
{
	size_t left = (size_t)(parser->end - parser->at);
	const char *stop;

	if (has_prefix(parser->at, left, "//")) {
		stop = memchr(parser->at, '\n', left);
		parser->at = stop ? stop : parser->end;
		return true;
	}
	if (!has_prefix(parser->at, left, "/*"))
		return false;
	stop = memmem(parser->at + 2, left - 2, "*/", 2);
	stop = stop ? stop + 2 : parser->end;
	for (; parser->at < stop; parser->at++)
		parser->line += *parser->at == '\n';
	return true;
}

static void advance(struct parser *parser)
{
	static const char *const doubles[] = { "==", "!=", "<=", ">=", "&&", "||" };
	size_t left;

	while (parser->at < parser->end &&
	       (strchr(" \t\r\n", *parser->at) || skip_comment(parser))) {
		if (parser->at < parser->end && *parser->at == '\n')
			parser->line++;
		if (parser->at < parser->end && *parser->at && strchr(" \t\r\n", *parser->at))
			parser->at++;
		else if (parser->at < parser->end && !*parser->at)
			break;
	}
	left = (size_t)(parser->end - parser->at);
	parser->token = (struct token){ parser->at, 0 };
	while (parser->token.length < left && is_name_byte(parser->at[parser->token.length]))
		parser->token.length++;
	for (size_t i = 0; !parser->token.length && i < sizeof(doubles) / sizeof(*doubles); i++)
		if (has_prefix(parser->at, left, doubles[i]))
			parser->token.length = 2;
	if (!parser->token.length && left)
		parser->token.length = 1;
	parser->at += parser->token.length;
}

static bool is_next(const struct parser *parser, const char *word)
{
	return parser->token.length == strlen(word) &&
	       memcmp(parser->token.text, word, parser->token.length) == 0;
}

static bool accept(struct parser *parser, const char *word)
{
	if (!is_next(parser, word))
		return false;
	advance(parser);
	return true;
}

static void expect(struct parser *parser, const char *word, const char *reason)
{
	if (!accept(parser, word))
		wrong(parser, reason);
}

/* ---- actions ---- */

static bool read_action(struct parser *parser, action *verdict)
{
	static const struct {
		const char *name;
		action action;
		bool has_data;
	} rows[] = {
		{ "ALLOW", SECCOMP_RET_ALLOW, false },
		{ "LOG", SECCOMP_RET_LOG, false },
		{ "KILL", SECCOMP_RET_KILL_THREAD, false },
		{ "DENY", SECCOMP_RET_KILL_THREAD, false },
		{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
		{ "ERRNO", SECCOMP_RET_ERRNO, true },
		{ "TRAP", SECCOMP_RET_TRAP, true },
		{ "TRACE", SECCOMP_RET_TRACE, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t data;

		if (!accept(parser, rows[i].name))
			continue;
		*verdict = rows[i].action;
		if (!rows[i].has_data)
			return true;
		expect(parser, "(", "\"(\" is expected");
		if (list_policy_number(parser->token.text, parser->token.length, &data) &&
		    data <= SECCOMP_RET_DATA)
			*verdict |= (action)data;
		else
			wrong(parser, "a number up to 65535 is expected");
		advance(parser);
		expect(parser, ")", "\")\" is expected");
		return true;
	}
	return false;
}

/* ---- calls and their expressions ---- */

struct call_head {
	struct token name;
	struct token arguments[ARGUMENT_NAMES];
	size_t arguments_count;
	bool is_number;
	uint64_t number;
};

static bool find_argument(const struct call_head *call, const struct token *token,
			  uint8_t *argument)
{
	for (size_t i = 0; i < call->arguments_count; i++)
		if (call->arguments[i].length == token->length &&
		    memcmp(call->arguments[i].text, token->text, token->length) == 0) {
			*argument = (uint8_t)i;
			return true;
		}
	return false;
}

/* "(a1 & 0xff) == 0x1", "a1 & 0xff == 1", "a1 != 3" */
static void read_comparison(struct parser *parser, const struct call_head *call,
			    struct list_clause *clause)
{
	static const char *const signs[COMPARISON_COUNT] = {
		[COMPARE_EQUAL] = "==",	     [COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",	     [COMPARE_GREATER] = ">",
		[COMPARE_LESS_EQUAL] = "<=", [COMPARE_GREATER_EQUAL] = ">=",
	};
	bool is_in_brackets = accept(parser, "("), has_mask;
	struct condition condition = { 0 };
	bool has_sign = false;

	if (!find_argument(call, &parser->token, &condition.argument))
		wrong(parser, "the name of an argument is expected, as declared after the call");
	advance(parser);
	has_mask = accept(parser, "&");
	if (has_mask) {
		if (!list_policy_value(call->name.text, call->name.length, condition.argument,
				       parser->token.text, parser->token.length, &condition.mask))
			wrong(parser, "a mask is expected");
		advance(parser);
	}
	if (is_in_brackets)
		expect(parser, ")", "\")\" is expected");
	for (unsigned i = 0; !has_sign && i < COMPARISON_COUNT; i++)
		if (signs[i] && accept(parser, signs[i])) {
			condition.comparison = (enum comparison)i;
			has_sign = true;
		}
	if (!has_sign || (has_mask && condition.comparison != COMPARE_EQUAL))
		wrong(parser, "a comparison is expected; with a mask only \"==\"");
	if (has_mask)
		condition.comparison = COMPARE_MASKED_EQUAL;
	if (!list_policy_value(call->name.text, call->name.length, condition.argument,
			       parser->token.text, parser->token.length, &condition.value))
		wrong(parser, "a value is expected");
	advance(parser);
	list_clause_add(clause, condition);
}

static void add_call(struct parser *parser, const struct call_head *call, action verdict,
		     const struct list_clause *clause)
{
	if (!call->is_number)
		list_policy_add(parser->reader, parser->line, call->name.text, call->name.length,
				verdict, clause);
	else if (call->number < INT32_MAX)
		list_policy_add_number(parser->reader, (int)call->number, verdict, clause);
	else
		wrong(parser, "not a system call number");
}

/* One rule an alternative: of those that hold the first decides, so that they may follow each other. */
static void read_expression(struct parser *parser, const struct call_head *call, action verdict)
{
	do {
		struct list_clause clause = { 0 };

		do
			read_comparison(parser, call, &clause);
		while (!parser->is_wrong && accept(parser, "&&"));
		add_call(parser, call, verdict, &clause);
	} while (!parser->is_wrong && (accept(parser, ",") || accept(parser, "||")));
	expect(parser, "}", "\"}\" is expected");
}

static void read_call(struct parser *parser, action verdict)
{
	struct call_head call = { .name = parser->token };

	if (!call.name.length || !is_name_byte(*call.name.text))
		wrong(parser, "the name of a system call is expected");
	call.is_number = accept(parser, "SYSCALL");
	if (call.is_number) {
		expect(parser, "[", "\"[\" is expected");
		if (!list_policy_number(parser->token.text, parser->token.length, &call.number))
			wrong(parser, "a number is expected");
		advance(parser);
		expect(parser, "]", "\"]\" is expected");
	} else {
		advance(parser);
	}
	if (accept(parser, "(")) {
		while (!parser->is_wrong && !is_next(parser, ")")) {
			if (call.arguments_count == ARGUMENT_NAMES)
				wrong(parser, "a call has at most six arguments");
			else
				call.arguments[call.arguments_count++] = parser->token;
			advance(parser);
			if (!accept(parser, ","))
				break;
		}
		expect(parser, ")", "\")\" is expected");
	}
	if (accept(parser, "{"))
		read_expression(parser, &call, verdict);
	else if (!parser->is_wrong)
		add_call(parser, &call, verdict, NULL);
}

static void read_block(struct parser *parser)
{
	action verdict;

	if (!read_action(parser, &verdict)) {
		wrong(parser, "an action with its calls is expected");
		return;
	}
	expect(parser, "{", "\"{\" is expected");
	while (!parser->is_wrong && !is_next(parser, "}")) {
		read_call(parser, verdict);
		if (!accept(parser, ","))
			break;
	}
	expect(parser, "}", "\"}\" is expected");
}

static void read_statement(struct parser *parser)
{
	if (accept(parser, "POLICY")) {
		advance(parser);
		expect(parser, "{", "\"{\" is expected");
		while (!parser->is_wrong && !is_next(parser, "}")) {
			read_block(parser);
			if (!accept(parser, ","))
				break;
		}
		expect(parser, "}", "\"}\" is expected");
	} else if (accept(parser, "USE")) {
		advance(parser);
	} else if (accept(parser, "DEFAULT")) {
		if (!read_action(parser, &parser->reader->policy->default_action))
			wrong(parser, "an action is expected");
	} else {
		read_block(parser);
		accept(parser, ",");
	}
}

/* Several policies of one file are taken for used, one after the other. */
static int read_kafel(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	struct parser parser = { .reader = reader, .at = data, .end = data + size, .line = 1 };

	(void)err;
	reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	advance(&parser);
	while (parser.token.length && !parser.is_wrong)
		read_statement(&parser);
	return 0;
}

static bool is_policy(const char *line, size_t length)
{
	return has_prefix(line, length, "POLICY ") || has_prefix(line, length, "DEFAULT ");
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_policy);
}

const struct importer importer_kafel = {
	.name = "kafel",
	.summary = "policies of Kafel, the language of nsjail",
	.sniff = sniff,
	.policy = read_kafel,
};
