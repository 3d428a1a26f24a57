// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs that own code executes: which file a name means (execve(2), exec(3)), which of them are
 * followed, and what their code makes. The programs here are one system call long.
 */
#include "common/cleanup.h"
#include "decide/closed.h"
#include "syscall/syscall.h"
#include "tiny_elf.h"

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

static char directory[] = "/tmp/whittle-executed-XXXXXX";

static void given_file(const char *name, const void *data, size_t size, mode_t mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* BEFORE, the path of the directory, BEHIND. */
static void given_script(const char *name, const char *before, const char *behind)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%s%s%s", before, directory, behind);

	given_file(name, text, (size_t)length, 0755);
}

static void given_program(const char *name, const char *call)
{
	uint8_t code[] = { 0xb8, (uint8_t)syscall_number(ABI_X86_64, call), 0, 0, 0, 0x0f, 0x05,
			   0xf4 };
	size_t size;
	_cleanup_free_ uint8_t *data = tiny_elf(code, sizeof(code), &size);

	given_file(name, data, size, 0755);
}

static int given_files(void **state)
{
	char path[128], other[128];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	given_program("program", "symlink");
	given_program("second", "rename");
	given_script("script", "#!", "/program\n");
	given_script("spaced", "#! \t", "/program -x y\n");
	given_script("returned", "#!", "/program\r\n");
	given_script("unended", "#!", "/program");
	given_script("relative", "#!program\n", "");
	given_script("gone", "#!", "/nothing\n");
	given_script("unnamed", "#!\n", "");
	given_script("text", "", " is no program");
	given_file("empty", "", 0, 0755);
	given_file("short", "#", 1, 0755);
	given_file("data", "\177ELF", 4, 0644);
	snprintf(path, sizeof(path), "%s/folder", directory);
	if (mkdir(path, 0755) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/program", directory);
	snprintf(other, sizeof(other), "%s/linked", directory);
	return symlink(path, other);
}

static int remove_files(void **state)
{
	_cleanup_free_ char *command = NULL;

	(void)state;
	return asprintf(&command, "rm -r %s", directory) < 0 ? -1 : system(command);
}

static void add_gap(struct closed_reach *reach, enum reach_gap_kind kind, const char *what)
{
	struct reach_gap *gap;

	if (!reach->own)
		reach->own = calloc(1, sizeof(*reach->own));
	reach->own->gaps = reallocarray(reach->own->gaps, reach->own->gaps_count + 1, sizeof(*gap));
	gap = &reach->own->gaps[reach->own->gaps_count++];
	*gap = (struct reach_gap){ .kind = kind, .what = what ? strdup(what) : NULL };
}

/* A gap of a program in the directory. */
static void add_program(struct closed_reach *reach, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	add_gap(reach, GAP_PROGRAM, path);
}

static void find(struct closed_reach *reach, const char *recorded, bool names_executed)
{
	const struct decide_options options = { .names_executed = names_executed };
	char path[128], *paths[] = { NULL, NULL };
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/%s", directory, recorded ? recorded : "");
	paths[0] = recorded ? path : NULL;
	if (closed_executed_find(reach, paths, &options, &err) < 0)
		fail_msg("%s", err.message);
}

static bool makes(const struct closed_executed *executed, const char *call)
{
	return executed->calls &&
	       reach_find(executed->calls, ABI_X86_64, syscall_number(ABI_X86_64, call));
}

/* A file is executed where it is regular and may be executed; a script as its interpreter. */
static void each_file_is_followed_as_what_the_kernel_executes(void **state)
{
	static const struct {
		const char *name;
		bool is_executed, is_followed;
	} rows[] = {
		{ "program", true, true },   { "linked", true, true },
		{ "script", true, true },    { "spaced", true, true },
		{ "returned", true, true },  { "unended", true, true },
		{ "relative", true, false }, { "gone", true, false },
		{ "unnamed", true, false },  { "text", true, false },
		{ "empty", true, false },    { "short", true, false },
		{ "data", false, false },    { "folder", false, false },
		{ "nothing", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned names = 0; names < 2; names++) {
			_cleanup_(closed_reach_free) struct closed_reach reach = { 0 };

			add_program(&reach, rows[i].name);
			find(&reach, NULL, names);
			if (reach.executed_count != rows[i].is_executed)
				fail_msg("%s: %zu programs", rows[i].name, reach.executed_count);
			if (!rows[i].is_executed)
				continue;
			assert_string_equal(reach.executed[0].path, reach.own->gaps[0].what);
			/* An option names it without looking. */
			if (makes(&reach.executed[0], "symlink") != (rows[i].is_followed && !names))
				fail_msg("%s: followed, or not", rows[i].name);
			assert_false(makes(&reach.executed[0], "rename"));
		}
	}
}

/* Only a constant name is one; a relative path depends on who executes it. */
static void names_are_searched_for_as_a_shell_does(void **state)
{
	static const struct {
		enum reach_gap_kind kind;
		const char *what;
		bool is_executed;
	} rows[] = {
		{ GAP_PROGRAM, "sh", true },
		{ GAP_PROGRAM, "whittle-no-such-program", false },
		{ GAP_PROGRAM, "bin/sh", false },
		{ GAP_PROGRAM, "./sh", false },
		{ GAP_PROGRAM, "", false },
		{ GAP_PROGRAM, NULL, false },
		{ GAP_PROGRAM_UNKNOWN, "/bin/sh", false },
		{ GAP_OBJECT, "/bin/sh", false },
		{ GAP_NUMBER, "/bin/sh", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(closed_reach_free) struct closed_reach reach = { 0 };

		add_gap(&reach, rows[i].kind, rows[i].what);
		find(&reach, NULL, true);
		if (reach.executed_count != rows[i].is_executed)
			fail_msg("row %zu: %zu programs", i, reach.executed_count);
		if (rows[i].is_executed) {
			const char *path = reach.executed[0].path;

			assert_int_equal(access(path, X_OK), 0);
			assert_string_equal(strrchr(path, '/'), "/sh");
		}
	}
}

static void a_program_is_followed_once_and_not_where_it_was_recorded(void **state)
{
	static const struct {
		const char *names[4], *recorded;
		size_t count;
	} rows[] = {
		{ { "program", "program" }, NULL, 1 },
		{ { "program", "linked" }, NULL, 1 },
		{ { "linked", "program", "second" }, NULL, 2 },
		/* A script is a file of its own. */
		{ { "script", "program" }, NULL, 2 },
		{ { "program", "second" }, "program", 1 },
		{ { "linked", "second", "script" }, "program", 2 },
		{ { "program" }, "nothing", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(closed_reach_free) struct closed_reach reach = { 0 };

		for (size_t k = 0; k < 4 && rows[i].names[k]; k++)
			add_program(&reach, rows[i].names[k]);
		find(&reach, rows[i].recorded, false);
		if (reach.executed_count != rows[i].count)
			fail_msg("row %zu: %zu programs", i, reach.executed_count);
	}
}

static void at_most_16_programs_are_followed(void **state)
{
	_cleanup_(closed_reach_free) struct closed_reach reach = { 0 };

	(void)state;
	for (unsigned i = 0; i < 18; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many-%u", i);
		given_program(name, "rename");
		add_program(&reach, name);
	}
	find(&reach, NULL, false);
	assert_int_equal(reach.executed_count, 16);
	assert_true(makes(&reach.executed[15], "rename"));
	assert_string_equal(reach.executed[15].path, reach.own->gaps[15].what);
}

static void without_own_code_nothing_is_executed(void **state)
{
	_cleanup_(closed_reach_free) struct closed_reach reach = { 0 };

	(void)state;
	find(&reach, NULL, false);
	assert_int_equal(reach.executed_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_followed_as_what_the_kernel_executes),
		cmocka_unit_test(names_are_searched_for_as_a_shell_does),
		cmocka_unit_test(a_program_is_followed_once_and_not_where_it_was_recorded),
		cmocka_unit_test(at_most_16_programs_are_followed),
		cmocka_unit_test(without_own_code_nothing_is_executed),
	};

	return cmocka_run_group_tests(tests, given_files, remove_files);
}
