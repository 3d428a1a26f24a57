// SPDX-License-Identifier: LGPL-2.1-or-later
/* The values of arguments in lines of strace's, as its versions and options write them. */
#include "common/cleanup.h"
#include "import/import.h"
#include "syscall/syscall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ANY UINT64_MAX

struct expectation {
	const char *line;
	uint64_t values[ARGUMENTS_MAX]; /* the first ANY: not known */
};

static void expect(const struct expectation *expected, enum abi abi)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	const struct import_settings settings = { .abi = abi, .from = "strace" };
	const struct run *const *runs;
	struct error err = { 0 };
	const struct call *call;

	if (import_memory("log", expected->line, strlen(expected->line), &settings, recording,
			  &err) < 0)
		fail_msg("%s: %s", expected->line, err.message);
	recording_runs(recording, &runs);
	assert_int_equal(runs[0]->calls_count, 1);
	call = &runs[0]->calls[0];
	if (call->arguments_any != (expected->values[0] == ANY))
		fail_msg("%s: %s", expected->line, call->arguments_any ? "any" : "told");
	if (call->arguments_any)
		return;
	assert_int_equal(call->arguments_count, 1);
	for (unsigned i = 0; i < ARGUMENTS_MAX; i++)
		if (call->arguments[0].value[i] != expected->values[i])
			fail_msg("%s: value %u is %#llx", expected->line, i,
				 (unsigned long long)call->arguments[0].value[i]);
}

static void names_and_numbers_become_values(void **state)
{
	static const struct expectation table[] = {
		{ "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3", { 2, 0x80001, 6 } },
		{ "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3", { 16, 3, 0 } },
		{ "socket(PF_LOCAL, SOCK_DGRAM, 0) = 3", { 1, 2, 0 } },
		{ "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0", { 1, 2 } },
		{ "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0", { 6, 1 } },
		{ "ioctl(1, TCGETS, {c_iflag=ICRNL|IXON, c_cc=\"\\x03\\x1c\", ...}) = 0",
		  { 0x5401 } },
		{ "ioctl(3, _IOC(_IOC_READ|_IOC_WRITE, 0x94, 0x1b, 0x38), 0x7ffd) = 0",
		  { 0xc038941b } },
		{ "ioctl(0, SNDCTL_TMR_TIMEBASE or TCGETS, 0x7ffd) = 0", { 0x5401 } },
		{ "ioctl(0, NEW_A or NEW_B, 0x7ffd) = 0", { ANY } },
		{ "ioctl(0, TCGETS or SNDCTL_TMR_TIMEBASE, 0x7ffd) = 0", { 0x5401 } },
		{ "prctl(PR_SET_NAME, \"a, b\") = 0", { 15 } },
		{ "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
		  "child_tidptr=0x7f) = 9",
		  { 0x1200000 } },
		{ "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FS <unfinished ...>", { 0x300 } },
		{ "clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f, "
		  "stack_size=0x9000}, 88) = 9",
		  { 0x4100 } },
		{ "clone3(0x7ffd, 88) = -1 EFAULT (Bad address)", { ANY } },
		{ "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f",
		  { 3, 0x22 } },
		{ "mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, 3, 0) = 0",
		  { 1, 0x40001 } },
		{ "mprotect(0x7f, 4096, PROT_NONE) = 0", { 0 } },
		{ "openat(AT_FDCWD, \"a) = 1, O_RDWR\\\"\", O_RDONLY|O_CLOEXEC) = 3", { 0, 0 } },
		{ "openat(AT_FDCWD, \"a\", O_WRONLY|O_CREAT|O_TRUNC, 04644) = 3",
		  { 0x241, 04000 } },
		{ "open(\"a\", O_RDONLY|O_NOFUTURE) = 3", { ANY } },
		{ "openat2(AT_FDCWD, \"a\", {flags=O_RDWR|O_CREAT, mode=0600, resolve=0}, 24) = 3",
		  { 0x42, 0 } },
		{ "futex(0x7f, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, "
		  "FUTEX_BITSET_MATCH_ANY) = 0",
		  { 9 } },
		{ "kill(12, SIGRT_3) = 0", { 35 } },
		{ "kill(12, 0) = 0", { 0 } },
		{ "chmod(\"a\", 0644) = 0", { 0 } },
		{ "mknod(\"a\", S_IFIFO|0666) = 0", { 0010000 } },
		{ "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0", { 0x20020000 } },
		{ "personality(0xffffffff) = 0", { 0xffffffff } },
		{ "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, {len=3, filter=0x7f}) = 0",
		  { 1, 1 } },
		{ "arch_prctl(0x3001 /* ARCH_??? */, 0x7ffd) = -1 EINVAL (Invalid argument)",
		  { 0x3001 } },
		{ "mount(\"a\", \"b\", \"c\", MS_RDONLY|MS_NOSUID, NULL) = 0", { 3 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		expect(&table[i], ABI_X86_64);
}

static void options_of_strace_change_the_notation_alone(void **state)
{
	static const struct expectation table[] = {
		{ "ioctl(1</dev/pts/0<char 136:0>>, TIOCGWINSZ, {ws_row=24}) = 0", { 0x5413 } },
		{ "setsockopt(3<TCP:[127.0.0.1:80->127.0.0.1:9]>, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0",
		  { 1, 9 } },
		{ "openat(AT_FDCWD</tmp/a, b>, \"x\", O_RDONLY) = 3</tmp/x>", { 0, 0 } },
		{ "mmap(0, 0x2000, 0x3, 0x22, 0xffffffff, 0) = 0x7f", { 3, 0x22 } },
		{ "mmap(NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */, "
		  "-1, 0) = 0x7f",
		  { 3, 0x22 } },
		{ "socket(0x1 /* AF_UNIX */, 0x1 /* SOCK_STREAM */|0x80000 /* SOCK_CLOEXEC */, 0) = 3",
		  { 1, 0x80001, 0 } },
		{ "[pid  12] 10:11:12.5 fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0 <0.000010>",
		  { 4 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		expect(&table[i], ABI_X86_64);
}

static void what_is_not_there_is_any(void **state)
{
	static const struct expectation table[] = {
		{ "ioctl(3,  <unfinished ...>", { ANY } },
		{ "socket( <unfinished ...>", { ANY } },
		{ "mmap(NULL, 8192 <unfinished ...>", { ANY } },
		{ "<... ioctl resumed>, 0x7ffd) = 0", { ANY } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		expect(&table[i], ABI_X86_64);
}

/* socket() of a 32-bit program may have been socketcall(), whose argument is another. */
static void an_inner_calls_arguments_are_not_its_multiplexers(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	const struct import_settings settings = { .abi = ABI_I386, .from = "strace" };
	static const char line[] = "socket(AF_INET, SOCK_STREAM, 0) = 3";
	const struct run *const *runs;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(import_memory("log", line, strlen(line), &settings, recording, &err), 0);
	recording_runs(recording, &runs);
	assert_int_equal(runs[0]->calls_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct call *call = &runs[0]->calls[i];
		bool is_inner = call->nr == syscall_number(ABI_I386, "socket");

		assert_int_equal(call->arguments_any, !is_inner);
		assert_int_equal(call->arguments_count, is_inner);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_become_values),
		cmocka_unit_test(options_of_strace_change_the_notation_alone),
		cmocka_unit_test(what_is_not_there_is_any),
		cmocka_unit_test(an_inner_calls_arguments_are_not_its_multiplexers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
