// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "filter/evaluate.h"
#include "filter/filter.h"
#include "policy/action.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PROGRAM(...) ((struct sock_filter[]){ __VA_ARGS__ })
#define FILTER(...)                             \
	((struct filter){ PROGRAM(__VA_ARGS__), \
			  sizeof(PROGRAM(__VA_ARGS__)) / sizeof(struct sock_filter) })

#define LOAD(offset)	 BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action)	 BPF_STMT(BPF_RET | BPF_K, action)
#define ARGUMENT_LOW(i)	 (16 + 8 * (i))
#define ARGUMENT_HIGH(i) (20 + 8 * (i))

static void refused(struct filter filter, const char *why)
{
	struct error err = { 0 };

	assert_int_equal(filter_check(&filter, &err), -EINVAL);
	if (!strstr(err.message, why))
		fail_msg("expected \"%s\" in: %s", why, err.message);
}

static void the_kernels_checks_are_made(void **state)
{
	struct filter empty = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(filter_check(&FILTER(LOAD(0), RETURN(0)), &err), 0);
	refused(empty, "empty");
	refused(FILTER(LOAD(0)), "does not return");
	refused(FILTER(LOAD(2), RETURN(0)), "multiple of 4");
	refused(FILTER(LOAD(64), RETURN(0)), "behind the end of the call's data");
	refused(FILTER(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0)), "does not allow");
	refused(FILTER(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN(0)), "does not allow");
	refused(FILTER(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0)), "divides by zero");
	refused(FILTER(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(0)), "shifts");
	refused(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RETURN(0)), "behind the end");
	refused(FILTER(BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(0)), "behind the end");
	refused(FILTER(BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), RETURN(0)), "behind the end");
	refused(FILTER(BPF_STMT(BPF_ST, 16), RETURN(0)), "does not exist");
	refused(FILTER(BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0)), "not written");
	/* written on one of the two ways only */
	refused(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 3),
		       BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0)),
		"not written");
	assert_int_equal(
		filter_check(&FILTER(BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0)),
			     &err),
		0);
}

static uint32_t run_one(struct filter filter, int nr, uint64_t argument)
{
	const uint64_t arguments[6] = { argument };
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t answer;

	filter_data(ABI_X86_64, nr, arguments, &data);
	if (filter_simulate(&filter, &data, &answer, &err) < 0)
		fail_msg("%s", err.message);
	return answer;
}

