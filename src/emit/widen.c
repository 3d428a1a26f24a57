// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Turns a policy into one that a format can express. Calls allowed under conditions that the format
 * lacks are allowed more widely; calls denied in a separate way are denied like all others. No
 * allowed call becomes denied, except calls that the format has no name for. Every step goes
 * through all rules and warns about each that it changes.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

struct widening {
	struct policy *policy;
	const struct emitter *emitter;
	const struct emit_options *options;
};

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

/* How many rules speak of the call of the rule at FIRST: they follow each other. */
static size_t count_of_call(const struct policy *policy, size_t first)
{
	size_t count = 1;

	while (first + count < policy->rules_count &&
	       rule_compare_call(&policy->rules[first], &policy->rules[first + count]) == 0)
		count++;
	return count;
}

/* ---- clauses ---- */

static void drop_clause(struct rule *rule, size_t index)
{
	free(rule->clauses[index].conditions);
	rule->clauses_count--;
	memmove(&rule->clauses[index], &rule->clauses[index + 1],
		(rule->clauses_count - index) * sizeof(*rule->clauses));
}

static void drop_clauses(struct rule *rule)
{
	while (rule->clauses_count)
		drop_clause(rule, rule->clauses_count - 1);
}

static bool clauses_are_equal(const struct clause *a, const struct clause *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct condition *left = &a->conditions[i], *right = &b->conditions[i];

		if (left->argument != right->argument || left->comparison != right->comparison ||
		    left->value != right->value || left->mask != right->mask)
			return false;
	}
	return true;
}

/* A clause of FROM that TO does not have goes to it; *ADDED counts. */
static int unite_clauses(struct rule *to, const struct rule *from, size_t *added)
{
	for (size_t i = 0; i < from->clauses_count; i++) {
		const struct clause *clause = &from->clauses[i];
		struct clause *copy;
		bool is_there = false;

		for (size_t j = 0; j < to->clauses_count; j++)
			is_there |= clauses_are_equal(clause, &to->clauses[j]);
		if (is_there)
			continue;
		++*added;
		copy = rule_add_clause(to);
		for (size_t j = 0; copy && j < clause->count; j++)
			if (clause_add(copy, clause->conditions[j]) < 0)
				return -ENOMEM;
		if (!copy)
			return -ENOMEM;
	}
	return 0;
}

/* ---- several rules for one call ---- */

/* Of the rules for one call the one that stands for all where arguments can't be told apart: what
 * lets it through, else what holds whatever the arguments. COUNT where none does. */
static size_t rule_that_stays(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rule_allows(&rules[i]))
			return i;
	for (size_t i = 0; i < count; i++)
		if (rules[i].clauses_count == 0)
			return i;
	return count;
}

/* The COUNT rules at FIRST become one without conditions, or none; how many are left. */
static size_t flatten_call(struct widening *widening, size_t first, size_t count, const char *why)
{
	struct policy *policy = widening->policy;
	size_t stays = rule_that_stays(&policy->rules[first], count);
	char name[64];

	rule_name(policy, &policy->rules[first], name, sizeof(name));
	if (stays < count && rule_allows(&policy->rules[first + stays]))
		emit_warn(widening->options, "%s is allowed with every argument: %s", name, why);
	else
		emit_warn(widening->options, "%s is denied with every argument in the same way: %s",
			  name, why);
	if (stays < count)
		drop_clauses(&policy->rules[first + stays]);
	for (size_t j = count; j-- > 0;)
		if (j != stays)
			policy_remove_rule(policy, first + j);
	return stays < count;
}

static void widen_arguments(struct widening *widening)
{
	struct policy *policy = widening->policy;
	size_t i = 0;

	while (i < policy->rules_count) {
		size_t count = count_of_call(policy, i);

		if (count == 1 && policy->rules[i].clauses_count == 0)
			i++;
		else
			i += flatten_call(widening, i, count, "the format has no conditions");
	}
}

/* Where one thing happens to a call under several rules they are one rule; else the order between them
 * would matter, which the format does not have. */
