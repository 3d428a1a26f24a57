// SPDX-License-Identifier: LGPL-2.1-or-later
/* Importers, on what the real tools print. */
#include "common/cleanup.h"
#include "import/import.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NONE UINT64_MAX /* not seen at all */

static struct import_result last;

static void keep(void *context, const struct import_result *result)
{
	(void)context;
	last = *result;
}

static const struct import_settings defaults = { .abi = ABI_X86_64, .systemd = 252, .done = keep };

static struct recording *imported_with(const struct import_settings *settings, const char *text)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct error err = { 0 };

	assert_non_null(recording);
	memset(&last, 0, sizeof(last));
	if (import_memory("trace.log", text, strlen(text), settings, recording, &err) < 0)
		fail_msg("%s", err.message);
	return take(recording);
}

static struct recording *imported(const char *text)
{
	return imported_with(&defaults, text);
}

static void refused(const char *text, const char *reason)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct import_settings settings = defaults;
	struct error err = { 0 };

	settings.is_strict = true;
	assert_non_null(recording);
	assert_true(import_memory("trace.log", text, strlen(text), &settings, recording, &err) < 0);
	if (!strstr(err.message, reason))
		fail_msg("expected \"%s\" in: %s", reason, err.message);
}

static const struct total *find(const struct recording *recording, enum abi abi, int nr,
				struct total **totals)
{
	size_t count;
	struct error err = { 0 };

	assert_int_equal(recording_totals(recording, false, totals, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		if ((*totals)[i].abi == abi && (*totals)[i].nr == nr)
			return &(*totals)[i];
	return NULL;
}

static size_t distinct(const struct recording *recording)
{
	struct error err = { 0 };
	struct total *totals;
	size_t count;

	assert_int_equal(recording_totals(recording, false, &totals, &count, &err), 0);
	totals_free(totals, count);
	return count;
}

/* How often a call was counted. */
static uint64_t count_nr(const struct recording *recording, enum abi abi, int nr)
{
	struct total *totals;
	const struct total *found = find(recording, abi, nr, &totals);
	uint64_t count = found ? found->count : NONE;

	totals_free(totals, distinct(recording));
	return count;
}

static uint64_t count_of(const struct recording *recording, enum abi abi, const char *name)
{
	int nr = syscall_number(abi, name);

	assert_true(nr >= 0);
	return count_nr(recording, abi, nr);
}

static const struct run *only_run(const struct recording *recording)
{
	const struct run *const *runs;

	assert_int_equal(recording_runs(recording, &runs), 1);
	return runs[0];
}

static bool has_process(const struct recording *recording, const char *executable, unsigned depth)
{
	const struct run *run = only_run(recording);

	for (size_t i = 0; i < run->processes_count; i++)
		if (strcmp(run->processes[i].executable, executable) == 0 &&
		    run->processes[i].depth == depth)
			return true;
	return false;
}

#define assert_count(recording, name, count) \
	assert_int_equal(count_of(recording, ABI_X86_64, name), count)

/* ---- strace ---- */

static void a_plain_log_gives_each_call_with_its_count(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"execve(\"./t.sh\", [\"./t.sh\"], 0x7ffc4e0018f0 /* 37 vars */) = 0\n"
		"brk(NULL)                               = 0x562acd589000\n"
		"access(\"/etc/ld.so.preload\", R_OK)      = -1 ENOENT (No such file or directory)\n"
		"read(3, \"= ) <unfinished ...>\", 832) = 832\n"
		"brk(NULL)                               = 0x562acd589000\n"
		"--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=2, si_uid=0} ---\n"
		"rt_sigreturn({mask=[]})                 = 2\n"
		"exit_group(0)                           = ?\n"
		"+++ exited with 0 +++\n");
	const struct run *run = only_run(recording);

	(void)state;
	assert_string_equal(last.source, "strace");
	assert_int_equal(last.malformed, 0);
	assert_int_equal(last.calls, 7);
	assert_string_equal(run->observer, "strace");
	assert_int_equal(run->target_kind, TARGET_IMPORT);
	assert_count(recording, "brk", 2);
	assert_count(recording, "read", 1);
	assert_count(recording, "exit_group", 1);
	/* The first execve is strace's own child's. */
	assert_count(recording, "execve", NONE);
	for (size_t i = 0; i < run->calls_count; i++)
		assert_int_equal(run->calls[i].phase, PHASE_UNKNOWN);
}

static void every_prefix_is_understood(void **state)
{
	static const char *const lines[] = {
		"brk(NULL) = 0x1000",
		"25521 brk(NULL)         = 0x1000",
		"[pid 25521] brk(NULL) = 0x1000",
		"[pid   521] brk(NULL) = 0x1000",
		"25521 04:01:50.426106 brk(NULL)         = 0x1000 <0.000048>",
		"[pid 25521] 04:01:50 brk(NULL) = 0x1000",
		"04:01:50 brk(NULL) = 0x1000",
		"1795579310.999087 brk(NULL) = 0x1000",
		"1795579310 brk(NULL) = 0x1000",
		"     0.003687 brk(NULL)                 = 0x1000",
		"25576 1795579310.999087 [  12] [00007f4619df6c47] brk(NULL) = 0x1000",
		"[00007f4619df6c47] brk(NULL) = 0x1000",
		"[????????????????] brk(NULL) = 0x1000",
		"25616<t.sh> brk(NULL)                   = 0x1000",
		"25616<a > b> brk(NULL)                   = 0x1000",
		"[pid 25616<t.sh>] brk(NULL)                   = 0x1000",
		"25616<t.sh> /* 5 in strace's PID NS */ brk(NULL) = 0x1000",
		"25642 1795579311.233946708 (+     0.000466782) brk(NULL) = 0x1000",
		"25651 04:01:51 (+     0.000440) brk(NULL) = 0x1000",
		"brk(NULL) = 0x1000\r",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(recording_freep) struct recording *recording = imported(lines[i]);

		if (last.malformed || count_of(recording, ABI_X86_64, "brk") != 1 ||
		    distinct(recording) != 1)
			fail_msg("not one brk: %s", lines[i]);
	}
}

static void a_resumed_call_counts_once(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("11 openat(AT_FDCWD, \"/x\", O_RDONLY|O_CLOEXEC <unfinished ...>\n"
			 "10 set_robust_list(0x7f7ddbc6ba20, 24 <unfinished ...>\n"
			 "11 <... openat resumed>)             = 3\n"
			 "10 <... set_robust_list resumed>)    = 0\n"
			 "12 <... read resumed> \"\", 4096) = 0\n"
			 "10 <... ??\? resumed>)    = ?\n"
			 "10 wait4(-1,  <unfinished ...>) = ?\n");

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "openat", 1);
	assert_count(recording, "set_robust_list", 1);
	assert_count(recording, "wait4", 1);
	/* begun before the log did */
	assert_count(recording, "read", 1);
}

