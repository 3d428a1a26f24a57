// SPDX-License-Identifier: LGPL-2.1-or-later
/* Numbers out of code of which every byte is known, and files that lie. */
#include "elf/image.h"
#include "reach/code/summary.h"
#include "reach/code/value.h"
#include "reach/object/library_cache.h"
#include "reach/object/name_services.h"
#include "syscall/abi.h"
#include "tiny_elf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sites of a program that consists of this code. */
static struct summary *summary_of(const uint8_t *code, size_t code_size)
{
	struct image *image = NULL;
	struct summary *summary = NULL;
	struct error err = { 0 };
	size_t size;
	uint8_t *data = tiny_elf(code, code_size, &size);

	if (image_parse("tiny", data, size, &image, &err) < 0 ||
	    summary_make(image, &summary, &err) < 0)
		fail_msg("%s", err.message);
	image_freep(&image);
	return summary;
}

#define CODE(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

/* Exactly these numbers at all places together, each known, ended by -1. */
static void assert_numbers(struct summary *summary, enum abi abi, ...)
{
	unsigned count = 0;
	va_list ap;

	va_start(ap, abi);
	for (int nr = va_arg(ap, int); nr >= 0; nr = va_arg(ap, int)) {
		bool found = false;

		for (uint32_t i = 0; i < summary->sites_count; i++)
			found |= summary->sites[i].kind == SITE_NUMBER &&
				 summary->sites[i].value == (uint32_t)nr &&
				 summary->sites[i].abi == (uint32_t)abi;
		if (!found)
			fail_msg("number %d was not found", nr);
		count++;
	}
	va_end(ap);
	for (uint32_t i = 0; i < summary->sites_count; i++)
		assert_int_equal(summary->sites[i].kind, SITE_NUMBER);
	assert_int_equal(summary->sites_count, count);
	summary_freep(&summary);
}

static void a_constant_is_the_number(void **state)
{
	(void)state;
	/* mov $39,%eax; syscall; ret */
	assert_numbers(summary_of(CODE(0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3)), ABI_X86_64, 39, -1);
}

static void a_zeroed_register_is_read(void **state)
{
	(void)state;
	/* xor %eax,%eax; syscall; ret */
	assert_numbers(summary_of(CODE(0x31, 0xc0, 0x0f, 0x05, 0xc3)), ABI_X86_64, 0, -1);
}

static void both_ways_to_a_place_count(void **state)
{
	(void)state;
	/* test %edi,%edi; mov $1,%eax; jne 1f; mov $2,%eax; 1: syscall; ret */
	assert_numbers(summary_of(CODE(0x85, 0xff, 0xb8, 1, 0, 0, 0, 0x75, 5, 0xb8, 2, 0, 0, 0,
				       0x0f, 0x05, 0xc3)),
		       ABI_X86_64, 1, 2, -1);
}

static void a_conditional_move_is_both(void **state)
{
	(void)state;
	/* mov $3,%eax; mov $4,%ecx; test %edi,%edi; cmovne %ecx,%eax; syscall; ret */
	assert_numbers(summary_of(CODE(0xb8, 3, 0, 0, 0, 0xb9, 4, 0, 0, 0, 0x85, 0xff, 0x0f, 0x45,
				       0xc1, 0x0f, 0x05, 0xc3)),
		       ABI_X86_64, 3, 4, -1);
}

static void the_low_byte_alone_is_set(void **state)
{
	(void)state;
	/* xor %eax,%eax; mov $60,%al; syscall; hlt */
	assert_numbers(summary_of(CODE(0x31, 0xc0, 0xb0, 60, 0x0f, 0x05, 0xf4)), ABI_X86_64, 60,
		       -1);
}

static void a_number_survives_on_the_stack(void **state)
{
	(void)state;
	/* push $14; pop %rax; syscall; movl $15,-8(%rsp); mov -8(%rsp),%eax; syscall; ret */
	assert_numbers(summary_of(CODE(0x6a, 14, 0x58, 0x0f, 0x05, 0xc7, 0x44, 0x24, 0xf8, 15, 0, 0,
				       0, 0x8b, 0x44, 0x24, 0xf8, 0x0f, 0x05, 0xc3)),
		       ABI_X86_64, 14, 15, -1);
}

