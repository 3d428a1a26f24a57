// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The watching of a unit, and of what it is refused, with a recorder and a kernel of the test's own: the
 * linker puts them in the place of record_run() and of BPF (--wrap). When the watching ends, what it takes
 * for a hit of the list on trial, and what counts as a refusal.
 */
#include "common/cleanup.h"
#include "denial/kernel.h"
#include "harden/refusals.h"
#include "harden/stages.h"
#include "record/record.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND	     UINT64_C(1000000000)
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))

/* ---- a recorder that plays slices ---- */

struct call_row {
	const char *name; /* NULL: none */
	enum phase phase;
	uint64_t count, first_s;
};

struct slice_row {
	uint64_t duration_s; /* since the start, as all of it */
	struct call_row calls[4];
};

static const struct slice_row *playing;
static size_t playing_count, played;
static const char *playing_ends; /* why, where nobody has seen enough */
static int slice_result; /* of the last one */

static struct run *make_run(const struct slice_row *slice, const char *ended)
{
	struct run *run = run_new();
	struct process *process = run_add_process(run);
	struct error err = { 0 };

	process->executable = strdup("/usr/bin/a");
	process->command = strdup("a");
	run->observer = strdup("bpf");
	run->target_kind = TARGET_UNIT;
	run->target = strdup("a.service");
	run->ended = strdup(ended);
	run->duration_ns = slice->duration_s * SECOND;
	for (size_t i = 0; i < ARRAY_SIZE(slice->calls) && slice->calls[i].name; i++) {
		struct call *call = run_add_call(run);

		call->nr = syscall_number(ABI_X86_64, slice->calls[i].name);
		call->phase = slice->calls[i].phase;
		call->count = slice->calls[i].count;
		call->first_ns = slice->calls[i].first_s * SECOND;
	}
	if (run_finish(run, &err) < 0)
		fail_msg("%s", err.message);
	return run;
}

/* `used`: the linker's --wrap comes after the optimiser of a whole program has dropped them. */
#define WRAPS __attribute__((used))
WRAPS int __wrap_record_run(struct record_settings *settings, struct run **run, struct error *err);
WRAPS int __wrap_target_open_unit(const char *name, bool may_be_stopped, struct target **target,
				  struct error *err);
WRAPS void __wrap_target_freep(struct target **target);

int __wrap_record_run(struct record_settings *settings, struct run **run, struct error *err)
{
	assert_true(settings->is_cycle);
	assert_true(settings->is_never_stopped);
	slice_result = 0;
	for (played = 0; played < playing_count && slice_result == 0; played++)
		slice_result = settings->slice(settings->context,
					       make_run(&playing[played], "interrupted"), err);
	if (slice_result < 0)
		return slice_result;
	*run = make_run(&playing[played - 1], slice_result == 1 ? "enough was seen" : playing_ends);
	return 0;
}

int __wrap_target_open_unit(const char *name, bool may_be_stopped, struct target **target,
			    struct error *err)
{
	(void)err;
	assert_string_equal(name, "a.service");
	assert_false(may_be_stopped);
	*target = NULL;
	return 0;
}

void __wrap_target_freep(struct target **target)
{
	(void)target;
}

/* ---- when the watching ends ---- */

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/whittle-test-harden-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void open_harden(struct harden *harden, const struct harden_options *options)
{
	struct error err = { 0 };
	static unsigned turn;
	char path[128];

	*harden = (struct harden){ .options = options, .lock = -1 };
	snprintf(path, sizeof(path), "%s/%u", directory, ++turn);
	assert_int_equal(mkdir(path, 0700), 0);
	if (store_open(path, &harden->store, &err) < 0)
		fail_msg("%s", err.message);
	harden->managed_unit.unit = strdup("a.service");
	snprintf(path, sizeof(path), "%s/%u/a.rec", directory, turn);
	harden->managed_unit.recording = strdup(path);
	assert_int_equal(harden_save(harden, &err), 0);
}

