// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a decision is made up: which roles serve and what each makes, the base of each kind of target, what
 * a newer library tries first, and what an observer need not be told again.
 */
#include "common/cleanup.h"
#include "decide/decide.h"
#include "decide/known.h"
#include "decide/levels.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct decide_options usual = { .level = "observed",
					     .default_action = SECCOMP_RET_ERRNO | EPERM,
					     .foreign_action = SECCOMP_RET_KILL_PROCESS };

/* ---- runs ---- */

static struct run *make_run(enum target_kind kind)
{
	struct run *run = run_new();

	run->observer = strdup("bpf");
	run->target_kind = kind;
	run->target = strdup("a.service");
	run->duration_ns = 600 * UINT64_C(1000000000);
	run->ended = strdup("time limit");
	run->machine = strdup("x86_64");
	return run;
}

static unsigned add_process(struct run *run, const char *executable, const char *title,
			    unsigned depth)
{
	struct process *process = run_add_process(run);
	const char *slash = strrchr(executable, '/');

	process->executable = strdup(executable);
	process->command = strdup(slash + 1);
	process->title = title ? strdup(title) : NULL;
	process->depth = depth;
	return (unsigned)run->processes_count - 1;
}

static struct call *add_call(struct run *run, unsigned process, enum abi abi, const char *name,
			     enum phase phase)
{
	struct call *call = run_add_call(run);

	call->abi = abi;
	call->nr = syscall_number(abi, name);
	assert_true(call->nr >= 0);
	call->process = process;
	call->phase = phase;
	call->count = 1;
	call->first_ns = 5;
	return call;
}

static void add_tuple(struct call *call, uint64_t first, uint64_t second)
{
	call->arguments =
		reallocarray(call->arguments, call->arguments_count + 1, sizeof(*call->arguments));
	call->arguments[call->arguments_count++] =
		(struct argument_values){ { first, second, 0 }, 1 };
}

static struct policy *decide(struct run *run)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	if (run_finish(run, &err) < 0 || recording_add(recording, run, &err) < 0 ||
	    decide_policy(recording, &usual, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static const struct rule *rule_of(const struct policy *policy, enum abi abi, const char *name)
{
	return policy_find(policy, abi, syscall_number(abi, name), NULL);
}

static bool has_reason(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; rule && i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return true;
	return false;
}

/* ---- roles ---- */

static size_t role_of(const struct policy *policy, const char *name)
{
	size_t found = policy->roles_count;

	for (size_t i = 0; i < policy->roles_count; i++)
		if (strcmp(policy->roles[i].name, name) == 0) {
			assert_int_equal(found, policy->roles_count);
			found = i;
		}
	if (found == policy->roles_count)
		fail_msg("there is no role %s", name);
	return found;
}

static void expect_role(const struct policy *policy, const char *role, const char *call,
			bool serves, bool starts)
{
	const struct rule *rule = rule_of(policy, ABI_X86_64, call);
	uint64_t bit = UINT64_C(1) << role_of(policy, role);

	if (!rule || !(rule->serving_roles & bit) == serves ||
	    !(rule->startup_roles & bit) == starts)
		fail_msg("%s of %s: serving %#llx, startup %#llx", call, role,
			 rule ? (unsigned long long)rule->serving_roles : 0,
			 rule ? (unsigned long long)rule->startup_roles : 0);
}

/* A master forks workers, which change their user; a worker forks nothing. */
static void who_forks_needs_what_is_forked(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	unsigned master = add_process(run, "/usr/sbin/a", "master process", 0);
	unsigned worker = add_process(run, "/usr/sbin/a", "worker process", 1);
	unsigned other = add_process(run, "/usr/sbin/b", NULL, 2);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, master, ABI_X86_64, "bind", PHASE_STARTUP);
	add_call(run, master, ABI_X86_64, "fork", PHASE_SERVING);
	add_call(run, worker, ABI_X86_64, "setuid", PHASE_STARTUP);
	add_call(run, worker, ABI_X86_64, "accept4", PHASE_SERVING);
	add_call(run, other, ABI_X86_64, "mount", PHASE_SERVING);
	policy = decide(run);
	assert_int_equal(policy->roles_count, 3);
	expect_role(policy, "a/master", "bind", false, true);
	expect_role(policy, "a/master", "fork", true, false);
	expect_role(policy, "a/master", "setuid", true, false);
	expect_role(policy, "a/master", "accept4", true, false);
	expect_role(policy, "a/master", "mount", false, false);
	expect_role(policy, "a/worker", "setuid", false, true);
	expect_role(policy, "a/worker", "accept4", true, false);
	expect_role(policy, "a/worker", "fork", false, false);
	expect_role(policy, "b", "mount", true, false);
	expect_role(policy, "b", "accept4", false, false);
}

static void who_executes_needs_all(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	unsigned one = add_process(run, "/usr/sbin/a", NULL, 0);
	unsigned other = add_process(run, "/usr/sbin/b", NULL, 0);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, one, ABI_X86_64, "execve", PHASE_SERVING);
	add_call(run, other, ABI_X86_64, "execve", PHASE_STARTUP);
	add_call(run, other, ABI_X86_64, "accept4", PHASE_SERVING);
	add_call(run, other, ABI_X86_64, "clone", PHASE_STARTUP);
	policy = decide(run);
	expect_role(policy, "a", "accept4", true, false);
	expect_role(policy, "a", "exit_group", true, false);
	expect_role(policy, "b", "execve", false, true);
	expect_role(policy, "b", "exit_group", false, false);
	/* What is refused on purpose is no part of it. */
	assert_int_equal(rule_of(policy, ABI_X86_64, "clone3")->serving_roles, 0);
}

