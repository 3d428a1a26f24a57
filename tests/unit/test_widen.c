// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy becomes one that a format can say. What is allowed may be allowed more widely, what is refused
 * may be refused less, and never the other way round; each change is warned of by the call's name.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "random_policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define LOG	     SECCOMP_RET_LOG
#define TRAP	     SECCOMP_RET_TRAP
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
#define KILL	     SECCOMP_RET_KILL_PROCESS

/* Numbers of x86-64, and open's of i386. */
enum { READ, WRITE, OPEN, CLOSE, I386_OPEN = 5, I386_WAITPID = 7, UNNAMED = 4000 };

#define EQUAL(argument, value)                    \
	{                                         \
		argument, COMPARE_EQUAL, value, 0 \
	}
#define GREATER(argument, value)                    \
	{                                           \
		argument, COMPARE_GREATER, value, 0 \
	}
#define LESS(argument, value)                    \
	{                                        \
		argument, COMPARE_LESS, value, 0 \
	}
#define MASKED(argument, value, mask)                       \
	{                                                   \
		argument, COMPARE_MASKED_EQUAL, value, mask \
	}

struct rule_row {
	int nr;
	action action;
	/* Up to three clauses of up to three conditions; one without any ends them. */
	struct condition clauses[3][3];
	size_t counts[3];
	enum abi abi;
};

struct call_row {
	int nr;
	uint64_t arguments[3];
	action wanted;
	enum abi abi;
};

struct widen_case {
	const char *name;
	struct emitter emitter;
	action default_action;
	struct rule_row rules[4];
	size_t rules_count;
	struct call_row calls[6];
	size_t calls_count;
	size_t rules_left, clauses_left; /* of the first rule */
	const char *warnings; /* names of calls, in the order of the warnings; NULL: no warning */
};

#define ONE_EQUAL 1U << COMPARE_EQUAL
#define EVERYTHING                                                                        \
	(EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_ORDER | EMIT_REPEATED | \
	 EMIT_NUMBERS | EMIT_FOREIGN | EMIT_REFUSE_WHERE | EMIT_SPANS)