static int unite_rules(struct widening *widening)
{
	struct policy *policy = widening->policy;
	size_t i = 0, added = 0;

	while (i < policy->rules_count) {
		size_t count = count_of_call(policy, i);
		bool is_one = true, is_any = false;

		/* What a last rule says that all others get anyhow is no rule. */
		while (count > 1 && policy->rules[i + count - 1].clauses_count == 0 &&
		       policy->rules[i + count - 1].action == policy->default_action)
			policy_remove_rule(policy, i + --count);
		for (size_t j = 0; j < count; j++) {
			is_one &= policy->rules[i + j].action == policy->rules[i].action;
			is_any |= policy->rules[i + j].clauses_count == 0;
		}
		if (!is_one) {
			i += flatten_call(widening, i, count, "the format has one rule per call");
			continue;
		}
		for (size_t j = 1; j < count; j++)
			if (unite_clauses(&policy->rules[i], &policy->rules[i + j], &added) < 0)
				return -ENOMEM;
		if (is_any)
			drop_clauses(&policy->rules[i]);
		while (--count > 0)
			policy_remove_rule(policy, i + count);
		i++;
	}
	return 0;
}

/* ---- conditions ---- */

static bool can_say(const struct emitter *emitter, const struct clause *clause, size_t at)
{
	const struct condition *condition = &clause->conditions[at];

	if (emitter->largest &&
	    (condition->value > emitter->largest || condition->mask > emitter->largest))
		return false;
	if (emitter->comparisons && !(emitter->comparisons & 1U << condition->comparison))
		return false;
	for (size_t i = 0; i < at && !(emitter->can & EMIT_REPEATED); i++)
		if (clause->conditions[i].argument == condition->argument)
			return false;
	return true;
}

/* Leaves of a clause what the format can say; whether that is all of it. */
static bool keep_sayable(const struct emitter *emitter, struct clause *clause)
{
	size_t kept = 0, before = clause->count;

	for (size_t i = 0; i < before; i++) {
		struct condition condition = clause->conditions[i];
		bool is_sayable;

		/* Those that were dropped do not count as repeated. */
		clause->conditions[kept] = condition;
		is_sayable = can_say(emitter, clause, kept);
		kept += is_sayable;
	}
	clause->count = kept;
	return kept == before;
}

/* What allows may lose a condition, so that it allows more; what refuses loses the whole clause, so that
 * it refuses less. Whether the rule is still one. */
static bool widen_rule(struct widening *widening, struct rule *rule)
{
	bool is_whole = true, is_any = false, had = rule->clauses_count > 0;
	char name[64];

	for (size_t i = rule->clauses_count; i-- > 0;) {
		if (keep_sayable(widening->emitter, &rule->clauses[i]))
			continue;
		is_whole = false;
		is_any |= rule->clauses[i].count == 0;
		if (!rule_allows(rule))
			drop_clause(rule, i);
	}
	if (is_whole)
		return true;
	rule_name(widening->policy, rule, name, sizeof(name));
	emit_warn(
		widening->options,
		rule_allows(rule)
			? "%s is allowed with more arguments than in the policy: the format lacks "
			  "some of its conditions"
			: "%s is denied with fewer arguments than in the policy: the format lacks "
			  "some of its conditions",
		name);
	if (rule_allows(rule) && is_any)
		drop_clauses(rule);
	return rule_allows(rule) || !had || rule->clauses_count > 0;
}

static void widen_conditions(struct widening *widening)
{
	for (size_t i = widening->policy->rules_count; i-- > 0;)
		if (!widen_rule(widening, &widening->policy->rules[i]))
			policy_remove_rule(widening->policy, i);
}

/* ---- actions ---- */

