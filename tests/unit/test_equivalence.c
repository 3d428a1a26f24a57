// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random policies by the thousand: what whittle compiles, what libseccomp compiles (linear and as a
 * tree) and the policy itself are one, by comparison and by the interpreter; and filters in which one
 * instruction was changed are found different when they are, and only then.
 *
 * Other policies every time: the seed is printed, and WHITTLE_SEED has it again. WHITTLE_SECONDS is how
 * long all of it takes.
 */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "policy/action.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "libseccomp_filter.h"
#include "random_policy.h"

#define SECONDS	     9 /* for all cases */
#define SHARE_THREE  0.6 /* of it for each case */
#define SHARE_RICH   0.15
#define SHARE_MUTANT 0.25
#define LEAST_RICH   24 /* policies, however slow the machine, so that their share says something */
#define CALLS	     60 /* of a policy that the interpreter is asked for */

static uint64_t seed;
static double seconds;
static const char *now_at = ""; /* what is tried, for messages */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void must(int r, const struct error *err)
{
	if (r < 0)
		fail_msg("seed %llu: %s: %s", (unsigned long long)seed, now_at, err->message);
}

/* ---- differences, each held against the interpreter ---- */

struct check {
	const struct filter *left; /* NULL: the policy */
	const struct policy *policy;
	const struct filter *right;
	unsigned genuine;
};

static uint32_t answer(const struct filter *filter, const struct policy *policy,
		       const struct difference *difference)
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t outcome = 0;

	if (!filter)
		return action_outcome(difference->is_foreign
					      ? policy->foreign_action
					      : policy_evaluate(policy, difference->abi,
								difference->nr,
								difference->arguments));
	filter_data(difference->is_foreign ? ABI_X86_64 : difference->abi, difference->nr,
		    difference->arguments, &data);
	/* Its halves lie as those of arguments do. */
	data.instruction_pointer = difference->instruction_pointer;
	if (!difference->is_foreign && abi_info(difference->abi)->is_big_endian)
		data.instruction_pointer = data.instruction_pointer >> 32 | data.instruction_pointer
										    << 32;
	if (difference->is_foreign)
		data.arch = difference->arch;
	must(filter_simulate(filter, &data, &outcome, &err), &err);
	return action_outcome(outcome);
}

static void is_genuine(void *context, const struct difference *difference)
{
	struct check *check = context;

	assert_int_not_equal(difference->left, difference->right);
	assert_int_equal(answer(check->left, check->policy, difference), difference->left);
	assert_int_equal(answer(check->right, NULL, difference), difference->right);
	check->genuine++;
}

/* How many differences there are, each proved by its example. */
static int differ(const struct policy *policy, const struct filter *left,
		  const struct filter *right, struct error *err)
{
	struct filter_stack stacks[] = { { (struct filter *)(uintptr_t)left, 1 },
					 { (struct filter *)(uintptr_t)right, 1 } };
	struct check check = { .left = left, .policy = policy, .right = right };

	return filter_compare(
		(struct side){ .policy = left ? NULL : policy, .stack = left ? &stacks[0] : NULL },
		(struct side){ .stack = &stacks[1] }, is_genuine, &check, err);
}

/* False where the kernel would not take so long a program, which is said. */
static bool compile(const struct policy *policy, struct filter *filter)
{
	const struct compile_options options = { .for_old_kernel = random_below(2) };
	struct error err = { 0 };
	int r = filter_compile(policy, &options, filter, &err);

	now_at = "compile";
	if (r == -E2BIG)
		return false;
	must(r, &err);
	return true;
}

static void same_by_interpreter(const struct policy *policy, const struct filter *filter)
{
	for (unsigned i = 0; i < CALLS; i++) {
		struct tried_call call = random_call(policy);
		uint32_t wanted =
			action_outcome(policy_evaluate(policy, call.abi, call.nr, call.arguments));
		uint32_t outcome = run_call(filter, &call);

		if (outcome != wanted)
			fail_msg("seed %llu: %s: call %d is 0x%x, not 0x%x",
				 (unsigned long long)seed, now_at, call.nr, outcome, wanted);
	}
}

/* ---- three compilers ---- */