static void a_number_is_pushed_from_the_stack(void **state)
{
	(void)state;
	/* push $14; push $15; push 8(%rsp); pop %rax; syscall; ret */
	assert_numbers(
		summary_of(CODE(0x6a, 14, 0x6a, 15, 0xff, 0x74, 0x24, 8, 0x58, 0x0f, 0x05, 0xc3)),
		ABI_X86_64, 14, -1);
}

static void arithmetic_is_done(void **state)
{
	(void)state;
	/* mov $100,%ecx; lea 2(%rcx),%eax; syscall; ret */
	assert_numbers(summary_of(CODE(0xb9, 100, 0, 0, 0, 0x8d, 0x41, 2, 0x0f, 0x05, 0xc3)),
		       ABI_X86_64, 102, -1);
}

static void a_branch_on_equality_tells_the_value(void **state)
{
	(void)state;
	/* test %rax,%rax; je 1f; ret; 1: syscall; ret */
	assert_numbers(summary_of(CODE(0x48, 0x85, 0xc0, 0x74, 1, 0xc3, 0x0f, 0x05, 0xc3)),
		       ABI_X86_64, 0, -1);
}

static void int_0x80_is_a_call_of_i386(void **state)
{
	(void)state;
	/* mov $20,%eax; int $0x80; ret */
	assert_numbers(summary_of(CODE(0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3)), ABI_I386, 20, -1);
}

static void padding_is_no_way_in(void **state)
{
	(void)state;
	/* mov $231,%esi; test %edi,%edi; jne 1f; ret; nopl 0(%rax); 1: mov %esi,%eax; syscall; hlt */
	assert_numbers(summary_of(CODE(0xbe, 231, 0, 0, 0, 0x85, 0xff, 0x75, 5, 0xc3, 0x0f, 0x1f,
				       0x40, 0, 0x89, 0xf0, 0x0f, 0x05, 0xf4)),
		       ABI_X86_64, 231, -1);
}

static void behind_the_end_of_the_process_is_no_call(void **state)
{
	(void)state;
	/* mov $231,%eax; syscall; mov $60,%eax; syscall; hlt */
	assert_numbers(summary_of(CODE(0xb8, 231, 0, 0, 0, 0x0f, 0x05, 0xb8, 60, 0, 0, 0, 0x0f,
				       0x05, 0xf4)),
		       ABI_X86_64, 231, -1);
	/* test %edi,%edi; je 1f; mov $231,%eax; syscall; 1: mov $60,%eax; syscall; hlt */
	assert_numbers(summary_of(CODE(0x85, 0xff, 0x74, 7, 0xb8, 231, 0, 0, 0, 0x0f, 0x05, 0xb8,
				       60, 0, 0, 0, 0x0f, 0x05, 0xf4)),
		       ABI_X86_64, 231, 60, -1);
}

static void an_argument_is_the_callers_to_tell(void **state)
{
	struct summary *summary;

	(void)state;
	/* mov %rdi,%rax; syscall; ret */
	summary = summary_of(CODE(0x48, 0x89, 0xf8, 0x0f, 0x05, 0xc3));
	assert_int_equal(summary->sites_count, 1);
	assert_int_equal(summary->sites[0].kind, SITE_CALLER);
	assert_int_equal(summary->sites[0].origin.kind, ORIGIN_REGISTER);
	assert_int_equal(summary->sites[0].origin.reg, REGISTER_RDI);
	summary_freep(&summary);
	/* mov 16(%rsp),%rax; syscall; ret: the second word that the caller left on the stack */
	summary = summary_of(CODE(0x48, 0x8b, 0x44, 0x24, 16, 0x0f, 0x05, 0xc3));
	assert_int_equal(summary->sites[0].kind, SITE_CALLER);
	assert_int_equal(summary->sites[0].origin.kind, ORIGIN_STACK);
	assert_int_equal(summary->sites[0].origin.offset, 16);
	summary_freep(&summary);
}

