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

/* ---- audit ---- */

#define AUDIT_FIELDS                                                                                \
	"auid=4294967295 uid=0 gid=0 ses=4294967295 pid=12 comm=\"nginx\" exe=\"/usr/sbin/nginx\" " \
	"sig=0 arch="

static void denials_are_calls_that_were_made(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("type=SYSCALL msg=audit(1795574851.001:1): arch=c000003e syscall=59\n"
			 "type=SECCOMP msg=audit(1795574851.001:1): " AUDIT_FIELDS
			 "c000003e syscall=12 compat=0 ip=0x7f01 code=0x50000\n"
			 "[    1.5] audit: type=1326 audit(1795574851.001:1): " AUDIT_FIELDS
			 "c000003e syscall=12 compat=0 ip=0x7f01 code=0x50000\n"
			 "type=SECCOMP msg=audit(1795574852.001:2): " AUDIT_FIELDS
			 "40000003 syscall=45 compat=1 ip=0x7f01 code=0x50000\n"
			 "type=SECCOMP msg=audit(1795574852.001:3): auid=1 uid=0 pid=\n");

	(void)state;
	assert_string_equal(last.source, "audit");
	assert_int_equal(last.malformed, 1);
	assert_int_equal(last.mistakes[0].line, 5);
	/* two logs told of the first */
	assert_count(recording, "brk", 1);
	assert_int_equal(count_of(recording, ABI_I386, "brk"), 1);
	assert_true(has_process(recording, "/usr/sbin/nginx", 0));
	assert_int_equal(only_run(recording)->filter, FILTER_PRESENT);
}

/* ---- profiles ---- */

static void a_profile_gives_what_it_allows(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
		"{\"names\": [\"read\", \"arm_sync_file_range\", \"frob\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		"{\"name\": \"write\", \"action\": \"SCMP_ACT_LOG\", \"args\": []},"
		"{\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\","
		" \"args\": [{\"index\": 0, \"value\": 2114060288, \"op\": \"SCMP_CMP_MASKED_EQ\"}],"
		" \"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},"
		"{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ALLOW\","
		" \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},"
		"{\"names\": [\"chroot\"], \"action\": \"SCMP_ACT_ALLOW\","
		" \"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"], \"arches\": [\"amd64\", \"arm64\"]}},"
		"{\"names\": [\"brk\"], \"action\": \"SCMP_ACT_ALLOW\","
		" \"includes\": {\"arches\": [\"s390x\"]}},"
		"{\"names\": [\"personality\"], \"action\": \"SCMP_ACT_KILL\"}]}");

	(void)state;
	assert_string_equal(last.source, "oci");
	/* "frob" counts for nothing, as to libseccomp. */
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "read", 0);
	assert_count(recording, "write", 0);
	assert_count(recording, "clone", 0);
	assert_count(recording, "chroot", 0);
	assert_int_equal(distinct(recording), 4);
}

static void a_profile_that_allows_by_default_gives_the_rest(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
		"{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ERRNO\"},"
		"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ERRNO\","
		" \"args\": [{\"index\": 0, \"value\": 40, \"op\": \"SCMP_CMP_EQ\"}]}]}}}");

	(void)state;
	assert_count(recording, "mount", NONE);
	/* refused for one domain only */
	assert_count(recording, "socket", 0);
	assert_count(recording, "read", 0);
}

static void the_kubernetes_resource_is_read_from_yaml(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("---\n"
			 "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\n"
			 "kind: SeccompProfile\n"
			 "metadata:\n"
			 "  name: profile1   # a comment\n"
			 "  annotations: {}\n"
			 "spec:\n"
			 "  defaultAction: SCMP_ACT_ERRNO\n"
			 "  architectures: [SCMP_ARCH_X86_64, \"SCMP_ARCH_X86\"]\n"
			 "  syscalls:\n"
			 "  - action: SCMP_ACT_ALLOW\n"
			 "    names:\n"
			 "    - exit_group\n"
			 "    - 'futex'\n"
			 "  - names: [read, write]\n"
			 "    action: SCMP_ACT_LOG\n"
			 "  - action: SCMP_ACT_KILL\n"
			 "    names:\n"
			 "      - mount\n");

	(void)state;
	assert_string_equal(last.source, "seccomp-profile");
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "exit_group", 0);
	assert_count(recording, "futex", 0);
	assert_count(recording, "read", 0);
	assert_count(recording, "write", 0);
	assert_int_equal(distinct(recording), 4);
}

