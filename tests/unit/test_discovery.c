// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/discovery.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_near(double expected, double got, double tolerance)
{
	if (fabs(expected - got) > tolerance)
		fail_msg("expected %g, got %g", expected, got);
}

static void the_formulas_give_what_a_hand_does(void **state)
{
	struct discovery discovery = discovery_estimate(10, 5, 2, 40);

	(void)state;
	assert_true(discovery.is_known);
	assert_near(0.5, discovery.per_slice, 1e-9);
	/* 9/10 * 5 * 4 / (2 * 3) */
	assert_near(3, discovery.unseen, 1e-9);
}

static void without_two_slices_there_is_no_estimate(void **state)
{
	(void)state;
	assert_false(discovery_estimate(0, 0, 0, 0).is_known);
	assert_false(discovery_estimate(1, 30, 0, 30).is_known);
	assert_false(discovery_estimate(9, 0, 0, 0).is_known);
}

/* "At least 252 unseen" of 76 seen. */
static void what_cannot_be_true_is_not_known(void **state)
{
	(void)state;
	assert_false(discovery_estimate(2, 76, 0, 76).is_known);
	assert_false(discovery_estimate(4, 2, 10, 80).is_known);
	assert_false(discovery_estimate(5, 41, 5, 80).is_known);
	assert_false(discovery_estimate(100, 40, 1, 80).is_known);
	assert_true(discovery_estimate(5, 10, 5, 80).is_known);
	assert_true(discovery_estimate(5, 0, 0, 80).is_known);
}

static void what_was_seen_twice_leaves_nothing_to_expect(void **state)
{
	struct discovery discovery = discovery_estimate(20, 0, 7, 30);

	(void)state;
	assert_near(0, discovery.unseen, 0);
	assert_near(0, discovery.per_slice, 0);
}

/* A unit of which the truth is known: 60 calls, each made in a slice with its own probability. */
static void on_average_the_next_slice_brings_what_was_expected(void **state)
{
	double expected = 0, came = 0, unseen = 0, unseen_at_least = 0;
	unsigned short seed[3] = { 1, 2, 3 };

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		unsigned slices[60] = { 0 };
		uint64_t once = 0, twice = 0, kinds = 0;
		struct discovery discovery;

		for (unsigned slice = 0; slice < 20; slice++)
			for (unsigned call = 0; call < 60; call++)
				slices[call] += erand48(seed) < 1.0 / (1 + call);
		for (unsigned call = 0; call < 60; call++) {
			once += slices[call] == 1;
			twice += slices[call] == 2;
			kinds += slices[call] > 0;
			unseen += slices[call] == 0;
			came += slices[call] == 0 && erand48(seed) < 1.0 / (1 + call);
		}
		discovery = discovery_estimate(20, once, twice, kinds);
		expected += discovery.per_slice;
		unseen_at_least += discovery.unseen;
	}
	/* Within a tenth of a call a slice, and a bound from below. */
	assert_near(came / 400, expected / 400, 0.1);
	assert_true(unseen_at_least < unseen);
	assert_true(unseen_at_least > unseen / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_formulas_give_what_a_hand_does),
		cmocka_unit_test(without_two_slices_there_is_no_estimate),
		cmocka_unit_test(what_cannot_be_true_is_not_known),
		cmocka_unit_test(what_was_seen_twice_leaves_nothing_to_expect),
		cmocka_unit_test(on_average_the_next_slice_brings_what_was_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
