// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/live_filters.h"

#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/decode.h"
#include "policy/action.h"
#include "syscall/abi.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 5 /* differences that an error names */

bool live_filters_equal(const struct filter *a, const struct filter *b)
{
	return a->count == b->count &&
	       memcmp(a->instructions, b->instructions, a->count * sizeof(*a->instructions)) == 0;
}

bool live_filters_stacks_equal(const struct filter_stack *a, const struct filter_stack *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!live_filters_equal(&a->filters[i], &b->filters[i]))
			return false;
	return true;
}

/* A part of another stack, which owns the filters. */
struct part {
	struct filter_stack stack;
};

static void part_clean(struct part *part)
{
	free(part->stack.filters);
}

static int part_of(const struct filter_stack *whole, size_t first, struct part *part)
{
	part->stack.count = whole->count - first;
	part->stack.filters = calloc(part->stack.count + 1, sizeof(*part->stack.filters));
	if (!part->stack.filters)
		return -ENOMEM;
	if (part->stack.count)
		memcpy(part->stack.filters, whole->filters + first,
		       part->stack.count * sizeof(*part->stack.filters));
	return 0;
}

static struct filter part_take(struct part *part, size_t index)
{
	struct filter filter = part->stack.filters[index];

	part->stack.count--;
	memmove(&part->stack.filters[index], &part->stack.filters[index + 1],
		(part->stack.count - index) * sizeof(filter));
	return filter;
}

static void part_put(struct part *part, size_t index, struct filter filter)
{
	memmove(&part->stack.filters[index + 1], &part->stack.filters[index],
		(part->stack.count - index) * sizeof(filter));
	part->stack.filters[index] = filter;
	part->stack.count++;
}

static bool is_kill(action what)
{
	return what == SECCOMP_RET_KILL_PROCESS || what == SECCOMP_RET_KILL_THREAD;
}

/* For ABIs without rules the policy only says that the call kills; systemd kills either the process or the
 * thread. */
static bool is_same(const struct policy *meaning, enum abi abi, action wanted, action live)
{
	if (wanted == live)
		return true;
	for (size_t i = 0; i < meaning->abis_count; i++)
		if (meaning->abis[i] == abi)
			return false;
	return is_kill(wanted) && is_kill(live);
}

/* Compares only the kinds of actions: another errno denies as well. Of two errnos the kernel returns that
 * of the newer filter (kernel/seccomp.c: seccomp_run_filters()), which may be the serving filter of a role. */
static bool is_weaker(action wanted, action live)
{
	wanted &= SECCOMP_RET_ACTION_FULL;
	live &= SECCOMP_RET_ACTION_FULL;
	return action_stronger(wanted, live) != live;
}

/* The differences between a policy and the live filters, by direction. */
struct comparison_result {
	const struct policy *meaning;
	size_t weaker; /* the kernel allows more */
	size_t stricter; /* it denies more, or with another errno */
	size_t otherwise; /* of these: with an errno that the kernel would replace by the policy's */
	size_t shown;
	bool shows_weaker_alone;
	FILE *text;
};

static void note_difference(void *context, const struct difference *difference)
{
	struct comparison_result *result = context;
	char wanted[32], live[32], number[32];
	const char *name = syscall_name(difference->abi, difference->nr);
	bool allows_more = is_weaker(difference->left, difference->right);

	if (is_same(result->meaning, difference->abi, difference->left, difference->right))
		return;
	if (allows_more)
		result->weaker++;
	else
		result->stricter++;
	result->otherwise += !allows_more && action_stronger(difference->left, difference->right) !=
						     difference->right;
	if (!result->text || (result->shows_weaker_alone && !allows_more) ||
	    result->shown++ >= SHOWN_MAX)
		return;
	snprintf(number, sizeof(number), "number %d", difference->nr);
	fprintf(result->text, "%s%s (%s): policy %s, kernel %s%s", result->shown > 1 ? "; " : "",
		name ? name : number, abi_info(difference->abi)->name,
		action_format(difference->left, wanted, sizeof(wanted)),
		action_format(difference->right, live, sizeof(live)),
		difference->depends_on_arguments ? " with some arguments" : "");
}

static int compare_stack(const struct filter_stack *stack, const struct policy *meaning,
			 struct comparison_result *result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *live = NULL;
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	int r = filter_decode(stack, abis, count, &live, err);

	result->meaning = meaning;
	if (r >= 0)
		r = compare_policies(meaning, live, note_difference, result, err);
	return r < 0 ? r : 0;
}

/* Arguments that satisfy the conditions of a clause, as far as one value per condition can. */
static void arguments_of(const struct clause *clause, uint64_t arguments[6])
{
	for (size_t i = 0; i < clause->count; i++) {
		const struct condition *condition = &clause->conditions[i];

		arguments[condition->argument] = condition->value +
						 (condition->comparison == COMPARE_GREATER) -
						 (condition->comparison == COMPARE_LESS) +
						 (condition->comparison == COMPARE_NOT_EQUAL);
	}
}