static void what_is_not_known_is_said(void **state)
{
	struct summary *summary;

	(void)state;
	/* rdtsc; syscall; ret */
	summary = summary_of(CODE(0x0f, 0x31, 0x0f, 0x05, 0xc3));
	assert_int_equal(summary->sites_count, 1);
	assert_int_equal(summary->sites[0].kind, SITE_UNKNOWN);
	summary_freep(&summary);
	/* 1: mov $1,%eax; 2: syscall; inc %eax; jmp 2b: a loop that counts */
	summary = summary_of(CODE(0xb8, 1, 0, 0, 0, 0x0f, 0x05, 0x83, 0xc0, 1, 0xeb, 0xf9));
	for (uint32_t i = 0; i < summary->sites_count; i++)
		if (summary->sites[i].kind == SITE_UNKNOWN) {
			summary_freep(&summary);
			return;
		}
	fail_msg("a number that is counted up must be unknown");
}

/* ---- files that lie ---- */

static int try_image(const uint8_t *from, size_t size, struct error *err)
{
	uint8_t *data = malloc(size + 1);
	struct summary *summary = NULL;
	struct image *image = NULL;
	int r;

	assert_non_null(data);
	memcpy(data, from, size);
	r = image_parse("hostile", data, size, &image, err);
	if (r == 0)
		r = summary_make(image, &summary, err);
	summary_freep(&summary);
	image_freep(&image);
	return r;
}

static uint8_t *whole_program(size_t *size)
{
	return tiny_elf(CODE(0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3), size);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	size_t size;
	uint8_t *data = whole_program(&size);

	(void)state;
	for (size_t length = 0; length < size; length += length < 256 ? 1 : 97) {
		struct error err = { 0 };

		assert_int_equal(try_image(data, length, &err), -ENOEXEC);
		assert_non_null(strstr(err.message, "hostile"));
	}
	free(data);
}

static void any_byte_of_the_headers_may_lie(void **state)
{
	size_t size;
	uint8_t *data = whole_program(&size);

	(void)state;
	for (size_t at = 0; at < 176; at++)
		for (unsigned value = 0; value < 256; value += 5) {
			struct error err = { 0 };
			uint8_t was = data[at];

			data[at] = (uint8_t)(was ^ value);
			if (try_image(data, size, &err) < 0)
				assert_true(*err.message != '\0');
			data[at] = was;
		}
	free(data);
}

static void a_segment_of_4_gb_is_refused(void **state)
{
	size_t size;
	uint8_t *data = whole_program(&size);
	uint64_t huge = 1ULL << 32;
	struct error err = { 0 };

	(void)state;
	memcpy(data + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_memsz),
	       &huge, sizeof(huge));
	assert_int_equal(try_image(data, size, &err), -ENOEXEC);
	assert_non_null(strstr(err.message, "4 GB"));
	free(data);
}

static void overlapping_segments_are_refused(void **state)
{
	size_t size;
	uint8_t *data = whole_program(&size);
	uint64_t address = TINY_ELF_BASE + 16;
	struct error err = { 0 };

	(void)state;
	memcpy(data + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_vaddr),
	       &address, sizeof(address));
	assert_int_equal(try_image(data, size, &err), -ENOEXEC);
	assert_non_null(strstr(err.message, "overlap"));
	free(data);
}

