// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which of a unit's lines a process came from. */
#include "record/command_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T(text)	  ((char[]){ text })
#define ARGV(...) ((char *[]){ __VA_ARGS__, NULL })

static struct unit_command commands[] = {
	{ .setting = "ExecStartPre",
	  .path = T("/bin/a"),
	  .argv = ARGV(T("/bin/a"), T("1")),
	  .text = T("/bin/a 1") },
	{ .setting = "ExecStart",
	  .path = T("/bin/a"),
	  .argv = ARGV(T("/bin/a"), T("2")),
	  .text = T("/bin/a 2") },
	{ .setting = "ExecStartPost",
	  .path = T("/bin/b"),
	  .argv = ARGV(T("/bin/b"), T("$OPTIONS"), T("-p"), T("${DIR}/x")),
	  .text = T("/bin/b $OPTIONS -p ${DIR}/x") },
	{ .setting = "ExecReload",
	  .path = T("/opt/s"),
	  .argv = ARGV(T("/opt/s"), T("go")),
	  .text = T("/opt/s go") },
};
static const struct unit unit = { .commands = commands, .commands_count = 4 };

static void finds_a_line_by_its_arguments(void **state)
{
	(void)state;
	assert_ptr_equal(command_lines_find(&unit, ARGV(T("/bin/a"), T("1"))), &commands[0]);
	assert_ptr_equal(command_lines_find(&unit, ARGV(T("/bin/a"), T("2"))), &commands[1]);
	assert_null(command_lines_find(&unit, ARGV(T("/bin/a"), T("3"))));
	assert_null(command_lines_find(&unit, ARGV(T("/bin/a"))));
	assert_null(command_lines_find(&unit, ARGV(T("/bin/a"), T("1"), T("more"))));
}

static void takes_a_variable_for_any_words_or_text(void **state)
{
	(void)state;
	assert_ptr_equal(command_lines_find(&unit, ARGV(T("/bin/b"), T("-p"), T("/x"))),
			 &commands[2]);
	assert_ptr_equal(command_lines_find(
				 &unit, ARGV(T("/bin/b"), T("-v"), T("-d"), T("-p"), T("/run/x"))),
			 &commands[2]);
	assert_null(command_lines_find(&unit, ARGV(T("/bin/b"), T("-v"), T("-p"), T("/run/y"))));
}

static void finds_a_script_behind_its_interpreter(void **state)
{
	(void)state;
	assert_ptr_equal(command_lines_find(&unit, ARGV(T("/bin/sh"), T("/opt/s"), T("go"))),
			 &commands[3]);
	assert_ptr_equal(
		command_lines_find(&unit, ARGV(T("/bin/sh"), T("-e"), T("/opt/s"), T("go"))),
		&commands[3]);
	assert_null(command_lines_find(&unit, ARGV(T("/bin/sh"), T("/opt/s"), T("stop"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_line_by_its_arguments),
		cmocka_unit_test(takes_a_variable_for_any_words_or_text),
		cmocka_unit_test(finds_a_script_behind_its_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
