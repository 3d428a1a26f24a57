// SPDX-License-Identifier: LGPL-2.1-or-later
/* Stacks of services that may be hostile: tables that are damaged, and files that never answer. */
#include "bpf/denial.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "denial/resolver.h"
#include "elf/unwind.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the tables ---- */

static bool read_zero(void *context, uint64_t address, unsigned size, uint64_t *value)
{
	(void)context;
	(void)size;
	*value = address + 8;
	return true;
}

static enum elf_unwind unwind_at(const struct elf_file *file, uint64_t pc, struct elf_frame *frame)
{
	*frame =
		(struct elf_frame){ .stack = 7, .address = 16, .word = 8, .known = (1U << 17) - 1 };
	frame->registers[7] = 0x7ffd00000000;
	frame->registers[6] = 0x7ffd00000100;
	return elf_unwind(file, pc, frame, read_zero, NULL);
}

static uint64_t text_of(const struct elf_file *file)
{
	uint64_t table, size;

	assert_true(elf_file_segment(file, 0x6474e550, &table, &size)); /* PT_GNU_EH_FRAME */
	return table;
}

/* This program's own code has tables; each of its functions is called by another. */
static void the_own_code_has_callers(void **state)
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t end, callers = 0, left = 2000000, address = 0;
	char name[ELF_FILE_NAME_MAX];
	struct elf_frame frame;

	(void)state;
	assert_true(elf_file_read(&file, fd));
	end = text_of(&file);
	for (uint64_t pc = 0; pc < end; pc += 16) {
		if (unwind_at(&file, pc, &frame) != ELF_UNWIND_CALLER)
			continue;
		assert_true(frame.registers[7] > 0x7ffd00000000);
		if (elf_file_function(&file, pc, &left, name) && strcmp(name, "main") == 0)
			address = pc;
		left = 2000000;
		callers++;
	}
	assert_true(callers > 100);
	assert_true(address != 0);
	/* Past the bound nothing is read. */
	left = 1;
	assert_false(elf_file_function(&file, address, &left, name));
}

/* 2,000 copies with damaged tables: no crash, no hang; whatever is found is bounded. */
static void damaged_tables_do_no_harm(void **state)
{
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int copy = memfd_create("damaged", MFD_CLOEXEC);
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };
	_cleanup_free_ uint8_t *bytes = NULL;
	struct stat status;
	uint64_t table, size;

	(void)state;
	srandom(7);
	assert_int_equal(fstat(fd, &status), 0);
	bytes = malloc((size_t)status.st_size);
	assert_non_null(bytes);
	assert_int_equal(pread(fd, bytes, (size_t)status.st_size, 0), status.st_size);
	assert_int_equal(pwrite(copy, bytes, (size_t)status.st_size, 0), status.st_size);
	assert_true(elf_file_read(&file, copy));
	assert_true(elf_file_segment(&file, 0x6474e550, &table, &size));
	for (int i = 0; i < 2000; i++) {
		/* The tables are behind the search table, at the same place in the file. */
		uint64_t at = table + (uint64_t)random() % (2 * size);
		uint64_t pc = (uint64_t)random() % table;
		uint8_t byte = (uint8_t)random();
		struct elf_frame frame;

		assert_int_equal(pwrite(copy, &byte, 1, (off_t)at), 1);
		(void)unwind_at(&file, pc, &frame);
	}
	/* Cut short while it is read. */
	assert_int_equal(ftruncate(copy, 4096), 0);
	for (uint64_t pc = 0; pc < table; pc += 4096) {
		struct elf_frame frame;

		assert_int_not_equal(unwind_at(&file, pc, &frame), ELF_UNWIND_CALLER);
	}
}

/* ---- the thread ---- */

static pthread_mutex_t lock =
	PTHREAD_MUTEX_INITIALIZER; /* who holds it is the file system that never answers */

char *__wrap_stack_resolve(struct stack *stack);
void __wrap_stack_freep(struct stack **stack);

/* A stack is a name here; the one that is named "stuck" waits for the lock. */
char *__wrap_stack_resolve(struct stack *stack)
{
	const char *name = (const char *)stack;

	if (strcmp(name, "stuck") == 0) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
	}
	return strdup(name);
}

void __wrap_stack_freep(struct stack **stack)
{
	free(*stack);
	*stack = NULL;
}

static unsigned told, told_nothing, dropped;

static void tell(void *context, void *owner, char *text)
{
	(void)context;
	(void)owner;
	told += text != NULL;
	told_nothing += text == NULL;
	free(text);
}

static void drop(void *owner)
{
	(void)owner;
	dropped++;
}

static const struct resolver_calls calls = { .tell = tell, .drop = drop };

static bool add(struct resolver *resolver, const char *name)
{
	return resolver_add(resolver, (struct stack *)strdup(name), NULL);
}

static void a_stack_that_never_comes_keeps_no_other(void **state)
{
	_cleanup_(resolver_freep) struct resolver *resolver = resolver_new(&calls);
	uint64_t begun_ns = clock_now_ns();

	(void)state;
	told = told_nothing = dropped = 0;
	assert_non_null(resolver);
	assert_true(add(resolver, "first"));
	resolver_finish(resolver);
	assert_int_equal(told, 1);
	pthread_mutex_lock(&lock);
	assert_true(add(resolver, "stuck"));
	assert_true(add(resolver, "second"));
	/* To read never waits. */
	resolver_read(resolver);
	assert_true(clock_now_ns() - begun_ns < RESOLVER_LIMIT_NS);
	resolver_finish(resolver);
	assert_int_equal(told, 2);
	assert_int_equal(told_nothing, 1);
	assert_true(clock_now_ns() - begun_ns < 5 * RESOLVER_LIMIT_NS);
	/* Each one costs a thread; there are a few. */
	for (int i = 1; i < RESOLVER_STUCK; i++)
		assert_true(add(resolver, "stuck"));
	resolver_finish(resolver);
	assert_int_equal(told_nothing, RESOLVER_STUCK);
	assert_false(add(resolver, "third"));
	pthread_mutex_unlock(&lock);
	/* They come back. */
	for (int i = 0; i < 500 && !add(resolver, "fourth"); i++)
		poll(NULL, 0, 10);
	resolver_finish(resolver);
	assert_int_equal(told, 3);
}

static void what_waits_is_bounded(void **state)
{
	struct resolver *resolver = resolver_new(&calls);
	unsigned taken = 0;

	(void)state;
	told = told_nothing = dropped = 0;
	pthread_mutex_lock(&lock);
	while (add(resolver, "stuck"))
		taken++;
	assert_int_equal(taken, RESOLVER_WAITING + 1);
	resolver_freep(&resolver);
	assert_int_equal(dropped, taken);
	pthread_mutex_unlock(&lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_own_code_has_callers),
		cmocka_unit_test(damaged_tables_do_no_harm),
		cmocka_unit_test(a_stack_that_never_comes_keeps_no_other),
		cmocka_unit_test(what_waits_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
