// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What all formats share: the table, and the widening of a policy to what a format can say. A format
 * gets a policy that holds nothing beyond its abilities, and so can't change a meaning in silence.
 */
#include "emit/emit.h"

#include "common/cleanup.h"
#include "emit/formats.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* Sorted by name. */
static const struct emitter *const table[] = {
	&emit_list,
	&emit_systemd,
};

size_t emitters(const struct emitter *const **rows)
{
	*rows = table;
	return ARRAY_SIZE(table);
}

const struct emitter *emitter_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

void emit_warn(const struct emit_options *options, const char *format, ...)
{
	char *message;
	va_list ap;
	int r;

	if (!options->warn)
		return;
	va_start(ap, format);
	r = vasprintf(&message, format, ap);
	va_end(ap);
	if (r < 0)
		return;
	options->warn(options->context, message);
	free(message);
}

void emit_comment_text(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

enum abi emit_native_abi(const struct policy *policy)
{
	for (size_t i = 0; i < policy->abis_count; i++)
		if (abi_info(policy->abis[i])->is_64_bit && policy->abis[i] != ABI_X32)
			return policy->abis[i];
	return policy->abis_count ? policy->abis[0] : abi_native();
}

/* ---- widening ---- */

static bool lets_through(uint32_t verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW ||
	       (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG;
}

/* "openat", or "i386's open" where there is more than one ABI; into BUFFER. */
static const char *rule_name(const struct policy *policy, const struct rule *rule, char *buffer,
			     size_t size)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	const char *abi = policy->abis_count > 1 ? abi_info(rule->abi)->name : "";

	if (name)
		snprintf(buffer, size, "%s%s%s", abi, *abi ? "'s " : "", name);
	else
		snprintf(buffer, size, "%s%scall %d", abi, *abi ? "'s " : "", rule->nr);
	return buffer;
}

/* Of the rules for one call the one that stands for all where arguments can't be told apart: what
 * lets it through, else what holds whatever the arguments. COUNT where none does. */
static size_t rule_that_stays(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lets_through(rules[i].action))
			return i;
	for (size_t i = 0; i < count; i++)
		if (rules[i].clauses_count == 0)
			return i;
	return count;
}

static void drop_clauses(struct rule *rule)
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		free(rule->clauses[i].conditions);
	free(rule->clauses);
	rule->clauses = NULL;
	rule->clauses_count = 0;
}

static void widen_arguments(struct policy *policy, const struct emit_options *options)
{
	char name[64];

	for (size_t i = 0; i < policy->rules_count; i++) {
		size_t count = 1, stays;

		while (i + count < policy->rules_count &&
		       rule_compare_call(&policy->rules[i], &policy->rules[i + count]) == 0)
			count++;
		if (count == 1 && policy->rules[i].clauses_count == 0)
			continue;
		rule_name(policy, &policy->rules[i], name, sizeof(name));
		stays = rule_that_stays(&policy->rules[i], count);
		if (stays < count && lets_through(policy->rules[i + stays].action))
			emit_warn(options,
				  "%s is allowed with every argument: the format has no conditions",
				  name);
		else
			emit_warn(options,
				  "%s is refused with every argument in the same way: the format "
				  "has no conditions",
				  name);
		if (stays < count)
			drop_clauses(&policy->rules[i + stays]);
		for (size_t j = count; j-- > 0;)
			if (j != stays)
				policy_remove_rule(policy, i + j);
		if (stays == count)
			i--;
	}
}

static void widen_actions(struct policy *policy, const struct emit_options *options)
{
	char name[64], text[32];

	for (size_t i = policy->rules_count; i-- > 0;) {
		struct rule *rule = &policy->rules[i];

		if (rule->action == SECCOMP_RET_ALLOW || rule->action == policy->default_action)
			continue;
		rule_name(policy, rule, name, sizeof(name));
		action_format(rule->action, text, sizeof(text));
		if (lets_through(rule->action)) {
			emit_warn(options,
				  "%s is allowed and not logged (%s): the format has one "
				  "action for all",
				  name, text);
			rule->action = SECCOMP_RET_ALLOW;
			continue;
		}
		emit_warn(options,
			  "%s is refused as all others are, not by %s: the format has one action "
			  "for all",
			  name, text);
		policy_remove_rule(policy, i);
	}
}

/* Of one ABI; its default is the policy's, where there is one for all its numbers. */
static void keep_spans(struct policy *policy, enum abi abi)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->spans_count; i++)
		if (policy->spans[i].abi == abi)
			policy->spans[kept++] = policy->spans[i];
	policy->spans_count = kept;
	if (kept == 0 || policy->spans[0].first > 0 || policy->spans[0].last < UINT32_MAX)
		return;
	policy->default_action = policy->spans[0].action;
	policy->spans_count = 0;
}

static void keep_one_abi(struct policy *policy, enum abi abi, const struct emit_options *options)
{
	for (size_t i = policy->rules_count; i-- > 0;)
		if (policy->rules[i].abi != abi)
			policy_remove_rule(policy, i);
	/* Who names the ABI knows that the others are not in it. */
	for (size_t i = 0; i < policy->abis_count && !options->abi; i++)
		if (policy->abis[i] != abi)
			emit_warn(options, "the calls of %s are left out: the format holds one ABI",
				  abi_info(policy->abis[i])->name);
	policy->abis[0] = abi;
	policy->abis_count = 1;
	keep_spans(policy, abi);
}

/* No format has that, and to leave it out would open or close a whole ABI. */
static int check_defaults(const struct policy *policy, struct error *err)
{
	const struct span *span = policy->spans;
	char text[32];

	if (policy->spans_count == 0)
		return 0;
	return error_set(err, -EOPNOTSUPP,
			 "calls of %s that no rule matches get %s, others not: the format has one "
			 "default for all; compile a filter instead (whittle compile)",
			 abi_info(span->abi)->name,
			 action_format(span->action, text, sizeof(text)));
}

int emit_widen(const struct policy *policy, unsigned can, const struct emit_options *options,
	       struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = policy_copy(policy);
	int r;

	if (!widened)
		return error_oom(err);
	if (!(can & EMIT_ABIS))
		keep_one_abi(widened, options->abi ? *options->abi : emit_native_abi(policy),
			     options);
	r = check_defaults(widened, err);
	if (r < 0)
		return r;
	if (!(can & EMIT_ARGUMENTS))
		widen_arguments(widened, options);
	if (!(can & EMIT_ACTION_PER_CALL))
		widen_actions(widened, options);
	*result = take(widened);
	return 0;
}

int policy_emit(const struct emitter *emitter, const struct policy *policy,
		const struct emit_options *options, FILE *out, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = NULL;
	int r = emit_widen(policy, emitter->can, options, &widened, err);

	return r < 0 ? r : emitter->emit(widened, options, out, err);
}

int policy_meaning(const struct emitter *emitter, const struct policy *policy,
		   const struct emit_options *options, struct policy **meaning, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = NULL;
	/* What was warned about when it was written is not told again. */
	struct emit_options quiet = *options;
	int r;

	quiet.warn = NULL;
	r = emit_widen(policy, emitter->can, &quiet, &widened, err);
	if (r < 0)
		return r;
	if (emitter->meaning)
		return emitter->meaning(widened, &quiet, meaning, err);
	*meaning = take(widened);
	return 0;
}