static void close_harden(struct harden *harden)
{
	managed_unit_clean(&harden->managed_unit);
	store_closep(&harden->store);
}

#define SERVING(name_, count_, first_)               \
	{                                            \
		name_, PHASE_SERVING, count_, first_ \
	}
#define STARTUP(name_, count_, first_)               \
	{                                            \
		name_, PHASE_STARTUP, count_, first_ \
	}
#define SLICE(duration, ...)        \
	{                           \
		duration,           \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

struct watch_case {
	const char *name;
	uint64_t wanted_s, quiet_s, calls;
	struct slice_row slices[4];
	size_t count;
	const char *ends;
	size_t played; /* slices until it was enough */
	int result;
};

static const struct watch_case watch_cases[] = {
	{ .name = "the time",
	  .wanted_s = 30,
	  .slices = { SLICE(10, STARTUP("read", 1, 1)), SLICE(29, STARTUP("read", 1, 1)),
		      SLICE(30, STARTUP("read", 1, 1)), SLICE(40, STARTUP("read", 1, 1)) },
	  .count = 4,
	  .played = 3 },
	{ .name = "quiet since the last new call",
	  .quiet_s = 15,
	  .slices = { SLICE(10, SERVING("read", 1, 2)),
		      SLICE(20, SERVING("read", 2, 2), SERVING("write", 1, 12)),
		      SLICE(26, SERVING("read", 3, 2), SERVING("write", 2, 12)),
		      SLICE(27, SERVING("read", 4, 2), SERVING("write", 2, 12)) },
	  .count = 4,
	  .played = 4 },
	{ .name = "load while it serves",
	  .calls = 100,
	  .slices = { SLICE(10, SERVING("read", 60, 1), STARTUP("open", 500, 1)),
		      SLICE(20, SERVING("read", 99, 1), STARTUP("open", 500, 1)),
		      SLICE(30, SERVING("read", 60, 1), SERVING("write", 40, 1)),
		      SLICE(40, SERVING("read", 100, 1)) },
	  .count = 4,
	  .played = 3 },
	{ .name = "all of them",
	  .wanted_s = 10,
	  .quiet_s = 10,
	  .calls = 10,
	  .slices = { SLICE(10, SERVING("read", 10, 1)), SLICE(11, SERVING("read", 10, 1)),
		      SLICE(12, SERVING("read", 10, 1)) },
	  .count = 3,
	  .played = 2 },
	{ .name = "interrupted",
	  .wanted_s = 100,
	  .slices = { SLICE(10, SERVING("read", 1, 1)) },
	  .count = 1,
	  .ends = "interrupted",
	  .played = 1,
	  .result = -EINTR },
	{ .name = "the unit has ended",
	  .wanted_s = 100,
	  .slices = { SLICE(10, SERVING("read", 1, 1)) },
	  .count = 1,
	  .ends = "target ended",
	  .played = 1,
	  .result = -ECANCELED },
};

static void watch(const struct watch_case *one)
{
	const struct harden_options options = { .quiet_ns = one->quiet_s * SECOND,
						.calls = one->calls,
						.slice_ns = 10 * SECOND };
	_cleanup_(recording_freep) struct recording *recording = NULL;
	const struct run *const *runs;
	struct harden harden;
	struct error err = { 0 };
	int r;

	open_harden(&harden, &options);
	playing = one->slices;
	playing_count = one->count;
	playing_ends = one->ends;
	r = slices_record(&harden, one->wanted_s * SECOND, NULL, NULL, &err);
	if (r != one->result || played != one->played)
		fail_msg("%s: %d after %zu slices: %s", one->name, r, played, err.message);
	/* Whatever ended it, the last slice is kept. */
	assert_int_equal(recording_read(harden.managed_unit.recording, &recording, &err), 0);
	assert_int_equal(recording_runs(recording, &runs), 1);
	assert_int_equal(runs[0]->duration_ns, one->slices[one->played - 1].duration_s * SECOND);
	close_harden(&harden);
}

static void the_watching_ends_when_all_rules_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(watch_cases); i++)
		watch(&watch_cases[i]);
}

