// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "policy/action.h"
#include "policy/policy.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_action_is_written_and_read_back(void **state)
{
	static const struct {
		uint32_t action;
		const char *text;
	} rows[] = {
		{ SECCOMP_RET_ALLOW, "allow" },
		{ SECCOMP_RET_LOG, "log" },
		{ SECCOMP_RET_ERRNO | EPERM, "errno:EPERM" },
		{ SECCOMP_RET_ERRNO | ENOSYS, "errno:ENOSYS" },
		{ SECCOMP_RET_ERRNO, "errno:0" },
		{ SECCOMP_RET_ERRNO | 4095, "errno:4095" },
		{ SECCOMP_RET_TRAP, "trap" },
		{ SECCOMP_RET_TRAP | 7, "trap:7" },
		{ SECCOMP_RET_TRACE | 65535, "trace:65535" },
		{ SECCOMP_RET_USER_NOTIF, "notify" },
		{ SECCOMP_RET_KILL_THREAD, "kill_thread" },
		{ SECCOMP_RET_KILL_PROCESS, "kill_process" },
		{ 0x12340005, "0x12340005" },
	};
	char buffer[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t read = 0x5a5a5a5a;

		assert_string_equal(action_format(rows[i].action, buffer, sizeof(buffer)),
				    rows[i].text);
		assert_int_equal(action_parse(rows[i].text, &read), 0);
		assert_int_equal(read, rows[i].action);
	}
}

static void an_errno_is_taken_by_any_of_its_names(void **state)
{
	uint32_t read;

	(void)state;
	assert_int_equal(action_parse("errno:1", &read), 0);
	assert_int_equal(read, SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(action_parse("errno:EWOULDBLOCK", &read), 0);
	assert_int_equal(read, SECCOMP_RET_ERRNO | EAGAIN);
	assert_int_equal(action_parse("errno:ENOTSUP", &read), 0);
	assert_int_equal(read, SECCOMP_RET_ERRNO | EOPNOTSUPP);
	assert_int_equal(action_parse("kill", &read), 0);
	assert_int_equal(read, SECCOMP_RET_KILL_THREAD);
}

static void what_is_no_action_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"errno",
		"errno:",
		"errno:EFOO",
		"errno:65536",
		"errno:-1",
		"errno: 1",
		"errno:1x",
		"allow:",
		"allow:x",
		"ALLOW",
		"allow ",
		"trace:99999999999999999999",
		"0x",
		"0x123456789",
		"0xg",
		"kill_proces",
	};
	uint32_t read;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (action_parse(texts[i], &read) != -EINVAL)
			fail_msg("\"%s\" was taken as an action", texts[i]);
}

static void the_kernels_precedence_decides_between_actions(void **state)
{
	static const uint32_t descending[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO | 1,	  SECCOMP_RET_USER_NOTIF,  SECCOMP_RET_TRACE,
		SECCOMP_RET_LOG,	  SECCOMP_RET_ALLOW,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(descending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(descending); j++)
			assert_int_equal(action_stronger(descending[i], descending[j]),
					 descending[i < j ? i : j]);
	/* of one kind: the later filter's, whatever the data */
	assert_int_equal(action_stronger(SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 1),
			 SECCOMP_RET_ERRNO | 2);
}

static struct rule *add_rule(struct policy *policy, enum abi abi, int nr, action verdict)
{
	struct rule *rule = policy_add_rule(policy);

	assert_non_null(rule);
	rule->abi = abi;
	rule->nr = nr;
	rule->action = verdict;
	return rule;
}

static void add_condition(struct rule *rule, struct condition condition)
{
	struct clause *clause = rule_add_clause(rule);

	assert_non_null(clause);
	assert_int_equal(clause_add(clause, condition), 0);
}

static void the_first_matching_rule_of_a_call_decides(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	const struct condition is_two = { 1, COMPARE_EQUAL, 2, 0 };
	const struct condition flag = { 0, COMPARE_MASKED_EQUAL, 0x10, 0x30 };
	struct error err = { 0 };
	struct rule *rule;
	size_t count;

	(void)state;
	policy->abis[policy->abis_count++] = ABI_X86_64;
	add_rule(policy, ABI_X86_64, 7, SECCOMP_RET_ALLOW);
	rule = add_rule(policy, ABI_X86_64, 5, SECCOMP_RET_ERRNO | EACCES);
	add_condition(rule, is_two);
	rule = add_rule(policy, ABI_X86_64, 5, SECCOMP_RET_LOG);
	add_condition(rule, is_two);
	add_condition(rule, flag);
	add_rule(policy, ABI_X86_64, 1, SECCOMP_RET_ALLOW);
	assert_int_equal(policy_finish(policy, &err), 0);

	assert_non_null(policy_find(policy, ABI_X86_64, 5, &count));
	assert_int_equal(count, 2);
	assert_null(policy_find(policy, ABI_X86_64, 6, &count));
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 5, (uint64_t[6]){ 0, 2 }),
			 SECCOMP_RET_ERRNO | EACCES);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 5, (uint64_t[6]){ 0x11, 3 }),
			 SECCOMP_RET_LOG);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 5, (uint64_t[6]){ 0x30, 3 }),
			 SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 7, (uint64_t[6]){ 0 }),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(policy_evaluate(policy, ABI_I386, 7, (uint64_t[6]){ 0 }),
			 SECCOMP_RET_KILL_PROCESS);
}

