// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * minijail's policy: one line per call, in the grammar of its compile_seccomp_policy.py and, except
 * for the default, of minijail0 itself. There is no operator for a masked comparison: bits that
 * must be set are tested one by one with "&" (any of these is set), bits that must not be set with
 * "in" (no others are).
 *
 * "EXPRESSION; return N" means opposite things to the two programs: so nothing is denied under
 * conditions.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <linux/seccomp.h>

static void print_masked(FILE *out, const struct condition *condition)
{
	uint64_t unset = condition->mask & ~condition->value;
	const char *and = "";

	/* What can't hold: a bit beside the mask that is to be set. */
	if (condition->value & ~condition->mask) {
		fprintf(out, "arg%u < 0", condition->argument);
		return;
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(condition->value >> bit & 1))
			continue;
		fprintf(out, "%sarg%u & 0x%" PRIx64, and, condition->argument, UINT64_C(1) << bit);
		and = " && ";
	}
	/* A mask of no bits always holds. */
	if (unset || !*and)
		fprintf(out, "%sarg%u in 0x%" PRIx64, and, condition->argument, ~unset);
}

static void print_clause(FILE *out, const struct clause *clause)
{
	static const char *const signs[] = {
		[COMPARE_EQUAL] = "==",	     [COMPARE_NOT_EQUAL] = "!=",
		[COMPARE_LESS] = "<",	     [COMPARE_GREATER] = ">",
		[COMPARE_LESS_EQUAL] = "<=", [COMPARE_GREATER_EQUAL] = ">=",
	};

	for (size_t i = 0; i < clause->count; i++) {
		const struct condition *condition = &clause->conditions[i];

		if (i)
			fputs(" && ", out);
		if (condition->comparison == COMPARE_MASKED_EQUAL)
			print_masked(out, condition);
		else
			fprintf(out, "arg%u %s 0x%" PRIx64, condition->argument,
				signs[condition->comparison], condition->value);
	}
}

static const char *action_word(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return "kill-process";
	case SECCOMP_RET_KILL_THREAD:
		return "kill-thread";
	case SECCOMP_RET_TRAP:
		return "trap";
	case SECCOMP_RET_LOG:
		return "log";
	default:
		return "allow";
	}
}

/* minijail knows the calls of the headers that it was built with, and rejects a whole policy for one name that
 * is newer: Debian 12's are of Linux 6.1. */
#define HEADERS_MAJOR 6
#define HEADERS_MINOR 1

static bool is_newer_than_headers(const struct rule *rule)
{
	const struct syscall_info *info = syscall_info(syscall_name(rule->abi, rule->nr));
	unsigned major, minor;

	return info && info->since && sscanf(info->since, "%u.%u", &major, &minor) == 2 &&
	       (major > HEADERS_MAJOR || (major == HEADERS_MAJOR && minor > HEADERS_MINOR));
}

/* A machine that made the call, or whose user asked for it, has the name. */
static bool is_left_out(const struct rule *rule)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == REASON_SEEN ||
		    rule->reasons[i].kind == REASON_DENIED || rule->reasons[i].kind == REASON_ASKED)
			return false;
	return rule->reasons_count && is_newer_than_headers(rule);
}

static void warn_left_out(const struct emit_options *options, const struct rule *rule)
{
	emit_warn(options,
		  "%s is commented out: minijail rejects the whole policy if it was built with "
		  "headers older than Linux %s; remove the \"#\" if it knows the call",
		  syscall_name(rule->abi, rule->nr),
		  syscall_info(syscall_name(rule->abi, rule->nr))->since);
}

/* What minijail0's own parser lacks. */
static bool needs_compiler(const struct policy *policy)
{
	if (policy->default_action != SECCOMP_RET_KILL_THREAD)
		return true;
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].action != SECCOMP_RET_ALLOW &&
		    (policy->rules[i].action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
			return true;
	return false;
}

static void print_rule(FILE *out, const struct rule *rule, bool with_reasons)
{
	if (is_left_out(rule))
		fputs("# ", out);
	else if (with_reasons && rule->reasons_count) {
		fputs("# ", out);
		emit_reason_text(out, rule);
		/* A backslash would join the next line to the comment. */
		fputs(" .\n", out);
	}
	fprintf(out, "%s: ", syscall_name(rule->abi, rule->nr));
	for (size_t i = 0; i < rule->clauses_count; i++) {
		if (i)
			fputs(" || ", out);
		print_clause(out, &rule->clauses[i]);
	}
	if ((rule->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		fprintf(out, "return %u", rule->action & SECCOMP_RET_DATA);
	else if (rule->clauses_count == 0)
		fputs(rule->action == SECCOMP_RET_ALLOW ? "1" : action_word(rule->action), out);
	putc('\n', out);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	emit_header(out, "#", policy, options);
	fprintf(out, "# For %s.\n", abi_info(policy->abis[0])->name);
	/* The default of both compilers; minijail0 knows no @default. */
	if (policy->default_action != SECCOMP_RET_KILL_THREAD)
		fprintf(out, "@default %s\n", action_word(policy->default_action));
	if (needs_compiler(policy))
		emit_warn(options, "compile the policy with compile_seccomp_policy.py: minijail0's "
				   "own parser knows no action besides allow, kill_thread and "
				   "errno");
	for (size_t i = 0; i < count; i++) {
		if (is_left_out(rules[i]))
			warn_left_out(options, rules[i]);
		print_rule(out, rules[i], options->with_reasons);
	}
	return 0;
}

/* How often each call was made: @frequency of a policy names the file, and the compiler puts what is
 * frequent near the top. */
static int emit_frequency(const struct policy *policy, const struct emit_options *options,
			  FILE *out, struct error *err)
{
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	(void)options;
	if (!rules)
		return error_oom(err);
	for (size_t i = 0; i < count; i++)
		if (rules[i]->frequency)
			fprintf(out, "%s: %" PRIu64 "\n", syscall_name(rules[i]->abi, rules[i]->nr),
				rules[i]->frequency);
	return 0;
}

#define DEFAULTS (EMIT_KILL_PROCESS | EMIT_KILL_THREAD | EMIT_TRAP)

const struct emitter emit_minijail = {
	.name = "minijail",
	.summary = "policy for minijail0 -S",
	.enforced_by = "minijail0, compile_seccomp_policy.py",
	.is_not_run = true,
	.can = EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_COMMENTS | EMIT_REPEATED,
	.defaults = DEFAULTS,
	.actions = DEFAULTS | EMIT_ERRNO | EMIT_ALLOW,
	.emit = emit,
};

const struct emitter emit_minijail_frequency = {
	.name = "minijail-frequency",
	.summary = "counts for @frequency of a minijail policy",
	.enforced_by = "compile_seccomp_policy.py",
	.is_not_run = true,
	.can = EMIT_ACTION_PER_CALL,
	.loses = "everything except the counts: it complements a policy",
	.emit = emit_frequency,
};
