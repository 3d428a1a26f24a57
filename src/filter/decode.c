// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a diagram to a policy. Each ABI's part is divided into ranges of numbers with one answer.
 * The most frequent answer becomes the ABI's default; every other number gets its rules, of which
 * the last may be without conditions: the answer that takes the most clauses to express.
 */
#include "filter/decode.h"

#include "common/cleanup.h"
#include "filter/conditions.h"
#include "filter/evaluate.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

#define RANGES_MAX   16384 /* of numbers, per ABI */
#define CALLS_MAX    16384 /* that are no matter of a default, in all */
#define WIDE	     1024 /* numbers of a range at the least, for its answer to be a default */
#define OUTCOMES_MAX 256 /* of one call */

#define POINTER_LEVEL (WORD_POINTER_HIGH * 32u)

/* An ABI that the policy will speak for. */
struct part {
	enum abi abi;
	struct word_range *ranges; /* those of other ABIs left out */
	size_t count;
	bool is_32_bit;
};

struct decoder {
	struct diagrams *d;
	struct meaning meaning;
	struct part parts[ABI_COUNT];
	size_t parts_count;
	struct policy *policy;
};

static void decoder_clear(struct decoder *decoder)
{
	for (size_t i = 0; i < decoder->parts_count; i++)
		free(decoder->parts[i].ranges);
	policy_freep(&decoder->policy);
	diagrams_freep(&decoder->d);
}

static const char *call_format(enum abi abi, uint32_t nr, char *buffer, size_t size)
{
	const char *name = syscall_name(abi, (int)nr);

	if (name)
		snprintf(buffer, size, "%s:%s", abi_info(abi)->name, name);
	else
		snprintf(buffer, size, "%s:%u", abi_info(abi)->name, nr);
	return buffer;
}

/* The answer for one call must be known, and may hang on nothing but its arguments. */
static int check_answer(struct decoder *decoder, node answer, node **outcomes, size_t *count,
			struct error *err)
{
	int r = diagram_cut(decoder->d, answer, POINTER_LEVEL, OUTCOMES_MAX, outcomes, count, err);

	for (size_t i = 0; r == 0 && i < *count; i++) {
		node outcome = (*outcomes)[i];

		if (diagram_level(decoder->d, outcome) < TERMINAL_LEVEL)
			r = error_set(err, -EOPNOTSUPP,
				      "its outcome depends on the instruction pointer");
		else if (diagram_kind(decoder->d, outcome) == TERMINAL_UNKNOWN)
			r = evaluate_explain_unknown(diagram_value(decoder->d, outcome),
						     decoder->meaning.filters, err);
	}
	if (r < 0) {
		free(*outcomes);
		*outcomes = NULL;
	}
	return r;
}

/* ---- which ABIs, and what is the default ---- */

static int find_foreign(struct decoder *decoder, struct error *err)
{
	node foreign = meaning_foreign_only(&decoder->meaning);

	if (foreign == DIAGRAM_NONE)
		return error_set(err, -EOPNOTSUPP,
				 "the filter gives architectures that have no name here more than "
				 "one answer (does it check the architecture at all?)");
	if (diagram_kind(decoder->d, foreign) == TERMINAL_UNKNOWN)
		return evaluate_explain_unknown(diagram_value(decoder->d, foreign),
						decoder->meaning.filters, err);
	decoder->policy->foreign_action = diagram_value(decoder->d, foreign);
	return 0;
}

static int add_part(struct decoder *decoder, size_t arch, enum abi abi, struct error *err)
{
	const struct audit_arch *archs;
	struct part *part = &decoder->parts[decoder->parts_count];
	node mark = diagram_terminal(decoder->d, TERMINAL_MARK, 0);
	node answer = meaning_of_abi_part(&decoder->meaning, arch, abi, mark);
	size_t kept = 0;
	int r;

	audit_arch_table(&archs);
	r = diagram_ranges(decoder->d, answer, WORD_NR, RANGES_MAX, &part->ranges, &part->count,
			   err);
	if (r < 0)
		return error_prefix(err, "%s", abi_info(abi)->name);
	for (size_t i = 0; i < part->count; i++)
		if (part->ranges[i].to != mark)
			part->ranges[kept++] = part->ranges[i];
	part->count = kept;
	part->abi = abi;
	part->is_32_bit = archs[arch].is_32_bit;
	decoder->parts_count++;
	return policy_add_abi(decoder->policy, abi) < 0 ? error_oom(err) : 0;
}

static bool is_asked(const enum abi *abis, size_t count, enum abi abi)
{
	for (size_t i = 0; i < count; i++)
		if (abis[i] == abi)
			return true;
	return false;
}

/* The filter's ABIs; those asked for that it treats as foreign are covered by that. Where it knows
 * none at all, foreign and default are one, and those asked for are named. */
