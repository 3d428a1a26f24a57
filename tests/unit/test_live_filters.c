// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The filters of a live thread against the policy that they are to mean. Every program here is written
 * by hand, and so is every expectation: from the rules of kernel/seccomp.c, seccomp_run_filters(): of
 * several filters the action of the lowest value (as a signed number) wins, of equal kinds that of the
 * filter that was installed last.
 */
#include "common/cleanup.h"
#include "syscall/syscall.h"
#include "unit/live_filters.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
#define KILL	     SECCOMP_RET_KILL_PROCESS
#define KILL_THREAD  SECCOMP_RET_KILL_THREAD

/* Numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
enum { READ, WRITE, OPEN, CLOSE, SOCKET = 41, STATX = 332 };

/* ---- programs ---- */

struct row {
	int nr;
	action action;
	bool has_value; /* only where argument 0 is VALUE; else the filter's default */
	bool is_other; /* only where its low half is not VALUE */
	uint32_t value;
};

/* A filter as a service manager writes it: the architecture first, then numbers one by one. */
struct written {
	action default_action; /* of x86-64's other numbers */
	action i386; /* of all its calls */
	action foreign; /* of all other architectures, and of x32's numbers */
	struct row rows[10];
	size_t count;
	bool has_no_form; /* what it answers by default is told by a product of two arguments */
};

#define STATEMENT(...)	      ((struct sock_filter)BPF_STMT(__VA_ARGS__))
#define JUMP(...)	      ((struct sock_filter)BPF_JUMP(__VA_ARGS__))
#define LOAD(offset)	      STATEMENT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action)	      STATEMENT(BPF_RET | BPF_K, action)
#define UNLESS_EQUAL(k, skip) JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip)

static void write_product(struct sock_filter *at, size_t *count)
{
	at[(*count)++] = LOAD(16);
	at[(*count)++] = STATEMENT(BPF_MISC | BPF_TAX, 0);
	at[(*count)++] = LOAD(24);
	at[(*count)++] = STATEMENT(BPF_ALU | BPF_MUL | BPF_X, 0);
	at[(*count)++] = UNLESS_EQUAL(0x12345678, 1);
	at[(*count)++] = RETURN(FAIL(EINVAL));
}

static struct filter write_filter(const struct written *written)
{
	struct sock_filter *at = calloc(128, sizeof(*at));
	size_t count = 0;

	at[count++] = LOAD(4);
	at[count++] = UNLESS_EQUAL(AUDIT_ARCH_I386, 1);
	at[count++] = RETURN(written->i386);
	at[count++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	at[count++] = RETURN(written->foreign);
	at[count++] = LOAD(0);
	/* -1 is nobody's call, and has x32's bit: what a tracer writes to skip one. */
	at[count++] = UNLESS_EQUAL(UINT32_MAX, 1);
	at[count++] = RETURN(written->default_action);
	at[count++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	at[count++] = RETURN(written->foreign);
	for (size_t i = 0; i < written->count; i++) {
		const struct row *row = &written->rows[i];

		at[count++] = UNLESS_EQUAL((uint32_t)row->nr, row->has_value ? 6 : 1);
		if (row->has_value) {
			at[count++] = LOAD(20);
			at[count++] = UNLESS_EQUAL(0, 3);
			at[count++] = LOAD(16);
			at[count++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, row->value, row->is_other,
					   !row->is_other);
			at[count++] = RETURN(row->action);
			at[count++] = RETURN(written->default_action);
		} else {
			at[count++] = RETURN(row->action);
		}
	}
	if (written->has_no_form)
		write_product(at, &count);
	at[count++] = RETURN(written->default_action);
	return (struct filter){ at, count };
}

/* ---- the policy ---- */

/* x86-64: read and write are allowed, socket for AF_UNIX (1), statx fails with ENOSYS, what else there is
 * with EPERM. Other ABIs are killed. */
static struct policy *make_policy(void)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };
	struct rule *rule;

