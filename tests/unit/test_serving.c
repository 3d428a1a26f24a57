// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a serving process keeps, and of which role: by evidence first, then by the nature of the call. */
#include "decide/serving.h"

#include "common/cleanup.h"
#include "decide/decide.h"
#include "recording/recording.h"
#include "syscall/syscall.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STARTUP (1u << PHASE_STARTUP)
#define SERVING (1u << PHASE_SERVING)

/* ---- by nature, where no roles are known ---- */

static bool keeps(const char *name, unsigned phases, enum reason_kind kind, uint32_t outcome)
{
	char text[] = "";
	struct reason reason = { .kind = kind, .text = text };
	struct rule rule = {
		.abi = ABI_X86_64,
		.nr = syscall_number(ABI_X86_64, name),
		.action = outcome,
		.phases = phases,
		.reasons = &reason,
		.reasons_count = 1,
	};
	struct policy policy = { .rules = &rule, .rules_count = 1 };

	return !serving_why_not(&policy, &rule, ROLE_ANY);
}

static bool keeps_seen(const char *name, unsigned phases)
{
	return keeps(name, phases, REASON_SEEN, SECCOMP_RET_ALLOW);
}

static void powers_and_set_up_seen_only_in_startup_go(void **state)
{
	static const char *const names[] = { "setuid", "setgroups",    "capset",  "execve",
					     "chroot", "mount",	       "unshare", "bind",
					     "listen", "prctl",	       "umask",	  "seccomp",
					     "chown",  "epoll_create1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_false(keeps_seen(names[i], STARTUP));
		assert_true(keeps_seen(names[i], STARTUP | SERVING));
		assert_true(keeps_seen(names[i], SERVING));
	}
}

