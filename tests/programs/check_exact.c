// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_exact PID [FILTERS]: whether the filters of a live process are read exactly. What they mean is
 * decoded to a policy, that is compiled, and the result compared with what the kernel has; and the
 * interpreter, which knows nothing of all that, must agree with the policy on calls around every
 * constant that the filters have. So for the whole stack, and for each filter alone. Prints one line;
 * exits 0 where all is the same, and where FILTERS says so only if there are at least so many.
 */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS	  600 /* of each ABI that are tried, beside the constants */
#define WORDS_MAX 8192
#define TRIES	  48 /* of a call whose arguments matter */
#define TRIES_FEW 3

struct inputs {
	uint32_t words[WORDS_MAX]; /* around the constants */
	size_t count;
	uint64_t state;
};

static uint32_t draw(struct inputs *inputs, size_t below)
{
	inputs->state ^= inputs->state << 13;
	inputs->state ^= inputs->state >> 7;
	inputs->state ^= inputs->state << 17;
	return (uint32_t)((inputs->state >> 16) % below);
}

static void add_word(struct inputs *inputs, uint32_t word)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (inputs->words[i] == word)
			return;
	if (inputs->count < WORDS_MAX)
		inputs->words[inputs->count++] = word;
}

static void find_words(struct inputs *inputs, const struct filter_stack *stack)
{
	*inputs = (struct inputs){ .state = 0x5eed };
	for (uint32_t i = 0; i < 8; i++)
		add_word(inputs, i);
	for (size_t i = 0; i < stack->count; i++)
		for (size_t j = 0; j < stack->filters[i].count; j++) {
			const struct sock_filter *in = &stack->filters[i].instructions[j];

			if (BPF_CLASS(in->code) == BPF_RET || BPF_CLASS(in->code) == BPF_LD)
				continue;
			add_word(inputs, in->k);
			add_word(inputs, in->k + 1);
			add_word(inputs, in->k - 1);
			add_word(inputs, ~in->k);
		}
	add_word(inputs, UINT32_MAX);
	add_word(inputs, UINT32_C(1) << 31);
}

static void draw_arguments(struct inputs *inputs, enum abi abi, uint64_t arguments[6])
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t low = inputs->words[draw(inputs, inputs->count)], high = 0;

		/* Most calls that are made have no high halves. */
		if (abi != ABI_I386 && draw(inputs, 4) == 0)
			high = inputs->words[draw(inputs, inputs->count)];
		arguments[i] = high << 32 | low;
	}
}

struct check {
	const struct policy *policy;
	const struct filter_stack *stack;
	struct inputs inputs;
	size_t calls, wrong;
};

static void check_call(struct check *check, uint32_t arch, enum abi abi, int nr,
		       const uint64_t arguments[6], uint32_t wanted)
{
	char wanted_text[32], live_text[32];
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t live;

	filter_data(abi, nr, arguments, &data);
	data.arch = arch;
	if (filter_stack_simulate(check->stack, &data, &live, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		exit(2);
	}
	check->calls++;
	live = action_outcome(live);
	if (live == action_outcome(wanted) || check->wrong++ >= 20)
		return;
	printf("# arch %#x call %d (%#llx, %#llx, %#llx, ...): decoded as %s, run as %s\n", arch,
	       nr, (unsigned long long)arguments[0], (unsigned long long)arguments[1],
	       (unsigned long long)arguments[2],
	       action_format(wanted, wanted_text, sizeof(wanted_text)),
	       action_format(live, live_text, sizeof(live_text)));
}

static void check_number(struct check *check, enum abi abi, int nr)
{
	size_t rules = 0;
	const struct rule *rule = policy_find(check->policy, abi, nr, &rules);
	unsigned tries = rules > 0 && (rules > 1 || rule->clauses_count > 0) ? TRIES : TRIES_FEW;

	for (unsigned i = 0; i < tries; i++) {
		uint64_t arguments[6];

		draw_arguments(&check->inputs, abi, arguments);
		check_call(check, abi_info(abi)->audit_arch, abi, nr, arguments,
			   policy_evaluate(check->policy, abi, nr, arguments));
	}
}

static void check_inputs(struct check *check)
{
	const uint64_t none[6] = { 0 };
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	find_words(&check->inputs, check->stack);
	for (unsigned i = 0; i < count; i++) {
		int base = abis[i] == ABI_X32 ? X32_BIT : 0;

		for (int nr = base; nr < base + NUMBERS; nr++)
			check_number(check, abis[i], nr);
		/* Whether a constant is a number is not asked: as one it is tried too. */
		for (size_t j = 0; j < check->inputs.count; j++) {
			int nr = (int)check->inputs.words[j];
			enum abi abi;

			if (abi_from_audit(abi_info(abis[i])->audit_arch, nr, &abi) == 0)
				check_number(check, abi, nr);
		}
	}
	/* Architectures that have no name here. */
	for (size_t j = 0; j < check->inputs.count; j++) {
		enum abi abi;

		if (abi_from_audit(check->inputs.words[j], 0, &abi) < 0)
			check_call(check, check->inputs.words[j], ABI_X86_64, 0, none,
				   check->policy->foreign_action);
	}
}

static void print_difference(void *context, const struct difference *difference)
{
	char left[32], right[32];

	(void)context;
	printf("# %s %d to %d: live %s, compiled %s\n",
	       difference->is_foreign ? "foreign" : abi_info(difference->abi)->name, difference->nr,
	       difference->last, action_format(difference->left, left, sizeof(left)),
	       action_format(difference->right, right, sizeof(right)));
}

static int check_stack(const struct filter_stack *stack, const char *what, struct check *check)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(filter_free) struct filter compiled = { 0 };
	struct filter_stack again = { &compiled, 1 };
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	struct error err = { 0 };
	int r = filter_decode(stack, abis, count, &policy, &err);

	if (r < 0) {
		printf("# %s is not decoded: %s\n", what, err.message);
		return -1;
	}
	r = filter_compile(policy, NULL, &compiled, &err);
	if (r == 0)
		r = filter_compare((struct side){ .stack = stack },
				   (struct side){ .stack = &again }, print_difference, NULL, &err);
	if (r < 0)
		printf("# %s: %s\n", what, err.message);
	if (r != 0)
		return -1;
	check->policy = policy;
	check->stack = stack;
	check_inputs(check);
	return check->wrong ? -1 : (int)policy->rules_count;
}

int main(int argc, char *argv[])
{
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	struct check check = { 0 };
	struct error err = { 0 };
	size_t length = 0;
	int rules, r;

	if (argc < 2 || argc > 3)
		return 2;
	if (filter_fetch(atoi(argv[1]), &stack, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 2;
	}
	rules = r = check_stack(&stack, "the stack", &check);
	for (size_t i = 0; i < stack.count; i++) {
		struct filter_stack one = { &stack.filters[i], 1 };
		char what[32];

		length += stack.filters[i].count;
		snprintf(what, sizeof(what), "filter %zu", i + 1);
		if (stack.count > 1 && check_stack(&one, what, &check) < 0)
			r = -1;
	}
	printf("%zu filters, %zu instructions, %d rules, %zu calls tried, %zu wrong\n", stack.count,
	       length, rules, check.calls, check.wrong);
	if (stack.count < (size_t)(argc == 3 ? atoi(argv[2]) : 1))
		r = -1;
	return r < 0;
}
