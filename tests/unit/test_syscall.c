// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables of system calls, held against libseccomp and against the kernel's headers. */
#include "common/cleanup.h"
#include "syscall/abi.h"
#include "syscall/arguments.h"
#include "syscall/suggest.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

/* ---- ABIs ---- */

static void an_abi_is_found_by_each_of_its_names(void **state)
{
	enum abi abi;

	(void)state;
	for (unsigned i = 0; i < ABI_COUNT; i++) {
		const struct abi_info *info = abi_info((enum abi)i);

		assert_int_equal(abi_from_name(info->name, &abi), 0);
		assert_int_equal(abi, i);
		assert_int_equal(abi_from_name(info->systemd, &abi), 0);
		assert_int_equal(abi, i);
		assert_int_equal(abi_from_name(info->oci, &abi), 0);
		assert_int_equal(abi, i);
		assert_int_equal(seccomp_arch_resolve_name(i == ABI_I386 ? "x86" : info->name),
				 info->scmp_arch);
	}
	assert_int_equal(abi_from_name("amd64", &abi), 0);
	assert_int_equal(abi, ABI_X86_64);
	assert_int_equal(abi_from_name("vax", &abi), -ENOENT);
}

static void x32_is_told_from_x86_64_by_its_bit(void **state)
{
	enum abi abi;

	(void)state;
	assert_int_equal(abi_from_audit(AUDIT_ARCH_X86_64, 12, &abi), 0);
	assert_int_equal(abi, ABI_X86_64);
	assert_int_equal(abi_from_audit(AUDIT_ARCH_X86_64, 12 | X32_BIT, &abi), 0);
	assert_int_equal(abi, ABI_X32);
	assert_int_equal(abi_from_audit(AUDIT_ARCH_X86_64, -1, &abi), 0);
	assert_int_equal(abi, ABI_X86_64);
	assert_int_equal(abi_from_audit(AUDIT_ARCH_I386, 12, &abi), 0);
	assert_int_equal(abi, ABI_I386);
	assert_int_equal(abi_from_audit(AUDIT_ARCH_SPARC, 12, &abi), -ENOENT);
}

static void the_native_abi_is_the_first_local_one(void **state)
{
	enum abi abis[ABI_COUNT];

	(void)state;
	assert_true(abi_local(abis) >= 1);
	assert_int_equal(abis[0], abi_native());
	assert_int_equal(abi_info(abi_native())->scmp_arch, seccomp_arch_native());
}

/* ---- names and numbers ---- */

static void every_name_and_number_of_libseccomp_is_known(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < ABI_COUNT; i++) {
		const enum abi abi = (enum abi)i;

		for (int low = 0; low < 0xf0100; low = low == 2048 ? 0xf0000 : low + 1) {
			const int nr = abi == ABI_X32 ? low | X32_BIT : low;
			_cleanup_free_ char *name =
				seccomp_syscall_resolve_num_arch(abi_info(abi)->scmp_arch, nr);

			if (!name)
				continue;
			seen++;
			assert_non_null(syscall_name(abi, nr));
			assert_string_equal(syscall_name(abi, nr), name);
			assert_int_equal(syscall_number(abi, name), nr);
		}
	}
	assert_in_range(seen, 2900, 10000);
}

static void no_number_contradicts_libseccomp(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ABI_COUNT; i++) {
		const struct syscall_entry *entries;
		const size_t count = syscall_table((enum abi)i, &entries);

		for (size_t j = 0; j < count; j++) {
			int nr = seccomp_syscall_resolve_name_arch(abi_info((enum abi)i)->scmp_arch,
								   entries[j].name);

			/* A call that this libseccomp knows for other ABIs only, or not at all, is
			 * negative: newer kernels have it. */
			if (nr >= 0)
				assert_int_equal(nr, entries[j].nr);
		}
	}
}

static void a_table_is_ascending_and_agrees_with_both_look_ups(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ABI_COUNT; i++) {
		const struct syscall_entry *entries;
		const size_t count = syscall_table((enum abi)i, &entries);

		assert_in_range(count, 300, 500);
		for (size_t j = 0; j < count; j++) {
			if (j)
				assert_true(entries[j - 1].nr < entries[j].nr);
			assert_string_equal(syscall_name((enum abi)i, entries[j].nr),
					    entries[j].name);
			assert_int_equal(syscall_number((enum abi)i, entries[j].name),
					 entries[j].nr);
			assert_true(syscall_is_known(entries[j].name));
		}
	}
}