static const struct widen_case cases[] = {
	{ .name = "a format that can say all changes nothing",
	  .emitter = { .can = EVERYTHING },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { GREATER(0, 5), LESS(0, 9) } },
		       .counts = { 2 } },
		     { .nr = OPEN, .action = LOG } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 6 }, FAIL(EACCES), 0 }, { OPEN, { 9 }, LOG, 0 } },
	  .calls_count = 2,
	  .rules_left = 2,
	  .clauses_left = 1 },
	{ .name = "what allows loses a condition that can't be said",
	  .emitter = { .can = EVERYTHING, .comparisons = ONE_EQUAL },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1), GREATER(1, 5) } },
		       .counts = { 2 } } },
	  .rules_count = 1,
	  .calls = { { OPEN, { 1, 9 }, ALLOW, 0 },
		     { OPEN, { 1, 2 }, ALLOW, 0 },
		     { OPEN, { 2, 9 }, FAIL(EPERM), 0 } },
	  .calls_count = 3,
	  .rules_left = 1,
	  .clauses_left = 1,
	  .warnings = "open" },
	{ .name = "what allows loses all clauses with the last condition of one",
	  .emitter = { .can = EVERYTHING, .comparisons = ONE_EQUAL },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) }, { GREATER(1, 5) } },
		       .counts = { 1, 1 } } },
	  .rules_count = 1,
	  .calls = { { OPEN, { 2, 2 }, ALLOW, 0 } },
	  .calls_count = 1,
	  .rules_left = 1,
	  .warnings = "open" },
	{ .name = "what refuses loses the clause, not the condition",
	  .emitter = { .can = EVERYTHING, .comparisons = ONE_EQUAL },
	  .default_action = ALLOW,
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1), GREATER(1, 5) }, { EQUAL(0, 3) } },
		       .counts = { 2, 1 } } },
	  .rules_count = 1,
	  .calls = { { OPEN, { 1, 9 }, ALLOW, 0 },
		     { OPEN, { 1, 2 }, ALLOW, 0 },
		     { OPEN, { 3, 2 }, FAIL(EACCES), 0 } },
	  .calls_count = 3,
	  .rules_left = 1,
	  .clauses_left = 1,
	  .warnings = "open" },
	{ .name = "what refuses and has no clause left is no rule",
	  .emitter = { .can = EVERYTHING, .comparisons = ONE_EQUAL },
	  .default_action = ALLOW,
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { GREATER(1, 5) } },
		       .counts = { 1 } },
		     { .nr = CLOSE, .action = KILL } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 1, 9 }, ALLOW, 0 }, { CLOSE, { 0 }, KILL, 0 } },
	  .calls_count = 2,
	  .rules_left = 1,
	  .warnings = "open" },
	{ .name = "one condition an argument",
	  .emitter = { .can = EVERYTHING & ~EMIT_REPEATED },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { GREATER(0, 3), LESS(0, 6), EQUAL(1, 2) } },
		       .counts = { 3 } } },
	  .rules_count = 1,
	  .calls = { { OPEN, { 5, 2 }, ALLOW, 0 },
		     { OPEN, { 9, 2 }, ALLOW, 0 },
		     { OPEN, { 2, 2 }, FAIL(EPERM), 0 },
		     { OPEN, { 5, 3 }, FAIL(EPERM), 0 } },
	  .calls_count = 4,
	  .rules_left = 1,
	  .clauses_left = 1,
	  .warnings = "open" },
	{ .name = "what was dropped does not count as the argument's one condition",
	  .emitter = { .can = EVERYTHING & ~EMIT_REPEATED, .comparisons = ONE_EQUAL },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { GREATER(0, 3), EQUAL(0, 5) } },
		       .counts = { 2 } } },
	  .rules_count = 1,
	  .calls = { { OPEN, { 5 }, ALLOW, 0 }, { OPEN, { 6 }, FAIL(EPERM), 0 } },
	  .calls_count = 2,
	  .rules_left = 1,
	  .clauses_left = 1,
	  .warnings = "open" },
	{ .name = "values up to the largest",
	  .emitter = { .can = EVERYTHING, .largest = 100 },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = READ,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 100) } },
		       .counts = { 1 } },
		     { .nr = WRITE,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 101) } },
		       .counts = { 1 } },
		     { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { MASKED(0, 1, 101) } },
		       .counts = { 1 } },
		     { .nr = CLOSE,
		       .action = ALLOW,
		       .clauses = { { MASKED(0, 1, 100 & ~1) } },
		       .counts = { 1 } } },
	  .rules_count = 4,
	  .calls = { { READ, { 1 }, FAIL(EPERM), 0 },
		     { WRITE, { 1 }, ALLOW, 0 },
		     { OPEN, { 2 }, ALLOW, 0 } },
	  .calls_count = 3,
	  .rules_left = 4,
	  .clauses_left = 1,
	  .warnings = "open write" },
	{ .name = "without conditions what allows anything allows all",
	  .emitter = { .can = EVERYTHING & ~EMIT_ARGUMENTS },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 2) } },
		       .counts = { 1 } },
		     { .nr = OPEN, .action = KILL } },
	  .rules_count = 3,
	  .calls = { { OPEN, { 1 }, ALLOW, 0 }, { OPEN, { 9 }, ALLOW, 0 } },
	  .calls_count = 2,
	  .rules_left = 1,
	  .warnings = "open" },
	{ .name = "without conditions what refuses whatever the arguments stays",
	  .emitter = { .can = EVERYTHING & ~EMIT_ARGUMENTS },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = OPEN, .action = KILL },
		     { .nr = WRITE, .action = KILL } },
	  .rules_count = 3,
	  .calls = { { OPEN, { 1 }, KILL, 0 },
		     { OPEN, { 9 }, KILL, 0 },
		     { WRITE, { 9 }, KILL, 0 } },
	  .calls_count = 3,
	  .rules_left = 2,
	  .warnings = "open" },
	{ .name = "without conditions what refuses some arguments only is no rule",
	  .emitter = { .can = EVERYTHING & ~EMIT_ARGUMENTS },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = WRITE, .action = ALLOW } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 1 }, FAIL(EPERM), 0 } },
	  .calls_count = 1,
	  .rules_left = 1,
	  .warnings = "open" },
	{ .name = "without an order rules that do the same become one",
	  .emitter = { .can = EVERYTHING & ~EMIT_ORDER },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) }, { EQUAL(0, 2), EQUAL(1, 1) } },
		       .counts = { 1, 2 } },
		     { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) }, { EQUAL(0, 3) } },
		       .counts = { 1, 1 } },
		     { .nr = OPEN, .action = FAIL(EPERM) } },
	  .rules_count = 3,
	  .calls = { { OPEN, { 1 }, ALLOW, 0 },
		     { OPEN, { 2, 1 }, ALLOW, 0 },
		     { OPEN, { 2, 2 }, FAIL(EPERM), 0 },
		     { OPEN, { 3 }, ALLOW, 0 } },
	  .calls_count = 4,
	  .rules_left = 1,
	  .clauses_left = 3 },
	{ .name = "without an order a rule for any argument is the whole",
	  .emitter = { .can = EVERYTHING & ~EMIT_ORDER },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = OPEN, .action = ALLOW } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 9 }, ALLOW, 0 } },
	  .calls_count = 1,
	  .rules_left = 1 },
	{ .name = "without an order different actions can't be kept apart",
	  .emitter = { .can = EVERYTHING & ~EMIT_ORDER },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = OPEN, .action = ALLOW } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 1 }, ALLOW, 0 } },
	  .calls_count = 1,
	  .rules_left = 1,
	  .warnings = "open" },
	{ .name = "one action for all",
	  .emitter = { .can = EVERYTHING & ~EMIT_ACTION_PER_CALL },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = READ, .action = ALLOW },
		     { .nr = WRITE, .action = LOG },
		     { .nr = OPEN, .action = FAIL(EACCES) },
		     { .nr = CLOSE, .action = FAIL(EPERM) } },
	  .rules_count = 4,
	  .calls = { { READ, { 0 }, ALLOW, 0 },
		     { WRITE, { 0 }, ALLOW, 0 },
		     { OPEN, { 0 }, FAIL(EPERM), 0 } },
	  .calls_count = 3,
	  .rules_left = 3,
	  .warnings = "open write" },
	{ .name = "an action that the format lacks",
	  .emitter = { .can = EVERYTHING, .actions = EMIT_ERRNO | EMIT_ALLOW },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = READ, .action = TRAP },
		     { .nr = WRITE, .action = FAIL(EACCES) },
		     { .nr = OPEN, .action = LOG } },
	  .rules_count = 3,
	  .calls = { { READ, { 0 }, FAIL(EPERM), 0 },
		     { WRITE, { 0 }, FAIL(EACCES), 0 },
		     { OPEN, { 0 }, ALLOW, 0 } },
	  .calls_count = 3,
	  .rules_left = 2,
	  .warnings = "open read" },
	{ .name = "no action of its own for some arguments",
	  .emitter = { .can = EVERYTHING & ~EMIT_REFUSE_WHERE },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = READ,
		       .action = FAIL(EACCES),
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = WRITE, .action = FAIL(EACCES) },
		     { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } } },
	  .rules_count = 3,
	  .calls = { { READ, { 1 }, FAIL(EPERM), 0 },
		     { WRITE, { 0 }, FAIL(EACCES), 0 },
		     { OPEN, { 1 }, ALLOW, 0 },
		     { OPEN, { 2 }, FAIL(EPERM), 0 } },
	  .calls_count = 4,
	  .rules_left = 2,
	  .warnings = "read" },
	{ .name = "calls without a name",
	  .emitter = { .can = EVERYTHING & ~EMIT_NUMBERS },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = UNNAMED, .action = ALLOW },
		     { .nr = UNNAMED + 1, .action = FAIL(EPERM) },
		     { .nr = READ, .action = ALLOW } },
	  .rules_count = 3,
	  .calls = { { UNNAMED, { 0 }, FAIL(EPERM), 0 } },
	  .calls_count = 1,
	  .rules_left = 1,
	  .warnings = "4000" },
	{ .name = "one ABI: the native one",
	  .emitter = { .can = EVERYTHING & ~EMIT_ABIS },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = I386_OPEN, .action = ALLOW, .abi = ABI_I386 },
		     { .nr = OPEN, .action = ALLOW } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 0 }, ALLOW, 0 }, { I386_OPEN, { 0 }, KILL, ABI_I386 } },
	  .calls_count = 2,
	  .rules_left = 1,
	  .warnings = "i386" },
	/* What is allowed on one ABI is allowed on each. */
	{ .name = "one list: a call of one ABI comes to the other",
	  .emitter = { .can = EVERYTHING | EMIT_ONE_LIST },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN, .action = ALLOW },
		     { .nr = I386_WAITPID, .action = ALLOW, .abi = ABI_I386 } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 0 }, ALLOW, 0 },
		     { I386_OPEN, { 0 }, ALLOW, ABI_I386 },
		     { I386_WAITPID, { 0 }, ALLOW, ABI_I386 } },
	  .calls_count = 3,
	  .rules_left = 3,
	  .warnings = "open" },
	{ .name = "one list: what one ABI refuses the other allows",
	  .emitter = { .can = EVERYTHING | EMIT_ONE_LIST },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN, .action = FAIL(EACCES) },
		     { .nr = I386_OPEN, .action = ALLOW, .abi = ABI_I386 } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 0 }, ALLOW, 0 }, { I386_OPEN, { 0 }, ALLOW, ABI_I386 } },
	  .calls_count = 2,
	  .rules_left = 2,
	  .warnings = "open" },
	{ .name = "one list: conditions unite",
	  .emitter = { .can = EVERYTHING | EMIT_ONE_LIST },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = I386_OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 2) } },
		       .counts = { 1 },
		       .abi = ABI_I386 } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 1 }, ALLOW, 0 },
		     { OPEN, { 2 }, ALLOW, 0 },
		     { OPEN, { 3 }, FAIL(EPERM), 0 },
		     { I386_OPEN, { 1 }, ALLOW, ABI_I386 },
		     { I386_OPEN, { 3 }, FAIL(EPERM), ABI_I386 } },
	  .calls_count = 5,
	  .rules_left = 2,
	  .clauses_left = 2,
	  .warnings = "open open" },
	{ .name = "one list: no condition is wider than any",
	  .emitter = { .can = EVERYTHING | EMIT_ONE_LIST },
	  .default_action = FAIL(EPERM),
	  .rules = { { .nr = OPEN,
		       .action = ALLOW,
		       .clauses = { { EQUAL(0, 1) } },
		       .counts = { 1 } },
		     { .nr = I386_OPEN, .action = ALLOW, .abi = ABI_I386 } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 2 }, ALLOW, 0 }, { I386_OPEN, { 2 }, ALLOW, ABI_I386 } },
	  .calls_count = 2,
	  .rules_left = 2,
	  .warnings = "open" },
	{ .name = "one list: of two errors the first ABI's is written",
	  .emitter = { .can = EVERYTHING | EMIT_ONE_LIST },
	  .default_action = KILL,
	  .rules = { { .nr = OPEN, .action = FAIL(EACCES) },
		     { .nr = I386_OPEN, .action = FAIL(ENOENT), .abi = ABI_I386 } },
	  .rules_count = 2,
	  .calls = { { OPEN, { 0 }, FAIL(EACCES), 0 },
		     { I386_OPEN, { 0 }, FAIL(EACCES), ABI_I386 } },
	  .calls_count = 2,
	  .rules_left = 2,
	  .warnings = "open" },
};

