// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs that own code executes by a constant name (system, popen, posix_spawn, execv): they run under
 * the same filter, so their code is followed like the program's own, also if no recording has observed
 * them. A script is followed as its interpreter.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/untrusted.h"
#include "decide/closed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXECUTED_MAX 16 /* programs; more are named as not followed */
#define LEVELS_MAX   2 /* a program that own code executes, and one that this one does */
#define SCRIPT_LINE  256

void closed_executed_free(struct closed_reach *reach)
{
	for (size_t i = 0; i < reach->executed_count; i++) {
		free(reach->executed[i].path);
		reach_result_freep(&reach->executed[i].calls);
	}
	free(reach->executed);
}

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* The path at which a shell, or execvp(3), would find it; NULL: none. The caller frees it. */
static char *find_program(const char *name)
{
	static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
						   "/usr/bin",	      "/sbin",		"/bin" };

	if (*name == '/')
		return is_program(name) ? strdup(name) : NULL;
	for (size_t i = 0; *name && !strchr(name, '/') && i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", directories[i], name) < 0) {
			path = NULL;
			return NULL;
		}
		if (is_program(path))
			return take(path);
	}
	return NULL;
}

/* The program that the kernel executes for a file: the interpreter of a script (execve(2)). The caller frees
 * it; NULL: none, or no memory. */
static char *find_interpreter(const char *path)
{
	char line[SCRIPT_LINE + 1] = "";
	_cleanup_close_ int fd = untrusted_open(path);
	ssize_t got = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE);
	size_t start;

	if (got < 2 || memcmp(line, "#!", 2) != 0)
		return got < 0 ? NULL : strdup(path);
	start = 2 + strspn(line + 2, " \t");
	line[start + strcspn(line + start, " \t\r\n")] = '\0';
	return find_program(line + start);
}

static bool is_same_file(const char *left, const char *right)
{
	struct stat a, b;

	return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static bool is_known(const struct closed_reach *reach, char *const *recorded, const char *path)
{
	for (size_t i = 0; recorded[i]; i++)
		if (is_same_file(recorded[i], path))
			return true;
	for (size_t i = 0; i < reach->executed_count; i++)
		if (is_same_file(reach->executed[i].path, path))
			return true;
	return false;
}

static int follow(const char *path, const struct decide_options *options,
		  struct reach_result **calls, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_free_ char *interpreter = find_interpreter(path);
	struct reach_options open = { .program = interpreter, .cache = options->reach_cache };
	int r;

	if (!interpreter)
		return error_set(err, -ENOENT, "%s: the interpreter does not exist", path);
	r = reach_open(&open, &reach, err);
	return r < 0 ? r : reach_own(reach, REACH_EXTENT_LIBRARIES, calls, err);
}

/* Adds the programs that the result's gaps execute. */
static int add_executed(struct closed_reach *reach, const struct reach_result *from,
			char *const *recorded, const struct decide_options *options,
			struct error *err)
{
	for (size_t i = 0; from && i < from->gaps_count; i++) {
		const struct reach_gap *gap = &from->gaps[i];
		_cleanup_free_ char *path = NULL;
		struct closed_executed *executed;
		struct error why = { 0 };
		int r;

		if (gap->kind != GAP_PROGRAM || !gap->what)
			continue;
		path = find_program(gap->what);
		if (!path || is_known(reach, recorded, path) ||
		    reach->executed_count == EXECUTED_MAX)
			continue;
		executed = array_grow_one(&reach->executed, reach->executed_count);
		if (!executed)
			return error_oom(err);
		reach->executed_count++;
		executed->path = take(path);
		/* An option only names them. */
		r = options->names_executed
			    ? 0
			    : follow(executed->path, options, &executed->calls, &why);
		if (r == -ENOMEM)
			return error_oom(err);
	}
	return 0;
}

int closed_executed_find(struct closed_reach *reach, char *const *recorded,
			 const struct decide_options *options, struct error *err)
{
	size_t from = 0;
	int r = add_executed(reach, reach->own, recorded, options, err);

	for (unsigned level = 1; r == 0 && level < LEVELS_MAX; level++) {
		size_t to = reach->executed_count;

		for (; r == 0 && from < to; from++)
			r = add_executed(reach, reach->executed[from].calls, recorded, options,
					 err);
	}
	return r;
}