static void comparisons_are_unsigned_over_64_bits(void **state)
{
	const uint64_t big = UINT64_MAX, half = 1ULL << 63;
	const struct {
		enum comparison comparison;
		uint64_t argument, value, mask;
		bool holds;
	} rows[] = {
		{ COMPARE_EQUAL, big, big, 0, true },
		{ COMPARE_EQUAL, 1ULL << 32, 0, 0, false },
		{ COMPARE_NOT_EQUAL, 1ULL << 32, 0, 0, true },
		{ COMPARE_LESS, half - 1, half, 0, true },
		{ COMPARE_LESS, half, half, 0, false },
		{ COMPARE_LESS_EQUAL, half, half, 0, true },
		{ COMPARE_GREATER, big, half, 0, true },
		{ COMPARE_GREATER, half, half, 0, false },
		{ COMPARE_GREATER_EQUAL, half, half, 0, true },
		{ COMPARE_MASKED_EQUAL, half | 5, half, half | 2, true },
		{ COMPARE_MASKED_EQUAL, 5, half, half | 2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct condition condition = { 3, rows[i].comparison, rows[i].value,
						     rows[i].mask };
		const uint64_t arguments[6] = { 0, 0, 0, rows[i].argument };

		if (condition_holds(&condition, arguments) != rows[i].holds)
			fail_msg("row %zu", i);
	}
}

static void a_rule_that_contradicts_the_policy_is_refused(void **state)
{
	static const struct {
		enum abi abi;
		int nr;
		uint8_t argument;
		uint64_t mask;
		const char *words;
	} rows[] = {
		{ ABI_I386, 1, 0, 0, "does not list" },
		{ ABI_X86_64, -1, 0, 0, "not negative" },
		{ ABI_X86_64, X32_BIT | 1, 0, 0, "bit 30" },
		{ ABI_X86_64, 1, 6, 0, "argument 6" },
		{ ABI_X86_64, 1, 0, 1, "a mask" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		struct error err = { 0 };
		struct rule *rule;

		assert_int_equal(policy_add_abi(policy, ABI_X86_64), 0);
		rule = add_rule(policy, rows[i].abi, rows[i].nr, SECCOMP_RET_ALLOW);
		add_condition(rule, (struct condition){ rows[i].argument, COMPARE_EQUAL, 0,
							rows[i].mask });
		assert_int_equal(policy_finish(policy, &err), -EINVAL);
		if (!strstr(err.message, rows[i].words))
			fail_msg("expected \"%s\" in: %s", rows[i].words, err.message);
	}
}

static void a_copy_can_grow_apart_from_the_original(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new(), *copy = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(policy_add_abi(policy, ABI_X86_64), 0);
	for (int nr = 0; nr < 5; nr++) {
		struct rule *rule = add_rule(policy, ABI_X86_64, 10 - nr, SECCOMP_RET_ALLOW);

		assert_int_equal(rule_add_reason(rule, REASON_SEEN, "%d times", nr), 0);
		add_condition(rule, (struct condition){ 0, COMPARE_EQUAL, 3, 0 });
	}
	assert_int_equal(policy_add_open(policy, "ioctl"), 0);
	assert_int_equal(policy_finish(policy, &err), 0);
	copy = policy_copy(policy);
	assert_non_null(copy);
	for (int nr = 20; nr < 40; nr++)
		add_rule(copy, ABI_X86_64, nr, SECCOMP_RET_ALLOW);
	policy_remove_rule(copy, 0);
	assert_int_equal(copy->rules_count, 24);
	assert_int_equal(policy->rules_count, 5);
	assert_string_equal(policy->rules[0].reasons[0].text, "4 times");
	assert_string_equal(copy->open[0], "ioctl");
	assert_null(copy->open[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_is_written_and_read_back),
		cmocka_unit_test(an_errno_is_taken_by_any_of_its_names),
		cmocka_unit_test(what_is_no_action_is_refused),
		cmocka_unit_test(the_kernels_precedence_decides_between_actions),
		cmocka_unit_test(the_first_matching_rule_of_a_call_decides),
		cmocka_unit_test(comparisons_are_unsigned_over_64_bits),
		cmocka_unit_test(a_rule_that_contradicts_the_policy_is_refused),
		cmocka_unit_test(a_copy_can_grow_apart_from_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