	policy->default_action = FAIL(EPERM);
	policy->foreign_action = KILL;
	policy_add_abi(policy, ABI_X86_64);
	policy_add_verdict(policy, ABI_X86_64, READ, ALLOW);
	policy_add_verdict(policy, ABI_X86_64, WRITE, ALLOW);
	rule = policy_add_verdict(policy, ABI_X86_64, SOCKET, ALLOW);
	clause_add(rule_add_clause(rule),
		   (struct condition){ .argument = 0, .comparison = COMPARE_EQUAL, .value = 1 });
	policy_add_verdict(policy, ABI_X86_64, STATX, FAIL(ENOSYS));
	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

#define READ_WRITE                           \
	{ .nr = READ, .action = ALLOW },     \
	{                                    \
		.nr = WRITE, .action = ALLOW \
	}
#define UNIX_SOCKET                                                          \
	{                                                                    \
		.nr = SOCKET, .action = ALLOW, .has_value = true, .value = 1 \
	}
#define NO_STATX                                    \
	{                                           \
		.nr = STATX, .action = FAIL(ENOSYS) \
	}

/* ---- the cases ---- */

struct stack_case {
	const char *name;
	struct written filters[4]; /* oldest first */
	size_t count, inherited;
	int result;
	size_t meant, further; /* of the verification, where the result is 0 */
	size_t own[4], own_count; /* which filters live_filters_of_policy() gives */
	const char *says; /* the error */
};

/* A filter that says nothing but for its rows. */
#define OPEN_BUT .default_action = ALLOW, .i386 = ALLOW, .foreign = ALLOW
#define AS_EXACT .default_action = FAIL(EPERM), .i386 = KILL, .foreign = KILL
#define EXACT                                                                       \
	{                                                                           \
		AS_EXACT, .rows = { READ_WRITE, UNIX_SOCKET, NO_STATX }, .count = 4 \
	}
/* Without a filter all is allowed. From open on x86-64's answers differ for 2 to 40, 41, 42 to 331, 332,
 * and the numbers above; then for -1, x32, i386, and all the other ABIs. */
#define NOTHING                                                                     \
	"no filter is installed: open (x86_64): policy errno:EPERM, kernel allow; " \
	"socket (x86_64): policy errno:EPERM, kernel allow with some arguments; "   \
	"connect (x86_64): policy errno:EPERM, kernel allow; "                      \
	"statx (x86_64): policy errno:ENOSYS, kernel allow; "                       \
	"io_pgetevents (x86_64): policy errno:EPERM, kernel allow; and 4 more"
#define ELSE "the kernel enforces another policy: "
#define MORE "the kernel denies more calls, or with another action: "

static const struct stack_case stack_cases[] = {
	{ .name = "the policy's own filter",
	  .filters = { EXACT },
	  .count = 1,
	  .meant = 1,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "the same twice: the older one is enough",
	  .filters = { EXACT, EXACT },
	  .count = 2,
	  .meant = 2,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "one filter is the manager's, whatever it says",
	  .filters = { { OPEN_BUT, .rows = { { .nr = WRITE, .action = KILL } }, .count = 1 },
		       EXACT },
	  .count = 2,
	  .inherited = 1,
	  .meant = 1,
	  .own = { 1 },
	  .own_count = 1 },
	{ .name = "the policy's filter was inherited, so the unit has none of its own",
	  .filters = { EXACT },
	  .count = 1,
	  .inherited = 1,
	  .result = -EUCLEAN,
	  .says = NOTHING },
	/* Each of them for one ABI, as systemd makes them. */
	{ .name = "two filters that together mean it",
	  .filters = { { .default_action = FAIL(EPERM),
			 .i386 = ALLOW,
			 .foreign = ALLOW,
			 .rows = { READ_WRITE, UNIX_SOCKET, NO_STATX },
			 .count = 4 },
		       { .default_action = ALLOW, .i386 = KILL, .foreign = KILL } },
	  .count = 2,
	  .meant = 2,
	  .own = { 0, 1 },
	  .own_count = 2 },
	{ .name = "a list, and a restriction of arguments that narrows it to the policy",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE, { .nr = SOCKET, .action = ALLOW }, NO_STATX },
			 .count = 4 },
		       { .default_action = FAIL(EPERM),
			 .i386 = ALLOW,
			 .foreign = ALLOW,
			 .rows = { READ_WRITE, UNIX_SOCKET, { .nr = STATX, .action = ALLOW } },
			 .count = 4 } },
	  .count = 2,
	  .meant = 2,
	  .own = { 0, 1 },
	  .own_count = 2 },
	{ .name = "a newer filter of the program's own refuses more",
	  .filters = { EXACT,
		       { OPEN_BUT, .rows = { { .nr = WRITE, .action = FAIL(EACCES) } },
			 .count = 1 } },
	  .count = 2,
	  .meant = 1,
	  .further = 1,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "two others refuse more, one of them older",
	  .filters = { { OPEN_BUT, .rows = { { .nr = READ, .action = KILL } }, .count = 1 },
		       EXACT,
		       { OPEN_BUT, .rows = { { .nr = WRITE, .action = KILL } }, .count = 1 } },
	  .count = 3,
	  .meant = 1,
	  .further = 2,
	  .own = { 1 },
	  .own_count = 1 },
	{ .name = "another filter refuses what the policy refuses too, by killing",
	  .filters = { EXACT,
		       { OPEN_BUT, .rows = { { .nr = OPEN, .action = KILL } }, .count = 1 } },
	  .count = 2,
	  .meant = 1,
	  .further = 1,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "a newer filter's errno is preferred, but the call is refused either way",
	  .filters = { EXACT,
		       { OPEN_BUT, .rows = { { .nr = OPEN, .action = FAIL(ENOSYS) } },
			 .count = 1 } },
	  .count = 2,
	  .meant = 2,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "an older filter's errno does not come to pass",
	  .filters = { { OPEN_BUT, .rows = { { .nr = OPEN, .action = FAIL(ENOSYS) } }, .count = 1 },
		       EXACT },
	  .count = 2,
	  .meant = 2,
	  .own = { 1 },
	  .own_count = 1 },
	{ .name = "a filter beside it has no form as a policy",
	  .filters = { EXACT, { OPEN_BUT, .has_no_form = true } },
	  .count = 2,
	  .meant = 1,
	  .further = 1,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "an older filter beside it has no form as a policy",
	  .filters = { { OPEN_BUT, .has_no_form = true }, EXACT },
	  .count = 2,
	  .meant = 1,
	  .further = 1,
	  .own = { 1 },
	  .own_count = 1 },
	{ .name = "the only filter has no form as a policy",
	  .filters = { { .default_action = FAIL(EPERM),
			 .i386 = KILL,
			 .foreign = KILL,
			 .rows = { READ_WRITE, UNIX_SOCKET, NO_STATX },
			 .count = 4,
			 .has_no_form = true } },
	  .count = 1,
	  .result = -EOPNOTSUPP,
	  .says = "x86_64:open: filter 1 of 1: instruction 27 " },
	/* Without the third the two others have no form, so that one stays. */
	{ .name = "a filter without a form between two others",
	  .filters = { EXACT, { OPEN_BUT, .has_no_form = true }, { OPEN_BUT } },
	  .count = 3,
	  .meant = 2,
	  .further = 1,
	  .own = { 0, 2 },
	  .own_count = 2 },
	/* Tried with 0 and 1 alone, the first would seem to be enough. */
	{ .name = "a list that allows more arguments, and one that narrows it to the policy",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   { .nr = SOCKET,
				     .action = ALLOW,
				     .has_value = true,
				     .is_other = true,
				     .value = 0 },
				   NO_STATX },
			 .count = 4 },
		       { .default_action = FAIL(EPERM),
			 .i386 = ALLOW,
			 .foreign = ALLOW,
			 .rows = { READ_WRITE, UNIX_SOCKET, { .nr = STATX, .action = ALLOW } },
			 .count = 4 } },
	  .count = 2,
	  .meant = 2,
	  .own = { 0, 1 },
	  .own_count = 2 },
	{ .name = "two filters are the manager's",
	  .filters = { { OPEN_BUT, .rows = { { .nr = WRITE, .action = KILL } }, .count = 1 },
		       { OPEN_BUT, .rows = { { .nr = READ, .action = KILL } }, .count = 1 },
		       EXACT,
		       { OPEN_BUT, .rows = { { .nr = READ, .action = KILL } }, .count = 1 } },
	  .count = 4,
	  .inherited = 2,
	  .meant = 1,
	  .further = 1,
	  .own = { 2 },
	  .own_count = 1 },
	/* The second turns statx's EPERM into ENOSYS: both are needed. open's ENOSYS is the difference. */
	{ .name = "a filter that is needed for an errno, beside one with another",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   { .nr = OPEN, .action = FAIL(ENOSYS) } },
			 .count = 4 },
		       { OPEN_BUT, .rows = { NO_STATX }, .count = 1 } },
	  .count = 2,
	  .result = -EUCLEAN,
	  .says = MORE "open (x86_64): policy errno:EPERM, kernel errno:ENOSYS" },
	/* 0 and 1, 2 to 40, socket with its two answers, 42 to 331, 332; and the rest, and -1. */
	{ .name = "every call kills",
	  .filters = { { .default_action = KILL, .i386 = KILL, .foreign = KILL } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = MORE
	  "read (x86_64): policy allow, kernel kill_process; "
	  "open (x86_64): policy errno:EPERM, kernel kill_process; "
	  "socket (x86_64): policy errno:EPERM, kernel kill_process with some arguments; "
	  "socket (x86_64): policy allow, kernel kill_process with some arguments; "
	  "connect (x86_64): policy errno:EPERM, kernel kill_process; and 3 more" },
	{ .name = "no filter", .result = -EUCLEAN, .says = NOTHING },
	{ .name = "one call more is allowed",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   NO_STATX,
				   { .nr = OPEN, .action = ALLOW } },
			 .count = 5 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "open (x86_64): policy errno:EPERM, kernel allow" },
	{ .name = "a number without a name is allowed",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   NO_STATX,
				   { .nr = 4000, .action = ALLOW } },
			 .count = 5 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "number 4000 (x86_64): policy errno:EPERM, kernel allow" },
	/* Of five differences none is left over. */
	{ .name = "five calls more are allowed",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   NO_STATX,
				   { .nr = 10, .action = ALLOW },
				   { .nr = 20, .action = ALLOW },
				   { .nr = 30, .action = ALLOW },
				   { .nr = 50, .action = ALLOW },
				   { .nr = OPEN, .action = ALLOW } },
			 .count = 9 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "open (x86_64): policy errno:EPERM, kernel allow; "
		       "mprotect (x86_64): policy errno:EPERM, kernel allow; "
		       "writev (x86_64): policy errno:EPERM, kernel allow; "
		       "shmat (x86_64): policy errno:EPERM, kernel allow; "
		       "listen (x86_64): policy errno:EPERM, kernel allow" },
	{ .name = "a call is allowed with more arguments",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE, { .nr = SOCKET, .action = ALLOW }, NO_STATX },
			 .count = 4 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "socket (x86_64): policy errno:EPERM, kernel allow with some arguments" },
	{ .name = "a call is allowed with other arguments: what it refuses besides is not the point",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   { .nr = SOCKET, .action = ALLOW, .has_value = true, .value = 2 },
				   NO_STATX },
			 .count = 4 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "socket (x86_64): policy errno:EPERM, kernel allow with some arguments" },
	{ .name = "a call that is refused is logged",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   NO_STATX,
				   { .nr = OPEN, .action = SECCOMP_RET_LOG } },
			 .count = 5 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "open (x86_64): policy errno:EPERM, kernel log" },
	{ .name = "a call of another ABI gets an error where it is to be killed",
	  .filters = { { .default_action = FAIL(EPERM),
			 .i386 = FAIL(EPERM),
			 .foreign = KILL,
			 .rows = { READ_WRITE, UNIX_SOCKET, NO_STATX },
			 .count = 4 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = ELSE "restart_syscall (i386): policy kill_process, kernel errno:EPERM" },
	/* systemd has it so or so. */
	{ .name = "a call of another ABI kills the thread instead of the process",
	  .filters = { { .default_action = FAIL(EPERM),
			 .i386 = KILL_THREAD,
			 .foreign = KILL_THREAD,
			 .rows = { READ_WRITE, UNIX_SOCKET, NO_STATX },
			 .count = 4 } },
	  .count = 1,
	  .meant = 1,
	  .own = { 0 },
	  .own_count = 1 },
	{ .name = "a call that is allowed is refused",
	  .filters = { { AS_EXACT,
			 .rows = { { .nr = READ, .action = ALLOW }, UNIX_SOCKET, NO_STATX },
			 .count = 3 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = MORE "write (x86_64): policy allow, kernel errno:EPERM" },
	{ .name = "two calls that are allowed are refused",
	  .filters = { { AS_EXACT, .rows = { { .nr = READ, .action = ALLOW }, NO_STATX },
			 .count = 2 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = MORE "write (x86_64): policy allow, kernel errno:EPERM; "
		       "socket (x86_64): policy allow, kernel errno:EPERM with some arguments" },
	{ .name = "a call is refused by another errno",
	  .filters = { { AS_EXACT, .rows = { READ_WRITE, UNIX_SOCKET }, .count = 3 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = MORE "statx (x86_64): policy errno:ENOSYS, kernel errno:EPERM" },
	{ .name = "a call of the policy's own ABI kills where it is to fail",
	  .filters = { { AS_EXACT,
			 .rows = { READ_WRITE,
				   UNIX_SOCKET,
				   { .nr = STATX, .action = KILL_THREAD } },
			 .count = 4 } },
	  .count = 1,
	  .result = -EUCLEAN,
	  .says = MORE "statx (x86_64): policy errno:ENOSYS, kernel kill_thread" },
};

static void make_stack(const struct stack_case *one, struct filter_stack *stack)
{
	stack->filters = calloc(one->count + 1, sizeof(*stack->filters));
	stack->count = one->count;
	for (size_t i = 0; i < one->count; i++)
		stack->filters[i] = write_filter(&one->filters[i]);
}

/* All numbers of x86-64, i386 and x32 up to their last known one, and 64 more of each. */
static size_t numbers_of_all_abis(void)
{
	static const struct {
		enum abi abi;
		int base;
	} abis[] = { { ABI_X86_64, 0 }, { ABI_I386, 0 }, { ABI_X32, X32_BIT } };
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		int last = 0;

		for (int nr = 0; nr < 2048; nr++)
			if (syscall_name(abis[i].abi, abis[i].base + nr))
				last = nr;
		sum += (size_t)last + 64;
	}
	return sum;
}

static void check_own(const struct stack_case *one, const struct filter_stack *stack,
		      const struct policy *policy)
{
	struct filter_stack own = { 0 };
	struct error err = { 0 };

	if (live_filters_of_policy(stack, one->inherited, policy, &own, &err) < 0)
		fail_msg("%s: own filters: %s", one->name, err.message);
	if (own.count != one->own_count)
		fail_msg("%s: expected %zu own filters, got %zu", one->name, one->own_count,
			 own.count);
	for (size_t i = 0; i < own.count; i++) {
		const struct filter *wanted = &stack->filters[one->own[i]], *got = &own.filters[i];

		if (got->count != wanted->count ||
		    memcmp(got->instructions, wanted->instructions,
			   wanted->count * sizeof(*wanted->instructions)) != 0)
			fail_msg("%s: own filter %zu is not filter %zu", one->name, i, one->own[i]);
	}
	filter_stack_free(&own);
}

static void check_stack(const struct stack_case *one, const struct policy *policy)
{
	struct filter_stack stack;
	/* Of the thread before: only what is larger stands. */
	struct verification verification = { .filters = 99, .further = 1, .calls = 99 };
	size_t further = one->further > 1 ? one->further : 1;
	struct error err = { 0 };
	int r;

	make_stack(one, &stack);
	r = live_filters_verify(&stack, one->inherited, policy, &verification, &err);
	if (r != one->result)
		fail_msg("%s: expected %d, got %d: %s", one->name, one->result, r, err.message);
	/* Of what is unknown only the place: why is the evaluator's matter. */
	if (r == -EOPNOTSUPP)
		err.message[strnlen(one->says, strlen(err.message))] = '\0';
	if (r < 0 && strcmp(err.message, one->says) != 0)
		fail_msg("%s: expected \"%s\", got \"%s\"", one->name, one->says, err.message);
	if (r == 0) {
		if (verification.filters != one->meant || verification.further != further)
			fail_msg("%s: expected %zu filters and %zu further, got %zu and %zu",
				 one->name, one->meant, further, verification.filters,
				 verification.further);
		assert_int_equal(verification.calls, numbers_of_all_abis());
		assert_string_equal(err.message, "");
		check_own(one, &stack, policy);
	}
	filter_stack_free(&stack);
}

/* One without an instruction is none that the kernel could have given. */
static void a_stack_with_a_broken_filter_is_an_error(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	struct written exact = EXACT;
	struct filter filters[] = { write_filter(&exact), { NULL, 0 } };
	struct filter_stack stack = { filters, 2 }, own = { 0 };
	struct verification verification = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(live_filters_verify(&stack, 0, policy, &verification, &err), -EINVAL);
	assert_int_equal(verification.filters, 0);
	assert_int_equal(live_filters_of_policy(&stack, 0, policy, &own, &err), -EINVAL);
	assert_int_equal(own.count, 0);
	assert_null(own.filters);
	/* The broken one is another's. */
	filters[1] = filters[0];
	filters[0] = (struct filter){ NULL, 0 };
	err = (struct error){ 0 };
	assert_int_equal(live_filters_verify(&stack, 1, policy, &verification, &err), 0);
	assert_int_equal(verification.filters, 1);
	assert_int_equal(verification.further, 0);
	filter_free(&filters[1]);
}

static void each_stack_gets_its_verdict(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stack_cases); i++)
		check_stack(&stack_cases[i], policy);
}

/* ---- every number, and every clause ---- */

static int last_number(enum abi abi)
{
	int last = 0;

	for (int nr = 0; nr < 2048; nr++)
		if (syscall_name(abi, nr))
			last = nr;
	return last;
}

static void expect_answer(const struct written *written, const struct policy *policy,
			  const char *says)
{
	struct filter filter = write_filter(written);
	struct filter_stack stack = { &filter, 1 };
	struct error err = { 0 };
	size_t calls = 0;
	int r = live_filters_verify_numbers(&stack, policy, &calls, &err);

	assert_int_equal(r, says ? -EUCLEAN : 0);
	assert_string_equal(err.message, says ? says : "");
	filter_free(&filter);
}

static void every_number_is_tried_in_every_abi(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	struct written written = EXACT;
	struct filter broken = { NULL, 0 };
	struct filter_stack stack = { &broken, 1 };
	struct error err = { 0 };
	char says[128];
	size_t calls;

	(void)state;
	expect_answer(&written, policy, NULL);
	written.i386 = ALLOW;
	expect_answer(&written, policy, "call 0 (i386): policy kill_process, kernel allow");
	written.i386 = KILL;
	written.foreign = ALLOW;
	expect_answer(&written, policy, "call 1073741824 (x32): policy kill_process, kernel allow");
	written.foreign = KILL_THREAD;
	expect_answer(&written, policy, NULL);
	/* 64 numbers more than have names. */
	written.rows[4] = (struct row){ .nr = last_number(ABI_X86_64) + 63, .action = ALLOW };
	written.count = 5;
	snprintf(says, sizeof(says), "call %d (x86_64): policy errno:EPERM, kernel allow",
		 written.rows[4].nr);
	expect_answer(&written, policy, says);
	written.rows[4].nr++;
	expect_answer(&written, policy, NULL);
	assert_int_equal(live_filters_verify_numbers(&stack, policy, &calls, &err), -EINVAL);
}

/* The filter does not allow the call with any other arguments than those that its row has, and 0 is
 * what every number is tried with. */
static void every_clause_is_tried_with_arguments_that_meet_it(void **state)
{
	static const struct {
		enum comparison comparison;
		uint64_t value, mask;
		uint32_t allowed; /* by the filter */
	} rows[] = {
		{ COMPARE_EQUAL, 5, 0, 7 },	    { COMPARE_EQUAL, UINT64_C(1) << 32, 0, 7 },
		{ COMPARE_NOT_EQUAL, 0, 0, 7 },	    { COMPARE_GREATER, 5, 0, 7 },
		{ COMPARE_GREATER_EQUAL, 5, 0, 7 }, { COMPARE_MASKED_EQUAL, 4, 6, 7 },
		{ COMPARE_LESS, 5, 0, 0 },	    { COMPARE_LESS_EQUAL, 5, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = make_policy();
		struct written written = EXACT;
		struct error err = { 0 };
		struct rule *rule = policy_add_verdict(policy, ABI_X86_64, OPEN, ALLOW);

		if (rows[i].allowed)
			clause_add(rule_add_clause(rule),
				   (struct condition){ .comparison = COMPARE_EQUAL,
						       .value = rows[i].allowed });
		clause_add(rule_add_clause(rule),
			   (struct condition){ .comparison = rows[i].comparison,
					       .value = rows[i].value,
					       .mask = rows[i].mask });
		assert_int_equal(policy_finish(policy, &err), 0);
		written.rows[4] = (struct row){
			.nr = OPEN, .action = ALLOW, .has_value = true, .value = rows[i].allowed
		};
		written.count = 5;
		expect_answer(&written, policy,
			      "call 2 (x86_64): policy allow, kernel errno:EPERM");
	}
}

/* ---- equality of programs ---- */

static void programs_are_the_same_only_to_the_last_byte(void **state)
{
	struct sock_filter one[] = { LOAD(0), RETURN(ALLOW) };
	struct sock_filter same[] = { LOAD(0), RETURN(ALLOW) };
	struct sock_filter other[] = { LOAD(0), RETURN(KILL) };
	struct filter a = { one, 2 }, b = { same, 2 }, c = { other, 2 }, shorter = { one, 1 };
	struct filter ab[] = { a, b }, ac[] = { a, c }, ca[] = { c, a };

	(void)state;
	assert_true(live_filters_equal(&a, &b));
	assert_false(live_filters_equal(&a, &c));
	assert_false(live_filters_equal(&a, &shorter));
	assert_false(live_filters_equal(&shorter, &a));
	assert_true(live_filters_stacks_equal(&(struct filter_stack){ ab, 2 },
					      &(struct filter_stack){ ab, 2 }));
	assert_true(live_filters_stacks_equal(&(struct filter_stack){ ab, 0 },
					      &(struct filter_stack){ ca, 0 }));
	assert_false(live_filters_stacks_equal(&(struct filter_stack){ ab, 2 },
					       &(struct filter_stack){ ac, 2 }));
	assert_false(live_filters_stacks_equal(&(struct filter_stack){ ac, 2 },
					       &(struct filter_stack){ ca, 2 }));
	assert_false(live_filters_stacks_equal(&(struct filter_stack){ ab, 1 },
					       &(struct filter_stack){ ab, 2 }));
	assert_false(live_filters_stacks_equal(&(struct filter_stack){ ab, 2 },
					       &(struct filter_stack){ ab, 1 }));
}

/* ---- what the service manager has read ---- */

static int check_property(bool is_trial, bool is_allow_list, const char *const names[],
			  struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	_cleanup_free_ char **copies = calloc(8, sizeof(*copies));
	struct unit unit = { .name = strdup("a.service") };
	struct unit_calls *calls = is_trial ? &unit.log : &unit.filter;
	int r;

	for (size_t i = 0; names && names[i]; i++)
		copies[i] = strdup(names[i]);
	*err = (struct error){ 0 };
	policy->default_action = is_trial ? SECCOMP_RET_LOG : FAIL(EPERM);
	*calls = (struct unit_calls){ .is_allow_list = is_allow_list,
				      .names = names ? copies : NULL };
	r = unit_verify_property(&unit, policy, err);
	for (size_t i = 0; i < 8; i++)
		free(copies[i]);
	free(unit.name);
	return r;
}

static void the_manager_must_have_read_every_name(void **state)
{
	static const char *const all[] = { "write", "socket", "openat", "read", NULL };
	static const char *const some[] = { "statx", "socket", NULL };
	static const char *const none[] = { NULL };
	struct error err;

	(void)state;
	/* statx gets an error: whether it is on the list is not to be told by its name. */
	assert_int_equal(check_property(false, true, all, &err), 0);
	assert_int_equal(check_property(false, true, some, &err), -EUCLEAN);
	assert_non_null(strstr(err.message, " lacks read, write:"));
	assert_int_equal(check_property(false, true, none, &err), -EUCLEAN);
	assert_int_equal(check_property(false, true, NULL, &err), -EUCLEAN);
	assert_int_equal(check_property(false, false, all, &err), -EUCLEAN);
	/* SystemCallLog=~: what is not to be logged. */
	assert_int_equal(check_property(true, false, all, &err), 0);
	assert_int_equal(check_property(true, false, some, &err), -EUCLEAN);
	assert_int_equal(check_property(true, true, all, &err), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_gets_its_verdict),
		cmocka_unit_test(a_stack_with_a_broken_filter_is_an_error),
		cmocka_unit_test(every_number_is_tried_in_every_abi),
		cmocka_unit_test(every_clause_is_tried_with_arguments_that_meet_it),
		cmocka_unit_test(programs_are_the_same_only_to_the_last_byte),
		cmocka_unit_test(the_manager_must_have_read_every_name),
	};

	return cmocka_run_group_tests_name("proof of live filters", tests, NULL, NULL);
}
