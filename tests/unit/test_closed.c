// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The level `closed` for programs of a few instructions: which calls of their code it adds, by which
 * reason, what it withholds and what it leaves open. The expectations are those of docs/policy.md, "How a
 * policy is decided".
 */
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

static const struct decide_options usual = { .default_action = SECCOMP_RET_ERRNO | EPERM,
					     .foreign_action = SECCOMP_RET_KILL_PROCESS };

/* ---- programs ---- */

/* The file of the program of the current test. */
static char path[64];

/* Writes a program whose code is this. */
static void given_code(const uint8_t *code, size_t code_size)
{
	size_t size;
	_cleanup_free_ uint8_t *data = tiny_elf(code, code_size, &size);
	int fd;

	strcpy(path, "/tmp/whittle-closed-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
}

/* Writes a program that makes these calls of x86-64, one after the other. */
static void given_calls(const char *const *names)
{
	uint8_t code[512];
	size_t used = 0;

	for (; *names; names++) {
		uint32_t nr = (uint32_t)syscall_number(ABI_X86_64, *names);

		code[used++] = 0xb8; /* mov $nr,%eax */
		memcpy(&code[used], &nr, sizeof(nr));
		used += sizeof(nr);
		code[used++] = 0x0f; /* syscall */
		code[used++] = 0x05;
	}
	code[used++] = 0xf4; /* hlt */
	given_code(code, used);
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE	   ((const char *const[]){ NULL })

static int remove_program(void **state)
{
	(void)state;
	if (*path)
		unlink(path);
	*path = '\0';
	return 0;
}

/* ---- recordings ---- */

static struct run *make_run(const char *executable)
{
	struct run *run = run_new();

	run->observer = strdup("bpf");
	run->target_kind = TARGET_COMMAND;
	run->target = strdup("a");
	run->ended = strdup("target ended");
	run->machine = strdup("x86_64");
	if (executable)
		run_add_process(run)->executable = strdup(executable);
	return run;
}

static struct call *observe_of(struct run *run, enum abi abi, const char *name)
{
	struct call *call = run_add_call(run);

	call->abi = abi;
	call->nr = syscall_number(abi, name);
	assert_true(call->nr >= 0);
	call->phase = PHASE_SERVING;
	call->count = 1;
	return call;
}

static struct call *observe(struct run *run, const char *name)
{
	return observe_of(run, ABI_X86_64, name);
}

/* Takes the runs. */
static struct policy *decide_runs(struct run *const *runs, size_t count,
				  const struct decide_options *options)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct policy *policy = NULL;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		if (run_finish(runs[i], &err) < 0 || recording_add(recording, runs[i], &err) < 0)
			fail_msg("%s", err.message);
	if (decide_policy(recording, options, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

/* The program was observed to make these calls. */
static struct policy *decide(const char *const *observed, const struct decide_options *options)
{
	struct run *run = make_run(path);

	for (; *observed; observed++)
		observe(run, *observed);
	return decide_runs(&run, 1, options);
}

static const struct rule *rule_of(const struct policy *policy, const char *name)
{
	return policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), NULL);
}

/* That it is allowed for one reason, which reads so up to its path. */
static void expect_reason(const struct policy *policy, const char *name, enum reason_kind kind,
			  const char *text)
{
	const struct rule *rule = rule_of(policy, name);

	if (!rule || rule->action != SECCOMP_RET_ALLOW)
		fail_msg("%s is not allowed", name);
	if (rule->reasons_count != 1 || rule->reasons[0].kind != kind ||
	    strncmp(rule->reasons[0].text, text, strlen(text)) != 0)
		fail_msg("%s: %zu reasons, the first of kind %d: \"%s\"; expected \"%s\"", name,
			 rule->reasons_count, rule->reasons[0].kind, rule->reasons[0].text, text);
}

static void expect_none(const struct policy *policy, const char *name)
{
	if (rule_of(policy, name))
		fail_msg("%s: %s", name, rule_of(policy, name)->reasons[0].text);
}

static size_t count_open(const struct policy *policy, const char *words)
{
	size_t count = 0;

	for (char **sentence = policy->open; sentence && *sentence; sentence++)
		count += strstr(*sentence, words) != NULL;
	return count;
}

/* ---- what own code makes ---- */

static void own_code_has_its_calls_and_no_siblings(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	given_calls(NAMES("rename", "openat", "read"));
	policy = decide(NAMES("read", "open"), &usual);
	expect_reason(policy, "rename", REASON_REACHABLE, "called by the program's own code: ");
	expect_reason(policy, "openat", REASON_SIBLING,
		      "stands in for open (open a file); called by the program's own code: ");
	expect_reason(policy, "read", REASON_SEEN, "once");
	/* All its code was read: it makes no other sibling of what was observed. */
	expect_none(policy, "readv");
	expect_none(policy, "creat");
	assert_true(rule_of(policy, "rename")->seen_any);
	assert_int_equal(count_open(policy, "was not analysed"), 0);
	assert_int_equal(count_open(policy, "withheld"), 0);
	assert_int_equal(count_open(policy, "unknown"), 0);
	assert_int_equal(count_open(policy, "FFI"), 0);
	assert_int_equal(count_open(policy, "not constant"), 0);
}

static void each_level_contains_the_one_before_it(void **state)
{
	struct decide_options options = usual;
	_cleanup_(policy_freep) struct policy *observed = NULL, *reachable = NULL;

	(void)state;
	given_calls(NAMES("rename", "ptrace", "read"));
	options.level = "observed";
	observed = decide(NAMES("read"), &options);
	expect_none(observed, "rename");
	expect_none(observed, "fadvise64");
	options.level = "reachable";
	reachable = decide(NAMES("read"), &options);
	expect_reason(reachable, "rename", REASON_REACHABLE, "called by the program's own code: ");
	expect_reason(reachable, "ptrace", REASON_REACHABLE,
		      "called by code of the program or of a library: ");
	expect_reason(reachable, "read", REASON_SEEN, "once");
	assert_int_equal(count_open(reachable, "withheld"), 0);
}

/* The code has a call of i386's, which nothing of the recording has. */
static void calls_of_an_abi_that_was_not_observed_are_left_out(void **state)
{
	static const uint8_t code[] = { 0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xf4 };
	static const char *const levels[] = { "closed", "reachable" };

	(void)state;
	given_code(code, sizeof(code));
	for (unsigned level = 0; level < 2; level++)
		for (unsigned has_i386 = 0; has_i386 < 2; has_i386++) {
			struct run *run = make_run(path);
			struct decide_options options = usual;
			_cleanup_(policy_freep) struct policy *policy = NULL;
			int getpid_nr = syscall_number(ABI_I386, "getpid");

			options.level = levels[level];
			observe(run, "read");
			if (has_i386)
				observe_of(run, ABI_I386, "read");
			policy = decide_runs(&run, 1, &options);
			assert_int_equal(policy->abis_count, 1 + has_i386);
			assert_int_equal(policy_find(policy, ABI_I386, getpid_nr, NULL) != NULL,
					 has_i386);
		}
}

static void a_number_that_nobody_knows_is_left_open(void **state)
{
	/* mov (%rsp),%eax; syscall; hlt */
	static const uint8_t code[] = { 0x8b, 0x04, 0x24, 0x0f, 0x05, 0xf4 };
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	given_code(code, sizeof(code));
	policy = decide(NAMES("read"), &usual);
	assert_int_equal(count_open(policy,
				    "the number of some system call in the code is unknown; "
				    "whittle reach lists the places"),
			 1);
}

/* ---- new privileges ---- */

static void a_new_privilege_is_withheld_unless_it_was_observed_or_asked_for(void **state)
{
	static const char *const calls[] = { "ptrace", "mount", "chroot", "read", NULL };
	struct decide_options options = usual;
	_cleanup_(policy_freep) struct policy *policy = NULL, *asked = NULL, *group = NULL;

	(void)state;
	given_calls(calls);
	policy = decide(NAMES("read", "mount"), &usual);
	expect_none(policy, "ptrace");
	expect_none(policy, "chroot");
	expect_reason(policy, "mount", REASON_SEEN, "once");
	assert_int_equal(count_open(policy, "reachable, withheld: "), 2);
	assert_int_equal(count_open(policy, "reachable, withheld: ptrace, on the path "), 1);
	assert_int_equal(count_open(policy,
				    "; it would grant a new privilege and was never observed "
				    "(--allow chroot allows it)"),
			 1);
	/* Own code's path begins with no program. */
	assert_int_equal(count_open(policy, path), 0);
	options.allow = NAMES("read", "ptrace");
	asked = decide(NAMES("read"), &options);
	expect_reason(asked, "ptrace", REASON_ASKED, "ptrace");
	assert_int_equal(count_open(asked, "withheld: ptrace"), 0);
	assert_int_equal(count_open(asked, "withheld: chroot"), 1);
	/* chroot and mount are of @mount, ptrace is of @debug (systemd.exec(5)). */
	options.allow = NAMES("@mount");
	group = decide(NAMES("read"), &options);
	expect_reason(group, "mount", REASON_ASKED, "@mount");
	assert_int_equal(count_open(group, "withheld: mount"), 0);
	assert_int_equal(count_open(group, "withheld: chroot"), 0);
	assert_int_equal(count_open(group, "withheld: ptrace"), 1);
}

/* Nine have a sentence each, the others share one. */
static void the_first_withheld_calls_have_a_sentence_each(void **state)
{
	/* In the order of their numbers. */
	static const char *const privileges[] = {
		"ptrace", "capset",  "personality", "pivot_root", "chroot", "acct",
		"mount",  "umount2", "swapon",	    "swapoff",	  "reboot", "sethostname"
	};
	static const struct {
		size_t count;
		const char *shared; /* NULL: none */
	} rows[] = {
		{ 9, NULL },
		{ 10,
		  "reachable, withheld: swapoff; each would grant a new privilege and was never "
		  "observed" },
		{ 12, "reachable, withheld: swapoff, reboot, sethostname; each would grant a new "
		      "privilege and was never observed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;
		const char *names[ARRAY_SIZE(privileges) + 1] = { NULL };

		memcpy(names, privileges, rows[i].count * sizeof(*names));
		given_calls(names);
		policy = decide(NAMES("read"), &usual);
		remove_program(NULL);
		assert_int_equal(count_open(policy, "; it would grant a new privilege"), 9);
		assert_int_equal(count_open(policy, "each would grant"), rows[i].shared != NULL);
		if (rows[i].shared)
			assert_int_equal(count_open(policy, rows[i].shared), 1);
	}
}

/* ---- code that is made at run time ---- */

static void executable_memory_without_a_file_is_code_made_at_run_time(void **state)
{
	static const struct {
		const char *name;
		uint64_t protection, flags;
		bool is_made;
	} rows[] = {
		{ "mmap", PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, true },
		{ "mmap", PROT_READ | PROT_EXEC, MAP_PRIVATE, false },
		{ "mmap", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, false },
		{ "mprotect", PROT_READ | PROT_EXEC, 0, true },
		{ "mprotect", PROT_READ, 0, false },
		/* Another call with the same bits. */
		{ "socket", PROT_EXEC, MAP_ANONYMOUS, false },
	};

	(void)state;
	given_calls(NAMES("read"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *run = make_run(path);
		struct call *call = observe(run, rows[i].name);
		_cleanup_(policy_freep) struct policy *policy = NULL;

		call->arguments = calloc(2, sizeof(*call->arguments));
		call->arguments[call->arguments_count++] =
			(struct argument_values){ { 0, 0, 0 }, 1 };
		call->arguments[call->arguments_count++] =
			(struct argument_values){ { rows[i].protection, rows[i].flags, 0 }, 1 };
		policy = decide_runs(&run, 1, &usual);
		if (count_open(policy,
			       "code is generated at run time (JIT) and was not analysed") !=
		    rows[i].is_made)
			fail_msg("row %zu: %s", i, rows[i].name);
	}
}

/* ---- programs and objects that are others now, or gone ---- */

static void what_is_gone_is_reported_and_siblings_are_added(void **state)
{
	struct run *run = make_run("/nonexistent/program");
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	observe(run, "read");
	observe(run, "open");
	policy = decide_runs(&run, 1, &usual);
	expect_reason(policy, "readv", REASON_SIBLING, "stands in for read (read)");
	expect_reason(policy, "openat", REASON_SIBLING, "stands in for open (open a file)");
	/* It could do more than open: glibc does not fall back from it. */
	expect_none(policy, "mknod");
	assert_int_equal(count_open(policy, "/nonexistent/program: "), 1);
	assert_int_equal(count_open(policy,
				    ": its code was not analysed; beyond the observed calls, "
				    "only their siblings are allowed"),
			 1);
}

/* An object that was mapped is gone: the program's own code still counts. */
static void an_object_that_is_gone_is_reported(void **state)
{
	struct run *run = make_run(path), *again;
	struct run *runs[2];
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	run_freep(&run);
	given_calls(NAMES("rename"));
	run = make_run(path);
	again = make_run(path);
	/* What is no path was never a file. */
	run_add_object(run)->path = strdup("[vdso]");
	run_add_object(run)->path = strdup("/nonexistent/liba.so");
	run_add_object(again)->path = strdup("/nonexistent/liba.so");
	observe(run, "read");
	observe(again, "read");
	runs[0] = run;
	runs[1] = again;
	policy = decide_runs(runs, 2, &usual);
	expect_reason(policy, "rename", REASON_REACHABLE, "called by the program's own code: ");
	expect_reason(policy, "readv", REASON_SIBLING, "stands in for read (read)");
	assert_int_equal(count_open(policy, "was not analysed"), 1);
	assert_int_equal(count_open(policy, "/nonexistent/liba.so: No such file or directory: its "
					    "code was not analysed"),
			 1);
}

/* The program has no build-id: with one it was another file. One of the runs that had it is enough. */
static void a_program_with_another_build_id_explains_nothing(void **state)
{
	static const struct {
		const char *build_ids[2]; /* of each run; "-": the run does not have the object */
		bool is_same;
	} rows[] = {
		{ { "00aa", NULL }, false }, /* one run */
		{ { "", NULL }, true },	       { { "-", NULL }, true },
		{ { "00aa", "00bb" }, false }, { { "00aa", "" }, true },
		{ { "", "00aa" }, true },      { { "00aa", "-" }, true },
	};

	(void)state;
	given_calls(NAMES("rename"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run *runs[2];
		size_t count = 0;
		_cleanup_(policy_freep) struct policy *policy = NULL;

		for (; count < 2 && rows[i].build_ids[count]; count++) {
			const char *build_id = rows[i].build_ids[count];

			runs[count] = make_run(path);
			/* The order of the ids is that of the runs. */
			memset(runs[count]->id, 'a' + (char)count, 32);
			observe(runs[count], "read");
			run_add_object(runs[count])->path = strdup("/nonexistent-beside");
			runs[count]->objects[0].path[0] = '!'; /* no file */
			if (*build_id == '-')
				continue;
			*run_add_object(runs[count]) =
				(struct object){ .path = strdup(path),
						 .build_id = strdup(build_id) };
		}
		policy = decide_runs(runs, count, &usual);
		if ((rule_of(policy, "rename") != NULL) != rows[i].is_same ||
		    (count_open(policy, "is not the file that was recorded: its code was not "
					"analysed") == 0) != rows[i].is_same)
			fail_msg("row %zu", i);
	}
}

/* What is not followed has siblings: which runs name all their programs? */
static void each_run_must_name_its_programs(void **state)
{
	static const struct {
		const char *executable, *observer;
		bool is_manager, has_calls, is_whole;
	} rows[] = {
		{ NULL, "bpf", false, false, true }, /* an empty run */
		{ "", "strace", false, true, false },
		{ "served", "strace", false, true, false }, /* relative to nobody knows what */
		{ "", "denials", false, true, true },
		{ "", NULL, false, true, false },
	};

	(void)state;
	given_calls(NAMES("rename"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned first = 0; first < 2; first++) {
			struct run *run = make_run(path), *other = make_run(rows[i].executable);
			struct run *runs[] = { first ? other : run, first ? run : other };
			_cleanup_(policy_freep) struct policy *policy = NULL;

			observe(run, "read");
			free(other->observer);
			other->observer = rows[i].observer ? strdup(rows[i].observer) : NULL;
			if (!other->observer)
				other->observer = strdup("audit");
			if (rows[i].has_calls)
				observe(other, "write");
			policy = decide_runs(runs, 2, &usual);
			if ((rule_of(policy, "readv") == NULL) != rows[i].is_whole)
				fail_msg("row %zu", i);
			expect_reason(policy, "rename", REASON_REACHABLE,
				      "called by the program's own code: ");
		}
	}
}

/* ---- calls that grant nothing more ---- */

static void what_grants_nothing_more_is_allowed(void **state)
{
	static const struct {
		const char *observed[3], *name, *text; /* NULL: it is not allowed */
	} rows[] = {
		{ { "accept4" }, "accept", "accept4, which is allowed" },
		{ { "accept" }, "accept4", NULL },
		{ { "epoll_create1" }, "epoll_create", "epoll_create1, which is allowed" },
		{ { "inotify_init1" }, "inotify_init", "inotify_init1, which is allowed" },
		{ { "eventfd2" }, "eventfd", "eventfd2, which is allowed" },
		{ { "clone" }, "vfork", "clone, which is allowed" },
		{ { "fork" }, "vfork", NULL },
		{ { "statx" }, "stat", "statx, which is allowed" },
		{ { "stat" }, "statx", "stat, which is allowed" },
		{ { "lstat" }, "stat", "lstat, which is allowed" },
		/* The first of the row that is allowed. */
		{ { "newfstatat", "fstat" }, "stat", "fstat, which is allowed" },
		{ { "pwritev2" }, "fadvise64", "pwritev2, which is allowed" },
		{ { "read" }, "fadvise64", "read, which is allowed" },
		{ { "read" }, "copy_file_range", NULL },
		{ { "write" }, "copy_file_range", NULL },
		{ { "preadv2", "pwrite64" },
		  "copy_file_range",
		  "preadv2 and pwrite64, which are allowed" },
		{ { "getpid" }, "fadvise64", NULL },
	};

	(void)state;
	given_calls(NAMES("getppid"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = decide(rows[i].observed, &usual);
		_cleanup_free_ char *text = NULL;

		if (!rows[i].text) {
			const struct rule *rule = rule_of(policy, rows[i].name);

			/* What a newer library tries first is answered, and not allowed. */
			assert_true(!rule || rule->action != SECCOMP_RET_ALLOW);
			continue;
		}
		assert_true(asprintf(&text, "grants nothing more than %s", rows[i].text) > 0);
		expect_reason(policy, rows[i].name, REASON_SIBLING, text);
		assert_string_equal(rule_of(policy, rows[i].name)->reasons[0].text, text);
	}
}

static void other_builds_may_make_the_calls_of_a_kind(void **state)
{
	static const struct {
		const char *observed[2], *name, *text; /* NULL: it is not allowed */
	} rows[] = {
		{ { "pause" }, "select", "may be made by another version or C library to wait" },
		{ { "select" }, "pause", "may be made by another version or C library to wait" },
		{ { "splice" }, "flock", "work on open files" },
		{ { "lseek" }, "splice", "work on open files" },
		{ { "access" }, "statfs", "query files" },
		{ { "readlink" }, "getcwd", NULL },
		{ { "accept" }, "getsockname", "work on connections" },
		{ { "bind" }, "getsockname", NULL },
		{ { "capget" }, "getpid", "query its identity and environment" },
		{ { "getpid" }, "capget", "query its identity and environment" },
		{ { "sigaltstack" }, "brk", "manage its memory and threads" },
		{ { "bind" }, "brk", NULL },
	};
	struct decide_options options = usual;

	(void)state;
	given_calls(NAMES("acct"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned portable = 0; portable < 2; portable++) {
			_cleanup_(policy_freep) struct policy *policy = NULL;

			options.portable = portable;
			policy = decide(rows[i].observed, &options);
			if (!rows[i].text || !portable)
				expect_none(policy, rows[i].name);
			else if (!strstr(rule_of(policy, rows[i].name)->reasons[0].text,
					 rows[i].text))
				fail_msg("%s: %s", rows[i].name,
					 rule_of(policy, rows[i].name)->reasons[0].text);
		}
	}
}

/* The families of siblings, for other builds: each of what is allowed so far, but no new privilege, and
 * none of a sibling's own. */
static void other_builds_may_make_every_sibling(void **state)
{
	static const struct {
		const char *observed[2], *name, *text; /* NULL: it is not allowed */
	} rows[] = {
		{ { "chmod" }, "fchmodat", "stands in for chmod (change a file's mode)" },
		/* No libc makes it for the other yet; it may be made by another build. */
		{ { "setxattr" }, "setxattrat", "stands in for setxattr (setxattr of a file)" },
		{ { "mknod" }, "mknodat", NULL },
	};
	struct decide_options options = usual;
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	given_calls(NAMES("acct", "rename"));
	options.portable = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *other = decide(rows[i].observed, &options);

		if (rows[i].text)
			expect_reason(other, rows[i].name, REASON_SIBLING, rows[i].text);
		else
			expect_none(other, rows[i].name);
	}
	/* Of a call that the code can make, too. */
	policy = decide(NAMES("read"), &options);
	expect_reason(policy, "renameat", REASON_SIBLING, "stands in for rename (rename a file)");
	remove_program(NULL);
	/* Where the code can't be read, those that no libc makes yet are left out. */
	for (unsigned portable = 0; portable < 2; portable++) {
		struct run *run = make_run("/nonexistent/program");
		_cleanup_(policy_freep) struct policy *unread = NULL;

		options.portable = portable;
		observe(run, "setxattr");
		unread = decide_runs(&run, 1, &options);
		assert_int_equal(rule_of(unread, "setxattrat") != NULL, portable);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, remove_program)
	const struct CMUnitTest tests[] = {
		TEST(own_code_has_its_calls_and_no_siblings),
		TEST(each_level_contains_the_one_before_it),
		TEST(calls_of_an_abi_that_was_not_observed_are_left_out),
		TEST(a_number_that_nobody_knows_is_left_open),
		TEST(a_new_privilege_is_withheld_unless_it_was_observed_or_asked_for),
		TEST(the_first_withheld_calls_have_a_sentence_each),
		TEST(executable_memory_without_a_file_is_code_made_at_run_time),
		TEST(what_is_gone_is_reported_and_siblings_are_added),
		TEST(an_object_that_is_gone_is_reported),
		TEST(a_program_with_another_build_id_explains_nothing),
		TEST(each_run_must_name_its_programs),
		TEST(what_grants_nothing_more_is_allowed),
		TEST(other_builds_may_make_the_calls_of_a_kind),
		TEST(other_builds_may_make_every_sibling),
	};

	return cmocka_run_group_tests_name("the level closed", tests, NULL, NULL);
}