static unsigned action_bit(uint32_t verdict)
{
	static const struct {
		uint32_t kind;
		unsigned bit;
	} kinds[] = {
		{ SECCOMP_RET_KILL_PROCESS, EMIT_KILL_PROCESS },
		{ SECCOMP_RET_KILL_THREAD, EMIT_KILL_THREAD },
		{ SECCOMP_RET_TRAP, EMIT_TRAP },
		{ SECCOMP_RET_ERRNO, EMIT_ERRNO },
		{ SECCOMP_RET_USER_NOTIF, EMIT_NOTIFY },
		{ SECCOMP_RET_TRACE, EMIT_TRACE },
		{ SECCOMP_RET_LOG, EMIT_LOG },
		{ SECCOMP_RET_ALLOW, EMIT_ALLOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == (verdict & SECCOMP_RET_ACTION_FULL))
			return kinds[i].bit;
	return 0;
}

static bool has_action(const struct emitter *emitter, const struct policy *policy,
		       const struct rule *rule)
{
	uint32_t verdict = rule->action;

	if (verdict == SECCOMP_RET_ALLOW || verdict == policy->default_action)
		return true;
	if (!(emitter->can & EMIT_ACTION_PER_CALL))
		return false;
	if (rule->clauses_count && !(emitter->can & EMIT_REFUSE_WHERE))
		return false;
	return !emitter->actions || emitter->actions & action_bit(verdict);
}

static void widen_actions(struct widening *widening)
{
	struct policy *policy = widening->policy;
	const char *why = widening->emitter->can & EMIT_ACTION_PER_CALL
				  ? "the format has no such action"
				  : "the format has no actions for single calls";
	char name[64], text[32];

	for (size_t i = policy->rules_count; i-- > 0;) {
		struct rule *rule = &policy->rules[i];

		if (has_action(widening->emitter, policy, rule))
			continue;
		rule_name(policy, rule, name, sizeof(name));
		action_format(rule->action, text, sizeof(text));
		if (rule_allows(rule)) {
			emit_warn(widening->options, "%s is allowed but not logged (%s): %s", name,
				  text, why);
			rule->action = SECCOMP_RET_ALLOW;
			continue;
		}
		emit_warn(widening->options, "%s gets the default action, not %s: %s", name, text,
			  why);
		policy_remove_rule(policy, i);
	}
}

/* A rule that does what all others get is none, where no order makes it an exception. */
static void drop_idle_rules(struct policy *policy)
{
	for (size_t i = policy->rules_count; i-- > 0;)
		if (policy->rules[i].action == policy->default_action)
			policy_remove_rule(policy, i);
}

static int check_default(const struct emitter *emitter, const struct policy *policy,
			 struct error *err)
{
	static const char *const words[] = { "kill_process", "kill_thread", "trap", "errno:EPERM",
					     "notify",	     "trace:0",	    "log",  "allow" };
	char text[32], choices[128] = "";
	size_t used = 0;

	if (!emitter->defaults || emitter->defaults & action_bit(policy->default_action))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words) && used < sizeof(choices); i++)
		if (emitter->defaults & 1U << i)
			used += (size_t)snprintf(choices + used, sizeof(choices) - used, "%s%s",
						 used ? ", " : "", words[i]);
	return error_set(
		err, -EOPNOTSUPP,
		"%s cannot express the policy's default action %s; decide with one of --default %s",
		emitter->name, action_format(policy->default_action, text, sizeof(text)), choices);
}

/* ---- ABIs and names ---- */

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

/* To leave it out would open or close a whole ABI. */
static int check_spans(const struct policy *policy, struct error *err)
{
	const struct span *span = policy->spans;
	char text[32];

	if (policy->spans_count == 0)
		return 0;
	return error_set(err, -EOPNOTSUPP,
			 "calls of %s that no rule matches get %s, other calls do not: the "
			 "format has one default for all; emit bpf instead",
			 abi_info(span->abi)->name,
			 action_format(span->action, text, sizeof(text)));
}

static void keep_one_abi(struct widening *widening, enum abi abi)
{
	struct policy *policy = widening->policy;

	for (size_t i = policy->rules_count; i-- > 0;)
		if (policy->rules[i].abi != abi)
			policy_remove_rule(policy, i);
	/* Who names the ABI knows that the others are not in it. */
	for (size_t i = 0; i < policy->abis_count && !widening->options->abi; i++)
		if (policy->abis[i] != abi)
			emit_warn(widening->options,
				  "the calls of %s are left out: the format covers one ABI",
				  abi_info(policy->abis[i])->name);
	policy->abis[0] = abi;
	policy->abis_count = 1;
	keep_spans(policy, abi);
}