/* What earlier runs saw is no news, and their time counts. */
static void earlier_runs_count(void **state)
{
	static const struct slice_row earlier = SLICE(50, SERVING("write", 1, 1));
	static const struct slice_row slices[] = {
		SLICE(9, SERVING("write", 1, 8)),
		SLICE(10, SERVING("write", 1, 8)),
		SLICE(20, SERVING("write", 1, 8)),
	};
	const struct harden_options options = { .quiet_ns = 5 * SECOND, .slice_ns = 10 * SECOND };
	_cleanup_(recording_freep) struct recording *recording = recording_new(), *all = NULL;
	const struct run *const *runs;
	struct harden harden;
	struct error err = { 0 };

	(void)state;
	open_harden(&harden, &options);
	assert_int_equal(recording_add(recording, make_run(&earlier, "time limit"), &err), 0);
	assert_int_equal(recording_save(recording, harden.managed_unit.recording, 0600, &err), 0);
	playing = slices;
	playing_count = ARRAY_SIZE(slices);
	assert_int_equal(slices_record(&harden, 60 * SECOND, NULL, NULL, &err), 0);
	assert_int_equal(played, 2);
	assert_int_equal(recording_read(harden.managed_unit.recording, &all, &err), 0);
	assert_int_equal(recording_runs(all, &runs), 2);
	close_harden(&harden);
}

/* Calls of the restart are made once a start: of the first slice only those of serving are the curve's. */
static void the_curve_leaves_the_restart_out(void **state)
{
	static const struct slice_row slices[] = {
		SLICE(10, STARTUP("open", 5, 1), SERVING("read", 1, 1)),
		SLICE(20, STARTUP("open", 5, 1), SERVING("read", 9, 1), SERVING("write", 1, 15)),
		SLICE(30, STARTUP("open", 6, 1), SERVING("read", 9, 1), SERVING("write", 2, 15)),
	};
	const struct harden_options options = { .slice_ns = 10 * SECOND };
	struct managed_unit managed = { 0 };
	struct harden harden;
	struct error err = { 0 };

	(void)state;
	open_harden(&harden, &options);
	playing = slices;
	playing_count = ARRAY_SIZE(slices);
	assert_int_equal(slices_record(&harden, 30 * SECOND, NULL, NULL, &err), 0);
	assert_int_equal(store_get(harden.store, "a.service", &managed, &err), 0);
	/* The end has a slice of its own, in which nothing came. read in the first and second, write in
	 * the second and third, open in the third. */
	assert_int_equal(managed.slices, 4);
	assert_int_equal(managed.kinds, 3);
	assert_int_equal(managed.once, 1);
	assert_int_equal(managed.twice, 2);
	managed_unit_clean(&managed);
	close_harden(&harden);
}

/* ---- the list on trial ---- */

static struct policy *make_policy(void)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };
	struct rule *rule;

	policy_add_abi(policy, ABI_X86_64);
	policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "read"),
			   SECCOMP_RET_ALLOW);
	policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "clone3"), FAIL(ENOSYS));
	policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "statx"), FAIL(EACCES));
	rule = policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "socket"),
				  SECCOMP_RET_ALLOW);
	clause_add(rule_add_clause(rule),
		   (struct condition){ .comparison = COMPARE_EQUAL, .value = 1 });
	assert_int_equal(policy_finish(policy, &err), 0);
	return policy;
}

static void expect_hits(const char *name, size_t wanted)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	struct slice_row slices[] = { SLICE(10, SERVING(name, 1, 1)),
				      SLICE(20, SERVING(name, 2, 1)) };
	const struct harden_options options = { .slice_ns = 10 * SECOND };
	struct harden harden;
	struct error err = { 0 };
	size_t hits = 99;

	open_harden(&harden, &options);
	playing = slices;
	playing_count = ARRAY_SIZE(slices);
	assert_int_equal(slices_record(&harden, 20 * SECOND, policy, &hits, &err), 0);
	if (hits != wanted)
		fail_msg("%s: expected %zu hits, got %zu", name, wanted, hits);
	/* A hit ends the watching at once. */
	assert_int_equal(played, wanted ? 1 : 2);
	close_harden(&harden);
}

