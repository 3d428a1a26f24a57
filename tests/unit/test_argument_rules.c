// SPDX-License-Identifier: LGPL-2.1-or-later
/* decide --argument: what is made of recorded arguments, by the kind of the argument. */
#include "common/cleanup.h"
#include "decide/decide.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct run *plain_run(void)
{
	struct run *run = run_new();
	struct process *process = run_add_process(run);

	process->executable = strdup("/nonexistent/served");
	run->observer = strdup("bpf");
	run->target_kind = TARGET_COMMAND;
	run->target = strdup("served");
	run->ended = strdup("target ended");
	run->machine = strdup("x86_64");
	run->filter = FILTER_ABSENT;
	return run;
}

static struct call *add_call(struct run *run, const char *name, size_t count,
			     const uint64_t values[][ARGUMENTS_MAX])
{
	struct call *call = run_add_call(run);

	call->abi = ABI_X86_64;
	call->nr = syscall_number(ABI_X86_64, name);
	call->phase = PHASE_STARTUP;
	call->count = count;
	call->arguments = calloc(count + 1, sizeof(*call->arguments));
	call->arguments_count = count;
	for (size_t i = 0; i < count; i++) {
		memcpy(call->arguments[i].value, values[i], sizeof(call->arguments[i].value));
		call->arguments[i].count = 1;
	}
	return call;
}

static struct policy *decide(struct run *run, const char *level, const char *names[])
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	const struct decide_options options = { .level = level,
						.default_action = SECCOMP_RET_ERRNO | EPERM,
						.foreign_action = SECCOMP_RET_KILL_PROCESS,
						.arguments = (const char *const *)names };
	struct policy *policy = NULL;
	struct error err = { 0 };

	if (run_finish(run, &err) < 0 || recording_add(recording, run, &err) < 0 ||
	    decide_policy(recording, &options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static bool allows(const struct policy *policy, const char *name, uint64_t first, uint64_t second,
		   uint64_t third)
{
	const uint64_t arguments[6] = { first, second, third };

	return policy_evaluate(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), arguments) ==
	       SECCOMP_RET_ALLOW;
}

static bool is_open(const struct policy *policy, const char *words)
{
	for (char **sentence = policy->open; sentence && *sentence; sentence++)
		if (strstr(*sentence, words))
			return true;
	return false;
}

static void of_a_socket_the_domains_that_were_seen_stay(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const struct rule *rule;

	(void)state;
	add_call(run, "socket", 3,
		 (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 }, { 1, 0x80002, 0 }, { 2, 1, 6 } });
	policy = decide(run, "observed", (const char *[]){ "socket", NULL });
	/* Types and protocols are free, and the high half of an int says nothing. */
	assert_true(allows(policy, "socket", 1, 5, 0));
	assert_true(allows(policy, "socket", 2, 1, 17));
	assert_true(allows(policy, "socket", UINT64_C(1) << 32 | 2, 1, 0));
	assert_false(allows(policy, "socket", 16, 3, 0));
	rule = policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, "socket"), NULL);
	assert_int_equal(rule->clauses_count, 2);
	assert_string_equal(rule->reasons[rule->reasons_count - 1].text,
			    "only with domain AF_UNIX, or domain AF_INET");
}

static void requests_and_options_are_sets_of_values(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "ioctl", 2, (const uint64_t[][ARGUMENTS_MAX]){ { 0x5401 }, { 0x5421 } });
	add_call(run, "prctl", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 15 } });
	add_call(run, "setsockopt", 2, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 2 }, { 6, 1 } });
	policy = decide(run, "observed", (const char *[]){ "ioctl", "prctl", "setsockopt", NULL });
	/* Descriptors and what else is passed are free. */
	assert_true(allows(policy, "ioctl", 77, 0x5421, 0x7fff12345678));
	assert_false(allows(policy, "ioctl", 77, 0x5412, 0));
	assert_true(allows(policy, "prctl", 15, 1, 2));
	assert_false(allows(policy, "prctl", 38, 1, 0));
	assert_true(allows(policy, "setsockopt", 3, 6, 1));
	/* Level and option go together. */
	assert_false(allows(policy, "setsockopt", 3, 6, 2));
}

static void memory_is_not_made_executable_where_it_never_was(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "mprotect", 1, (const uint64_t[][ARGUMENTS_MAX]){ { PROT_READ } });
	add_call(run, "mmap", 2,
		 (const uint64_t[][ARGUMENTS_MAX]){ { PROT_READ | PROT_WRITE, 0x22 },
						    { PROT_READ | PROT_EXEC, 2 } });
	policy = decide(run, "observed", (const char *[]){ "default", NULL });
	/* To write is no power, to execute is. */
	assert_true(allows(policy, "mprotect", 0, 4096, PROT_READ | PROT_WRITE));
	assert_false(allows(policy, "mprotect", 0, 4096, PROT_READ | PROT_EXEC));
	/* Seen each, but never together. */
	assert_true(allows(policy, "mmap", 0, 4096, PROT_READ | PROT_EXEC));
	assert_true(allows(policy, "mmap", 0, 4096, PROT_WRITE));
	assert_false(allows(policy, "mmap", 0, 4096, PROT_WRITE | PROT_EXEC));
}

static void namespaces_that_were_not_seen_are_refused(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "clone", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0x3d0f00 } });
	add_call(run, "unshare", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0x40000000 } });
	policy = decide(run, "observed", (const char *[]){ "clone", "unshare", NULL });
	assert_true(allows(policy, "clone", 0x1200000 | 17, 0, 0));
	assert_false(allows(policy, "clone", 0x10000000 | 17, 0, 0));
	assert_true(allows(policy, "unshare", 0x40000000, 0, 0));
	assert_false(allows(policy, "unshare", 0x40000080, 0, 0));
}

static void an_open_set_gets_no_condition_and_is_told(void **state)
{
	uint64_t many[64][ARGUMENTS_MAX] = { 0 };
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	for (uint64_t i = 0; i < 64; i++)
		many[i][0] = i;
	add_call(run, "prctl", 64, (const uint64_t(*)[ARGUMENTS_MAX])many);
	add_call(run, "ioctl", 0, NULL)->arguments_any = true;
	add_call(run, "clone3", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0x3d0f00 } });
	policy = decide(run, "observed", (const char *[]){ "prctl", "ioctl", "clone3", NULL });
	assert_true(allows(policy, "prctl", 99, 0, 0));
	assert_true(is_open(policy, "prctl stays allowed with every argument: there are too many"));
	assert_true(allows(policy, "ioctl", 0, 1, 0));
	assert_true(is_open(policy, "ioctl stays allowed with every argument: not all"));
	/* Its flags are in memory, where no filter sees them. */
	assert_true(allows(policy, "clone3", 12345, 0, 0));
	assert_true(is_open(policy, "clone3 stays allowed"));
}

static void a_wider_level_is_not_narrowed_by_what_was_seen(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
	policy = decide(run, "closed", (const char *[]){ "socket", NULL });
	/* The program is not here: what else it passes nobody knows. */
	assert_true(allows(policy, "socket", 16, 3, 0));
	assert_true(is_open(policy, "socket stays allowed with every argument: a program"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_socket_the_domains_that_were_seen_stay),
		cmocka_unit_test(requests_and_options_are_sets_of_values),
		cmocka_unit_test(memory_is_not_made_executable_where_it_never_was),
		cmocka_unit_test(namespaces_that_were_not_seen_are_refused),
		cmocka_unit_test(an_open_set_gets_no_condition_and_is_told),
		cmocka_unit_test(a_wider_level_is_not_narrowed_by_what_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
