// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "decide/decide.h"
#include "random_recording.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct decide_options usual = { .default_action = SECCOMP_RET_ERRNO | EPERM,
				       .foreign_action = SECCOMP_RET_KILL_PROCESS };

static const struct reason *reason_of(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; rule && i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return &rule->reasons[i];
	return NULL;
}

static const struct rule *rule_of(const struct policy *policy, enum abi abi, const char *name)
{
	return policy_find(policy, abi, syscall_number(abi, name), NULL);
}

static bool is_open(const struct policy *policy, const char *words)
{
	for (char **sentence = policy->open; sentence && *sentence; sentence++)
		if (strstr(*sentence, words))
			return true;
	return false;
}

/* ---- a run to change at one place ---- */

static struct run *plain_run(enum target_kind kind)
{
	struct run *run = run_new();
	struct process *process;
	struct unit_line *line;

	assert_non_null(run);
	run->observer = strdup("bpf");
	run->target_kind = kind;
	run->target = strdup("a.service");
	run->duration_ns = 600 * UINT64_C(1000000000);
	run->started_us = 1000000;
	run->ended = strdup("time limit");
	run->filter = FILTER_ABSENT;
	run->machine = strdup("x86_64");
	if (kind == TARGET_UNIT) {
		run->systemd = strdup("252.39-1~deb12u2");
		line = run_add_line(run);
		line->setting = strdup("ExecStart");
		line->command = strdup("/usr/bin/a");
		line->is_seen = true;
	}
	process = run_add_process(run);
	process->executable = strdup("/usr/bin/a");
	process->command = strdup("a");
	return run;
}

static struct call *add_call(struct run *run, enum abi abi, const char *name)
{
	struct call *call = run_add_call(run);

	assert_non_null(call);
	call->abi = abi;
	call->nr = syscall_number(abi, name);
	assert_true(call->nr >= 0);
	call->phase = PHASE_SERVING;
	call->count = 1;
	call->first_ns = 5;
	return call;
}

static struct policy *decide_run(struct run *run, const struct decide_options *options)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	if (run_finish(run, &err) < 0 || recording_add(recording, run, &err) < 0 ||
	    decide_policy(recording, options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

/* ---- what was seen ---- */

static void assert_rule_is_total(const struct policy *policy, const struct total *total)
{
	size_t count;
	const struct rule *rule = policy_find(policy, total->abi, total->nr, &count);

	assert_non_null(rule);
	assert_int_equal(count, 1);
	assert_int_equal(rule->action, SECCOMP_RET_ALLOW);
	assert_int_equal(rule->clauses_count, 0);
	assert_non_null(reason_of(rule, REASON_SEEN));
	assert_true(rule->frequency == total->count);
	if (!(total->phases & 1U << PHASE_UNKNOWN))
		assert_int_equal(rule->phases, total->phases);
	if (total->arguments_any)
		assert_true(rule->seen_any);
	assert_int_equal(rule->seen_count, total->arguments_count);
	for (size_t i = 0; i < rule->seen_count; i++)
		assert_memory_equal(&rule->seen[i], &total->arguments[i], sizeof(*rule->seen));
}

static void every_seen_call_is_allowed_with_its_evidence(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		_cleanup_(recording_freep) struct recording *recording = random_recording(seed);
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct total *totals;
		struct error err = { 0 };
		size_t count, seen = 0;

		if (decide_policy(recording, &usual, &policy, &err) < 0)
			fail_msg("seed %u: %s", seed, err.message);
		assert_int_equal(recording_totals(recording, false, &totals, &count, &err), 0);
		for (size_t i = 0; i < count; i++)
			if (totals[i].nr >= 0)
				assert_rule_is_total(policy, &totals[i]);
		for (size_t i = 0; i < policy->rules_count; i++)
			seen += reason_of(&policy->rules[i], REASON_SEEN) != NULL;
		for (size_t i = 0; i < count; i++)
			seen -= totals[i].nr >= 0;
		/* nothing else claims to have been seen, the manager's part least of all */
		assert_int_equal(seen, 0);
		totals_free(totals, count);
	}
}

static void every_rule_has_a_reason(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = random_recording(3);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(decide_policy(recording, &usual, &policy, &err), 0);
	for (size_t i = 0; i < policy->rules_count; i++) {
		assert_true(policy->rules[i].reasons_count > 0);
		for (size_t j = 0; j < policy->rules[i].reasons_count; j++)
			assert_true(policy->rules[i].reasons[j].text[0]);
	}
}

/* ---- the base ---- */

static void each_abi_that_was_seen_has_its_own_base(void **state)
{
	struct run *run = plain_run(TARGET_COMMAND);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, ABI_X86_64, "read");
	add_call(run, ABI_I386, "read");
	policy = decide_run(run, &usual);
	assert_int_equal(policy->abis_count, 2);
	assert_non_null(reason_of(rule_of(policy, ABI_X86_64, "rt_sigreturn"), REASON_BASE));
	assert_non_null(reason_of(rule_of(policy, ABI_I386, "sigreturn"), REASON_BASE));
	assert_non_null(reason_of(rule_of(policy, ABI_I386, "exit_group"), REASON_BASE));
	assert_null(rule_of(policy, ABI_X86_64, "getpid"));
	assert_true(is_open(policy, "another ABI, i386"));
}