static void another_machine_is_named(void **state)
{
	size_t size;
	uint8_t *data = whole_program(&size);
	struct error err = { 0 };

	(void)state;
	data[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
	assert_int_equal(try_image(data, size, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "built for aarch64,"));
	data[EI_CLASS] = ELFCLASS32;
	data[offsetof(Elf64_Ehdr, e_machine)] = EM_386;
	assert_int_equal(try_image(data, size, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "built for i386,"));
	free(data);
}

static void code_full_of_kernel_entries_ends_in_time(void **state)
{
	size_t count = 32768, size;
	uint8_t *code = malloc(count);
	struct error err = { 0 };
	uint8_t *data;

	(void)state;
	assert_non_null(code);
	for (size_t i = 0; i < count; i += 2)
		memcpy(code + i, "\x0f\x05", 2);
	data = tiny_elf(code, count, &size);
	assert_int_equal(try_image(data, size, &err), 0);
	free(data);
	free(code);
}

static void a_broken_library_cache_has_no_entries(void **state)
{
	char data[128] = "glibc-ld.so.cache1.1";

	(void)state;
	memset(data + 20, 0xff, sizeof(data) - 20);
	assert_null(library_cache_find(data, sizeof(data), "libc.so.6", 0));
	assert_null(library_cache_find(data, 30, "libc.so.6", 0));
	assert_null(library_cache_find(NULL, 0, "libc.so.6", 0));
}

static uint32_t databases_of(const struct name_services *services, const char *name)
{
	for (size_t i = 0; i < services->count; i++)
		if (strcmp(services->items[i].name, name) == 0)
			return services->items[i].databases;
	return 0;
}

static void the_name_services_are_those_of_the_file(void **state)
{
	static const char text[] = "# passwd: nobody\n"
				   "passwd:\tfiles systemd\n"
				   " hosts : files mdns4 [NOTFOUND=return !UNAVAIL=x] dns# ldap\n"
				   "nosuch: thing\n"
				   "group: files [x] systemd";
	struct name_services services;

	(void)state;
	name_services_parse(text, sizeof(text) - 1, &services);
	assert_int_equal(services.count, 4);
	assert_int_equal(databases_of(&services, "mdns4"), name_services_asked("getaddrinfo"));
	assert_int_equal(databases_of(&services, "systemd"),
			 name_services_asked("getpwnam") | name_services_asked("getgrnam"));
	assert_int_equal(name_services_served("_nss_systemd_getpwuid_r"),
			 name_services_asked("getpwnam"));
	assert_int_equal(name_services_served("_nss_systemd"), 0);
	assert_int_equal(name_services_served("getpwuid_r"), 0);
}

static void a_hostile_file_of_name_services_ends(void **state)
{
	char text[512] = "passwd:";
	struct name_services services;

	(void)state;
	for (size_t i = 7; i < sizeof(text); i++)
		text[i] = (i % 2) ? ' ' : (char)('a' + i % 26);
	name_services_parse(text, sizeof(text), &services);
	assert_true(services.count <= NAME_SERVICES_MAX);
	memset(text + 7, 'x', sizeof(text) - 7);
	name_services_parse(text, sizeof(text), &services);
	assert_int_equal(services.count, 0); /* no name of a module is so long */
	memset(text + 7, '[', sizeof(text) - 7);
	name_services_parse(text, sizeof(text), &services);
	assert_int_equal(services.count, 0);
	name_services_parse("passwd: ../../tmp/x", 19, &services);
	assert_int_equal(services.count, 0);
	name_services_parse("", 0, &services);
	assert_int_equal(services.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_constant_is_the_number),
		cmocka_unit_test(a_zeroed_register_is_read),
		cmocka_unit_test(both_ways_to_a_place_count),
		cmocka_unit_test(a_conditional_move_is_both),
		cmocka_unit_test(the_low_byte_alone_is_set),
		cmocka_unit_test(a_number_survives_on_the_stack),
		cmocka_unit_test(a_number_is_pushed_from_the_stack),
		cmocka_unit_test(arithmetic_is_done),
		cmocka_unit_test(a_branch_on_equality_tells_the_value),
		cmocka_unit_test(int_0x80_is_a_call_of_i386),
		cmocka_unit_test(padding_is_no_way_in),
		cmocka_unit_test(behind_the_end_of_the_process_is_no_call),
		cmocka_unit_test(an_argument_is_the_callers_to_tell),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(any_byte_of_the_headers_may_lie),
		cmocka_unit_test(a_segment_of_4_gb_is_refused),
		cmocka_unit_test(overlapping_segments_are_refused),
		cmocka_unit_test(another_machine_is_named),
		cmocka_unit_test(code_full_of_kernel_entries_ends_in_time),
		cmocka_unit_test(a_broken_library_cache_has_no_entries),
		cmocka_unit_test(the_name_services_are_those_of_the_file),
		cmocka_unit_test(a_hostile_file_of_name_services_ends),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