/* Why one that was not made while serving goes; NULL: it stays. */
static void each_nature_has_its_sentence(void **state)
{
	static const struct {
		const char *name;
		unsigned phases;
		enum reason_kind kind;
		const char *why;
	} rows[] = {
		/* The first and the last row of the table of natures, and one of each sentence. */
		{ "access", STARTUP, REASON_SEEN,
		  "queries something that a program needs to know when it starts" },
		{ "ustat", STARTUP, REASON_SEEN,
		  "queries something that a program needs to know when it starts" },
		{ "arch_prctl", STARTUP, REASON_SEEN, "sets up a process, once" },
		{ "bind", STARTUP, REASON_SEEN, "opens the service to new addresses" },
		{ "chmod", STARTUP, REASON_SEEN,
		  "changes owners, permissions or attributes of files" },
		{ "eventfd2", STARTUP, REASON_SEEN,
		  "creates an object that the program then serves with, once" },
		{ "pause", STARTUP, REASON_SEEN, "waits for signals, as another role does" },
		/* By the class of risk. */
		{ "setuid", STARTUP, REASON_SEEN, "changes the process's identity" },
		{ "execve", STARTUP, REASON_SEEN, "executes programs" },
		{ "mount", STARTUP, REASON_SEEN,
		  "changes the machine, or inspects other processes" },
		{ "ptrace", STARTUP, REASON_SEEN,
		  "changes the machine, or inspects other processes" },
		/* Memory that is made executable or shared is needed at any time. */
		{ "memfd_create", STARTUP, REASON_SEEN, NULL },
		{ "shmat", STARTUP, REASON_SEEN, NULL },
		{ "mremap", STARTUP, REASON_SEEN, NULL },
		/* What ends and resumes, and what the run-time library makes: the first and the last of each. */
		{ "exit", 0, REASON_BASE, NULL },
		{ "rt_sigreturn", 0, REASON_BASE, NULL },
		{ "brk", 0, REASON_BASE, NULL },
		{ "writev", 0, REASON_BASE, NULL },
		{ "sysinfo", STARTUP, REASON_SEEN, NULL },
		{ "ioctl", STARTUP, REASON_SEEN, NULL },
		{ "pread64", 0, REASON_BASE,
		  "never observed: in the policy only as part of the base" },
		{ "pread64", STARTUP, REASON_SEEN, NULL },
		{ "unlink", 0, REASON_REACHABLE, "changes files, and was never observed" },
		{ "unlink", STARTUP, REASON_SEEN, NULL },
		{ "shutdown", 0, REASON_REACHABLE, NULL },
		{ "pwritev", 0, REASON_SIBLING, "stands in for a call that is denied" },
		/* Of a phase that nobody knows. */
		{ "mount", STARTUP | 1u << PHASE_UNKNOWN, REASON_SEEN, NULL },
		{ "mount", 0, REASON_SEEN, NULL },
		{ "mount", STARTUP, REASON_ASKED, NULL },
		{ "mount", STARTUP, REASON_DENIED, NULL },
		{ "mount", 0, REASON_IMPORTED, NULL },
		{ "mount", 0, REASON_REACHABLE,
		  "changes the machine, or inspects other processes" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[] = "";
		struct reason reason = { .kind = rows[i].kind, .text = text };
		struct rule rule = { .abi = ABI_X86_64,
				     .nr = syscall_number(ABI_X86_64, rows[i].name),
				     .action = SECCOMP_RET_ALLOW,
				     .phases = rows[i].phases,
				     .reasons = &reason,
				     .reasons_count = 1 };
		struct policy policy = { .rules = &rule, .rules_count = 1 };
		const char *why = serving_why_not(&policy, &rule, ROLE_ANY);

		if (!why != !rows[i].why || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu, %s: \"%s\"", i, rows[i].name, why ? why : "it stays");
	}
}

/* Two reasons: of the base alone is only what has no other. */
static void one_more_reason_is_enough(void **state)
{
	static const struct {
		enum reason_kind first, second;
		unsigned phases;
		const char *name;
		bool is_kept;
	} rows[] = {
		{ REASON_BASE, REASON_SEEN, STARTUP, "pread64", true },
		{ REASON_SEEN, REASON_BASE, STARTUP, "pread64", true },
		{ REASON_BASE, REASON_BASE, 0, "pread64", false },
		{ REASON_REACHABLE, REASON_SIBLING, 0, "unlink", true },
		{ REASON_REACHABLE, REASON_REACHABLE, 0, "unlink", false },
		{ REASON_BASE, REASON_ASKED, 0, "mount", true },
		{ REASON_IMPORTED, REASON_BASE, 0, "mount", true },
		{ REASON_DENIED, REASON_BASE, 0, "mount", true },
		{ REASON_REACHABLE, REASON_BASE, 0, "mount", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[] = "";
		struct reason reasons[] = { { .kind = rows[i].first, .text = text },
					    { .kind = rows[i].second, .text = text } };
		struct rule rule = { .abi = ABI_X86_64,
				     .nr = syscall_number(ABI_X86_64, rows[i].name),
				     .action = SECCOMP_RET_ALLOW,
				     .phases = rows[i].phases,
				     .reasons = reasons,
				     .reasons_count = 2 };
		struct policy policy = { .rules = &rule, .rules_count = 1 };

		if (!serving_why_not(&policy, &rule, ROLE_ANY) != rows[i].is_kept)
			fail_msg("row %zu, %s", i, rows[i].name);
	}
}

/* Without a call that makes processes nothing is known of them: calls that manage them stay; with one
 * that was observed, those go with whoever makes none. */
static void who_makes_no_processes_manages_none(void **state)
{
	static const struct {
		const char *maker; /* NULL: none */
		enum reason_kind kind;
		unsigned phases;
		uint64_t startup_roles, serving_roles;
		action action;
		bool is_kept; /* wait4, by role 1 */
	} rows[] = {
		{ NULL, REASON_SEEN, 0, 0, 0, 0, true },
		{ "fork", REASON_SEEN, STARTUP, 1, 0, SECCOMP_RET_ALLOW, false },
		{ "vfork", REASON_SEEN, STARTUP, 0, 1, SECCOMP_RET_ALLOW, false },
		{ "clone", REASON_SEEN, STARTUP, 2, 0, SECCOMP_RET_ALLOW, true },
		{ "clone", REASON_SEEN, SERVING, 0, 2, SECCOMP_RET_ALLOW, true },
		{ "clone", REASON_SEEN, SERVING, 3, 1, SECCOMP_RET_ALLOW, true },
		/* The code can, but nobody was observed to. */
		{ "clone3", REASON_REACHABLE, 0, 0, 0, SECCOMP_RET_ALLOW, true },
		{ "fork", REASON_SEEN, STARTUP, 1, 0, SECCOMP_RET_ERRNO | 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		struct error err = { 0 };
		struct rule *rule;

		policy_add_abi(policy, ABI_X86_64);
		for (unsigned role = 0; role < 2; role++) {
			struct role *added = policy_add_role(policy);

			added->name = strdup(role ? "a/one" : "a/zero");
			added->executable = strdup("/a");
		}
		if (rows[i].maker) {
			rule = policy_add_verdict(policy, ABI_X86_64,
						  syscall_number(ABI_X86_64, rows[i].maker),
						  rows[i].action);
			rule_add_reason(rule, rows[i].kind, "in a test");
			rule->phases = rows[i].phases;
			rule->startup_roles = rows[i].startup_roles;
			rule->serving_roles = rows[i].serving_roles;
		}
		rule = policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "wait4"),
					  SECCOMP_RET_ALLOW);
		rule_add_reason(rule, REASON_SEEN, "in a test");
		rule->phases = STARTUP;
		assert_int_equal(policy_finish(policy, &err), 0);
		rule = (struct rule *)(uintptr_t)policy_find(
			policy, ABI_X86_64, syscall_number(ABI_X86_64, "wait4"), NULL);
		if (!serving_why_not(policy, rule, 1) != rows[i].is_kept)
			fail_msg("row %zu: %s", i, rows[i].maker ? rows[i].maker : "no maker");
	}
}

/* What grants nothing more than a call that is kept is kept, and goes where that goes. */
static void what_grants_nothing_more_goes_with_the_other_call(void **state)
{
	static const struct {
		const char *given, *name;
		unsigned phases; /* of the given one */
		bool is_kept;
	} rows[] = {
		/* epoll_create1 sets up, once. */
		{ "epoll_create1", "epoll_create", STARTUP, false },
		/* A nature of its own comes first. */
		{ "epoll_create1", "epoll_create", SERVING, false },
		/* accept4 is no family's member with flock; the file's status is asked by any of them. */
		{ "accept4", "accept", SERVING, true },
		{ "pwrite64", "fadvise64", SERVING, true },
		{ "pwrite64", "fadvise64", STARTUP, true },
		{ "bind", "fadvise64", SERVING, false },
		{ "lseek", "fadvise64", SERVING, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		struct error err = { 0 };
		struct rule *rule;

		policy_add_abi(policy, ABI_X86_64);
		rule = policy_add_verdict(policy, ABI_X86_64,
					  syscall_number(ABI_X86_64, rows[i].given),
					  SECCOMP_RET_ALLOW);
		rule_add_reason(rule, REASON_SEEN, "in a test");
		rule->phases = rows[i].phases;
		rule = policy_add_verdict(policy, ABI_X86_64,
					  syscall_number(ABI_X86_64, rows[i].name),
					  SECCOMP_RET_ALLOW);
		rule_add_reason(rule, REASON_SIBLING, "in a test");
		assert_int_equal(policy_finish(policy, &err), 0);
		rule = (struct rule *)(uintptr_t)policy_find(
			policy, ABI_X86_64, syscall_number(ABI_X86_64, rows[i].name), NULL);
		if (!serving_why_not(policy, rule, ROLE_ANY) != rows[i].is_kept)
			fail_msg("row %zu: %s beside %s", i, rows[i].name, rows[i].given);
	}
}

static void harmless_calls_and_memory_stay(void **state)
{
	static const char *const names[] = { "mmap",  "mprotect", "brk",    "read",
					     "lseek", "munmap",	  "rename", "clone" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(keeps_seen(names[i], STARTUP));
}

static void of_the_base_only_what_ends_and_resumes_stays(void **state)
{
	(void)state;
	assert_false(keeps("execve", 0, REASON_BASE, SECCOMP_RET_ALLOW));
	assert_false(keeps("sched_yield", 0, REASON_BASE, SECCOMP_RET_ALLOW));
	assert_true(keeps("exit_group", 0, REASON_BASE, SECCOMP_RET_ALLOW));
	assert_true(keeps("rt_sigreturn", 0, REASON_BASE, SECCOMP_RET_ALLOW));
	/* The run-time library makes it at any time. */
	assert_true(keeps("futex", 0, REASON_BASE, SECCOMP_RET_ALLOW));
}

static void what_nobody_can_judge_stays(void **state)
{
	(void)state;
	assert_true(keeps_seen("setuid", 1u << PHASE_UNKNOWN));
	assert_true(keeps_seen("setuid", 0));
	assert_true(keeps("setuid", 0, REASON_IMPORTED, SECCOMP_RET_ALLOW));
	assert_true(keeps("execve", 0, REASON_ASKED, SECCOMP_RET_ALLOW));
	assert_true(keeps("execve", STARTUP, REASON_DENIED, SECCOMP_RET_ALLOW));
}

static void a_call_that_changes_files_and_was_never_seen_goes(void **state)
{
	(void)state;
	assert_false(keeps("rmdir", 0, REASON_REACHABLE, SECCOMP_RET_ALLOW));
	assert_true(keeps("shutdown", 0, REASON_REACHABLE, SECCOMP_RET_ALLOW));
}

static void refusals_stay(void **state)
{
	(void)state;
	assert_true(keeps("execve", STARTUP, REASON_SEEN, SECCOMP_RET_ERRNO | 38));
}

/* ---- by role: a master that forks a worker, as nginx does ---- */

/* The text of a recording: what each process made, "S" in start-up and "V" while serving. */
static const char nginx[] =
	"{\"format\":\"whittle-recording\",\"version\":1,\"runs\":[{"
	"\"id\":\"00000000000000000000000000000001\",\"observer\":\"bpf\","
	"\"target\":{\"kind\":\"command\",\"name\":\"nginx\"},"
	"\"started_us\":0,\"duration_ns\":1,\"ended\":\"target ended\","
	"\"lost\":{\"calls\":0,\"arguments\":0,\"stacks\":0,\"processes\":0},\"filter\":\"absent\","
	"\"environment\":{\"machine\":\"x86_64\"},"
	"\"lines\":[],\"objects\":[],\"processes\":["
	"{\"executable\":\"/usr/sbin/nginx\",\"command\":\"nginx\",\"title\":\"master process\","
	"\"depth\":0,\"manager\":false},"
	"{\"executable\":\"/usr/sbin/nginx\",\"command\":\"nginx\",\"title\":\"worker process\","
	"\"depth\":1,\"manager\":false}],\"calls\":[%s]}]}";

/* Adds one row to the text of the calls. */
static void row(char *calls, size_t size, const char *name, unsigned process, const char *phase,
		const char *arguments)
{
	size_t used = strlen(calls);

	snprintf(calls + used, size - used,
		 "%s{\"abi\":\"x86_64\",\"nr\":%d,\"name\":\"%s\",\"process\":%u,\"phase\":\"%s\","
		 "\"count\":1%s}",
		 used ? "," : "", syscall_number(ABI_X86_64, name), name, process, phase,
		 arguments);
}

static struct policy *decide(const char *calls)
{
	const struct decide_options options = { .level = "observed",
						.default_action = SECCOMP_RET_ERRNO | 1,
						.foreign_action = SECCOMP_RET_KILL_PROCESS };
	_cleanup_(recording_freep) struct recording *recording = NULL;
	struct policy *policy = NULL;
	struct error err = { 0 };
	char text[8192];

	snprintf(text, sizeof(text), nginx, calls);
	if (recording_parse("test", text, strlen(text), &recording, &err) < 0 ||
	    decide_policy(recording, &options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static struct policy *decide_nginx(const char *master_also)
{
	char calls[4096] = "";

	row(calls, sizeof(calls), "bind", 0, "startup", "");
	row(calls, sizeof(calls), "clone", 0, "startup", "");
	row(calls, sizeof(calls), "clone", 0, "serving", "");
	row(calls, sizeof(calls), "rt_sigsuspend", 0, "serving", "");
	if (master_also)
		row(calls, sizeof(calls), master_also, 0, "serving", "");
	row(calls, sizeof(calls), "setuid", 1, "startup", "");
	row(calls, sizeof(calls), "epoll_create", 1, "startup", "");
	row(calls, sizeof(calls), "epoll_wait", 1, "serving", "");
	row(calls, sizeof(calls), "accept4", 1, "serving", "");
	return decide(calls);
}

static size_t role_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->roles_count; i++)
		if (strcmp(policy->roles[i].name, name) == 0)
			return i;
	fail_msg("no role %s", name);
	return 0;
}

static bool role_keeps(const struct policy *policy, const char *role, const char *name)
{
	const struct rule *rule =
		policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), NULL);

	assert_non_null(rule);
	return !serving_why_not(policy, rule, role_named(policy, role));
}

static void a_worker_keeps_what_it_serves_by_and_no_more_powers(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = decide_nginx(NULL);

	(void)state;
	assert_int_equal(policy->roles_count, 2);
	assert_true(role_keeps(policy, "nginx/worker", "epoll_wait"));
	assert_true(role_keeps(policy, "nginx/worker", "accept4"));
	assert_false(role_keeps(policy, "nginx/worker", "setuid"));
	assert_false(role_keeps(policy, "nginx/worker", "epoll_create"));
	assert_false(role_keeps(policy, "nginx/worker", "clone"));
	assert_false(role_keeps(policy, "nginx/worker", "execve"));
}

static void who_forks_workers_keeps_what_they_need_to_start(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = decide_nginx(NULL);

	(void)state;
	assert_true(role_keeps(policy, "nginx/master", "clone"));
	assert_true(role_keeps(policy, "nginx/master", "setuid"));
	assert_true(role_keeps(policy, "nginx/master", "epoll_create"));
	/* Its own start is over. */
	assert_false(role_keeps(policy, "nginx/master", "bind"));
	assert_false(role_keeps(policy, "nginx/master", "execve"));
}

static void who_executes_while_serving_keeps_all(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = decide_nginx("execve");

	(void)state;
	for (size_t i = 0; i < policy->rules_count; i++)
		assert_null(serving_why_not(policy, &policy->rules[i],
					    role_named(policy, "nginx/master")));
	assert_false(role_keeps(policy, "nginx/worker", "execve"));
}

static void a_thread_is_no_fork(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	char calls[4096] = "";

	(void)state;
	row(calls, sizeof(calls), "clone", 0, "serving",
	    ",\"arguments\":{\"names\":[\"flags\"],\"any\":false,\"values\":[{\"value\":[\"0x10f00\"],\"count\":1}]}");
	row(calls, sizeof(calls), "setuid", 1, "startup", "");
	row(calls, sizeof(calls), "epoll_wait", 1, "serving", "");
	policy = decide(calls);
	assert_false(role_keeps(policy, "nginx/master", "setuid"));
	assert_true(role_keeps(policy, "nginx/master", "clone"));
}

static void a_process_that_may_be_in_two_roles_keeps_what_either_needs(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = decide_nginx(NULL), *both = NULL,
					      *any = NULL, *worker = NULL;
	struct error err = { 0 };
	size_t of_both, of_any, of_worker;
	uint64_t bit = UINT64_C(1) << role_named(policy, "nginx/worker");

	(void)state;
	assert_int_equal(serving_policy(policy, 3, &both, &of_both, &err), 0);
	assert_int_equal(serving_policy(policy, 0, &any, &of_any, &err), 0);
	assert_int_equal(serving_policy(policy, bit, &worker, &of_worker, &err), 0);
	assert_int_equal(of_both, of_any);
	assert_true(of_worker > of_both);
	assert_int_equal(worker->rules_count + of_worker, policy->rules_count);
	assert_non_null(policy_find(both, ABI_X86_64, syscall_number(ABI_X86_64, "setuid"), NULL));
	assert_null(policy_find(worker, ABI_X86_64, syscall_number(ABI_X86_64, "setuid"), NULL));
}

static void roles_survive_the_file(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = decide_nginx(NULL), *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL;
	struct error err = { 0 };
	size_t size, size_again;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(policy_write(policy, out, &err), 0);
	fclose(out);
	assert_int_equal(policy_parse("test", text, size, &again, &err), 0);
	out = open_memstream(&text_again, &size_again);
	assert_int_equal(policy_write(again, out, &err), 0);
	fclose(out);
	assert_string_equal(text, text_again);
	assert_false(role_keeps(again, "nginx/worker", "setuid"));
	assert_true(role_keeps(again, "nginx/master", "setuid"));
}

static void a_role_that_is_not_listed_is_refused(void **state)
{
	static const char text[] =
		"{\"format\":\"whittle-policy\",\"version\":1,\"abis\":[\"x86_64\"],"
		"\"default\":\"errno:EPERM\",\"foreign\":\"kill_process\","
		"\"roles\":[{\"name\":\"a\",\"executable\":\"/a\"}],\"rules\":["
		"{\"abi\":\"x86_64\",\"name\":\"read\",\"action\":\"allow\",\"serving\":[\"b\"]}]}";
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	assert_true(policy_parse("test", text, strlen(text), &policy, &err) < 0);
	assert_non_null(strstr(err.message, "rules[0].serving[0]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_and_set_up_seen_only_in_startup_go),
		cmocka_unit_test(each_nature_has_its_sentence),
		cmocka_unit_test(one_more_reason_is_enough),
		cmocka_unit_test(who_makes_no_processes_manages_none),
		cmocka_unit_test(what_grants_nothing_more_goes_with_the_other_call),
		cmocka_unit_test(harmless_calls_and_memory_stay),
		cmocka_unit_test(of_the_base_only_what_ends_and_resumes_stays),
		cmocka_unit_test(what_nobody_can_judge_stays),
		cmocka_unit_test(a_call_that_changes_files_and_was_never_seen_goes),
		cmocka_unit_test(refusals_stay),
		cmocka_unit_test(a_worker_keeps_what_it_serves_by_and_no_more_powers),
		cmocka_unit_test(who_forks_workers_keeps_what_they_need_to_start),
		cmocka_unit_test(who_executes_while_serving_keeps_all),
		cmocka_unit_test(a_thread_is_no_fork),
		cmocka_unit_test(a_process_that_may_be_in_two_roles_keeps_what_either_needs),
		cmocka_unit_test(roles_survive_the_file),
		cmocka_unit_test(a_role_that_is_not_listed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
