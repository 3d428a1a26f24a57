// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program opens sessions if it calls functions that only such a program needs: pam_open_session(), or the functions
 * that check a user's shell or enter a login into utmp. Their names are in the table of its dynamic strings. A daemon
 * may leave the session to another program, whose path is in its file: agetty executes login, sshd its sshd-session.
 * The whole file is searched for such paths, one level deep.
 */
#include "unit/sessions.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "elf/image.h"
#include "unit/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATHS_MAX 256 /* that a file names and that exist */
#define PIDS_MAX  16 /* processes of the unit that are looked at */

/* The first two show a session by themselves, also in a program that another one names. */
static const char *const session_functions[] = { "pam_open_session", "getusershell", "logwtmp",
						 "pututxline" };
#define CERTAIN 2

/* Whether NAME is one of the strings, whole. */
static bool has_string(const struct image *image, const char *name)
{
	size_t length = strlen(name) + 1;

	for (const char *at = image->strings, *end = at + image->strings_size;
	     at && (at = memmem(at, (size_t)(end - at), name, length)); at++)
		if (at == image->strings || at[-1] == '\0')
			return true;
	return false;
}

static const char *session_function(const struct image *image, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_string(image, session_functions[i]))
			return session_functions[i];
	return NULL;
}

static int open_image(const char *path, struct image **image, struct stat *status)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct error ignored = { 0 };

	if (fd < 0 || fstat(fd, status) < 0 || !S_ISREG(status->st_mode) ||
	    !(status->st_mode & 0111))
		return -ENOENT;
	return image_open(fd, path, image, &ignored);
}

static int describe(const char *path, const char *function, char **found)
{
	return asprintf(found, "%s calls %s()", path, function) < 0 ? (*found = NULL, -ENOMEM) : 0;
}

/* A path of a program at TEXT that ends on NUL: its length; 0: none. */
static size_t program_path(const char *text, size_t left)
{
	size_t length = 0;

	while (length < left && length < 128 && isgraph((unsigned char)text[length]) &&
	       text[length] != '%')
		length++;
	if (length == left || text[length] != '\0')
		return 0;
	return strstr(text, "bin/") || strstr(text, "/lib/") || strstr(text, "/libexec/") ? length
											  : 0;
}

static int look_at_named(const char *path, char **found)
{
	_cleanup_(image_freep) struct image *image = NULL;
	const char *function;
	struct stat status;
	int r = open_image(path, &image, &status);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	function = image->has_interpreter ? session_function(image, CERTAIN) : NULL;
	return function ? describe(path, function, found) : 0;
}

static int search_named(const struct image *image, char **found)
{
	const char *data = (const char *)image->data, *end = data + image->size;
	unsigned existing = 0;
	int r = 0;

	for (const char *at = data + 1; r == 0 && !*found && existing < PATHS_MAX && at < end &&
					(at = memchr(at, '/', (size_t)(end - at)));
	     at++) {
		struct stat status;

		if (at[-1] != '\0' || !program_path(at, (size_t)(end - at)) ||
		    stat(at, &status) < 0 || !S_ISREG(status.st_mode))
			continue;
		existing++;
		r = look_at_named(at, found);
	}
	return r;
}

static int look_at(const char *path, const char *name, char **found)
{
	_cleanup_(image_freep) struct image *image = NULL;
	const char *function;
	struct stat status;
	int r = open_image(path, &image, &status);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	function = session_function(image, ARRAY_SIZE(session_functions));
	return function ? describe(name, function, found) : search_named(image, found);
}

int sessions_find(char *const *paths, const pid_t *pids, size_t pids_count, char **found,
		  struct error *err)
{
	int r = 0;

	*found = NULL;
	for (; r == 0 && !*found && paths && *paths; paths++)
		r = look_at(*paths, *paths, found);
	for (size_t i = 0; r == 0 && !*found && i < pids_count && i < PIDS_MAX; i++) {
		char link[64], name[4096];
		ssize_t length;

		/* It will execute one of PATHS. */
		if (process_is_before_execve(pids[i]))
			continue;
		snprintf(link, sizeof(link), "/proc/%d/exe", (int)pids[i]);
		length = readlink(link, name, sizeof(name) - 1);
		name[length < 0 ? 0 : length] = '\0';
		/* The same file for all workers; the parent comes first. */
		if (length > 0)
			r = look_at(link, name, found);
	}
	return r < 0 ? error_oom(err) : 0;
}