static void a_call_that_strace_came_into_is_seen(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("strace: Process 7561 attached\n"
			 "restart_syscall(<... resuming interrupted read ...> <detached ...>\n"
			 "strace: Process 7561 detached\n");

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "restart_syscall", 1);
	assert_int_not_equal(count_of(recording, ABI_X86_64, "read"), NONE);
}

static void forks_and_execve_tell_who_calls(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"9 execve(\"/bin/sh\", [\"sh\"], 0x7f /* 3 vars */) = 0\n"
		"9 getpid() = 9\n"
		"9 vfork( <unfinished ...>\n"
		"11 getppid() = 9\n"
		"11 execve(\"/usr/bin/a\\tb\\303\\244\", [\"cat\"], 0x559 /* 37 vars */ <unfinished ...>\n"
		"9 <... vfork resumed>)              = 11\n"
		"11 <... execve resumed>)             = 0\n"
		"11 getuid() = 0\n"
		"11 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f}, 88) = 12\n"
		"12 gettid() = 12\n"
		"11 execve(\"/nowhere\", [\"x\"], NULL) = -1 ENOENT (No such file or directory)\n"
		"11 getgid() = 0\n"
		"11 +++ exited with 0 +++\n");
	const struct run *run = only_run(recording);

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_true(has_process(recording, "/bin/sh", 0));
	assert_true(has_process(recording, "/bin/sh", 1));
	assert_true(has_process(recording, "/usr/bin/a\tb\303\244", 0));
	/* with strace's own child there are no more: a thread is no fork, and what could not be
	 * executed is no program */
	assert_int_equal(run->processes_count, 4);
}

