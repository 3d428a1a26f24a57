// SPDX-License-Identifier: LGPL-2.1-or-later
/* systemd's groups of system calls, held against the systemd-analyze of this machine. */
#include "common/cleanup.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

extern char **environ;

static void a_version_between_two_stands_for_the_older(void **state)
{
	const unsigned *versions;
	const size_t count = groups_versions(&versions);

	(void)state;
	assert_in_range(count, 3, 16);
	for (size_t i = 1; i < count; i++)
		assert_true(versions[i - 1] < versions[i]);
	assert_int_equal(groups_version_for(252), 252);
	assert_int_equal(groups_version_for(253), 252);
	assert_int_equal(groups_version_for(200), versions[0]);
	assert_int_equal(groups_version_for(9999), versions[count - 1]);
}

static void every_group_is_sorted_and_without_doubles(void **state)
{
	const unsigned *versions;
	const size_t count = groups_versions(&versions);

	(void)state;
	for (size_t v = 0; v < count; v++) {
		const char *const *names;
		const size_t groups = groups_names(versions[v], &names);

		assert_in_range(groups, 25, 48);
		for (size_t i = 0; i < groups; i++) {
			const char *const *members = NULL;
			const size_t size = groups_members(versions[v], names[i], &members);

			assert_int_equal(names[i][0], '@');
			assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
			assert_true(size > 0);
			for (size_t j = 0; j < size; j++) {
				assert_int_not_equal(members[j][0], '@');
				assert_true(j == 0 || strcmp(members[j - 1], members[j]) < 0);
				assert_true(groups_contain(versions[v], names[i], members[j]));
				assert_true(groups_know(versions[v], members[j]));
			}
		}
	}
}

static void groups_in_groups_are_expanded(void **state)
{
	(void)state;
	assert_true(groups_contain(252, "@system-service", "io_submit")); /* by @aio */
	assert_true(groups_contain(252, "@default", "brk"));
	assert_false(groups_contain(252, "@system-service", "mount"));
	assert_false(groups_contain(252, "@nosuch", "brk"));
	assert_false(groups_contain(252, "brk", "brk"));
}

static void an_older_version_does_not_know_a_newer_call(void **state)
{
	(void)state;
	assert_false(groups_know(247, "futex_waitv"));
	assert_true(groups_know(252, "futex_waitv"));
	assert_false(groups_know(252, "mseal"));
	assert_true(groups_know(257, "mseal"));
	assert_false(groups_know(257, "nosuch"));
}

/* The output of systemd-analyze, one line after the other, nested groups as they stand. */
static FILE *systemd_analyze(const char *argument, const char *group, pid_t *pid)
{
	char *argv[] = { (char[]){ "systemd-analyze" }, (char[]){ "--no-pager" }, strdup(argument),
			 group ? strdup(group) : NULL, NULL };
	posix_spawn_file_actions_t actions;
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	if (posix_spawnp(pid, argv[0], &actions, NULL, argv, environ) != 0)
		*pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	free(argv[2]);
	free(argv[3]);
	return fdopen(pipe_fds[0], "r");
}

static void reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned installed_version(void)
{
	pid_t pid;
	_cleanup_fclose_ FILE *out = systemd_analyze("--version", NULL, &pid);
	unsigned version = 0;

	if (pid < 0)
		return 0;
	assert_int_equal(fscanf(out, "systemd %u", &version), 1);
	while (fgetc(out) != EOF)
		;
	reap(pid);
	return version;
}

static void the_table_is_what_this_machines_systemd_says(void **state)
{
	const unsigned version = installed_version();
	const char *const *names;
	size_t count;

	(void)state;
	if (version == 0 || groups_version_for(version) != version)
		skip(); /* no systemd here, or one between two versions of the table */
	count = groups_names(version, &names);
	for (size_t i = 0; i < count; i++) {
		_cleanup_fclose_ FILE *out = NULL;
		_cleanup_free_ char *line = NULL;
		const char *const *members;
		size_t size = 0, seen = 0;
		bool nests = false;
		pid_t pid;

		out = systemd_analyze("syscall-filter", names[i], &pid);
		while (getline(&line, &size, out) > 0) {
			char member[128];

			nests |= strncmp(line, "    @", 5) == 0;
			if (sscanf(line, " %127[a-z0-9_]", member) != 1)
				continue; /* the heading, the comment or a group in the group */
			assert_true(groups_contain(version, names[i], member));
			seen++;
		}
		reap(pid);
		if (!nests)
			assert_int_equal(groups_members(version, names[i], &members), seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_between_two_stands_for_the_older),
		cmocka_unit_test(every_group_is_sorted_and_without_doubles),
		cmocka_unit_test(groups_in_groups_are_expanded),
		cmocka_unit_test(an_older_version_does_not_know_a_newer_call),
		cmocka_unit_test(the_table_is_what_this_machines_systemd_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
