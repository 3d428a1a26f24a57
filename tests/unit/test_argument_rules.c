// SPDX-License-Identifier: LGPL-2.1-or-later
/* decide --argument: what is made of recorded arguments, by the kind of the argument. */
#include "common/cleanup.h"
#include "decide/decide.h"
#include "syscall/syscall.h"
#include "tiny_elf.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct call *add_call_of(struct run *run, enum abi abi, const char *name, size_t count,
				const uint64_t values[][ARGUMENTS_MAX])
{
	struct call *call = run_add_call(run);

	call->abi = abi;
	call->nr = syscall_number(abi, name);
	assert_true(call->nr >= 0);
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

static struct call *add_call(struct run *run, const char *name, size_t count,
			     const uint64_t values[][ARGUMENTS_MAX])
{
	return add_call_of(run, ABI_X86_64, name, count, values);
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

/* ---- each kind of argument ---- */

/* What was seen is allowed, what is denied differs from it in the bits that a condition is about. */
static void each_kind_has_its_condition(void **state)
{
	static const struct {
		enum abi abi;
		const char *name;
		uint64_t seen[ARGUMENTS_MAX]; /* the tuple */
		uint64_t allowed[6], denied[6]; /* the call's arguments */
	} rows[] = {
		{ ABI_X86_64, "socket", { 1, 1, 0 }, { 1, 3, 9 }, { 3, 1, 0 } },
		{ ABI_X86_64, "socketpair", { 1, 1, 0 }, { 1, 5, 0 }, { 17, 1, 0 } },
		{ ABI_X86_64, "setsockopt", { 1, 2 }, { 9, 1, 2, 7 }, { 9, 3, 2, 7 } },
		{ ABI_X86_64, "getsockopt", { 1, 2 }, { 9, 1, 2, 7 }, { 9, 1, 4, 7 } },
		{ ABI_X86_64, "ioctl", { 0x5401 }, { 1, 0x5401, 8 }, { 1, 0x5403, 8 } },
		{ ABI_X86_64, "fcntl", { 1 }, { 4, 1, 9 }, { 4, 3, 9 } },
		{ ABI_X86_64, "prctl", { 15 }, { 15, 8 }, { 13, 8 } },
		{ ABI_X86_64, "kill", { 15 }, { 100, 15 }, { 100, 9 } },
		{ ABI_X86_64, "tgkill", { 6 }, { 100, 101, 6 }, { 100, 101, 4 } },
		{ ABI_X86_64, "personality", { 8 }, { 8 }, { 0x40000 } },
		{ ABI_X86_64, "keyctl", { 1 }, { 1, 5 }, { 3, 5 } },
		{ ABI_X86_64, "bpf", { 1 }, { 1, 5 }, { 5, 5 } },
		{ ABI_X86_64, "madvise", { 4 }, { 0, 1, 4 }, { 0, 1, 8 } },
		{ ABI_X86_64, "sched_setscheduler", { 0 }, { 7, 0 }, { 7, 2 } },
		/* FUTEX_WAIT; FUTEX_PRIVATE_FLAG (128) is free, FUTEX_LOCK_PI is 6. */
		{ ABI_X86_64, "futex", { 0 }, { 1, 128 }, { 1, 6 } },
		{ ABI_X86_64, "ptrace", { 0 }, { 0, 1 }, { 16, 1 } },
		{ ABI_X86_64, "seccomp", { 1, 0 }, { 1, 4 }, { 3, 0 } },
		{ ABI_X86_64, "arch_prctl", { 0x1002 }, { 0x1002, 1 }, { 0x1004, 1 } },
		{ ABI_X86_64, "reboot", { 0 }, { 1, 2, 0 }, { 1, 2, 0x4321fedc } },
		{ ABI_X86_64, "quotactl", { 0x800001 }, { 0x800001 }, { 0x800003 } },
		{ ABI_X86_64, "io_uring_register", { 1 }, { 3, 1 }, { 3, 9 } },
		/* socketcall's SYS_SOCKET and SYS_CONNECT; ipc's SEMOP and SEMCTL, with a version. */
		{ ABI_I386, "socketcall", { 1 }, { 1, 9 }, { 3, 9 } },
		{ ABI_I386, "ipc", { 1 }, { 0x10001, 9 }, { 3, 9 } },
		/* Only flags with power are denied: PROT_EXEC, CLONE_NEW*, S_ISUID, SHM_EXEC. */
		{ ABI_X86_64, "mprotect", { 0 }, { 0, 1, 3 }, { 0, 1, 4 } },
		{ ABI_X86_64, "pkey_mprotect", { 1 }, { 0, 1, 3 }, { 0, 1, 5 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x3d0f00 }, { 0x02000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x04000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x08000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x10000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x20000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x40000000 } },
		{ ABI_X86_64, "clone", { 0 }, { 0x100 }, { 0x00020000 } },
		/* The low byte is the signal at the child's end: 0x80 there is no CLONE_NEWTIME. */
		{ ABI_X86_64, "clone", { 0 }, { 0x80 }, { 0x10000080 } },
		{ ABI_S390X, "clone", { 0 }, { 0x10000000, 0x100 }, { 0, 0x10000000 } },
		{ ABI_X86_64, "unshare", { 0x200 }, { 0x200 }, { 0x20000 } },
		{ ABI_X86_64, "unshare", { 0x200 }, { 0x600 }, { 0x80 } },
		/* The namespace that was entered, and not any (0). */
		{ ABI_X86_64, "setns", { 0x40000000 }, { 3, 0x40000000 }, { 3, 0 } },
		{ ABI_X86_64, "setns", { 0x40000000 }, { 3, 0x40000000 }, { 3, 0x60000000 } },
		{ ABI_X86_64, "chmod", { 0 }, { 1, 0777 }, { 1, 04777 } },
		{ ABI_X86_64, "fchmod", { 04000 }, { 1, 04777 }, { 1, 02777 } },
		{ ABI_X86_64, "shmat", { 0 }, { 1, 0, 010000 }, { 1, 0, 0100000 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = plain_run();
		_cleanup_(policy_freep) struct policy *policy = NULL;
		int nr = syscall_number(rows[i].abi, rows[i].name);
		bool allows_seen, allows_other;

		add_call_of(run, rows[i].abi, rows[i].name, 1,
			    (const uint64_t(*)[ARGUMENTS_MAX]) & rows[i].seen);
		policy = decide(run, "observed", (const char *[]){ rows[i].name, NULL });
		allows_seen = policy_evaluate(policy, rows[i].abi, nr, rows[i].allowed) ==
			      SECCOMP_RET_ALLOW;
		allows_other = policy_evaluate(policy, rows[i].abi, nr, rows[i].denied) ==
			       SECCOMP_RET_ALLOW;
		if (!allows_seen || allows_other)
			fail_msg("row %zu, %s: %s", i, rows[i].name,
				 allows_other ? "another value is allowed"
					      : "the observed value is denied");
	}
}

/* Without a condition: arguments in memory, modes that count only with some flags, flags without power,
 * and where everything that could be denied was seen, or nothing. */
static void what_gets_no_condition_says_why(void **state)
{
	static const struct {
		enum abi abi;
		const char *name;
		size_t count;
		uint64_t seen[ARGUMENTS_MAX];
		const char *why;
	} rows[] = {
		{ ABI_I386, "mmap", 1, { 1, 2 }, "its arguments are ones that no filter can read" },
		{ ABI_ARM, "mmap2", 1, { 1, 2 }, NULL },
		{ ABI_S390X,
		  "mmap",
		  1,
		  { 1, 2 },
		  "its arguments are ones that no filter can read" },
		{ ABI_AARCH64, "mmap", 1, { 1, 2 }, NULL },
		{ ABI_I386, "mprotect", 1, { 1 }, NULL },
		{ ABI_X86_64, "open", 1, { 0, 0 }, "or should restrict" },
		{ ABI_X86_64, "openat", 1, { 0, 0 }, "or should restrict" },
		{ ABI_X86_64, "openat2", 1, { 0, 0 }, "or should restrict" },
		{ ABI_X86_64, "clone3", 1, { 0 }, "or should restrict" },
		{ ABI_X86_64, "memfd_create", 1, { 0 }, "or should restrict" },
		{ ABI_X86_64, "mprotect", 1, { 7 }, "everything that a condition could deny" },
		{ ABI_X86_64, "mprotect", 1, { 4 }, "everything that a condition could deny" },
		{ ABI_X86_64, "chmod", 1, { 06000 }, "everything that a condition could deny" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = plain_run();
		_cleanup_(policy_freep) struct policy *policy = NULL;
		const struct rule *rule;

		add_call_of(run, rows[i].abi, rows[i].name, rows[i].count,
			    (const uint64_t(*)[ARGUMENTS_MAX]) & rows[i].seen);
		policy = decide(run, "observed", (const char *[]){ rows[i].name, NULL });
		rule = policy_find(policy, rows[i].abi, syscall_number(rows[i].abi, rows[i].name),
				   NULL);
		if (!rule->clauses_count == !rows[i].why)
			fail_msg("row %zu, %s: %zu clauses", i, rows[i].name, rule->clauses_count);
		if (is_open(policy, "stays allowed with every argument") != !!rows[i].why)
			fail_msg("row %zu, %s: %s", i, rows[i].name, "the sentence");
		if (rows[i].why && !is_open(policy, rows[i].why))
			fail_msg("row %zu, %s: not \"%s\"", i, rows[i].name, rows[i].why);
	}
}

/* socket's row of the table is (domain, type, protocol), of which the domain is asked. */
static void there_are_at_most_32_clauses_and_no_two_are_the_same(void **state)
{
	static const struct {
		unsigned values;
		size_t clauses;
	} rows[] = { { 1, 1 }, { 31, 31 }, { 32, 32 }, { 33, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t values[3 * 33][ARGUMENTS_MAX];
		struct run *run = plain_run();
		_cleanup_(policy_freep) struct policy *policy = NULL;
		const struct rule *rule;

		/* Each domain with three types. */
		for (unsigned k = 0; k < 3 * rows[i].values; k++)
			memcpy(values[k], (uint64_t[]){ k / 3, k % 3, 0 }, sizeof(values[k]));
		add_call(run, "socket", 3 * rows[i].values, values);
		policy = decide(run, "observed", (const char *[]){ "socket", NULL });
		rule = policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, "socket"), NULL);
		assert_int_equal(rule->clauses_count, rows[i].clauses);
		assert_int_equal(is_open(policy, "too many combinations"), rows[i].clauses == 0);
		/* Of the clauses that were dropped nothing is left. */
		assert_int_equal(allows(policy, "socket", 99, 0, 0), rows[i].clauses == 0);
	}
}

static const char *last_reason(const struct policy *policy, const char *name)
{
	const struct rule *rule =
		policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), NULL);

	return rule->reasons[rule->reasons_count - 1].text;
}

static void the_reason_has_every_clause(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	/* SOL_SOCKET with SO_REUSEADDR and SO_KEEPALIVE, SOL_TCP with TCP_NODELAY. */
	add_call(run, "setsockopt", 3,
		 (const uint64_t[][ARGUMENTS_MAX]){ { 1, 2 }, { 1, 9 }, { 6, 1 } });
	add_call(run, "mmap", 2,
		 (const uint64_t[][ARGUMENTS_MAX]){ { PROT_READ | PROT_WRITE, 2 },
						    { PROT_READ | PROT_EXEC, 2 } });
	add_call(run, "chmod", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0 } });
	policy = decide(run, "observed", (const char *[]){ "setsockopt", "mmap", "chmod", NULL });
	assert_string_equal(last_reason(policy, "setsockopt"),
			    "only with level SOL_SOCKET and option SO_REUSEADDR, "
			    "or level SOL_SOCKET and option SO_KEEPALIVE, "
			    "or level SOL_TCP and option TCP_NODELAY");
	assert_string_equal(last_reason(policy, "mmap"),
			    "only with prot without PROT_EXEC, or prot without PROT_WRITE");
	assert_string_equal(last_reason(policy, "chmod"), "only with mode without S_ISUID|S_ISGID");
	assert_true(allows(policy, "setsockopt", 3, 1, 9));
	assert_false(allows(policy, "setsockopt", 3, 6, 9));
}

