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
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "random_policy.h"

/* ---- from a policy to a program, by libseccomp ---- */

static uint32_t to_scmp_action(action outcome)
{
	switch (outcome & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SCMP_ACT_ERRNO(outcome & SECCOMP_RET_DATA);
	case SECCOMP_RET_TRACE:
		return SCMP_ACT_TRACE(outcome & SECCOMP_RET_DATA);
	default: /* without data they are the kernel's own numbers */
		return outcome;
	}
}

static struct scmp_arg_cmp to_scmp(const struct condition *condition)
{
	static const enum scmp_compare comparisons[] = {
		[COMPARE_EQUAL] = SCMP_CMP_EQ,
		[COMPARE_NOT_EQUAL] = SCMP_CMP_NE,
		[COMPARE_LESS] = SCMP_CMP_LT,
		[COMPARE_LESS_EQUAL] = SCMP_CMP_LE,
		[COMPARE_GREATER] = SCMP_CMP_GT,
		[COMPARE_GREATER_EQUAL] = SCMP_CMP_GE,
		[COMPARE_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp made = { .arg = condition->argument,
				     .op = comparisons[condition->comparison],
				     .datum_a = condition->value };

	if (condition->comparison == COMPARE_MASKED_EQUAL) {
		made.datum_a = condition->mask;
		made.datum_b = condition->value;
	}
	return made;
}

static void add_scmp_rule(scmp_filter_ctx context, const struct rule *rule)
{
	/* libseccomp takes the number of the ABI that it was built for, and translates. */
	int nr = syscall_number(abi_native(), syscall_name(rule->abi, rule->nr));

	if (rule->clauses_count == 0 &&
	    seccomp_rule_add(context, to_scmp_action(rule->action), nr, 0) != 0)
		fail_msg("libseccomp on %s", syscall_name(rule->abi, rule->nr));
	for (size_t i = 0; i < rule->clauses_count; i++) {
		struct scmp_arg_cmp arguments[6];
		int r;

		for (size_t j = 0; j < rule->clauses[i].count; j++)
			arguments[j] = to_scmp(&rule->clauses[i].conditions[j]);
		r = seccomp_rule_add_array(context, to_scmp_action(rule->action), nr,
					   (unsigned)rule->clauses[i].count, arguments);
		if (r != 0 && r != -EEXIST) /* the same clause twice */
			fail_msg("libseccomp on %s: %d", syscall_name(rule->abi, rule->nr), r);
	}
}

static scmp_filter_ctx to_context(const struct policy *policy, enum abi abi, bool tree)
{
	scmp_filter_ctx context = seccomp_init(to_scmp_action(policy->default_action));

	assert_non_null(context);
	seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, to_scmp_action(policy->foreign_action));
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, tree ? 2 : 1);
	if (abi != abi_native()) {
		assert_int_equal(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), 0);
		assert_int_equal(seccomp_arch_add(context, abi_info(abi)->scmp_arch), 0);
	}
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].abi == abi)
			add_scmp_rule(context, &policy->rules[i]);
	return context;
}