static void yaml_that_could_mean_more_is_refused_with_its_line(void **state)
{
	static const char *const texts[] = {
		"defaultAction: &anchor x\n",
		"defaultAction: |\n  x\n",
		"defaultAction: SCMP_ACT_ERRNO\nsyscalls: {a: b}\n",
		"defaultAction: SCMP_ACT_ERRNO\nsyscalls: [a,\n  b]\n",
		"defaultAction: SCMP_ACT_ERRNO\ndefaultAction: SCMP_ACT_ALLOW\n",
		"defaultAction: SCMP_ACT_ERRNO\n\tsyscalls: a\n",
		"defaultAction: \"SCMP_ACT\\u005fERRNO\"\n",
		"defaultAction: SCMP_ACT_ERRNO\n    syscalls: a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		refused(texts[i], "trace.log: line ");
}

/* ---- systemd ---- */

static void a_unit_gives_what_its_filter_allows(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("[Service]\n"
			 "ExecStart=/bin/true\n"
			 "SystemCallFilter=ptrace\n"
			 "SystemCallFilter=\n"
			 "SystemCallFilter = @system-service frob\n"
			 "SystemCallFilter=~@resources \\\n"
			 "# a comment\n"
			 "  @privileged\n"
			 "SystemCallFilter=mount getpid:EPERM\n"
			 "#SystemCallFilter=reboot\n");

	(void)state;
	assert_string_equal(last.source, "systemd");
	assert_int_equal(last.malformed, 1);
	assert_string_equal(last.mistakes[0].excerpt, "frob");
	assert_count(recording, "read", 0);
	assert_count(recording, "mount", 0);
	assert_count(recording, "execve", 0); /* of @default */
	assert_count(recording, "setrlimit", NONE); /* of @resources */
	assert_count(recording, "chown", NONE); /* of @privileged */
	assert_count(recording, "getpid", NONE);
	assert_count(recording, "ptrace", NONE);
	assert_count(recording, "reboot", NONE);
}

static void a_list_of_what_is_refused_gives_the_rest(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("[Service]\nSystemCallFilter=~@mount ptrace\nSystemCallFilter=umount2\n");

	(void)state;
	assert_count(recording, "mount", NONE);
	assert_count(recording, "ptrace", NONE);
	assert_count(recording, "umount2", 0);
	assert_count(recording, "reboot", 0);
}

static void groups_are_those_of_the_systemd_that_is_asked_for(void **state)
{
	static const char unit[] = "[Service]\nSystemCallFilter=@sandbox\n";
	struct import_settings settings = defaults;
	_cleanup_(recording_freep) struct recording *new = NULL, *old = NULL;

	(void)state;
	settings.systemd = 257;
	new = imported_with(&settings, unit);
	assert_count(new, "landlock_create_ruleset", 0);
	/* 247 has no such group: what is left is @default. */
	settings.systemd = 247;
	old = imported_with(&settings, unit);
	assert_count(old, "landlock_create_ruleset", NONE);
	assert_int_equal(last.malformed, 1);
}

static void a_unit_without_a_filter_is_refused(void **state)
{
	(void)state;
	refused("[Service]\nExecStart=/bin/true\n", "it has no SystemCallFilter=");
	refused("[Service]\nSystemCallFilter=read\nSystemCallFilter=\n", "the last one is empty");
}

/* ---- perf ---- */

static void perf_trace_gives_counts_and_lines(void **state)
{
	_cleanup_(recording_freep) struct recording *summary = imported(
		"\n Summary of events:\n\n"
		" ls (25701), 290 events, 97.3%\n\n"
		"   syscall            calls  errors  total       min       avg       max       stddev\n"
		"                                     (msec)    (msec)    (msec)    (msec)        (%)\n"
		"   --------------- --------  ------ -------- --------- --------- ---------     ------\n"
		"   mmap                  30      0     0.459     0.013     0.015     0.022      2.83%\n"
		"   openat                34     13     0.436     0.011     0.013     0.018      1.92%\n"
		"\n\n");
	_cleanup_(recording_freep) struct recording *lines = NULL;

	(void)state;
	assert_string_equal(last.source, "perf-trace");
	assert_int_equal(last.malformed, 0);
	assert_count(summary, "mmap", 30);
	assert_count(summary, "openat", 34);
	lines = imported(
		"         ? (         ): ls/25718  ... [continued]: execve())                 = 0\n"
		"     0.071 ( 0.013 ms): ls/25718 brk()                      = 0x559e54089000\n"
		"     0.278 ( 0.015 ms): ls/25718 mmap(len: 8192, prot: READ|WRITE)      = 0x7fdd\n"
		"    12.799 (         ): ls/25718 exit_group()                            = ?\n");
	assert_int_equal(last.malformed, 0);
	assert_count(lines, "execve", 0);
	assert_count(lines, "brk", 1);
	assert_count(lines, "mmap", 1);
	assert_count(lines, "exit_group", 1);
}

static void perf_script_gives_numbers_with_their_arguments(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"       perf-exec     0 [000]     0.000000: PERF_RECORD_COMM: perf-exec:1/1\n"
		"          my app 25703 [000]  6067.875886: raw_syscalls:sys_enter: NR 12 (0, 7ffd, 0, 37f, 0, 0)\n"
		"          my app 25703 [000]  6067.876071: raw_syscalls:sys_enter: NR 9 (0, 2000, 3, 22, ffffffff, 0)\n"
		"          my app 25703 [000]  6067.876093: raw_syscalls:sys_enter: NR 9 (0, b8bf, 1, 2, 3, 0)\n"
		"\t    7f642792b2a0 mmap+0x10 (/usr/lib/libc.so.6)\n"
		"\n"
		"          my app 25740 [001]  6069.102039:      syscalls:sys_enter_openat: dfd: 0xffffff9c\n");
	struct total *totals;
	const struct total *mmap_total;

	(void)state;
	assert_string_equal(last.source, "perf-script");
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "brk", 1);
	assert_count(recording, "openat", 1);
	assert_string_equal(only_run(recording)->processes[0].command, "my app");
	mmap_total = find(recording, ABI_X86_64, 9, &totals);
	assert_non_null(mmap_total);
	assert_int_equal(mmap_total->count, 2);
	assert_false(mmap_total->arguments_any);
	assert_int_equal(mmap_total->arguments_count, 2);
	assert_int_equal(mmap_total->arguments[0].value[0], 1);
	assert_int_equal(mmap_total->arguments[1].value[0], 3);
	totals_free(totals, distinct(recording));
}