static void a_call_that_an_abi_lacks_has_no_number(void **state)
{
	(void)state;
	assert_int_equal(syscall_number(ABI_AARCH64, "open"), -ENOENT);
	assert_int_equal(syscall_number(ABI_X86_64, "socketcall"), -ENOENT);
	assert_int_equal(syscall_number(ABI_X86_64, "breakpoint"), -ENOENT);
	assert_int_equal(syscall_number(ABI_X86_64, "nosuch"), -ENOENT);
	assert_int_equal(syscall_number(ABI_X86_64, ""), -ENOENT);
	assert_false(syscall_is_known("nosuch"));
}

static void the_calls_with_their_own_ways_are_right(void **state)
{
	(void)state;
	assert_int_equal(syscall_number(ABI_I386, "socketcall"), 102);
	assert_int_equal(syscall_number(ABI_I386, "socket"), 359);
	assert_int_equal(syscall_number(ABI_I386, "ipc"), 117);
	assert_int_equal(syscall_number(ABI_S390X, "socketcall"), 102);
	assert_int_equal(syscall_number(ABI_X86_64, "newfstatat"), 262);
	assert_int_equal(syscall_number(ABI_I386, "fstatat64"), 300);
	assert_int_equal(syscall_number(ABI_I386, "_llseek"), 140);
	assert_int_equal(syscall_number(ABI_X32, "execve"), 520 | X32_BIT);
	assert_int_equal(syscall_number(ABI_X32, "brk"), 12 | X32_BIT);
	assert_null(syscall_name(ABI_X32, 12));
	assert_null(syscall_name(ABI_X86_64, 12 | X32_BIT));
	assert_int_equal(syscall_number(ABI_ARM, "set_tls"), 0xf0005);
	assert_string_equal(syscall_name(ABI_ARM, 0xf0005), "set_tls");
	assert_null(syscall_name(ABI_X86_64, -1));
	assert_null(syscall_name(ABI_X86_64, INT32_MAX));
}

static void calls_newer_than_libseccomp_are_known(void **state)
{
	(void)state;
	assert_int_equal(syscall_number(ABI_X86_64, "futex_waitv"), 449);
	assert_int_equal(syscall_number(ABI_I386, "cachestat"), 451);
	assert_int_equal(syscall_number(ABI_AARCH64, "mseal"), 462);
	assert_int_equal(syscall_number(ABI_X86_64, "uretprobe"), 335);
	assert_int_equal(syscall_number(ABI_X86_64, "file_setattr"), 469);
	assert_int_equal(syscall_number(ABI_RISCV64, "riscv_hwprobe"), 258);
}

static void *look_up_all(void *unused)
{
	const struct syscall_entry *entries;
	size_t count = syscall_table(ABI_X86_64, &entries);

	(void)unused;
	for (size_t i = 0; i < count; i++)
		if (syscall_name(ABI_X86_64, entries[i].nr) != entries[i].name)
			return NULL;
	return (void *)(uintptr_t)count;
}

static void threads_may_look_up_at_once(void **state)
{
	pthread_t threads[8];
	void *result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_up_all, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
}

static void every_call_of_every_abi_is_explained(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ABI_COUNT; i++) {
		const struct syscall_entry *entries;
		const size_t count = syscall_table((enum abi)i, &entries);

		for (size_t j = 0; j < count; j++) {
			const struct syscall_info *info = syscall_info(entries[j].name);

			if (!info)
				fail_msg("src/syscall/info.c: add a row for %s", entries[j].name);
			assert_string_equal(info->name, entries[j].name);
			assert_in_range(strlen(info->summary), 5, 100);
			assert_non_null(syscall_risk_name(info->risk));
			assert_true(info->since || strstr(info->summary, "ever implemented"));
		}
	}
	assert_null(syscall_info("nosuch"));
	assert_string_equal(syscall_info("clone3")->since, "5.3");
	assert_int_equal(syscall_info("mount")->risk, RISK_SYSTEM);
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const groups[] = { "@aio", "@clock" };

	(void)state;
	assert_string_equal(syscall_suggest("openta"), "openat");
	assert_string_equal(syscall_suggest("getpidd"), "getpid");
	assert_string_equal(syscall_suggest("brk"), "brk");
	assert_string_equal(syscall_suggest("knod"), "mknod"); /* a part */
	assert_null(syscall_suggest(""));
	assert_null(syscall_suggest("qqqqqqqqqqqq"));
	assert_null(syscall_suggest("a_name_that_is_longer_than_any_that_a_kernel_has"));
	assert_string_equal(suggest_among("@clokc", groups, 2), "@clock");
}

