// SPDX-License-Identifier: LGPL-2.1-or-later
/* The public interface, from outside: only what whittle.h declares, linked to the shared library. */
#include "library/whittle.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW  SECCOMP_RET_ALLOW
#define EPERM_ (SECCOMP_RET_ERRNO | EPERM)

static void must(int r, const struct whittle_error *error)
{
	if (r < 0)
		fail_msg("%s", error->message);
}

static struct whittle_policy *socket_policy(uint64_t domain)
{
	struct whittle_policy *policy = whittle_policy_new();
	struct whittle_condition condition = { 0, WHITTLE_EQUAL, domain, 0 };
	struct whittle_error error;

	assert_non_null(policy);
	assert_int_equal(whittle_policy_add_abi(policy, WHITTLE_ABI_X86_64), 0);
	/* Not in the order of their numbers. */
	must(whittle_policy_add_rule(policy, WHITTLE_ABI_X86_64, 41, ALLOW, &condition, 1, 5,
				     &error),
	     &error);
	must(whittle_policy_add_rule(policy, WHITTLE_ABI_X86_64, 0, ALLOW, NULL, 0, 9, &error),
	     &error);
	return policy;
}

static struct whittle_filter *compile(const struct whittle_policy *policy)
{
	struct whittle_filter *filter = NULL;
	struct whittle_error error;

	must(whittle_compile(policy, NULL, &filter, &error), &error);
	assert_int_equal(whittle_filter_programs(filter), 1);
	return filter;
}

static uint32_t run(const struct whittle_filter *filter, int nr, uint64_t first)
{
	const uint64_t arguments[6] = { first };
	struct seccomp_data call;
	struct whittle_error error;
	uint32_t action = 0;
	size_t steps = 0;

	assert_int_equal(whittle_call_data(WHITTLE_ABI_X86_64, nr, arguments, &call), 0);
	must(whittle_filter_run(filter, &call, &action, &steps, &error), &error);
	assert_true(steps >= whittle_filter_programs(filter));
	return action;
}

static void a_policy_that_was_built_is_what_its_filter_does(void **state)
{
	struct whittle_policy *policy = socket_policy(1);
	struct whittle_filter *filter = compile(policy);

	(void)state;
	for (int nr = 0; nr < 64; nr++)
		for (uint64_t domain = 0; domain < 3; domain++) {
			const uint64_t arguments[6] = { domain };

			assert_int_equal(
				run(filter, nr, domain),
				whittle_policy_evaluate(policy, WHITTLE_ABI_X86_64, nr, arguments));
		}
	whittle_policy_free(policy);
	whittle_filter_free(filter);
}

static void what_is_decoded_can_be_walked(void **state)
{
	struct whittle_policy *policy = socket_policy(1), *decoded;
	struct whittle_filter *filter = compile(policy);
	struct whittle_condition condition;
	struct whittle_error error;
	struct whittle_rule rule;

	(void)state;
	must(whittle_decode(filter, NULL, 0, &decoded, &error), &error);
	assert_int_equal(whittle_policy_default(decoded, WHITTLE_ABI_X86_64, 9), EPERM_);
	assert_int_equal(whittle_policy_foreign(decoded), SECCOMP_RET_KILL_PROCESS);
	assert_true(whittle_policy_has_abi(decoded, WHITTLE_ABI_X86_64));
	assert_false(whittle_policy_has_abi(decoded, WHITTLE_ABI_ARM));
	assert_int_equal(whittle_policy_rule(decoded, 0, &rule), 0);
	assert_int_equal(rule.nr, 0);
	assert_int_equal(rule.clauses, 0);
	assert_int_equal(whittle_policy_rule(decoded, 1, &rule), 0);
	assert_int_equal(rule.nr, 41);
	assert_int_equal(rule.action, ALLOW);
	assert_int_equal(rule.clauses, 1);
	assert_int_equal(whittle_policy_condition(decoded, 1, 0, 0, &condition), 0);
	assert_int_equal(condition.argument, 0);
	assert_int_equal(condition.comparison, WHITTLE_EQUAL);
	assert_int_equal(condition.value, 1);
	assert_int_equal(whittle_policy_condition(decoded, 1, 0, 1, &condition), -ENOENT);
	assert_int_equal(whittle_policy_condition(decoded, 1, 1, 0, &condition), -ENOENT);
	assert_int_equal(whittle_policy_rule(decoded, 2, &rule), -ENOENT);
	whittle_policy_free(policy);
	whittle_policy_free(decoded);
	whittle_filter_free(filter);
}

static void keep(void *context, const struct whittle_difference *difference)
{
	*(struct whittle_difference *)context = *difference;
}