static void a_program_runs_as_the_kernel_runs_it(void **state)
{
	struct filter by_number = FILTER(LOAD(0), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 0, 1),
					 RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP));
	struct filter quotient =
		FILTER(LOAD(ARGUMENT_LOW(0)), BPF_STMT(BPF_MISC | BPF_TAX, 0),
		       BPF_STMT(BPF_LD | BPF_IMM, 100), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		       BPF_STMT(BPF_RET | BPF_A, 0));

	(void)state;
	assert_int_equal(run_one(by_number, 7, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run_one(by_number, 6, 0), SECCOMP_RET_TRAP);
	assert_int_equal(run_one(by_number, -1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run_one(quotient, 0, 7), 14);
	assert_int_equal(run_one(quotient, 0, 0), 0);
}

static void of_stacked_filters_the_least_action_wins_and_the_newer_data(void **state)
{
	struct sock_filter older[] = { RETURN(SECCOMP_RET_ERRNO | 1) };
	struct sock_filter newer[] = { RETURN(SECCOMP_RET_ERRNO | 2) };
	struct sock_filter newest[] = { RETURN(SECCOMP_RET_LOG) };
	struct filter filters[] = { { older, 1 }, { newer, 1 }, { newest, 1 } };
	struct filter_stack stack = { filters, 3 };
	struct seccomp_data data = { 0 };
	struct error err = { 0 };
	uint32_t answer;

	(void)state;
	assert_int_equal(filter_stack_simulate(&stack, &data, &answer, &err), 0);
	assert_int_equal(answer, SECCOMP_RET_ERRNO | 2);
	stack.count = 0;
	assert_int_equal(filter_stack_simulate(&stack, &data, &answer, &err), 0);
	assert_int_equal(answer, SECCOMP_RET_ALLOW);
}

static void what_the_kernel_makes_of_an_answer(void **state)
{
	(void)state;
	assert_int_equal(action_outcome(SECCOMP_RET_ALLOW | 5), SECCOMP_RET_ALLOW);
	assert_int_equal(action_outcome(SECCOMP_RET_ERRNO | 0xffff), SECCOMP_RET_ERRNO | 4095);
	assert_int_equal(action_outcome(SECCOMP_RET_TRACE | 7), SECCOMP_RET_TRACE | 7);
	assert_int_equal(action_outcome(0x00010000), SECCOMP_RET_KILL_PROCESS);
}

/* ---- the symbolic run against the interpreter ---- */

static uint64_t random_state;

static uint32_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

/* Numbers near which programs change their minds. */
static uint32_t draw_constant(void)
{
	static const uint32_t edges[] = { 0,	      1,	  2,	      3,
					  7,	      0xff,	  X32_BIT,    0x7fffffff,
					  0x80000000, UINT32_MAX, 0xfffffffe, AUDIT_ARCH_X86_64 };

	return draw() % 3 ? edges[draw() % ARRAY_SIZE(edges)] : draw() % 2 ? draw() % 16 : draw();
}

static struct sock_filter draw_instruction(size_t left)
{
	static const uint16_t alu[] = { BPF_ADD, BPF_SUB, BPF_AND, BPF_OR,  BPF_XOR,
					BPF_NEG, BPF_LSH, BPF_RSH, BPF_MUL, BPF_DIV };
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t operation, source = draw() % 4 ? BPF_K : BPF_X;

	switch (draw() % 16) {
	case 0:
		return (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
	case 1:
		return (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
	case 2:
		return (struct sock_filter)BPF_STMT(draw() % 2 ? BPF_ST : BPF_STX, draw() % 2);
	case 3:
		return (struct sock_filter)BPF_STMT((draw() % 2 ? BPF_LD : BPF_LDX) | BPF_MEM,
						    draw() % 2);
	case 4:
		return (struct sock_filter)BPF_STMT((draw() % 2 ? BPF_LD : BPF_LDX) | BPF_IMM,
						    draw_constant());
	case 5:
	case 6:
	case 7:
		operation = alu[draw() % ARRAY_SIZE(alu)];
		if (operation == BPF_LSH || operation == BPF_RSH)
			return (struct sock_filter)BPF_STMT(BPF_ALU | operation | BPF_K,
							    draw() % 32);
		if (operation == BPF_NEG)
			source = BPF_K;
		return (struct sock_filter)BPF_STMT(BPF_ALU | operation | source,
						    draw_constant() | (operation == BPF_DIV));
	case 8:
	case 9:
	case 10:
	case 11:
		return (struct sock_filter)BPF_JUMP(
			BPF_JMP | jumps[draw() % ARRAY_SIZE(jumps)] | source, draw_constant(),
			(uint8_t)(draw() % left), (uint8_t)(draw() % left));
	case 12:
		return (struct sock_filter)RETURN(draw() % 3 << 16 | draw() % 2);
	default:
		return (struct sock_filter)LOAD(draw() % 16 * 4);
	}
}

static void draw_program(struct filter *filter)
{
	struct error err = { 0 };

	do {
		filter->count = 4 + draw() % 30;
		for (size_t i = 0; i < filter->count; i++)
			filter->instructions[i] = draw_instruction(filter->count - i);
		filter->instructions[filter->count - 1] =
			draw() % 8 ? (struct sock_filter)RETURN(SECCOMP_RET_ALLOW)
				   : (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	} while (filter_check(filter, &err) < 0);
}

static uint32_t word_of(const struct seccomp_data *data, unsigned word)
{
	uint64_t value;

	if (word == WORD_ARCH)
		return data->arch;
	if (word == WORD_NR)
		return (uint32_t)data->nr;
	value = word >= WORD_POINTER_HIGH ? data->instruction_pointer
					  : data->args[(word - WORD_ARGUMENTS) / 2];
	return (uint32_t)(word % 2 ? value : value >> 32);
}

static node follow(const struct diagrams *d, node at, const struct seccomp_data *data)
{
	for (unsigned level; (level = diagram_level(d, at)) < TERMINAL_LEVEL;)
		at = diagram_branch(d, at, word_of(data, level / 32) >> (31 - level % 32) & 1);
	return at;
}

static void the_symbolic_run_agrees_with_the_interpreter(void **state)
{
	struct sock_filter room[64];
	struct filter filter = { room, 0 };
	struct filter_stack stack = { &filter, 1 };
	struct error err = { 0 };
	unsigned known = 0, unknown = 0;

	(void)state;
	random_state = 0x5eed;
	for (unsigned round = 0; round < 250; round++) {
		_cleanup_(diagrams_freep) struct diagrams *d = diagrams_new();
		node root;

		draw_program(&filter);
		if (evaluate_stack(d, &stack, 0, false, &root, &err) < 0) {
			assert_int_equal(err.code, -EOPNOTSUPP);
			continue;
		}
		for (unsigned input = 0; input < 40; input++) {
			struct seccomp_data data = { .nr = (int)draw_constant(),
						     .arch = draw_constant() };
			uint32_t answer;
			node at;

			for (unsigned i = 0; i < 6; i++)
				data.args[i] = (uint64_t)draw_constant() << 32 | draw_constant();
			data.instruction_pointer =
				(uint64_t)draw_constant() << 32 | draw_constant();
			at = follow(d, root, &data);
			if (diagram_kind(d, at) == TERMINAL_UNKNOWN) {
				unknown++;
				continue;
			}
			known++;
			filter_simulate(&filter, &data, &answer, &err);
			assert_int_equal(diagram_value(d, at), action_outcome(answer));
		}
	}
	/* Little may be beyond the decoder's means even here, where arithmetic is wild. */
	assert_true(known > 10 * unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_checks_are_made),
		cmocka_unit_test(a_program_runs_as_the_kernel_runs_it),
		cmocka_unit_test(of_stacked_filters_the_least_action_wins_and_the_newer_data),
		cmocka_unit_test(what_the_kernel_makes_of_an_answer),
		cmocka_unit_test(the_symbolic_run_agrees_with_the_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