static void a_units_base_holds_what_systemd_allows(void **state)
{
	struct run *run = plain_run(TARGET_UNIT);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const char *const *members;
	size_t count = groups_members(252, "@default", &members);

	(void)state;
	add_call(run, ABI_X86_64, "accept4");
	policy = decide_run(run, &usual);
	for (size_t i = 0; i < count; i++)
		if (syscall_number(ABI_X86_64, members[i]) >= 0)
			assert_non_null(
				reason_of(rule_of(policy, ABI_X86_64, members[i]), REASON_BASE));
	assert_non_null(reason_of(rule_of(policy, ABI_X86_64, "write"), REASON_BASE));
	assert_null(rule_of(policy, ABI_X86_64, "openat"));
	assert_string_equal(policy->target, "a.service");
	assert_string_equal(policy->systemd, "252.39-1~deb12u2");
}

static void the_loader_is_assumed_only_where_no_start_was_recorded(void **state)
{
	struct run *started = plain_run(TARGET_COMMAND), *attached = plain_run(TARGET_PID);
	_cleanup_(policy_freep) struct policy *with = NULL, *without = NULL;

	(void)state;
	add_call(started, ABI_X86_64, "read");
	add_call(attached, ABI_X86_64, "read");
	add_call(attached, ABI_I386, "read");
	with = decide_run(started, &usual);
	without = decide_run(attached, &usual);
	assert_null(rule_of(with, ABI_X86_64, "openat"));
	assert_false(is_open(with, "no start-up"));
	/* The first of its calls, one in the middle, and on i386 the last. */
	assert_non_null(reason_of(rule_of(without, ABI_X86_64, "access"), REASON_BASE));
	assert_non_null(reason_of(rule_of(without, ABI_X86_64, "openat"), REASON_BASE));
	assert_non_null(reason_of(rule_of(without, ABI_I386, "ugetrlimit"), REASON_BASE));
	/* it may map anything: no directive may follow from what was not seen */
	assert_false(rule_seen_is_whole(rule_of(without, ABI_X86_64, "mprotect")));
	assert_true(is_open(without, "no start-up"));
}

static void what_was_never_called_was_seen_with_no_arguments(void **state)
{
	struct run *run = plain_run(TARGET_UNIT);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, ABI_X86_64, "read");
	add_call(run, ABI_X86_64, "ioctl")->arguments_any = true;
	policy = decide_run(run, &usual);
	assert_true(rule_seen_is_whole(rule_of(policy, ABI_X86_64, "mmap")));
	assert_false(rule_seen_is_whole(rule_of(policy, ABI_X86_64, "ioctl")));
}