/* Both at once were seen: then either is. */
static void writing_and_executing_at_once_may_be_seen(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "mprotect", 2,
		 (const uint64_t[][ARGUMENTS_MAX]){ { PROT_WRITE }, { PROT_WRITE | PROT_EXEC } });
	policy = decide(run, "observed", (const char *[]){ "mprotect", NULL });
	assert_true(allows(policy, "mprotect", 0, 1, PROT_READ | PROT_WRITE | PROT_EXEC));
	assert_true(is_open(policy, "mprotect stays allowed with every argument: everything"));
}

/* ---- which calls ---- */

static void the_default_set_has_these_calls(void **state)
{
	/* The first and the last of the set, and some between; then calls that are not in it. */
	static const struct {
		const char *name;
		uint64_t seen;
		bool is_in;
	} rows[] = { { "bpf", 1, true },     { "sched_setscheduler", 0, true },
		     { "ioctl", 1, true },   { "socketpair", 1, true },
		     { "chmod", 0, true },   { "prctl", 1, true },
		     { "fcntl", 1, false },  { "kill", 1, false },
		     { "madvise", 1, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned first = 0; first < 2; first++) {
			struct run *run = plain_run();
			_cleanup_(policy_freep) struct policy *policy = NULL;
			const char *names[] = { first ? "default" : "reboot",
						first ? "reboot" : "default", NULL };
			const struct rule *rule;

			add_call(run, rows[i].name, 1,
				 (const uint64_t[][ARGUMENTS_MAX]){ { rows[i].seen } });
			policy = decide(run, "observed", names);
			rule = policy_find(policy, ABI_X86_64,
					   syscall_number(ABI_X86_64, rows[i].name), NULL);
			if ((rule->clauses_count > 0) != rows[i].is_in)
				fail_msg("%s: %zu clauses", rows[i].name, rule->clauses_count);
		}
	}
}

