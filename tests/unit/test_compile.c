// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the compiler makes means the policy, by every way of asking, and is short and quick. */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void compile(const struct policy *policy, struct filter *filter)
{
	struct error err = { 0 };

	if (filter_compile(policy, NULL, filter, &err) < 0)
		fail_msg("%s", err.message);
}

static uint32_t run(const struct filter *filter, enum abi abi, int nr, const uint64_t arguments[6])
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t answer;

	filter_data(abi, nr, arguments, &data);
	assert_int_equal(filter_simulate(filter, &data, &answer, &err), 0);
	return answer;
}

static struct policy *new_policy(enum abi abi)
{
	struct policy *policy = policy_new();

	policy->default_action = SECCOMP_RET_ERRNO | EPERM;
	policy->foreign_action = SECCOMP_RET_KILL_PROCESS;
	policy_add_abi(policy, abi);
	return policy;
}

static struct rule *allow(struct policy *policy, int nr, uint64_t frequency)
{
	struct rule *rule = policy_add_rule(policy);

	*rule = (struct rule){ .abi = policy->abis[0],
			       .nr = nr,
			       .action = SECCOMP_RET_ALLOW,
			       .frequency = frequency,
			       .seen_any = true };
	rule_add_reason(rule, REASON_ASKED, "by the test");
	return rule;
}

static void finish(struct policy *policy)
{
	struct error err = { 0 };

	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
}

static size_t steps(const struct filter *filter, enum abi abi, int nr, const uint64_t arguments[6])
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t answer;
	size_t count;

	filter_data(abi, nr, arguments, &data);
	assert_int_equal(filter_trace(filter, &data, &answer, NULL, &count, &err), 0);
	return count;
}

/* load and test the architecture, load and test the number, return */
static void the_hottest_call_is_found_at_the_first_test(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	const uint64_t none[6] = { 0 };
	struct filter filter;

	(void)state;
	for (int nr = 0; nr < 400; nr += 3)
		allow(policy, nr, nr == 219 ? 100000 : 1);
	finish(policy);
	compile(policy, &filter);
	assert_int_equal(steps(&filter, ABI_X86_64, 219, none), 5);
	assert_true(steps(&filter, ABI_X86_64, 399, none) <= 5 + 2 + 9);
	filter_free(&filter);
}

static void neighbours_of_like_outcome_are_one_range(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_AARCH64);
	struct filter filter;

	(void)state;
	for (int nr = 0; nr < 300; nr++)
		allow(policy, nr, 1);
	finish(policy);
	compile(policy, &filter);
	/* architecture, number, one comparison, three outcomes */
	assert_true(filter.count <= 7);
	filter_free(&filter);
}

static void like_conditions_of_two_calls_are_one_tail(void **state)
{
	size_t counts[2];

	(void)state;
	for (unsigned calls = 1; calls <= 2; calls++) {
		_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
		struct filter filter;

		for (unsigned i = 0; i < calls; i++) {
			struct rule *rule = allow(policy, i ? 53 : 41, 1);

			for (uint64_t value = 1; value <= 10; value += 3)
				clause_add(rule_add_clause(rule),
					   (struct condition){ 0, COMPARE_EQUAL, value, 0 });
		}
		finish(policy);
		compile(policy, &filter);
		counts[calls - 1] = filter.count;
		filter_free(&filter);
	}
	/* one more call costs a test or two, not another tail */
	assert_true(counts[1] <= counts[0] + 2);
}

static void flags_are_tested_in_place(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	const uint64_t harmless[6] = { 0x11 };
	struct rule *rule = allow(policy, 56, 1);
	struct filter filter;

	(void)state;
	clause_add(rule_add_clause(rule),
		   (struct condition){ 0, COMPARE_MASKED_EQUAL, 0, 0x7e020000 });
	finish(policy);
	compile(policy, &filter);
	/* architecture, number, `ld; jset`, return */
	assert_int_equal(steps(&filter, ABI_X86_64, 56, harmless), 7);
	filter_free(&filter);
}

