// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters made by libseccomp from random policies must be read back as those very policies. */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libseccomp_filter.h"
#include "random_policy.h"

static const char *action_text(action outcome)
{
	static char text[2][32];
	static unsigned turn;

	turn = !turn;
	return action_format(outcome, text[turn], sizeof(text[turn]));
}

static void show(void *context, const struct difference *difference)
{
	(void)context;
	print_error("%s %d to %d%s: %s, %s\n",
		    difference->abi < ABI_COUNT ? abi_info(difference->abi)->name : "all others",
		    difference->nr, difference->last, difference->is_foreign ? " (foreign)" : "",
		    action_text(difference->left), action_text(difference->right));
}

static void expect_same(struct side left, struct side right)
{
	struct error err = { 0 };
	int r = filter_compare(left, right, show, NULL, &err);

	if (r < 0)
		fail_msg("%s", err.message);
	assert_int_equal(r, 0);
}

static void by_libseccomp(const struct policy *policy, bool tree, struct filter *filter)
{
	struct error err = { 0 };

	if (filter_by_libseccomp(policy, tree, filter, &err) < 0)
		fail_msg("%s", err.message);
}

static void what_libseccomp_compiles_is_read_back_as_it_was(void **state)
{
	struct error err = { 0 };

	(void)state;
	random_seed(1);
	for (unsigned round = 0; round < 200; round++) {
		const enum abi *family = families[round % FAMILIES];
		_cleanup_(policy_freep) struct policy *policy =
			random_policy(family, 1 + random_below(40), 1);
		_cleanup_(policy_freep) struct policy *decoded = NULL;
		struct filter filter;
		struct filter_stack stack = { &filter, 1 };

		by_libseccomp(policy, random_below(2), &filter);
		expect_same((struct side){ .policy = policy }, (struct side){ .stack = &stack });
		if (filter_decode(&stack, policy->abis, policy->abis_count, &decoded, &err) < 0)
			fail_msg("round %u: %s", round, err.message);
		expect_same((struct side){ .policy = policy }, (struct side){ .policy = decoded });
		filter_free(&filter);
	}
}

/* ---- what is beyond a policy is refused with a reason ---- */