static void a_difference_comes_with_an_example(void **state)
{
	struct whittle_policy *policy = socket_policy(1), *other = socket_policy(2);
	struct whittle_filter *filter = compile(other);
	struct whittle_side left = { .policy = policy }, right = { .filter = filter };
	struct whittle_difference found = { 0 };
	struct whittle_error error;

	(void)state;
	assert_int_equal(whittle_compare(left, left, NULL, NULL, &error), 0);
	assert_int_equal(whittle_compare(left, right, keep, &found, &error), 2);
	assert_int_equal(found.abi, WHITTLE_ABI_X86_64);
	assert_int_equal(found.first, 41);
	assert_int_equal(found.last, 41);
	assert_true(found.depends_on_arguments);
	assert_int_not_equal(found.left, found.right);
	assert_int_equal(whittle_policy_evaluate(policy, found.abi, 41, found.arguments),
			 found.left);
	assert_int_equal(run(filter, 41, found.arguments[0]), found.right);
	assert_int_equal(whittle_compare((struct whittle_side){ 0 }, right, NULL, NULL, &error),
			 -EINVAL);
	whittle_policy_free(policy);
	whittle_policy_free(other);
	whittle_filter_free(filter);
}

static void stacked_programs_act_together(void **state)
{
	struct whittle_policy *one = socket_policy(1), *two = socket_policy(2);
	struct whittle_filter *filter = compile(one), *newer = compile(two);
	struct whittle_error error;
	size_t count;

	(void)state;
	assert_int_equal(run(filter, 41, 1), ALLOW);
	must(whittle_filter_stack(filter, newer, &error), &error);
	must(whittle_filter_stack(filter, filter, &error), &error);
	assert_int_equal(whittle_filter_programs(filter), 4);
	assert_non_null(whittle_filter_instructions(filter, 3, &count));
	assert_null(whittle_filter_instructions(filter, 4, &count));
	assert_int_equal(run(filter, 41, 1), EPERM_);
	assert_int_equal(run(filter, 0, 1), ALLOW);
	whittle_policy_free(one);
	whittle_policy_free(two);
	whittle_filter_free(filter);
	whittle_filter_free(newer);
}

static void bytes_and_text_come_back(void **state)
{
	struct whittle_policy *policy = socket_policy(1), *read;
	struct whittle_filter *filter = compile(policy), *again;
	struct whittle_error error;
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);

	(void)state;
	/* of the other byte order */
	must(whittle_filter_write(filter, 0, WHITTLE_ABI_S390X, out, &error), &error);
	fclose(out);
	must(whittle_filter_from_bytes(bytes, size, &again, &error), &error);
	assert_int_equal(run(again, 41, 1), ALLOW);
	free(bytes);
	out = open_memstream(&bytes, &size);
	must(whittle_filter_disassemble(filter, 0, out, &error), &error);
	fclose(out);
	assert_non_null(strstr(bytes, "x86_64:socket"));
	free(bytes);
	out = open_memstream(&bytes, &size);
	must(whittle_policy_write(policy, out, &error), &error);
	fclose(out);
	must(whittle_policy_parse("here", bytes, size, &read, &error), &error);
	assert_int_equal(whittle_compare((struct whittle_side){ .policy = read },
					 (struct whittle_side){ .filter = again }, NULL, NULL,
					 &error),
			 0);
	free(bytes);
	whittle_policy_free(policy);
	whittle_policy_free(read);
	whittle_filter_free(filter);
	whittle_filter_free(again);
}

