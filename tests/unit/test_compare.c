// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which differences a comparison reports: calls, ranges of numbers, outcomes and arguments. Both sides are
 * written by hand here, and so is each list of differences. Arguments that are given as proof are put
 * to both sides again.
 */
#include "bdd/diagram.h"
#include "common/cleanup.h"
#include "filter/compare.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
#define KILL	     SECCOMP_RET_KILL_PROCESS

#define SOCKET 41 /* arch/x86/entry/syscalls/syscall_64.tbl */

#define STATEMENT(...) ((struct sock_filter)BPF_STMT(__VA_ARGS__))
#define JUMP(...)      ((struct sock_filter)BPF_JUMP(__VA_ARGS__))
#define LOAD(offset)   STATEMENT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action) STATEMENT(BPF_RET | BPF_K, action)

/* ---- what is reported ---- */

#define FOUND_MAX 16

struct found {
	struct difference differences[FOUND_MAX];
	bool where_matches[FOUND_MAX][3]; /* arguments 0, 1 and 2 in the first place */
	size_t count;
	struct side left, right;
};

static action outcome(struct side side, const struct difference *difference)
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t answer = 0;

	if (side.policy)
		return action_outcome(policy_evaluate(side.policy, difference->abi, difference->nr,
						      difference->arguments));
	filter_data(difference->abi, difference->nr, difference->arguments, &data);
	data.instruction_pointer = difference->instruction_pointer;
	assert_int_equal(filter_stack_simulate(side.stack, &data, &answer, &err), 0);
	return action_outcome(answer);
}

static void keep(void *context, const struct difference *difference)
{
	struct found *found = context;

	assert_true(found->count < FOUND_MAX);
	if (!difference->is_foreign) {
		assert_int_equal(outcome(found->left, difference), difference->left);
		assert_int_equal(outcome(found->right, difference), difference->right);
	}
	if (difference->where) {
		const struct rule *where = difference->where;

		assert_int_equal(where->abi, difference->abi);
		assert_int_equal(where->nr, difference->nr);
		assert_true(rule_matches(where, difference->arguments));
		for (unsigned i = 0; i < 3; i++)
			found->where_matches[found->count][i] =
				rule_matches(where, (uint64_t[6]){ i });
	}
	found->differences[found->count++] = *difference;
}

struct expected {
	enum abi abi;
	uint32_t first, last;
	action left, right;
	bool depends_on_arguments, is_foreign;
};

static void expect(struct side left, struct side right, const struct expected *expected,
		   size_t count, struct found *found)
{
	_cleanup_(diagrams_freep) struct diagrams *shared = diagrams_new();
	struct error err = { 0 };
	int r;

	*found = (struct found){ .left = left, .right = right };
	r = filter_compare(left, right, keep, found, &err);
	if (r < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < found->count; i++) {
		const struct difference *got = &found->differences[i];

		if (i >= count || got->abi != expected[i].abi ||
		    (!got->is_foreign && ((uint32_t)got->nr != expected[i].first ||
					  (uint32_t)got->last != expected[i].last)) ||
		    got->left != expected[i].left || got->right != expected[i].right ||
		    got->depends_on_arguments != expected[i].depends_on_arguments ||
		    got->is_foreign != expected[i].is_foreign)
			fail_msg("difference %zu: abi %d, %#x to %#x, %#x and %#x%s%s", i, got->abi,
				 got->nr, got->last, got->left, got->right,
				 got->depends_on_arguments ? ", by arguments" : "",
				 got->is_foreign ? ", foreign" : "");
	}
	assert_int_equal(found->count, count);
	assert_int_equal(r, (int)count);
	/* They are counted where nobody listens too, and in a universe that has both sides already. */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(filter_compare_within(shared, left, right, NULL, NULL, &err),
				 (int)count);
}

/* ---- policies ---- */

static struct policy *x86_64_policy(action default_action, action foreign_action)
{
	struct policy *policy = policy_new();

	policy->default_action = default_action;
	policy->foreign_action = foreign_action;
	policy_add_abi(policy, ABI_X86_64);
	return policy;
}

static void add_where(struct policy *policy, enum abi abi, int nr, action verdict, uint64_t value)
{
	struct rule *rule = policy_add_verdict(policy, abi, nr, verdict);

	clause_add(rule_add_clause(rule),
		   (struct condition){ .comparison = COMPARE_EQUAL, .value = value });
}

static void finish(struct policy *policy)
{
	struct error err = { 0 };

	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
}