static void hold_against_libseccomp(const struct policy *policy, bool has_alternatives,
				    const struct filter *ours, bool tree)
{
	_cleanup_(filter_free) struct filter theirs = { 0 };
	struct error err = { 0 };
	int r;

	now_at = tree ? "libseccomp's tree" : "libseccomp, linear";
	r = filter_by_libseccomp(policy, tree, &theirs, &err);
	if (r == -ETIME)
		return;
	must(r, &err);
	r = differ(policy, ours, &theirs, &err);
	must(r, &err);
	/* With several clauses of one call libseccomp 2.5 goes wrong at times (it compares one argument
	 * with another's value): then each difference was shown to be one. */
	if (r > 0 && has_alternatives)
		return;
	assert_int_equal(r, 0);
	same_by_interpreter(policy, &theirs);
}

static void three_compilers_agree_on_every_policy(void **state)
{
	double end = now() + seconds * SHARE_THREE;
	unsigned policies = 0;

	(void)state;
	for (; now() < end; policies++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;
		_cleanup_(filter_free) struct filter ours = { 0 };
		struct error err = { 0 };
		bool has_alternatives;
		int r;

		random_seed(seed + policies);
		has_alternatives = random_below(8) == 0;
		policy = random_policy(families[policies % FAMILIES], 1 + random_below(40),
				       has_alternatives ? 2 : 1);
		if (policy->rules_count == 0)
			continue;
		assert_true(compile(policy, &ours));
		now_at = "the policy";
		r = differ(policy, NULL, &ours, &err);
		must(r, &err);
		assert_int_equal(r, 0);
		same_by_interpreter(policy, &ours);
		hold_against_libseccomp(policy, has_alternatives, &ours, false);
		hold_against_libseccomp(policy, has_alternatives, &ours, true);
	}
	print_message("# %u policies by whittle and by libseccomp, linear and tree\n", policies);
	assert_true(policies > 0);
}

/* ---- what only whittle can say ---- */

/* Conditions without bounds on their number, ranges, and rules of which the first that is met decides. */
static struct policy *rich_policy(const enum abi *family)
{
	struct policy *policy = random_policy(family, 1 + random_below(12), 1);
	size_t count = policy->rules_count;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct rule *rule;

		if (random_below(2))
			continue;
		rule = policy_add_rule(policy);
		rule->abi = policy->rules[i].abi;
		rule->nr = policy->rules[i].nr;
		rule->action = random_action();
		random_rich_clauses(rule);
	}
	for (uint32_t i = random_below(3); i > 0; i--) {
		uint32_t first = (uint32_t)random_value(), last = (uint32_t)random_value();
		struct span span = { policy->abis[random_below((uint32_t)policy->abis_count)],
				     first < last ? first : last, first < last ? last : first,
				     random_action() };

		assert_int_equal(policy_add_span(policy, span), 0);
	}
	must(policy_finish(policy, &err), &err);
	return policy;
}

static void whatever_a_policy_says_is_compiled_and_read_back(void **state)
{
	double end = now() + seconds * SHARE_RICH;
	unsigned policies = 0, short_forms = 0;

	(void)state;
	for (; policies < LEAST_RICH || now() < end; policies++) {
		_cleanup_(policy_freep) struct policy *policy = NULL, *decoded = NULL;
		_cleanup_(filter_free) struct filter filter = { 0 };
		struct filter_stack stack = { &filter, 1 };
		struct error err = { 0 };
		int r;

		random_seed(seed + policies);
		policy = rich_policy(families[policies % FAMILIES]);
		if (policy->rules_count == 0 || !compile(policy, &filter))
			continue;
		same_by_interpreter(policy, &filter);
		now_at = "decode";
		r = filter_decode(&stack, policy->abis, policy->abis_count, &decoded, &err);
		/* Conditions at random may have no form that is short enough: then it says so. */
		if (r == -EOPNOTSUPP)
			continue;
		must(r, &err);
		r = differ(decoded, NULL, &filter, &err);
		/* Nor may the comparison of such a one: "can't be told" is an answer, "the same" would be wrong. */
		if (r == -EOPNOTSUPP)
			continue;
		must(r, &err);
		short_forms++;
		assert_int_equal(r, 0);
		same_by_interpreter(decoded, &filter);
	}
	print_message("# %u policies, %u of them read back\n", policies, short_forms);
	/* More than half are; of the least number a run of bad luck leaves some all the same. */
	assert_true(short_forms * 8 > policies);
}

/* ---- mutants ---- */