/* ---- sysdig, bpftrace, lists ---- */

static void sysdig_gives_the_entries_of_calls(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = imported(
		"85 16:15:46.745812344 0 nginx (1234) > read fd=3(<f>/etc/passwd) size=4096 \n"
		"86 16:15:46.745812350 0 nginx (1234) < read res=12 data=\n"
		"87 16:15:46.745812350 1 my (prog (1235) > switch next=0\n"
		"88 16:15:46.745812350 1 my (prog (1235) > syscall ID=234(tgkill) nativeID=234\n"
		"89 16:15:46.745812350 1 my (prog (1235) < openat fd=3\n");

	(void)state;
	assert_string_equal(last.source, "sysdig");
	assert_int_equal(last.malformed, 0);
	assert_count(recording, "read", 1);
	assert_count(recording, "tgkill", 1);
	assert_count(recording, "openat", 0);
	assert_int_equal(distinct(recording), 3);
}

static void bpftrace_maps_give_counts(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("Attaching 2 probes...\n\n\n"
			 "@[12]: 3\n"
			 "@calls[my, app, 257]: 81\n"
			 "@[tracepoint:syscalls:sys_enter_read]: 5321\n"
			 "@[kprobe:__x64_sys_write]: 7\n"
			 "@[nosuchcall]: 7\n");

	(void)state;
	assert_string_equal(last.source, "bpftrace");
	assert_int_equal(last.malformed, 1);
	assert_count(recording, "brk", 3);
	assert_count(recording, "openat", 81);
	assert_count(recording, "read", 5321);
	assert_count(recording, "write", 7);
}

static void a_list_of_names_is_taken_as_it_is(void **state)
{
	_cleanup_(recording_freep) struct recording *recording =
		imported("read, write\n# mount\nopenat @clock\n");

	(void)state;
	assert_string_equal(last.source, "list");
	assert_count(recording, "read", 0);
	assert_count(recording, "clock_settime", 0);
	assert_count(recording, "mount", NONE);
	refused("read write openat frobnicate\n", "frobnicate");
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
		cmocka_unit_test(denials_are_calls_that_were_made),
		cmocka_unit_test(a_profile_gives_what_it_allows),
		cmocka_unit_test(a_profile_that_allows_by_default_gives_the_rest),
		cmocka_unit_test(the_kubernetes_resource_is_read_from_yaml),
		cmocka_unit_test(yaml_that_could_mean_more_is_refused_with_its_line),
		cmocka_unit_test(a_unit_gives_what_its_filter_allows),
		cmocka_unit_test(a_list_of_what_is_refused_gives_the_rest),
		cmocka_unit_test(groups_are_those_of_the_systemd_that_is_asked_for),
		cmocka_unit_test(a_unit_without_a_filter_is_refused),
		cmocka_unit_test(perf_trace_gives_counts_and_lines),
		cmocka_unit_test(perf_script_gives_numbers_with_their_arguments),
		cmocka_unit_test(sysdig_gives_the_entries_of_calls),
		cmocka_unit_test(bpftrace_maps_give_counts),
		cmocka_unit_test(a_list_of_names_is_taken_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