static void the_same_policy_has_no_difference(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), KILL);
	struct found found;

	(void)state;
	policy_add_verdict(left, ABI_X86_64, 0, ALLOW);
	policy_add_verdict(right, ABI_X86_64, 0, ALLOW);
	/* What the default says anyhow is no difference. */
	policy_add_verdict(right, ABI_X86_64, 1, FAIL(EPERM));
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, NULL, 0, &found);
}

static void neighbours_that_differ_alike_are_one_difference(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), KILL);
	static const struct expected expected[] = {
		{ .abi = ABI_X86_64, .first = 1, .last = 2, .left = ALLOW, .right = FAIL(EPERM) },
		{ .abi = ABI_X86_64, .first = 3, .last = 3, .left = KILL, .right = FAIL(EPERM) },
		{ .abi = ABI_X86_64, .first = 5, .last = 5, .left = FAIL(EPERM), .right = ALLOW },
	};
	struct found found;

	(void)state;
	for (int nr = 0; nr < 3; nr++)
		policy_add_verdict(left, ABI_X86_64, nr, ALLOW);
	policy_add_verdict(left, ABI_X86_64, 3, KILL);
	policy_add_verdict(right, ABI_X86_64, 0, ALLOW);
	policy_add_verdict(right, ABI_X86_64, 5, ALLOW);
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected,
	       ARRAY_SIZE(expected), &found);
}

static void other_abis_are_one_difference_that_names_an_example(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), FAIL(ENOSYS));
	static const struct expected expected[] = {
		/* x32's calls come with x86-64's architecture; -1 is none of them. */
		{ .abi = ABI_X32,
		  .first = X32_BIT,
		  .last = 0xfffffffe,
		  .left = KILL,
		  .right = FAIL(ENOSYS) },
		{ .abi = ABI_I386, .left = KILL, .right = FAIL(ENOSYS), .is_foreign = true },
	};
	struct found found;

	(void)state;
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected, 2,
	       &found);
	for (enum abi abi = 0; abi < ABI_COUNT; abi++)
		assert_int_not_equal(found.differences[1].arch, abi_info(abi)->audit_arch);
}

/* The first that neither side has, which may be the very first, or behind those of both. */
static void the_example_is_the_first_abi_of_neither_side(void **state)
{
	static const struct {
		enum abi left, right, example;
	} rows[] = { { ABI_I386, ABI_I386, ABI_X86_64 },
		     { ABI_AARCH64, ABI_ARM, ABI_X86_64 },
		     { ABI_X86_64, ABI_I386, ABI_X32 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *left = policy_new(), *right = policy_new();
		struct found found = { 0 };
		struct error err = { 0 };

		left->default_action = right->default_action = left->foreign_action = KILL;
		right->foreign_action = FAIL(ENOSYS);
		policy_add_abi(left, rows[i].left);
		policy_add_abi(right, rows[i].right);
		finish(left);
		finish(right);
		found.left.policy = left;
		found.right.policy = right;
		assert_true(compare_policies(left, right, keep, &found, &err) > 0);
		assert_true(found.differences[found.count - 1].is_foreign);
		assert_int_equal(found.differences[found.count - 1].abi, rows[i].example);
	}
}

static void where_all_abis_are_spoken_for_none_is_an_example(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), ALLOW);
	static const struct expected expected[] = {
		{ .abi = ABI_COUNT, .left = KILL, .right = ALLOW, .is_foreign = true },
	};
	struct found found;

	(void)state;
	for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
		policy_add_abi(left, abi);
		policy_add_abi(right, abi);
	}
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected, 1,
	       &found);
}

static void an_abi_that_one_side_alone_lists_is_compared(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), KILL);
	static const struct expected expected[] = {
		{ .abi = ABI_X32,
		  .first = X32_BIT,
		  .last = 0xfffffffe,
		  .left = KILL,
		  .right = FAIL(EPERM) },
		{ .abi = ABI_S390X,
		  .first = 0,
		  .last = UINT32_MAX,
		  .left = KILL,
		  .right = FAIL(EPERM) },
	};
	struct found found;

	(void)state;
	policy_add_abi(right, ABI_X32);
	policy_add_abi(right, ABI_S390X);
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected, 2,
	       &found);
}

