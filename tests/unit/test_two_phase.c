// SPDX-License-Identifier: LGPL-2.1-or-later
/* What two phases add to a policy and to a drop-in. */
#include "unit/two_phase.h"

#include "common/cleanup.h"
#include "decide/serving.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MASTER (UINT64_C(1) << 0)
#define WORKER (UINT64_C(1) << 1)

static void add_role(struct policy *policy, const char *name, unsigned depth)
{
	struct role *role = policy_add_role(policy);

	role->name = strdup(name);
	role->executable = strdup("/usr/sbin/served");
	role->depth = depth;
}

static void add_rule(struct policy *policy, const char *name, uint64_t serving_roles)
{
	struct rule *rule = policy_add_rule(policy);

	rule->abi = abi_native();
	rule->nr = syscall_number(abi_native(), name);
	rule->action = SECCOMP_RET_ALLOW;
	rule->phases = serving_roles ? 1U << PHASE_SERVING : 1U << PHASE_STARTUP;
	rule->serving_roles = serving_roles;
	rule_add_reason(rule, REASON_SEEN, "once");
}

/* A master that forks while it serves, and a worker that does not. */
static struct policy *given_policy(void)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy_add_abi(policy, abi_native());
	add_role(policy, "master", 0);
	add_role(policy, "worker", 1);
	add_rule(policy, "clone", MASTER);
	add_rule(policy, "read", MASTER | WORKER);
	assert_int_equal(policy_finish(policy, &err), 0);
	return policy;
}

static bool keeps(const struct policy *policy, const char *name, size_t role)
{
	const struct rule *rule =
		policy_find(policy, abi_native(), syscall_number(abi_native(), name), NULL);

	assert_non_null(rule);
	return !serving_why_not(policy, rule, role);
}

static void who_forks_workers_passes_on_how_to_take_a_list(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = given_policy(), *with = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(two_phase_policy(policy, &with, &err), 0);
	assert_true(keeps(with, "seccomp", 0));
	assert_true(keeps(with, "prctl", 0));
	assert_false(keeps(with, "seccomp", 1));
	assert_false(keeps(with, "prctl", 1));
	assert_int_equal(policy->rules_count, 2);
}

static void a_refusal_of_the_policy_stays(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = given_policy(), *with = NULL;
	struct error err = { 0 };
	struct rule *rule = policy_add_rule(policy);
	int nr = syscall_number(abi_native(), "seccomp");

	(void)state;
	rule->abi = abi_native();
	rule->nr = nr;
	rule->action = SECCOMP_RET_ERRNO | 38;
	assert_int_equal(policy_place_last_rule(policy, &err), 0);
	assert_int_equal(two_phase_policy(policy, &with, &err), 0);
	assert_int_equal(policy_find(with, abi_native(), nr, NULL)->action, SECCOMP_RET_ERRNO | 38);
}

static void equal_policies_have_one_name_and_others_another(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = given_policy(), *other = given_policy();
	_cleanup_free_ char *text = NULL, *again = NULL, *changed = NULL;
	_cleanup_free_ char *name = NULL, *name_again = NULL, *name_changed = NULL;
	struct error err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(two_phase_text(policy, &text, &size, &name, &err), 0);
	assert_int_equal(two_phase_text(other, &again, &size, &name_again, &err), 0);
	assert_string_equal(name, name_again);
	assert_memory_equal(name, TWO_PHASE_PREFIX, strlen(TWO_PHASE_PREFIX));
	other->default_action = SECCOMP_RET_KILL_PROCESS;
	assert_int_equal(two_phase_text(other, &changed, &size, &name_changed, &err), 0);
	assert_string_not_equal(name, name_changed);
}

static char *lines_of(bool on_reload, bool is_required)
{
	const struct two_phase_lines lines = {
		.policy_path = "/var/lib/whittle/a\\x2db.service/serving-1",
		.on_reload = on_reload,
		.is_required = is_required,
	};
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(two_phase_write(&lines, out, &err), 0);
	fclose(out);
	return text;
}

static void a_drop_in_runs_attach_at_each_start(void **state)
{
	_cleanup_free_ char *text = lines_of(false, false), *required = lines_of(false, true),
			    *reload = lines_of(true, false);

	(void)state;
	assert_true(two_phase_is_in(text));
	assert_non_null(strstr(text, "\nExecStartPost=+-/"));
	assert_non_null(strstr(text, " attach --phase=serving --unit=%n "));
	/* The manager takes one backslash of two. */
	assert_non_null(strstr(text, "/a\\\\x2db.service/serving-1\n"));
	assert_null(strstr(text, "ExecReload="));
	assert_non_null(strstr(required, "\nExecStartPost=+/"));
	assert_non_null(strstr(reload, "\nExecReload=+-/"));
	assert_false(two_phase_is_in("[Service]\nSystemCallFilter=read\n"));
	assert_false(two_phase_is_in(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_forks_workers_passes_on_how_to_take_a_list),
		cmocka_unit_test(a_refusal_of_the_policy_stays),
		cmocka_unit_test(equal_policies_have_one_name_and_others_another),
		cmocka_unit_test(a_drop_in_runs_attach_at_each_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
