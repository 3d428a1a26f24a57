// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle test`: prints the outcome of one call, and the instructions of the filter or the rule of the
 * policy that lead to it. Arguments that are not given may have any value. If the outcome depends on one
 * of them, each outcome is printed with its conditions.
 */
#include "cmd/commands.h"
#include "cmd/operand.h"
#include "cmd/report.h"
#include "cmd/rule_text.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "filter/conditions.h"
#include "filter/disassemble.h"
#include "filter/evaluate.h"
#include "policy/action.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define EXIT_MADE    0
#define EXIT_REFUSED 1
#define EXIT_TROUBLE 2
#define OUTCOMES_MAX 256

struct test_arguments {
	bool quiet;
	bool json;
};

static const struct option_row test_rows[] = {
	{ 'q', "quiet", OPTION_FLAG, NULL, "print only the outcome, without the reason",
	  offsetof(struct test_arguments, quiet), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print the outcomes and the reason as JSON",
	  offsetof(struct test_arguments, json), VALUE_ANY, NULL },
	OPTION_END,
};

/* The call as given by the user. */
struct call_asked {
	enum abi abi;
	int nr;
	uint64_t arguments[6];
	bool is_given[6];
};

/* Where the outcomes and the reason go: to standard output as text, or to JSON. */
struct output {
	struct json_writer *json; /* NULL: text */
};

/* One line of the reason. */
__attribute__((format(printf, 2, 3))) static void say(const struct output *output,
						      const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	if (output->json)
		json_write_string(output->json, NULL, line ? line : "out of memory");
	else
		print_text(stdout, "%s\n", line ? line : "out of memory");
}

/* ---- parsing ---- */

static int parse_number(const char *text, uint64_t *value)
{
	bool is_negative = *text == '-';
	char *end;

	text += is_negative;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return -EINVAL;
	if (is_negative)
		*value = -*value;
	return 0;
}

/* A number, AT_FDCWD, or a name known for this kind of argument. */
static int parse_argument(const struct call_asked *call, unsigned index, const char *text,
			  uint64_t *value, struct error *err)
{
	const char *name = syscall_name(call->abi, call->nr);
	const struct syscall_arguments *known = name ? syscall_arguments_of(call->abi, name) : NULL;

	if (parse_number(text, value) == 0)
		return 0;
	/* An int in a register: compilers leave the upper half clear. */
	if (strcmp(text, "AT_FDCWD") == 0) {
		*value = (uint32_t)AT_FDCWD;
		return 0;
	}
	for (unsigned i = 0; known && i < known->count; i++)
		if (known->argument[i].index == index &&
		    argument_parse(call->abi, known->argument[i].kind, text, value) == 0)
			return 0;
	return error_set(
		err, -EINVAL,
		"argument %u: \"%s\" is neither a number nor a known name for this argument", index,
		text);
}

static int parse_name(char *text, struct call_asked *call, struct error *err)
{
	char *colon = strchr(text, ':');
	uint64_t number;

	call->abi = abi_native();
	if (colon) {
		*colon = '\0';
		if (abi_from_name(text, &call->abi) < 0)
			return error_set(err, -EINVAL, "unknown ABI \"%s\"", text);
		text = colon + 1;
	}
	call->nr = syscall_number(call->abi, text);
	if (call->nr >= 0)
		return 0;
	if (parse_number(text, &number) < 0 || number > UINT32_MAX)
		return error_set(err, -ENOENT, "%s has no system call \"%s\"",
				 abi_info(call->abi)->name, text);
	call->nr = (int)number;
	return 0;
}

static int parse_call(const char *operand, struct call_asked *call, struct error *err)
{
	_cleanup_free_ char *copy = strdup(operand);
	char *rest = copy, *part;
	int r;

	*call = (struct call_asked){ 0 };
	if (!copy)
		return error_oom(err);
	part = strsep(&rest, ",");
	r = parse_name(part, call, err);
	for (unsigned i = 0; r == 0 && (part = strsep(&rest, ",")); i++) {
		if (i == 6)
			return error_set(err, -EINVAL, "a call has at most 6 arguments");
		if (strcmp(part, "...") == 0 || strcmp(part, "") == 0)
			continue;
		call->is_given[i] = true;
		r = parse_argument(call, i, part, &call->arguments[i], err);
	}
	return r;
}

/* ---- the outcome ---- */

