// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a policy says of its target where several runs were recorded: the unit where all agree on it, the
 * service manager and the C library of the run that was started last and tells, the ABIs of the machines.
 * Runs stand in the order of their random ids, which says nothing of time.
 */
#include "common/cleanup.h"
#include "decide/decide.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct decide_options usual = { .level = "observed",
					     .default_action = SECCOMP_RET_ERRNO | EPERM,
					     .foreign_action = SECCOMP_RET_KILL_PROCESS };

struct run_row {
	char id; /* of which all digits are: the order of the runs */
	uint64_t started_us;
	const char *target, *systemd, *libc, *machine; /* NULL unknown */
};

static struct run *make_run(const struct run_row *row)
{
	struct run *run = run_new();
	struct process *process;
	struct call *call;
	struct error err = { 0 };

	memset(run->id, row->id, 32);
	run->observer = strdup("bpf");
	run->target_kind = TARGET_UNIT;
	run->target = row->target ? strdup(row->target) : NULL;
	run->started_us = row->started_us;
	run->duration_ns = 600 * UINT64_C(1000000000);
	run->ended = strdup("time limit");
	run->systemd = row->systemd ? strdup(row->systemd) : NULL;
	run->libc = row->libc ? strdup(row->libc) : NULL;
	run->machine = row->machine ? strdup(row->machine) : NULL;
	process = run_add_process(run);
	process->executable = strdup("/usr/bin/a");
	process->command = strdup("a");
	call = run_add_call(run);
	call->nr = 0;
	call->phase = PHASE_SERVING;
	call->count = 1;
	call->first_ns = 5;
	if (run_finish(run, &err) < 0)
		fail_msg("%s", err.message);
	return run;
}