static int add_parts(struct decoder *decoder, const enum abi *abis, size_t abis_count,
		     struct error *err)
{
	const struct audit_arch *archs;
	size_t count = audit_arch_table(&archs);
	bool lists_any = false;

	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		lists_any = lists_any || decoder->meaning.lists[abi];
	for (size_t i = 0; i < count; i++) {
		const enum abi both[] = { archs[i].abi, ABI_X32 };

		for (unsigned j = 0; j < (archs[i].abi == ABI_X86_64 ? 2u : 1u); j++) {
			bool wanted = lists_any ? decoder->meaning.lists[both[j]]
						: is_asked(abis, abis_count, both[j]);
			int r = wanted ? add_part(decoder, i, both[j], err) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

struct tally {
	node answer; /* without conditions */
	uint64_t numbers;
};

/* So many numbers with one answer without conditions that they get no rule each, or such as a rule
 * can't be for. */
static bool is_wide(const struct decoder *decoder, const struct word_range *range)
{
	return (range->last - range->first >= WIDE || range->last > INT32_MAX) &&
	       diagram_level(decoder->d, range->to) == TERMINAL_LEVEL &&
	       diagram_kind(decoder->d, range->to) == TERMINAL_ACTION;
}

/* The answer without conditions that most numbers of a part get. */
static struct tally find_widest(const struct decoder *decoder, const struct part *part)
{
	struct tally widest = { DIAGRAM_NONE, 0 };

	for (size_t i = 0; i < part->count; i++) {
		struct tally one = { part->ranges[i].to, 0 };

		if (one.answer == widest.answer || !is_wide(decoder, &part->ranges[i]))
			continue;
		for (size_t j = 0; j < part->count; j++)
			if (part->ranges[j].to == one.answer)
				one.numbers +=
					(uint64_t)part->ranges[j].last - part->ranges[j].first + 1;
		if (one.numbers > widest.numbers)
			widest = one;
	}
	return widest;
}

static int add_span(struct decoder *decoder, struct span span, struct error *err)
{
	int r = policy_add_span(decoder->policy, span);

	if (r == -E2BIG)
		return error_set(err, -EOPNOTSUPP,
				 "%s: more than %d ranges of numbers without a name get different "
				 "answers",
				 abi_info(span.abi)->name, SPANS_MAX);
	return r < 0 ? error_oom(err) : 0;
}

/* What a part has in the place of the policy's default: for wide ranges, and for all the rest. */
static int add_spans(struct decoder *decoder, const struct part *part, node widest,
		     struct error *err)
{
	action common = decoder->policy->default_action, own = common;

	if (widest != DIAGRAM_NONE)
		own = diagram_value(decoder->d, widest);
	for (size_t i = 0; i < part->count; i++) {
		const struct word_range *range = &part->ranges[i];
		struct span span = { part->abi, range->first, range->last, 0 };
		int r;

		if (!is_wide(decoder, range))
			continue;
		span.action = diagram_value(decoder->d, range->to);
		r = span.action == own ? 0 : add_span(decoder, span, err);
		if (r < 0)
			return r;
	}
	if (own == common)
		return 0;
	return add_span(decoder, (struct span){ part->abi, 0, UINT32_MAX, own }, err);
}

/* Each part's own default, and as the policy's the one that most parts have. */
static int find_defaults(struct decoder *decoder, struct error *err)
{
	struct policy *policy = decoder->policy;
	struct tally widest[ABI_COUNT];
	size_t most = 0;
	int r = 0;

	for (size_t i = 0; i < decoder->parts_count; i++)
		widest[i] = find_widest(decoder, &decoder->parts[i]);
	for (size_t i = 0; i < decoder->parts_count; i++) {
		size_t same = 0;

		for (size_t j = 0; j < decoder->parts_count; j++)
			same += widest[j].answer == widest[i].answer;
		if (widest[i].answer == DIAGRAM_NONE || same <= most)
			continue;
		most = same;
		policy->default_action = diagram_value(decoder->d, widest[i].answer);
	}
	for (size_t i = 0; r == 0 && i < decoder->parts_count; i++)
		r = add_spans(decoder, &decoder->parts[i], widest[i].answer, err);
	return r;
}

/* ---- rules ---- */

static int add_reason(struct decoder *decoder, struct rule *rule, struct error *err)
{
	size_t count = decoder->meaning.filters;

	if (rule_add_reason(rule, REASON_IMPORTED, "read from %s",
			    count == 1 ? "a filter" : "filters on one process") < 0)
		return error_oom(err);
	return 0;
}

static struct rule *new_rule(struct decoder *decoder, const struct part *part, uint32_t nr,
			     node outcome)
{
	struct rule *rule = policy_add_rule(decoder->policy);

	if (!rule)
		return NULL;
	rule->abi = part->abi;
	rule->nr = (int)nr;
	rule->action = diagram_value(decoder->d, outcome);
	rule->seen_any = true;
	return rule;
}

/* A rule per outcome but the policy's default, which needs none. */
static int add_conditions(struct decoder *decoder, const struct part *part, uint32_t nr,
			  node answer, const node *outcomes, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		node where = diagram_reaches(decoder->d, answer, TERMINAL_LEVEL, outcomes[i]);
		struct rule *rule;
		int r;

		if (diagram_value(decoder->d, outcomes[i]) ==
		    policy_default(decoder->policy, part->abi, (int)nr))
			continue;
		rule = new_rule(decoder, part, nr, outcomes[i]);
		if (!rule)
			return error_oom(err);
		r = conditions_add(decoder->d, where, part->is_32_bit, rule, err);
		if (r == 0)
			r = add_reason(decoder, rule, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Moves the rule with the most clauses behind the others and makes it the one without any. */
static void move_widest(struct policy *policy, size_t first)
{
	struct rule kept;
	size_t widest = first;

	for (size_t i = first; i < policy->rules_count; i++)
		if (policy->rules[i].clauses_count > policy->rules[widest].clauses_count)
			widest = i;
	kept = policy->rules[widest];
	memmove(&policy->rules[widest], &policy->rules[widest + 1],
		(policy->rules_count - 1 - widest) * sizeof(kept));
	for (size_t i = 0; i < kept.clauses_count; i++)
		free(kept.clauses[i].conditions);
	free(kept.clauses);
	kept.clauses = NULL;
	kept.clauses_count = 0;
	policy->rules[policy->rules_count - 1] = kept;
}

static int add_call(struct decoder *decoder, const struct part *part, uint32_t nr, node answer,
		    const node *outcomes, size_t count, struct error *err)
{
	struct policy *policy = decoder->policy;
	size_t first = policy->rules_count;
	int r;

	if (count == 1) {
		struct rule *rule = new_rule(decoder, part, nr, outcomes[0]);

		return rule ? add_reason(decoder, rule, err) : error_oom(err);
	}
	r = add_conditions(decoder, part, nr, answer, outcomes, count, err);
	if (r == 0 && policy->rules_count - first == count)
		move_widest(policy, first);
	return r;
}

static int add_range(struct decoder *decoder, const struct part *part,
		     const struct word_range *range, size_t *calls, struct error *err)
{
	_cleanup_free_ node *outcomes = NULL;
	size_t count;
	int r = check_answer(decoder, range->to, &outcomes, &count, err);

	if (r < 0)
		return r;
	if (range->last - range->first >= CALLS_MAX - *calls || range->last > INT32_MAX)
		return error_set(err, -EOPNOTSUPP,
				 "the answers for it and all numbers up to %u, most of which have "
				 "no name, depend on arguments: a policy's defaults cannot "
				 "express that",
				 range->last);
	*calls += range->last - range->first + 1;
	for (uint32_t nr = range->first;; nr++) {
		r = add_call(decoder, part, nr, range->to, outcomes, count, err);
		if (r < 0 || nr == range->last)
			return r;
	}
}

static int add_rules(struct decoder *decoder, const struct part *part, size_t *calls,
		     struct error *err)
{
	char name[96];

	for (size_t i = 0; i < part->count; i++) {
		/* What is not a span of its own has one default from end to end. */
		action usual =
			policy_default(decoder->policy, part->abi, (int)part->ranges[i].first);
		int r;

		if (part->ranges[i].to == diagram_terminal(decoder->d, TERMINAL_ACTION, usual))
			continue;
		r = add_range(decoder, part, &part->ranges[i], calls, err);
		if (r < 0)
			return error_prefix(
				err, "%s",
				call_format(part->abi, part->ranges[i].first, name, sizeof(name)));
	}
	return 0;
}

static int decode(struct decoder *decoder, const enum abi *abis, size_t abis_count,
		  struct error *err)
{
	size_t calls = 0;
	int r = find_foreign(decoder, err);

	if (r < 0)
		return r;
	decoder->policy->default_action = decoder->policy->foreign_action;
	r = add_parts(decoder, abis, abis_count, err);
	if (r < 0)
		return r;
	r = find_defaults(decoder, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < decoder->parts_count; i++) {
		r = add_rules(decoder, &decoder->parts[i], &calls, err);
		if (r < 0)
			return r;
	}
	return policy_finish(decoder->policy, err);
}

int filter_decode(const struct filter_stack *stack, const enum abi *abis, size_t abis_count,
		  struct policy **policy, struct error *err)
{
	_cleanup_(decoder_clear) struct decoder decoder = { .d = diagrams_new(),
							    .policy = policy_new() };
	int r;

	if (!decoder.d || !decoder.policy)
		return error_oom(err);
	r = meaning_of_stack(decoder.d, stack, 0, &decoder.meaning, err);
	if (r < 0)
		return r;
	r = decode(&decoder, abis, abis_count, err);
	if (r < 0)
		return r;
	*policy = take(decoder.policy);
	return 0;
}
