// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kafel's policies (src/lexer.l and src/parser.y of the language), also in a configuration of nsjail. A file has
 * named policies of blocks, "ACTION { call, call(a, b) { expression } }". Only blocks and USE outside of a named
 * policy are in force: a policy is read once for its mistakes, and again where it is used. The first matching
 * rule decides, so a second use of a policy changes nothing.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "import/profile/include.h"
#include "import/profile/kafel_arguments.h"
#include "import/profile/kafel_text.h"
#include "import/profile/logic.h"
#include "policy/kafel_names.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#define ARGUMENT_NAMES 6
#define NESTING	       64 /* of parentheses */
#define NAMED	       1024 /* policies and constants of a file */

struct token {
	const char *text;
	size_t length; /* 0: the end */
};

/* Where the parser reads. */
struct place {
	const char *at, *end;
	const char *path;
	uint64_t line;
};

struct named_policy {
	struct token name;
	struct place body;
	struct token first; /* of the body, behind "{" */
	bool is_used;
};

struct constant {
	struct token name;
	uint64_t value;
};

struct parser {
	struct list_reader *reader;
	struct error *err;
	struct place place;
	struct place outer[INCLUDE_DEPTH]; /* of the files that include this one */
	size_t depth;
	struct token token; /* the next one */
	struct named_policy policies[NAMED];
	size_t policies_count;
	struct constant constants[NAMED];
	size_t constants_count;
	char *texts[INCLUDE_FILES * 2]; /* of included files, and their paths */
	size_t texts_count;
	bool is_dry; /* in a policy that is not used yet */
	bool is_wrong;
};

/* A policy that is read in part would allow or deny something else: it is refused as a whole. */
static void wrong(struct parser *parser, const char *reason)
{
	size_t shown =
		parser->token.length < IMPORT_EXCERPT ? parser->token.length : IMPORT_EXCERPT;

	if (!parser->is_wrong && !parser->err->code)
		error_set(parser->err, -EBADMSG, "%s: line %llu: %s: \"%.*s\"", parser->place.path,
			  (unsigned long long)parser->place.line, reason, (int)shown,
			  parser->token.text);
	parser->is_wrong = true;
}

/* ---- tokens ---- */

static bool skip_comment(struct parser *parser)
{
	struct place *place = &parser->place;
	size_t left = (size_t)(place->end - place->at);
	const char *stop;

	if (has_prefix(place->at, left, "//")) {
		stop = memchr(place->at, '\n', left);
		place->at = stop ? stop : place->end;
		return true;
	}
	if (!has_prefix(place->at, left, "/*"))
		return false;
	stop = memmem(place->at + 2, left - 2, "*/", 2);
	stop = stop ? stop + 2 : place->end;
	for (; place->at < stop; place->at++)
		place->line += *place->at == '\n';
	return true;
}

static void skip_blanks(struct parser *parser)
{
	struct place *place = &parser->place;

	while (place->at < place->end) {
		if (*place->at && strchr(" \t\r\n", *place->at)) {
			place->line += *place->at == '\n';
			place->at++;
		} else if (!skip_comment(parser)) {
			return;
		}
	}
}

static void push_include(struct parser *parser, const char *name, size_t length)
{
	char *path, *data;
	size_t size;

	if (parser->depth == INCLUDE_DEPTH) {
		parser->token = (struct token){ name, length };
		wrong(parser, "files include each other deeper than 10 levels");
		return;
	}
	if (include_read(parser->reader, parser->place.path, name, length, &path, &data, &size,
			 parser->err) < 0) {
		parser->is_wrong = true;
		return;
	}
	parser->texts[parser->texts_count++] = path;
	parser->texts[parser->texts_count++] = data;
	parser->outer[parser->depth++] = parser->place;
	parser->place = (struct place){ data, data + size, path, 1 };
}

