// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a policy may not say, and what its order is: each policy here has one thing wrong, or out of order. */
#include "common/cleanup.h"
#include "decide/serving.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))

static struct policy *make_policy(void)
{
	struct policy *policy = policy_new();
	struct role *role;

	policy_add_abi(policy, ABI_X86_64);
	policy_add_verdict(policy, ABI_X86_64, 2, ALLOW);
	role = policy_add_role(policy);
	role->name = strdup("a/master");
	role->executable = strdup("/a");
	return policy;
}

static struct condition *add_condition(struct policy *policy, struct condition condition)
{
	struct clause *clause = rule_add_clause(&policy->rules[0]);

	clause_add(clause, condition);
	return &clause->conditions[0];
}

/* ---- each with one thing wrong ---- */

static void nothing(struct policy *policy)
{
	(void)policy;
}

static void negative_number(struct policy *policy)
{
	policy->rules[0].nr = -1;
}

static void abi_not_listed(struct policy *policy)
{
	policy->rules[0].abi = ABI_I386;
}

static void no_such_abi(struct policy *policy)
{
	policy->rules[0].abi = ABI_COUNT;
}

static void x32_number_of_x86_64(struct policy *policy)
{
	policy->rules[0].nr = X32_BIT;
}

static void x86_64_number_of_x32(struct policy *policy)
{
	policy_add_abi(policy, ABI_X32);
	policy->rules[0].abi = ABI_X32;
}

static void x32_number_of_x32(struct policy *policy)
{
	policy_add_abi(policy, ABI_X32);
	policy->rules[0].abi = ABI_X32;
	policy->rules[0].nr = X32_BIT + 2;
}

/* Only those two share an architecture. */
static void large_number_of_i386(struct policy *policy)
{
	policy_add_abi(policy, ABI_I386);
	policy->rules[0].abi = ABI_I386;
	policy->rules[0].nr = X32_BIT + 2;
}

static void all_phases(struct policy *policy)
{
	policy->rules[0].phases = (1U << PHASE_COUNT) - 1;
}

static void no_such_phase(struct policy *policy)
{
	policy->rules[0].phases = 1U << PHASE_COUNT;
}

static void the_role(struct policy *policy)
{
	policy->rules[0].serving_roles = policy->rules[0].startup_roles = 1;
}

static void no_such_serving_role(struct policy *policy)
{
	policy->rules[0].serving_roles = 2;
}

static void no_such_startup_role(struct policy *policy)
{
	policy->rules[0].startup_roles = UINT64_C(1) << 63;
}

static void last_role_of_the_most(struct policy *policy)
{
	for (unsigned i = 1; i < ROLES_MAX; i++) {
		struct role *role = policy_add_role(policy);
		char name[16];

		snprintf(name, sizeof(name), "a/%u", i);
		role->name = strdup(name);
		role->executable = strdup("/a");
	}
	assert_null(policy_add_role(policy));
	policy->rules[0].serving_roles = UINT64_C(1) << 63;
}

static void sixth_argument(struct policy *policy)
{
	add_condition(policy, (struct condition){ .argument = 5 });
}

static void seventh_argument(struct policy *policy)
{
	add_condition(policy, (struct condition){ .argument = 6 });
}

static void no_such_comparison(struct policy *policy)
{
	add_condition(policy, (struct condition){ 0 })->comparison =
		(enum comparison)(COMPARE_MASKED_EQUAL + 1);
}

static void mask_of_none(struct policy *policy)
{
	add_condition(policy, (struct condition){ .comparison = COMPARE_LESS, .mask = 1 });
}

static void role_without_name(struct policy *policy)
{
	policy->roles[0].name[0] = '\0';
}

static void role_without_executable(struct policy *policy)
{
	free(policy->roles[0].executable);
	policy->roles[0].executable = NULL;
}

static void roles_of_one_name(struct policy *policy)
{
	for (unsigned i = 0; i < 2; i++) {
		struct role *role = policy_add_role(policy);

		role->name = strdup(i ? "a/master" : "a/worker");
		role->executable = strdup("/a");
	}
}

static void span_of_one_number(struct policy *policy)
{
	policy_add_span(policy, (struct span){ ABI_X86_64, 7, 7, ALLOW });
}