/* A call that is run through the programs themselves, which also checks the decoder. */
struct trial {
	const struct filter_stack *stack;
	const struct policy *meaning;
	size_t count;
	/* Whether the answer is acceptable; if not, the trials end. */
	bool (*accept)(const struct trial *trial, enum abi abi, action wanted, action live);
	enum abi abi; /* of the unacceptable call, with its number */
	int nr;
	action wanted, live;
};

/* 0; -EUCLEAN: the answer is not acceptable; or an error of the program. */
static int try_call(struct trial *trial, enum abi abi, int nr, const uint64_t arguments[6],
		    struct error *err)
{
	struct seccomp_data data = { .nr = nr, .arch = abi_info(abi)->audit_arch };
	int r;

	for (int i = 0; i < 6; i++)
		data.args[i] = arguments[i];
	r = filter_stack_simulate(trial->stack, &data, &trial->live, err);
	if (r < 0)
		return r;
	trial->wanted = policy_evaluate(trial->meaning, abi, nr, arguments);
	trial->abi = abi;
	trial->nr = nr;
	return trial->accept(trial, abi, trial->wanted, trial->live) ? 0 : -EUCLEAN;
}

/* Runs every number of every ABI, and for each condition of the policy a call that satisfies it. */
static int try_every_number(struct trial *trial, struct error *err)
{
	static const uint64_t none[6];
	const struct policy *meaning = trial->meaning;
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	int r = 0;

	trial->count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct syscall_entry *entries;
		size_t known = syscall_table(abis[i], &entries);
		int base = abis[i] == ABI_X32 ? X32_BIT : 0;
		/* Beyond the last known one, for kernels newer than the table. */
		int end = (known ? entries[known - 1].nr : base) + 64;

		for (int nr = base; nr < end && r >= 0; nr++, trial->count++)
			r = try_call(trial, abis[i], nr, none, err);
	}
	for (size_t i = 0; i < meaning->rules_count && r >= 0; i++) {
		const struct rule *rule = &meaning->rules[i];

		for (size_t j = 0; j < rule->clauses_count && r >= 0; j++) {
			uint64_t arguments[6] = { 0 };

			arguments_of(&rule->clauses[j], arguments);
			r = try_call(trial, rule->abi, rule->nr, arguments, err);
		}
	}
	return r;
}

static bool is_as_wanted(const struct trial *trial, enum abi abi, action wanted, action live)
{
	return is_same(trial->meaning, abi, wanted, live);
}

int live_filters_verify_numbers(const struct filter_stack *stack, const struct policy *meaning,
				size_t *calls, struct error *err)
{
	struct trial trial = { .stack = stack, .meaning = meaning, .accept = is_as_wanted };
	int r = try_every_number(&trial, err);
	char wanted[32], live[32];

	*calls = trial.count;
	if (r != -EUCLEAN)
		return r;
	return error_set(err, -EUCLEAN, "call %d (%s): policy %s, kernel %s", trial.nr,
			 abi_info(trial.abi)->name,
			 action_format(trial.wanted, wanted, sizeof(wanted)),
			 action_format(trial.live, live, sizeof(live)));
}

static bool is_not_weaker(const struct trial *trial, enum abi abi, action wanted, action live)
{
	return is_same(trial->meaning, abi, wanted, live) || !is_weaker(wanted, live);
}

/* Returns 1 if the stack denies all calls that the policy denies, at most *OTHERWISE of them with another
 * errno, and sets *OTHERWISE to their number; else 0. Tries calls first, then compares the meanings. A stack
 * that can't be expressed as a policy gives 0. */
static int refuses_enough(const struct filter_stack *stack, const struct policy *meaning,
			  size_t *otherwise, struct error *err)
{
	struct trial trial = { .stack = stack, .meaning = meaning, .accept = is_not_weaker };
	struct comparison_result result = { 0 };
	int r = try_every_number(&trial, err);

	if (r == -EUCLEAN)
		return 0;
	if (r >= 0)
		r = compare_stack(stack, meaning, &result, err);
	if (r == -EOPNOTSUPP) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	if (result.weaker || result.otherwise > *otherwise)
		return 0;
	*otherwise = result.otherwise;
	return 1;
}

/* With further filters the whole may not be expressible as a policy; then the result so far counts. */
static int compare_whole(const struct filter_stack *stack, const struct policy *meaning,
			 struct comparison_result *result, struct error *err)
{
	int r = compare_stack(stack, meaning, result, err);

	if (r != -EOPNOTSUPP)
		return r;
	error_clear(err);
	result->otherwise = 0;
	return 0;
}

/* Keeps in PART only the filters that are needed to deny all calls that the policy denies, with its errno
 * except for OTHERWISE calls. Moves the others to DROPPED, which has room for all. */