static void by_libseccomp(const struct policy *policy, bool tree, struct filter *filter)
{
	scmp_filter_ctx whole = to_context(policy, policy->abis[0], tree);
	_cleanup_free_ void *bytes = NULL;
	struct error err = { 0 };
	struct stat status;
	bool big_endian;
	int fd = memfd_create("filter", MFD_CLOEXEC);

	for (size_t i = 1; i < policy->abis_count; i++)
		assert_int_equal(seccomp_merge(whole, to_context(policy, policy->abis[i], tree)),
				 0);
	assert_int_equal(seccomp_export_bpf(whole, fd), 0);
	seccomp_release(whole);
	assert_int_equal(fstat(fd, &status), 0);
	bytes = malloc((size_t)status.st_size);
	assert_int_equal(pread(fd, bytes, (size_t)status.st_size, 0), status.st_size);
	if (filter_from_bytes(bytes, (size_t)status.st_size, filter, &big_endian, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(big_endian, abi_info(policy->abis[0])->is_big_endian);
	close(fd);
}

/* ---- */

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

/* One ABI family and byte order a filter, as it is in life. */
static const enum abi families[][3] = {
	{ ABI_X86_64, ABI_I386, ABI_COUNT },
	{ ABI_X86_64, ABI_COUNT },
	{ ABI_X86_64, ABI_I386, ABI_X32 },
	{ ABI_AARCH64, ABI_ARM, ABI_COUNT },
	{ ABI_RISCV64, ABI_COUNT },
	{ ABI_PPC64LE, ABI_COUNT },
	{ ABI_S390X, ABI_COUNT },
};

static void what_libseccomp_compiles_is_read_back_as_it_was(void **state)
{
	struct error err = { 0 };

	(void)state;
	random_seed(1);
	for (unsigned round = 0; round < 200; round++) {
		const enum abi *family = families[round % ARRAY_SIZE(families)];
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

/* ---- compare against the interpreter ---- */

struct check {
	const struct filter_stack *left, *right;
	const struct policy *policy; /* in the place of left where that is NULL */
	unsigned genuine;
};

static action answer(const struct filter_stack *stack, const struct policy *policy,
		     const struct difference *difference)
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t outcome;

	if (!stack)
		return policy_evaluate(policy, difference->abi, difference->nr,
				       difference->arguments);
	filter_data(difference->is_foreign ? ABI_X86_64 : difference->abi, difference->nr,
		    difference->arguments, &data);
	data.instruction_pointer = difference->instruction_pointer;
	if (difference->is_foreign)
		data.arch = difference->arch;
	assert_int_equal(filter_stack_simulate(stack, &data, &outcome, &err), 0);
	return filter_outcome(outcome);
}

static void is_genuine(void *context, const struct difference *difference)
{
	struct check *check = context;

	assert_int_not_equal(difference->left, difference->right);
	assert_int_equal(answer(check->left, check->policy, difference), difference->left);
	assert_int_equal(answer(check->right, NULL, difference), difference->right);
	check->genuine++;
}

/* x32 passes whole registers, the other 32-bit ABIs do not. */
static uint64_t highest_argument(enum abi abi)
{
	return abi_info(abi)->is_64_bit || abi == ABI_X32 ? UINT64_MAX : UINT32_MAX;
}

/* libseccomp 2.5.4 goes wrong at times where one call has several clauses on different arguments (it
 * compares one argument with another's value): what is wrong must be found, and only that. */
static void where_a_filter_is_wrong_the_example_shows_it(void **state)
{
	struct error err = { 0 };
	struct check check = { 0 };

	(void)state;
	random_seed(2);
	for (unsigned round = 0; round < 40; round++) {
		_cleanup_(policy_freep) struct policy *policy =
			random_policy(families[round % ARRAY_SIZE(families)], 20, 2);
		struct filter filter;
		struct filter_stack stack = { &filter, 1 };

		by_libseccomp(policy, false, &filter);
		check.policy = policy;
		check.right = &stack;
		assert_true(filter_compare((struct side){ .policy = policy },
					   (struct side){ .stack = &stack }, is_genuine, &check,
					   &err) >= 0);
		/* ... and where it finds nothing, trying finds nothing either. */
		for (unsigned input = 0; input < 200; input++) {
			const struct rule *rule =
				&policy->rules[random_below((uint32_t)policy->rules_count)];
			struct difference call = { .abi = rule->abi, .nr = rule->nr };

			for (unsigned i = 0; i < 6; i++)
				call.arguments[i] = random_value() & highest_argument(rule->abi);
			if (check.genuine == 0)
				assert_int_equal(answer(NULL, policy, &call),
						 answer(&stack, NULL, &call));
		}
		check.genuine = 0;
		filter_free(&filter);
	}
}

static void mutate(struct sock_filter *in)
{
	switch (random_below(4)) {
	case 0:
		in->k ^= 1u << random_below(32);
		break;
	case 1:
		in->jt = (uint8_t)(in->jt + 1 + random_below(3));
		break;
	case 2:
		in->jf = (uint8_t)(in->jf + 1 + random_below(3));
		break;
	default:
		in->code ^= (uint16_t)(1u << random_below(8));
	}
}

/* Inputs near what the policy asks for, since others rarely tell mutants apart. */
static void draw_call(const struct policy *policy, struct seccomp_data *data)
{
	const struct rule *rule = &policy->rules[random_below((uint32_t)policy->rules_count)];
	uint64_t arguments[6];
	int nr = random_below(8) ? rule->nr : (int)random_value();

	for (unsigned i = 0; i < 6; i++) {
		arguments[i] = random_value();
		for (size_t j = 0; j < rule->clauses_count; j++)
			for (size_t k = 0; k < rule->clauses[j].count && random_below(2); k++)
				if (rule->clauses[j].conditions[k].argument == i)
					arguments[i] = rule->clauses[j].conditions[k].value +
						       random_below(3) - 1;
	}
	for (unsigned i = 0; i < 6; i++)
		arguments[i] &= highest_argument(rule->abi);
	filter_data(rule->abi, nr, arguments, data);
	if (random_below(16) == 0)
		data->arch ^= 1u << random_below(32);
}

static void a_mutant_that_acts_differently_is_found_different(void **state)
{
	unsigned different = 0;

	(void)state;
	random_seed(3);
	for (unsigned round = 0; round < 500; round++) {
		_cleanup_(policy_freep) struct policy *policy =
			random_policy(families[round % ARRAY_SIZE(families)], 12, 1);
		struct filter filter, mutant;
		struct filter_stack left = { &filter, 1 }, right = { &mutant, 1 };
		struct check check = { .left = &left, .right = &right };
		struct error err = { 0 };
		bool acts_differently = false;
		int r;

		by_libseccomp(policy, random_below(2), &filter);
		mutant.count = filter.count;
		mutant.instructions = calloc(filter.count, sizeof(*mutant.instructions));
		memcpy(mutant.instructions, filter.instructions,
		       filter.count * sizeof(*mutant.instructions));
		mutate(&mutant.instructions[random_below((uint32_t)filter.count)]);
		r = filter_compare((struct side){ .stack = &left },
				   (struct side){ .stack = &right }, is_genuine, &check, &err);
		for (unsigned input = 0; r >= 0 && input < 300; input++) {
			struct seccomp_data data;
			uint32_t one, other;

			draw_call(policy, &data);
			filter_simulate(&filter, &data, &one, &err);
			filter_simulate(&mutant, &data, &other, &err);
			acts_differently |= filter_outcome(one) != filter_outcome(other);
		}
		/* The kernel refuses some mutants, or they hang on what can't be told. */
		if (r < 0)
			assert_true(r == -EINVAL || r == -EOPNOTSUPP);
		else if (acts_differently)
			assert_true(r > 0);
		different += acts_differently;
		filter_free(&filter);
		filter_free(&mutant);
	}
	assert_true(different > 60);
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
	assert_int_equal(policy->rules_count, 2);
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
		cmocka_unit_test(where_a_filter_is_wrong_the_example_shows_it),
		cmocka_unit_test(a_mutant_that_acts_differently_is_found_different),
		cmocka_unit_test(what_can_not_be_told_is_never_guessed),
		cmocka_unit_test(a_pointer_that_does_not_matter_is_no_obstacle),
		cmocka_unit_test(each_abi_has_its_own_default),
		cmocka_unit_test(wide_ranges_of_numbers_have_their_own_default),
		cmocka_unit_test(bits_of_a_word_that_is_not_zero_have_a_short_form),
		cmocka_unit_test(whole_64_bit_conditions_come_back),
	};

	/* Else libseccomp asks the kernel what it can, by a call that valgrind does not know. */
	assert_int_equal(seccomp_api_set(6), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
