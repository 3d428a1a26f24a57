// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kafel, the language of nsjail. The first matching rule decides, as in a policy, and conditions
 * are expressions over named arguments: rules of one ABI are expressed completely.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "policy/kafel_names.h"
#include "syscall/syscall.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

static void print_action(FILE *out, uint32_t verdict)
{
	uint32_t data = verdict & SECCOMP_RET_DATA;

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_THREAD:
		fputs("KILL", out);
		break;
	case SECCOMP_RET_TRAP:
		fprintf(out, "TRAP(%u)", data);
		break;
	case SECCOMP_RET_TRACE:
		fprintf(out, "TRACE(%u)", data);
		break;
	case SECCOMP_RET_LOG:
		fputs("LOG", out);
		break;
	case SECCOMP_RET_ALLOW:
		fputs("ALLOW", out);
		break;
	default:
		fprintf(out, "ERRNO(%u)", data);
	}
}

static void print_condition(FILE *out, const struct condition *condition)
{
	static const char *const signs[] = {
		[COMPARE_EQUAL] = "==",	       [COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",	       [COMPARE_LESS_EQUAL] = "<=",
		[COMPARE_GREATER] = ">",       [COMPARE_GREATER_EQUAL] = ">=",
		[COMPARE_MASKED_EQUAL] = "==",
	};

	if (condition->comparison == COMPARE_MASKED_EQUAL)
		fprintf(out, "(a%u & 0x%" PRIx64 ")", condition->argument, condition->mask);
	else
		fprintf(out, "a%u", condition->argument);
	fprintf(out, " %s 0x%" PRIx64, signs[condition->comparison], condition->value);
}

/* The call, where it has conditions with the names of its arguments, up to the last that is asked for. */
static void print_call(FILE *out, const struct rule *rule)
{
	const char *name = kafel_names_call(rule->abi, rule->nr);
	const char *known = syscall_name(rule->abi, rule->nr);
	unsigned last = 0;

	if (name)
		fputs(name, out);
	else
		fprintf(out, "SYSCALL[%d]", rule->nr);
	/* The reader's name of it, where Kafel has another or none. */
	if (known && (!name || strcmp(name, known) != 0))
		fprintf(out, " /* %s */", known);
	if (rule->clauses_count == 0)
		return;
	for (size_t i = 0; i < rule->clauses_count; i++)
		for (size_t j = 0; j < rule->clauses[i].count; j++)
			if (rule->clauses[i].conditions[j].argument > last)
				last = rule->clauses[i].conditions[j].argument;
	for (unsigned i = 0; i <= last; i++)
		fprintf(out, "%sa%u", i ? ", " : "(", i);
	fputs(") {", out);
	for (size_t i = 0; i < rule->clauses_count; i++) {
		fputs(i ? ",\n\t\t\t" : " ", out);
		for (size_t j = 0; j < rule->clauses[i].count; j++) {
			fputs(j ? " && " : "", out);
			print_condition(out, &rule->clauses[i].conditions[j]);
		}
	}
	fputs(" }", out);
}

static void print_reason(FILE *out, const struct rule *rule)
{
	if (!rule->reasons_count)
		return;
	fputs("\t\t// ", out);
	emit_reason_text(out, rule);
	/* A backslash may not be the last of the line. */
	fputs(" .\n", out);
}

/* A block for all rules of one action in a row. */
static void print_block(FILE *out, const struct rule *const *rules, size_t count, bool with_reasons)
{
	putc('\t', out);
	print_action(out, rules[0]->action);
	fputs(" {\n", out);
	for (size_t i = 0; i < count; i++) {
		if (with_reasons)
			print_reason(out, rules[i]);
		fputs("\t\t", out);
		print_call(out, rules[i]);
		fputs(i + 1 < count ? ",\n" : "\n", out);
	}
	fputs("\t}", out);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	size_t count, end;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	emit_header(out, "//", policy, options);
	fprintf(out, "// For %s.\n", abi_info(policy->abis[0])->name);
	if (count)
		fputs("POLICY whittle {\n", out);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && rules[end]->action == rules[i]->action;)
			end++;
		print_block(out, &rules[i], end - i, options->with_reasons);
		fputs(end < count ? ",\n" : "\n", out);
	}
	fputs(count ? "}\nUSE whittle\nDEFAULT " : "DEFAULT ", out);
	print_action(out, policy->default_action);
	putc('\n', out);
	return 0;
}

/* src/parser.y: KILL is that of the thread. */
#define ACTIONS (EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO | EMIT_TRACE | EMIT_LOG | EMIT_ALLOW)

const struct emitter emit_kafel = {
	.name = "kafel",
	.summary = "Kafel policy for nsjail --seccomp_policy",
	.enforced_by = "nsjail, libkafel",
	.is_not_run = true,
	.can = EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ORDER | EMIT_REPEATED | EMIT_NUMBERS |
	       EMIT_COMMENTS | EMIT_REFUSE_WHERE,
	.defaults = ACTIONS,
	.actions = ACTIONS,
	.emit = emit,
};