static int to_node(struct diagrams *d, const struct side *side, const struct call_asked *call,
		   struct meaning *meaning, node *out, struct error *err)
{
	const struct audit_arch *archs;
	size_t count = audit_arch_table(&archs);
	node answer = DIAGRAM_NONE;
	int r = side->policy ? meaning_of_policy(d, side->policy, meaning, err)
			     : meaning_of_stack(d, side->stack, 0, meaning, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (archs[i].number == abi_info(call->abi)->audit_arch)
			answer = meaning->by_arch[i];
	answer = diagram_fix(d, answer, WORD_NR, (uint32_t)call->nr);
	for (unsigned i = 0; i < 6; i++) {
		if (!call->is_given[i])
			continue;
		answer = diagram_fix(d, answer, word_high(i), (uint32_t)(call->arguments[i] >> 32));
		answer = diagram_fix(d, answer, word_low(i), (uint32_t)call->arguments[i]);
	}
	*out = answer;
	return answer == DIAGRAM_NONE ? diagrams_error(d, err) : 0;
}

static bool is_made(action outcome)
{
	return outcome == SECCOMP_RET_ALLOW || outcome == SECCOMP_RET_LOG;
}

static int write_clause(struct json_writer *json, const struct rule *rule,
			const struct clause *clause, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return error_oom(err);
	rule_text_print_clause(memory, rule, clause);
	if (fclose(memory) != 0)
		return error_oom(err);
	json_write_string(json, NULL, text);
	return 0;
}

static int print_clauses(const struct output *output, const char *name, const struct rule *rule,
			 struct error *err)
{
	int r = 0;