static struct policy *decide(const struct run_row *rows, size_t count,
			     const struct decide_options *options)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		assert_int_equal(recording_add(recording, make_run(&rows[i]), &err), 0);
	if (decide_policy(recording, options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static void expect_text(const char *got, const char *wanted)
{
	if ((got == NULL) != (wanted == NULL) || (got && strcmp(got, wanted) != 0))
		fail_msg("expected \"%s\", got \"%s\"", wanted, got);
}

static void the_last_run_that_tells_decides(void **state)
{
	static const struct {
		struct run_row runs[3];
		size_t count;
		const char *target, *systemd, *libc;
	} cases[] = {
		{ { { 'a', 10, "a.service", "252", "glibc 2.36", "x86_64" } },
		  1,
		  "a.service",
		  "252",
		  "glibc 2.36" },
		/* Later in time and later in order. */
		{ { { 'a', 10, "a.service", "252", "glibc 2.36", "x86_64" },
		    { 'b', 20, "a.service", "257", "glibc 2.41", "x86_64" } },
		  2,
		  "a.service",
		  "257",
		  "glibc 2.41" },
		/* Later in time, earlier in order. */
		{ { { 'a', 20, "a.service", "257", "glibc 2.41", "x86_64" },
		    { 'b', 10, "a.service", "252", "glibc 2.36", "x86_64" } },
		  2,
		  "a.service",
		  "257",
		  "glibc 2.41" },
		{ { { 'a', 10, "a.service", "252", "glibc 2.36", "x86_64" },
		    { 'b', 30, "a.service", "257", "glibc 2.41", "x86_64" },
		    { 'c', 20, "a.service", "254", "glibc 2.38", "x86_64" } },
		  3,
		  "a.service",
		  "257",
		  "glibc 2.41" },
		/* An older systemd after a newer one: it was gone back. */
		{ { { 'a', 10, "a.service", "257", "glibc 2.41", "x86_64" },
		    { 'b', 20, "a.service", "252", "glibc 2.36", "x86_64" } },
		  2,
		  "a.service",
		  "252",
		  "glibc 2.36" },
		/* Who does not know says nothing; each of the two is found by itself. */
		{ { { 'a', 10, "a.service", "252", NULL, "x86_64" },
		    { 'b', 20, "a.service", NULL, "glibc 2.41", "x86_64" },
		    { 'c', 30, "a.service", NULL, NULL, "x86_64" } },
		  3,
		  "a.service",
		  "252",
		  "glibc 2.41" },
		{ { { 'a', 10, "a.service", NULL, NULL, "x86_64" } }, 1, "a.service", NULL, NULL },
		/* At the same time. */
		{ { { 'a', 10, "a.service", "252", "glibc 2.36", "x86_64" },
		    { 'b', 10, "a.service", "257", "glibc 2.41", "x86_64" } },
		  2,
		  "a.service",
		  "257",
		  "glibc 2.41" },
		{ { { 'a', 0, "a.service", "252", "glibc 2.36", "x86_64" } },
		  1,
		  "a.service",
		  "252",
		  "glibc 2.36" },
		/* Of two units the policy is for none by name. */
		{ { { 'a', 10, "a.service", "252", NULL, "x86_64" },
		    { 'b', 20, "b.service", "252", NULL, "x86_64" } },
		  2,
		  NULL,
		  "252",
		  NULL },
		{ { { 'a', 10, "a.service", "252", NULL, "x86_64" },
		    { 'b', 20, "b.service", "252", NULL, "x86_64" },
		    { 'c', 30, "a.service", "252", NULL, "x86_64" } },
		  3,
		  NULL,
		  "252",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(policy_freep) struct policy *policy =
			decide(cases[i].runs, cases[i].count, &usual);

		expect_text(policy->target, cases[i].target);
		expect_text(policy->systemd, cases[i].systemd);
		expect_text(policy->libc, cases[i].libc);
		assert_int_equal(policy->recordings_count, cases[i].count);
		for (size_t j = 0; j < cases[i].count; j++)
			assert_int_equal(policy->recordings[j][31], cases[i].runs[j].id);
	}
}

static void the_abis_of_all_machines_are_listed(void **state)
{
	static const struct run_row runs[] = {
		{ 'a', 10, "a.service", NULL, NULL, "x86_64" },
		{ 'b', 20, "a.service", NULL, NULL, "aarch64" },
		{ 'c', 30, "a.service", NULL, NULL, "no such machine" },
		{ 'd', 40, "a.service", NULL, NULL, NULL },
	};
	_cleanup_(policy_freep) struct policy *policy = decide(runs, ARRAY_SIZE(runs), &usual);

	(void)state;
	assert_int_equal(policy->abis_count, 2);
	assert_true(policy_has_abi(policy, ABI_X86_64));
	assert_true(policy_has_abi(policy, ABI_AARCH64));
	assert_string_equal(policy->level, "observed");
	assert_int_equal(policy->default_action, usual.default_action);
	assert_int_equal(policy->foreign_action, usual.foreign_action);
}

/* @default of the recorded systemd goes into the base, and a group is that version's. */
static void a_group_is_that_of_the_recorded_systemd(void **state)
{
	static const char *const group[] = { "@sandbox", NULL }; /* of 254 and later */
	static const struct {
		const char *systemd;
		bool has_landlock;
	} rows[] = { { "249", false }, { "255.4-1", true }, { NULL, true } };
	struct decide_options options = usual;

	(void)state;
	options.allow = group;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct run_row run = {
			'a', 10, "a.service", rows[i].systemd, NULL, "x86_64"
		};
		_cleanup_(policy_freep) struct policy *policy = NULL;
		_cleanup_(recording_freep) struct recording *recording = recording_new();
		struct error err = { 0 };
		const struct rule *rule;
		int r;

		assert_int_equal(recording_add(recording, make_run(&run), &err), 0);
		r = decide_policy(recording, &options, &policy, &err);
		if (r < 0) {
			/* 249 has no such group. */
			assert_false(rows[i].has_landlock);
			assert_int_equal(r, -EINVAL);
			assert_non_null(strstr(err.message, "249"));
			continue;
		}
		rule = policy_find(policy, ABI_X86_64,
				   syscall_number(ABI_X86_64, "landlock_add_rule"), NULL);
		assert_int_equal(rule != NULL, rows[i].has_landlock);
		/* Whoever asks for a call asks for all of it. */
		assert_true(rule->seen_any);
		assert_int_equal(rule->reasons[0].kind, REASON_ASKED);
		assert_string_equal(rule->reasons[0].text, "@sandbox");
	}
}

static void what_is_asked_for_must_exist(void **state)
{
	static const char *const name[] = { "mount", "nosuchcall", NULL };
	static const char *const group[] = { "@nosuch", NULL };
	static const char *const *const asked[] = { name, group };
	static const struct run_row run = { 'a', 10, "a.service", "252", NULL, "x86_64" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		_cleanup_(recording_freep) struct recording *recording = recording_new();
		struct decide_options options = usual;
		struct policy *policy = NULL;
		struct error err = { 0 };

		options.allow = asked[i];
		assert_int_equal(recording_add(recording, make_run(&run), &err), 0);
		assert_int_equal(decide_policy(recording, &options, &policy, &err), -EINVAL);
		assert_non_null(strstr(err.message, i ? "\"@nosuch\"" : "\"nosuchcall\""));
		assert_null(policy);
	}
}

static void a_level_must_exist(void **state)
{
	static const struct run_row run = { 'a', 10, "a.service", "252", NULL, "x86_64" };
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct decide_options options = usual;
	struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	options.level = "nosuch";
	assert_int_equal(recording_add(recording, make_run(&run), &err), 0);
	assert_int_equal(decide_policy(recording, &options, &policy, &err), -EINVAL);
	assert_non_null(strstr(err.message, "\"nosuch\""));
	assert_non_null(strstr(err.message, "observed, "));
}

/* Each holds all that the one before it holds. */
static void the_levels_stand_in_their_order(void **state)
{
	static const struct run_row run = { 'a', 10, "a.service", "252", NULL, "x86_64" };
	static const char *const names[] = { "observed", "closed", "reachable" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct decide_options options = usual;
		_cleanup_(policy_freep) struct policy *policy = NULL;

		options.level = names[i];
		policy = decide(&run, 1, &options);
		assert_string_equal(policy->level, names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_run_that_tells_decides),
		cmocka_unit_test(the_abis_of_all_machines_are_listed),
		cmocka_unit_test(a_group_is_that_of_the_recorded_systemd),
		cmocka_unit_test(what_is_asked_for_must_exist),
		cmocka_unit_test(a_level_must_exist),
		cmocka_unit_test(the_levels_stand_in_their_order),
	};

	return cmocka_run_group_tests_name("target of a decision", tests, NULL, NULL);
}