static struct policy *make_policy(const struct widen_case *one)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy->default_action = one->default_action;
	policy->foreign_action = KILL;
	policy_add_abi(policy, ABI_X86_64);
	for (size_t i = 0; i < one->rules_count; i++) {
		const struct rule_row *row = &one->rules[i];
		struct rule *rule;

		policy_add_abi(policy, row->abi);
		rule = policy_add_verdict(policy, row->abi, row->nr, row->action);
		for (size_t j = 0; j < 3 && row->counts[j]; j++) {
			struct clause *clause = rule_add_clause(rule);

			for (size_t k = 0; k < row->counts[j]; k++)
				clause_add(clause, row->clauses[j][k]);
		}
	}
	if (policy_finish(policy, &err) < 0)
		fail_msg("%s: %s", one->name, err.message);
	return policy;
}

static void keep_warning(void *context, const char *message)
{
	fprintf(context, "%s\n", message);
}

/* Each warning has its name as a word, and there are no more. */
static void check_warnings(const struct widen_case *one, char *warnings)
{
	_cleanup_free_ char *names = strdup(one->warnings ? one->warnings : "");
	char *rest = warnings, *line, *left = names, *name;

	while ((line = strsep(&rest, "\n")) && *line) {
		const char *at;

		name = strsep(&left, " ");
		at = name ? strstr(line, name) : NULL;
		if (!name || !*name || !at || (at[strlen(name)] && !strchr(" :", at[strlen(name)])))
			fail_msg("%s: a warning that is not expected: %s", one->name, line);
	}
	if (left && *left)
		fail_msg("%s: no warning of %s", one->name, left);
}