/* ---- arguments ---- */

static void every_row_of_arguments_names_a_call_and_is_found(void **state)
{
	const struct syscall_arguments *rows;
	const size_t count = syscall_arguments_table(&rows);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (i)
			assert_true(strcmp(rows[i - 1].name, rows[i].name) < 0);
		assert_true(syscall_is_known(rows[i].name));
		assert_ptr_equal(syscall_arguments(rows[i].name), &rows[i]);
		assert_in_range(rows[i].count, 1, ARGUMENTS_MAX);
		for (unsigned j = 0; j < rows[i].count; j++) {
			const struct argument *argument = &rows[i].argument[j];

			assert_in_range(argument->index, 0, 5);
			assert_non_null(argument->label);
			assert_int_not_equal(argument->mask, 0);
			assert_true(argument->pointee_offset >= -1);
		}
	}
	assert_null(syscall_arguments("read"));
}

/* Every kind, so that a new one is tested too. */
static void what_is_printed_is_read_back(void **state)
{
	static const uint64_t seeds[] = { 0,	 1,	  2,	      3,	 4,
					  6,	 7,	  8,	      17,	 41,
					  63,	 64,	  0x100,      0x5401,	 0x8001,
					  04755, 0x80000, 0xffffffff, 0x80045432 };
	char text[ARGUMENT_TEXT_MAX];

	(void)state;
	for (unsigned kind = 0; kind <= ARGUMENT_FLAGS; kind++) {
		/* Each kind on each ABI in turn. */
		enum abi abi = ABI_X86_64;
		uint64_t value = 1, back;

		for (size_t i = 0; i < 4096; i++) {
			value = i < ARRAY_SIZE(seeds) ? seeds[i]
				: i < ARRAY_SIZE(seeds) + 64
					? UINT64_C(1) << (i - ARRAY_SIZE(seeds))
					: value * 6364136223846793005u + 1442695040888963407u;
			abi = (enum abi)(i % ABI_COUNT);
			for (uint64_t context = 0; context < 300; context += i < 64 ? 1 : 300) {
				argument_format(abi, (enum argument_kind)kind, value, context, text,
						sizeof(text));
				assert_int_equal(
					argument_parse(abi, (enum argument_kind)kind, text, &back),
					0);
				assert_int_equal(back, value);
			}
		}
	}
}

