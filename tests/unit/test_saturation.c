// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Counts that reach the largest one that a file holds, 2^63 - 1. A sum of calls that does not fit is an
 * error, since it would be a false fact; what is only a weight, or a count of losses, stays at the largest.
 */
#include "common/cleanup.h"
#include "import/common/run_builder.h"
#include "policy/policy.h"
#include "recording/recording.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MOST ((uint64_t)INT64_MAX)

/* ---- recording ---- */

static struct run *run_that_lost(struct losses lost)
{
	struct run *run = run_new();
	struct error err = { 0 };

	run->observer = strdup("bpf");
	run->target = strdup("a");
	run->ended = strdup("time limit");
	run->lost = lost;
	assert_int_equal(run_finish(run, &err), 0);
	return run;
}

static void losses_stay_at_the_largest_count(void **state)
{
	static const struct {
		uint64_t one, other, sum;
	} rows[] = {
		{ 0, 0, 0 },	       { 3, 4, 7 },	     { MOST - 1, 1, MOST },
		{ MOST - 1, 2, MOST }, { MOST, MOST, MOST }, { MOST, 0, MOST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned which = 0; which < 4; which++) {
			_cleanup_(recording_freep) struct recording *recording = recording_new();
			uint64_t given[2][4] = { 0 }, wanted[4] = { 0 };
			struct losses sum;
			struct error err = { 0 };

			given[0][which] = rows[i].one;
			given[1][which] = rows[i].other;
			wanted[which] = rows[i].sum;
			for (unsigned j = 0; j < 2; j++)
				assert_int_equal(recording_add(recording,
							       run_that_lost((struct losses){
								       given[j][0], given[j][1],
								       given[j][2], given[j][3] }),
							       &err),
						 0);
			sum = recording_losses(recording);
			assert_int_equal(sum.calls, wanted[0]);
			assert_int_equal(sum.arguments, wanted[1]);
			assert_int_equal(sum.stacks, wanted[2]);
			assert_int_equal(sum.processes, wanted[3]);
		}
}

static struct run *run_that_read(uint64_t count)
{
	struct run *run = run_that_lost((struct losses){ 0 });
	struct process *process = run_add_process(run);
	struct call *call = run_add_call(run);
	struct error err = { 0 };

	process->executable = strdup("/a");
	process->command = strdup("a");
	call->abi = ABI_X86_64;
	call->nr = 0;
	call->phase = PHASE_SERVING;
	call->count = count;
	call->first_ns = UINT64_MAX;
	assert_int_equal(run_finish(run, &err), 0);
	return run;
}

static void totals_that_do_not_fit_are_an_error(void **state)
{
	static const struct {
		uint64_t one, other;
		bool fits;
	} rows[] = { { MOST - 1, 1, true },
		     { MOST, 0, true },
		     { MOST - 1, 2, false },
		     { MOST, MOST, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(recording_freep) struct recording *recording = recording_new();
		struct total *totals = NULL;
		struct error err = { 0 };
		size_t count = 0;
		int r;

		assert_int_equal(recording_add(recording, run_that_read(rows[i].one), &err), 0);
		assert_int_equal(recording_add(recording, run_that_read(rows[i].other), &err), 0);
		r = recording_totals(recording, false, &totals, &count, &err);
		if (rows[i].fits) {
			assert_int_equal(r, 0);
			assert_int_equal(count, 1);
			assert_int_equal(totals[0].count, MOST);
			assert_int_equal(totals[0].phase_count[PHASE_SERVING], MOST);
			totals_free(totals, count);
		} else {
			assert_int_equal(r, -EOVERFLOW);
			assert_non_null(strstr(err.message, "read of x86_64"));
		}
	}
}

/* ---- policy ---- */

static void a_policy_s_counts_stay_at_the_largest(void **state)
{
	static const struct {
		uint64_t one, other, sum;
	} rows[] = {
		{ 3, 4, 7 },
		{ MOST - 1, 1, MOST },
		{ MOST, 1, MOST },
		{ MOST, MOST, MOST },
		{ UINT64_MAX, 5, MOST },
		{ 5, UINT64_MAX, MOST },
		{ UINT64_MAX, UINT64_MAX, MOST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		struct error err = { 0 };
		struct rule *rule;

		policy_add_abi(policy, ABI_X86_64);
		rule = policy_add_verdict(policy, ABI_X86_64, 41, SECCOMP_RET_ALLOW);
		rule->frequency = rows[i].one;
		rule_add_seen(rule, &(struct argument_values){ { 1, 1, 0 }, rows[i].one });
		rule_add_seen(rule, &(struct argument_values){ { 2, 1, 0 }, rows[i].other });
		rule_add_seen(rule, &(struct argument_values){ { 1, 1, 0 }, rows[i].other });
		assert_int_equal(policy_finish(policy, &err), 0);
		rule = &policy->rules[0];
		assert_int_equal(rule->frequency, rows[i].one < MOST ? rows[i].one : MOST);
		assert_int_equal(rule->seen_count, 2);
		assert_int_equal(rule->seen[0].value[0], 1);
		assert_int_equal(rule->seen[0].count, rows[i].sum);
		assert_int_equal(rule->seen[1].value[0], 2);
		assert_int_equal(rule->seen[1].count, rows[i].other < MOST ? rows[i].other : MOST);
	}
}

/* ---- import ---- */

static void what_is_imported_stays_at_the_largest(void **state)
{
	static const struct {
		uint64_t one, other, sum;
	} rows[] = { { 3, 4, 7 }, { MOST - 1, 1, MOST }, { MOST, 1, MOST }, { MOST, MOST, MOST } };
	const uint64_t values[6] = { 1, 1, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(run_builder_freep) struct run_builder *builder =
			run_builder_new(ABI_X86_64);
		unsigned image = run_builder_image(builder, "/a", 0, false);
		struct run_builder_row *row;

		run_builder_add(builder, image, ABI_X86_64, 0, rows[i].one);
		row = run_builder_add(builder, image, ABI_X86_64, 0, rows[i].other);
		assert_int_equal(row->count, rows[i].sum);
		assert_int_equal(builder->total, rows[i].sum);
		run_builder_add_told(builder, image, ABI_X86_64, 41, values, rows[i].one);
		row = run_builder_add_told(builder, image, ABI_X86_64, 41, values, rows[i].other);
		assert_int_equal(row->count, rows[i].sum);
		assert_int_equal(row->arguments_count, 1);
		assert_int_equal(row->arguments[0].count, rows[i].sum);
		/* A number past the array. */
		assert_null(run_builder_add(builder, image, ABI_X86_64, 5000, rows[i].one));
		assert_null(run_builder_add(builder, image, ABI_X86_64, 5000, rows[i].other));
		assert_int_equal(builder->others_count, 1);
		assert_int_equal(builder->others[0].count, rows[i].sum);
	}
}

static void numbers_that_find_no_place_are_losses(void **state)
{
	_cleanup_(run_builder_freep) struct run_builder *builder = run_builder_new(ABI_X86_64);
	unsigned image = run_builder_image(builder, "/a", 0, false);

	(void)state;
	for (int i = 0; i < RUN_BUILDER_OTHERS; i++)
		run_builder_add(builder, image, ABI_X86_64, 5000 + i, 2);
	assert_int_equal(builder->others_count, RUN_BUILDER_OTHERS);
	assert_int_equal(builder->lost.calls, 0);
	run_builder_add(builder, image, ABI_X86_64, 5000 + RUN_BUILDER_OTHERS, 3);
	assert_int_equal(builder->lost.calls, 3);
	run_builder_add(builder, image, ABI_X86_64, 5001 + RUN_BUILDER_OTHERS, 0);
	assert_int_equal(builder->lost.calls, 4);
	run_builder_add(builder, image, ABI_X86_64, 5002 + RUN_BUILDER_OTHERS, MOST);
	assert_int_equal(builder->lost.calls, MOST);
	/* What has its place keeps it. */
	run_builder_add(builder, image, ABI_X86_64, 5000, 5);
	assert_int_equal(builder->others[0].count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_stay_at_the_largest_count),
		cmocka_unit_test(totals_that_do_not_fit_are_an_error),
		cmocka_unit_test(a_policy_s_counts_stay_at_the_largest),
		cmocka_unit_test(what_is_imported_stays_at_the_largest),
		cmocka_unit_test(numbers_that_find_no_place_are_losses),
	};

	return cmocka_run_group_tests_name("largest counts", tests, NULL, NULL);
}
