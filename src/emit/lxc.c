// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LXC's policy, version 2: allowlist or denylist with the action for all other calls, then one call
 * per line. Conditions follow it, [index,value,operator,mask]; several lines for one call are
 * alternatives. There are sections for single ABIs, but LXC still adds the native section to the
 * other ABIs of the machine (src/lxc/seccomp.c, "Adding compat rule").
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/libseccomp.h"
#include "policy/libseccomp_names.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>

static void print_action(FILE *out, uint32_t verdict)
{
	uint32_t kind = verdict & SECCOMP_RET_ACTION_FULL;

	if (kind == SECCOMP_RET_ERRNO)
		fprintf(out, "errno %u", verdict & SECCOMP_RET_DATA);
	else
		fputs(kind == SECCOMP_RET_TRAP	  ? "trap"
		      : kind == SECCOMP_RET_ALLOW ? "allow"
						  : "kill",
		      out);
}

static void print_rule(FILE *out, const struct rule *rule, const struct clause *clause)
{
	fputs(syscall_name(rule->abi, rule->nr), out);
	/* An allowlist's lines allow, but where a condition follows that must be said. */
	if (rule->action != SECCOMP_RET_ALLOW || clause) {
		putc(' ', out);
		print_action(out, rule->action);
	}
	for (size_t i = 0; clause && i < clause->count; i++) {
		const struct condition *condition = &clause->conditions[i];

		fprintf(out, " [%u,%" PRIu64 ",%s", condition->argument, condition->value,
			libseccomp_names_comparison(condition->comparison));
		if (condition->comparison == COMPARE_MASKED_EQUAL)
			fprintf(out, ",%" PRIu64, condition->mask);
		putc(']', out);
	}
	putc('\n', out);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	fputs("2\nallowlist ", out);
	print_action(out, policy->default_action);
	putc('\n', out);
	emit_header(out, "#", policy, options);
	fputs("[all]\n", out);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rules[i];

		if (options->with_reasons && rule->reasons_count) {
			fputs("# ", out);
			emit_reason_text(out, rule);
			putc('\n', out);
		}
		for (size_t j = 0; j < rule->clauses_count; j++)
			print_rule(out, rule, &rule->clauses[j]);
		if (rule->clauses_count == 0)
			print_rule(out, rule, NULL);
	}
	return 0;
}

/* Where a name has no number of its own to libseccomp (i386's calls behind a multiplexer have none), LXC
 * passes it over. */
static bool has_number(const struct rule *rule)
{
	return seccomp_syscall_resolve_name_arch(abi_info(rule->abi)->scmp_arch,
						 syscall_name(rule->abi, rule->nr)) >= 0;
}

static int lxc_meaning(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err)
{
	_cleanup_(policy_freep) struct policy *numbered = policy_copy(policy);

	if (!numbered)
		return error_oom(err);
	for (size_t i = numbered->rules_count; i-- > 0;)
		if (numbered->rules[i].abi != emit_native_abi(policy) &&
		    !has_number(&numbered->rules[i]))
			policy_remove_rule(numbered, i);
	return libseccomp_meaning(numbered, options, meaning, err);
}

const struct emitter emit_lxc = {
	.name = "lxc",
	.summary = "LXC policy, version 2",
	.enforced_by = "lxc.seccomp.profile of a container",
	.can = EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_ONE_LIST | EMIT_EVERY_ABI |
	       EMIT_COMMENTS | EMIT_REFUSE_WHERE,
	.largest = INT64_MAX, /* it reads them as signed */
	.defaults = EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO,
	.actions = EMIT_KILL_THREAD | EMIT_TRAP | EMIT_ERRNO | EMIT_ALLOW,
	.emit = emit,
	.meaning = lxc_meaning,
};
