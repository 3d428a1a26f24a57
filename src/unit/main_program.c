// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/main_program.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "unit/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* binfmt_script reads no more of a script (linux/binfmts.h: BINPRM_BUF_SIZE). */
#define SCRIPT_LINE 256
/* systemd looks for programs there, and env(1) does too in a unit (DEFAULT_PATH). */
static const char *const search_path[] = { "/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/",
					   "/usr/bin/",	       "/sbin/",	  "/bin/" };

void main_program_free(char ***paths)
{
	for (char **path = *paths; path && *path; path++)
		free(*path);
	free(*paths);
	*paths = NULL;
}

/* The path as it is, and without symbolic links. */
static int add_path(char ***paths, const char *path)
{
	char *real = realpath(path, NULL);

	if (array_add_text(paths, strdup(path)) < 0) {
		free(real);
		return -ENOMEM;
	}
	return real ? array_add_text(paths, real) : 0;
}

/* "#!/usr/bin/env python3" is executed as env, which looks python3 up. */
static int add_searched(char ***paths, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(search_path); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s%s", search_path[i], name) < 0)
			return -ENOMEM;
		if (access(path, X_OK) == 0)
			return add_path(paths, path);
	}
	return 0;
}

/* The words of a script's first line; false: it is no script. */
static bool read_script_line(const char *path, char line[SCRIPT_LINE])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	length = pread(fd, line, SCRIPT_LINE - 1, 0);
	if (length < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static int add_interpreter(char ***paths, const char *script)
{
	char line[SCRIPT_LINE], *rest = line + 2, *word, *program = NULL;
	int r = 0;

	if (!read_script_line(script, line))
		return 0;
	while (r == 0 && (word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (!program) {
			program = word;
			r = add_path(paths, program);
		} else if (*word != '-') {
			/* The first word that is no option of env. */
			if (strcmp(strrchr(program, '/') ? strrchr(program, '/') : "", "/env") == 0)
				r = add_searched(paths, word);
			break;
		}
	}
	return r;
}

int main_program_paths(const struct unit *unit, char ***paths, struct error *err)
{
	char executable[PATH_MAX];

	*paths = NULL;
	for (size_t i = 0; i < unit->commands_count; i++) {
		const struct unit_command *command = &unit->commands[i];

		if (strcmp(command->setting, "ExecStart") != 0)
			continue;
		if (add_path(paths, command->path) < 0 || add_interpreter(paths, command->path) < 0)
			goto oom;
	}
	if (unit->main_pid > 0 && !process_is_before_execve(unit->main_pid) &&
	    process_executable(unit->main_pid, executable) >= 0 && add_path(paths, executable) < 0)
		goto oom;
	return 0;
oom:
	main_program_free(paths);
	return error_oom(err);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By name, for a unit with a root directory of its own has other paths. */
static bool is_recorded(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->starts_count; i++)
		if (strcmp(base_name(policy->starts[i].executable), base_name(path)) == 0)
			return true;
	return false;
}

int main_program_check_start(const struct unit *unit, const struct policy *policy,
			     struct error *err)
{
	_cleanup_(main_program_free) char **paths = NULL;

	if (!policy->starts_known)
		return 0;
	if (main_program_paths(unit, &paths, err) < 0)
		return err->code;
	for (char **path = paths; path && *path; path++)
		if (is_recorded(policy, *path))
			return 0;
	if (!paths)
		return 0;
	return error_set(
		err, -EBADMSG,
		"unit %s: the policy was decided from recordings that contain no start of %s, so "
		"it may deny calls that the start needs; record one with 'whittle record --unit "
		"%s --cycle', or enforce the policy anyway with --without-start",
		unit->name, paths[0], unit->name);
}