/* ---- newer libraries ---- */

static void a_newer_call_is_enosys_only_beside_its_older_one(void **state)
{
	struct run *with = plain_run(TARGET_COMMAND), *both = plain_run(TARGET_COMMAND),
		   *neither = plain_run(TARGET_COMMAND);
	_cleanup_(policy_freep) struct policy *first = NULL, *second = NULL, *third = NULL;
	const struct rule *clone3;

	(void)state;
	add_call(with, ABI_X86_64, "clone");
	add_call(both, ABI_X86_64, "clone");
	add_call(both, ABI_X86_64, "clone3");
	add_call(neither, ABI_X86_64, "read");
	first = decide_run(with, &usual);
	second = decide_run(both, &usual);
	third = decide_run(neither, &usual);
	clone3 = rule_of(first, ABI_X86_64, "clone3");
	assert_int_equal(clone3->action, SECCOMP_RET_ERRNO | ENOSYS);
	assert_non_null(reason_of(clone3, REASON_RUNTIME));
	assert_int_equal(rule_of(second, ABI_X86_64, "clone3")->action, SECCOMP_RET_ALLOW);
	assert_null(rule_of(third, ABI_X86_64, "clone3"));
}

/* ---- what the user adds ---- */

static void what_is_asked_for_may_have_any_argument(void **state)
{
	static const char *const names[] = { "socket", "@timer", NULL };
	struct decide_options options = usual;
	struct run *run = plain_run(TARGET_UNIT);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct call *call = add_call(run, ABI_X86_64, "socket");

	(void)state;
	call->arguments = calloc(1, sizeof(*call->arguments));
	call->arguments[0] = (struct argument_values){ { 1, 1, 0 }, 1 };
	call->arguments_count = 1;
	options.allow = names;
	policy = decide_run(run, &options);
	assert_non_null(reason_of(rule_of(policy, ABI_X86_64, "socket"), REASON_SEEN));
	assert_non_null(reason_of(rule_of(policy, ABI_X86_64, "socket"), REASON_ASKED));
	assert_false(rule_seen_is_whole(rule_of(policy, ABI_X86_64, "socket")));
	assert_non_null(reason_of(rule_of(policy, ABI_X86_64, "timer_create"), REASON_ASKED));
}

/* ---- what stays open ---- */

static void use_io_uring(struct run *run)
{
	add_call(run, ABI_X86_64, "io_uring_enter");
}

static void lose_calls(struct run *run)
{
	run->lost.calls = 12345;
}

static void lose_arguments(struct run *run)
{
	run->lost.arguments = 3;
}

static void be_short(struct run *run)
{
	run->duration_ns = 4500000000;
}

static void have_news(struct run *run)
{
	add_call(run, ABI_X86_64, "mlock")->first_ns = 590 * UINT64_C(1000000000);
}

static void miss_a_line(struct run *run)
{
	struct unit_line *line = run_add_line(run);

	line->setting = strdup("ExecReload");
	line->command = strdup("/bin/kill -HUP $MAINPID");
}

static void have_a_filter(struct run *run)
{
	run->filter = FILTER_PRESENT;
}

static void execute(struct run *run)
{
	struct process *process = run_add_process(run);

	process->executable = strdup("/usr/bin/sudo");
	process->command = strdup("sudo");
	add_call(run, ABI_X86_64, "execve");
}

static void be_imported(struct run *run)
{
	free(run->observer);
	run->observer = strdup("strace");
}

static void control_devices(struct run *run)
{
	add_call(run, ABI_X86_64, "ioctl")->arguments_any = true;
}

static void only_start(struct run *run)
{
	for (size_t i = 0; i < run->calls_count; i++)
		run->calls[i].phase = PHASE_STARTUP;
}