static void a_call_that_the_list_would_refuse_is_a_hit(void **state)
{
	(void)state;
	expect_hits("read", 0);
	expect_hits("mount", 1);
	/* On purpose, so that the libc goes back to clone; any other error is none. */
	expect_hits("clone3", 0);
	expect_hits("statx", 1);
	/* Its arguments are not known, and some are allowed. */
	expect_hits("socket", 0);
}

/* A trial counts its own time. */
static void a_trial_does_not_count_earlier_runs(void **state)
{
	static const struct slice_row earlier = SLICE(50, SERVING("read", 1, 1));
	static const struct slice_row slices[] = { SLICE(10, SERVING("read", 1, 1)),
						   SLICE(59, SERVING("read", 1, 1)),
						   SLICE(60, SERVING("read", 1, 1)),
						   SLICE(70, SERVING("read", 1, 1)) };
	const struct harden_options options = { .slice_ns = 10 * SECOND };
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct harden harden;
	struct error err = { 0 };
	size_t hits = 0;

	(void)state;
	open_harden(&harden, &options);
	assert_int_equal(recording_add(recording, make_run(&earlier, "time limit"), &err), 0);
	assert_int_equal(recording_save(recording, harden.managed_unit.recording, 0600, &err), 0);
	playing = slices;
	playing_count = ARRAY_SIZE(slices);
	assert_int_equal(slices_record(&harden, 60 * SECOND, policy, &hits, &err), 0);
	assert_int_equal(played, 3);
	close_harden(&harden);
}

/* ---- refusals ---- */

static struct denial_kernel_events kernel_events;

WRAPS int __wrap_denial_kernel_open_within(const struct denial_kernel_events *events,
					   uint64_t limit_ns, struct denial_kernel **kernel,
					   struct error *err);
WRAPS void __wrap_denial_kernel_closep(struct denial_kernel **kernel);
WRAPS int __wrap_denial_kernel_select(struct denial_kernel *kernel, uint64_t root,
				      const struct denial_select *selects, size_t count,
				      struct error *err);

static struct denial_select selected;
static size_t selected_count;

int __wrap_denial_kernel_select(struct denial_kernel *kernel, uint64_t root,
				const struct denial_select *selects, size_t count,
				struct error *err)
{
	(void)kernel;
	(void)root;
	(void)err;
	assert_true(count > 0);
	selected = selects[0];
	selected_count = count;
	return 0;
}

int __wrap_denial_kernel_open_within(const struct denial_kernel_events *events, uint64_t limit_ns,
				     struct denial_kernel **kernel, struct error *err)
{
	(void)err;
	assert_true(limit_ns >= SECOND);
	kernel_events = *events;
	*kernel = NULL;
	return 0;
}

void __wrap_denial_kernel_closep(struct denial_kernel **kernel)
{
	(void)kernel;
}

static void deny(const char *name, action verdict, uint64_t count)
{
	struct denial denial = { .count = 1,
				 .has_abi = true,
				 .abi = ABI_X86_64,
				 .nr = syscall_number(ABI_X86_64, name),
				 .has_action = true,
				 .has_errno = true,
				 .action = verdict,
				 .pid = 7,
				 .thread = 7 };
	struct error err = { 0 };

	assert_int_equal(kernel_events.denial(kernel_events.context, &denial, count, &err), 0);
}

static uint64_t told_count;

static int add_told(void *context, const struct denial_group *group, uint64_t count,
		    struct error *err)
{
	(void)group;
	(void)err;
	told_count += count;
	++*(size_t *)context;
	return 0;
}