static void what_is_wrong_is_said_and_changes_nothing(void **state)
{
	struct whittle_policy *policy = socket_policy(1), *read = NULL;
	struct whittle_condition condition = { 256, WHITTLE_EQUAL, 1, 0 };
	const struct sock_filter endless[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	const enum whittle_abi abis[] = { WHITTLE_ABI_X86_64, (enum whittle_abi)99 };
	struct whittle_compile_options options = { sizeof(options), abis, 2, false };
	struct whittle_filter *filter = NULL;
	struct whittle_error error = { 0 };
	struct whittle_rule rule;

	(void)state;
	assert_int_equal(whittle_policy_add_rule(policy, WHITTLE_ABI_X86_64, 1, ALLOW, &condition,
						 1, 0, &error),
			 -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_non_null(strstr(error.message, "argument"));
	assert_int_equal(
		whittle_policy_add_rule(policy, WHITTLE_ABI_ARM, 1, ALLOW, NULL, 0, 0, NULL),
		-EINVAL);
	assert_int_equal(whittle_policy_rule(policy, 2, &rule), -ENOENT);
	assert_int_equal(whittle_policy_add_abi(policy, (enum whittle_abi)99), -EINVAL);
	assert_int_equal(whittle_policy_parse("here", "{", 1, &read, &error), -EBADMSG);
	assert_non_null(strstr(error.message, "here"));
	assert_int_equal(whittle_filter_from_instructions(endless, 1, &filter, &error), -EINVAL);
	assert_non_null(strstr(error.message, "instruction 0"));
	assert_int_equal(whittle_compile(policy, &options, &filter, &error), -EINVAL);
	options.abis_count = 1;
	options.size = 1;
	assert_int_equal(whittle_compile(policy, &options, &filter, &error), -EINVAL);
	assert_null(read);
	assert_null(filter);
	whittle_policy_free(policy);
}

/* A later version's options, of which this one knows the first part. */
static void options_of_a_later_version_do_where_they_ask_for_nothing_new(void **state)
{
	struct {
		struct whittle_compile_options known;
		uint64_t added;
	} options = { { .size = sizeof(options) }, 0 };
	struct whittle_policy *policy = socket_policy(1);
	struct whittle_filter *filter = NULL;
	struct whittle_error error = { 0 };

	(void)state;
	must(whittle_compile(policy, &options.known, &filter, &error), &error);
	whittle_filter_free(filter);
	options.added = 1;
	assert_int_equal(whittle_compile(policy, &options.known, &filter, &error), -E2BIG);
	whittle_policy_free(policy);
}

static void names_and_numbers(void **state)
{
	enum whittle_abi abi;
	uint32_t action;
	char text[32];

	(void)state;
	assert_int_equal(whittle_syscall_number(WHITTLE_ABI_X86_64, "openat"), 257);
	assert_int_equal(whittle_syscall_number(WHITTLE_ABI_AARCH64, "open"), -ENOENT);
	assert_int_equal(whittle_syscall_number((enum whittle_abi)99, "open"), -ENOENT);
	assert_string_equal(whittle_syscall_name(WHITTLE_ABI_I386, 2), "fork");
	assert_null(whittle_syscall_name((enum whittle_abi)99, 2));
	assert_int_equal(whittle_abi_from_name("arm64", &abi), 0);
	assert_string_equal(whittle_abi_name(abi), "aarch64");
	assert_null(whittle_abi_name((enum whittle_abi)99));
	assert_int_equal(whittle_abi_from_audit(0xc000003e, 0x40000000, &abi), 0);
	assert_int_equal(abi, WHITTLE_ABI_X32);
	assert_int_equal(whittle_abi_local(0, &abi), 0);
	assert_int_equal(whittle_abi_local(99, &abi), -ENOENT);
	assert_int_equal(whittle_action_parse("errno:EPERM", &action), 0);
	assert_int_equal(action, EPERM_);
	assert_string_equal(whittle_action_format(action, text, sizeof(text)), "errno:EPERM");
	assert_non_null(strchr(whittle_version(), '.'));
}

/* ---- threads ---- */

/* As deep as the evaluator can get: each of 4,000 jumps depends on the call, in a state of its own. */
static void *decode_deep(void *unused)
{
	static struct sock_filter in[4096];
	struct whittle_filter *filter = NULL;
	struct whittle_policy *policy = NULL;
	struct whittle_error error = { 0 };
	size_t count = 0;
	int r;

	(void)unused;
	in[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4);
	for (; count < 4094; count++)
		in[count] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)count,
							 0, 0);
	for (size_t i = 1; i < count; i++)
		in[i].jt = i + 200 < count ? 200 : 0;
	in[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	r = whittle_filter_from_instructions(in, count, &filter, &error);
	if (r == 0)
		r = whittle_decode(filter, NULL, 0, &policy, &error);
	whittle_filter_free(filter);
	whittle_policy_free(policy);
	return r == 0 || r == -EOPNOTSUPP ? NULL : strdup(error.message);
}

static void four_megabytes_of_stack_are_enough(void **state)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *wrong;

	(void)state;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 4 << 20);
	assert_int_equal(pthread_create(&thread, &attributes, decode_deep, NULL), 0);
	pthread_join(thread, &wrong);
	if (wrong)
		fail_msg("%s", (char *)wrong);
	pthread_attr_destroy(&attributes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_that_was_built_is_what_its_filter_does),
		cmocka_unit_test(what_is_decoded_can_be_walked),
		cmocka_unit_test(a_difference_comes_with_an_example),
		cmocka_unit_test(stacked_programs_act_together),
		cmocka_unit_test(bytes_and_text_come_back),
		cmocka_unit_test(what_is_wrong_is_said_and_changes_nothing),
		cmocka_unit_test(options_of_a_later_version_do_where_they_ask_for_nothing_new),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(four_megabytes_of_stack_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