static void what_stays_open_is_said_where_it_is_so(void **state)
{
	static const struct {
		void (*change)(struct run *run);
		const char *words;
	} rows[] = {
		{ use_io_uring, "io_uring is allowed" },
		{ lose_calls, "12,345 calls were lost" },
		{ lose_arguments, "3 combinations" },
		{ be_short, "short (4.5 s)" },
		{ have_news, "new calls still appeared near the end (mlock after 590 s of 600)" },
		{ miss_a_line, "never executed while recording: ExecReload=/bin/kill" },
		{ have_a_filter, "the target was under a filter" },
		{ execute, "observed: /usr/bin/a, /usr/bin/sudo" },
		{ execute, "/usr/bin/sudo was executed, which is often set-user-ID" },
		{ be_imported, "recorded by strace" },
		{ control_devices, "ioctl" },
		{ only_start, "only starting up" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *plain = plain_run(TARGET_UNIT), *changed = plain_run(TARGET_UNIT);
		_cleanup_(policy_freep) struct policy *before = NULL, *after = NULL;

		add_call(plain, ABI_X86_64, "read");
		add_call(changed, ABI_X86_64, "read");
		rows[i].change(changed);
		before = decide_run(plain, &usual);
		after = decide_run(changed, &usual);
		if (is_open(before, rows[i].words))
			fail_msg("said without cause: %s", rows[i].words);
		if (!is_open(after, rows[i].words))
			fail_msg("not said: %s", rows[i].words);
	}
}

/* ---- other builds ---- */

static struct policy *decide_for_other_builds(const char *const *calls,
					      const char *const *arguments)
{
	struct run *run = plain_run(TARGET_COMMAND);
	struct decide_options options = usual;

	options.portable = true;
	options.arguments = arguments;
	for (; *calls; calls++)
		add_call(run, ABI_X86_64, *calls);
	return decide_run(run, &options);
}

static void another_build_may_do_what_gives_nothing_more(void **state)
{
	static const char *const files[] = { "openat", "read", NULL };
	static const char *const server[] = { "openat", "read", "accept4", NULL };
	_cleanup_(policy_freep) struct policy *reader = decide_for_other_builds(files, NULL),
					      *serves = decide_for_other_builds(server, NULL);

	(void)state;
	for (const char *const *name =
		     (const char *const[]){ "fadvise64", "getdents64", "pwrite64", "ioctl", NULL };
	     *name; name++)
		assert_non_null(reason_of(rule_of(reader, ABI_X86_64, *name), REASON_SIBLING));
	assert_null(rule_of(reader, ABI_X86_64, "shutdown"));
	assert_non_null(reason_of(rule_of(serves, ABI_X86_64, "shutdown"), REASON_SIBLING));
	for (size_t i = 0; i < serves->rules_count; i++)
		if (reason_of(&serves->rules[i], REASON_SIBLING))
			assert_false(decide_is_new_privilege(
				syscall_name(serves->rules[i].abi, serves->rules[i].nr)));
}

static void one_build_is_not_allowed_what_another_may_do(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct run *run = plain_run(TARGET_COMMAND);

	(void)state;
	add_call(run, ABI_X86_64, "read");
	policy = decide_run(run, &usual);
	assert_null(rule_of(policy, ABI_X86_64, "getdents64"));
}

static void what_gives_nothing_more_is_allowed_to_any_build(void **state)
{
	static const char *const given[] = { "vfork", "accept", "stat",	    "lstat",
					     "fstat", "statx",	"fadvise64" };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct run *run = plain_run(TARGET_COMMAND);

	(void)state;
	add_call(run, ABI_X86_64, "clone");
	add_call(run, ABI_X86_64, "accept4");
	add_call(run, ABI_X86_64, "newfstatat");
	add_call(run, ABI_X86_64, "write");
	policy = decide_run(run, &usual);
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		assert_non_null(rule_of(policy, ABI_X86_64, given[i]));
		assert_int_equal(rule_of(policy, ABI_X86_64, given[i])->action, SECCOMP_RET_ALLOW);
	}
	/* It would copy from what nothing was read from. */
	assert_null(rule_of(policy, ABI_X86_64, "copy_file_range"));
	assert_null(rule_of(policy, ABI_X86_64, "epoll_create"));
}