/* #include "file", which may stand anywhere. */
static bool read_include(struct parser *parser)
{
	static const char word[] = "#include";
	struct place *place = &parser->place;
	const char *quote, *stop;

	if (!has_prefix(place->at, (size_t)(place->end - place->at), word))
		return false;
	place->at += sizeof(word) - 1;
	skip_blanks(parser);
	quote = place->at;
	stop = quote < place->end && *quote == '"'
		       ? memchr(quote + 1, '"', (size_t)(place->end - quote - 1))
		       : NULL;
	if (!stop) {
		parser->token = (struct token){ quote, quote < place->end };
		wrong(parser, "a file in quotes is expected behind #include");
		return false;
	}
	place->at = stop + 1;
	push_include(parser, quote + 1, (size_t)(stop - quote - 1));
	return !parser->is_wrong;
}

/* To the next token's beginning, through the ends of included files. */
static void find_token(struct parser *parser)
{
	for (;;) {
		skip_blanks(parser);
		if (parser->place.at == parser->place.end && parser->depth)
			parser->place = parser->outer[--parser->depth];
		else if (!read_include(parser))
			return;
	}
}

static bool is_number_sign(const char *at, size_t left)
{
	return left > 1 && at[0] == '-' && at[1] >= '1' && at[1] <= '9';
}

static void advance(struct parser *parser)
{
	static const char *const doubles[] = { "==", "!=", "<=", ">=", "&&", "||" };
	struct place *place = &parser->place;
	size_t left, length;

	find_token(parser);
	left = (size_t)(place->end - place->at);
	length = is_number_sign(place->at, left);
	while (length < left && is_name_byte(place->at[length]))
		length++;
	for (size_t i = 0; !length && i < ARRAY_SIZE(doubles); i++)
		if (has_prefix(place->at, left, doubles[i]))
			length = 2;
	if (!length && left)
		length = 1;
	parser->token = (struct token){ place->at, parser->is_wrong ? 0 : length };
	place->at += length;
}