static void arguments_that_differ_are_given_and_described(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), KILL);
	static const struct expected expected[] = {
		{ .abi = ABI_X86_64,
		  .first = SOCKET,
		  .last = SOCKET,
		  .left = FAIL(EPERM),
		  .right = ALLOW,
		  .depends_on_arguments = true },
		{ .abi = ABI_X86_64,
		  .first = SOCKET,
		  .last = SOCKET,
		  .left = KILL,
		  .right = ALLOW,
		  .depends_on_arguments = true },
	};
	struct found found;
	size_t killed;

	(void)state;
	add_where(left, ABI_X86_64, SOCKET, ALLOW, 1);
	add_where(left, ABI_X86_64, SOCKET, KILL, 2);
	policy_add_verdict(right, ABI_X86_64, SOCKET, ALLOW);
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected, 2,
	       &found);
	killed = found.differences[1].left == KILL;
	assert_int_equal(found.differences[killed].arguments[0], 2);
	assert_false(found.where_matches[killed][0]);
	assert_false(found.where_matches[killed][1]);
	assert_true(found.where_matches[killed][2]);
	assert_true(found.where_matches[!killed][0]);
	assert_false(found.where_matches[!killed][1]);
	assert_false(found.where_matches[!killed][2]);
}

/* The kernel clears them in 32-bit calls; x32 passes whole registers. */
static void high_halves_that_never_come_make_no_difference(void **state)
{
	_cleanup_(policy_freep) struct policy *left = x86_64_policy(FAIL(EPERM), KILL);
	_cleanup_(policy_freep) struct policy *right = x86_64_policy(FAIL(EPERM), KILL);
	static const struct expected expected[] = {
		{ .abi = ABI_X32,
		  .first = X32_BIT + 3,
		  .last = X32_BIT + 3,
		  .left = ALLOW,
		  .right = FAIL(EPERM),
		  .depends_on_arguments = true },
	};
	struct found found;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		policy_add_abi(i ? left : right, ABI_I386);
		policy_add_abi(i ? left : right, ABI_ARM);
		policy_add_abi(i ? left : right, ABI_X32);
	}
	add_where(left, ABI_I386, 3, ALLOW, UINT64_C(1) << 32 | 1);
	add_where(left, ABI_ARM, 3, ALLOW, UINT64_C(1) << 32 | 1);
	add_where(left, ABI_X32, X32_BIT + 3, ALLOW, UINT64_C(1) << 32 | 1);
	finish(left);
	finish(right);
	expect((struct side){ .policy = left }, (struct side){ .policy = right }, expected, 1,
	       &found);
	assert_int_equal(found.differences[0].arguments[0], UINT64_C(1) << 32 | 1);
}

/* ---- filters ---- */

#define STACK(name, ...)                                                                        \
	struct sock_filter name##_instructions[] = { __VA_ARGS__ };                             \
	struct filter name##_filter = { name##_instructions, ARRAY_SIZE(name##_instructions) }; \
	struct filter_stack name##_stack = { &name##_filter, 1 };                               \
	struct side name = { .stack = &name##_stack }

#define ONLY_X86_64 LOAD(4), JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), RETURN(KILL)

static void a_range_ends_where_the_abi_ends(void **state)
{
	STACK(left, ONLY_X86_64, RETURN(ALLOW));
	STACK(right, RETURN(KILL));
	static const struct expected expected[] = {
		{ .abi = ABI_X86_64,
		  .first = 0,
		  .last = X32_BIT - 1,
		  .left = ALLOW,
		  .right = KILL },
		{ .abi = ABI_X32,
		  .first = X32_BIT,
		  .last = 0xfffffffe,
		  .left = ALLOW,
		  .right = KILL },
		{ .abi = ABI_X86_64,
		  .first = UINT32_MAX,
		  .last = UINT32_MAX,
		  .left = ALLOW,
		  .right = KILL },
	};
	struct found found;

	(void)state;
	expect(left, right, expected, ARRAY_SIZE(expected), &found);
}

/* i386's numbers have no such part. */
static void another_abi_s_range_goes_on(void **state)
{
	STACK(left, LOAD(4), JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 1, 0), RETURN(KILL),
	      RETURN(ALLOW));
	STACK(right, RETURN(KILL));
	static const struct expected expected[] = {
		{ .abi = ABI_I386, .first = 0, .last = UINT32_MAX, .left = ALLOW, .right = KILL },
	};
	struct found found;

	(void)state;
	expect(left, right, expected, 1, &found);
}