static void names_without_such_an_argument_are_refused(void **state)
{
	static const struct {
		const char *names[3], *words;
	} rows[] = {
		{ { "read" }, "--argument: read has no argument that a condition can test" },
		{ { "socket", "reed" }, "--argument: no system call is named \"reed\"" },
		{ { "default", "socket" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(recording_freep) struct recording *recording = recording_new();
		const struct decide_options options = { .level = "observed",
							.arguments = rows[i].names };
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct error err = { 0 };
		struct run *run = plain_run();

		assert_int_equal(run_finish(run, &err), 0);
		assert_int_equal(recording_add(recording, run, &err), 0);
		assert_int_equal(decide_policy(recording, &options, &policy, &err),
				 *rows[i].words ? -EINVAL : 0);
		assert_string_equal(err.message, rows[i].words);
	}
}

/* Another call of the same recording, and one that fails on purpose, get none. */
static void only_what_is_asked_for_and_allowed_gets_a_condition(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;
	const struct rule *rule;

	(void)state;
	add_call(run, "clone", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0x3d0f00 } });
	add_call(run, "ioctl", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 0x5401 } });
	policy = decide(run, "observed", (const char *[]){ "clone", "clone3", NULL });
	assert_true(allows(policy, "ioctl", 1, 7, 0));
	assert_false(allows(policy, "clone", 0x10000000, 0, 0));
	rule = policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, "clone3"), NULL);
	assert_int_equal(rule->action, SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(rule->clauses_count, 0);
	assert_null(policy->open && *policy->open ? strstr(*policy->open, "clone3") : NULL);
}