static void check_case(const struct widen_case *one)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(one), *widened = NULL;
	_cleanup_free_ char *warnings = NULL;
	size_t size;
	FILE *warned = open_memstream(&warnings, &size);
	const struct emit_options options = { .warn = keep_warning, .context = warned };
	struct error err = { 0 };

	if (emit_widen(policy, &one->emitter, &options, &widened, &err) < 0)
		fail_msg("%s: %s", one->name, err.message);
	fclose(warned);
	for (size_t i = 0; i < one->calls_count; i++) {
		const struct call_row *call = &one->calls[i];
		uint64_t arguments[6] = { call->arguments[0], call->arguments[1],
					  call->arguments[2] };
		action got = policy_evaluate(widened, call->abi, call->nr, arguments);

		if (got != call->wanted)
			fail_msg("%s: call %zu: expected %#x, got %#x", one->name, i, call->wanted,
				 got);
	}
	if (widened->rules_count != one->rules_left ||
	    widened->rules[0].clauses_count != one->clauses_left)
		fail_msg("%s: %zu rules, the first with %zu clauses", one->name,
			 widened->rules_count, widened->rules[0].clauses_count);
	check_warnings(one, warnings);
}

static void each_policy_becomes_what_the_format_can_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(&cases[i]);
}

/* ---- calls of other ABIs ---- */