static void the_instruction_pointer_is_given(void **state)
{
	STACK(left, ONLY_X86_64, LOAD(0), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 2), LOAD(12),
	      JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x7f, 1, 0), RETURN(ALLOW), RETURN(FAIL(EPERM)));
	STACK(right, ONLY_X86_64, RETURN(ALLOW));
	static const struct expected expected[] = {
		{ .abi = ABI_X86_64,
		  .first = 7,
		  .last = 7,
		  .left = FAIL(EPERM),
		  .right = ALLOW,
		  .depends_on_arguments = true },
	};
	struct found found;

	(void)state;
	expect(left, right, expected, 1, &found);
	assert_true(found.differences[0].instruction_pointer >> 32 >= 0x7f);
}

/* ---- what can't be compared ---- */

static void count_pair(void *context, const struct difference *difference)
{
	size_t *count = context;

	++*count;
	assert_int_equal(difference->left, ALLOW);
	assert_int_equal(difference->nr, SOCKET);
}

/* Of one call at most 64 pairs of actions are reported: the filter returns an errno of the low byte of the
 * first argument. */
static void at_most_64_pairs_of_one_call_are_reported(void **state)
{
	static const struct {
		uint32_t mask;
		size_t count;
	} rows[] = { { 0x1f, 32 }, { 0x3f, 64 }, { 0x7f, 64 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock_filter rest[] = { LOAD(4),
					      JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0,
						   5),
					      LOAD(0),
					      JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCKET, 0, 3),
					      LOAD(16),
					      STATEMENT(BPF_ALU | BPF_AND | BPF_K, rows[i].mask),
					      JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
					      RETURN(ALLOW),
					      STATEMENT(BPF_ALU | BPF_OR | BPF_K, FAIL(0x100)),
					      STATEMENT(BPF_RET | BPF_A, 0) };
		struct filter filter = { rest, ARRAY_SIZE(rest) };
		struct sock_filter open[] = { RETURN(ALLOW) };
		struct filter all = { open, 1 };
		struct filter_stack left = { &all, 1 }, right = { &filter, 1 };
		struct error err = { 0 };
		size_t count = 0;
		int r = filter_compare((struct side){ .stack = &left },
				       (struct side){ .stack = &right }, count_pair, &count, &err);

		assert_string_equal(err.message, "");
		assert_int_equal(r, rows[i].count);
		assert_int_equal(count, rows[i].count);
	}
}

static void expect_unknown(struct side left, struct side right, int code, const char *says)
{
	struct error err = { 0 };

	assert_int_equal(filter_compare(left, right, NULL, NULL, &err), code);
	if (strncmp(err.message, says, strlen(says)) != 0)
		fail_msg("expected \"%s\", got \"%s\"", says, err.message);
}

static void the_side_that_is_not_known_is_named(void **state)
{
	STACK(hard, ONLY_X86_64, LOAD(16), STATEMENT(BPF_MISC | BPF_TAX, 0), LOAD(24),
	      STATEMENT(BPF_ALU | BPF_MUL | BPF_X, 0),
	      JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 1), RETURN(KILL), RETURN(ALLOW));
	STACK(plain, ONLY_X86_64, RETURN(ALLOW));
	STACK(broken, LOAD(3), RETURN(ALLOW));

	(void)state;
	expect_unknown(hard, plain, -EOPNOTSUPP, "the left side: filter 1 of 1: instruction 7 ");
	expect_unknown(plain, hard, -EOPNOTSUPP, "the right side: filter 1 of 1: instruction 7 ");
	/* Two that are not known are not the same, even where they are one program. */
	expect_unknown(hard, hard, -EOPNOTSUPP, "the left side: ");
	expect_unknown(broken, plain, -EINVAL, "the left side: filter 1 of 1: instruction 0: ");
	expect_unknown(plain, broken, -EINVAL, "the right side: filter 1 of 1: instruction 0: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_policy_has_no_difference),
		cmocka_unit_test(neighbours_that_differ_alike_are_one_difference),
		cmocka_unit_test(other_abis_are_one_difference_that_names_an_example),
		cmocka_unit_test(the_example_is_the_first_abi_of_neither_side),
		cmocka_unit_test(where_all_abis_are_spoken_for_none_is_an_example),
		cmocka_unit_test(an_abi_that_one_side_alone_lists_is_compared),
		cmocka_unit_test(arguments_that_differ_are_given_and_described),
		cmocka_unit_test(high_halves_that_never_come_make_no_difference),
		cmocka_unit_test(a_range_ends_where_the_abi_ends),
		cmocka_unit_test(another_abi_s_range_goes_on),
		cmocka_unit_test(the_instruction_pointer_is_given),
		cmocka_unit_test(at_most_64_pairs_of_one_call_are_reported),
		cmocka_unit_test(the_side_that_is_not_known_is_named),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