static void another_build_may_clone_by_clone3_where_clone_is_not_bounded(void **state)
{
	static const char *const calls[] = { "clone", NULL }, *const bounded[] = { "clone", NULL };
	_cleanup_(policy_freep) struct policy *any = decide_for_other_builds(calls, NULL),
					      *some = decide_for_other_builds(calls, bounded);

	(void)state;
	assert_int_equal(rule_of(any, ABI_X86_64, "clone3")->action, SECCOMP_RET_ALLOW);
	assert_int_equal(rule_of(some, ABI_X86_64, "clone3")->action, SECCOMP_RET_ERRNO | ENOSYS);
}

/* What is allowed for A alone is allowed for A and B. */
static void one_more_run_never_removes_a_name(void **state)
{
	static const unsigned seeds[] = { 2, 7, 13, 33 }; /* each follows what is installed */

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(seeds); n++) {
		unsigned seed = seeds[n];
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *b = random_recording(seed + 1000);
		_cleanup_(policy_freep) struct policy *alone = NULL, *both = NULL;
		struct error err = { 0 };

		assert_int_equal(decide_policy(a, &usual, &alone, &err), 0);
		assert_int_equal(recording_merge(a, b, &err), 0);
		assert_int_equal(decide_policy(a, &usual, &both, &err), 0);
		for (size_t i = 0; i < alone->rules_count; i++) {
			const struct rule *rule = &alone->rules[i], *after;

			if (rule->action != SECCOMP_RET_ALLOW)
				continue;
			after = policy_find(both, rule->abi, rule->nr, NULL);
			if (!after || after->action != SECCOMP_RET_ALLOW)
				fail_msg("seed %u: another run removes %s of %s, %s; %s %s", seed,
					 syscall_name(rule->abi, rule->nr),
					 abi_info(rule->abi)->name, rule->reasons[0].text,
					 after ? "action" : "none",
					 after ? after->reasons[0].text : "");
		}
	}
}

static void an_unknown_level_is_refused_by_name(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct decide_options options = usual;
	struct error err = { 0 };

	(void)state;
	options.level = "wide";
	assert_int_equal(decide_policy(recording, &options, &policy, &err), -EINVAL);
	assert_non_null(strstr(err.message, "\"wide\""));
	assert_non_null(strstr(err.message, "observed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_seen_call_is_allowed_with_its_evidence),
		cmocka_unit_test(every_rule_has_a_reason),
		cmocka_unit_test(each_abi_that_was_seen_has_its_own_base),
		cmocka_unit_test(a_units_base_holds_what_systemd_allows),
		cmocka_unit_test(the_loader_is_assumed_only_where_no_start_was_recorded),
		cmocka_unit_test(what_was_never_called_was_seen_with_no_arguments),
		cmocka_unit_test(a_newer_call_is_enosys_only_beside_its_older_one),
		cmocka_unit_test(what_is_asked_for_may_have_any_argument),
		cmocka_unit_test(what_stays_open_is_said_where_it_is_so),
		cmocka_unit_test(another_build_may_do_what_gives_nothing_more),
		cmocka_unit_test(one_build_is_not_allowed_what_another_may_do),
		cmocka_unit_test(what_gives_nothing_more_is_allowed_to_any_build),
		cmocka_unit_test(another_build_may_clone_by_clone3_where_clone_is_not_bounded),
		cmocka_unit_test(one_more_run_never_removes_a_name),
		cmocka_unit_test(an_unknown_level_is_refused_by_name),
	};

	/* tests/run gives each test a cache of its own: the machine's libraries are then read once. */
	usual.reach_cache = getenv("XDG_CACHE_HOME");

	return cmocka_run_group_tests(tests, NULL, NULL);
}