static void drop_unnamed(struct widening *widening)
{
	struct policy *policy = widening->policy;
	char name[64];

	for (size_t i = policy->rules_count; i-- > 0;) {
		const struct rule *rule = &policy->rules[i];

		if (syscall_name(rule->abi, rule->nr))
			continue;
		if (rule->action != policy->default_action)
			emit_warn(widening->options,
				  "%s is left out: it has no name, and the format needs one",
				  rule_name(policy, rule, name, sizeof(name)));
		policy_remove_rule(policy, i);
	}
}

static struct rule *find_rule(struct policy *policy, enum abi abi, int nr)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].abi == abi && policy->rules[i].nr == nr)
			return &policy->rules[i];
	return NULL;
}

/* What one ABI's rule makes of the same name on another; *IS_WIDER: more is allowed there than was. */
static int spread_rule(struct policy *policy, size_t at, enum abi abi, bool *is_wider)
{
	const struct rule *rule = &policy->rules[at];
	const char *name = syscall_name(rule->abi, rule->nr);
	int nr = abi == rule->abi ? -ENOENT : syscall_number(abi, name);
	struct rule *there = nr < 0 ? NULL : find_rule(policy, abi, nr);
	size_t added = 0;

	*is_wider = false;
	if (nr < 0)
		return 0;
	/* Of two that refuse, or let through, each in its way, the first ABI's is the one that is written. */
	if (there && rule_allows(there) == rule_allows(rule) && rule->abi < abi &&
	    there->action != rule->action) {
		there->action = rule->action;
		*is_wider = true;
	}
	if (there && !rule_allows(rule)) {
		if (rule_allows(there) || rule->abi > abi)
			return 0;
		drop_clauses(there);
		return unite_clauses(there, rule, &added);
	}
	if (!there) {
		struct rule *copy = policy_add_rule(policy);

		if (!copy || rule_copy(copy, &policy->rules[at]) < 0)
			return -ENOMEM;
		copy->abi = abi;
		copy->nr = nr;
		*is_wider = rule_allows(copy);
		return 0;
	}
	if (!rule_allows(there) || (!rule->clauses_count && there->clauses_count)) {
		*is_wider = true;
		there->action = rule->action;
		drop_clauses(there);
	}
	if (there->clauses_count && unite_clauses(there, rule, &added) < 0)
		return -ENOMEM;
	*is_wider |= added > 0;
	return 0;
}

/* The others of the machine come in with the names of those that are listed. */
static int add_local_abis(struct widening *widening)
{
	struct policy *policy = widening->policy;
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	/* Of another machine it is not known what its kernel serves. */
	if (emit_native_abi(policy) != abi_native())
		return 0;
	for (unsigned i = 0; i < count; i++) {
		if (policy_has_abi(policy, abis[i]))
			continue;
		if (policy_add_abi(policy, abis[i]) < 0)
			return -ENOMEM;
		emit_warn(widening->options,
			  "calls of %s are allowed by the same names: the format has one allowlist "
			  "for all ABIs of the machine",
			  abi_info(abis[i])->name);
	}
	return 0;
}

static bool is_listed(const enum abi *abis, size_t count, enum abi abi)
{
	for (size_t i = 0; i < count; i++)
		if (abis[i] == abi)
			return true;
	return false;
}

/* One list serves every ABI: what is allowed on one is allowed on each. */
static int spread_over_abis(struct widening *widening, struct error *err)
{
	struct policy *policy = widening->policy;
	size_t count = policy->rules_count;
	enum abi listed[ABI_COUNT];
	size_t listed_count = policy->abis_count;

	memcpy(listed, policy->abis, sizeof(listed));
	if (widening->emitter->can & EMIT_EVERY_ABI && add_local_abis(widening) < 0)
		return error_oom(err);
	for (size_t i = 0; i < policy->abis_count && policy->abis_count > 1; i++) {
		_cleanup_free_ char *names = NULL;
		size_t size, wider = 0;
		FILE *out = open_memstream(&names, &size);
		int r = out ? 0 : -ENOMEM;

		for (size_t j = 0; r == 0 && j < count; j++) {
			bool is_wider;

			r = spread_rule(policy, j, policy->abis[i], &is_wider);
			if (is_wider)
				fprintf(out, "%s%s", wider++ ? " " : "",
					syscall_name(policy->rules[j].abi, policy->rules[j].nr));
		}
		if (!out || fclose(out) != 0 || r < 0)
			return error_oom(err);
		if (wider && is_listed(listed, listed_count, policy->abis[i]))
			emit_warn(widening->options,
				  "the format has one allowlist for all ABIs: on %s these are "
				  "allowed more widely: %s",
				  abi_info(policy->abis[i])->name, names);
	}
	return policy_finish(policy, err);
}