static void a_process_in_32_bit_mode_makes_calls_of_i386(void **state)
{
	/* On standard error strace tells; in the file of -o names alone do, and -n numbers. */
	static const char *const logs[] = {
		"execve(\"./m32\", [\"./m32\"], 0x7f) = 0\n"
		"[ Process PID=7505 runs in 32 bit mode. ]\n"
		"brk(NULL) = 0x5799e000\n"
		"fstat64(3, {st_mode=S_IFREG|0644}) = 0\n",
		"7498 execve(\"./m32\", [\"./m32\"], 0x7f) = 0\n"
		"7498 brk(NULL) = 0x5799e000\n"
		"7498 fstat64(3, {st_mode=S_IFREG|0644}) = 0\n",
		"7498 [  59] execve(\"./m32\", [\"./m32\"], 0x7f) = 0\n"
		"7498 [  45] brk(NULL) = 0x5799e000\n"
		"7498 [ 197] fstat64(3, {st_mode=S_IFREG|0644}) = 0\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		_cleanup_(recording_freep) struct recording *recording = imported(logs[i]);

		assert_int_equal(last.malformed, 0);
		assert_int_equal(count_of(recording, ABI_I386, "brk"), 1);
		assert_int_equal(count_of(recording, ABI_I386, "fstat64"), 1);
		assert_int_equal(distinct(recording), 2);
	}
}

static void a_call_behind_a_multiplexer_is_taken_for_both(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("7 [  45] brk(NULL) = 0x1000\n"
			 "7 [ 102] socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n");
	_cleanup_(recording_freep) struct recording *unsure =
		imported("7 fstat64(3, {}) = 0\n"
			 "7 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n");

	(void)state;
	assert_int_equal(count_of(recording, ABI_I386, "socketcall"), 1);
	assert_int_equal(count_of(recording, ABI_I386, "socket"), NONE);
	assert_int_equal(count_of(unsure, ABI_I386, "socket"), 1);
	assert_int_equal(count_of(unsure, ABI_I386, "socketcall"), 0);
}

static void numbers_without_a_name_are_kept(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"syscall_0x3e7(0x7ff, 0x7ff) = -1 ENOSYS (Function not implemented)\n"
		"syscall_0xffffffffffffffff(0x7ff) = -1 ENOSYS (Function not implemented)\n"
		"SYS_998(0x7ff, 0x7ff) = -1 ENOSYS (Function not implemented)\n"
		"[1073741863] getpid()   = -1 ENOSYS (Function not implemented)\n");

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_int_equal(count_nr(recording, ABI_X86_64, 999), 1);
	assert_int_equal(count_nr(recording, ABI_X86_64, 998), 1);
	assert_int_equal(count_nr(recording, ABI_X86_64, -1), 1);
	assert_int_equal(count_of(recording, ABI_X32, "getpid"), 1);
}

static void stacks_are_kept_of_the_first_sight(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("7 brk(NULL)                         = 0x55627a45c000\n"
			 " > /usr/lib/libc.so.6(brk+0xb) [0x1fc47]\n"
			 " > /usr/lib/libstdc++.so.6(std::get(int)+0x1e7f) [0x1a2ff]\n"
			 " > unexpected_backtracing_error [0x0]\n"
			 "7 brk(NULL)                         = 0x55627a45c000\n"
			 " > /usr/lib/libc.so.6(sbrk+0x1) [0x2]\n");
	const struct run *run = only_run(recording);
	const struct call *call = &run->calls[0];

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_int_equal(run->calls_count, 1);
	assert_int_equal(call->stack_count, 3);
	assert_string_equal(call->stack[0].symbol, "brk");
	assert_int_equal(call->stack[0].symbol_offset, 0xb);
	assert_int_equal(call->stack[0].offset, 0x1fc47);
	assert_string_equal(run->objects[call->stack[1].object].path, "/usr/lib/libstdc++.so.6");
	assert_string_equal(call->stack[1].symbol, "std::get(int)");
	assert_int_equal(call->stack[2].object, -1);
}

static void a_line_that_a_message_cut_is_put_together(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("execve(\"/bin/sh\", [\"sh\"], 0x7f /* 3 vars */) = 0\n"
			 "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 7506 attached\n"
			 ", child_tidptr=0xf7eff5a8) = 7506\n"
			 "vfork(strace: Process 25517 attached\n"
			 " <unfinished ...>\n"
			 "[pid  7506] getpid() = 7506\n");

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "clone", 1);
	assert_count(recording, "vfork", 1);
	assert_true(has_process(recording, "/bin/sh", 1));
}