static void mutate(struct sock_filter *in)
{
	switch (random_below(4)) {
	case 0:
		in->k ^= 1u << random_below(32);
		break;
	case 1:
		in->jt = (uint8_t)(in->jt + 1 + random_below(3));
		break;
	case 2:
		in->jf = (uint8_t)(in->jf + 1 + random_below(3));
		break;
	default:
		in->code ^= (uint16_t)(1u << random_below(8));
	}
}

static bool acts_differently(const struct policy *policy, const struct filter *filter,
			     const struct filter *mutant)
{
	for (unsigned i = 0; i < 4 * CALLS; i++) {
		struct tried_call call = random_call(policy);
		struct seccomp_data data;
		struct error err = { 0 };
		uint32_t one = 0, other = 0;

		filter_data(call.abi, call.nr, call.arguments, &data);
		if (random_below(16) == 0)
			data.arch ^= 1u << random_below(32);
		filter_simulate(filter, &data, &one, &err);
		filter_simulate(mutant, &data, &other, &err);
		if (action_outcome(one) != action_outcome(other))
			return true;
	}
	return false;
}

struct tally {
	unsigned mutants, refused, untold, different, acting;
};

static void try_mutant(const struct policy *policy, const struct filter *filter,
		       struct tally *tally)
{
	_cleanup_(filter_free) struct filter mutant = {
		calloc(filter->count, sizeof(*mutant.instructions)), filter->count
	};
	struct error err = { 0 };
	bool acts;
	int r;

	memcpy(mutant.instructions, filter->instructions,
	       filter->count * sizeof(*mutant.instructions));
	mutate(&mutant.instructions[random_below((uint32_t)filter->count)]);
	tally->mutants++;
	now_at = "mutant";
	if (filter_check(&mutant, &err) < 0) {
		tally->refused++; /* as the kernel would */
		return;
	}
	r = differ(policy, filter, &mutant, &err);
	if (r == -EOPNOTSUPP) {
		tally->untold++;
		return;
	}
	must(r, &err);
	acts = acts_differently(policy, filter, &mutant);
	if (acts && r == 0)
		fail_msg("seed %llu: a mutant acts differently and is found the same",
			 (unsigned long long)seed);
	tally->different += r > 0;
	tally->acting += acts;
}

static void a_mutant_that_acts_differently_is_found_different(void **state)
{
	double end = now() + seconds * SHARE_MUTANT;
	struct tally tally = { 0 };

	(void)state;
	for (unsigned policies = 0; now() < end; policies++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;
		_cleanup_(filter_free) struct filter filter = { 0 };
		struct error err = { 0 };
		int r;

		random_seed(seed + policies);
		policy = random_policy(families[policies % FAMILIES], 1 + random_below(16), 1);
		if (policy->rules_count == 0)
			continue;
		if (policies % 3 == 0)
			assert_true(compile(policy, &filter));
		else if ((r = filter_by_libseccomp(policy, policies % 3 == 1, &filter, &err)) ==
			 -ETIME)
			continue;
		else
			must(r, &err);
		for (unsigned i = 0; i < 6; i++)
			try_mutant(policy, &filter, &tally);
	}
	print_message("# %u mutants: %u no filters, %u different (%u of them by trying), %u that "
		      "can't be told\n",
		      tally.mutants, tally.refused, tally.different, tally.acting, tally.untold);
	assert_true(tally.different >= tally.acting);
	assert_true(tally.untold * 20 < tally.mutants + 40);
}

/* A setup runs after the line of TAP's version, which must be the first. */
static int choose_seed(void **state)
{
	const char *asked = getenv("WHITTLE_SEED"), *limit = getenv("WHITTLE_SECONDS");

	(void)state;
	seed = asked ? strtoull(asked, NULL, 0) : (uint64_t)(now() * 1e6);
	seconds = limit ? strtod(limit, NULL) : SECONDS;
	print_message("# WHITTLE_SEED=%llu WHITTLE_SECONDS=%g\n", (unsigned long long)seed,
		      seconds);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_compilers_agree_on_every_policy),
		cmocka_unit_test(whatever_a_policy_says_is_compiled_and_read_back),
		cmocka_unit_test(a_mutant_that_acts_differently_is_found_different),
	};

	return cmocka_run_group_tests(tests, choose_seed, NULL);
}