static void widen_foreign(struct widening *widening)
{
	action foreign = widening->emitter->foreign;
	uint32_t wanted = widening->policy->foreign_action & SECCOMP_RET_ACTION_FULL;
	uint32_t kind = foreign & SECCOMP_RET_ACTION_FULL;
	char text[32], other[32];

	/* Whether the thread or the process dies makes no difference to what is let in. */
	if (wanted != kind &&
	    !((wanted == SECCOMP_RET_KILL_PROCESS || wanted == SECCOMP_RET_KILL_THREAD) &&
	      (kind == SECCOMP_RET_KILL_PROCESS || kind == SECCOMP_RET_KILL_THREAD)))
		emit_warn(widening->options,
			  "calls of other ABIs get %s, not %s: the format cannot express it",
			  action_format(foreign, text, sizeof(text)),
			  action_format(widening->policy->foreign_action, other, sizeof(other)));
	widening->policy->foreign_action = foreign;
}

/* Whether the call is compared for equality with that value on another, 64-bit ABI. */
static bool is_compared_whole(const struct policy *policy, const char *name,
			      const struct condition *condition)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *other = syscall_name(rule->abi, rule->nr);

		if (!abi_info(rule->abi)->is_64_bit || !other || strcmp(other, name) != 0)
			continue;
		for (size_t j = 0; j < rule->clauses_count; j++)
			for (size_t k = 0; k < rule->clauses[j].count; k++) {
				const struct condition *one = &rule->clauses[j].conditions[k];

				if (one->comparison == COMPARE_EQUAL &&
				    one->argument == condition->argument &&
				    one->value == condition->value)
					return true;
			}
	}
	return false;
}

/* The consumers with one list compare the low half on 32-bit ABIs whatever the list has: such a condition is
 * the same as that of the 64-bit ABI, and the list has it once. */
static void drop_masks_of_half(struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (abi_info(rule->abi)->is_64_bit || !name)
			continue;
		for (size_t j = 0; j < rule->clauses_count; j++)
			for (size_t k = 0; k < rule->clauses[j].count; k++) {
				struct condition *condition = &rule->clauses[j].conditions[k];

				if (condition->comparison != COMPARE_MASKED_EQUAL ||
				    condition->mask != UINT32_MAX ||
				    !is_compared_whole(policy, name, condition))
					continue;
				condition->comparison = COMPARE_EQUAL;
				condition->mask = 0;
			}
	}
}

int emit_widen(const struct policy *policy, const struct emitter *emitter,
	       const struct emit_options *options, struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = policy_copy(policy);
	struct widening widening = { widened, emitter, options };
	unsigned can = emitter->can;
	int r;

	if (!widened)
		return error_oom(err);
	if (!(can & EMIT_ABIS))
		keep_one_abi(&widening, options->abi ? *options->abi : emit_native_abi(policy));
	r = can & EMIT_SPANS ? 0 : check_spans(widened, err);
	if (r == 0)
		r = check_default(emitter, widened, err);
	if (r < 0)
		return r;
	if (!(can & EMIT_NUMBERS))
		drop_unnamed(&widening);
	if (!(can & EMIT_ARGUMENTS))
		widen_arguments(&widening);
	else if (!(can & EMIT_ORDER) && unite_rules(&widening) < 0)
		return error_oom(err);
	if (can & EMIT_ARGUMENTS)
		widen_conditions(&widening);
	widen_actions(&widening);
	if (!(can & EMIT_ORDER))
		drop_idle_rules(widened);
	if (can & EMIT_ONE_LIST && can & EMIT_ARGUMENTS)
		drop_masks_of_half(widened);
	if (can & EMIT_ONE_LIST)
		r = spread_over_abis(&widening, err);
	if (r == 0 && !(can & EMIT_FOREIGN))
		widen_foreign(&widening);
	if (r < 0)
		return r;
	*result = take(widened);
	return 0;
}