/* systemd adds mmap to every allowlist: with which arguments, nobody observed. */
static void what_only_the_base_has_was_never_observed(void **state)
{
	struct run *run = plain_run();
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	run->target_kind = TARGET_UNIT;
	run->systemd = strdup("257");
	*run_add_line(run) = (struct unit_line){ .setting = strdup("ExecStart"),
						 .command = strdup("/nonexistent/served"),
						 .is_seen = true };
	add_call(run, "kill", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1 } });
	policy = decide(run, "observed", (const char *[]){ "mmap", NULL });
	assert_true(allows(policy, "mmap", 0, 0, 7));
	assert_true(
		is_open(policy, "mmap stays allowed with every argument: it was never observed"));
}

/* ---- what the code passes ---- */

#define CODE(...)	((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })
#define MOV_EAX(number) 0xb8, (number), 0, 0, 0
#define MOV_EDI(number) 0xbf, (number), 0, 0, 0
#define MOV_ESI(number) 0xbe, (number), 0, 0, 0
#define MOV_EDX(number) 0xba, (number), 0, 0, 0
#define SYSCALL		0x0f, 0x05
#define HLT		0xf4
#define NR_SOCKET	41
#define NR_KILL		62

/* A run of a program that consists of this code. */
static struct run *run_of(char path[64], const uint8_t *code, size_t code_size)
{
	struct run *run = plain_run();
	size_t size;
	_cleanup_free_ uint8_t *data = tiny_elf(code, code_size, &size);
	int fd;