static void span_from_end_to_start(struct policy *policy)
{
	policy_add_span(policy, (struct span){ ABI_X86_64, 8, 7, ALLOW });
}

static void span_of_abi_not_listed(struct policy *policy)
{
	policy_add_span(policy, (struct span){ ABI_ARM, 0, 7, ALLOW });
}

static void abi_that_is_none(struct policy *policy)
{
	policy->abis[0] = ABI_COUNT;
}

static void too_many_abis(struct policy *policy)
{
	policy->abis_count = ABI_COUNT + 1;
}

static void a_policy_that_contradicts_itself_is_refused(void **state)
{
	static const struct {
		void (*change)(struct policy *policy);
		int result;
		const char *words;
	} rows[] = {
		{ nothing, 0, "" },
		{ negative_number, -EINVAL, "call -1" },
		{ abi_not_listed, -EINVAL, "call 2 of an ABI" },
		{ no_such_abi, -EINVAL, "call 2 of an ABI" },
		{ x32_number_of_x86_64, -EINVAL, "0x40000000" },
		{ x86_64_number_of_x32, -EINVAL, "0x40000000" },
		{ x32_number_of_x32, 0, "" },
		{ large_number_of_i386, 0, "" },
		{ all_phases, 0, "" },
		{ no_such_phase, -EINVAL, "phase" },
		{ the_role, 0, "" },
		{ no_such_serving_role, -EINVAL, "role" },
		{ no_such_startup_role, -EINVAL, "role" },
		{ last_role_of_the_most, 0, "" },
		{ sixth_argument, 0, "" },
		{ seventh_argument, -EINVAL, "argument 6" },
		{ no_such_comparison, -EINVAL, "comparison 7" },
		{ mask_of_none, -EINVAL, "mask" },
		{ role_without_name, -EINVAL, "role" },
		{ role_without_executable, -EINVAL, "role" },
		{ roles_of_one_name, -EINVAL, "\"a/master\"" },
		{ span_of_one_number, 0, "" },
		{ span_from_end_to_start, -EINVAL, "8 to 7" },
		{ span_of_abi_not_listed, -EINVAL, "0 to 7" },
		{ abi_that_is_none, -EINVAL, "ABI" },
		{ too_many_abis, -EINVAL, "9 ABIs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = make_policy();
		struct error err = { 0 };
		int r;

		rows[i].change(policy);
		r = policy_finish(policy, &err);
		if (policy->abis_count > ABI_COUNT)
			policy->abis_count = 1;
		if (r != rows[i].result || !strstr(err.message, rows[i].words) ||
		    (r == 0 && *err.message))
			fail_msg("row %zu: %d: %s", i, r, err.message);
	}
}

/* ---- order ---- */

static void what_is_listed_is_in_order_and_once(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	static const char ids[][33] = { "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
					"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
					"cccccccccccccccccccccccccccccccc",
					"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
					"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct error err = { 0 };

	(void)state;
	policy_add_abi(policy, ABI_ARM);
	policy_add_abi(policy, ABI_X86_64);
	policy_add_abi(policy, ABI_ARM);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		policy_add_recording(policy, ids[i]);
	policy_add_span(policy, (struct span){ ABI_ARM, 5, 9, ALLOW });
	policy_add_span(policy, (struct span){ ABI_X86_64, 7, 9, FAIL(1) });
	policy_add_span(policy, (struct span){ ABI_X86_64, 0, 8, FAIL(2) });
	policy_add_span(policy, (struct span){ ABI_ARM, 0, 5, FAIL(3) });
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(policy->abis_count, 2);
	assert_int_equal(policy->abis[0], ABI_X86_64);
	assert_int_equal(policy->recordings_count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(policy->recordings[i][0], 'a' + (char)i);
	/* Of one ABI's the first that has the number decides. */
	assert_int_equal(policy->spans[0].abi, ABI_X86_64);
	assert_int_equal(policy_default(policy, ABI_X86_64, 7), FAIL(1));
	assert_int_equal(policy_default(policy, ABI_X86_64, 6), FAIL(2));
	assert_int_equal(policy_default(policy, ABI_X86_64, 9), FAIL(1));
	assert_int_equal(policy_default(policy, ABI_X86_64, 10), policy->default_action);
	assert_int_equal(policy_default(policy, ABI_ARM, 5), ALLOW);
	assert_int_equal(policy_default(policy, ABI_ARM, 4), FAIL(3));
}

/* Rules of one call keep their order, wherever they came from. */
static void rules_of_one_call_keep_their_order(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	struct error err = { 0 };

	(void)state;
	policy_add_abi(policy, ABI_X86_64);
	for (unsigned i = 0; i < 60; i++) {
		struct rule *rule =
			policy_add_verdict(policy, ABI_X86_64, (int)(i * 7 % 5), FAIL(i));

		clause_add(rule_add_clause(rule),
			   (struct condition){ .comparison = COMPARE_EQUAL, .value = i });
	}
	assert_int_equal(policy_finish(policy, &err), 0);
	/* And one that comes later stands behind its like. */
	policy_add_verdict(policy, ABI_X86_64, 3, FAIL(99));
	assert_int_equal(policy_place_last_rule(policy, &err), 0);
	for (size_t i = 1; i < policy->rules_count; i++) {
		const struct rule *before = &policy->rules[i - 1], *rule = &policy->rules[i];

		assert_true(before->nr <= rule->nr);
		assert_true(before->nr < rule->nr || before->action < rule->action);
	}
	assert_int_equal(policy->rules_count, 61);
	policy_add_verdict(policy, ABI_X86_64, -3, ALLOW);
	assert_int_equal(policy_place_last_rule(policy, &err), -EINVAL);
	assert_int_equal(policy->rules[policy->rules_count - 1].nr, -3);
}

/* ---- bounds ---- */

static void there_are_so_many_spans_and_abis(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();

	(void)state;
	for (uint32_t i = 0; i < SPANS_MAX; i++)
		assert_int_equal(policy_add_span(policy, (struct span){ ABI_X86_64, i, i, ALLOW }),
				 0);
	assert_int_equal(policy_add_span(policy, (struct span){ ABI_X86_64, 0, 0, ALLOW }), -E2BIG);
	assert_int_equal(policy->spans_count, SPANS_MAX);
	for (enum abi abi = ABI_COUNT; abi-- > 0;)
		assert_int_equal(policy_add_abi(policy, abi), 0);
	assert_int_equal(policy_add_abi(policy, ABI_COUNT), -EINVAL);
	assert_int_equal(policy_add_abi(policy, ABI_S390X), 0);
	assert_int_equal(policy->abis_count, ABI_COUNT);
	for (size_t i = 0; i < ABI_COUNT; i++)
		assert_int_equal(policy->abis[i], i);
}

/* ---- serving: what stands in for another call ---- */

static struct rule *add(struct policy *policy, const char *name, enum reason_kind kind,
			unsigned phases)
{
	struct rule *rule =
		policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), ALLOW);

	rule->phases = phases;
	rule_add_reason(rule, kind, "in a test");
	return rule;
}

/* epoll_pwait2 stands in for epoll_wait, accept for accept4: it goes with the call that was seen, which is
 * kept where it was made while serving. */
static void a_sibling_goes_with_the_call_that_it_stands_in_for(void **state)
{
	static const struct {
		const char *seen, *sibling;
		unsigned phases;
		bool is_kept;
	} rows[] = {
		{ "bind", "listen", 1U << PHASE_STARTUP, false },
		{ "accept4", "accept", 1U << PHASE_SERVING, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		struct error err = { 0 };
		const struct rule *rule;

		policy_add_abi(policy, ABI_X86_64);
		add(policy, rows[i].seen, REASON_SEEN, rows[i].phases);
		add(policy, rows[i].sibling, REASON_SIBLING, 0);
		assert_int_equal(policy_finish(policy, &err), 0);
		rule = policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, rows[i].sibling),
				   NULL);
		if (!serving_why_not(policy, rule, ROLE_ANY) != rows[i].is_kept)
			fail_msg("%s beside %s", rows[i].sibling, rows[i].seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_that_contradicts_itself_is_refused),
		cmocka_unit_test(what_is_listed_is_in_order_and_once),
		cmocka_unit_test(rules_of_one_call_keep_their_order),
		cmocka_unit_test(there_are_so_many_spans_and_abis),
		cmocka_unit_test(a_sibling_goes_with_the_call_that_it_stands_in_for),
	};

	return cmocka_run_group_tests_name("checks of policies", tests, NULL, NULL);
}