static bool is_next(const struct parser *parser, const char *word)
{
	return is_word(parser->token.text, parser->token.length, word);
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

static bool is_name(const struct token *token)
{
	return token->length && is_name_byte(*token->text) &&
	       !(*token->text >= '0' && *token->text <= '9');
}

static bool same(const struct token *a, const struct token *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Decimal with a sign, octal, hexadecimal, binary. */
static bool token_number(const struct token *token, uint64_t *value)
{
	bool is_negative = token->length > 1 && *token->text == '-';
	char digits[72], *end;
	int base = 0;

	if (!token->length || token->length >= sizeof(digits) ||
	    !(is_negative || (*token->text >= '0' && *token->text <= '9')))
		return false;
	memcpy(digits, token->text, token->length);
	digits[token->length] = '\0';
	if (has_prefix(digits, token->length, "0b"))
		base = 2;
	errno = 0;
	*value = strtoull(base ? digits + 2 : digits, &end, base);
	return !errno && !*end;
}

static const struct constant *find_constant(const struct parser *parser, const struct token *name)
{
	for (size_t i = 0; i < parser->constants_count; i++)
		if (same(&parser->constants[i].name, name))
			return &parser->constants[i];
	return NULL;
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
		{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
		{ "DENY", SECCOMP_RET_KILL_THREAD, false },
		{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
		{ "USER_NOTIF", SECCOMP_RET_USER_NOTIF, false },
		{ "ERRNO", SECCOMP_RET_ERRNO, true },
		{ "TRAP", SECCOMP_RET_TRAP, true },
		{ "TRACE", SECCOMP_RET_TRACE, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t data;

		if (!accept(parser, rows[i].name))
			continue;
		*verdict = rows[i].action;
		if (!rows[i].has_data)
			return true;
		expect(parser, "(", "\"(\" is expected");
		if (token_number(&parser->token, &data) && data <= SECCOMP_RET_DATA)
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
	bool are_declared;
	bool is_number;
	uint64_t number;
	bool is_elsewhere; /* for other architectures only */
};

static bool find_argument(const struct call_head *call, const struct token *token,
			  struct logic_value *value)
{
	*value = (struct logic_value){ .is_argument = true, .mask = UINT64_MAX };
	for (size_t i = 0; i < call->arguments_count; i++)
		if (same(&call->arguments[i], token)) {
			value->argument = (uint8_t)i;
			return true;
		}
	if (call->are_declared || call->is_number)
		return false;
	return kafel_arguments_find(call->name.text, call->name.length, token->text, token->length,
				    &value->argument, &value->is_narrow);
}

static void read_or_value(struct parser *parser, const struct call_head *call, unsigned nesting,
			  struct logic_value *value);

static void read_operand(struct parser *parser, const struct call_head *call, unsigned nesting,
			 struct logic_value *value)
{
	const struct constant *constant;

	*value = (struct logic_value){ 0 };
	if (is_next(parser, "(") && nesting < NESTING) {
		advance(parser);
		read_or_value(parser, call, nesting + 1, value);
		expect(parser, ")", "\")\" is expected");
		return;
	}
	constant = find_constant(parser, &parser->token);
	if (constant)
		value->set = constant->value;
	else if (!token_number(&parser->token, &value->set) &&
		 !(is_name(&parser->token) && find_argument(call, &parser->token, value)))
		wrong(parser, call->are_declared
				      ? "neither a number, a constant nor a declared argument"
				      : "neither a number, a constant nor a known argument of the "
					"call; declare the arguments behind its name");
	advance(parser);
}

static void combine(struct parser *parser, bool is_or, struct logic_value *value,
		    const struct logic_value *other)
{
	const char *reason = logic_combine(value, is_or, other);

	if (reason)
		wrong(parser, reason);
}

/* "&" binds more tightly than "|". */
static void read_and_value(struct parser *parser, const struct call_head *call, unsigned nesting,
			   struct logic_value *value)
{
	struct logic_value other;

	read_operand(parser, call, nesting, value);
	while (!parser->is_wrong && accept(parser, "&")) {
		read_operand(parser, call, nesting, &other);
		combine(parser, false, value, &other);
	}
}

static void read_or_value(struct parser *parser, const struct call_head *call, unsigned nesting,
			  struct logic_value *value)
{
	struct logic_value other;

	read_and_value(parser, call, nesting, value);
	while (!parser->is_wrong && accept(parser, "|")) {
		read_and_value(parser, call, nesting, &other);
		combine(parser, true, value, &other);
	}
}

static void read_comparison(struct parser *parser, const struct call_head *call, unsigned nesting,
			    bool is_negated, struct logic_set *set)
{
	static const char *const signs[COMPARISON_COUNT] = {
		[COMPARE_EQUAL] = "==",	     [COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",	     [COMPARE_GREATER] = ">",
		[COMPARE_LESS_EQUAL] = "<=", [COMPARE_GREATER_EQUAL] = ">=",
	};
	struct logic_value left, right;
	const char *reason;

	read_or_value(parser, call, nesting, &left);
	for (unsigned i = 0; i < COMPARISON_COUNT; i++) {
		if (!signs[i] || !accept(parser, signs[i]))
			continue;
		read_or_value(parser, call, nesting, &right);
		if (parser->is_wrong)
			return;
		reason = logic_compare(&left, (enum comparison)i, &right, is_negated, set);
		if (reason)
			wrong(parser, reason);
		return;
	}
	wrong(parser, "a comparison is expected");
}

/* Whether the parentheses that open here have a comparison in them, and so are an expression. */
static bool opens_expression(const struct parser *parser)
{
	unsigned depth = 1;

	for (const char *at = parser->place.at; at < parser->place.end && depth; at++) {
		depth += *at == '(';
		depth -= *at == ')';
		if (depth && *at && strchr("=!<>", *at))
			return true;
		if (*at == '{' || *at == '}')
			break;
	}
	return false;
}

static void read_alternatives(struct parser *parser, const struct call_head *call, unsigned nesting,
			      bool is_negated, struct logic_set *set);

static void read_primary(struct parser *parser, const struct call_head *call, unsigned nesting,
			 bool is_negated, struct logic_set *set)
{
	*set = (struct logic_set){ 0 };
	if (nesting == NESTING) {
		wrong(parser, "nested too deep");
		return;
	}
	if (accept(parser, "!")) {
		read_primary(parser, call, nesting + 1, !is_negated, set);
		return;
	}
	if (is_next(parser, "(") && opens_expression(parser)) {
		advance(parser);
		read_alternatives(parser, call, nesting + 1, is_negated, set);
		expect(parser, ")", "\")\" is expected");
		return;
	}
	read_comparison(parser, call, nesting, is_negated, set);
}

static void join(struct parser *parser, bool is_and, struct logic_set *set, struct logic_set *other)
{
	const char *reason = is_and ? logic_and(set, other) : logic_or(set, other);

	logic_set_clear(other);
	if (reason)
		wrong(parser, reason);
}

/* Negated, "and" joins what "or" joined, and the other way round (De Morgan). */
static void read_conjunction(struct parser *parser, const struct call_head *call, unsigned nesting,
			     bool is_negated, struct logic_set *set)
{
	struct logic_set other;

	read_primary(parser, call, nesting, is_negated, set);
	while (!parser->is_wrong && accept(parser, "&&")) {
		read_primary(parser, call, nesting, is_negated, &other);
		join(parser, !is_negated, set, &other);
	}
}

static void read_alternatives(struct parser *parser, const struct call_head *call, unsigned nesting,
			      bool is_negated, struct logic_set *set)
{
	struct logic_set other;

	read_conjunction(parser, call, nesting, is_negated, set);
	while (!parser->is_wrong && (accept(parser, ",") || accept(parser, "||"))) {
		read_conjunction(parser, call, nesting, is_negated, &other);
		join(parser, is_negated, set, &other);
	}
}

static void add_call(struct parser *parser, const struct call_head *call, action verdict,
		     const struct list_clause *clause)
{
	enum abi abi = parser->reader->policy->abis[0];
	char name[NAME_ROOM];
	int nr;

	if (parser->is_dry || call->is_elsewhere)
		return;
	if (call->is_number) {
		list_policy_add_number(parser->reader, (int)call->number, verdict, clause);
		return;
	}
	snprintf(name, sizeof(name), "%.*s",
		 (int)(call->name.length < sizeof(name) ? call->name.length : 0), call->name.text);
	nr = kafel_names_number(abi, name);
	if (nr >= 0)
		list_policy_add_number(parser->reader, nr, verdict, clause);
	else
		list_policy_add(parser->reader, parser->place.line, call->name.text,
				call->name.length, verdict, clause);
}

/* One rule an alternative: the first that holds decides, so they may follow each other. */
static void add_alternatives(struct parser *parser, const struct call_head *call, action verdict,
			     const struct logic_set *set)
{
	for (size_t i = 0; i < set->count && !parser->is_wrong; i++)
		add_call(parser, call, verdict, set->clauses[i].count ? &set->clauses[i] : NULL);
}

static void read_expression(struct parser *parser, const struct call_head *call, action verdict)
{
	struct logic_set set;

	if (accept(parser, "}")) {
		add_call(parser, call, verdict, NULL);
		return;
	}
	read_alternatives(parser, call, 0, false, &set);
	expect(parser, "}", "\"}\" is expected");
	add_alternatives(parser, call, verdict, &set);
	logic_set_clear(&set);
}

static void read_arguments(struct parser *parser, struct call_head *call)
{
	call->are_declared = true;
	while (!parser->is_wrong && !is_next(parser, ")")) {
		if (call->arguments_count == ARGUMENT_NAMES)
			wrong(parser, "a call has at most six arguments");
		else if (!is_name(&parser->token))
			wrong(parser, "the name of an argument is expected");
		else
			call->arguments[call->arguments_count++] = parser->token;
		advance(parser);
		if (!accept(parser, ","))
			break;
	}
	expect(parser, ")", "\")\" is expected");
}

static bool is_architecture(enum abi abi, const struct token *token)
{
	static const struct {
		const char *name;
		enum abi abi;
	} rows[] = {
		{ "arm", ABI_ARM },	  { "aarch64", ABI_AARCH64 }, { "arm64", ABI_AARCH64 },
		{ "x86_64", ABI_X86_64 }, { "amd64", ABI_X86_64 },    { "x86", ABI_I386 },
		{ "i386", ABI_I386 },	  { "riscv64", ABI_RISCV64 }, { "rv64", ABI_RISCV64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].abi == abi && token->length == strlen(rows[i].name) &&
		    strncasecmp(token->text, rows[i].name, token->length) == 0)
			return true;
	return false;
}

/* "ON x86_64", "ON { x86_64, aarch64 }" */
static void read_guard(struct parser *parser, struct call_head *call)
{
	enum abi abi = parser->reader->policy->abis[0];
	bool is_list;

	if (!accept(parser, "ON"))
		return;
	is_list = accept(parser, "{");
	call->is_elsewhere = true;
	do {
		if (!is_name(&parser->token))
			wrong(parser, "the name of an architecture is expected");
		else if (is_architecture(abi, &parser->token))
			call->is_elsewhere = false;
		advance(parser);
	} while (is_list && !parser->is_wrong && accept(parser, ","));
	if (is_list)
		expect(parser, "}", "\"}\" is expected");
}

static void read_number(struct parser *parser, struct call_head *call)
{
	expect(parser, "[", "\"[\" is expected");
	if (!token_number(&parser->token, &call->number) || call->number > INT32_MAX)
		wrong(parser, "the number of a system call is expected");
	advance(parser);
	expect(parser, "]", "\"]\" is expected");
}

static void read_call(struct parser *parser, action verdict)
{
	struct call_head call = { .name = parser->token };
	const struct constant *constant = find_constant(parser, &parser->token);

	if (!is_name(&call.name))
		wrong(parser, "the name of a system call is expected");
	call.is_number = is_next(parser, "SYSCALL") || constant;
	if (constant && (call.number = constant->value) > INT32_MAX)
		wrong(parser, "this constant is not the number of a system call");
	advance(parser);
	if (call.is_number && !constant)
		read_number(parser, &call);
	if (accept(parser, "("))
		read_arguments(parser, &call);
	read_guard(parser, &call);
	if (parser->is_wrong)
		return;
	if (accept(parser, "{"))
		read_expression(parser, &call, verdict);
	else
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

/* ---- policies ---- */

static void read_body(struct parser *parser);

static void use(struct parser *parser)
{
	struct place place;
	struct token token;
	struct named_policy *used = NULL;

	for (size_t i = 0; i < parser->policies_count; i++)
		if (same(&parser->policies[i].name, &parser->token))
			used = &parser->policies[i];
	if (!used) {
		wrong(parser, "no policy of this name stands above");
		return;
	}
	advance(parser);
	if (parser->is_dry || used->is_used)
		return;
	used->is_used = true;
	place = parser->place;
	token = parser->token;
	parser->place = used->body;
	parser->token = used->first;
	read_body(parser);
	parser->place = place;
	parser->token = token;
}

/* Blocks and uses, up to the end of the policy. */
static void read_body(struct parser *parser)
{
	while (!parser->is_wrong && !is_next(parser, "}")) {
		if (accept(parser, "USE"))
			use(parser);
		else
			read_block(parser);
		if (!accept(parser, ","))
			break;
	}
	if (!is_next(parser, "}"))
		wrong(parser, "\"}\" is expected");
}

static void read_policy(struct parser *parser)
{
	struct named_policy *policy = &parser->policies[parser->policies_count];

	if (parser->policies_count == NAMED) {
		wrong(parser, "too many policies");
		return;
	}
	if (!is_name(&parser->token))
		wrong(parser, "the name of the policy is expected");
	policy->name = parser->token;
	advance(parser);
	expect(parser, "{", "\"{\" is expected");
	policy->body = parser->place;
	policy->first = parser->token;
	parser->is_dry = true;
	read_body(parser);
	parser->is_dry = false;
	accept(parser, "}");
	parser->policies_count++;
}

/* "#define NAME NUMBER", behind the "#" */
static void read_constant(struct parser *parser)
{
	struct constant *constant = &parser->constants[parser->constants_count];
	const struct constant *known;

	expect(parser, "define", "\"define\" is expected");
	if (!is_name(&parser->token))
		wrong(parser, "the name of a constant is expected");
	if (parser->constants_count == NAMED)
		wrong(parser, "too many constants");
	if (parser->is_wrong)
		return;
	constant->name = parser->token;
	advance(parser);
	if (!token_number(&parser->token, &constant->value))
		wrong(parser, "a number is expected");
	known = find_constant(parser, &constant->name);
	if (known && known->value != constant->value)
		wrong(parser, "the constant has another value already");
	advance(parser);
	parser->constants_count++;
}

static void read_statement(struct parser *parser)
{
	if (accept(parser, "#")) {
		read_constant(parser);
	} else if (accept(parser, "POLICY")) {
		read_policy(parser);
	} else if (accept(parser, "USE")) {
		use(parser);
		accept(parser, ",");
	} else if (accept(parser, "DEFAULT")) {
		if (!read_action(parser, &parser->reader->policy->default_action))
			wrong(parser, "an action is expected");
	} else {
		read_block(parser);
		accept(parser, ",");
	}
}

static int parse(struct parser *parser)
{
	parser->reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	advance(parser);
	while (parser->token.length && !parser->is_wrong)
		read_statement(parser);
	list_policy_add_x32(parser->reader);
	return parser->err->code;
}

/* ---- files ---- */

static bool is_nsjail_field(const char *line, size_t length)
{
	while (length && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	return has_prefix(line, length, "seccomp_string") ||
	       has_prefix(line, length, "seccomp_policy_file");
}

static bool is_policy(const char *line, size_t length)
{
	while (length && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	return has_prefix(line, length, "POLICY ") || has_prefix(line, length, "DEFAULT ") ||
	       has_prefix(line, length, "USE ") || has_prefix(line, length, "ALLOW {") ||
	       has_prefix(line, length, "#include \"");
}

static void parser_freep(struct parser **parser)
{
	for (size_t i = 0; *parser && i < (*parser)->texts_count; i++)
		free((*parser)->texts[i]);
	free(*parser);
}

static int read_text(struct parser *parser, const char *path, const char *data, size_t size)
{
	parser->place = (struct place){ data, data + size, path, 1 };
	return parse(parser);
}

static int read_nsjail(struct parser *parser, const char *path, const char *data, size_t size)
{
	struct kafel_text text;
	int r = kafel_text_read(data, size, &text);

	if (r < 0)
		return error_oom(parser->err);
	if (text.file) {
		parser->place = (struct place){ data, data, path, 1 };
		push_include(parser, text.file, strlen(text.file));
		r = parser->is_wrong ? parser->err->code : parse(parser);
	} else if (text.policy) {
		r = read_text(parser, path, text.policy, text.size);
	} else {
		r = error_set(parser->err, -EBADMSG, "%s: seccomp_string is empty", path);
	}
	kafel_text_clear(&text);
	return r;
}

static int read_kafel(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	_cleanup_(parser_freep) struct parser *parser = calloc(1, sizeof(*parser));
	const char *path = reader->import->result.path;

	if (!parser)
		return error_oom(err);
	parser->reader = reader;
	parser->err = err;
	if (import_any_line(data, size, 100000, is_nsjail_field))
		return read_nsjail(parser, path, data, size);
	return read_text(parser, path, data, size);
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_policy) ||
	       import_any_line(head, length, 10000, is_nsjail_field);
}

const struct importer importer_kafel = {
	.name = "kafel",
	.summary = "policies of Kafel, also in configurations of nsjail",
	.sniff = sniff,
	.policy = read_kafel,
};
