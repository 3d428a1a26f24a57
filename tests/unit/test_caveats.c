// SPDX-License-Identifier: LGPL-2.1-or-later
/* The sentences in `open`: each with the recordings in which it stands, and those in which it does not. */
#include "common/cleanup.h"
#include "decide/decide.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND	  UINT64_C(1000000000)
#define RUNS_MAX  3
#define CALLS_MAX 4

/* ---- recordings ---- */

static struct run *make_run(enum target_kind kind, uint64_t started_us)
{
	struct run *run = run_new();
	struct unit_line *line;

	run->observer = strdup("bpf");
	run->target_kind = kind;
	run->target = strdup("a.service");
	run->started_us = started_us;
	run->duration_ns = 600 * SECOND;
	run->ended = strdup("time limit");
	run->machine = strdup("x86_64");
	if (kind == TARGET_UNIT) {
		line = run_add_line(run);
		line->setting = strdup("ExecStart");
		line->command = strdup("/usr/bin/a");
		line->is_seen = true;
	}
	return run;
}

static unsigned add_process(struct run *run, const char *executable, bool is_manager)
{
	struct process *process = run_add_process(run);

	process->executable = executable ? strdup(executable) : NULL;
	process->is_manager = is_manager;
	return (unsigned)run->processes_count - 1;
}

static struct call *add_call(struct run *run, unsigned process, const char *name, enum phase phase,
			     uint64_t first_ns)
{
	struct call *call = run_add_call(run);

	call->abi = ABI_X86_64;
	call->nr = syscall_number(ABI_X86_64, name);
	assert_true(call->nr >= 0);
	call->process = process;
	call->phase = phase;
	call->count = 1;
	call->first_ns = first_ns;
	return call;
}

/* A unit that was observed to serve by epoll_wait, early. */
static struct run *plain_run(uint64_t started_us)
{
	struct run *run = make_run(TARGET_UNIT, started_us);

	add_call(run, add_process(run, "/usr/bin/a", false), "epoll_wait", PHASE_SERVING, 5);
	return run;
}