static void a_summary_gives_counts(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("% time     seconds  usecs/call     calls    errors syscall\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 " 61.69    0.015291        3058         5         1 wait4\n"
			 " 17.78    0.004406          67        65           newfstatat\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 "100.00    0.024786          68       361        55 total\n"
			 "System call usage summary for 32 bit mode:\n"
			 "% time     seconds  usecs/call     calls    errors syscall\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 "100.00    0.000000           0        32         1 mmap2\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 "100.00    0.000000           0        32         1 total\n");
	_cleanup_(recording_freep) struct recording *columns =
		imported("syscall          % time     calls\n"
			 "---------------- ------ ---------\n"
			 "openat            30.89        34\n"
			 "---------------- ------ ---------\n"
			 "total            100.00        34\n");

	(void)state;
	assert_count(recording, "wait4", 5);
	assert_count(recording, "newfstatat", 65);
	assert_int_equal(count_of(recording, ABI_I386, "mmap2"), 32);
	assert_int_equal(distinct(recording), 3);
	assert_count(columns, "openat", 34);
}

static void a_summary_behind_a_log_is_not_counted_again(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("7 brk(NULL) = 0x55627a45c000\n"
			 "% time     seconds  usecs/call     calls    errors syscall\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 "100.00    0.015291        3058         1           brk\n"
			 "------ ----------- ----------- --------- --------- ----------------\n"
			 "100.00    0.024786          68         1           total\n");

	(void)state;
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "brk", 1);
}

static void what_cannot_be_read_is_counted_and_named(void **state)
{
	static const char log[] = "brk(NULL) = 0x1000\n"
				  "GET / HTTP/1.1\n"
				  "frobnicate(1) = 0\n"
				  "read(3, \"abc";
	_cleanup_(recording_freep) struct recording *recording = imported(log);

	(void)state;
	assert_int_equal(last.malformed, 3);
	assert_int_equal(last.mistakes[0].line, 2);
	assert_string_equal(last.mistakes[0].excerpt, "GET / HTTP/1.1");
	assert_int_equal(last.mistakes[1].line, 3);
	assert_non_null(strstr(last.mistakes[1].reason, "no system call"));
	assert_int_equal(last.mistakes[2].line, 4);
	/* It was entered, whatever became of it. */
	assert_count(recording, "read", 1);
	refused(log, "line 2");
}

static void more_processes_than_there_is_room_for_are_counted_on(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(recording_freep) struct recording *recording = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	for (unsigned i = 1; i <= 40000; i++)
		fprintf(out, "%u getpid() = %u\n", i, i);
	for (unsigned i = 1; i <= 20000; i++)
		fprintf(out, "%u +++ exited with 0 +++\n", i);
	for (unsigned i = 1; i <= 40000; i++)
		fprintf(out, "%u getuid() = 0\n", i);
	fclose(out);
	recording = imported(text);
	assert_count(recording, "getpid", 40000);
	assert_count(recording, "getuid", 40000);
	assert_int_equal(last.malformed, 0);
}

static void what_is_no_trace_is_refused(void **state)
{
	(void)state;
	refused("", "--from");
	refused("hello world, this is no trace\n", "--from");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_log_gives_each_call_with_its_count),
		cmocka_unit_test(every_prefix_is_understood),
		cmocka_unit_test(a_resumed_call_counts_once),
		cmocka_unit_test(a_call_that_strace_came_into_is_seen),
		cmocka_unit_test(forks_and_execve_tell_who_calls),
		cmocka_unit_test(a_process_in_32_bit_mode_makes_calls_of_i386),
		cmocka_unit_test(a_call_behind_a_multiplexer_is_taken_for_both),
		cmocka_unit_test(numbers_without_a_name_are_kept),
		cmocka_unit_test(stacks_are_kept_of_the_first_sight),
		cmocka_unit_test(a_line_that_a_message_cut_is_put_together),
		cmocka_unit_test(a_summary_gives_counts),
		cmocka_unit_test(a_summary_behind_a_log_is_not_counted_again),
		cmocka_unit_test(what_cannot_be_read_is_counted_and_named),
		cmocka_unit_test(more_processes_than_there_is_room_for_are_counted_on),
		cmocka_unit_test(what_is_no_trace_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