static void what_was_seen_decides_which_argument_comes_first(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	const uint64_t seen[6] = { 10, 3, 15 };
	struct argument_values values = { .value = { 10, 3, 15 }, .count = 1000 };
	struct rule *rule = allow(policy, syscall_number(ABI_X86_64, "socket"), 1000);
	struct clause *clause = rule_add_clause(rule);
	struct filter filter;

	(void)state;
	/* Either the protocol alone decides, or all three do. */
	clause_add(clause, (struct condition){ 0, COMPARE_EQUAL, 1, 0 });
	clause_add(clause, (struct condition){ 1, COMPARE_EQUAL, 1, 0 });
	clause_add(rule_add_clause(rule), (struct condition){ 2, COMPARE_EQUAL, 15, 0 });
	rule_add_seen(rule, &values);
	finish(policy);
	compile(policy, &filter);
	/* architecture, number, two halves of argument 2, return */
	assert_int_equal(steps(&filter, ABI_X86_64, rule->nr, seen), 9);
	filter_free(&filter);
}

static void a_filter_that_is_too_long_is_refused_by_how_much(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	struct filter filter;
	struct error err = { 0 };

	(void)state;
	for (int nr = 0; nr < 300; nr++) {
		struct rule *rule = allow(policy, nr, 1);

		for (uint64_t i = 0; i < 12; i++)
			clause_add(rule_add_clause(rule),
				   (struct condition){ 0, COMPARE_EQUAL,
						       (uint64_t)nr * 7919 + i * 104729, 0 });
	}
	finish(policy);
	assert_int_equal(filter_compile(policy, NULL, &filter, &err), -E2BIG);
	assert_non_null(strstr(err.message, "more than the 4096"));
	assert_null(filter.instructions);
}

/* More than 255 instructions lie between the tests of the tree and some of its leaves. */
static void jumps_reach_any_distance(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	struct filter filter;

	(void)state;
	for (int nr = 0; nr < 200; nr++) {
		struct rule *rule = allow(policy, nr, (uint64_t)nr);

		for (uint64_t i = 0; i < 4; i++)
			clause_add(rule_add_clause(rule),
				   (struct condition){ 0, COMPARE_EQUAL,
						       (uint64_t)nr * 7919 + i * 104729, 0 });
	}
	finish(policy);
	compile(policy, &filter);
	assert_true(filter.count > 1000);
	for (int nr = 0; nr < 200; nr++) {
		const uint64_t good[6] = { (uint64_t)nr * 7919 + 2 * 104729 };
		const uint64_t bad[6] = { (uint64_t)nr * 7919 + 1 };

		assert_int_equal(run(&filter, ABI_X86_64, nr, good), SECCOMP_RET_ALLOW);
		assert_int_equal(run(&filter, ABI_X86_64, nr, bad), SECCOMP_RET_ERRNO | EPERM);
	}
	filter_free(&filter);
}

static void two_byte_orders_are_no_one_filter(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = new_policy(ABI_X86_64);
	const enum abi only = ABI_S390X;
	struct compile_options options = { .abis = &only, .abis_count = 1 };
	struct filter filter;
	struct error err = { 0 };

	(void)state;
	policy_add_abi(policy, ABI_S390X);
	finish(policy);
	assert_int_equal(filter_compile(policy, NULL, &filter, &err), -EINVAL);
	assert_non_null(strstr(err.message, "s390x"));
	assert_int_equal(filter_compile(policy, &options, &filter, &err), 0);
	filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hottest_call_is_found_at_the_first_test),
		cmocka_unit_test(neighbours_of_like_outcome_are_one_range),
		cmocka_unit_test(like_conditions_of_two_calls_are_one_tail),
		cmocka_unit_test(flags_are_tested_in_place),
		cmocka_unit_test(what_was_seen_decides_which_argument_comes_first),
		cmocka_unit_test(a_filter_that_is_too_long_is_refused_by_how_much),
		cmocka_unit_test(jumps_reach_any_distance),
		cmocka_unit_test(two_byte_orders_are_no_one_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