/* Takes the runs. */
static struct policy *decide(struct run *const *runs, size_t count)
{
	static const struct decide_options options = { .level = "observed",
						       .default_action = SECCOMP_RET_ERRNO | EPERM,
						       .foreign_action = SECCOMP_RET_KILL_PROCESS };
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		if (run_finish(runs[i], &err) < 0 || recording_add(recording, runs[i], &err) < 0)
			fail_msg("%s", err.message);
	if (decide_policy(recording, &options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static void check_open(const struct policy *policy, const char *words, const char *sentence)
{
	size_t count = 0;

	for (char **open = policy->open; open && *open; open++) {
		if (!strstr(*open, words))
			continue;
		count++;
		if (!sentence || strcmp(*open, sentence) != 0)
			fail_msg("got \"%s\"; expected \"%s\"", *open,
				 sentence ? sentence : "none");
	}
	assert_int_equal(count, sentence != NULL);
}

/* Of the sentences that contain WORDS there is SENTENCE, once; NULL: none. Takes the runs. */
static void expect_open(struct run *const *runs, size_t count, const char *words,
			const char *sentence)
{
	_cleanup_(policy_freep) struct policy *policy = decide(runs, count);

	check_open(policy, words, sentence);
}

static void expect_open_of(struct run *run, const char *words, const char *sentence)
{
	expect_open(&run, 1, words, sentence);
}

/* ---- the length ---- */

static void less_than_a_minute_is_short(void **state)
{
	static const struct {
		enum target_kind kind;
		uint64_t durations[RUNS_MAX]; /* of each run; 0: no more */
		const char *sentence;
	} rows[] = {
		{ TARGET_UNIT,
		  { 60 * SECOND - 1 },
		  "the recording is short (59.9 s): rare calls may be missing" },
		{ TARGET_UNIT, { 60 * SECOND }, NULL },
		{ TARGET_UNIT, { 30 * SECOND, 30 * SECOND }, NULL },
		{ TARGET_UNIT,
		  { 30 * SECOND, 29 * SECOND + 50000000 },
		  "the recording is short (59.0 s): rare calls may be missing" },
		{ TARGET_PID,
		  { 1700000000 },
		  "the recording is short (1.7 s): rare calls may be missing" },
		{ TARGET_CGROUP,
		  { 1 },
		  "the recording is short (0.0 s): rare calls may be missing" },
		{ TARGET_COMMAND, { 1 }, NULL },
		{ TARGET_IMPORT, { 1 }, NULL },
		/* Their sum is beyond what fits. */
		{ TARGET_UNIT, { INT64_MAX, INT64_MAX, 2 }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[RUNS_MAX];
		size_t count = 0;

		for (; count < RUNS_MAX && rows[i].durations[count]; count++) {
			runs[count] = make_run(rows[i].kind, 1);
			runs[count]->duration_ns = rows[i].durations[count];
			add_call(runs[count], add_process(runs[count], "/usr/bin/a", false), "read",
				 PHASE_SERVING, 0);
		}
		expect_open(runs, count, "the recording is short", rows[i].sentence);
	}
}

static void who_only_starts_does_not_serve(void **state)
{
	static const struct {
		enum target_kind kind;
		enum phase phase;
		bool is_manager, is_said;
	} rows[] = {
		{ TARGET_UNIT, PHASE_STARTUP, false, true },
		{ TARGET_UNIT, PHASE_SERVING, false, false },
		{ TARGET_UNIT, PHASE_UNKNOWN, false, false },
		{ TARGET_UNIT, PHASE_SERVING, true, true },
		{ TARGET_COMMAND, PHASE_STARTUP, false, false },
		{ TARGET_IMPORT, PHASE_STARTUP, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(rows[i].kind, 1);

		add_call(run, add_process(run, "/usr/bin/a", rows[i].is_manager), "read",
			 rows[i].phase, 0);
		expect_open_of(run, "no process was observed",
			       rows[i].is_said ? "no process was observed serving, only starting up"
					       : NULL);
	}
}

static void a_start_that_was_not_recorded_is_said(void **state)
{
	(void)state;
	for (unsigned has_start = 0; has_start < 2; has_start++) {
		struct run *run = plain_run(1);

		run->lines[0].is_seen = has_start;
		expect_open_of(run, "no start-up",
			       has_start
				       ? NULL
				       : "no start-up was recorded: the dynamic loader's calls are "
					 "assumed, and other calls that the program makes while it "
					 "starts are unknown; record a start (record --unit "
					 "--cycle)");
	}
}

/* ---- news ---- */

/* Of the latest run, the call that was first observed last: if that was in its last quarter. */
static void calls_that_were_still_new_at_the_end_are_said(void **state)
{
	static const struct news_case {
		enum target_kind kind;
		uint64_t started_us[RUNS_MAX]; /* of each run; 0: no more */
		struct {
			unsigned run;
			const char *name; /* NULL: no more */
			uint64_t first_ns;
			bool is_manager;
		} calls[CALLS_MAX];
		const char *words; /* in parentheses; NULL: no sentence */
	} rows[] = {
		{ TARGET_UNIT,
		  { 1 },
		  { { 0, "mlock", 450 * SECOND, false } },
		  "mlock after 450 s of 600" },
		{ TARGET_UNIT, { 1 }, { { 0, "mlock", 450 * SECOND - 1, false } }, NULL },
		{ TARGET_UNIT, { 1 }, { { 0, "mlock", UINT64_MAX, false } }, NULL },
		{ TARGET_UNIT, { 1 }, { { 0, "mlock", 599 * SECOND, true } }, NULL },
		{ TARGET_COMMAND, { 1 }, { { 0, "mlock", 599 * SECOND, false } }, NULL },
		/* The last of them, in any order. */
		{ TARGET_UNIT,
		  { 1 },
		  { { 0, "mlock", 500 * SECOND, false }, { 0, "bind", 510 * SECOND, false } },
		  "bind after 510 s of 600" },
		{ TARGET_UNIT,
		  { 1 },
		  { { 0, "bind", 500 * SECOND, false }, { 0, "mlock", 510 * SECOND, false } },
		  "mlock after 510 s of 600" },
		/* By several processes: the first of them tells when. */
		{ TARGET_UNIT,
		  { 1 },
		  { { 0, "mlock", 500 * SECOND, false }, { 0, "mlock", 10 * SECOND, false } },
		  NULL },
		{ TARGET_UNIT,
		  { 1 },
		  { { 0, "mlock", 500 * SECOND, false }, { 0, "mlock", 10 * SECOND, true } },
		  "mlock after 500 s of 600" },
		/* Another run knows it, or only another call. */
		{ TARGET_UNIT,
		  { 1, 2 },
		  { { 0, "mlock", 5, false }, { 1, "mlock", 500 * SECOND, false } },
		  NULL },
		{ TARGET_UNIT,
		  { 1, 2 },
		  { { 0, "bind", 5, false }, { 1, "mlock", 500 * SECOND, false } },
		  "mlock after 500 s of 600" },
		/* News of an earlier run are none. */
		{ TARGET_UNIT, { 1, 2 }, { { 0, "mlock", 500 * SECOND, false } }, NULL },
		{ TARGET_UNIT,
		  { 2, 1 },
		  { { 0, "mlock", 500 * SECOND, false } },
		  "mlock after 500 s of 600" },
		{ TARGET_UNIT,
		  { 2, 3, 1 },
		  { { 1, "mlock", 500 * SECOND, false } },
		  "mlock after 500 s of 600" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct news_case *row = &rows[i];
		struct run *runs[RUNS_MAX];
		_cleanup_free_ char *sentence = NULL;
		size_t count = 0;

		for (; count < RUNS_MAX && row->started_us[count]; count++) {
			runs[count] = plain_run(row->started_us[count]);
			runs[count]->target_kind = row->kind;
		}
		for (size_t k = 0; k < CALLS_MAX && row->calls[k].name; k++) {
			struct run *run = runs[row->calls[k].run];
			char executable[16];

			snprintf(executable, sizeof(executable), "/usr/bin/%zu", k);
			add_call(run, add_process(run, executable, row->calls[k].is_manager),
				 row->calls[k].name, PHASE_SERVING, row->calls[k].first_ns);
		}
		if (row->words)
			assert_true(asprintf(&sentence,
					     "new calls still appeared near the end (%s): more may "
					     "follow; record longer and merge",
					     row->words) > 0);
		expect_open(runs, count, "new calls", sentence);
	}
}

static void a_run_without_a_length_has_no_end(void **state)
{
	struct run *run = plain_run(1);

	(void)state;
	run->duration_ns = 0;
	expect_open_of(run, "new calls", NULL);
}

/* ---- the unit's commands ---- */

static void commands_that_never_ran_are_said_once(void **state)
{
	static const struct {
		struct {
			const char *setting;
			unsigned index;
			bool is_seen;
		} lines[RUNS_MAX]; /* one of each run */
		const char *sentence;
	} rows[] = {
		{ { { "ExecReload", 0, false } }, "ExecReload=/bin/x" },
		{ { { "ExecReload", 0, true } }, NULL },
		{ { { "ExecReload", 0, false }, { "ExecReload", 0, false } }, "ExecReload=/bin/x" },
		{ { { "ExecReload", 0, false }, { "ExecReload", 0, true } }, NULL },
		{ { { "ExecReload", 0, true }, { "ExecReload", 0, false } }, NULL },
		{ { { "ExecReload", 0, false }, { "ExecReload", 1, true } }, "ExecReload=/bin/x" },
		{ { { "ExecReload", 0, false }, { "ExecStop", 0, true } }, "ExecReload=/bin/x" },
		{ { { "ExecStop", 0, true }, { "ExecStop", 1, true }, { "ExecReload", 1, false } },
		  "ExecReload=/bin/x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[RUNS_MAX];
		_cleanup_free_ char *sentence = NULL;
		size_t count = 0;

		for (; count < RUNS_MAX && rows[i].lines[count].setting; count++) {
			struct unit_line *line;

			runs[count] = plain_run(1);
			line = run_add_line(runs[count]);
			line->setting = strdup(rows[i].lines[count].setting);
			line->index = rows[i].lines[count].index;
			line->is_seen = rows[i].lines[count].is_seen;
			line->command = strdup("/bin/x");
		}
		if (rows[i].sentence)
			assert_true(
				asprintf(&sentence,
					 "never executed while recording: %s; it will run under "
					 "the same filter (record --unit --cycle runs all of a "
					 "unit's commands)",
					 rows[i].sentence) > 0);
		expect_open(runs, count, "never executed", sentence);
	}
}

/* Two commands that never ran have a sentence each. */
static void each_command_that_never_ran_is_said(void **state)
{
	struct run *run = plain_run(1);
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct unit_line *line = run_add_line(run);

		line->setting = strdup("ExecStop");
		line->index = i;
		line->command = strdup(i ? "/bin/two" : "/bin/one");
	}
	policy = decide(&run, 1);
	check_open(policy, "/bin/one",
		   "never executed while recording: ExecStop=/bin/one; it will run under the same "
		   "filter (record --unit --cycle runs all of a unit's commands)");
	check_open(policy, "/bin/two",
		   "never executed while recording: ExecStop=/bin/two; it will run under the same "
		   "filter (record --unit --cycle runs all of a unit's commands)");
}

/* ---- programs ---- */

#define EXECUTES "the service executes programs, and all of them run under the same filter"
#define STAYS                                                                                      \
	"execve stays allowed after the program has started: every program that it executes runs " \
	"under the same filter"

static void the_executed_programs_are_listed(void **state)
{
	static const struct {
		const char *call;
		const char *executables[11]; /* "-/a": of the manager's */
		const char *sentence;
	} rows[] = {
		{ "read", { "/a" }, STAYS },
		{ "execve", { "/a" }, EXECUTES "; observed: /a" },
		{ "execveat", { "/a" }, EXECUTES "; observed: /a" },
		{ "execve", { "" }, EXECUTES },
		{ "execve", { "/b", "", "/a", "-/c", "/b" }, EXECUTES "; observed: /a, /b" },
		/* Of the manager's, and then of the unit's. */
		{ "execve", { "/b", "-/a", "/a" }, EXECUTES "; observed: /a, /b" },
		{ "execve",
		  { "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8" },
		  EXECUTES "; observed: /1, /2, /3, /4, /5, /6, /7, /8" },
		{ "execve",
		  { "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/90", "/91" },
		  EXECUTES "; observed: /1, /2, /3, /4, /5, /6, /7, /8 and 2 more" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Once and twice: what is repeated is not listed again. */
		for (size_t count = 1; count <= 2; count++) {
			struct run *runs[2];

			for (size_t k = 0; k < count; k++) {
				runs[k] = make_run(TARGET_UNIT, 1);
				for (size_t j = 0; rows[i].executables[j]; j++) {
					const char *path = rows[i].executables[j];

					add_process(runs[k], path + (*path == '-'), *path == '-');
				}
				add_call(runs[k], 0, rows[i].call, PHASE_SERVING, 0);
			}
			expect_open(runs, count, "execute", rows[i].sentence);
		}
	}
}

static void programs_that_are_often_set_user_id_are_said(void **state)
{
	static const struct {
		const char *path;
		bool is_manager, is_said;
	} rows[] = {
		{ "/usr/bin/at", false, true },
		{ "/usr/sbin/unix_chkpwd", false, true },
		{ "/usr/bin/sudo", false, true },
		{ "/usr/bin/sudo", true, false },
		{ "/usr/bin/sudoku", false, false },
		{ "sudo", false, false },
		{ "", false, false },
		{ NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t count = 1; count <= 2; count++) {
			struct run *runs[2];
			_cleanup_free_ char *sentence = NULL;

			for (size_t k = 0; k < count; k++) {
				runs[k] = plain_run(1);
				add_process(runs[k], rows[i].path, rows[i].is_manager);
				add_process(runs[k], rows[i].path, rows[i].is_manager);
			}
			if (rows[i].is_said)
				assert_true(
					asprintf(&sentence,
						 "%s was executed, which is often set-user-ID: "
						 "if the unit sets User=, the filter implies "
						 "NoNewPrivileges=yes, and the program gains no "
						 "privileges",
						 rows[i].path) > 0);
			expect_open(runs, count, "set-user-ID", sentence);
		}
	}
}

/* ---- arguments ---- */

#define WIDE                                                                                      \
	"allowed with any arguments, although the arguments decide what the call does (observed " \
	"combinations in parentheses): "

/* The riskiest first: what executes or changes the machine, then by name. */
static void calls_that_depend_on_their_arguments_are_listed(void **state)
{
	struct run *run = make_run(TARGET_COMMAND, 1);
	struct call *call;

	(void)state;
	add_process(run, "/usr/bin/a", false);
	call = add_call(run, 0, "ioctl", PHASE_SERVING, 0);
	call->arguments = calloc(2, sizeof(*call->arguments));
	call->arguments[0] = (struct argument_values){ { 0x5401 }, 1 };
	call->arguments[1] = (struct argument_values){ { 0x5421 }, 1 };
	call->arguments_count = 2;
	add_call(run, 0, "ptrace", PHASE_SERVING, 0)->arguments_any = true;
	add_call(run, 0, "mount", PHASE_SERVING, 0)->arguments_any = true;
	add_call(run, 0, "getpid", PHASE_SERVING, 0);
	expect_open_of(run, "allowed with any arguments", WIDE "mount, ptrace, ioctl (2 observed)");
}

static void sixteen_of_them_are_named(void **state)
{
	/* Calls with a risk and with arguments that matter (arguments.c). */
	static const char *const names[] = {
		"bpf",	   "ioctl",   "mount",	  "move_mount", "open_tree",   "personality",
		"prctl",   "ptrace",  "quotactl", "reboot",	"clone",       "setns",
		"umount2", "unshare", "keyctl",	  "modify_ldt", "quotactl_fd", "process_madvise"
	};
	struct run *run = make_run(TARGET_COMMAND, 1);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	size_t commas = 0;
	const char *sentence = NULL;

	(void)state;
	add_process(run, "/usr/bin/a", false);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add_call(run, 0, names[i], PHASE_SERVING, 0)->arguments_any = true;
	policy = decide(&run, 1);
	for (char **open = policy->open; open && *open; open++)
		if (strncmp(*open, WIDE, strlen(WIDE)) == 0)
			sentence = *open + strlen(WIDE);
	assert_non_null(sentence);
	for (const char *at = sentence; *at; at++)
		commas += *at == ',';
	assert_int_equal(commas, 15);
	assert_string_equal(sentence + strlen(sentence) - strlen(" and 2 more"), " and 2 more");
}

static void what_has_no_such_argument_is_not_listed(void **state)
{
	struct run *run = make_run(TARGET_COMMAND, 1);

	(void)state;
	add_process(run, "/usr/bin/a", false);
	add_call(run, 0, "chroot", PHASE_SERVING, 0);
	add_call(run, 0, "fcntl", PHASE_SERVING, 0)->arguments_any = true;
	expect_open_of(run, "allowed with any arguments", NULL);
}

/* ---- the rest ---- */

static void losses_are_said(void **state)
{
	struct run *run = plain_run(1), *other = plain_run(2);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct run *runs[] = { run, other };

	(void)state;
	run->lost.calls = 12000;
	other->lost.calls = 345;
	other->lost.arguments = 3;
	policy = decide(runs, 2);
	check_open(policy, "calls were lost",
		   "12,345 calls were lost while recording, so one may be missing from the policy; "
		   "record again");
	check_open(
		policy, "combinations of arguments were",
		"3 combinations of arguments were not recorded, so the arguments of those calls are "
		"not restricted");
}

static void losses_of_one_kind_are_said_alone(void **state)
{
	struct run *run = plain_run(1);

	(void)state;
	run->lost.calls = 1;
	run->lost.stacks = 1;
	expect_open_of(run, "combinations of arguments were", NULL);
	run = plain_run(1);
	run->lost.arguments = 1;
	expect_open_of(run, "calls were lost", NULL);
}

static void new_calls_alone_are_no_whole_recording(void **state)
{
	(void)state;
	for (unsigned news = 0; news < 4; news++) {
		struct run *runs[] = { plain_run(1), plain_run(2) };

		runs[0]->is_news = news & 1;
		runs[1]->is_news = news & 2;
		expect_open(
			runs, 2, "record --known",
			news == 3 ? "the recording has only new calls (record --known), so calls "
				    "known before are not allowed; merge the known recording into "
				    "it"
				  : NULL);
	}
}

static void a_filter_while_recording_is_said(void **state)
{
	static const struct {
		enum filter_presence presence;
		const char *observer;
		bool is_said;
	} rows[] = {
		{ FILTER_PRESENT, "bpf", true },
		{ FILTER_ABSENT, "bpf", false },
		{ FILTER_UNKNOWN, "bpf", false },
		{ FILTER_PRESENT, "denials", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned first = 0; first < 2; first++) {
			struct run *runs[] = { plain_run(1), plain_run(2) };

			runs[first]->filter = rows[i].presence;
			free(runs[first]->observer);
			runs[first]->observer = strdup(rows[i].observer);
			expect_open(
				runs, 2, "under a filter",
				rows[i].is_said
					? "the target was under a filter while it was recorded: "
					  "calls that this filter refused were not recorded, and "
					  "this policy denies them too"
					: NULL);
		}
}

static void other_observers_are_said_once_each(void **state)
{
	static const struct {
		const char *observers[RUNS_MAX];
		size_t sentences;
	} rows[] = {
		{ { "bpf", "notify", "denials" }, 0 },
		{ { "strace", "bpf", "strace" }, 1 },
		{ { "strace", "audit", "audit" }, 2 },
		{ { "bpf", "strace", "audit" }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[RUNS_MAX];
		_cleanup_(policy_freep) struct policy *policy = NULL;
		size_t count = 0;

		for (unsigned k = 0; k < RUNS_MAX; k++) {
			runs[k] = plain_run(k);
			free(runs[k]->observer);
			runs[k]->observer = strdup(rows[i].observers[k]);
		}
		policy = decide(runs, RUNS_MAX);
		for (char **open = policy->open; open && *open; open++)
			count += strncmp(*open, "recorded by ", 12) == 0;
		assert_int_equal(count, rows[i].sentences);
		if (count)
			check_open(
				policy, "recorded by strace",
				"recorded by strace, not in the kernel: details that it does not "
				"report (arguments, phases, other ABIs) are not restricted, and "
				"calls that it missed are not allowed");
	}
}

static void operations_of_io_uring_are_said(void **state)
{
	static const struct {
		const char *name;
		bool is_said;
	} rows[] = { { "io_uring_setup", true },
		     { "io_uring_enter", true },
		     { "io_setup", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = plain_run(1);

		add_call(run, 0, rows[i].name, PHASE_SERVING, 0);
		expect_open_of(
			run, "io_uring is",
			rows[i].is_said
				? "io_uring is allowed: operations submitted to it (opening files, "
				  "connecting, reading, writing) bypass the filter"
				: NULL);
	}
}

/* i386's calls on a machine of x86-64, and the other way round. */
static void calls_of_another_abi_are_said(void **state)
{
	static const struct {
		const char *machine;
		enum abi abis[2];
		const char *name; /* NULL: no sentence */
	} rows[] = {
		{ "x86_64", { ABI_X86_64, ABI_X86_64 }, NULL },
		{ "x86_64", { ABI_X86_64, ABI_I386 }, "i386" },
		{ "x86_64", { ABI_I386, ABI_I386 }, "i386" },
		{ "aarch64", { ABI_AARCH64, ABI_ARM }, "arm" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(TARGET_COMMAND, 1);
		_cleanup_free_ char *sentence = NULL;

		add_process(run, "/usr/bin/a", false);
		free(run->machine);
		run->machine = strdup(rows[i].machine);
		for (unsigned k = 0; k < 2; k++) {
			struct call *call;

			if (k && rows[i].abis[1] == rows[i].abis[0])
				break;
			call = add_call(run, 0, "read", PHASE_SERVING, 0);
			call->abi = rows[i].abis[k];
			call->nr = syscall_number(call->abi, "read");
		}
		if (rows[i].name)
			assert_true(
				asprintf(&sentence,
					 "calls of another ABI, %s, were observed: that ABI stays "
					 "allowed, with its older and less restricted calls",
					 rows[i].name) > 0);
		expect_open_of(run, "another ABI", sentence);
	}
}

/* The order of docs/policy.md's evidence: losses first, observers last. */
static void the_sentences_have_an_order(void **state)
{
	static const char *const beginnings[] = {
		"1 calls were lost", "the recording has only new", "the recording is short",
		"never executed",    "the target was under",	   "io_uring",
		"execve stays",	     "allowed with any",	   "recorded by"
	};
	struct run *run = plain_run(1);
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct unit_line *line = run_add_line(run);
	size_t at = 0;

	(void)state;
	line->setting = strdup("ExecStop");
	line->command = strdup("/bin/true");
	run->lost.calls = 1;
	run->is_news = true;
	run->duration_ns = SECOND;
	run->filter = FILTER_PRESENT;
	free(run->observer);
	run->observer = strdup("strace");
	add_call(run, 0, "io_uring_setup", PHASE_SERVING, 0);
	policy = decide(&run, 1);
	for (char **open = policy->open; open && *open; open++, at++) {
		assert_true(at < ARRAY_SIZE(beginnings));
		if (strncmp(*open, beginnings[at], strlen(beginnings[at])) != 0)
			fail_msg("sentence %zu: %s", at, *open);
	}
	assert_int_equal(at, ARRAY_SIZE(beginnings));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(less_than_a_minute_is_short),
		cmocka_unit_test(who_only_starts_does_not_serve),
		cmocka_unit_test(a_start_that_was_not_recorded_is_said),
		cmocka_unit_test(calls_that_were_still_new_at_the_end_are_said),
		cmocka_unit_test(a_run_without_a_length_has_no_end),
		cmocka_unit_test(commands_that_never_ran_are_said_once),
		cmocka_unit_test(each_command_that_never_ran_is_said),
		cmocka_unit_test(the_executed_programs_are_listed),
		cmocka_unit_test(programs_that_are_often_set_user_id_are_said),
		cmocka_unit_test(calls_that_depend_on_their_arguments_are_listed),
		cmocka_unit_test(sixteen_of_them_are_named),
		cmocka_unit_test(what_has_no_such_argument_is_not_listed),
		cmocka_unit_test(losses_are_said),
		cmocka_unit_test(losses_of_one_kind_are_said_alone),
		cmocka_unit_test(new_calls_alone_are_no_whole_recording),
		cmocka_unit_test(a_filter_while_recording_is_said),
		cmocka_unit_test(other_observers_are_said_once_each),
		cmocka_unit_test(operations_of_io_uring_are_said),
		cmocka_unit_test(calls_of_another_abi_are_said),
		cmocka_unit_test(the_sentences_have_an_order),
	};

	return cmocka_run_group_tests_name("caveats", tests, NULL, NULL);
}
