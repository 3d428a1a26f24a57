// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A decision without memory: each of its allocations fails once. The decision must then say that it is out
 * of memory, and leave nothing behind (the sanitizers and memcheck look for that). The linker gives the
 * allocations of whittle's own code to the functions here.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- allocations ---- */

static bool is_counting;
static size_t count, failing;

/* Whether this allocation is the one that fails. */
static bool fails(void)
{
	if (!is_counting || count++ != failing)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t number, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t number, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
FILE *__real_open_memstream(char **text, size_t *size);
/* `used`: the linker's --wrap comes after the optimiser of a whole program has dropped them. */
#define WRAPS __attribute__((used))
WRAPS void *__wrap_malloc(size_t size);
WRAPS void *__wrap_calloc(size_t number, size_t size);
WRAPS void *__wrap_realloc(void *old, size_t size);
WRAPS void *__wrap_reallocarray(void *old, size_t number, size_t size);
WRAPS char *__wrap_strdup(const char *text);
WRAPS char *__wrap_strndup(const char *text, size_t size);
WRAPS FILE *__wrap_open_memstream(char **text, size_t *size);
WRAPS int __wrap_asprintf(char **text, const char *format, ...);
WRAPS int __wrap_vasprintf(char **text, const char *format, va_list arguments);
int __real_vasprintf(char **text, const char *format, va_list arguments);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
	return fails() ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t number, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, number, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails() ? NULL : __real_open_memstream(text, size);
}

__attribute__((format(printf, 2, 0))) int __wrap_vasprintf(char **text, const char *format,
							   va_list arguments)
{
	return fails() ? -1 : __real_vasprintf(text, format, arguments);
}

__attribute__((format(printf, 2, 3))) int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = __wrap_vasprintf(text, format, arguments);
	va_end(arguments);
	return r;
}

/* ---- a decision ---- */

static char path[] = "/tmp/whittle-memory-XXXXXX";

static int given_program(void **state)
{
	/* rename, ptrace and socket(AF_INET, 1, 0); hlt */
	static const uint8_t code[] = { 0xb8, 82, 0,	0,    0,    0x0f, 0x05, 0xb8, 101, 0,
					0,    0,  0x0f, 0x05, 0xbf, 2,	  0,	0,    0,   0xbe,
					1,    0,  0,	0,    0xba, 0,	  0,	0,    0,   0xb8,
					41,   0,  0,	0,    0x0f, 0x05, 0xf4 };
	size_t size;
	_cleanup_free_ uint8_t *data = tiny_elf(code, sizeof(code), &size);
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || fchmod(fd, 0700) < 0)
		return -1;
	return close(fd);
}

static int remove_program(void **state)
{
	(void)state;
	return unlink(path);
}

static void add_call(struct run *run, const char *name, enum phase phase, uint64_t argument)
{
	struct call *call = run_add_call(run);

	call->abi = ABI_X86_64;
	call->nr = syscall_number(ABI_X86_64, name);
	call->phase = phase;
	call->count = 1;
	if (argument) {
		call->arguments = calloc(1, sizeof(*call->arguments));
		call->arguments[0] = (struct argument_values){ { argument }, 1 };
		call->arguments_count = 1;
	}
}

/* A unit's recording without its start, with something for each step of a decision. */
static struct recording *make_recording(void)
{
	struct recording *recording = recording_new();
	struct run *run = run_new();
	struct process *process;
	struct unit_line *line;
	struct error err = { 0 };

	run->observer = strdup("strace");
	run->target_kind = TARGET_UNIT;
	run->target = strdup("a.service");
	run->machine = strdup("x86_64");
	run->libc = strdup("glibc 2.36");
	run->systemd = strdup("252");
	run->ended = strdup("time limit");
	run->duration_ns = 1;
	run->lost.calls = 1;
	for (unsigned i = 0; i < 2; i++) {
		line = run_add_line(run);
		line->setting = strdup(i ? "ExecStop" : "ExecStart");
		line->command = strdup("/bin/a");
	}
	process = run_add_process(run);
	process->executable = strdup(path);
	process->title = strdup("worker process");
	add_call(run, "clone", PHASE_SERVING, 0x100);
	add_call(run, "socket", PHASE_SERVING, 1);
	add_call(run, "execve", PHASE_STARTUP, 0);
	if (run_finish(run, &err) < 0 || recording_add(recording, run, &err) < 0)
		fail_msg("%s", err.message);
	return recording;
}

/* Makes a decision in which an allocation fails; with SIZE_MAX none does. The number of allocations. */
static size_t decide_without(size_t allocation, const struct recording *recording,
			     const char *level)
{
	const struct decide_options options = {
		.level = level,
		.default_action = SECCOMP_RET_ERRNO | EPERM,
		.foreign_action = SECCOMP_RET_KILL_PROCESS,
		.allow = (const char *const[]){ "mount", "@timer", NULL },
		.arguments = (const char *const[]){ "default", NULL }
	};
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error err = { 0 };
	int r;

	count = 0;
	failing = allocation;
	is_counting = true;
	r = decide_policy(recording, &options, &policy, &err);
	is_counting = false;
	if (r != (allocation == SIZE_MAX ? 0 : -ENOMEM) || !policy == !r)
		fail_msg("allocation %zu of %zu at level %s: %d: %s", allocation, count, level, r,
			 err.message);
	return count;
}

/* Fails each of the first 40 and the last FULL allocations; of those between, which a machine's packages make,
 * one of a thousand. */
static void expect_each_failure_is_said(const char *level, size_t full)
{
	_cleanup_(recording_freep) struct recording *recording = make_recording();
	size_t total = decide_without(SIZE_MAX, recording, level);
	size_t slow = getenv("WHITTLE_TEST_SLOW_MACHINE") ? 10 : 1;

	/* Link-time optimisation can put the C library's functions in place before the linker looks. */
	if (total == 0)
		skip();
	for (size_t i = 0; i < total;) {
		bool is_between = i >= 40 && i + full + 997 < total;

		decide_without(i, recording, level);
		i += slow * (is_between ? 997 : 1);
	}
}

static void each_allocation_of_a_decision_may_fail(void **state)
{
	(void)state;
	expect_each_failure_is_said("observed", 1000);
	expect_each_failure_is_said("closed", 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_of_a_decision_may_fail),
	};

	return cmocka_run_group_tests(tests, given_program, remove_program);
}
