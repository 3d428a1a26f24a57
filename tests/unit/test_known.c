// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is news, and the filter that hands over no more than that. */
#include "decide/known.h"

#include "common/cleanup.h"
#include "filter/compile.h"
#include "random_recording.h"
#include "syscall/syscall.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void ok(int code, const struct error *err)
{
	if (code < 0)
		fail_msg("%s", err->message);
}

/* A recording of one run, of one process. */
static struct recording *recording_of(const struct call *calls, size_t count)
{
	struct recording *recording = recording_new();
	struct run *run = run_new();
	struct error err = { 0 };

	assert_non_null(run_add_process(run));
	for (size_t i = 0; i < count; i++) {
		struct call *call = run_add_call(run);
		size_t size = calls[i].arguments_count * sizeof(*call->arguments);

		*call = calls[i];
		call->arguments = size ? memcpy(malloc(size), calls[i].arguments, size) : NULL;
	}
	ok(run_finish(run, &err), &err);
	ok(recording_add(recording, run, &err), &err);
	return recording;
}

static struct call seen(const char *name, struct argument_values *values, size_t count)
{
	return (struct call){
		.abi = ABI_X86_64,
		.nr = syscall_number(ABI_X86_64, name),
		.phase = PHASE_SERVING,
		.count = 1,
		.arguments = values,
		.arguments_count = count,
	};
}

static action outcome(const struct policy *policy, const char *name, uint64_t a, uint64_t b,
		      uint64_t c)
{
	const uint64_t arguments[6] = { a, b, c };

	return policy_evaluate(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), arguments);
}

static void what_is_known_is_let_through(void **state)
{
	struct argument_values inet = { { AF_INET, SOCK_STREAM, 0 }, 1 };
	struct argument_values reads = { { O_RDONLY | O_CLOEXEC, 0 }, 1 };
	const struct call calls[] = {
		seen("getppid", NULL, 0),
		seen("socket", &inet, 1),
		seen("openat", &reads, 1),
	};
	_cleanup_(recording_freep) struct recording *known = recording_of(calls, ARRAY_SIZE(calls));
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	ok(known_policy(known, &policy, &err), &err);
	assert_int_equal(outcome(policy, "getppid", 1, 2, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(outcome(policy, "getpid", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(outcome(policy, "socket", AF_INET, SOCK_STREAM, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(outcome(policy, "socket", AF_INET, SOCK_DGRAM, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(outcome(policy, "socket", AF_UNIX, SOCK_STREAM, 0),
			 SECCOMP_RET_USER_NOTIF);
	/* The kernel reads no mode here, so whatever is in the register is no news. */
	assert_int_equal(policy_evaluate(policy, ABI_X86_64, syscall_number(ABI_X86_64, "openat"),
					 (const uint64_t[6]){ 0, 0, O_CLOEXEC, 0777 }),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(policy_evaluate(policy, ABI_I386, 20, (const uint64_t[6]){ 0 }),
			 SECCOMP_RET_USER_NOTIF);
}

static void what_a_filter_cannot_judge_is_handed_over(void **state)
{
	struct argument_values flags = { { 0 }, 1 };
	const struct call calls[] = { seen("clone3", &flags, 1), seen("execve", NULL, 0) };
	_cleanup_(recording_freep) struct recording *known = recording_of(calls, ARRAY_SIZE(calls));
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	ok(known_policy(known, &policy, &err), &err);
	assert_int_equal(outcome(policy, "clone3", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(outcome(policy, "execve", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
}

static void any_recording_gives_a_filter_that_the_kernel_takes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		_cleanup_(recording_freep) struct recording *known = random_recording(seed);
		_cleanup_(policy_freep) struct policy *policy = NULL;
		_cleanup_(filter_free) struct filter filter = { 0 };
		struct error err = { 0 };

		ok(known_policy(known, &policy, &err), &err);
		ok(filter_compile(policy, NULL, &filter, &err), &err);
		ok(filter_check(&filter, &err), &err);
	}
}

/* The sets that a recording stands for: counts of what was known are left out on purpose. */
static void assert_same_sets(const struct recording *a, const struct recording *b)
{
	struct total *left = NULL, *right = NULL;
	size_t left_count = 0, right_count = 0;
	struct error err = { 0 };

	ok(recording_totals(a, false, &left, &left_count, &err), &err);
	ok(recording_totals(b, false, &right, &right_count, &err), &err);
	assert_int_equal(left_count, right_count);
	for (size_t i = 0; i < left_count; i++) {
		assert_int_equal(left[i].abi, right[i].abi);
		assert_int_equal(left[i].nr, right[i].nr);
		assert_int_equal(left[i].arguments_any, right[i].arguments_any);
		if (left[i].arguments_any)
			continue;
		assert_int_equal(left[i].arguments_count, right[i].arguments_count);
		for (size_t j = 0; j < left[i].arguments_count; j++)
			assert_memory_equal(left[i].arguments[j].value, right[i].arguments[j].value,
					    sizeof(left[i].arguments[j].value));
	}
	totals_free(left, left_count);
	totals_free(right, right_count);
}

static void news_and_what_is_known_are_everything(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		_cleanup_(recording_freep) struct recording *known = random_recording(seed);
		_cleanup_(recording_freep) struct recording *all = random_recording(seed);
		struct run *whole = random_run(seed + 1000), *news = random_run(seed + 1000);
		struct error err = { 0 };

		ok(recording_add(all, whole, &err), &err);
		ok(run_keep_news(news, known, &err), &err);
		ok(recording_add(known, news, &err), &err);
		assert_same_sets(all, known);
	}
}

static void a_run_that_is_known_has_no_news(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		_cleanup_(recording_freep) struct recording *known = recording_new();
		_cleanup_(run_freep) struct run *run = random_run(seed);
		struct error err = { 0 };

		ok(recording_add(known, random_run(seed), &err), &err);
		ok(run_keep_news(run, known, &err), &err);
		for (size_t i = 0; i < run->calls_count; i++)
			assert_true(run->processes[run->calls[i].process].is_manager);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_is_let_through),
		cmocka_unit_test(what_a_filter_cannot_judge_is_handed_over),
		cmocka_unit_test(any_recording_gives_a_filter_that_the_kernel_takes),
		cmocka_unit_test(news_and_what_is_known_are_everything),
		cmocka_unit_test(a_run_that_is_known_has_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