static int drop_what_is_not_needed(struct part *part, const struct policy *meaning,
				   size_t otherwise, struct part *dropped, struct error *err)
{
	for (size_t i = part->stack.count; i-- > 0;) {
		struct filter filter = part_take(part, i);
		int r = refuses_enough(&part->stack, meaning, &otherwise, err);

		if (r <= 0)
			part_put(part, i, filter);
		else
			part_put(dropped, 0, filter);
		if (r < 0)
			return r;
	}
	return 0;
}

/* How many of the dropped filters deny a call that the policy allows. The others are redundant, like
 * systemd's filters for each ABI. */
static int count_further(struct part *part, const struct part *dropped,
			 const struct policy *meaning, size_t *further, struct error *err)
{
	*further = 0;
	for (size_t i = 0; i < dropped->stack.count; i++) {
		struct comparison_result result = { 0 };
		int r;

		part_put(part, part->stack.count, dropped->stack.filters[i]);
		r = compare_stack(&part->stack, meaning, &result, err);
		part_take(part, part->stack.count - 1);
		/* A filter that can't be expressed as a policy is not the policy. */
		if (r == -EOPNOTSUPP)
			error_clear(err);
		else if (r < 0)
			return r;
		*further += r == -EOPNOTSUPP || result.stricter > result.otherwise;
	}
	return 0;
}

/* -EUCLEAN; the error names the differences. */
static int tell_differences(const struct filter_stack *stack, const struct policy *meaning,
			    bool weaker_alone, const char *what, struct error *err)
{
	struct comparison_result result = { .shows_weaker_alone = weaker_alone };
	_cleanup_free_ char *text = NULL;
	size_t size, total;
	int r;

	result.text = open_memstream(&text, &size);
	if (!result.text)
		return error_oom(err);
	r = compare_stack(stack, meaning, &result, err);
	fclose(result.text);
	if (r < 0)
		return r;
	total = result.weaker + (weaker_alone ? 0 : result.stricter);
	if (total > SHOWN_MAX)
		return error_set(err, -EUCLEAN, "%s: %s; and %zu more", what, text,
				 total - SHOWN_MAX);
	return error_set(err, -EUCLEAN, "%s: %s", what, text);
}

int live_filters_verify(const struct filter_stack *whole, size_t inherited,
			const struct policy *meaning, struct verification *verification,
			struct error *err)
{
	_cleanup_(part_clean) struct part part = { 0 }, dropped = { 0 };
	struct comparison_result result = { 0 };
	size_t further;
	int r;

	if (part_of(whole, inherited, &part) < 0 || part_of(whole, inherited, &dropped) < 0)
		return error_oom(err);
	dropped.stack.count = 0;
	r = compare_whole(&part.stack, meaning, &result, err);
	if (r < 0)
		return r;
	if (result.weaker)
		return tell_differences(&part.stack, meaning, true,
					part.stack.count ? "the kernel enforces another policy"
							 : "no filter is installed",
					err);
	r = drop_what_is_not_needed(&part, meaning, result.otherwise, &dropped, err);
	if (r < 0)
		return r;
	result = (struct comparison_result){ 0 };
	r = compare_stack(&part.stack, meaning, &result, err);
	if (r < 0)
		return r;
	if (result.stricter)
		return tell_differences(&part.stack, meaning, false,
					"the kernel denies more calls, or with another action",
					err);
	r = count_further(&part, &dropped, meaning, &further, err);
	if (r < 0)
		return r;
	if (further > verification->further)
		verification->further = further;
	verification->filters = whole->count - inherited - further;
	return live_filters_verify_numbers(&part.stack, meaning, &verification->calls, err);
}

int live_filters_of_policy(const struct filter_stack *whole, size_t inherited,
			   const struct policy *meaning, struct filter_stack *own,
			   struct error *err)
{
	_cleanup_(part_clean) struct part part = { 0 }, dropped = { 0 };
	struct comparison_result result = { 0 };
	int r;

	if (part_of(whole, inherited, &part) < 0 || part_of(whole, inherited, &dropped) < 0)
		return error_oom(err);
	dropped.stack.count = 0;
	r = compare_whole(&part.stack, meaning, &result, err);
	if (r < 0)
		return r;
	r = drop_what_is_not_needed(&part, meaning, result.otherwise, &dropped, err);
	if (r < 0)
		return r;
	own->filters = calloc(part.stack.count + 1, sizeof(*own->filters));
	if (!own->filters)
		return error_oom(err);
	for (size_t i = 0; i < part.stack.count; i++) {
		const struct filter *filter = &part.stack.filters[i];
		size_t size = filter->count * sizeof(*filter->instructions);

		own->filters[i].instructions = malloc(size);
		if (!own->filters[i].instructions)
			return error_oom(err);
		memcpy(own->filters[i].instructions, filter->instructions, size);
		own->filters[i].count = filter->count;
		own->count++;
	}
	return 0;
}
