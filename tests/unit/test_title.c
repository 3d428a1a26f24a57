// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which titles of living processes are roles. The processes are shells. */
#include "common/cleanup.h"
#include "common/title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A shell that takes each title that it is sent: it executes itself anew under that name. */
struct child {
	pid_t pid;
	int fd;
};

static struct child child_new(void)
{
	static const char script[] =
		"echo; IFS= read -r title || exit 0; exec -a \"bash: $title\" /bin/bash -c \"$SCRIPT\"";
	struct child child;
	int ends[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	child = (struct child){ fork(), ends[0] };
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		setenv("SCRIPT", script, 1);
		dup2(ends[1], STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		execl("/bin/bash", "bash", "-c", script, NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(child.fd, &byte, 1), 1);
	return child;
}

static void child_end(struct child *child)
{
	close(child->fd);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

/* Gives the child a title and has it noted. */
static void note(struct titles **titles, const struct child *child, const char *title,
		 bool is_serving)
{
	struct error err = { 0 };
	char byte;

	assert_true(dprintf(child->fd, "%s\n", title) > 0);
	assert_int_equal(read(child->fd, &byte, 1), 1);
	assert_int_equal(titles_note(titles, child->pid, is_serving, &err), 0);
}

static void assert_roles(const struct titles *titles, const char *expected)
{
	_cleanup_free_ char *joined = NULL;
	struct error err = { 0 };

	assert_int_equal(titles_join(titles, &joined, &err), 0);
	if (expected)
		assert_string_equal(joined, expected);
	else
		assert_null(joined);
}

static void a_title_for_the_whole_time_is_a_role(void **state)
{
	struct child child = child_new();
	struct titles *titles = NULL;

	(void)state;
	assert_roles(titles, NULL);
	/* One that it has while it starts does not count against the next. */
	note(&titles, &child, "starting up", false);
	note(&titles, &child, "worker", true);
	note(&titles, &child, "worker", true);
	assert_roles(titles, "worker");
	titles_free(titles);
	child_end(&child);
}

static void a_title_that_changes_while_serving_is_none(void **state)
{
	struct child child = child_new();
	struct titles *titles = NULL;

	(void)state;
	note(&titles, &child, "192.0.2.1: connected", true);
	note(&titles, &child, "192.0.2.1: RETR file", true);
	assert_roles(titles, NULL);
	note(&titles, &child, "192.0.2.1: connected", true);
	assert_roles(titles, NULL);
	titles_free(titles);
	child_end(&child);
}

static void a_title_that_two_processes_had_is_a_role(void **state)
{
	struct child one = child_new(), two = child_new();
	struct titles *titles = NULL;

	(void)state;
	note(&titles, &one, "idle", true);
	note(&titles, &one, "busy a", true);
	note(&titles, &two, "busy b", true);
	note(&titles, &two, "idle", true);
	assert_roles(titles, "idle");
	titles_free(titles);
	child_end(&one);
	child_end(&two);
}

static void one_image_has_at_most_eight_roles(void **state)
{
	struct titles *titles = NULL;

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct child child = child_new();
		char title[16];

		snprintf(title, sizeof(title), "r%d", i);
		note(&titles, &child, title, true);
		child_end(&child);
	}
	assert_roles(titles, "r0, r1, r2, r3, r4, r5, r6, r7");
	titles_free(titles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_for_the_whole_time_is_a_role),
		cmocka_unit_test(a_title_that_changes_while_serving_is_none),
		cmocka_unit_test(a_title_that_two_processes_had_is_a_role),
		cmocka_unit_test(one_image_has_at_most_eight_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
