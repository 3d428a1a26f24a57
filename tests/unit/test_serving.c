// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/serving.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STARTUP (1u << PHASE_STARTUP)
#define SERVING (1u << PHASE_SERVING)

static bool keeps(const char *name, unsigned phases, uint32_t outcome)
{
	struct rule rule = {
		.abi = ABI_X86_64,
		.nr = syscall_number(ABI_X86_64, name),
		.action = outcome,
		.phases = phases,
	};

	return rule_is_for_serving(&rule);
}

static void powers_seen_only_in_startup_go(void **state)
{
	static const char *const names[] = { "setuid", "setgroups", "capset", "execve", "chroot",
					     "mount",  "unshare",   "bind",   "listen" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_false(keeps(names[i], STARTUP, SECCOMP_RET_ALLOW));
		assert_true(keeps(names[i], STARTUP | SERVING, SECCOMP_RET_ALLOW));
		assert_true(keeps(names[i], SERVING, SECCOMP_RET_ALLOW));
	}
}

static void harmless_calls_and_memory_stay(void **state)
{
	static const char *const names[] = { "mmap", "mprotect", "brk", "read", "uname", "munmap" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(keeps(names[i], STARTUP, SECCOMP_RET_ALLOW));
}

static void the_bases_execve_goes(void **state)
{
	struct reason base = { .kind = REASON_BASE }, asked = { .kind = REASON_ASKED };
	struct rule rule = { .abi = ABI_X86_64,
			     .nr = syscall_number(ABI_X86_64, "execve"),
			     .action = SECCOMP_RET_ALLOW,
			     .reasons = &base,
			     .reasons_count = 1 };

	(void)state;
	assert_false(rule_is_for_serving(&rule));
	rule.nr = syscall_number(ABI_X86_64, "exit_group");
	assert_true(rule_is_for_serving(&rule));
	rule.nr = syscall_number(ABI_X86_64, "execve");
	rule.reasons = &asked;
	assert_true(rule_is_for_serving(&rule));
}

static void an_imported_list_without_phases_stays(void **state)
{
	(void)state;
	assert_true(keeps("setuid", 1u << PHASE_UNKNOWN, SECCOMP_RET_ALLOW));
	assert_true(keeps("setuid", 0, SECCOMP_RET_ALLOW));
}

static void refusals_stay(void **state)
{
	(void)state;
	assert_true(keeps("execve", STARTUP, SECCOMP_RET_ERRNO | 38));
}

static void the_policy_itself_is_left_as_it_was(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new(), *serving = NULL;
	static const char *const names[] = { "setuid", "read", "execve" };
	struct error err = { 0 };
	size_t removed;

	(void)state;
	assert_int_equal(policy_add_abi(policy, ABI_X86_64), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		*policy_add_rule(policy) = (struct rule){
			.abi = ABI_X86_64,
			.nr = syscall_number(ABI_X86_64, names[i]),
			.action = SECCOMP_RET_ALLOW,
			.phases = STARTUP,
		};
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(policy_serving(policy, &serving, &removed, &err), 0);
	assert_int_equal(removed, 2);
	assert_int_equal(policy->rules_count, 3);
	assert_int_equal(serving->rules_count, 1);
	assert_string_equal(syscall_name(ABI_X86_64, serving->rules[0].nr), "read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_seen_only_in_startup_go),
		cmocka_unit_test(harmless_calls_and_memory_stay),
		cmocka_unit_test(the_bases_execve_goes),
		cmocka_unit_test(an_imported_list_without_phases_stays),
		cmocka_unit_test(refusals_stay),
		cmocka_unit_test(the_policy_itself_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