	if (output->json)
		json_write_array_line(output->json, "where");
	for (size_t i = 0; r == 0 && i < rule->clauses_count; i++) {
		if (output->json) {
			r = write_clause(output->json, rule, &rule->clauses[i], err);
			continue;
		}
		print_text(stdout, "%s where ", name);
		rule_text_print_clause(stdout, rule, &rule->clauses[i]);
		putchar('\n');
	}
	if (output->json)
		json_write_end_array(output->json);
	return r;
}

static int print_outcome(const struct output *output, struct diagrams *d, node answer, node outcome,
			 const struct call_asked *call, struct error *err)
{
	bool is_32_bit = !abi_info(call->abi)->is_64_bit && call->abi != ABI_X32;
	node where = diagram_reaches(d, answer, TERMINAL_LEVEL, outcome);
	struct rule rule = { .abi = call->abi, .nr = call->nr };
	char name[32];
	int r = 0;

	action_format(diagram_value(d, outcome), name, sizeof(name));
	if (output->json) {
		json_write_object(output->json, NULL);
		json_write_string(output->json, "action", name);
	}
	if (where != DIAGRAM_TRUE) {
		r = conditions_add(d, where, is_32_bit, &rule, err);
		if (r == 0)
			r = print_clauses(output, name, &rule, err);
	} else if (!output->json) {
		puts(name);
	}
	if (output->json)
		json_write_end_object(output->json);
	for (size_t i = 0; i < rule.clauses_count; i++)
		free(rule.clauses[i].conditions);
	free(rule.clauses);
	return r;
}

/* Returns the exit code: whether the call would be made for all values of the arguments not given. */
static int print_outcomes(const struct output *output, const struct side *side,
			  const struct call_asked *call, bool *depends, struct error *err)
{
	_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
	_cleanup_free_ node *outcomes = NULL;
	struct meaning meaning;
	size_t count = 0;
	node answer;
	int code = EXIT_MADE, r;

	if (!d)
		return error_oom(err);
	r = to_node(d, side, call, &meaning, &answer, err);
	if (r == 0)
		r = diagram_cut(d, answer, TERMINAL_LEVEL, OUTCOMES_MAX, &outcomes, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (diagram_kind(d, outcomes[i]) == TERMINAL_UNKNOWN)
			return evaluate_explain_unknown(diagram_value(d, outcomes[i]),
							meaning.filters, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = print_outcome(output, d, answer, outcomes[i], call, err);
		if (!is_made(diagram_value(d, outcomes[i])))
			code = EXIT_REFUSED;
	}
	*depends = count > 1;
	return r < 0 ? r : code;
}

/* ---- the reason ---- */

static int print_path(const struct output *output, const struct filter *filter, size_t index,
		      size_t count, const struct seccomp_data *data, struct error *err)
{
	_cleanup_free_ struct context *contexts = NULL;
	uint16_t path[BPF_MAXINSNS];
	uint32_t answer;
	size_t steps;
	int r = filter_trace(filter, data, &answer, path, &steps, err);

	if (r == 0)
		r = filter_contexts(filter, &contexts, err);
	if (r < 0)
		return r;
	if (count > 1)
		say(output, "filter %zu of %zu:", index + 1, count);
	for (size_t i = 0; i < steps; i++) {
		char text[256];

		say(output, "%4u: %s", path[i],
		    filter_format(filter, path[i], &contexts[path[i]], text, sizeof(text)));
	}
	return 0;
}

static void print_rule(const struct output *output, const struct policy *policy,
		       const struct call_asked *call)
{
	size_t count = 0;
	const struct rule *rule = policy_find(policy, call->abi, call->nr, &count);

	if (!policy_has_abi(policy, call->abi)) {
		say(output, "the policy has no rules for %s", abi_info(call->abi)->name);
		return;
	}
	while (count > 0 && !rule_matches(rule, call->arguments)) {
		rule++;
		count--;
	}
	if (count == 0) {
		say(output, "no rule matches: the default action applies");
		return;
	}
	for (size_t i = 0; i < rule->reasons_count; i++)
		say(output, "%s: %s", reason_kind_name(rule->reasons[i].kind),
		    rule->reasons[i].text);
}

static int print_why(const struct output *output, const struct side *side,
		     const struct call_asked *call, struct error *err)
{
	struct seccomp_data data;
	int r = 0;

	if (side->policy) {
		print_rule(output, side->policy, call);
		return 0;
	}
	if (!side->stack)
		return error_set(err, -EINVAL, "there is no filter");
	filter_data(call->abi, call->nr, call->arguments, &data);
	for (size_t i = side->stack->count; r == 0 && i-- > 0;)
		r = print_path(output, &side->stack->filters[i], i, side->stack->count, &data, err);
	return r;
}

static int test_side(const struct test_arguments *arguments, const struct output *output,
		     const struct side *side, const struct call_asked *call, struct error *err)
{
	bool depends = false;
	int r = 0, code;

	if (output->json)
		json_write_array(output->json, "outcomes");
	code = print_outcomes(output, side, call, &depends, err);
	if (output->json) {
		json_write_end_array(output->json);
		json_write_array(output->json, "reason");
	}
	/* Several outcomes have several reasons; none is printed. */
	if (code >= 0 && !depends && !arguments->quiet)
		r = print_why(output, side, call, err);
	if (output->json)
		json_write_end_array(output->json);
	return r < 0 ? r : code;
}

/* Writes to memory first, so that a failure prints no half of a JSON value. */
static int test_json(const struct test_arguments *arguments, const struct side *side,
		     const struct call_asked *call, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct json_writer json;
	char name[CALL_NAME_SIZE];
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	int code;

	if (!memory)
		return error_oom(err);
	json = json_writer(memory);
	json_write_object(&json, NULL);
	json_write_string(&json, "abi", abi_info(call->abi)->name);
	json_write_string(&json, "name", call_name(call->abi, call->nr, name));
	code = test_side(arguments, &(struct output){ &json }, side, call, err);
	json_write_bool(&json, "made", code == EXIT_MADE);
	json_write_end_object(&json);
	if (fclose(memory) != 0 && code >= 0)
		return error_oom(err);
	if (code >= 0)
		fwrite(text, 1, size, stdout);
	return code;
}

static int test(const struct test_arguments *arguments, const char *name, const char *operand,
		struct error *err)
{
	_cleanup_(operand_clear) struct source source = { 0 };
	struct call_asked call = { 0 };
	struct side side = { 0 };
	int r = parse_call(operand, &call, err);

	if (r == 0)
		r = operand_read(name, &source, err);
	if (r == 0)
		r = operand_side(&source, name, &side, err);
	if (r < 0)
		return r;
	return arguments->json ? test_json(arguments, &side, &call, err)
			       : test_side(arguments, &(struct output){ NULL }, &side, &call, err);
}

static int cmd_test(int argc, char *argv[])
{
	struct test_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_test, argc, argv, &arguments, &first, &err) < 0) {
		report_usage(&command_test, &err);
		return EXIT_TROUBLE;
	}
	if (argc - first != 2) {
		error_set(&err, -EINVAL, "name a policy or a filter, and a call");
		report_usage(&command_test, &err);
		return EXIT_TROUBLE;
	}
	r = test(&arguments, argv[first], argv[first + 1], &err);
	if (r < 0) {
		report(&err);
		return EXIT_TROUBLE;
	}
	return report_finish_output() != EXIT_SUCCESS ? EXIT_TROUBLE : r;
}

const struct command command_test = {
	.name = "test",
	.group = GROUP_FILES,
	.run = cmd_test,
	.summary = "show the outcome of one system call, and the reason",
	.usage = "[OPTION]... POLICY|FILTER|PID|UNIT [ABI:]CALL[,ARGUMENT]...",
	.options = test_rows,
	.description =
		"An argument is a number or a name (AF_UNIX, O_RDONLY|O_CLOEXEC). \"...\" and omitted\n"
		"arguments stand for any value. The exit code is 0 if the call is made, 1 if it is or\n"
		"may be denied, 2 on failure.",
	.operand = VALUE_FILE,
	.further = VALUE_SYSCALL,
};