static void not_decoded(struct sock_filter *instructions, size_t count, const char *why)
{
	struct filter filter = { instructions, count };
	struct filter_stack stack = { &filter, 1 };
	const enum abi abis[] = { ABI_X86_64 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	assert_int_equal(filter_decode(&stack, abis, 1, &policy, &err), -EOPNOTSUPP);
	if (!strstr(err.message, why))
		fail_msg("expected \"%s\" in: %s", why, err.message);
}

#define LOAD(offset)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define ONLY_X86_64    LOAD(4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), RETURN(0)

static void what_can_not_be_told_is_never_guessed(void **state)
{
	struct sock_filter pointer[] = {
		ONLY_X86_64,
		LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2),
		LOAD(8),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4096, 1, 0),
		RETURN(0),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_filter product[] = {
		ONLY_X86_64,
		LOAD(16),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD(24),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 1),
		RETURN(0),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_filter any_architecture[] = {
		LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		RETURN(0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	(void)state;
	not_decoded(pointer, ARRAY_SIZE(pointer),
		    "x86_64:write: its outcome depends on the "
		    "instruction pointer");
	not_decoded(product, ARRAY_SIZE(product), "filter 1 of 1: instruction 7 tests a value");
	not_decoded(any_architecture, ARRAY_SIZE(any_architecture), "check the architecture");
}

/* A load of the pointer that makes no difference does no harm. */
static void a_pointer_that_does_not_matter_is_no_obstacle(void **state)
{
	struct sock_filter instructions[] = {
		ONLY_X86_64,
		LOAD(8),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4096, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct filter filter = { instructions, ARRAY_SIZE(instructions) };
	struct filter_stack stack = { &filter, 1 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(filter_decode(&stack, NULL, 0, &policy, &err), 0);
	assert_int_equal(policy->default_action, SECCOMP_RET_ALLOW);
	assert_int_equal(policy->foreign_action, SECCOMP_RET_KILL_THREAD);
	/* It does not keep x32's numbers out. */
	assert_int_equal(policy->abis_count, 2);
	assert_int_equal(policy->rules_count, 0);
}

/* As firejail does it: x32 shut out, i386 left alone, another default for x86-64; and a number that is
 * no call's. */
static void each_abi_has_its_own_default(void **state)
{
	struct sock_filter instructions[] = {
		LOAD(4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 5, 0),
		RETURN(SECCOMP_RET_TRAP),
		LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 3),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ERRNO | EINVAL),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
	};
	struct filter filter = { instructions, ARRAY_SIZE(instructions) }, compiled;
	struct filter_stack stack = { &filter, 1 }, again = { &compiled, 1 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const uint64_t none[6] = { 0 };
	struct error err = { 0 };

	(void)state;
	if (filter_decode(&stack, NULL, 0, &policy, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(policy_default(policy, ABI_X86_64, 0x40001000), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(policy_default(policy, ABI_I386, 0x40001000), SECCOMP_RET_ALLOW);
	assert_int_equal(policy_default(policy, ABI_X32, 0x40001000), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(policy->foreign_action, SECCOMP_RET_TRAP);
	assert_int_equal(policy->rules_count, 1);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, -1, none), SECCOMP_RET_ERRNO | EINVAL);
	expect_same((struct side){ .policy = policy }, (struct side){ .stack = &stack });
	if (filter_compile(policy, NULL, &compiled, &err) < 0)
		fail_msg("%s", err.message);
	expect_same((struct side){ .stack = &again }, (struct side){ .stack = &stack });
	filter_free(&compiled);
}

/* Chromium's and Firefox's way to tell x32 by its bit: what lies between has the native answer. */
static void wide_ranges_of_numbers_have_their_own_default(void **state)
{
	struct sock_filter instructions[] = {
		ONLY_X86_64,
		LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1),
		RETURN(SECCOMP_RET_TRAP | 9),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 400, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x10000, 0, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	};
	struct filter filter = { instructions, ARRAY_SIZE(instructions) }, compiled;
	struct filter_stack stack = { &filter, 1 }, again = { &compiled, 1 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const uint64_t none[6] = { 0 };
	struct error err = { 0 };

	(void)state;
	if (filter_decode(&stack, NULL, 0, &policy, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 399, none), SECCOMP_RET_ALLOW);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, 400, none),
			 SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(policy_evaluate(policy, ABI_X32, X32_BIT, none), SECCOMP_RET_TRAP | 9);
	assert_int_equal(policy_evaluate(policy, ABI_X32, INT32_MIN, none),
			 SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, -1, none), SECCOMP_RET_TRAP | 9);
	expect_same((struct side){ .policy = policy }, (struct side){ .stack = &stack });
	if (filter_compile(policy, NULL, &compiled, &err) < 0)
		fail_msg("%s", err.message);
	expect_same((struct side){ .stack = &again }, (struct side){ .stack = &stack });
	filter_free(&compiled);
}

/* systemd's RestrictNamespaces= on setns: none of many bits, and not 0. */
static void bits_of_a_word_that_is_not_zero_have_a_short_form(void **state)
{
	struct sock_filter instructions[] = {
		ONLY_X86_64,
		LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 308, 0, 4),
		LOAD(24),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x6c020080, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct filter filter = { instructions, ARRAY_SIZE(instructions) };
	struct filter_stack stack = { &filter, 1 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	if (filter_decode(&stack, NULL, 0, &policy, &err) < 0)
		fail_msg("%s", err.message);
	expect_same((struct side){ .policy = policy }, (struct side){ .stack = &stack });
	assert_int_equal(policy->rules_count, 1);
	/* 0, and a bit each */
	assert_int_equal(policy->rules[0].clauses_count, 7);
}

/* ---- conditions come back in the words in which they were given ---- */

static void whole_64_bit_conditions_come_back(void **state)
{
	static const struct condition conditions[] = {
		{ 0, COMPARE_EQUAL, 0x1234567890, 0 },
		{ 1, COMPARE_NOT_EQUAL, 40, 0 },
		{ 2, COMPARE_GREATER_EQUAL, 0x100000000, 0 },
		{ 3, COMPARE_LESS_EQUAL, 0x1ffffffff, 0 },
		{ 4, COMPARE_MASKED_EQUAL, 0x10000000, 0x7e020000 },
		{ 5, COMPARE_EQUAL, 0, 0 },
	};
	_cleanup_(policy_freep) struct policy *policy = policy_new(), *decoded = NULL;
	struct error err = { 0 };
	struct filter filter;
	struct filter_stack stack = { &filter, 1 };
	struct clause *clause;
	struct rule *rule;

	(void)state;
	policy->default_action = SECCOMP_RET_ERRNO | EPERM;
	policy_add_abi(policy, ABI_X86_64);
	rule = policy_add_rule(policy);
	*rule = (struct rule){ .abi = ABI_X86_64,
			       .nr = syscall_number(ABI_X86_64, "clone"),
			       .action = SECCOMP_RET_ALLOW };
	clause = rule_add_clause(rule);
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		clause_add(clause, conditions[i]);
	clause_add(rule_add_clause(rule), (struct condition){ 2, COMPARE_EQUAL, 7, 0 });
	by_libseccomp(policy, false, &filter);
	if (filter_decode(&stack, policy->abis, 1, &decoded, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(decoded->rules_count, 1);
	assert_int_equal(decoded->rules[0].action, SECCOMP_RET_ALLOW);
	assert_int_equal(decoded->rules[0].clauses_count, 2);
	for (size_t i = 0; i < 2; i++) {
		clause = &decoded->rules[0].clauses[i];
		if (clause->count == 1) {
			assert_int_equal(clause->conditions[0].value, 7);
			continue;
		}
		assert_int_equal(clause->count, ARRAY_SIZE(conditions));
		for (size_t j = 0; j < ARRAY_SIZE(conditions); j++) {
			assert_int_equal(clause->conditions[j].argument, conditions[j].argument);
			assert_int_equal(clause->conditions[j].comparison,
					 conditions[j].comparison);
			assert_int_equal(clause->conditions[j].value, conditions[j].value);
			assert_int_equal(clause->conditions[j].mask, conditions[j].mask);
		}
	}
	filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libseccomp_compiles_is_read_back_as_it_was),
		cmocka_unit_test(what_can_not_be_told_is_never_guessed),
		cmocka_unit_test(a_pointer_that_does_not_matter_is_no_obstacle),
		cmocka_unit_test(each_abi_has_its_own_default),
		cmocka_unit_test(wide_ranges_of_numbers_have_their_own_default),
		cmocka_unit_test(bits_of_a_word_that_is_not_zero_have_a_short_form),
		cmocka_unit_test(whole_64_bit_conditions_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