	strcpy(path, "/tmp/whittle-arguments-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	free(run->processes[0].executable);
	run->processes[0].executable = strdup(path);
	return run;
}

/* Observed with AF_UNIX; the code passes AF_INET too, and kills with signal 15, which nobody observed. */
static void constants_of_the_code_are_allowed_beside_the_observed_values(void **state)
{
	char path[64];
	struct run *run = run_of(path, CODE(MOV_EDI(2), MOV_ESI(1), MOV_EDX(0), MOV_EAX(NR_SOCKET),
					    SYSCALL, MOV_ESI(15), MOV_EAX(NR_KILL), SYSCALL, HLT));
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
	policy = decide(run, "closed", (const char *[]){ "socket", "kill", NULL });
	unlink(path);
	assert_true(allows(policy, "socket", 1, 1, 0));
	assert_true(allows(policy, "socket", 2, 1, 0));
	assert_false(allows(policy, "socket", 16, 1, 0));
	assert_true(allows(policy, "kill", 1, 15, 0));
	assert_false(allows(policy, "kill", 1, 9, 0));
	assert_string_equal(last_reason(policy, "kill"), "only with signal SIGTERM");
	assert_false(is_open(policy, "stays allowed with every argument"));
}

/* The level `observed` does not read the code, and others read it without what was not recorded. */
static void the_code_counts_only_beyond_what_was_observed(void **state)
{
	char path[64];
	struct run *run = run_of(
		path, CODE(MOV_EDI(2), MOV_ESI(1), MOV_EDX(0), MOV_EAX(NR_SOCKET), SYSCALL, HLT));
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
	add_call(run, "kill", 0, NULL)->arguments_any = true;
	policy = decide(run, "observed", (const char *[]){ "socket", "kill", NULL });
	unlink(path);
	assert_false(allows(policy, "socket", 2, 1, 0));
	assert_true(allows(policy, "kill", 1, 9, 0));
	assert_true(is_open(policy, "kill stays allowed with every argument: not all of its"));
}

/* The domain is whatever the register holds; the other call's signal is constant. */
static void what_the_code_computes_gets_no_condition(void **state)
{
	char path[64];
	struct run *run =
		run_of(path, CODE(0x8b, 0x3c, 0x24, MOV_ESI(1), MOV_EDX(0), MOV_EAX(NR_SOCKET),
				  SYSCALL, MOV_ESI(15), MOV_EAX(NR_KILL), SYSCALL, HLT));
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
	policy = decide(run, "closed", (const char *[]){ "socket", "kill", NULL });
	unlink(path);
	assert_true(allows(policy, "socket", 16, 1, 0));
	assert_true(is_open(policy, "socket stays allowed with every argument: the code can pass "
				    "values that are not constants"));
	assert_false(allows(policy, "kill", 1, 9, 0));
}

/* The program is another file than the recorded one: its build-id is missing. */
static void another_programs_code_says_nothing(void **state)
{
	for (unsigned differs = 0; differs < 2; differs++) {
		char path[64];
		struct run *run = run_of(path, CODE(MOV_EDI(2), MOV_ESI(1), MOV_EDX(0),
						    MOV_EAX(NR_SOCKET), SYSCALL, HLT));
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct object *object = run_add_object(run);

		(void)state;
		object->path = strdup(path);
		object->build_id = differs ? strdup("00aa") : NULL;
		add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
		policy = decide(run, "closed", (const char *[]){ "socket", NULL });
		unlink(path);
		assert_int_equal(allows(policy, "socket", 16, 1, 0), differs);
		assert_int_equal(is_open(policy, "socket stays allowed with every argument: a "
						 "program could not be read"),
				 differs);
	}
}

/* What two programs pass is allowed to both. */
static void the_code_of_all_programs_counts(void **state)
{
	char path[64], other_path[64];
	struct run *run = run_of(
		path, CODE(MOV_EDI(2), MOV_ESI(1), MOV_EDX(0), MOV_EAX(NR_SOCKET), SYSCALL, HLT));
	struct run *other = run_of(other_path, CODE(MOV_EDI(10), MOV_ESI(1), MOV_EDX(0),
						    MOV_EAX(NR_SOCKET), SYSCALL, HLT));
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	run_add_process(run)->executable = strdup(other_path);
	add_call(run, "socket", 1, (const uint64_t[][ARGUMENTS_MAX]){ { 1, 1, 0 } });
	policy = decide(run, "closed", (const char *[]){ "socket", NULL });
	unlink(path);
	unlink(other_path);
	run_freep(&other);
	assert_true(allows(policy, "socket", 1, 1, 0));
	assert_true(allows(policy, "socket", 2, 1, 0));
	assert_true(allows(policy, "socket", 10, 1, 0));
	assert_false(allows(policy, "socket", 16, 1, 0));
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
		cmocka_unit_test(each_kind_has_its_condition),
		cmocka_unit_test(what_gets_no_condition_says_why),
		cmocka_unit_test(there_are_at_most_32_clauses_and_no_two_are_the_same),
		cmocka_unit_test(the_reason_has_every_clause),
		cmocka_unit_test(writing_and_executing_at_once_may_be_seen),
		cmocka_unit_test(the_default_set_has_these_calls),
		cmocka_unit_test(names_without_such_an_argument_are_refused),
		cmocka_unit_test(only_what_is_asked_for_and_allowed_gets_a_condition),
		cmocka_unit_test(what_only_the_base_has_was_never_observed),
		cmocka_unit_test(constants_of_the_code_are_allowed_beside_the_observed_values),
		cmocka_unit_test(the_code_counts_only_beyond_what_was_observed),
		cmocka_unit_test(what_the_code_computes_gets_no_condition),
		cmocka_unit_test(another_programs_code_says_nothing),
		cmocka_unit_test(the_code_of_all_programs_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