static void only_another_kind_of_answer_to_other_abis_is_warned_of(void **state)
{
	static const struct {
		action policy, format;
		bool is_told;
	} rows[] = {
		{ KILL, KILL, false },
		{ KILL, SECCOMP_RET_KILL_THREAD, false },
		{ SECCOMP_RET_KILL_THREAD, KILL, false },
		{ FAIL(EPERM), FAIL(ENOSYS), false },
		{ FAIL(EPERM), KILL, true },
		{ KILL, ALLOW, true },
		{ ALLOW, SECCOMP_RET_KILL_THREAD, true },
		{ SECCOMP_RET_KILL_THREAD, FAIL(EPERM), true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new(), *widened = NULL;
		const struct emitter emitter = { .can = EVERYTHING & ~EMIT_FOREIGN,
						 .foreign = rows[i].format };
		_cleanup_free_ char *warnings = NULL;
		size_t size;
		FILE *warned = open_memstream(&warnings, &size);
		const struct emit_options options = { .warn = keep_warning, .context = warned };
		struct error err = { 0 };

		policy_add_abi(policy, ABI_X86_64);
		policy->foreign_action = rows[i].policy;
		assert_int_equal(emit_widen(policy, &emitter, &options, &widened, &err), 0);
		fclose(warned);
		assert_int_equal(widened->foreign_action, rows[i].format);
		assert_int_equal(*warnings != '\0', rows[i].is_told);
	}
}

static void a_default_that_the_format_lacks_is_an_error_with_the_choices(void **state)
{
	const struct emitter emitter = { .name = "toy",
					 .can = EVERYTHING,
					 .defaults = EMIT_ERRNO | EMIT_KILL_THREAD };
	static const struct {
		action action;
		int result;
	} rows[] = {
		{ FAIL(EACCES), 0 },	{ SECCOMP_RET_KILL_THREAD, 0 }, { KILL, -EOPNOTSUPP },
		{ ALLOW, -EOPNOTSUPP }, { LOG, -EOPNOTSUPP },		{ TRAP, -EOPNOTSUPP }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new(), *widened = NULL;
		const struct emit_options options = { 0 };
		struct error err = { 0 };

		policy_add_abi(policy, ABI_X86_64);
		policy->default_action = rows[i].action;
		assert_int_equal(emit_widen(policy, &emitter, &options, &widened, &err),
				 rows[i].result);
		if (rows[i].result < 0)
			assert_non_null(strstr(err.message, "kill_thread, errno:EPERM"));
	}
}

/* ---- at random ---- */

static bool lets_through(action verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == ALLOW ||
	       (verdict & SECCOMP_RET_ACTION_FULL) == LOG;
}

static void nothing_that_was_allowed_is_refused(void **state)
{
	const struct emit_options options = { 0 };

	(void)state;
	random_seed(12);
	for (unsigned round = 0; round < 2000; round++) {
		_cleanup_(policy_freep) struct policy *policy =
			random_policy(families[round % FAMILIES], 1 + random_below(20), 3);
		_cleanup_(policy_freep) struct policy *widened = NULL;
		/* Any abilities but these, without which there are other calls at all. */
		const struct emitter emitter = {
			.can = (random_draw() &
				(EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ORDER |
				 EMIT_REPEATED | EMIT_ONE_LIST | EMIT_REFUSE_WHERE)) |
			       EMIT_ABIS | EMIT_NUMBERS | EMIT_FOREIGN | EMIT_SPANS,
			.comparisons = random_below(2) ? random_draw() & EMIT_EVERY_COMPARISON : 0,
			.largest = random_below(2) ? random_value() : 0,
			.actions = random_below(2) ? random_draw() & 0xff : 0,
		};
		struct error err = { 0 };

		/* No format with one list for all ABIs has a default that allows (lxc, nspawn). */
		if (emitter.can & EMIT_ONE_LIST && lets_through(policy->default_action))
			continue;
		if (emit_widen(policy, &emitter, &options, &widened, &err) < 0)
			fail_msg("round %u: %s", round, err.message);
		for (unsigned i = 0; i < 40; i++) {
			struct tried_call call = random_call(policy);
			action before = policy_evaluate(policy, call.abi, call.nr, call.arguments);
			action after = policy_evaluate(widened, call.abi, call.nr, call.arguments);

			if (lets_through(before) && !lets_through(after))
				fail_msg("round %u: abilities %#x: call %d of %s: %#x became %#x",
					 round, emitter.can, call.nr, abi_info(call.abi)->name,
					 before, after);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_becomes_what_the_format_can_say),
		cmocka_unit_test(only_another_kind_of_answer_to_other_abis_is_warned_of),
		cmocka_unit_test(a_default_that_the_format_lacks_is_an_error_with_the_choices),
		cmocka_unit_test(nothing_that_was_allowed_is_refused),
	};

	return cmocka_run_group_tests_name("widening", tests, NULL, NULL);
}
