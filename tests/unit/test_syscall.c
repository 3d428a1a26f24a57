// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables of system calls, held against libseccomp and against the kernel's headers. */
#include "common/cleanup.h"
#include "syscall/abi.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/audit.h>
#include <pthread.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

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
		cmocka_unit_test(every_row_of_arguments_names_a_call_and_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