static void what_the_policy_answers_on_purpose_is_no_refusal(void **state)
{
	static const struct {
		const char *name;
		action verdict;
		uint64_t count, refusals;
	} rows[] = {
		{ "mount", FAIL(EPERM), 3, 3 },
		{ "statx", FAIL(EACCES), 2, 0 }, /* the rule's own error */
		{ "statx", FAIL(EPERM), 2, 2 },
		{ "clone3", FAIL(ENOSYS), 5, 0 },
		/* So RestrictSUIDSGID= sends callers back, without a rule of ours. */
		{ "openat2", FAIL(ENOSYS), 1, 0 },
		{ "openat2", FAIL(EPERM), 1, 1 },
		{ "faccessat2", FAIL(ENOSYS), 1, 1 },
		{ "read", FAIL(EPERM), 1, 1 },
		{ "socket", FAIL(EAFNOSUPPORT), 4, 4 },
	};
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	char name[] = "a.service", group[] = "/system.slice/a.service";
	const struct unit unit = { .name = name, .control_group = group };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(refusals_freep) struct refusals *refusals = NULL;
		size_t groups = 0;

		assert_int_equal(refusals_open(&unit, policy, NULL, &refusals, &err), 0);
		assert_int_equal(refusals_count(refusals), 0);
		deny(rows[i].name, rows[i].verdict, rows[i].count);
		if (refusals_count(refusals) != rows[i].refusals)
			fail_msg("%s: expected %u refusals, got %u", rows[i].name,
				 (unsigned)rows[i].refusals, (unsigned)refusals_count(refusals));
		told_count = 0;
		for (unsigned again = 0; again < 2; again++)
			assert_int_equal(refusals_tell(refusals, add_told, &groups, &err), 0);
		assert_int_equal(told_count, rows[i].refusals);
		assert_int_equal(groups, rows[i].refusals > 0);
	}
	assert_int_equal(refusals_count(NULL), 0);
}

/* A name proves nothing: the kernel is given the path of the manager's own control group, and the ids. */
static void a_unit_is_selected_by_its_control_group(void **state)
{
	char name[] = "a.service", group[] = "/system.slice/a.service";
	struct unit unit = { .name = name, .control_group = group };
	_cleanup_(policy_freep) struct policy *policy = make_policy();
	_cleanup_(refusals_freep) struct refusals *refusals = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(refusals_open(&unit, policy, NULL, &refusals, &err), 0);
	assert_true(kernel_events.is_selective);
	assert_int_equal(selected_count, 1);
	assert_string_equal(selected.name, "a.service");
	assert_string_equal(selected.path, "/system.slice/a.service");
	assert_int_equal(selected.id, 0); /* there is no such group */
}

/* ---- words ---- */

static void times_are_told_as_people_do(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0.0 s" },
		{ SECOND / 2, "0.5 s" },
		{ 9949 * (SECOND / 1000), "9.9 s" },
		{ 10 * SECOND, "10 s" },
		{ 10 * SECOND + SECOND / 2 - 1, "10 s" },
		{ 10 * SECOND + SECOND / 2, "11 s" },
		{ 59 * SECOND, "59 s" },
		{ 60 * SECOND - 1, "1 min 0 s" },
		{ 200 * SECOND, "3 min 20 s" },
		{ 3599 * SECOND, "59 min 59 s" },
		{ 3600 * SECOND, "1 h 0 min" },
		{ 7500 * SECOND, "2 h 5 min" },
		{ 90000 * SECOND, "25 h 0 min" },
	};
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(stages_format_duration(rows[i].ns, text), rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_watching_ends_when_all_rules_hold),
		cmocka_unit_test(earlier_runs_count),
		cmocka_unit_test(the_curve_leaves_the_restart_out),
		cmocka_unit_test(a_call_that_the_list_would_refuse_is_a_hit),
		cmocka_unit_test(a_trial_does_not_count_earlier_runs),
		cmocka_unit_test(what_the_policy_answers_on_purpose_is_no_refusal),
		cmocka_unit_test(a_unit_is_selected_by_its_control_group),
		cmocka_unit_test(times_are_told_as_people_do),
	};

	return cmocka_run_group_tests_name("hardening", tests, make_directory, remove_directory);
}