static void values_have_the_names_of_the_headers(void **state)
{
	static const struct {
		enum argument_kind kind;
		uint64_t value, context;
		const char *text;
	} cases[] = {
		{ ARGUMENT_SOCKET_DOMAIN, AF_INET6, 0, "AF_INET6" },
		{ ARGUMENT_SOCKET_TYPE, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		  "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK" },
		{ ARGUMENT_SOCKET_PROTOCOL, IPPROTO_TCP, AF_INET, "IPPROTO_TCP" },
		{ ARGUMENT_SOCKET_PROTOCOL, NETLINK_AUDIT, AF_NETLINK, "NETLINK_AUDIT" },
		{ ARGUMENT_SOCKET_PROTOCOL, 0, AF_UNIX, "0" },
		{ ARGUMENT_SOCKET_LEVEL, SOL_SOCKET, 0, "SOL_SOCKET" },
		{ ARGUMENT_SOCKET_OPTION, SO_REUSEPORT, SOL_SOCKET, "SO_REUSEPORT" },
		{ ARGUMENT_SOCKET_OPTION, TCP_NODELAY, IPPROTO_TCP, "TCP_NODELAY" },
		{ ARGUMENT_SOCKET_OPTION, IPV6_V6ONLY, IPPROTO_IPV6, "IPV6_V6ONLY" },
		{ ARGUMENT_SOCKET_OPTION, 999, 12345, "999" },
		{ ARGUMENT_IOCTL_REQUEST, TCGETS, 0, "TCGETS" },
		{ ARGUMENT_IOCTL_REQUEST, FIONBIO, 0, "FIONBIO" },
		{ ARGUMENT_IOCTL_REQUEST, FIONREAD, 0, "FIONREAD" },
		{ ARGUMENT_IOCTL_REQUEST, TIOCSTI, 0, "TIOCSTI" },
		{ ARGUMENT_IOCTL_REQUEST, TIOCGPTN, 0, "TIOCGPTN" },
		{ ARGUMENT_IOCTL_REQUEST, SIOCGIFCONF, 0, "SIOCGIFCONF" },
		{ ARGUMENT_IOCTL_REQUEST, 0xdeadbeef, 0, "0xdeadbeef" },
		{ ARGUMENT_FCNTL_COMMAND, F_DUPFD_CLOEXEC, 0, "F_DUPFD_CLOEXEC" },
		{ ARGUMENT_PRCTL_OPTION, PR_SET_NO_NEW_PRIVS, 0, "PR_SET_NO_NEW_PRIVS" },
		{ ARGUMENT_CLONE_FLAGS, CLONE_NEWUSER | CLONE_NEWNET, 0,
		  "CLONE_NEWUSER|CLONE_NEWNET" },
		{ ARGUMENT_MEMORY_PROTECTION, PROT_NONE, 0, "PROT_NONE" },
		{ ARGUMENT_MEMORY_PROTECTION, PROT_READ | PROT_EXEC, 0, "PROT_READ|PROT_EXEC" },
		{ ARGUMENT_MAP_FLAGS, MAP_PRIVATE | MAP_ANONYMOUS, 0, "MAP_PRIVATE|MAP_ANONYMOUS" },
		{ ARGUMENT_SIGNAL, SIGTERM, 0, "SIGTERM" },
		{ ARGUMENT_SIGNAL, 0, 0, "0" },
		{ ARGUMENT_PERSONALITY, ADDR_NO_RANDOMIZE, 0, "PER_LINUX|ADDR_NO_RANDOMIZE" },
		{ ARGUMENT_PERSONALITY, 0xffffffff, 0, "0xffffffff" },
		{ ARGUMENT_KEYCTL_OPERATION, KEYCTL_JOIN_SESSION_KEYRING, 0,
		  "KEYCTL_JOIN_SESSION_KEYRING" },
		{ ARGUMENT_BPF_COMMAND, BPF_PROG_LOAD, 0, "BPF_PROG_LOAD" },
		{ ARGUMENT_MADVICE, MADV_DONTNEED, 0, "MADV_DONTNEED" },
		{ ARGUMENT_OPEN_FLAGS, O_RDONLY, 0, "O_RDONLY" },
		{ ARGUMENT_OPEN_FLAGS, O_WRONLY | O_CREAT | O_TRUNC, 0,
		  "O_WRONLY|O_CREAT|O_TRUNC" },
		{ ARGUMENT_OPEN_FLAGS, O_RDWR | O_TMPFILE, 0, "O_RDWR|O_TMPFILE" },
		{ ARGUMENT_FILE_MODE, S_ISUID | 0755, 0, "S_ISUID|0755" },
		{ ARGUMENT_FILE_MODE, S_IFCHR, 0, "S_IFCHR" },
		{ ARGUMENT_SCHEDULER_POLICY, SCHED_FIFO, 0, "SCHED_FIFO" },
		{ ARGUMENT_FUTEX_OPERATION, FUTEX_LOCK_PI, 0, "FUTEX_LOCK_PI" },
		{ ARGUMENT_PTRACE_REQUEST, PTRACE_SEIZE, 0, "PTRACE_SEIZE" },
		{ ARGUMENT_QUOTA_COMMAND, (unsigned)QCMD(Q_QUOTAON, USRQUOTA), 0,
		  "Q_QUOTAON|USRQUOTA" },
		{ ARGUMENT_FLAGS, 0x1000, 0, "0x1000" },
	};
	char text[ARGUMENT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* ioctl and quota commands are ints in the headers, registers in the kernel. */
		assert_string_equal(argument_format(ABI_X86_64, cases[i].kind,
						    cases[i].value & 0xffffffff, cases[i].context,
						    text, sizeof(text)),
				    cases[i].text);
	}
}