static void a_thread_is_no_fork(void **state)
{
	static const struct {
		uint64_t flags;
		bool is_any, forks;
	} rows[] = {
		{ CLONE_THREAD | CLONE_VM, false, false },
		{ CLONE_VM, false, true },
		{ 0, false, true },
		{ CLONE_THREAD, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(TARGET_COMMAND);
		unsigned one = add_process(run, "/usr/sbin/a", "one", 0);
		unsigned two = add_process(run, "/usr/sbin/a", "two", 1);
		struct call *clone = add_call(run, one, ABI_X86_64, "clone", PHASE_SERVING);
		_cleanup_(policy_freep) struct policy *policy = NULL;

		add_tuple(clone, rows[i].flags, 0);
		clone->arguments_any = rows[i].is_any;
		add_call(run, two, ABI_X86_64, "setuid", PHASE_STARTUP);
		policy = decide(run);
		/* The second never serves. */
		assert_int_equal(policy->roles_count, 1);
		expect_role(policy, "a/one", "setuid", rows[i].forks, false);
	}
}

static void only_what_may_be_a_child_is_one(void **state)
{
	struct run *run = make_run(TARGET_UNIT);
	unsigned one = add_process(run, "/usr/sbin/a", "one", 1);
	unsigned beside = add_process(run, "/usr/sbin/a", "beside", 1);
	unsigned above = add_process(run, "/usr/sbin/a", "above", 0);
	unsigned manager = add_process(run, "/usr/sbin/a", "manager", 2);
	unsigned reload = add_process(run, "/usr/sbin/a", "reload", 2);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		run->processes[i].line = strdup(i == reload ? "ExecReload" : "ExecStart");
	run->processes[manager].is_manager = true;
	add_call(run, one, ABI_X86_64, "vfork", PHASE_SERVING);
	add_call(run, beside, ABI_X86_64, "acct", PHASE_STARTUP);
	add_call(run, above, ABI_X86_64, "bind", PHASE_STARTUP);
	add_call(run, manager, ABI_X86_64, "setuid", PHASE_STARTUP);
	add_call(run, reload, ABI_X86_64, "kill", PHASE_STARTUP);
	/* Seen outside of the manager too, else there is no rule. */
	add_call(run, above, ABI_X86_64, "setuid", PHASE_STARTUP);
	policy = decide(run);
	assert_int_equal(policy->roles_count, 1);
	expect_role(policy, "a/one", "vfork", true, false);
	expect_role(policy, "a/one", "acct", false, false);
	expect_role(policy, "a/one", "bind", false, false);
	expect_role(policy, "a/one", "setuid", false, false);
	expect_role(policy, "a/one", "kill", false, false);
}

static void names_of_roles_are_unique(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	static const struct {
		const char *executable, *title;
		unsigned depth;
	} rows[] = {
		{ "/usr/sbin/a", NULL, 0 },
		{ "/opt/a", NULL, 0 },
		{ "/usr/sbin/a", NULL, 1 },
		/* The same by its title, whatever its depth. */
		{ "/usr/sbin/a", "worker process", 1 },
		{ "/usr/sbin/a", "worker process", 2 },
	};
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		add_call(run, add_process(run, rows[i].executable, rows[i].title, rows[i].depth),
			 ABI_X86_64, "read", PHASE_SERVING);
	policy = decide(run);
	assert_int_equal(policy->roles_count, 4);
	role_of(policy, "a");
	role_of(policy, "a#2");
	role_of(policy, "a#3");
	assert_int_equal(policy->roles[role_of(policy, "a/worker")].depth, 1);
}

/* An FTP server, whose titles carry its clients' addresses. */
static struct policy *policy_of_clients(unsigned clients)
{
	struct run *run = make_run(TARGET_COMMAND);
	char title[32];

	add_call(run, add_process(run, "/usr/sbin/b", "worker", 1), ABI_X86_64, "read",
		 PHASE_SERVING);
	add_call(run, add_process(run, "/usr/sbin/a", NULL, 0), ABI_X86_64, "accept",
		 PHASE_SERVING);
	for (unsigned i = 0; i < clients; i++) {
		snprintf(title, sizeof(title), "192.0.2.%u: connected", i);
		add_call(run, add_process(run, "/usr/sbin/a", title, 1), ABI_X86_64,
			 i % 2 ? "setuid" : "acct", PHASE_SERVING);
	}
	return decide(run);
}

static void an_executable_with_many_titles_has_roles_by_its_forks(void **state)
{
	_cleanup_(policy_freep) struct policy *few = policy_of_clients(8),
					      *many = policy_of_clients(9);

	(void)state;
	assert_int_equal(few->roles_count, 10);
	assert_int_equal(many->roles_count, 3);
	role_of(many, "b/worker");
	assert_null(many->roles[role_of(many, "a#2")].title);
	expect_role(many, "a#2", "setuid", true, false);
	expect_role(many, "a#2", "acct", true, false);
	expect_role(many, "a", "acct", false, false);
}

static void a_policy_with_any_title_can_be_read(void **state)
{
	static const char *const titles[] = { "wo\\rker", "\xff\xfe", "a\nb",
					      "\"",	  "x, y",     "caf\u00e9" };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		struct run *run = make_run(TARGET_COMMAND);
		_cleanup_(policy_freep) struct policy *policy = NULL, *read = NULL;
		_cleanup_free_ char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		add_call(run, add_process(run, "/usr/sbin/a", titles[i], 0), ABI_X86_64, "read",
			 PHASE_SERVING);
		policy = decide(run);
		assert_int_equal(policy_write(policy, out, &err), 0);
		fclose(out);
		if (policy_parse("a", text, size, &read, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(read->roles_count, 1);
		assert_string_equal(read->roles[0].title, titles[i]);
	}
}

/* The worker's role is that of the least depth; of the most roles, 64, one more is none. */
static void there_are_at_most_64_roles(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	for (unsigned i = 0; i < ROLES_MAX + 2; i++) {
		char executable[32];

		snprintf(executable, sizeof(executable), "/usr/bin/%02u", i);
		add_call(run, add_process(run, executable, NULL, 0), ABI_X86_64, "listen",
			 PHASE_SERVING);
	}
	policy = decide(run);
	assert_int_equal(policy->roles_count, ROLES_MAX);
	assert_true(rule_of(policy, ABI_X86_64, "listen")->serving_roles == UINT64_MAX);
}

static void only_who_serves_is_a_role(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	unsigned starts = add_process(run, "/usr/sbin/a", "starts", 0);
	unsigned unknown = add_process(run, "/usr/sbin/a", "unknown", 0);
	unsigned manager = add_process(run, "/usr/sbin/a", "manager", 0);
	unsigned serves = add_process(run, "/usr/sbin/a", "serves", 3);
	unsigned again = add_process(run, "/usr/sbin/a", "serves", 1);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	run->processes[manager].is_manager = true;
	add_call(run, starts, ABI_X86_64, "listen", PHASE_STARTUP);
	add_call(run, unknown, ABI_X86_64, "listen", PHASE_UNKNOWN);
	add_call(run, manager, ABI_X86_64, "listen", PHASE_SERVING);
	add_call(run, serves, ABI_X86_64, "listen", PHASE_SERVING);
	add_call(run, again, ABI_X86_64, "bind", PHASE_STARTUP);
	add_call(run, again, ABI_X86_64, "accept", PHASE_SERVING);
	policy = decide(run);
	assert_int_equal(policy->roles_count, 1);
	assert_int_equal(policy->roles[0].depth, 1);
	assert_string_equal(policy->roles[0].executable, "/usr/sbin/a");
	assert_string_equal(policy->roles[0].title, "serves");
	expect_role(policy, "a/serves", "listen", true, false);
	expect_role(policy, "a/serves", "bind", false, true);
	expect_role(policy, "a/serves", "accept", true, false);
}

/* Which calls make processes and which execute, and when. */
static void forks_and_executions_count_while_serving(void **state)
{
	static const struct {
		const char *name;
		enum phase phase;
		bool forks, executes;
	} rows[] = {
		{ "fork", PHASE_SERVING, true, false },
		{ "vfork", PHASE_SERVING, true, false },
		{ "clone", PHASE_SERVING, true, false },
		{ "clone3", PHASE_SERVING, true, false },
		{ "fork", PHASE_UNKNOWN, true, false },
		{ "fork", PHASE_STARTUP, false, false },
		{ "execve", PHASE_SERVING, false, true },
		{ "execveat", PHASE_SERVING, false, true },
		{ "execve", PHASE_STARTUP, false, false },
		{ "wait4", PHASE_SERVING, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(TARGET_COMMAND);
		unsigned one = add_process(run, "/usr/sbin/a", "one", 0);
		unsigned child = add_process(run, "/usr/sbin/a", "child", 1);
		unsigned other = add_process(run, "/usr/sbin/b", NULL, 1);
		_cleanup_(policy_freep) struct policy *policy = NULL;

		add_call(run, one, ABI_X86_64, "listen", PHASE_SERVING);
		add_call(run, one, ABI_X86_64, rows[i].name, rows[i].phase);
		add_call(run, child, ABI_X86_64, "setuid", PHASE_STARTUP);
		add_call(run, other, ABI_X86_64, "mount", PHASE_STARTUP);
		policy = decide(run);
		assert_int_equal(policy->roles_count, 1);
		expect_role(policy, "a/one", "setuid", rows[i].forks || rows[i].executes, false);
		expect_role(policy, "a/one", "mount", rows[i].executes, false);
	}
}

/* A child that executes while it starts: its parent forks it while it serves. */
static void who_forks_what_executes_needs_all(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	unsigned one = add_process(run, "/usr/sbin/a", "one", 0);
	unsigned child = add_process(run, "/usr/sbin/a", "child", 1);
	unsigned other = add_process(run, "/usr/sbin/b", NULL, 0);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, one, ABI_X86_64, "fork", PHASE_SERVING);
	add_call(run, child, ABI_X86_64, "execve", PHASE_STARTUP);
	add_call(run, other, ABI_X86_64, "mount", PHASE_STARTUP);
	policy = decide(run);
	expect_role(policy, "a/one", "mount", true, false);
}

/* ---- labels ---- */

static void a_process_is_called_by_what_tells_it_apart(void **state)
{
	static const struct {
		const char *executable, *command, *title, *label;
	} rows[] = {
		{ "/usr/sbin/nginx", "nginx", NULL, "nginx" },
		{ "/usr/sbin/nginx", "nginx", "", "nginx" },
		{ "/usr/sbin/nginx", "nginx", "worker process", "nginx/worker" },
		{ "/usr/sbin/nginx", "nginx", "cache manager process", "nginx/cache manager" },
		{ "/usr/sbin/a", "a", "processor", "a/processor" },
		{ "/usr/sbin/a", "a", " process", "a/ process" },
		{ "/usr/sbin/a", NULL, "x", "a/x" },
		{ "/usr/sbin/", NULL, NULL, "/usr/sbin/" },
		{ "a", NULL, NULL, "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct process process = { 0 };
		_cleanup_free_ char *executable = strdup(rows[i].executable);
		_cleanup_free_ char *command = rows[i].command ? strdup(rows[i].command) : NULL;
		_cleanup_free_ char *title = rows[i].title ? strdup(rows[i].title) : NULL;
		_cleanup_free_ char *label = NULL;

		process.executable = executable;
		process.command = command;
		process.title = title;
		label = observed_process_label(&process);
		assert_string_equal(label, rows[i].label);
	}
}

static void counts_have_commas(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} rows[] = { { 0, "0" },
		     { 999, "999" },
		     { 1000, "1,000" },
		     { 12345, "12,345" },
		     { 999999, "999,999" },
		     { 1000000, "1,000,000" },
		     { UINT64_MAX, "18,446,744,073,709,551,615" } };
	char text[COUNT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(observed_format_count(rows[i].count, text), rows[i].text);
}

/* Those that make a call most stand first, two of them by name. */
static void a_reason_names_who_makes_the_call(void **state)
{
	static const struct {
		const char *executables[4];
		uint64_t counts[4];
		const char *words;
	} rows[] = {
		{ { "/a" }, { 1 }, "once, serving, a" },
		{ { "/a", "/b" }, { 1, 2000 }, "2,001 times, serving, b and a" },
		{ { "/b", "/a" }, { 2, 2 }, "4 times, serving, a and b" },
		{ { "/a", "/b", "/c" }, { 1, 3, 2 }, ", b, c and 1 more" },
		{ { "/a", "/b", "/c", "/d" }, { 1, 2, 3, 4 }, ", d, c and 2 more" },
		{ { "/x/a", "/y/a" }, { 1, 2 }, "3 times, serving, a" },
		{ { "/a" }, { 0 }, "at least once, serving, a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(TARGET_COMMAND);
		_cleanup_(policy_freep) struct policy *policy = NULL;
		const struct rule *rule;
		size_t length = strlen(rows[i].words), got;

		for (unsigned j = 0; j < 4 && rows[i].executables[j]; j++)
			add_call(run, add_process(run, rows[i].executables[j], NULL, 0), ABI_X86_64,
				 "listen", PHASE_SERVING)
				->count = rows[i].counts[j];
		policy = decide(run);
		rule = rule_of(policy, ABI_X86_64, "listen");
		assert_int_equal(rule->reasons[0].kind, REASON_SEEN);
		got = strlen(rule->reasons[0].text);
		if (got < length ||
		    strcmp(rule->reasons[0].text + got - length, rows[i].words) != 0)
			fail_msg("expected \"%s\", got \"%s\"", rows[i].words,
				 rule->reasons[0].text);
	}
}

/* The innermost frame, if its object or its symbol is known; phases; and of the manager's rows nothing. */
static void a_reason_names_where_the_call_was_first_made(void **state)
{
	static const struct {
		int object;
		const char *symbol;
		bool has_stack;
		const char *words;
	} rows[] = {
		{ 0, "epoll_wait", true, "once, serving, a, first from libc.so.6!epoll_wait" },
		{ -1, "epoll_wait", true, "once, serving, a, first from epoll_wait" },
		{ 1, "epoll_wait", true, "once, serving, a, first from epoll_wait" },
		{ 0, NULL, true, "once, serving, a, first from libc.so.6+0x1f" },
		{ -1, NULL, true, "once, serving, a" },
		{ 0, NULL, false, "once, serving, a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(TARGET_COMMAND);
		struct object *object = run_add_object(run);
		unsigned process = add_process(run, "/usr/sbin/a", NULL, 0);
		struct call *call = add_call(run, process, ABI_X86_64, "listen", PHASE_SERVING);
		_cleanup_(policy_freep) struct policy *policy = NULL;

		object->path = strdup("/lib/libc.so.6");
		if (rows[i].has_stack) {
			call->stack = calloc(2, sizeof(*call->stack));
			call->stack_count = 2;
			call->stack[0] =
				(struct frame){ .object = rows[i].object == 1 ? -1 : rows[i].object,
						.offset = 0x1f,
						.symbol = rows[i].symbol ? strdup(rows[i].symbol)
									 : NULL };
			call->stack[1] = (struct frame){ .object = 0, .symbol = strdup("main") };
		}
		policy = decide(run);
		assert_string_equal(rule_of(policy, ABI_X86_64, "listen")->reasons[0].text,
				    rows[i].words);
	}
}

static void a_reason_has_the_phases_and_no_part_of_the_manager(void **state)
{
	struct run *run = make_run(TARGET_COMMAND);
	unsigned one = add_process(run, "/usr/sbin/a", NULL, 0);
	unsigned manager = add_process(run, "/usr/sbin/systemd", NULL, 0);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const struct rule *rule;

	(void)state;
	run->processes[manager].is_manager = true;
	add_call(run, one, ABI_X86_64, "listen", PHASE_STARTUP)->count = 999;
	add_call(run, one, ABI_X86_64, "listen", PHASE_SERVING)->count = 1;
	add_call(run, manager, ABI_X86_64, "listen", PHASE_STARTUP)->count = 5000;
	add_call(run, one, ABI_X86_64, "bind", PHASE_UNKNOWN)->count = 2;
	add_call(run, manager, ABI_X86_64, "mount", PHASE_STARTUP);
	policy = decide(run);
	rule = rule_of(policy, ABI_X86_64, "listen");
	assert_string_equal(rule->reasons[0].text, "1,000 times, startup and serving, a");
	assert_int_equal(rule->phases, 1U << PHASE_STARTUP | 1U << PHASE_SERVING);
	assert_int_equal(rule->frequency, 1000);
	rule = rule_of(policy, ABI_X86_64, "bind");
	assert_string_equal(rule->reasons[0].text, "2 times, a");
	assert_int_equal(rule->phases, 0);
	assert_null(rule_of(policy, ABI_X86_64, "mount"));
}

/* ---- the target ---- */

/* Takes the runs. */
static struct policy *decide_runs(struct run *const *runs, size_t count)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		if (run_finish(runs[i], &err) < 0 || recording_add(recording, runs[i], &err) < 0)
			fail_msg("%s", err.message);
	if (decide_policy(recording, &usual, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

/* The environment is that of the latest run that tells; the target stands where all runs agree. */
static void the_policy_describes_the_target(void **state)
{
	static const struct {
		struct {
			const char *target, *libc, *systemd;
			uint64_t started_us;
		} runs[3];
		size_t count;
		const char *target, *libc, *systemd;
	} rows[] = {
		{ { { "a", "glibc 2.36", "252", 5 } }, 1, "a", "glibc 2.36", "252" },
		{ { { "a", "glibc 2.36", "252", 5 }, { "a", "glibc 2.41", "257", 6 } },
		  2,
		  "a",
		  "glibc 2.41",
		  "257" },
		{ { { "a", "glibc 2.36", "252", 6 }, { "a", "glibc 2.41", "257", 5 } },
		  2,
		  "a",
		  "glibc 2.36",
		  "252" },
		{ { { "a", "glibc 2.36", NULL, 5 },
		    { "a", NULL, "257", 6 },
		    { "a", NULL, NULL, 7 } },
		  3,
		  "a",
		  "glibc 2.36",
		  "257" },
		{ { { "a", NULL, NULL, 5 }, { "b", NULL, NULL, 6 } }, 2, NULL, NULL, NULL },
		{ { { "a", NULL, NULL, 5 }, { NULL, NULL, NULL, 6 } }, 2, NULL, NULL, NULL },
		{ { { "b", NULL, NULL, 5 }, { "a", NULL, NULL, 6 }, { "a", NULL, NULL, 7 } },
		  3,
		  NULL,
		  NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[3];
		_cleanup_(policy_freep) struct policy *policy = NULL;

		for (size_t k = 0; k < rows[i].count; k++) {
			const char *target = rows[i].runs[k].target, *libc = rows[i].runs[k].libc,
				   *systemd = rows[i].runs[k].systemd;

			runs[k] = make_run(TARGET_COMMAND);
			/* The order of the ids is that of the runs. */
			memset(runs[k]->id, 'a' + (char)k, 32);
			free(runs[k]->target);
			runs[k]->target = target ? strdup(target) : NULL;
			runs[k]->libc = libc ? strdup(libc) : NULL;
			runs[k]->systemd = systemd ? strdup(systemd) : NULL;
			runs[k]->started_us = rows[i].runs[k].started_us;
		}
		policy = decide_runs(runs, rows[i].count);
		assert_int_equal(policy->recordings_count, rows[i].count);
		for (unsigned text = 0; text < 3; text++) {
			const char *got = text == 0   ? policy->target
					  : text == 1 ? policy->libc
						      : policy->systemd;
			const char *wanted = text == 0	 ? rows[i].target
					     : text == 1 ? rows[i].libc
							 : rows[i].systemd;

			if (!got != !wanted || (got && strcmp(got, wanted) != 0))
				fail_msg("row %zu, text %u: \"%s\"", i, text, got ? got : "none");
		}
		assert_string_equal(policy->level, "observed");
	}
}

/* Another machine's ABI is the native one, also where nothing of it was observed. */
static void the_machine_s_abi_is_in_the_policy(void **state)
{
	static const struct {
		const char *machines[2];
		enum abi call, abis[3];
		size_t count;
	} rows[] = {
		{ { "aarch64" }, ABI_AARCH64, { ABI_AARCH64 }, 1 },
		{ { "x86_64" }, ABI_I386, { ABI_X86_64, ABI_I386 }, 2 },
		{ { "aarch64", "x86_64" }, ABI_AARCH64, { ABI_X86_64, ABI_AARCH64 }, 2 },
		{ { "no machine" }, ABI_AARCH64, { ABI_X86_64, ABI_AARCH64 }, 2 },
	};

	(void)state;
	if (abi_native() != ABI_X86_64)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[2];
		size_t count = 0;
		_cleanup_(policy_freep) struct policy *policy = NULL;

		for (; count < 2 && rows[i].machines[count]; count++) {
			runs[count] = make_run(TARGET_COMMAND);
			free(runs[count]->machine);
			runs[count]->machine = strdup(rows[i].machines[count]);
			add_call(runs[count], add_process(runs[count], "/usr/bin/a", NULL, 0),
				 rows[i].call, "read", PHASE_SERVING);
		}
		policy = decide_runs(runs, count);
		assert_int_equal(policy->abis_count, rows[i].count);
		for (size_t k = 0; k < rows[i].count; k++)
			if (!policy_has_abi(policy, rows[i].abis[k]))
				fail_msg("row %zu lacks ABI %zu", i, k);
	}
}

/* ---- what the user asks for ---- */

static void what_is_asked_for_by_name_must_be_there(void **state)
{
	static const struct {
		const char *asked, *systemd;
		int result;
		const char *words;
	} rows[] = {
		{ "mount", NULL, 0, "" },
		{ "@mount", NULL, 0, "" },
		{ "mont", NULL, -EINVAL,
		  "\"mont\": no system call of this name on the ABIs of the recording; whittle "
		  "lookup finds names" },
		/* socketcall is i386's. */
		{ "socketcall", NULL, -EINVAL, "\"socketcall\": no system call of this name" },
		{ "@mont", "252", -EINVAL, "\"@mont\": systemd 252 has no such group" },
		{ "@mont", "257.5-2", -EINVAL, "\"@mont\": systemd 257 has no such group" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(recording_freep) struct recording *recording = recording_new();
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct run *run = make_run(TARGET_COMMAND);
		struct decide_options options = usual;
		struct error err = { 0 };

		options.allow = (const char *const[]){ "chroot", rows[i].asked, NULL };
		run->systemd = rows[i].systemd ? strdup(rows[i].systemd) : NULL;
		assert_int_equal(run_finish(run, &err), 0);
		assert_int_equal(recording_add(recording, run, &err), 0);
		assert_int_equal(decide_policy(recording, &options, &policy, &err), rows[i].result);
		if (strncmp(err.message, rows[i].words, strlen(rows[i].words)) != 0 ||
		    (!*rows[i].words && *err.message))
			fail_msg("row %zu: %s", i, err.message);
		if (rows[i].result < 0) {
			assert_null(policy);
			continue;
		}
		assert_int_equal(rule_of(policy, ABI_X86_64, "mount")->reasons_count, 1);
		assert_int_equal(rule_of(policy, ABI_X86_64, "mount")->reasons[0].kind,
				 REASON_ASKED);
		assert_string_equal(rule_of(policy, ABI_X86_64, "mount")->reasons[0].text,
				    rows[i].asked);
		assert_true(rule_of(policy, ABI_X86_64, "chroot")->seen_any);
	}
}

/* ---- the base ---- */

static void the_base_is_that_of_the_target(void **state)
{
	static const struct {
		enum target_kind kind;
		bool starts; /* its start-up was recorded */
		bool has_loader, has_write;
	} rows[] = {
		{ TARGET_COMMAND, false, false, false }, { TARGET_PID, true, true, false },
		{ TARGET_CGROUP, true, true, false },	 { TARGET_UNIT, true, false, true },
		{ TARGET_UNIT, false, true, true },	 { TARGET_IMPORT, true, false, false },
		{ TARGET_IMPORT, false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(rows[i].kind);
		unsigned process = add_process(run, "/usr/bin/a", NULL, 0);
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct unit_line *line = run_add_line(run);

		add_call(run, process, ABI_X86_64, "listen", PHASE_SERVING);
		if (rows[i].kind == TARGET_IMPORT && rows[i].starts)
			add_call(run, process, ABI_X86_64, "execve", PHASE_STARTUP);
		line->setting = strdup("ExecStart");
		line->command = strdup("/usr/bin/a");
		line->is_seen = rows[i].starts;
		line = run_add_line(run);
		line->setting = strdup("ExecReload");
		line->command = strdup("/bin/kill");
		line->is_seen = true;
		policy = decide(run);
		assert_true(has_reason(rule_of(policy, ABI_X86_64, "exit_group"), REASON_BASE));
		assert_true(has_reason(rule_of(policy, ABI_X86_64, "execve"), REASON_BASE));
		if (!rule_of(policy, ABI_X86_64, "openat") == rows[i].has_loader)
			fail_msg("row %zu: the loader's calls", i);
		if (!rule_of(policy, ABI_X86_64, "write") == rows[i].has_write)
			fail_msg("row %zu: the manager's call", i);
	}
}

/* ---- newer libraries ---- */

static void each_newer_call_goes_back_to_its_older_one(void **state)
{
	/* sysdeps/unix/sysv/linux of glibc: each older call stands behind a test for ENOSYS. */
	static const struct {
		enum abi abi;
		const char *older, *newer;
	} rows[] = {
		{ ABI_X86_64, "clone", "clone3" },
		{ ABI_X86_64, "faccessat", "faccessat2" },
		{ ABI_X86_64, "fchmodat", "fchmodat2" },
		{ ABI_X86_64, "preadv", "preadv2" },
		{ ABI_X86_64, "pwritev", "pwritev2" },
		{ ABI_X86_64, "newfstatat", "statx" },
		{ ABI_I386, "fstatat64", "statx" },
		{ ABI_I386, "clock_gettime", "clock_gettime64" },
		{ ABI_I386, "clock_nanosleep", "clock_nanosleep_time64" },
		{ ABI_I386, "futex", "futex_time64" },
		{ ABI_I386, "ppoll", "ppoll_time64" },
		{ ABI_I386, "pselect6", "pselect6_time64" },
		{ ABI_I386, "recvmmsg", "recvmmsg_time64" },
		{ ABI_I386, "timerfd_settime", "timerfd_settime64" },
		{ ABI_I386, "utimensat", "utimensat_time64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned both = 0; both < 2; both++) {
			struct run *run = make_run(TARGET_COMMAND);
			unsigned process = add_process(run, "/usr/bin/a", NULL, 0);
			_cleanup_(policy_freep) struct policy *policy = NULL;
			const struct rule *newer;

			add_call(run, process, rows[i].abi, rows[i].older, PHASE_SERVING);
			if (both)
				add_call(run, process, rows[i].abi, rows[i].newer, PHASE_SERVING);
			policy = decide(run);
			newer = rule_of(policy, rows[i].abi, rows[i].newer);
			if (!newer || newer->action != (both ? SECCOMP_RET_ALLOW
							     : SECCOMP_RET_ERRNO | ENOSYS))
				fail_msg("%s beside %s", rows[i].newer, rows[i].older);
			assert_int_equal(has_reason(newer, REASON_RUNTIME), !both);
		}
}

/* The loader's newfstatat is in the base of who was not seen to start: nobody tries statx for that. */
static void the_base_alone_makes_nobody_try_a_newer_call(void **state)
{
	struct run *run = make_run(TARGET_PID);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, add_process(run, "/usr/bin/a", NULL, 0), ABI_X86_64, "read", PHASE_SERVING);
	policy = decide(run);
	assert_non_null(rule_of(policy, ABI_X86_64, "faccessat"));
	assert_null(rule_of(policy, ABI_X86_64, "faccessat2"));
}

/* ---- what is known already ---- */

static void what_is_known_is_judged_by_the_arguments_that_are_read(void **state)
{
	static const struct {
		const char *name;
		uint64_t arguments[6];
		bool is_known;
	} rows[] = {
		{ "openat", { 0, 0, O_RDONLY, 0 }, true },
		/* Without O_CREAT a mode is whatever its register holds. */
		{ "openat", { 0, 0, O_RDONLY, 04000 }, true },
		{ "openat", { 0, 0, O_RDONLY | O_CLOEXEC, 0 }, true },
		{ "openat", { 0, 0, O_WRONLY | O_CREAT, 04000 }, true },
		{ "openat", { 0, 0, O_WRONLY | O_CREAT, 02000 }, false },
		{ "openat", { 0, 0, O_WRONLY | O_CREAT, 0 }, false },
		{ "openat", { 0, 0, O_WRONLY, 0 }, false },
		{ "listen", { 1, 2 }, true },
		{ "bind", { 1, 2 }, false },
		/* Not all of its arguments were seen. */
		{ "ioctl", { 1, 2, 3 }, true },
		/* What it executes, or what stands behind a pointer, is for the observer. */
		{ "execve", { 0 }, false },
		{ "clone3", { 0 }, false },
	};
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	_cleanup_(policy_freep) struct policy *known = NULL;
	struct run *run = make_run(TARGET_COMMAND);
	unsigned process = add_process(run, "/usr/bin/a", NULL, 0);
	struct call *openat = add_call(run, process, ABI_X86_64, "openat", PHASE_SERVING);
	struct error err = { 0 };

	(void)state;
	if (abi_native() != ABI_X86_64)
		skip();
	add_tuple(openat, O_RDONLY, 0);
	add_tuple(openat, O_WRONLY | O_CREAT, 04000);
	add_call(run, process, ABI_X86_64, "listen", PHASE_SERVING);
	add_call(run, process, ABI_X86_64, "execve", PHASE_SERVING);
	add_call(run, process, ABI_X86_64, "clone3", PHASE_SERVING)->arguments_any = true;
	add_call(run, process, ABI_X86_64, "ioctl", PHASE_SERVING)->arguments_any = true;
	if (run_finish(run, &err) < 0 || recording_add(recording, run, &err) < 0 ||
	    known_policy(recording, &known, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((policy_evaluate(known, ABI_X86_64, syscall_number(ABI_X86_64, rows[i].name),
				     rows[i].arguments) == SECCOMP_RET_ALLOW) != rows[i].is_known)
			fail_msg("row %zu: %s", i, rows[i].name);
	assert_int_equal(known->default_action, SECCOMP_RET_USER_NOTIF);
	assert_int_equal(known->foreign_action, SECCOMP_RET_USER_NOTIF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_forks_needs_what_is_forked),
		cmocka_unit_test(who_executes_needs_all),
		cmocka_unit_test(a_thread_is_no_fork),
		cmocka_unit_test(only_what_may_be_a_child_is_one),
		cmocka_unit_test(names_of_roles_are_unique),
		cmocka_unit_test(an_executable_with_many_titles_has_roles_by_its_forks),
		cmocka_unit_test(a_policy_with_any_title_can_be_read),
		cmocka_unit_test(a_process_is_called_by_what_tells_it_apart),
		cmocka_unit_test(counts_have_commas),
		cmocka_unit_test(a_reason_names_who_makes_the_call),
		cmocka_unit_test(there_are_at_most_64_roles),
		cmocka_unit_test(only_who_serves_is_a_role),
		cmocka_unit_test(forks_and_executions_count_while_serving),
		cmocka_unit_test(who_forks_what_executes_needs_all),
		cmocka_unit_test(a_reason_names_where_the_call_was_first_made),
		cmocka_unit_test(a_reason_has_the_phases_and_no_part_of_the_manager),
		cmocka_unit_test(the_policy_describes_the_target),
		cmocka_unit_test(the_machine_s_abi_is_in_the_policy),
		cmocka_unit_test(what_is_asked_for_by_name_must_be_there),
		cmocka_unit_test(the_base_is_that_of_the_target),
		cmocka_unit_test(each_newer_call_goes_back_to_its_older_one),
		cmocka_unit_test(the_base_alone_makes_nobody_try_a_newer_call),
		cmocka_unit_test(what_is_known_is_judged_by_the_arguments_that_are_read),
	};

	return cmocka_run_group_tests_name("rules of a decision", tests, NULL, NULL);
}