/* asm/fcntl.h, asm/mman.h and asm/socket.h of each machine. */
static void a_name_has_the_value_of_its_abi(void **state)
{
	static const struct {
		enum abi abi;
		enum argument_kind kind;
		uint64_t value;
		const char *text;
	} cases[] = {
		{ ABI_X86_64, ARGUMENT_OPEN_FLAGS, 0x10000, "O_RDONLY|O_DIRECTORY" },
		{ ABI_RISCV64, ARGUMENT_OPEN_FLAGS, 0x10000, "O_RDONLY|O_DIRECTORY" },
		{ ABI_AARCH64, ARGUMENT_OPEN_FLAGS, 0x4000, "O_RDONLY|O_DIRECTORY" },
		{ ABI_ARM, ARGUMENT_OPEN_FLAGS, 0x10000, "O_RDONLY|O_DIRECT" },
		{ ABI_PPC64LE, ARGUMENT_OPEN_FLAGS, 0x20000, "O_RDONLY|O_DIRECT" },
		{ ABI_AARCH64, ARGUMENT_OPEN_FLAGS, 0x404002, "O_RDWR|O_TMPFILE" },
		{ ABI_PPC64LE, ARGUMENT_MAP_FLAGS, 0x80 | 0x2, "MAP_PRIVATE|MAP_LOCKED" },
		{ ABI_AARCH64, ARGUMENT_MAP_FLAGS, 0x40 | 0x2, "MAP_PRIVATE|0x40" },
		{ ABI_X86_64, ARGUMENT_MAP_FLAGS, 0x40 | 0x2, "MAP_PRIVATE|MAP_32BIT" },
		{ ABI_PPC64LE, ARGUMENT_IOCTL_REQUEST, 0x402c7413, "TCGETS" },
	};
	char text[ARGUMENT_TEXT_MAX];
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(argument_format(cases[i].abi, cases[i].kind, cases[i].value, 0,
						    text, sizeof(text)),
				    cases[i].text);
		assert_int_equal(argument_parse(cases[i].abi, cases[i].kind, cases[i].text, &value),
				 0);
		assert_int_equal(value, cases[i].value);
	}
	assert_int_equal(argument_parse(ABI_AARCH64, ARGUMENT_MAP_FLAGS, "MAP_32BIT", &value),
			 -EINVAL);
	assert_true(argument_constant(ABI_AARCH64, "O_NOFOLLOW", 10, &value));
	assert_int_equal(value, 0x8000);
	assert_false(argument_constant(ABI_AARCH64, "O_NOSUCH", 8, &value));
}

static void the_bits_that_are_recorded_are_those_of_the_abi(void **state)
{
	const struct syscall_arguments *x86 = syscall_arguments_of(ABI_X86_64, "openat");
	const struct syscall_arguments *arm = syscall_arguments_of(ABI_AARCH64, "openat");

	(void)state;
	assert_ptr_equal(x86, syscall_arguments("openat"));
	assert_true(x86->argument[0].mask & 0x10000);
	assert_true(arm->argument[0].mask & 0x4000);
	assert_false(arm->argument[0].mask & 0x10000);
	assert_int_equal(syscall_arguments_of(ABI_S390X, "clone")->argument[0].index, 1);
}

static void a_buffer_too_small_for_the_names_gets_the_number(void **state)
{
	char text[24];

	(void)state;
	argument_format(ABI_X86_64, ARGUMENT_CLONE_FLAGS, UINT64_MAX, 0, text, sizeof(text));
	assert_string_equal(text, "0xffffffffffffffff");
}

static void what_is_no_value_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "AF_NOSUCH",
					     "AF_INET|",
					     "|AF_INET",
					     "AF_INET AF_INET6",
					     "-1",
					     "1x",
					     "0x",
					     "99999999999999999999999",
					     "AF_INE",
					     "AF_INET||1" };
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(
			argument_parse(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, texts[i], &value),
			-EINVAL);
	assert_int_equal(
		argument_parse(ABI_X86_64, ARGUMENT_MEMORY_PROTECTION, " PROT_READ | 0x4 ", &value),
		0);
	assert_int_equal(value, PROT_READ | PROT_EXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_abi_is_found_by_each_of_its_names),
		cmocka_unit_test(x32_is_told_from_x86_64_by_its_bit),
		cmocka_unit_test(the_native_abi_is_the_first_local_one),
		cmocka_unit_test(every_name_and_number_of_libseccomp_is_known),
		cmocka_unit_test(no_number_contradicts_libseccomp),
		cmocka_unit_test(a_table_is_ascending_and_agrees_with_both_look_ups),
		cmocka_unit_test(a_call_that_an_abi_lacks_has_no_number),
		cmocka_unit_test(the_calls_with_their_own_ways_are_right),
		cmocka_unit_test(calls_newer_than_libseccomp_are_known),
		cmocka_unit_test(threads_may_look_up_at_once),
		cmocka_unit_test(every_call_of_every_abi_is_explained),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(every_row_of_arguments_names_a_call_and_is_found),
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(values_have_the_names_of_the_headers),
		cmocka_unit_test(a_name_has_the_value_of_its_abi),
		cmocka_unit_test(the_bits_that_are_recorded_are_those_of_the_abi),
		cmocka_unit_test(a_buffer_too_small_for_the_names_gets_the_number),
		cmocka_unit_test(what_is_no_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
